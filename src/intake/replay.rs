//! Reading a stored document again, with today's mapping. What it may change follows the version rules of statements.

use super::parse::{Parser, Task};
use crate::{
    app::Core,
    store::{
        Lane, StoreError,
        documents::{self, DocumentKind},
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
    let Some(bytes) = documents::bytes(core.store.read(), id).await? else { return Ok(false) };
    let Some(found) = documents::by_id(core.store.read(), id).await? else { return Ok(false) };
    // Nobody reads orders from a label.
    if found.kind == DocumentKind::Attachment {
        return Ok(false);
    }
    let until = core.clock.now().plus(core.config.intake.lease_seconds * SECOND);
    let tx = core.store.begin(Lane::Work).await?;
    let epoch = documents::reopen(&tx, id, &core.node, until).await?;
    rejects::delete_of(&tx, id).await?;
    tx.commit().await?;
    parser.offer(task(found, epoch, 0, bytes));
    Ok(true)
}

/// A stored document as a task for the parser.
pub(super) fn task(found: documents::Document, epoch: i64, progress: i64, bytes: Vec<u8>) -> Task {
    Task {
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
    }
}
