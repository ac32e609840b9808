//! What must be known and undone when a person is erased: who is the same person, and what carriers wrote of them.

use super::{
    StoreError, Tx,
    bulk::{self, Role},
    entity::{deliveries, shipments, tracking},
    parties::{self, Known},
    party_marks::{self, By},
    rows,
};
use model::{
    ids::{DeliveryId, DocumentId, OrderId, PartyId},
    party::Party,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::BTreeSet;

/// Parties of one person at most.
pub const SAME_MAX: usize = 10_000;

/// Every party with the same first phone, the same mail or the very same details as this one, itself included.
///
/// # Errors
/// The database is gone.
pub async fn same_person(conn: &impl ConnectionTrait, id: PartyId) -> Result<Vec<PartyId>, StoreError> {
    let known = match parties::get(conn, &[id]).await?.remove(&id) {
        None => return Ok(Vec::new()),
        Some(Known::Erased { .. }) => return Ok(vec![id]),
        Some(Known::Here(party)) => party,
    };
    let mine = By::of(&known);
    let found = party_marks::find(conn, &mine, SAME_MAX).await?;
    // A name alone is many people's; who gave neither phone nor mail is the same person where all details are.
    let is_same = |party: &Party| {
        let shared = By::of(party).into_iter().filter(|by| mine.contains(by)).any(|by| !matches!(by, By::Name(_)));
        shared || *party == *known
    };
    let same = found.into_iter().filter(|(_, party)| is_same(party)).map(|(id, _)| id);
    let mut same: Vec<PartyId> = same.chain([id]).collect();
    same.sort_unstable();
    same.dedup();
    Ok(same)
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
