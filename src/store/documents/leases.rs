//! Leases of documents: who reads one, and until when nobody else does.

use super::read::{Document, document};
use crate::store::{
    StoreError, Tx,
    bulk::{self, Role},
    entity::documents,
};
use model::time::Instant;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, LockBehavior, LockType},
};

/// Leases documents nobody reads (a node died, or a replay was asked for) to `node` until `until`; oldest lease first.
///
/// # Errors
/// The database is gone.
pub async fn claim_expired(
    tx: &Tx,
    node: &str,
    now: Instant,
    until: Instant,
    limit: u64,
) -> Result<Vec<Document>, StoreError> {
    let mut found = documents::Entity::find()
        // As written in the partial index; a bound value would not match it.
        .filter(Expr::cust("state = 'received'"))
        .filter(documents::Column::LeaseUntil.lt(now.0))
        .order_by_asc(documents::Column::LeaseUntil)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    let lease = |d: &documents::Model| -> bulk::Row { vec![d.id.into(), node.into(), until.0.into(), 1_i64.into()] };
    let columns = [
        (documents::Column::Id, Role::Key),
        (documents::Column::LeaseOwner, Role::Set),
        (documents::Column::LeaseUntil, Role::Set),
        (documents::Column::LeaseEpoch, Role::Add),
    ];
    bulk::update::<documents::Entity>(tx, &columns, found.iter().map(lease).collect()).await?;
    for document in &mut found {
        document.lease_epoch += 1;
    }
    found.into_iter().map(document).collect()
}

/// Ends every lease that is not `node`'s, in the order the documents arrived: for a process that is alone on the database,
/// where all of them are a dead process's. Gives how many there were.
///
/// # Errors
/// The database is gone.
pub async fn take_over(tx: &Tx, node: &str) -> Result<u64, StoreError> {
    let taken = documents::Entity::update_many()
        .col_expr(documents::Column::LeaseUntil, Expr::col(documents::Column::ReceivedAt))
        .filter(Expr::cust("state = 'received'"))
        .filter(documents::Column::LeaseOwner.ne(node))
        .exec(tx)
        .await?;
    Ok(taken.rows_affected)
}

/// Prolongs leases of `node` that end before `soon`, of documents that came at `since` or later, until `until`. Gives how
/// many there were.
///
/// # Errors
/// The database is gone.
pub async fn prolong(tx: &Tx, node: &str, since: Instant, soon: Instant, until: Instant) -> Result<u64, StoreError> {
    // One that somebody holds is being decided or taken over: its lease is not ours to prolong, nor to wait for.
    let near = documents::Entity::find()
        .select_only()
        .column(documents::Column::Id)
        .filter(Expr::cust("state = 'received'"))
        .filter(documents::Column::LeaseUntil.lt(soon.0))
        .filter(documents::Column::LeaseOwner.eq(node))
        .filter(documents::Column::ReceivedAt.gte(since.0))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let prolonged = documents::Entity::update_many()
        .col_expr(documents::Column::LeaseUntil, Expr::value(until.0))
        .filter(documents::Column::Id.in_subquery(QueryTrait::into_query(near)))
        .exec(tx)
        .await?;
    Ok(prolonged.rows_affected)
}
