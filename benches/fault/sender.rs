//! The platform: a closed loop of signed webhooks, each new, each sent until it is acknowledged, come what may.

use super::{
    documents::{Taste, order_json, webhook},
    ledger::{Hash, Ledger},
    line::Line,
    world,
};
use anyhow::Result;
use sha2::{Digest as _, Sha256};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;
use tributary::clock::Stopwatch;

/// Articles of the campaign's shop.
pub(crate) const ARTICLES: usize = 100;
/// Connections of the closed loop.
pub(crate) const CONNECTIONS: usize = 12;
/// Between two webhooks of one connection: what is sent must also be decided, by a debug build.
const PACE: Duration = Duration::from_millis(100);
/// Before the same is sent again.
const AGAIN: Duration = Duration::from_millis(15);
/// Time for an answer; afterwards the connection is given up.
const DEADLINE: Duration = Duration::from_secs(5);

/// What happened so far.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) acks: AtomicU64,
    /// Answers 503.
    pub(crate) put_off: AtomicU64,
    /// Microseconds until each acknowledgement, those after a failure not counted.
    waits: Mutex<Vec<u32>>,
    /// Answers nobody announced.
    strange: Mutex<Vec<u16>>,
}

impl Told {
    pub(crate) fn acks(&self) -> u64 {
        self.acks.load(Ordering::SeqCst)
    }

    fn waited(&self, watch: Stopwatch) {
        let waited = u32::try_from(watch.micros()).unwrap_or(u32::MAX);
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).push(waited);
    }

    /// The waits since this was asked last, rising.
    pub(crate) fn take_waits(&self) -> Vec<u32> {
        let mut waits = std::mem::take(&mut *self.waits.lock().unwrap_or_else(PoisonError::into_inner));
        waits.sort_unstable();
        waits
    }

    pub(crate) fn strange(&self) -> Vec<u16> {
        self.strange.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug)]
struct Shared {
    to: SocketAddr,
    ledger: Ledger,
    taste: Taste,
    next: AtomicU64,
    stop: AtomicBool,
    told: Arc<Told>,
}

/// A running loop; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Sender {
    shared: Arc<Shared>,
    connections: JoinSet<Result<()>>,
    pub(crate) told: Arc<Told>,
}

/// A new order, and the hash of what is sent.
pub(crate) fn request(taste: &Taste, order: u64) -> Result<(Vec<u8>, Hash)> {
    signed("orders/create", &order_json(taste, order)?)
}

/// A webhook as it goes over the wire, and the hash of its body.
pub(crate) fn signed(topic: &str, body: &[u8]) -> Result<(Vec<u8>, Hash)> {
    Ok((webhook(world::CHANNEL, world::SECRET, topic, body)?, Sha256::digest(body).into()))
}

impl Sender {
    /// Begins to send orders, one number after another.
    pub(crate) fn start(to: SocketAddr, ledger: &Ledger) -> Self {
        let told = Arc::new(Told::default());
        let (next, stop) = (AtomicU64::new(1), AtomicBool::new(false));
        let (ledger, taste) = (ledger.clone(), Taste::new(ARTICLES));
        let shared = Arc::new(Shared { to, ledger, taste, next, stop, told: Arc::clone(&told) });
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            connections.spawn(Arc::clone(&shared).send());
        }
        Self { shared, connections, told }
    }

    /// Sends nothing new; what is on its way is sent until it is acknowledged when `patient`, else given up.
    pub(crate) async fn stop(mut self, patient: bool) -> Result<()> {
        self.shared.stop.store(true, Ordering::SeqCst);
        if !patient {
            self.connections.abort_all();
        }
        while let Some(ended) = self.connections.join_next().await {
            match ended {
                Ok(ended) => ended?,
                Err(error) if error.is_cancelled() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Shared {
    async fn send(self: Arc<Self>) -> Result<()> {
        let mut line = None;
        while !self.stop.load(Ordering::SeqCst) {
            let order = self.next.fetch_add(1, Ordering::SeqCst);
            let (request, hash) = request(&self.taste, order)?;
            let mut watch = Stopwatch::start();
            loop {
                match self.attempt(&mut line, &request).await {
                    Some(200) => {
                        self.told.waited(watch);
                        self.ledger.note(order, &hash).await?;
                        self.told.acks.fetch_add(1, Ordering::SeqCst);
                        break;
                    }
                    Some(503) => drop(self.told.put_off.fetch_add(1, Ordering::SeqCst)),
                    Some(other) => self.told.strange.lock().unwrap_or_else(PoisonError::into_inner).push(other),
                    None => {}
                }
                tokio::time::sleep(AGAIN).await;
                watch = Stopwatch::start();
            }
            tokio::time::sleep(PACE).await;
        }
        Ok(())
    }

    /// The status of the answer; `None` when there was none, and so no acknowledgement.
    async fn attempt(&self, line: &mut Option<Line>, request: &[u8]) -> Option<u16> {
        let mut open = match line.take() {
            Some(line) => line,
            None => Line::open(self.to).await.ok()?,
        };
        match tokio::time::timeout(DEADLINE, open.status(request)).await {
            Ok(Ok(status)) => {
                *line = Some(open);
                Some(status)
            }
            Ok(Err(_)) | Err(_) => None,
        }
    }
}
