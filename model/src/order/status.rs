//! The one word a person sees, derived from the state and never stored as truth.

use super::state::{Approval, Decision, Order, Slot};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Mentioned by its channel, not stated yet.
    Awaited,
    Processing,
    OnHold,
    AwaitingApproval,
    /// Nothing can go before stock arrives.
    Backordered,
    Released,
    PartlyShipped,
    Shipped,
    Delivered,
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 10] = [
        Self::Awaited,
        Self::Processing,
        Self::OnHold,
        Self::AwaitingApproval,
        Self::Backordered,
        Self::Released,
        Self::PartlyShipped,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::Processing => "processing",
            Self::OnHold => "on_hold",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Backordered => "backordered",
            Self::Released => "released",
            Self::PartlyShipped => "partly_shipped",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

pub fn status(slot: &Slot) -> Option<Status> {
    match slot {
        Slot::Empty => None,
        Slot::Awaited(_) => Some(Status::Awaited),
        Slot::Placed(order) => Some(of_order(order)),
    }
}

fn of_order(order: &Order) -> Status {
    match &order.decision {
        Decision::Open { .. } => Status::Processing,
        Decision::Cancelled { .. } => Status::Cancelled,
        Decision::Closed => Status::Delivered,
        Decision::Blocked { .. } => {
            if !order.holds.is_empty() {
                if order.holds.iter().all(|h| h.code == "awaiting_stock") {
                    Status::Backordered
                } else {
                    Status::OnHold
                }
            } else if matches!(order.approval, Approval::Pending { .. }) {
                Status::AwaitingApproval
            } else {
                Status::OnHold
            }
        }
        Decision::Released => of_released(order),
    }
}

fn of_released(order: &Order) -> Status {
    let outstanding = order.lines.iter().any(|l| !l.counters.outstanding().is_zero());
    let in_hand = order.lines.iter().any(|l| !l.counters.released.is_zero() || !l.counters.reserved.is_zero());
    match (order.has_shipped(), outstanding) {
        (true, true) => Status::PartlyShipped,
        (true, false) => Status::Shipped,
        (false, true) if !in_hand => Status::Backordered,
        (false, _) => Status::Released,
    }
}
