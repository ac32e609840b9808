//! Parcels and what carriers say of them.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Lock, Role, Row},
    entity::{shipments, tracking},
    rows::Place,
};
use model::{
    codes::Carrier,
    ids::{DocumentId, FulfilmentId, OrderId},
    order::event::Parcel,
    port::inbound::{TrackingNode, TrackingStatus},
    time::Instant,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use std::collections::BTreeMap;

/// Rows of a list at most.
pub const PAGE_MAX: u64 = 500;

/// A parcel and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shipment {
    pub parcel: Parcel,
    /// `None` while parked: a carrier spoke of it before we knew whose it is.
    pub belongs_to: Option<(OrderId, FulfilmentId)>,
    pub status: TrackingStatus,
    /// When the carrier says it came to this.
    pub status_at: Instant,
    pub first_seen_at: Instant,
}

/// What a carrier says of one parcel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTracking {
    pub parcel: Parcel,
    pub status: TrackingStatus,
    pub status_at: Instant,
    pub nodes: Vec<TrackingNode>,
    pub document: DocumentId,
}

/// Writes what carriers say: nodes already known are not written twice, a parcel not yet known is parked, and a
/// status older than the one we have changes nothing. Gives the parcels as they now stand.
///
/// # Errors
/// The database is gone.
pub async fn put(tx: &Tx, reports: &[NewTracking], now: Instant) -> Result<Vec<Shipment>, StoreError> {
    let mut parcels: Vec<Parcel> = reports.iter().map(|r| r.parcel.clone()).collect();
    parcels.sort();
    parcels.dedup();
    let fresh = |p: &Parcel| shipments::Model {
        carrier: p.carrier.as_str().to_owned(),
        number: p.number.clone(),
        fulfilment_id: None,
        order_id: None,
        status: TrackingStatus::Unknown.name().to_owned(),
        status_at: 0,
        first_seen_at: now.0,
    };
    bulk::insert::<shipments::Entity>(tx, parcels.iter().map(fresh).collect(), Conflict::Keep).await?;
    let mut nodes: BTreeMap<(String, String, String), tracking::Model> = BTreeMap::new();
    for report in reports {
        for node in &report.nodes {
            let row = node_row(report, node);
            nodes.insert((row.carrier.clone(), row.number.clone(), row.key.clone()), row);
        }
    }
    bulk::insert::<tracking::Entity>(tx, nodes.into_values().collect(), Conflict::Keep).await?;
    let mut known = locked(tx, &parcels).await?;
    for report in reports {
        if let Some(shipment) = known.get_mut(&report.parcel)
            && report.status_at >= shipment.status_at
        {
            shipment.status = report.status;
            shipment.status_at = report.status_at;
        }
    }
    use shipments::Column as C;
    let columns = [(C::Carrier, Role::Key), (C::Number, Role::Key), (C::Status, Role::Set), (C::StatusAt, Role::Set)];
    let row = |s: &Shipment| -> Row {
        let Parcel { carrier, number } = &s.parcel;
        vec![carrier.as_str().into(), number.as_str().into(), s.status.name().into(), s.status_at.0.into()]
    };
    bulk::update::<shipments::Entity>(tx, &columns, known.values().map(row).collect()).await?;
    Ok(known.into_values().collect())
}

/// Says which fulfilment parcels belong to, making those not yet known. Gives those that were parked: the carrier
/// spoke first, and its word is now to be applied.
///
/// # Errors
/// The database is gone.
pub async fn link(
    tx: &Tx,
    parcels: &[(Parcel, OrderId, FulfilmentId)],
    now: Instant,
) -> Result<Vec<Shipment>, StoreError> {
    let mut wanted: Vec<Parcel> = parcels.iter().map(|(parcel, _, _)| parcel.clone()).collect();
    wanted.sort();
    wanted.dedup();
    let parked: Vec<Shipment> = locked(tx, &wanted).await?.into_values().filter(|s| s.belongs_to.is_none()).collect();
    let rows = parcels.iter().map(|(parcel, order, fulfilment)| shipments::Model {
        carrier: parcel.carrier.as_str().to_owned(),
        number: parcel.number.clone(),
        fulfilment_id: Some(fulfilment.uuid()),
        order_id: Some(order.uuid()),
        status: TrackingStatus::InfoReceived.name().to_owned(),
        status_at: 0,
        first_seen_at: now.0,
    });
    let keep = sea_orm::sea_query::OnConflict::columns([shipments::Column::Carrier, shipments::Column::Number])
        .update_columns([shipments::Column::FulfilmentId, shipments::Column::OrderId])
        .to_owned();
    for row in rows {
        // Few at a time, and the only upsert that keeps part of a row.
        shipments::Entity::insert(row.into_active_model()).on_conflict(keep.clone()).exec_without_returning(tx).await?;
    }
    Ok(parked)
}

