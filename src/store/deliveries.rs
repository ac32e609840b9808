//! Deliveries: messages on their way to connectors, one stream in order.

mod leases;
mod lists;

pub use leases::{any_due, take_over};
pub use lists::{
    DeliveryCount, DeliveryFilter, DeliverySummary, PAGE_MAX, by_id, counts, list, of_order, oldest, quarantined,
};

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Role, Row},
    entity::deliveries,
    rows::{self, Place},
};
use model::{
    codes::Connector,
    ids::{DeliveryId, OrderId},
    message::MessageKind,
    port::outbound::Kept,
    time::Instant,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
    sea_query::{Alias, Expr, ExprTrait, LockBehavior, LockType, Query},
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How a delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be sent, or to be sent again.
    Waiting,
    Done,
    /// A newer message said all this one would have said.
    Superseded,
    /// A person must look; it blocks its stream.
    Quarantined,
}

/// A message to be delivered to one connector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDelivery {
    pub connector: Connector,
    /// Order or fulfilment id: messages of one stream reach the partner in order.
    pub stream: Uuid,
    pub order: OrderId,
    pub kind: MessageKind,
    /// JSON of the message, ids only.
    pub body: String,
    pub next_at: Instant,
}

/// A delivery whose turn it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimedDelivery {
    pub id: DeliveryId,
    pub connector: Connector,
    pub stream: Uuid,
    pub number: u32,
    pub order: OrderId,
    pub kind: MessageKind,
    pub body: String,
    /// Attempts before this one.
    pub attempts: u32,
    /// Fences this lease: [`record`] writes nothing under another.
    pub epoch: i64,
    pub kept: Vec<Kept>,
    /// An earlier lease ended without a record: its call may have been made, and nobody knows what came of it.
    pub interrupted: bool,
    pub created_at: Instant,
}

/// What became of an attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    pub id: DeliveryId,
    pub epoch: i64,
    pub state: DeliveryState,
    pub attempts: u32,
    pub kept: Vec<Kept>,
    /// Stable code of the failure, empty when there was none.
    pub error: String,
    /// When to go on; for a waiting one.
    pub next_at: Instant,
}

/// Queues messages, numbered in their streams in the order given. An older "as of" message not yet begun is
/// superseded by a newer one of its kind. The caller holds the lock of the order each stream belongs to; of `fresh`
/// orders, which this transaction made, nothing can be queued yet, and it is not looked for.
///
/// # Errors
/// The database is gone, or somebody wrote to a stream without holding its order ([`StoreError::is_duplicate`]).
pub async fn insert(
    tx: &Tx,
    new: &[NewDelivery],
    fresh: &HashSet<OrderId>,
    now: Instant,
) -> Result<Vec<DeliveryId>, StoreError> {
    if new.is_empty() {
        return Ok(vec![]);
    }
    let older = || new.iter().filter(|d| !fresh.contains(&d.order));
    supersede(tx, older(), now).await?;
    let mut last = last_numbers(tx, older()).await?;
    let waiting = rows::name(&DeliveryState::Waiting)?;
    let superseded = rows::name(&DeliveryState::Superseded)?;
    let mut ids = Vec::with_capacity(new.len());
    let mut rows = Vec::with_capacity(new.len());
    for (i, delivery) in new.iter().enumerate() {
        let number = last.entry((delivery.connector.as_str(), delivery.stream)).or_insert(0);
        *number += 1;
        let newer = |n: &NewDelivery| {
            n.kind == delivery.kind && n.stream == delivery.stream && n.connector == delivery.connector
        };
        let outdated = delivery.kind.as_of() && new.iter().skip(i + 1).any(newer);
        let id = DeliveryId::of(delivery.connector.as_str(), delivery.stream, *number);
        let state = if outdated { &superseded } else { &waiting };
        rows.push(row(delivery, id, rows::small(*number), state, now));
        ids.push(id);
    }
    bulk::insert::<deliveries::Entity>(tx, rows, Conflict::Refuse).await?;
    Ok(ids)
}

fn row(d: &NewDelivery, id: DeliveryId, number: i32, state: &str, now: Instant) -> deliveries::Model {
    deliveries::Model {
        id: id.uuid(),
        connector: d.connector.as_str().to_owned(),
        stream: d.stream,
        number,
        order_id: d.order.uuid(),
        kind: d.kind.name().to_owned(),
        as_of: d.kind.as_of(),
        body: d.body.clone(),
        state: state.to_owned(),
        attempts: 0,
        next_at: d.next_at.0,
        lease_owner: String::new(),
        lease_until: 0,
        lease_epoch: 0,
        kept: "[]".to_owned(),
        error: String::new(),
        created_at: now.0,
        updated_at: now.0,
    }
}

