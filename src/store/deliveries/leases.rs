//! Who has deliveries, and who had them.

use crate::store::{StoreError, Tx, entity::deliveries};
use model::{codes::Connector, time::Instant};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};

/// Whether `connector` has deliveries whose turn it is; asks before it claims, since a claim is a write transaction.
///
/// # Errors
/// The database is gone.
pub async fn any_due(conn: &impl ConnectionTrait, connector: &Connector, now: Instant) -> Result<bool, StoreError> {
    use deliveries::Column as C;
    let found: Option<uuid::Uuid> = deliveries::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::Connector.eq(connector.as_str()))
        // As written in the partial index; a bound value would not match it.
        .filter(Expr::cust("deliveries.state = 'waiting'"))
        .filter(C::NextAt.lte(now.0))
        .filter(super::is_first())
        .limit(1)
        .into_tuple()
        .one(conn)
        .await?;
    Ok(found.is_some())
}

/// Makes leased deliveries of `connector` due at once: for a process that is alone on the database, where every lease is a
/// dead process's. They stay marked as interrupted. Gives how many there were.
///
/// # Errors
/// The database is gone.
pub async fn take_over(tx: &Tx, connector: &Connector, now: Instant) -> Result<u64, StoreError> {
    use deliveries::Column as C;
    let taken = deliveries::Entity::update_many()
        .col_expr(C::NextAt, Expr::value(now.0))
        .filter(C::Connector.eq(connector.as_str()))
        .filter(Expr::cust("state = 'waiting'"))
        // A lease moves this on to its end: found by the index, however many wait.
        .filter(C::NextAt.gt(now.0))
        .filter(C::LeaseUntil.gt(now.0))
        .exec(tx)
        .await?;
    Ok(taken.rows_affected)
}
