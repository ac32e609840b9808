//! Documents that found the reading queue full: read from the store as soon as there is room, the oldest first, so that a
//! burst costs memory for its ids only and waits for no lease.

use super::{
    lanes::Lanes,
    replay::{bytes_now, task},
};
use crate::{
    app::Core,
    store::{
        StoreError,
        documents::{self, DocumentState},
    },
};
use model::{ids::DocumentId, time::Instant};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio::sync::mpsc;

/// Documents remembered at most, 32 bytes each; further ones wait for their lease.
pub(super) const MAX: usize = 1_000_000;
/// Documents looked up at once; also those held in memory while there is no room.
const LOOKUP: usize = 64;

/// A document to be read later, under the lease it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Late {
    pub(super) document: DocumentId,
    pub(super) epoch: i64,
    pub(super) since: Instant,
}

pub(super) async fn work(core: Arc<Core>, mut inbox: mpsc::Receiver<Late>, lanes: Lanes, since: Arc<AtomicI64>) {
    let mut waiting = Vec::with_capacity(LOOKUP);
    while inbox.recv_many(&mut waiting, LOOKUP).await > 0 {
        since.store(waiting.first().map_or(0, |late| late.since.0), Ordering::Relaxed);
        if let Err(error) = bring(&core, &waiting, &lanes).await {
            tracing::warn!(%error, documents = waiting.len(), "documents wait for their leases to be read");
        }
        waiting.clear();
        since.store(0, Ordering::Relaxed);
    }
}

async fn bring(core: &Core, waiting: &[Late], lanes: &Lanes) -> Result<(), StoreError> {
    let db = core.store.read();
    let ids: Vec<DocumentId> = waiting.iter().map(|late| late.document).collect();
    let found = documents::by_ids(db, &ids).await?;
    let mut found: HashMap<DocumentId, documents::Document> = found.into_iter().map(|d| (d.id, d)).collect();
    for late in waiting {
        let Some(document) = found.remove(&late.document) else { continue };
        // Somebody else has its lease by now, or has read it already.
        if document.lease_epoch != late.epoch || document.state != DocumentState::Received {
            continue;
        }
        if let Some(bytes) = bytes_now(core, &document).await? {
            let progress = document.progress;
            lanes.bring(task(document, late.epoch, progress, bytes), late.since).await;
        }
    }
    Ok(())
}
