//! The rows written beside an order.

use super::{Page, Report, history::History};
use model::{
    ids::{DeliveryId, OrderId},
    order::state::{Order, Slot},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Holds and fulfilments are written anew from the order.
pub(super) fn check_projections(page: &Page, id: OrderId, slot: &Slot, report: &mut Report) {
    let order: Option<&Order> = slot.order();
    let rows = page.holds.get(&id.uuid()).into_iter().flatten();
    let stored: BTreeSet<&str> = rows.map(|row| row.code.as_str()).collect();
    let held = order.into_iter().flat_map(|o| &o.holds).map(|hold| hold.code.as_str()).collect();
    if stored != held {
        report.broken("holds_differ", format_args!("{id}: {stored:?} instead of {held:?}"));
    }
    let rows = page.fulfilments.get(&id.uuid()).into_iter().flatten();
    let stored: BTreeSet<_> = rows.map(|row| (row.id, row.warehouse.as_str(), row.state.as_str())).collect();
    let planned = order.into_iter().flat_map(|o| &o.fulfilments);
    let planned = planned.map(|f| (f.id.uuid(), f.warehouse.as_str(), f.state.name())).collect();
    if stored != planned {
        report.broken("fulfilments_differ", format_args!("{id}: {stored:?} instead of {planned:?}"));
    }
}

/// What the history still holds reserved is reserved, and nothing else.
pub(super) fn check_reservations(page: &Page, id: OrderId, history: &History, report: &mut Report) {
    let rows = page.reservations.get(&id.uuid()).into_iter().flatten();
    let stored: BTreeMap<(Uuid, u32), i64> =
        rows.map(|row| ((row.fulfilment_id, row.line.unsigned_abs()), row.quantity)).collect();
    let held: BTreeMap<(Uuid, u32), i64> =
        history.reserved.iter().filter(|(_, quantity)| **quantity != 0).map(|(line, q)| (*line, *q)).collect();
    if stored != held {
        report.broken("reservations_differ", format_args!("{id}: {stored:?} instead of {held:?}"));
    }
}

/// No connector is told more than happened, and each delivery has the id that its place in its stream gives.
pub(super) fn check_deliveries(page: &Page, id: OrderId, history: &History, report: &mut Report) {
    let mut told: BTreeMap<(&str, Uuid, &str), u64> = BTreeMap::new();
    for row in page.deliveries.get(&id.uuid()).into_iter().flatten() {
        if DeliveryId::of(&row.connector, row.stream, row.number.unsigned_abs()).uuid() != row.id {
            report.broken("delivery_id_differs", row.id);
        }
        *told.entry((&row.connector, row.stream, &row.kind)).or_default() += 1;
    }
    for ((connector, stream, kind), count) in told {
        let happened = history.tells.get(&(stream, kind)).copied().unwrap_or(0);
        if count > happened {
            let what = format_args!("{id}: {connector} is told {kind} of {stream} {count} times instead of {happened}");
            report.broken("delivery_without_event", what);
        }
    }
}
