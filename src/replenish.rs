//! Shortage and reorder: proposes to buy when stock is under its reorder point or orders wait for it, once a shortage.
//!
//! Follow-up work: it reads stock and orders without locks and locks only proposals, so it stands in nobody's way.

use crate::{
    app::{Core, Listener},
    store::{
        Lane, StoreError, Tx,
        deliveries::{self, NewDelivery},
        replenishments::{self, Measured, Reasons, Replenishment, State},
        rows,
        work::Job,
    },
};
use model::{
    codes::{Sku, Warehouse},
    facts::Facts,
    ids::{OrderId, ReplenishmentId},
    measure::Quantity,
    message::MessageKind,
    order::{
        effects::StockMove,
        event::Actor,
        state::{Order, Slot},
    },
    time::Instant,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The kind of work; its key is a sku.
pub const CHECK_REORDER: &str = "check_reorder";

/// Work for skus that may be short after what a batch of orders took or found missing.
pub(crate) fn jobs<'a>(facts: &Facts, moves: &[StockMove], slots: impl Iterator<Item = &'a Slot>) -> Vec<Job> {
    let points = &facts.world.reorder_points;
    let under = |m: &&StockMove| {
        let key = (m.sku.clone(), m.warehouse.clone());
        points.get(&key).is_some_and(|point| facts.available(&m.sku, &m.warehouse) < *point)
    };
    let mut skus: BTreeSet<&Sku> = BTreeSet::new();
    if !points.is_empty() {
        skus.extend(moves.iter().filter(under).map(|m| &m.sku));
    }
    let lines = slots.filter_map(Slot::order).flat_map(|order: &Order| &order.lines);
    skus.extend(lines.filter(|line| !line.counters.backordered.is_zero()).map(|line| &line.item.sku));
    skus.into_iter().map(|sku| job(sku.as_str(), facts.now)).collect()
}

pub(crate) fn job(sku: &str, due: Instant) -> Job {
    Job { kind: CHECK_REORDER.to_owned(), key: sku.to_owned(), due }
}

