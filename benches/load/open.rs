//! The open loop: arrivals come by the clock and not by the answers, and a wait counts from the moment somebody should have
//! come, so that a server that stands still for a second is not asked less for it.

use super::sender::Line;
use anyhow::Result;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;
use tributary::clock::Stopwatch;

/// What a server says on a connection over which nothing came for some seconds.
const TIMED_OUT: u16 = 408;

/// What came of it; times in microseconds, rising.
#[derive(Debug, Default)]
pub(crate) struct Came {
    /// Until the last answer.
    pub(crate) seconds: f64,
    /// From the moment it was due to its acknowledgement.
    pub(crate) taken: Vec<u32>,
    /// From the moment it was sent to its 503: what the server took for it.
    pub(crate) put_off: Vec<u32>,
}

/// Sends each request once at its time, `rate` a second, over so many connections; what is put off does not come again.
///
/// # Errors
/// The server went away, or refused a request for good.
pub(crate) async fn arrive(
    to: SocketAddr,
    requests: &Arc<Vec<Vec<u8>>>,
    rate: f64,
    connections: usize,
) -> Result<Came> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut lines = Vec::with_capacity(connections);
    for _ in 0..connections {
        lines.push(Line::open(to).await?);
    }
    let (watch, mut senders) = (Stopwatch::start(), JoinSet::new());
    for mut line in lines {
        let (requests, next) = (Arc::clone(requests), Arc::clone(&next));
        senders.spawn(async move {
            let mut came = Came::default();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(at) else { break };
                let due = Duration::from_secs_f64(at as f64 / rate);
                tokio::time::sleep(due.saturating_sub(watch.elapsed())).await;
                let sent = watch.elapsed();
                let mut status = line.status(request).await?;
                if status == TIMED_OUT {
                    // The connection was opened too long before its first request.
                    line = Line::open(to).await?;
                    status = line.status(request).await?;
                }
                let (waits, since) = match status {
                    200..=299 => (&mut came.taken, due),
                    503 => (&mut came.put_off, sent),
                    _ => anyhow::bail!("the server answered {status}"),
                };
                waits.push(micros(watch.elapsed().saturating_sub(since)));
            }
            anyhow::Ok(came)
        });
    }
    let mut all = Came::default();
    while let Some(came) = senders.join_next().await {
        let came = came??;
        all.taken.extend(came.taken);
        all.put_off.extend(came.put_off);
    }
    all.seconds = watch.elapsed().as_secs_f64();
    all.taken.sort_unstable();
    all.put_off.sort_unstable();
    Ok(all)
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