async fn supersede(tx: &Tx, new: impl Iterator<Item = &NewDelivery>, now: Instant) -> Result<(), StoreError> {
    use deliveries::Column as C;
    let columns = [
        (C::Connector, Role::Key),
        (C::Stream, Role::Key),
        (C::Kind, Role::Key),
        (C::State, Role::Key),
        // Never leased, so certainly not begun.
        (C::LeaseEpoch, Role::Key),
        (C::State, Role::Set),
        (C::UpdatedAt, Role::Set),
    ];
    let (waiting, superseded) = (rows::name(&DeliveryState::Waiting)?, rows::name(&DeliveryState::Superseded)?);
    let row = |d: &NewDelivery| -> Row {
        vec![
            d.connector.as_str().into(),
            d.stream.into(),
            d.kind.name().into(),
            waiting.as_str().into(),
            0_i64.into(),
            superseded.as_str().into(),
            now.0.into(),
        ]
    };
    let rows = new.filter(|d| d.kind.as_of()).map(row).collect();
    bulk::update::<deliveries::Entity>(tx, &columns, rows).await?;
    Ok(())
}

async fn last_numbers<'a>(
    tx: &Tx,
    new: impl Iterator<Item = &'a NewDelivery>,
) -> Result<HashMap<(&'a str, Uuid), u32>, StoreError> {
    use deliveries::Column as C;
    let mut streams: HashMap<&str, Vec<Uuid>> = HashMap::new();
    for d in new {
        streams.entry(d.connector.as_str()).or_default().push(d.stream);
    }
    let mut last = HashMap::new();
    for (connector, mut ids) in streams {
        ids.sort_unstable();
        ids.dedup();
        for some in ids.chunks(bulk::IN_MAX) {
            let found: Vec<(Uuid, i32)> = deliveries::Entity::find()
                .select_only()
                .column(C::Stream)
                .column_as(C::Number.max(), "last")
                .filter(C::Connector.eq(connector))
                .filter(C::Stream.is_in(bulk::padded(some)))
                .group_by(C::Stream)
                .into_tuple()
                .all(tx)
                .await?;
            for (stream, number) in found {
                last.insert((connector, stream), Place::new("deliveries", "number", &stream).count(number)?);
            }
        }
    }
    Ok(last)
}

/// Leases deliveries of `connector` whose turn it is: each the first of its stream that is not done, so that one of a
/// stream is on its way at a time, and a quarantined one holds up those behind it.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn claim(
    tx: &Tx,
    node: &str,
    connector: &Connector,
    now: Instant,
    until: Instant,
    limit: u64,
) -> Result<Vec<ClaimedDelivery>, StoreError> {
    use deliveries::Column as C;
    let found = deliveries::Entity::find()
        .filter(C::Connector.eq(connector.as_str()))
        // As written in the partial index; a bound value would not match it.
        .filter(Expr::cust("deliveries.state = 'waiting'"))
        // A lease moves this on to its end, so that a leased one is not due.
        .filter(C::NextAt.lte(now.0))
        .filter(is_first())
        .order_by_asc(C::NextAt)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    let columns = [
        (C::Id, Role::Key),
        (C::LeaseOwner, Role::Set),
        (C::LeaseUntil, Role::Set),
        (C::NextAt, Role::Set),
        (C::LeaseEpoch, Role::Add),
    ];
    let lease =
        |d: &deliveries::Model| -> Row { vec![d.id.into(), node.into(), until.0.into(), until.0.into(), 1_i64.into()] };
    bulk::update::<deliveries::Entity>(tx, &columns, found.iter().map(lease).collect()).await?;
    found.into_iter().map(claimed).collect()
}

/// No delivery of its stream that is not done comes before it.
fn is_first() -> sea_orm::sea_query::SimpleExpr {
    use deliveries::Column as C;
    let earlier = Alias::new("earlier");
    let same = |c: C| Expr::col((earlier.clone(), c)).eq(Expr::col((deliveries::Entity, c)));
    let blocker = Query::select()
        .expr(Expr::value(1))
        .from_as(deliveries::Entity, earlier.clone())
        .and_where(same(C::Connector))
        .and_where(same(C::Stream))
        .and_where(Expr::col((earlier.clone(), C::Number)).lt(Expr::col((deliveries::Entity, C::Number))))
        .and_where(Expr::cust("earlier.state IN ('waiting', 'quarantined')"))
        .to_owned();
    Expr::exists(blocker).not()
}

