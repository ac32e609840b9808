//! How fast a partner is called: its configured rate, shared among the nodes that live.

use crate::{
    app::Core,
    store::{Lane, StoreError, house},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use model::time::{Instant, SECOND};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Between two heartbeats of this node.
const BEAT: Duration = Duration::from_secs(5);
/// A node not heard of for so long is dead, microseconds.
const DEAD_AFTER: i64 = 15 * SECOND;
/// Seconds of calls that may be claimed ahead; more would wait with their leases running.
const AHEAD_S: u64 = 5;

/// One connector's pace.
#[derive(Debug)]
pub(super) struct Pace {
    /// Calls a second of all nodes; 0 = no limit.
    rate: u32,
    share: Mutex<Share>,
}

#[derive(Debug)]
struct Share {
    nodes: u64,
    limiter: Option<Arc<DefaultDirectRateLimiter>>,
}

impl Pace {
    pub(super) fn new(rate: u32) -> Self {
        Self { rate, share: Mutex::new(Share { nodes: 1, limiter: limiter(rate, 1) }) }
    }

    pub(super) const fn is_limited(&self) -> bool {
        self.rate > 0
    }

    /// Waits until the next call may be made.
    pub(super) async fn turn(&self) {
        let limiter = self.share.lock().unwrap_or_else(PoisonError::into_inner).limiter.clone();
        if let Some(limiter) = limiter {
            limiter.until_ready().await;
        }
    }

    /// How many calls may wait for their turn at once.
    pub(super) fn ahead(&self) -> usize {
        if self.rate == 0 {
            return usize::MAX;
        }
        let nodes = self.share.lock().unwrap_or_else(PoisonError::into_inner).nodes;
        usize::try_from((u64::from(self.rate) * AHEAD_S / nodes).max(1)).unwrap_or(usize::MAX)
    }

    fn divide(&self, nodes: u64) {
        let mut share = self.share.lock().unwrap_or_else(PoisonError::into_inner);
        if share.nodes != nodes {
            *share = Share { nodes, limiter: limiter(self.rate, nodes) };
        }
    }
}

/// Evenly spaced, without bursts: a partner that comes back is not run over.
fn limiter(rate: u32, nodes: u64) -> Option<Arc<DefaultDirectRateLimiter>> {
    let between = Duration::from_secs(nodes.max(1)).checked_div(rate)?;
    Some(Arc::new(RateLimiter::direct(Quota::with_period(between)?)))
}

/// Says that this node lives, and divides every pace by the nodes that do.
pub(super) async fn follow_nodes(core: Arc<Core>, paces: Vec<Arc<Pace>>) {
    let started_at = core.clock.now();
    loop {
        match beat(&core, started_at).await {
            Ok(nodes) => paces.iter().for_each(|pace| pace.divide(nodes)),
            Err(error) => tracing::warn!(%error, "this node could not say that it lives"),
        }
        tokio::time::sleep(BEAT).await;
    }
}

async fn beat(core: &Core, started_at: Instant) -> Result<u64, StoreError> {
    let now = core.clock.now();
    let tx = core.store.begin(Lane::Work).await?;
    house::heartbeat(&tx, &core.node, started_at, now).await?;
    tx.commit().await?;
    Ok(house::live_nodes(core.store.read(), now.plus(-DEAD_AFTER)).await?.max(1))
}
