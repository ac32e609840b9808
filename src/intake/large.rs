//! Large files: written part by part, each few in a commit of their own, and visible with the last one. A file whose
//! writer died in between was not acknowledged, is never read, and is swept away.

use super::{
    Accepted, Arrival, NotAccepted,
    parse::{Parser, Task},
};
use crate::{
    app::Core,
    crash, entropy,
    store::{
        Lane, StoreError,
        documents::{self, NewDocument, PART_MAX, Packed},
    },
};
use model::{
    ids::DocumentId,
    time::{Instant, SECOND},
};
use std::{fs::File, io::Read, sync::Arc, time::Duration};

/// Parts in one commit; as much of the file is in memory, and as much again compressed.
const PARTS: usize = 4;
/// Between two looks for files whose writer died.
const EVERY: Duration = Duration::from_secs(3600);

/// A large file and what is known of it before it is stored.
#[derive(Debug)]
pub(super) struct Large {
    /// Its `bytes` are empty.
    pub(super) arrival: Arrival,
    pub(super) file: File,
    pub(super) size: u64,
    pub(super) sha256: [u8; 32],
    pub(super) dedupe_key: [u8; 32],
}

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the file cannot be read back: {0}")]
    Spool(#[from] std::io::Error),
    #[error("a thread ended: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// Stores a large file and hands it on; returns when it is durable.
pub(super) async fn store(core: &Core, parser: &Parser, large: Large) -> Result<Accepted, NotAccepted> {
    match stored(core, parser, large).await {
        Ok(accepted) => Ok(accepted),
        Err(error) => {
            tracing::error!(%error, "a large file could not be stored");
            Err(NotAccepted::Unavailable(error.to_string()))
        }
    }
}

async fn stored(core: &Core, parser: &Parser, large: Large) -> Result<Accepted, Fault> {
    if let Some(document) = documents::first_with(core.store.read(), large.dedupe_key).await? {
        return Ok(Accepted { document, duplicate: true });
    }
    let (now, arrival) = (core.clock.now(), large.arrival);
    let new = begun(core, &arrival, now, large.sha256, large.dedupe_key);
    let id = new.id;
    let tx = core.store.begin(Lane::Intake).await?;
    documents::begin(&tx, new).await?;
    tx.commit().await?;
    write_parts(core, id, large.file).await?;
    let tx = core.store.begin(Lane::Intake).await?;
    documents::progress(&tx, id, 1, 0, lease(core)).await?;
    let size = i64::try_from(large.size).unwrap_or(i64::MAX);
    let stored = documents::complete(&tx, id, size, large.sha256, large.dedupe_key).await?;
    crash::point("intake.before_commit");
    tx.commit().await?;
    crash::point("intake.committed");
    if let Some(document) = stored.duplicate_of {
        return Ok(Accepted { document, duplicate: true });
    }
    let mut task = Task::of(id, now, arrival);
    task.size = size;
    parser.offer(task);
    Ok(Accepted { document: id, duplicate: false })
}

fn begun(core: &Core, arrival: &Arrival, now: Instant, sha256: [u8; 32], dedupe_key: [u8; 32]) -> NewDocument {
    NewDocument {
        id: entropy::document_id(now),
        channel: arrival.channel.clone(),
        kind: arrival.kind,
        topic: arrival.topic.clone(),
        name: arrival.name.clone(),
        media_type: arrival.media_type.clone(),
        headers: arrival.headers.clone(),
        actor: arrival.actor.clone(),
        received_at: now,
        body: Packed::default(),
        sha256,
        dedupe_key,
        lease_owner: core.node.clone(),
        lease_until: lease(core),
    }
}

/// Each commit prolongs the lease, so that a slow disk does not look like a dead writer.
async fn write_parts(core: &Core, id: DocumentId, mut file: File) -> Result<(), Fault> {
    let mut first = 0;
    loop {
        let packed = tokio::task::spawn_blocking(move || next(&mut file).map(|packed| (packed, file))).await?;
        let (packed, rest) = packed?;
        file = rest;
        if packed.parts.is_empty() {
            return Ok(());
        }
        let count = i32::try_from(packed.parts.len()).unwrap_or(i32::MAX);
        let tx = core.store.begin(Lane::Intake).await?;
        documents::progress(&tx, id, 1, 0, lease(core)).await?;
        documents::add_parts(&tx, id, first, packed.parts).await?;
        tx.commit().await?;
        crash::point("intake.part_committed");
        first += count;
    }
}

/// The next parts, empty at the end of the file.
fn next(file: &mut File) -> std::io::Result<Packed> {
    let mut bytes = Vec::with_capacity(PARTS * PART_MAX);
    file.take((PARTS * PART_MAX) as u64).read_to_end(&mut bytes)?;
    Ok(documents::pack(&bytes))
}

fn lease(core: &Core) -> Instant {
    core.clock.now().plus(core.config.intake.lease_seconds * SECOND)
}

/// Forgets files whose writer died.
pub(super) async fn sweep(core: Arc<Core>) {
    // Alone on the database, whatever is there at the start is a dead process's.
    let mut expired_by = if core.store.is_exclusive() { lease(&core) } else { core.clock.now() };
    loop {
        match forget(&core, expired_by).await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "files that had not come in whole were forgotten; their senders know"),
            Err(error) => tracing::warn!(%error, "no look at unfinished files was possible"),
        }
        tokio::time::sleep(EVERY).await;
        expired_by = core.clock.now();
    }
}

/// Forgets files whose writer had a lease until before `expired_by` and has not ended them; gives how many.
///
/// # Errors
/// The database is away.
pub async fn forget(core: &Core, expired_by: Instant) -> Result<usize, StoreError> {
    let tx = core.store.begin(Lane::Work).await?;
    let forgotten = documents::drop_abandoned(&tx, expired_by).await?;
    tx.commit().await?;
    Ok(forgotten)
}
