//! What must be known and undone when a person is erased: who is the same person, and what carriers wrote of them.

use super::{
    StoreError, Tx,
    bulk::{self, Role},
    entity::{deliveries, parties, shipments, tracking},
    rows,
};
use model::ids::{DeliveryId, DocumentId, OrderId, PartyId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use std::collections::BTreeSet;

/// Parties of one person at most.
pub const SAME_MAX: u64 = 10_000;

/// Every party with the same first phone, the same mail or the very same details as this one, itself included.
///
/// # Errors
/// The database is gone.
pub async fn same_person(conn: &impl ConnectionTrait, id: PartyId) -> Result<Vec<PartyId>, StoreError> {
    use parties::Column as C;
    let Some(known) = parties::Entity::find_by_id(id.uuid()).one(conn).await? else { return Ok(Vec::new()) };
    // The literal halves are those of the partial indexes.
    let is =
        |column: C, value: &str, filled: &'static str| Condition::all().add(column.eq(value)).add(Expr::cust(filled));
    let mut same = Condition::any().add(C::Id.eq(id.uuid()));
    if !known.phone.is_empty() {
        same = same.add(is(C::Phone, &known.phone, "phone <> ''"));
    }
    if !known.email.is_empty() {
        same = same.add(is(C::Email, &known.email, "email <> ''"));
    }
    // Who gave neither is the same person where all details are.
    if !known.name.is_empty() {
        same = same.add(is(C::Name, &known.name, "name <> ''").add(C::Body.eq(known.body.as_str())));
    }
    let found: Vec<uuid::Uuid> = parties::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(same)
        .order_by_asc(C::Id)
        .limit(SAME_MAX)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().map(PartyId::from_uuid).collect())
}

/// The callbacks that spoke of the parcels of these orders.
///
/// # Errors
/// The database is gone.
pub async fn callbacks(
    conn: &impl ConnectionTrait,
    orders: &BTreeSet<OrderId>,
) -> Result<BTreeSet<DocumentId>, StoreError> {
    let nodes = nodes(conn, orders).await?;
    Ok(nodes.into_iter().map(|node| DocumentId::from_uuid(node.document_id)).collect())
}

/// Everything partners were told of these orders.
///
/// # Errors
/// The database is gone.
pub async fn told(conn: &impl ConnectionTrait, orders: &BTreeSet<OrderId>) -> Result<Vec<DeliveryId>, StoreError> {
    let ids = rows::uuids(orders.iter().copied());
    let mut told = Vec::new();
    for some in ids.chunks(bulk::IN_MAX) {
        let found: Vec<uuid::Uuid> = deliveries::Entity::find()
            .select_only()
            .column(deliveries::Column::Id)
            .filter(deliveries::Column::OrderId.is_in(bulk::padded(some)))
            .into_tuple()
            .all(conn)
            .await?;
        told.extend(found.into_iter().map(DeliveryId::from_uuid));
    }
    Ok(told)
}

/// Takes the carriers' own words off the parcels of these orders ("signed for by ..."); times, places and states stay.
///
/// # Errors
/// The database is gone.
pub async fn blank_tracking(tx: &Tx, orders: &BTreeSet<OrderId>) -> Result<(), StoreError> {
    use tracking::Column as C;
    let columns = [(C::Carrier, Role::Key), (C::Number, Role::Key), (C::Key, Role::Key), (C::Text, Role::Set)];
    let blank = |node: tracking::Model| vec![node.carrier.into(), node.number.into(), node.key.into(), "".into()];
    let rows = nodes(tx, orders).await?.into_iter().map(blank).collect();
    bulk::update::<tracking::Entity>(tx, &columns, rows).await?;
    Ok(())
}

async fn nodes(conn: &impl ConnectionTrait, orders: &BTreeSet<OrderId>) -> Result<Vec<tracking::Model>, StoreError> {
    let ids = rows::uuids(orders.iter().copied());
    let mut parcels = Vec::new();
    for some in ids.chunks(bulk::IN_MAX) {
        let found =
            shipments::Entity::find().filter(shipments::Column::OrderId.is_in(bulk::padded(some))).all(conn).await?;
        parcels.extend(found.into_iter().map(|s| vec![s.carrier.into(), s.number.into()]));
    }
    let key = [tracking::Column::Carrier, tracking::Column::Number];
    bulk::find::<tracking::Entity>(conn, &key, parcels, bulk::Lock::No).await
}
