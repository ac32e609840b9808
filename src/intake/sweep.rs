//! Documents whose reader died, or that found the queue full, are found by their expired lease and read.

use super::{
    parse::Parser,
    replay::{bytes_now, task},
};
use crate::{
    app::Core,
    store::{Lane, StoreError, documents},
};
use model::time::{Instant, SECOND};
use std::{sync::Arc, time::Duration};

/// Documents taken over at once.
const LIMIT: u64 = 64;
const EVERY: Duration = Duration::from_secs(2);

pub(super) async fn work(core: Arc<Core>, parser: Parser) {
    // Alone on the database, every lease is a dead process's.
    let mut expired_by = if core.store.is_exclusive() { Instant(i64::MAX) } else { core.clock.now() };
    let started = core.clock.now();
    loop {
        // What cannot be read now is better left to its lease.
        if parser.is_full() {
            tokio::time::sleep(EVERY).await;
            continue;
        }
        match round(&core, &parser, expired_by, started).await {
            Ok(taken) if taken as u64 == LIMIT => {}
            Ok(_) => {
                tokio::time::sleep(EVERY).await;
                expired_by = core.clock.now();
            }
            Err(error) => {
                tracing::warn!(%error, "no look at waiting documents was possible");
                tokio::time::sleep(EVERY).await;
            }
        }
    }
}

async fn round(core: &Core, parser: &Parser, expired_by: Instant, started: Instant) -> Result<usize, StoreError> {
    // What arrives after the start is this process's own and is being read.
    let now =
        if expired_by.0 == i64::MAX { started.plus(core.config.intake.lease_seconds * SECOND) } else { expired_by };
    let until = core.clock.now().plus(2 * core.config.intake.lease_seconds * SECOND);
    let tx = core.store.begin(Lane::Work).await?;
    let found = documents::claim_expired(&tx, &core.node, now, until, LIMIT).await?;
    tx.commit().await?;
    let taken = found.len();
    for document in found {
        if let Some(bytes) = bytes_now(core, &document).await? {
            let (epoch, progress) = (document.lease_epoch, document.progress);
            parser.offer(task(document, epoch, progress, bytes));
        }
    }
    Ok(taken)
}
