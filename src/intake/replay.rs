//! Reading a stored document again, with today's mapping. What it may change follows the version rules of statements.

use super::parse::{LARGE, Parser, Task};
use crate::{
    app::Core,
    store::{
        Lane, StoreError,
        documents::{self, DocumentKind, DocumentState},
        rejects,
    },
};
use model::{ids::DocumentId, time::SECOND};

/// Opens a document for reading from its start and hands it on; `false` when there is no such document, its bytes
/// are gone, or it is a partner's paper.
///
/// # Errors
/// The database is away.
pub async fn replay(core: &Core, parser: &Parser, id: DocumentId) -> Result<bool, StoreError> {
    let Some(found) = documents::by_id(core.store.read(), id).await? else { return Ok(false) };
    // Nobody reads orders from a label.
    if found.kind == DocumentKind::Attachment {
        return Ok(false);
    }
    let Some(bytes) = bytes_now(core, &found).await? else { return Ok(false) };
    let until = core.clock.now().plus(core.config.intake.lease_seconds * SECOND);
    let tx = core.store.begin(Lane::Work).await?;
    let epoch = documents::reopen(&tx, id, &core.node, until).await?;
    rejects::delete_of(&tx, id).await?;
    tx.commit().await?;
    parser.offer(task(found, epoch, 0, bytes));
    Ok(true)
}

/// The bytes a task needs from the start: all of a small document, none of a large one, which is read when its turn
/// comes; `None` when they are gone.
pub(super) async fn bytes_now(core: &Core, found: &documents::Document) -> Result<Option<Vec<u8>>, StoreError> {
    match found.state {
        DocumentState::Receiving | DocumentState::Erased => Ok(None),
        _ if found.size >= LARGE => Ok(Some(Vec::new())),
        _ => documents::bytes(core.store.read(), found.id).await,
    }
}

/// A stored document as a task for the parser.
pub(super) fn task(found: documents::Document, epoch: i64, progress: i64, bytes: Vec<u8>) -> Task {
    // Read from its start, nothing came of it yet.
    let so_far = found.summary.filter(|_| progress > 0).map(|summary| summary.outcomes).unwrap_or_default();
    Task {
        so_far,
        document: found.id,
        epoch,
        progress,
        kind: found.kind,
        channel: found.channel,
        actor: found.actor,
        topic: found.topic,
        name: found.name,
        media_type: found.media_type,
        headers: found.headers,
        received_at: found.received_at,
        bytes,
        size: found.size,
    }
}
