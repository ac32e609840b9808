//! Documents: what arrived, byte for byte, and how far it was read.

mod attachments;
mod bytes;
mod leases;
mod read;
mod states;

pub use attachments::{attach, attachment_id};
pub use bytes::{PART_MAX, Packed, Part, bytes, pack, parts};
pub use leases::{claim_expired, prolong, take_over};
pub use read::{Document, DocumentFilter, PAGE_MAX, by_id, by_ids, first_with, list};
pub use states::{DocumentKind, DocumentState};

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Lock, Role},
    entity::{document_bytes, document_keys, documents, rejects},
    rows,
};
use model::{
    codes::Channel,
    ids::DocumentId,
    order::event::Actor,
    port::inbound::{Outcomes, Summary},
    time::Instant,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Value,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

/// A document to be stored.
#[derive(Clone, Debug)]
pub struct NewDocument {
    pub id: DocumentId,
    pub channel: Channel,
    pub kind: DocumentKind,
    /// The platform's topic, empty when it has none.
    pub topic: String,
    /// The file's name as sent, empty for a webhook.
    pub name: String,
    pub media_type: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub actor: Actor,
    pub received_at: Instant,
    /// Made by [`pack`], outside the transaction.
    pub body: Packed,
    pub sha256: [u8; 32],
    /// SHA-256 of channel, topic and raw body: the same again is a duplicate.
    pub dedupe_key: [u8; 32],
    /// The node that reads it next, until then.
    pub lease_owner: String,
    pub lease_until: Instant,
}

/// What became of a document that was to be stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stored {
    pub id: DocumentId,
    /// The first document with the same key; then nothing was stored under `id`.
    pub duplicate_of: Option<DocumentId>,
}

/// A document that was read to its end.
#[derive(Clone, Debug)]
pub struct Finished {
    pub id: DocumentId,
    /// The lease it was read under.
    pub epoch: i64,
    pub state: DocumentState,
    pub mapping: String,
    pub mapping_version: i32,
    pub orders_good: u32,
    pub orders_bad: u32,
    pub summary: Summary,
}

/// What [`StoreError::Conflict`] speaks of when somebody else has a document's lease.
pub const LEASE: &str = "document";

/// Stores `new` documents with their bytes; of those with the same key the first is stored.
/// Answers in the order asked.
///
/// # Errors
/// The database is gone.
pub async fn insert_new(tx: &Tx, new: Vec<NewDocument>) -> Result<Vec<Stored>, StoreError> {
    let stored = claim_keys(tx, new.iter().map(|d| (d.dedupe_key, d.id)).collect()).await?;
    let mut heads = Vec::with_capacity(new.len());
    let mut parts = Vec::with_capacity(new.len());
    for (document, stored) in new.into_iter().zip(&stored) {
        if stored.duplicate_of.is_none() {
            let (head, body) = head(document, DocumentState::Received)?;
            parts.extend(bytes::rows(stored.id, 0, body.parts));
            heads.push(head);
        }
    }
    bulk::insert::<documents::Entity>(tx, heads, Conflict::Refuse).await?;
    bulk::insert::<document_bytes::Entity>(tx, parts, Conflict::Refuse).await?;
    Ok(stored)
}

/// Begins a document whose parts come one by one, each in its own transaction; its key and size are not known yet.
/// The lease of `new` says until when the parts must be there.
///
/// # Errors
/// The database is gone.
pub async fn begin(tx: &Tx, new: NewDocument) -> Result<(), StoreError> {
    let (head, body) = head(new, DocumentState::Receiving)?;
    let parts = bytes::rows(DocumentId::from_uuid(head.id), 0, body.parts);
    bulk::insert::<documents::Entity>(tx, vec![head], Conflict::Refuse).await?;
    bulk::insert::<document_bytes::Entity>(tx, parts, Conflict::Refuse).await?;
    Ok(())
}

/// Adds parts from number `first` on to a document that was begun.
///
/// # Errors
/// A part with this number is there already, or the database is gone.
pub async fn add_parts(tx: &Tx, id: DocumentId, first: i32, parts: Vec<Part>) -> Result<(), StoreError> {
    bulk::insert::<document_bytes::Entity>(tx, bytes::rows(id, first, parts), Conflict::Refuse).await?;
    Ok(())
}

