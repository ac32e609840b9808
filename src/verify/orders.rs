//! An order is what its history says, one for each id of its channel; its projections, reservations and deliveries
//! follow from it.

mod history;
mod rows;

use super::{PAGE, Report};
use crate::store::{
    StoreError,
    bulk::{self, Lock},
    entity::{deliveries, fulfilments, holds, orders as entity, reservations},
    orders,
};
use model::{
    codes::Channel,
    ids::OrderId,
    order::{
        state::Slot,
        status::{Status, status},
    },
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What is stored of a page of orders.
struct Page {
    heads: Vec<entity::Model>,
    keys: HashMap<(Channel, String), OrderId>,
    slots: HashMap<OrderId, Slot>,
    fulfilments: BTreeMap<Uuid, Vec<fulfilments::Model>>,
    holds: BTreeMap<Uuid, Vec<holds::Model>>,
    reservations: BTreeMap<Uuid, Vec<reservations::Model>>,
    deliveries: BTreeMap<Uuid, Vec<deliveries::Model>>,
}

pub(super) async fn check(db: &impl ConnectionTrait, report: &mut Report) -> Result<(), StoreError> {
    use entity::Column as C;
    let mut after: Option<Uuid> = None;
    let mut replayed = 0;
    loop {
        let mut query = entity::Entity::find().order_by_asc(C::Id).limit(PAGE);
        if let Some(after) = after {
            query = query.filter(C::Id.gt(after));
        }
        let heads = query.all(db).await?;
        let Some(last) = heads.last() else { break };
        after = Some(last.id);
        report.orders += heads.len() as u64;
        let page = load(db, heads, report).await?;
        for head in &page.heads {
            replayed += u64::from(head.events.unsigned_abs());
            check_order(db, &page, head, report).await?;
        }
    }
    report.unequal("events_without_order", &"rows of the journal", report.events, replayed);
    Ok(())
}

async fn load(db: &impl ConnectionTrait, heads: Vec<entity::Model>, report: &mut Report) -> Result<Page, StoreError> {
    let ids: Vec<Uuid> = heads.iter().map(|head| head.id).collect();
    let keys: Vec<_> = heads.iter().map(|head| (Channel::new(&head.channel), head.external_id.clone())).collect();
    let of = |ids: &[Uuid]| bulk::each(ids.iter().copied());
    let fulfilled = [fulfilments::Column::OrderId];
    let fulfilled = bulk::find::<fulfilments::Entity>(db, &fulfilled, of(&ids), Lock::No).await?;
    let parcels: Vec<Uuid> = fulfilled.iter().map(|row| row.id).collect();
    let promised = [reservations::Column::FulfilmentId];
    let promised = bulk::find::<reservations::Entity>(db, &promised, of(&parcels), Lock::No).await?;
    report.reservations += promised.len() as u64;
    let told = bulk::find::<deliveries::Entity>(db, &[deliveries::Column::OrderId], of(&ids), Lock::No).await?;
    report.deliveries += told.len() as u64;
    let held = bulk::find::<holds::Entity>(db, &[holds::Column::OrderId], of(&ids), Lock::No).await?;
    Ok(Page {
        keys: orders::ids_of(db, &keys).await?,
        slots: slots(db, &ids, report).await?,
        fulfilments: grouped(fulfilled, |row| row.order_id),
        holds: grouped(held, |row| row.order_id),
        reservations: grouped(promised, |row| row.order_id),
        deliveries: grouped(told, |row| row.order_id),
        heads,
    })
}

fn grouped<T>(rows: Vec<T>, order: impl Fn(&T) -> Uuid) -> BTreeMap<Uuid, Vec<T>> {
    let mut groups: BTreeMap<Uuid, Vec<T>> = BTreeMap::new();
    for row in rows {
        groups.entry(order(&row)).or_default().push(row);
    }
    groups
}

/// The page's orders; when one makes no sense each is read alone, and that one is noted.
async fn slots(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
    report: &mut Report,
) -> Result<HashMap<OrderId, Slot>, StoreError> {
    let ids: Vec<OrderId> = ids.iter().copied().map(OrderId::from_uuid).collect();
    match orders::load(db, &ids, Lock::No).await {
        Err(StoreError::Inconsistent { .. }) => {}
        loaded => return loaded,
    }
    let mut found = HashMap::new();
    for id in ids {
        match orders::load(db, &[id], Lock::No).await {
            Ok(one) => found.extend(one),
            Err(error @ StoreError::Inconsistent { .. }) => report.broken("order_unreadable", error),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

async fn check_order(
    db: &impl ConnectionTrait,
    page: &Page,
    head: &entity::Model,
    report: &mut Report,
) -> Result<(), StoreError> {
    let id = OrderId::from_uuid(head.id);
    match page.keys.get(&(Channel::new(&head.channel), head.external_id.clone())) {
        None => report.broken("order_key_missing", id),
        Some(other) if *other != id => report.broken("order_doubled", format_args!("{id} is {other} again")),
        Some(_) => {}
    }
    let history = history::replay(db, id, head.events, report).await?;
    // Noted as unreadable.
    let Some(slot) = page.slots.get(&id) else { return Ok(()) };
    report.unequal("order_status_differs", &id, head.status.as_str(), status(slot).map_or("", Status::name));
    rows::check_projections(page, id, slot, report);
    let Some(history) = history else {
        report.not_replayed += 1;
        return Ok(());
    };
    if history.slot != *slot {
        report.broken("order_differs_from_history", id);
    }
    report.messages += history.tells.values().sum::<u64>();
    rows::check_reservations(page, id, &history, report);
    rows::check_deliveries(page, id, &history, report);
    Ok(())
}
