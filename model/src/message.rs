//! What partners must be told. A stored message holds ids only; people are read when it is sent.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// The order may be carried out: its whole state, as of now.
    OrderReleased,
    /// Content or standing of a released order changed, as of now.
    OrderChanged,
    OrderCancelled,
    /// A warehouse is to ship this.
    FulfilmentReleased,
    /// A warehouse is to stop.
    FulfilmentStopped,
    /// A parcel left, or arrived.
    FulfilmentShipped,
    FulfilmentDelivered,
    /// It did not arrive on its promised day.
    FulfilmentLate,
    /// Stock is short: this is proposed to be bought, as of now.
    ReorderProposed,
    /// A person wants it bought.
    ReplenishmentApproved,
}

impl MessageKind {
    pub const ALL: [Self; 10] = [
        Self::OrderReleased,
        Self::OrderChanged,
        Self::OrderCancelled,
        Self::FulfilmentReleased,
        Self::FulfilmentStopped,
        Self::FulfilmentShipped,
        Self::FulfilmentDelivered,
        Self::FulfilmentLate,
        Self::ReorderProposed,
        Self::ReplenishmentApproved,
    ];

    /// Those that speak of an order.
    pub const OF_ORDERS: [Self; 8] = [
        Self::OrderReleased,
        Self::OrderChanged,
        Self::OrderCancelled,
        Self::FulfilmentReleased,
        Self::FulfilmentStopped,
        Self::FulfilmentShipped,
        Self::FulfilmentDelivered,
        Self::FulfilmentLate,
    ];

    /// Whether it is one of [`Self::OF_ORDERS`].
    pub fn is_of_order(self) -> bool {
        Self::OF_ORDERS.contains(&self)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderReleased => "order_released",
            Self::OrderChanged => "order_changed",
            Self::OrderCancelled => "order_cancelled",
            Self::FulfilmentReleased => "fulfilment_released",
            Self::FulfilmentStopped => "fulfilment_stopped",
            Self::FulfilmentShipped => "fulfilment_shipped",
            Self::FulfilmentDelivered => "fulfilment_delivered",
            Self::FulfilmentLate => "fulfilment_late",
            Self::ReorderProposed => "reorder_proposed",
            Self::ReplenishmentApproved => "replenishment_approved",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// A newer one says all an older one said, so an older one not yet begun may be dropped.
    /// Stop and cancel never are.
    pub const fn as_of(self) -> bool {
        matches!(self, Self::OrderChanged)
    }
}