/// Ends a document that was begun: from now on it may be read, or it is a duplicate and its parts are gone.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not being received any more.
pub async fn complete(
    tx: &Tx,
    id: DocumentId,
    size: i64,
    sha256: [u8; 32],
    dedupe_key: [u8; 32],
) -> Result<Stored, StoreError> {
    let mut stored = claim_keys(tx, vec![(dedupe_key, id)]).await?;
    let stored = stored.pop().unwrap_or(Stored { id, duplicate_of: None });
    if stored.duplicate_of.is_some() {
        drop_documents(tx, &[id]).await?;
        return Ok(stored);
    }
    let done = documents::Entity::update_many()
        .col_expr(documents::Column::State, Expr::value(rows::name(&DocumentState::Received)?))
        .col_expr(documents::Column::Size, Expr::value(size))
        .col_expr(documents::Column::Sha256, Expr::value(sha256.to_vec()))
        .filter(documents::Column::Id.eq(id.uuid()))
        .filter(documents::Column::State.eq(rows::name(&DocumentState::Receiving)?))
        .exec(tx)
        .await?;
    if done.rows_affected == 1 { Ok(stored) } else { Err(StoreError::Conflict(LEASE)) }
}

/// Forgets documents whose parts stopped coming before `now`; gives how many.
///
/// # Errors
/// The database is gone.
pub async fn drop_abandoned(tx: &Tx, now: Instant) -> Result<usize, StoreError> {
    let ids: Vec<uuid::Uuid> = documents::Entity::find()
        .select_only()
        .column(documents::Column::Id)
        .filter(documents::Column::State.eq(rows::name(&DocumentState::Receiving)?))
        .filter(documents::Column::LeaseUntil.lt(now.0))
        .limit(100)
        .into_tuple()
        .all(tx)
        .await?;
    let ids: Vec<DocumentId> = ids.into_iter().map(DocumentId::from_uuid).collect();
    drop_documents(tx, &ids).await?;
    Ok(ids.len())
}

async fn drop_documents(tx: &Tx, ids: &[DocumentId]) -> Result<(), StoreError> {
    let keys = || bulk::each(rows::uuids(ids.iter().copied()));
    bulk::delete::<document_bytes::Entity>(tx, &[document_bytes::Column::DocumentId], keys()).await?;
    bulk::delete::<documents::Entity>(tx, &[documents::Column::Id], keys()).await?;
    Ok(())
}

/// Records that `progress` statements of a document are committed, and prolongs its lease.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else has the lease.
pub async fn progress(tx: &Tx, id: DocumentId, epoch: i64, progress: i64, until: Instant) -> Result<(), StoreError> {
    let columns = [
        (documents::Column::Id, Role::Key),
        (documents::Column::LeaseEpoch, Role::Key),
        (documents::Column::Progress, Role::Set),
        (documents::Column::LeaseUntil, Role::Set),
    ];
    let row: bulk::Row = vec![id.uuid().into(), epoch.into(), progress.into(), until.0.into()];
    all_found(bulk::update::<documents::Entity>(tx, &columns, vec![row]).await?, 1)
}

/// Notes how far a document was read and what came of it so far, and prolongs its lease.
///
/// # Errors
/// As [`progress`].
pub async fn read_on(
    tx: &Tx,
    id: DocumentId,
    epoch: i64,
    read: i64,
    until: Instant,
    outcomes: Outcomes,
) -> Result<(), StoreError> {
    progress(tx, id, epoch, read, until).await?;
    let so_far = rows::json(&Summary { outcomes, ..Summary::default() })?;
    let columns = [(documents::Column::Id, Role::Key), (documents::Column::Summary, Role::Set)];
    let row: bulk::Row = vec![id.uuid().into(), so_far.into()];
    all_found(bulk::update::<documents::Entity>(tx, &columns, vec![row]).await?, 1)
}

/// Records how documents ended.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else has the lease of one.
pub async fn finish(tx: &Tx, finished: &[Finished]) -> Result<(), StoreError> {
    use documents::Column as C;
    let columns = [
        (C::Id, Role::Key),
        (C::LeaseEpoch, Role::Key),
        (C::State, Role::Set),
        (C::Mapping, Role::Set),
        (C::MappingVersion, Role::Set),
        (C::OrdersGood, Role::Set),
        (C::OrdersBad, Role::Set),
        (C::Summary, Role::Set),
    ];
    let row = |f: &Finished| -> Result<Vec<Value>, StoreError> {
        Ok(vec![
            f.id.uuid().into(),
            f.epoch.into(),
            rows::name(&f.state)?.into(),
            f.mapping.as_str().into(),
            f.mapping_version.into(),
            rows::small(f.orders_good).into(),
            rows::small(f.orders_bad).into(),
            rows::json(&f.summary)?.into(),
        ])
    };
    let rows = finished.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    all_found(bulk::update::<documents::Entity>(tx, &columns, rows).await?, finished.len())
}

