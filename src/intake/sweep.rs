//! Documents whose reader died, or that found the queue full, are found by their expired lease and read. Those that wait
//! here keep theirs, however long they wait.

use super::{
    parse::Parser,
    replay::{bytes_now, task},
};
use crate::{
    app::Core,
    orders::Runner,
    store::{Lane, StoreError, documents},
};
use model::time::{Instant, SECOND};
use std::{sync::Arc, time::Duration};

/// Documents taken over at once.
const LIMIT: u64 = 64;
const EVERY: Duration = Duration::from_secs(2);

pub(super) async fn work(core: Arc<Core>, parser: Parser) {
    // Alone on the database, every lease but our own is a dead process's.
    let mut all_are_dead = core.store.is_exclusive();
    loop {
        // What cannot be read now is better left to its lease.
        let done = if parser.is_full() { Ok(0) } else { round(&core, &parser, &mut all_are_dead).await };
        match done {
            Ok(taken) if taken as u64 == LIMIT => {}
            Ok(_) => tokio::time::sleep(EVERY).await,
            Err(error) => {
                tracing::warn!(%error, "no look at waiting documents was possible");
                tokio::time::sleep(EVERY).await;
            }
        }
    }
}

/// Prolongs the leases of what waits here three times in each, so that nobody takes over what is not lost.
pub(super) async fn keep(core: Arc<Core>, parser: Parser, runner: Runner) {
    let lease = core.config.intake.lease_seconds * SECOND;
    loop {
        tokio::time::sleep(Duration::from_micros((lease / 3).unsigned_abs())).await;
        let Some(oldest) = [parser.waits_since(), runner.oldest()].into_iter().flatten().min() else { continue };
        let now = core.clock.now();
        // It came a moment before it began to wait. What came before all that wait is held by nobody.
        let (since, soon) = (oldest.plus(-lease), now.plus(lease * 2 / 3));
        if let Err(error) = prolong(&core, since, soon, now.plus(2 * lease)).await {
            tracing::warn!(%error, "the leases of waiting documents could not be prolonged");
        }
    }
}

async fn prolong(core: &Core, since: Instant, soon: Instant, until: Instant) -> Result<(), StoreError> {
    let tx = core.store.begin(Lane::Work).await?;
    documents::prolong(&tx, &core.node, since, soon, until).await?;
    tx.commit().await
}

async fn round(core: &Core, parser: &Parser, all_are_dead: &mut bool) -> Result<usize, StoreError> {
    let now = core.clock.now();
    let until = now.plus(2 * core.config.intake.lease_seconds * SECOND);
    let tx = core.store.begin(Lane::Work).await?;
    if *all_are_dead {
        documents::take_over(&tx, &core.node).await?;
    }
    let found = documents::claim_expired(&tx, &core.node, now, until, LIMIT).await?;
    tx.commit().await?;
    *all_are_dead = false;
    let taken = found.len();
    for document in found {
        if let Some(bytes) = bytes_now(core, &document).await? {
            let (epoch, progress) = (document.lease_epoch, document.progress);
            parser.offer(task(document, epoch, progress, bytes));
        }
    }
    Ok(taken)
}
