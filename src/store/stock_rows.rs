//! What a movement does to a level, worked out in memory on rows that are locked.

use super::{
    entity::{reservations, stock, stock_ledger},
    stock::Levels,
};
use model::{
    codes::{Sku, Warehouse},
    facts::StockLevel,
    measure::Quantity,
    order::effects::{MoveKind, StockMove},
    time::Instant,
};
use std::collections::BTreeMap;

/// A level after a movement, and the change the ledger remembers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) after: StockLevel,
    on_hand: i64,
    reserved: i64,
    shortage: i64,
}

/// Where a change came from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'a> {
    Move(&'a StockMove),
    /// A document or a caller.
    Cause(&'a str),
}

/// Moves `level`. A shipment of goods we did not think were there takes what is there: the ledger shows the
/// difference, and the shortage stays. Reserving more than is there gives a level the database refuses.
pub(super) fn moved(level: StockLevel, m: &StockMove) -> Step {
    let mut after = level;
    match m.kind {
        MoveKind::Reserve => after.reserved = after.reserved.plus(m.quantity),
        MoveKind::Unreserve => after.reserved = after.reserved.less(m.quantity),
        MoveKind::Ship => {
            after.reserved = after.reserved.less(m.quantity);
            after.on_hand = after.on_hand.less(m.quantity);
        }
    }
    // A shortage never grows by a movement of ours, only by a word from outside.
    after.shortage = level.shortage.min(after.reserved.less(after.on_hand));
    step(level, after)
}

/// `level` after a count of what is on hand (and, when given, a new safety stock).
pub(super) fn counted(level: StockLevel, on_hand: Quantity, safety: Option<Quantity>) -> Step {
    let safety = safety.unwrap_or(level.safety);
    step(level, StockLevel { on_hand, safety, shortage: level.reserved.less(on_hand), ..level })
}

/// `level` after `quantity` came in.
pub(super) fn came_in(level: StockLevel, quantity: Quantity) -> Step {
    let on_hand = level.on_hand.plus(quantity);
    let shortage = level.shortage.min(level.reserved.less(on_hand));
    step(level, StockLevel { on_hand, shortage, ..level })
}

fn step(before: StockLevel, after: StockLevel) -> Step {
    Step {
        after,
        on_hand: after.on_hand.0 - before.on_hand.0,
        reserved: after.reserved.0 - before.reserved.0,
        shortage: after.shortage.0 - before.shortage.0,
    }
}

pub(super) fn ledger_row(
    key: &(Sku, Warehouse),
    step: &Step,
    kind: &str,
    origin: Origin<'_>,
    now: Instant,
) -> stock_ledger::Model {
    let (order_id, fulfilment_id, cause) = match origin {
        Origin::Move(m) => (Some(m.order.uuid()), Some(m.fulfilment.uuid()), ""),
        Origin::Cause(cause) => (None, None, cause),
    };
    stock_ledger::Model {
        id: 0,
        sku: key.0.as_str().to_owned(),
        warehouse: key.1.as_str().to_owned(),
        at: now.0,
        kind: kind.to_owned(),
        on_hand_change: step.on_hand,
        reserved_change: step.reserved,
        shortage_change: step.shortage,
        order_id,
        fulfilment_id,
        cause: cause.to_owned(),
    }
}

pub(super) const fn kind_name(kind: MoveKind) -> &'static str {
    match kind {
        MoveKind::Reserve => "reserve",
        MoveKind::Unreserve => "unreserve",
        MoveKind::Ship => "ship",
    }
}

pub(super) fn level(row: &stock::Model) -> StockLevel {
    StockLevel {
        on_hand: Quantity(row.on_hand),
        reserved: Quantity(row.reserved),
        shortage: Quantity(row.shortage),
        safety: Quantity(row.safety),
    }
}

pub(super) fn levels(rows: Vec<stock::Model>) -> Levels {
    rows.iter().map(|row| ((Sku::new(&row.sku), Warehouse::new(&row.warehouse)), level(row))).collect()
}

/// What movements leave reserved for each line of each fulfilment, given what was; `None`: more is taken than was
/// there.
pub(super) fn reserved_after(
    before: Vec<reservations::Model>,
    moves: &[StockMove],
) -> Option<Vec<reservations::Model>> {
    let mut rows: BTreeMap<(uuid::Uuid, i32), reservations::Model> =
        before.into_iter().map(|row| ((row.fulfilment_id, row.line), row)).collect();
    for m in moves {
        let line = i32::try_from(m.line).ok()?;
        let row = rows.entry((m.fulfilment.uuid(), line)).or_insert_with(|| reservations::Model {
            fulfilment_id: m.fulfilment.uuid(),
            line,
            order_id: m.order.uuid(),
            sku: m.sku.as_str().to_owned(),
            warehouse: m.warehouse.as_str().to_owned(),
            quantity: 0,
        });
        row.quantity = match m.kind {
            MoveKind::Reserve => row.quantity.checked_add(m.quantity.0)?,
            MoveKind::Unreserve | MoveKind::Ship => row.quantity.checked_sub(m.quantity.0)?,
        };
        if row.quantity < 0 {
            return None;
        }
    }
    Some(rows.into_values().collect())
}