async fn locked(tx: &Tx, parcels: &[Parcel]) -> Result<BTreeMap<Parcel, Shipment>, StoreError> {
    let rows = find(tx, parcels, Lock::Rows).await?;
    Ok(rows.into_iter().map(|s| (s.parcel.clone(), s)).collect())
}

/// The parcels that belong to these fulfilments, also those a carrier has booked and nobody has shipped yet.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn of_fulfilments(conn: &impl ConnectionTrait, ids: &[FulfilmentId]) -> Result<Vec<Shipment>, StoreError> {
    let wanted = bulk::each(ids.iter().map(|id| id.uuid()));
    let rows = bulk::find::<shipments::Entity>(conn, &[shipments::Column::FulfilmentId], wanted, Lock::No).await?;
    rows.into_iter().map(shipment).collect()
}

/// The parcels among `parcels` that we know.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn get(conn: &impl ConnectionTrait, parcels: &[Parcel]) -> Result<Vec<Shipment>, StoreError> {
    find(conn, parcels, Lock::No).await
}

async fn find(conn: &impl ConnectionTrait, parcels: &[Parcel], lock: Lock) -> Result<Vec<Shipment>, StoreError> {
    let wanted = parcels.iter().map(|p| vec![p.carrier.as_str().into(), p.number.as_str().into()]).collect();
    let columns = [shipments::Column::Carrier, shipments::Column::Number];
    let rows = bulk::find::<shipments::Entity>(conn, &columns, wanted, lock).await?;
    rows.into_iter().map(shipment).collect()
}

/// Parcels nobody has told us of yet, by carrier and number, after the last one of the page before.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn parked(
    conn: &impl ConnectionTrait,
    after: Option<&Parcel>,
    limit: u64,
) -> Result<Vec<Shipment>, StoreError> {
    use shipments::Column as C;
    let mut query = shipments::Entity::find()
        .filter(Expr::cust("fulfilment_id IS NULL"))
        .order_by_asc(C::Carrier)
        .order_by_asc(C::Number)
        .limit(limit.min(PAGE_MAX));
    if let Some(Parcel { carrier, number }) = after {
        let same = Condition::all().add(C::Carrier.eq(carrier.as_str())).add(C::Number.gt(number.as_str()));
        query = query.filter(Condition::any().add(C::Carrier.gt(carrier.as_str())).add(same));
    }
    query.all(conn).await?.into_iter().map(shipment).collect()
}

/// The history of a parcel, oldest first.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn nodes(conn: &impl ConnectionTrait, parcel: &Parcel) -> Result<Vec<TrackingNode>, StoreError> {
    use tracking::Column as C;
    let rows = tracking::Entity::find()
        .filter(C::Carrier.eq(parcel.carrier.as_str()))
        .filter(C::Number.eq(parcel.number.as_str()))
        .order_by_asc(C::At)
        .order_by_asc(C::Key)
        .limit(PAGE_MAX)
        .all(conn)
        .await?;
    let node = |row: tracking::Model| -> Result<TrackingNode, StoreError> {
        Ok(TrackingNode {
            status: Place::new("tracking", "status", &row.number).named(&row.status)?,
            at: Instant(row.at),
            code: row.code,
            text: row.text,
            place: row.place,
        })
    };
    rows.into_iter().map(node).collect()
}

/// The same node twice has the same key.
fn node_row(report: &NewTracking, node: &TrackingNode) -> tracking::Model {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(node.at.0.to_be_bytes());
    for text in [&node.code, &node.text] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    tracking::Model {
        carrier: report.parcel.carrier.as_str().to_owned(),
        number: report.parcel.number.clone(),
        key: hex::encode(&hash.finalize()[..16]),
        at: node.at.0,
        status: node.status.name().to_owned(),
        code: node.code.clone(),
        text: node.text.clone(),
        place: node.place.clone(),
        document_id: report.document.uuid(),
    }
}

fn shipment(row: shipments::Model) -> Result<Shipment, StoreError> {
    let belongs_to = match (row.order_id, row.fulfilment_id) {
        (Some(order), Some(fulfilment)) => Some((OrderId::from_uuid(order), FulfilmentId::from_uuid(fulfilment))),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err(Place::new("shipments", "order_id", &row.number).inconsistent());
        }
    };
    Ok(Shipment {
        status: Place::new("shipments", "status", &row.number).named(&row.status)?,
        parcel: Parcel { carrier: Carrier::new(&row.carrier), number: row.number },
        belongs_to,
        status_at: Instant(row.status_at),
        first_seen_at: Instant(row.first_seen_at),
    })
}
