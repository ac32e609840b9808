//! Where an order is to be found: by its fulfilment, its people, its number.

use super::{
    StoreError, bulk,
    entity::{fulfilments, journal, orders},
    rows,
};
use model::ids::{FulfilmentId, OrderId, PartyId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeSet, HashMap};

/// Events looked through by one statement, so that none of them takes long.
const SPAN: i64 = 20_000;
/// Parties looked for by one statement.
const PARTIES: usize = 32;

/// The order a fulfilment belongs to.
///
/// # Errors
/// The database is gone.
pub async fn of_fulfilment(conn: &impl ConnectionTrait, id: FulfilmentId) -> Result<Option<OrderId>, StoreError> {
    let row = fulfilments::Entity::find_by_id(id.uuid()).one(conn).await?;
    Ok(row.map(|row| OrderId::from_uuid(row.order_id)))
}

/// The numbers people use for orders.
///
/// # Errors
/// The database is gone.
pub async fn numbers(
    conn: &impl ConnectionTrait,
    ids: &BTreeSet<OrderId>,
) -> Result<HashMap<OrderId, String>, StoreError> {
    let ids = rows::uuids(ids.iter().copied());
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(bulk::IN_MAX) {
        let rows: Vec<(uuid::Uuid, String)> = orders::Entity::find()
            .select_only()
            .columns([orders::Column::Id, orders::Column::Number])
            .filter(orders::Column::Id.is_in(bulk::padded(some)))
            .into_tuple()
            .all(conn)
            .await?;
        found.extend(rows.into_iter().map(|(id, number)| (OrderId::from_uuid(id), number)));
    }
    Ok(found)
}

/// Every order that ever named one of these people, in any role: what it says today, and what its history says. Reads the whole
/// journal; `last` is its last number.
///
/// # Errors
/// The database is gone.
pub async fn of_parties(
    conn: &impl ConnectionTrait,
    parties: &[PartyId],
    last: i64,
) -> Result<BTreeSet<OrderId>, StoreError> {
    let mut found = BTreeSet::new();
    for some in parties.chunks(PARTIES) {
        let ids = rows::uuids(some.iter().copied());
        let named = Condition::any()
            .add(orders::Column::Buyer.is_in(ids.iter().copied()))
            .add(orders::Column::ShipTo.is_in(ids.iter().copied()));
        let rows: Vec<uuid::Uuid> = orders::Entity::find()
            .select_only()
            .column(orders::Column::Id)
            .filter(named)
            .into_tuple()
            .all(conn)
            .await?;
        found.extend(rows.into_iter().map(OrderId::from_uuid));
        let mut from = 0;
        while from < last {
            found.extend(in_journal(conn, &ids, from).await?);
            from += SPAN;
        }
    }
    Ok(found)
}

/// Only the events that state an order's content name people, by id.
async fn in_journal(
    conn: &impl ConnectionTrait,
    parties: &[uuid::Uuid],
    from: i64,
) -> Result<Vec<OrderId>, StoreError> {
    use journal::Column as C;
    let mut named = Condition::any();
    for id in parties {
        named = named.add(C::Body.contains(id.to_string()));
    }
    let rows: Vec<uuid::Uuid> = journal::Entity::find()
        .select_only()
        .column(C::OrderId)
        .filter(C::Part.eq(0))
        .filter(C::Seq.gt(from))
        .filter(C::Seq.lte(from + SPAN))
        .filter(C::Name.is_in(["placed", "amended"]))
        .filter(named)
        .distinct()
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(OrderId::from_uuid).collect())
}
