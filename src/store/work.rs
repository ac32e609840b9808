//! Work to be done later: one row for each kind and key.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Role, Row},
    entity::work,
};
use model::time::Instant;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType},
};
use std::collections::BTreeMap;

/// One thing to do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Job {
    /// What to do, e.g. `expire_reservation`.
    pub kind: String,
    /// To what: an order's id, a sku.
    pub key: String,
    pub due: Instant,
}

/// Schedules jobs; one that is there already is due at the new time, the last one of a key counting. A job that
/// somebody is doing is thereby to be done again: [`done`] leaves it.
///
/// # Errors
/// The database is gone.
pub async fn schedule(tx: &Tx, jobs: &[Job]) -> Result<(), StoreError> {
    let latest: BTreeMap<(&str, &str), &Job> = jobs.iter().map(|j| ((j.kind.as_str(), j.key.as_str()), j)).collect();
    let row = |j: &Job| work::Model { kind: j.kind.clone(), key: j.key.clone(), due_at: j.due.0, lease_until: 0 };
    bulk::insert::<work::Entity>(tx, latest.into_values().map(row).collect(), Conflict::Replace).await?;
    Ok(())
}

/// Is there anything to do? Asked without a write transaction, so that an idle program writes nothing.
///
/// # Errors
/// The database is gone.
pub async fn any_due(conn: &impl ConnectionTrait, now: Instant) -> Result<bool, StoreError> {
    use work::Column as C;
    let found = work::Entity::find().filter(C::DueAt.lte(now.0)).filter(C::LeaseUntil.lte(now.0)).one(conn).await?;
    Ok(found.is_some())
}

/// Leases jobs that are due until `until`, the longest due first. One whose lease ran out is due again.
///
/// # Errors
/// The database is gone.
pub async fn claim(tx: &Tx, now: Instant, until: Instant, limit: u64) -> Result<Vec<Job>, StoreError> {
    use work::Column as C;
    let found = work::Entity::find()
        .filter(C::DueAt.lte(now.0))
        .filter(C::LeaseUntil.lte(now.0))
        .order_by_asc(C::DueAt)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    let columns = [(C::Kind, Role::Key), (C::Key, Role::Key), (C::LeaseUntil, Role::Set)];
    let lease = |w: &work::Model| -> Row { vec![w.kind.as_str().into(), w.key.as_str().into(), until.0.into()] };
    bulk::update::<work::Entity>(tx, &columns, found.iter().map(lease).collect()).await?;
    Ok(found.into_iter().map(|w| Job { kind: w.kind, key: w.key, due: Instant(w.due_at) }).collect())
}

/// Ends every lease: for a process that is alone on the database and has none yet. Gives how many there were.
///
/// # Errors
/// The database is gone.
pub async fn take_over(tx: &Tx) -> Result<u64, StoreError> {
    use work::Column as C;
    // As written in the partial index.
    let leased = Expr::cust("lease_until > 0");
    let taken = work::Entity::update_many().col_expr(C::LeaseUntil, Expr::value(0_i64)).filter(leased);
    Ok(taken.exec(tx).await?.rows_affected)
}

/// Takes done jobs off, but for those scheduled anew meanwhile.
///
/// # Errors
/// The database is gone.
pub async fn done(tx: &Tx, jobs: &[Job], until: Instant) -> Result<(), StoreError> {
    use work::Column as C;
    let columns = [C::Kind, C::Key, C::DueAt, C::LeaseUntil];
    let row = |j: &Job| -> Row { vec![j.kind.as_str().into(), j.key.as_str().into(), j.due.0.into(), until.0.into()] };
    bulk::delete::<work::Entity>(tx, &columns, jobs.iter().map(row).collect()).await?;
    Ok(())
}

/// Takes the jobs of a kind off, but for the one of `key`.
///
/// # Errors
/// The database is gone.
pub async fn drop_others(tx: &Tx, kind: &str, key: &str) -> Result<(), StoreError> {
    use work::Column as C;
    work::Entity::delete_many().filter(C::Kind.eq(kind)).filter(C::Key.ne(key)).exec(tx).await?;
    Ok(())
}
