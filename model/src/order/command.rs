//! What anyone may ask of an order.

use crate::{
    ids::{DocumentId, FulfilmentId},
    measure::Quantity,
    order::event::Parcel,
    said::{Content, Item, PartyRef, Payment},
    time::Instant,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// The channel states the order for the first time.
    Place {
        content: Content<PartyRef>,
        document: Option<DocumentId>,
    },
    /// The channel states it again, differently.
    Restate {
        /// What the channel said before; the difference between the two statements is what it asks for.
        before: Box<Content<PartyRef>>,
        content: Content<PartyRef>,
        document: Option<DocumentId>,
    },
    /// The channel said something older than what we know.
    NoteStale {
        version: Option<i64>,
        known: Option<i64>,
        document: Option<DocumentId>,
    },
    ChannelCancel {
        reason: String,
        document: Option<DocumentId>,
    },
    ChannelDelete {
        document: Option<DocumentId>,
    },
    ChannelPaid,
    ChannelRefund {
        /// The refund's own id at the source, counted once; empty when it has none.
        id: String,
        amount: i64,
    },
    /// `digest`: what the approver saw; refused when the order is another by now. Empty: whatever it is now.
    Approve {
        digest: String,
    },
    Decline {
        why: String,
    },
    /// A person accepts what the hold says.
    ResolveHold {
        code: String,
        how: String,
    },
    Amend(Amendment),
    Cancel {
        reason: String,
    },
    /// Run the stages again: master data changed, a hold's cause may be gone.
    Redecide,
    /// Look again into these holds, if it carries one of them; an order that is found as it was keeps no record of it.
    TakeUp {
        holds: Vec<String>,
    },
    /// Stock came in: take backordered quantities up again.
    StockArrived,
    /// A reservation waited too long.
    ExpireReservation,
    /// A promised day went by.
    CheckLate,
    /// Stock under these fulfilments is gone (an ERP count fell below what was reserved).
    LoseStock {
        fulfilments: Vec<FulfilmentId>,
    },
    Ship {
        fulfilment: FulfilmentId,
        parcel: Parcel,
    },
    /// A carrier's word about a parcel of ours.
    Track {
        fulfilment: FulfilmentId,
        parcel: Parcel,
        status: crate::port::inbound::TrackingStatus,
        at: Instant,
    },
    SetPayment {
        payment: Payment,
    },
}

/// What a person may change in an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Amendment {
    /// The new buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<PartyRef>,
    /// The new ship-to party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<PartyRef>,
    /// New quantities by line number, in the line's ordered unit; zero takes the line out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<(u32, Quantity)>,
    /// Further lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    #[serde(default)]
    pub why: String,
}

impl Command {
    /// The stable name, for refusals, the matrix and the audit.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Place { .. } => "place",
            Self::Restate { .. } => "restate",
            Self::NoteStale { .. } => "note_stale",
            Self::ChannelCancel { .. } => "channel_cancel",
            Self::ChannelDelete { .. } => "channel_delete",
            Self::ChannelPaid => "channel_paid",
            Self::ChannelRefund { .. } => "channel_refund",
            Self::Approve { .. } => "approve",
            Self::Decline { .. } => "decline",
            Self::ResolveHold { .. } => "resolve_hold",
            Self::Amend(_) => "amend",
            Self::Cancel { .. } => "cancel",
            Self::Redecide => "redecide",
            Self::TakeUp { .. } => "take_up",
            Self::StockArrived => "stock_arrived",
            Self::ExpireReservation => "expire_reservation",
            Self::CheckLate => "check_late",
            Self::LoseStock { .. } => "lose_stock",
            Self::Ship { .. } => "ship",
            Self::Track { .. } => "track",
            Self::SetPayment { .. } => "set_payment",
        }
    }
}
