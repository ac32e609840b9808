//! The sender: a closed loop of keep-alive connections that costs the machine as little as possible. Requests are made
//! and signed beforehand; an answer is read no further than needed.

use anyhow::{Context as _, Result, bail};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};
use tributary::clock::Stopwatch;

/// Pause of a sender that was told to come back later.
const PAUSE: Duration = Duration::from_millis(5);

/// What came of sending.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) seconds: f64,
    /// Microseconds until each acknowledgement, rising.
    pub(crate) waits: Vec<u32>,
    /// Answers 503: the sender came back.
    pub(crate) put_off: u64,
}

impl Sent {
    pub(crate) fn per_second(&self) -> f64 {
        self.waits.len() as f64 / self.seconds
    }
}

/// The value below which `permille` of the rising `values` lie, in milliseconds.
pub(crate) fn quantile_ms(values: &[u32], permille: usize) -> f64 {
    let at = (values.len() * permille / 1000).min(values.len().saturating_sub(1));
    values.get(at).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
}

/// Sends every request once over `connections` at a time.
///
/// # Errors
/// The server went away, or refused a request for good.
pub(crate) async fn send(to: SocketAddr, requests: &Arc<Vec<Vec<u8>>>, connections: usize) -> Result<Sent> {
    let next = Arc::new(AtomicUsize::new(0));
    let watch = Stopwatch::start();
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let (requests, next) = (Arc::clone(requests), Arc::clone(&next));
        senders.spawn(async move {
            let mut line = Line::open(to).await?;
            let mut sent = Sent::default();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let watch = Stopwatch::start();
                while line.exchange(request).await? == Answer::Later {
                    sent.put_off += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                sent.waits.push(u32::try_from(watch.micros()).unwrap_or(u32::MAX));
            }
            anyhow::Ok(sent)
        });
    }
    let mut all = Sent::default();
    while let Some(sent) = senders.join_next().await {
        let sent = sent??;
        all.waits.extend(sent.waits);
        all.put_off += sent.put_off;
    }
    all.seconds = watch.elapsed().as_secs_f64();
    all.waits.sort_unstable();
    Ok(all)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    Taken,
    Later,
}

/// One connection.
pub(crate) struct Line {
    stream: TcpStream,
    read: Vec<u8>,
    /// Where the last answer's body begins.
    head: usize,
}

impl Line {
    pub(crate) async fn open(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to).await.context("connecting to the server")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4096), head: 0 })
    }

    /// Sends one request and reads its answer: taken, or told to come back later.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        match self.status(request).await? {
            200..=299 => Ok(Answer::Taken),
            503 => Ok(Answer::Later),
            _ => bail!("the server answered: {}", String::from_utf8_lossy(&self.read)),
        }
    }

    /// The last answer's body.
    #[allow(dead_code, reason = "the fault campaign sends with this too, and reads no bodies")]
    pub(crate) fn body(&self) -> &[u8] {
        self.read.get(self.head..).unwrap_or_default()
    }

    /// Sends one request and reads its answer, whatever it is; 0 for what is no HTTP.
    pub(crate) async fn status(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let head = loop {
            if let Some(at) = self.read.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        self.head = head;
        let text = String::from_utf8_lossy(&self.read[..head]).into_owned();
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        while self.read.len() < head + length.unwrap_or(0) {
            self.more().await?;
        }
        Ok(text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0))
    }

    async fn more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.read).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}
