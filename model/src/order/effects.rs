//! What events cause outside the order: stock movements, messages, follow-up work. All in the same transaction.

use crate::{
    codes::{Sku, Warehouse},
    ids::{FulfilmentId, OrderId},
    measure::Quantity,
    message::MessageKind,
    order::{
        event::Event,
        state::{Fulfilment, FulfilmentLine, FulfilmentState, Order, Slot},
    },
    time::Instant,
};

#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    Stock(StockMove),
    Tell(Tell),
    /// Do this later: `kind` and `key` make it unique.
    Work(Work),
}

impl Effect {
    pub const fn stock(&self) -> Option<&StockMove> {
        match self {
            Self::Stock(moved) => Some(moved),
            Self::Tell(_) | Self::Work(_) => None,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StockMove {
    pub kind: MoveKind,
    pub sku: Sku,
    pub warehouse: Warehouse,
    /// Base units, > 0.
    pub quantity: Quantity,
    pub order: OrderId,
    pub fulfilment: FulfilmentId,
    pub line: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MoveKind {
    /// Promise it: reserved up.
    Reserve,
    /// Give the promise back: reserved down.
    Unreserve,
    /// It left: reserved and on hand down.
    Ship,
}

/// A message to every connector that listens to its kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tell {
    pub kind: MessageKind,
    pub order: OrderId,
    /// `Some`: the fulfilment's stream; `None`: the order's.
    pub fulfilment: Option<FulfilmentId>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    pub kind: WorkKind,
    pub order: OrderId,
    pub due: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WorkKind {
    ExpireReservation,
    /// Warehouses with the goods had no capacity left today: plan what waits again.
    RetryAllocation,
    /// A promised day has gone by: see whether everything arrived.
    CheckLate,
}

/// What `event` causes, given the state before it.
pub fn of(id: OrderId, before: &Slot, event: &Event) -> Vec<Effect> {
    let Slot::Placed(order) = before else { return Vec::new() };
    match event {
        Event::Allocated { planned, .. } => planned.iter().flat_map(|f| moves(order, f, MoveKind::Reserve)).collect(),
        Event::Unallocated { fulfilments, .. } => fulfilments.iter().flat_map(|f| undo(order, *f)).collect(),
        Event::ApprovalRequested { reserved_until, .. } => {
            vec![Effect::Work(Work { kind: WorkKind::ExpireReservation, order: id, due: *reserved_until })]
        }
        Event::Released { fulfilments, .. } => {
            let kind = if order.told { MessageKind::OrderChanged } else { MessageKind::OrderReleased };
            let one = |f: &FulfilmentId| tell(id, MessageKind::FulfilmentReleased, Some(*f));
            [tell(id, kind, None)].into_iter().chain(fulfilments.iter().map(one)).collect()
        }
        Event::Amended { .. } | Event::PaymentChanged { .. } if order.told => {
            vec![tell(id, MessageKind::OrderChanged, None)]
        }
        Event::Cancelled { .. } => {
            let held = order.fulfilments.iter().filter(|f| f.state.holds_stock());
            let mut effects: Vec<_> = held.flat_map(|f| undo(order, f.id)).collect();
            if order.told {
                effects.push(tell(id, MessageKind::OrderCancelled, None));
            }
            effects
        }
        Event::Shipped { fulfilment, .. } => {
            let left = order.fulfilment(*fulfilment).filter(|f| f.state == FulfilmentState::Released);
            let mut effects: Vec<_> = left.into_iter().flat_map(|f| moves(order, f, MoveKind::Ship)).collect();
            effects.push(tell(id, MessageKind::FulfilmentShipped, Some(*fulfilment)));
            effects
        }
        Event::Late { fulfilment, .. } => vec![tell(id, MessageKind::FulfilmentLate, Some(*fulfilment))],
        Event::Delivered { fulfilment, .. } => vec![tell(id, MessageKind::FulfilmentDelivered, Some(*fulfilment))],
        Event::HeardEarly { .. }
        | Event::Placed { .. }
        | Event::Amended { .. }
        | Event::Checked { .. }
        | Event::PriceAudited { .. }
        | Event::Prioritised { .. }
        | Event::ApprovalNotNeeded { .. }
        | Event::ApprovalConfirmed { .. }
        | Event::ApprovalGiven { .. }
        | Event::ApprovalDeclined { .. }
        | Event::ApprovalVoided { .. }
        | Event::CarrierChosen { .. }
        | Event::Held { .. }
        | Event::HoldResolved { .. }
        | Event::Tracked { .. }
        | Event::PaymentChanged { .. }
        | Event::Refunded { .. }
        | Event::ChannelChangeRefused { .. }
        | Event::Stale { .. }
        | Event::Closed => Vec::new(),
    }
}

fn tell(order: OrderId, kind: MessageKind, fulfilment: Option<FulfilmentId>) -> Effect {
    Effect::Tell(Tell { kind, order, fulfilment })
}

fn moves(order: &Order, fulfilment: &Fulfilment, kind: MoveKind) -> Vec<Effect> {
    let of_line = |l: &FulfilmentLine| {
        let sku = order.line(l.line)?.item.sku.clone();
        let (warehouse, fulfilment) = (fulfilment.warehouse.clone(), fulfilment.id);
        Some(StockMove { kind, sku, warehouse, quantity: l.quantity, order: order.id, fulfilment, line: l.line })
    };
    fulfilment.lines.iter().filter_map(of_line).map(Effect::Stock).collect()
}

/// Gives a fulfilment's stock back and stops the warehouse if it was told.
fn undo(order: &Order, id: FulfilmentId) -> Vec<Effect> {
    let Some(f) = order.fulfilment(id).filter(|f| f.state.holds_stock()) else { return Vec::new() };
    let mut effects = moves(order, f, MoveKind::Unreserve);
    if f.state == FulfilmentState::Released {
        effects.push(tell(order.id, MessageKind::FulfilmentStopped, Some(id)));
    }
    effects
}