/// Compares the stock of a sku with what is wanted: proposes where it is short, and ends what is no longer.
///
/// # Errors
/// The database is away.
pub(crate) async fn check(core: &Core, sku: &str) -> Result<(), StoreError> {
    let now = core.clock.now();
    let mut measured = replenishments::measured(core.store.read(), sku).await?;
    if measured.is_empty() {
        let world = core.world(now).await?;
        let first = world.warehouses.iter().find(|w| w.active).map(|w| w.code.clone());
        measured.extend(first.map(|warehouse| (warehouse, Measured::default())));
    }
    let (waiting, orders) = replenishments::waiting(core.store.read(), sku).await?;
    let tx = core.store.begin(Lane::Work).await?;
    let known = replenishments::covering(&tx, sku).await?;
    let seen = Seen { sku: Sku::new(sku), waiting, orders, now };
    let home = home(&measured, &known);
    let mut told = false;
    for (warehouse, stock) in &measured {
        let wanted = if Some(warehouse) == home { waiting } else { Quantity::ZERO };
        let under = stock.level.available() < stock.reorder_point;
        let standing = known.iter().find(|one| one.warehouse == *warehouse);
        match (standing, under || !wanted.is_zero()) {
            (None, true) => {
                let incoming = incoming(&known, warehouse);
                if let Some(new) = seen.proposal(warehouse, stock, wanted, incoming) {
                    match replenishments::propose(&tx, &new).await {
                        // Another node saw the same.
                        Err(error) if error.is_duplicate() => return Ok(()),
                        done => done?,
                    }
                    told |= tell(core, &tx, new.id, MessageKind::ReorderProposed, now).await?;
                }
            }
            (Some(one), false) => {
                let state = if one.state == State::Dismissed { State::Dismissed } else { State::Received };
                replenishments::set(&tx, one.id, state, false, &Actor::System, now).await?;
            }
            // Nobody has decided yet: it says what is wanted now.
            (Some(one), true) if one.state == State::Proposed => {
                let incoming = incoming(&known, warehouse);
                if let Some(new) = seen.proposal(warehouse, stock, wanted, incoming)
                    && (new.quantity, &new.reasons) != (one.quantity, &one.reasons)
                {
                    replenishments::refresh(&tx, one.id, &new).await?;
                }
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    tx.commit().await?;
    if told {
        core.deliveries.notify_waiters();
    }
    Ok(())
}

/// Tells the connectors that listen for it; the stream is the replenishment's, whose row this transaction holds. Gives
/// whether there are any.
///
/// # Errors
/// The database is away.
pub(crate) async fn tell(
    core: &Core,
    tx: &Tx,
    id: ReplenishmentId,
    kind: MessageKind,
    now: Instant,
) -> Result<bool, StoreError> {
    let body = rows::json(&serde_json::json!({ "replenishment": id }))?;
    let new = |listener: &Listener| NewDelivery {
        connector: listener.connector.as_str().into(),
        stream: id.uuid(),
        // There is no order: the place of its id says what the message is about.
        order: OrderId::from_uuid(id.uuid()),
        kind,
        body: body.clone(),
        next_at: now,
    };
    let all: Vec<NewDelivery> = core.listeners.iter().filter(|l| l.kinds.contains(&kind)).map(new).collect();
    deliveries::insert(tx, &all, &HashSet::new(), now).await?;
    Ok(!all.is_empty())
}

/// The warehouse that what orders wait for is bought for: where it was proposed already, else where the most is kept.
fn home<'a>(measured: &'a BTreeMap<Warehouse, Measured>, known: &[Replenishment]) -> Option<&'a Warehouse> {
    let stands = |warehouse: &&Warehouse| known.iter().any(|one| one.warehouse == **warehouse);
    let kept = |stock: &Measured| (stock.reorder_point, stock.level.safety, stock.level.on_hand);
    // Of equals the first by its code.
    let most = || measured.iter().rev().max_by_key(|(_, stock)| kept(stock)).map(|(warehouse, _)| warehouse);
    measured.keys().find(stands).or_else(most)
}

/// What was approved for other warehouses.
fn incoming(known: &[Replenishment], warehouse: &Warehouse) -> Quantity {
    let comes = |one: &&Replenishment| one.warehouse != *warehouse && one.state == State::Approved;
    known.iter().filter(comes).fold(Quantity::ZERO, |sum, one| sum.plus(one.quantity))
}

struct Seen {
    sku: Sku,
    waiting: Quantity,
    orders: u32,
    now: Instant,
}

impl Seen {
    /// The reorder quantity, or what is missing up to the reorder point and for the orders that wait, if that is more;
    /// `None` when what comes in elsewhere is enough.
    fn proposal(
        &self,
        warehouse: &Warehouse,
        stock: &Measured,
        wanted: Quantity,
        incoming: Quantity,
    ) -> Option<Replenishment> {
        let missing = stock.reorder_point.less(stock.level.available()).plus(wanted.less(incoming));
        if missing.is_zero() {
            return None;
        }
        let quantity = missing.max(stock.reorder_quantity);
        let parts: [&[u8]; 4] =
            [b"replenishment", self.sku.as_str().as_bytes(), warehouse.as_str().as_bytes(), &self.now.0.to_be_bytes()];
        Some(Replenishment {
            id: ReplenishmentId::derived(&parts),
            sku: self.sku.clone(),
            warehouse: warehouse.clone(),
            quantity,
            reasons: Reasons {
                on_hand: stock.level.on_hand,
                reserved: stock.level.reserved,
                safety: stock.level.safety,
                incoming,
                reorder_point: stock.reorder_point,
                waiting: self.waiting,
                waiting_orders: self.orders,
            },
            state: State::Proposed,
            actor: Actor::System,
            created_at: self.now,
            updated_at: self.now,
        })
    }
}
