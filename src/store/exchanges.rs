//! Recorded exchanges with partners: for people to look at; deleting them all changes nothing.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict},
    entity::exchanges,
    rows::{self, Place},
};
use model::{ids::DeliveryId, time::Instant};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Rows of a list at most.
pub const PAGE_MAX: u64 = 200;

/// One request and its answer, redacted and capped by the caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exchange {
    pub delivery: DeliveryId,
    pub attempt: u32,
    pub at: Instant,
    /// Microseconds.
    pub took: i64,
    /// JSON.
    pub request: String,
    /// JSON.
    pub answer: String,
    /// Stable code of what came of it.
    pub outcome: String,
}

/// # Errors
/// The database is gone.
pub async fn insert(tx: &Tx, exchanges: &[Exchange]) -> Result<(), StoreError> {
    let row = |e: &Exchange| exchanges::Model {
        id: 0,
        delivery_id: e.delivery.uuid(),
        attempt: rows::small(e.attempt),
        at: e.at.0,
        took_us: e.took,
        request: e.request.clone(),
        answer: e.answer.clone(),
        outcome: e.outcome.clone(),
    };
    bulk::insert::<exchanges::Entity>(tx, exchanges.iter().map(row).collect(), Conflict::Refuse).await?;
    Ok(())
}

/// The exchanges of a delivery, oldest first.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn of_delivery(conn: &impl ConnectionTrait, delivery: DeliveryId) -> Result<Vec<Exchange>, StoreError> {
    let rows = exchanges::Entity::find()
        .filter(exchanges::Column::DeliveryId.eq(delivery.uuid()))
        .order_by_asc(exchanges::Column::Id)
        .limit(PAGE_MAX)
        .all(conn)
        .await?;
    let exchange = |row: exchanges::Model| -> Result<Exchange, StoreError> {
        Ok(Exchange {
            attempt: Place::new("exchanges", "attempt", &row.id).count(row.attempt)?,
            delivery: DeliveryId::from_uuid(row.delivery_id),
            at: Instant(row.at),
            took: row.took_us,
            request: row.request,
            answer: row.answer,
            outcome: row.outcome,
        })
    };
    rows.into_iter().map(exchange).collect()
}

/// Deletes what deliveries exchanged, for an erasure.
///
/// # Errors
/// The database is gone.
pub async fn delete_of(tx: &Tx, deliveries: &[DeliveryId]) -> Result<u64, StoreError> {
    let keys = bulk::each(rows::uuids(deliveries.iter().copied()));
    bulk::delete::<exchanges::Entity>(tx, &[exchanges::Column::DeliveryId], keys).await
}

/// Deletes what was exchanged before `before`.
///
/// # Errors
/// The database is gone.
pub async fn delete_before(tx: &Tx, before: Instant) -> Result<u64, StoreError> {
    let deleted = exchanges::Entity::delete_many().filter(exchanges::Column::At.lt(before.0)).exec(tx).await?;
    Ok(deleted.rows_affected)
}