/// Opens a document for reading again from its start, leased to `node`; gives the lease's epoch.
///
/// # Errors
/// [`StoreError::Conflict`] when its bytes are gone or not there yet.
pub async fn reopen(tx: &Tx, id: DocumentId, node: &str, until: Instant) -> Result<i64, StoreError> {
    let readable = [DocumentState::Received, DocumentState::Done, DocumentState::Held];
    let readable = readable.iter().map(rows::name).collect::<Result<Vec<_>, _>>()?;
    let done = documents::Entity::update_many()
        .col_expr(documents::Column::State, Expr::value(rows::name(&DocumentState::Received)?))
        .col_expr(documents::Column::Progress, Expr::value(0_i64))
        .col_expr(documents::Column::LeaseOwner, Expr::value(node))
        .col_expr(documents::Column::LeaseUntil, Expr::value(until.0))
        .col_expr(documents::Column::LeaseEpoch, Expr::col(documents::Column::LeaseEpoch).add(1_i64))
        .filter(documents::Column::Id.eq(id.uuid()))
        .filter(documents::Column::State.is_in(readable))
        .exec(tx)
        .await?;
    all_found(done.rows_affected, 1)?;
    let found = documents::Entity::find_by_id(id.uuid()).one(tx).await?;
    found.map(|d| d.lease_epoch).ok_or(StoreError::Conflict(LEASE))
}

/// Forgets what documents held of people: their bytes, names and headers, and what their rejects quote.
/// That they arrived, and what was decided from them, stays.
///
/// # Errors
/// The database is gone.
pub async fn forget(tx: &Tx, ids: &[DocumentId]) -> Result<(), StoreError> {
    let keys = || bulk::each(rows::uuids(ids.iter().copied()));
    bulk::delete::<document_bytes::Entity>(tx, &[document_bytes::Column::DocumentId], keys()).await?;
    let quoted = [(rejects::Column::DocumentId, Role::Key), (rejects::Column::Was, Role::Set)];
    let quotes = ids.iter().map(|id| vec![id.uuid().into(), "".into()]).collect();
    bulk::update::<rejects::Entity>(tx, &quoted, quotes).await?;
    use documents::Column as C;
    let columns = [
        (C::Id, Role::Key),
        (C::State, Role::Set),
        (C::Name, Role::Set),
        (C::Headers, Role::Set),
        (C::Summary, Role::Set),
    ];
    let state = rows::name(&DocumentState::Erased)?;
    let erased = |id: &DocumentId| -> bulk::Row {
        vec![id.uuid().into(), state.as_str().into(), "".into(), "[]".into(), "".into()]
    };
    bulk::update::<documents::Entity>(tx, &columns, ids.iter().map(erased).collect()).await?;
    Ok(())
}

/// Which document each key stands for, the first with it winning.
async fn claim_keys(tx: &Tx, wanted: Vec<([u8; 32], DocumentId)>) -> Result<Vec<Stored>, StoreError> {
    let mut keys: Vec<document_keys::Model> = wanted
        .iter()
        .map(|(key, id)| document_keys::Model { dedupe_key: key.to_vec(), document_id: id.uuid() })
        .collect();
    // One order for everybody, so that two nodes with the same keys wait instead of deadlocking. The sort is stable.
    keys.sort_by(|a, b| a.dedupe_key.cmp(&b.dedupe_key));
    let lookup = bulk::each(keys.iter().map(|key| key.dedupe_key.clone()));
    let rows = keys.len() as u64;
    if bulk::insert::<document_keys::Entity>(tx, keys, Conflict::Keep).await? == rows {
        return Ok(wanted.into_iter().map(|(_, id)| Stored { id, duplicate_of: None }).collect());
    }
    let found = bulk::find::<document_keys::Entity>(tx, &[document_keys::Column::DedupeKey], lookup, Lock::No).await?;
    let first: HashMap<Vec<u8>, DocumentId> =
        found.into_iter().map(|row| (row.dedupe_key, DocumentId::from_uuid(row.document_id))).collect();
    Ok(wanted
        .into_iter()
        .map(|(key, id)| Stored { id, duplicate_of: first.get(key.as_slice()).copied().filter(|first| *first != id) })
        .collect())
}

fn head(new: NewDocument, state: DocumentState) -> Result<(documents::Model, Packed), StoreError> {
    let head = documents::Model {
        id: new.id.uuid(),
        channel: new.channel.as_str().to_owned(),
        kind: rows::name(&new.kind)?,
        topic: new.topic,
        name: new.name,
        media_type: new.media_type,
        size: new.body.size,
        sha256: new.sha256.to_vec(),
        headers: rows::json(&new.headers)?,
        actor: rows::json(&new.actor)?,
        received_at: new.received_at.0,
        state: rows::name(&state)?,
        mapping: String::new(),
        mapping_version: 0,
        orders_good: 0,
        orders_bad: 0,
        summary: String::new(),
        progress: 0,
        lease_owner: new.lease_owner,
        lease_until: new.lease_until.0,
        lease_epoch: 1,
    };
    Ok((head, new.body))
}

fn all_found(found: u64, wanted: usize) -> Result<(), StoreError> {
    if found == wanted as u64 { Ok(()) } else { Err(StoreError::Conflict(LEASE)) }
}
