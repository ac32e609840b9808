//! Reading documents back.

use super::{DocumentKind, DocumentState};
use crate::store::{
    StoreError,
    bulk::{self, Lock},
    entity::{document_keys, documents, rejects},
    rows::{self, Place},
};
use model::{codes::Channel, ids::DocumentId, order::event::Actor, port::inbound::Summary, time::Instant};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};

/// Rows of a list at most.
pub const PAGE_MAX: u64 = 200;

/// A stored document, without its bytes.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    pub id: DocumentId,
    pub channel: Channel,
    pub kind: DocumentKind,
    pub topic: String,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub headers: Vec<(String, String)>,
    pub actor: Actor,
    pub received_at: Instant,
    pub state: DocumentState,
    /// The mapping last used, empty before.
    pub mapping: String,
    pub mapping_version: i32,
    pub orders_good: u32,
    pub orders_bad: u32,
    /// `None` before it was read.
    pub summary: Option<Summary>,
    /// Statements already committed.
    pub progress: i64,
    pub lease_epoch: i64,
}

/// Which documents to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct DocumentFilter {
    pub channel: Option<Channel>,
    pub state: Option<DocumentState>,
    /// Only those in which faults were found.
    pub with_rejects: bool,
    /// Only those older than this one of the page before.
    pub before: Option<(Instant, DocumentId)>,
    /// At most [`PAGE_MAX`].
    pub limit: u64,
}

/// # Errors
/// The row makes no sense, or the database is gone.
pub async fn by_id(conn: &impl ConnectionTrait, id: DocumentId) -> Result<Option<Document>, StoreError> {
    documents::Entity::find_by_id(id.uuid()).one(conn).await?.map(document).transpose()
}

/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn by_ids(conn: &impl ConnectionTrait, ids: &[DocumentId]) -> Result<Vec<Document>, StoreError> {
    let keys = bulk::each(rows::uuids(ids.iter().copied()));
    let found = bulk::find::<documents::Entity>(conn, &[documents::Column::Id], keys, Lock::No).await?;
    found.into_iter().map(document).collect()
}

/// The document first stored with this key.
///
/// # Errors
/// The database is gone.
pub async fn first_with(conn: &impl ConnectionTrait, dedupe_key: [u8; 32]) -> Result<Option<DocumentId>, StoreError> {
    let found = document_keys::Entity::find_by_id(dedupe_key.to_vec()).one(conn).await?;
    Ok(found.map(|key| DocumentId::from_uuid(key.document_id)))
}

/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn list(conn: &impl ConnectionTrait, filter: &DocumentFilter) -> Result<Vec<Document>, StoreError> {
    use documents::Column as C;
    let mut wanted = Condition::all();
    if let Some(channel) = &filter.channel {
        wanted = wanted.add(C::Channel.eq(channel.as_str()));
    }
    // One whose parts still arrive was not acknowledged, and is nobody's business unless asked for.
    wanted = match filter.state {
        // The second half is that of the partial index.
        Some(DocumentState::Received) => wanted.add(Expr::cust("state = 'received'")),
        Some(state @ (DocumentState::Held | DocumentState::Erased)) => {
            wanted.add(C::State.eq(rows::name(&state)?)).add(Expr::cust("state IN ('held', 'erased')"))
        }
        Some(state) => wanted.add(C::State.eq(rows::name(&state)?)),
        None => wanted.add(C::State.ne(rows::name(&DocumentState::Receiving)?)),
    };
    if filter.with_rejects {
        // Not by `orders_bad`: a document that is broken as a whole names no order.
        let rejected = Query::select().column(rejects::Column::DocumentId).from(rejects::Entity).take();
        wanted = wanted.add(C::Id.in_subquery(rejected));
    }
    if let Some((at, id)) = filter.before {
        let same = Condition::all().add(C::ReceivedAt.eq(at.0)).add(C::Id.lt(id.uuid()));
        wanted = wanted.add(C::ReceivedAt.lte(at.0)).add(Condition::any().add(C::ReceivedAt.lt(at.0)).add(same));
    }
    let found = documents::Entity::find()
        .filter(wanted)
        .order_by_desc(C::ReceivedAt)
        .order_by_desc(C::Id)
        .limit(filter.limit.min(PAGE_MAX))
        .all(conn)
        .await?;
    found.into_iter().map(document).collect()
}

pub(super) fn document(row: documents::Model) -> Result<Document, StoreError> {
    let place = |column| Place::new("documents", column, &row.id);
    Ok(Document {
        id: DocumentId::from_uuid(row.id),
        kind: place("kind").named(&row.kind)?,
        headers: place("headers").json(&row.headers)?,
        actor: place("actor").json(&row.actor)?,
        state: place("state").named(&row.state)?,
        orders_good: place("orders_good").count(row.orders_good)?,
        orders_bad: place("orders_bad").count(row.orders_bad)?,
        summary: if row.summary.is_empty() { None } else { Some(place("summary").json(&row.summary)?) },
        channel: Channel::new(&row.channel),
        topic: row.topic,
        name: row.name,
        media_type: row.media_type,
        size: row.size,
        sha256: row.sha256,
        received_at: Instant(row.received_at),
        mapping: row.mapping,
        mapping_version: row.mapping_version,
        progress: row.progress,
        lease_epoch: row.lease_epoch,
    })
}