/// The row is as it was before the lease.
fn claimed(row: deliveries::Model) -> Result<ClaimedDelivery, StoreError> {
    let place = |column| Place::new("deliveries", column, &row.id);
    Ok(ClaimedDelivery {
        id: DeliveryId::from_uuid(row.id),
        number: place("number").count(row.number)?,
        attempts: place("attempts").count(row.attempts)?,
        kind: MessageKind::named(&row.kind).ok_or_else(|| place("kind").inconsistent())?,
        kept: place("kept").json(&row.kept)?,
        connector: Connector::new(&row.connector),
        stream: row.stream,
        order: OrderId::from_uuid(row.order_id),
        epoch: row.lease_epoch + 1,
        // A record takes the lease away.
        interrupted: row.lease_until > 0,
        created_at: Instant(row.created_at),
        body: row.body,
    })
}

/// Records attempts; gives those that were recorded under their lease. The others were leased to somebody else
/// meanwhile, and nothing was written for them.
///
/// # Errors
/// The database is gone.
pub async fn record(tx: &Tx, outcomes: &[Recorded], now: Instant) -> Result<Vec<DeliveryId>, StoreError> {
    use deliveries::Column as C;
    let columns = [
        (C::Id, Role::Key),
        (C::LeaseEpoch, Role::Key),
        (C::State, Role::Set),
        (C::Attempts, Role::Set),
        (C::Kept, Role::Set),
        (C::Error, Role::Set),
        (C::NextAt, Role::Set),
        (C::LeaseUntil, Role::Set),
        (C::UpdatedAt, Role::Set),
    ];
    let lookup = outcomes.iter().map(|r| vec![r.id.uuid().into(), r.epoch.into()]).collect();
    let held = bulk::find::<deliveries::Entity>(tx, &[C::Id, C::LeaseEpoch], lookup, bulk::Lock::Rows).await?;
    let held: Vec<DeliveryId> = held.into_iter().map(|row| DeliveryId::from_uuid(row.id)).collect();
    let row = |r: &Recorded| -> Result<Row, StoreError> {
        Ok(vec![
            r.id.uuid().into(),
            r.epoch.into(),
            rows::name(&r.state)?.into(),
            rows::small(r.attempts).into(),
            rows::json(&r.kept)?.into(),
            r.error.as_str().into(),
            r.next_at.0.into(),
            0_i64.into(),
            now.0.into(),
        ])
    };
    let rows = outcomes.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    bulk::update::<deliveries::Entity>(tx, &columns, rows).await?;
    Ok(held)
}

/// Lets quarantined deliveries try again at once, with what they had kept; gives how many were quarantined.
///
/// # Errors
/// The database is gone.
pub async fn redrive(tx: &Tx, ids: &[DeliveryId], now: Instant) -> Result<u64, StoreError> {
    let again = [
        (deliveries::Column::State, rows::name(&DeliveryState::Waiting)?.into()),
        (deliveries::Column::Attempts, 0_i32.into()),
        (deliveries::Column::NextAt, now.0.into()),
    ];
    release(tx, ids, again, now).await
}

/// Ends quarantined deliveries of which a person knows that they were done; gives how many were quarantined.
///
/// # Errors
/// The database is gone.
pub async fn close(tx: &Tx, ids: &[DeliveryId], now: Instant) -> Result<u64, StoreError> {
    let over = [
        (deliveries::Column::State, rows::name(&DeliveryState::Done)?.into()),
        (deliveries::Column::Error, "".into()),
        (deliveries::Column::NextAt, now.0.into()),
    ];
    release(tx, ids, over, now).await
}

/// Lets quarantined deliveries out, as `set` says.
async fn release(
    tx: &Tx,
    ids: &[DeliveryId],
    set: [(deliveries::Column, Value); 3],
    now: Instant,
) -> Result<u64, StoreError> {
    use deliveries::Column as C;
    let quarantined = rows::name(&DeliveryState::Quarantined)?;
    let mut columns = vec![(C::Id, Role::Key), (C::State, Role::Key)];
    columns.extend(set.iter().map(|(column, _)| (*column, Role::Set)));
    // Whoever still believes to hold it is fenced off.
    columns.extend([(C::UpdatedAt, Role::Set), (C::LeaseEpoch, Role::Add)]);
    let row = |id: &DeliveryId| -> Row {
        let mut row: Row = vec![id.uuid().into(), quarantined.as_str().into()];
        row.extend(set.iter().map(|(_, value)| value.clone()));
        row.extend([now.0.into(), 1_i64.into()]);
        row
    };
    bulk::update::<deliveries::Entity>(tx, &columns, ids.iter().map(row).collect()).await
}
