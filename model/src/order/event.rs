//! What has happened to an order. Stored events are a contract: a stable name, a version, and a golden example each.

use crate::{
    codes::{Carrier, Channel, Role, User},
    ids::{DocumentId, FulfilmentId},
    measure::Quantity,
    order::{
        change::Change,
        command::Amendment,
        state::{ApprovalStep, Fulfilment, Heard, Hold},
    },
    port::inbound::TrackingStatus,
    rules::{
        allocation::Allocation,
        approval::{ApprovalReasons, Digest},
        carrier::CarrierChoice,
        pricing::PriceAudit,
        priority::Priority,
    },
    said::{Content, PartyRef, Payment},
    time::Instant,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Who did it. Comes from the caller's credential, never from a body.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    User {
        user: User,
        role: Role,
        /// The API key used, by its public id.
        key: String,
    },
    Channel {
        channel: Channel,
    },
    Partner {
        name: String,
    },
    System,
}

impl Actor {
    /// The person behind it, if a person is.
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User { user, .. } => Some(user),
            Self::Channel { .. } | Self::Partner { .. } | Self::System => None,
        }
    }
}

/// A carrier's parcel.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Parcel {
    pub carrier: Carrier,
    pub number: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Said before the order itself was.
    HeardEarly {
        channel: Channel,
        external_id: String,
        what: Heard,
    },
    Placed {
        channel: Channel,
        external_id: String,
        creator: Actor,
        document: Option<DocumentId>,
        content: Content<PartyRef>,
    },
    /// The content changed: by the channel's restatement or a person's amendment. Stages from `Checks` on run again.
    Amended {
        content: Content<PartyRef>,
        changes: Vec<Change>,
        document: Option<DocumentId>,
        amendment: Option<Amendment>,
    },
    Checked {
        lines: Vec<CheckedLine>,
    },
    PriceAudited {
        audit: PriceAudit,
    },
    Prioritised {
        priority: Priority,
    },
    Allocated {
        allocation: Allocation,
        planned: Vec<Fulfilment>,
    },
    /// Reservations are given back and the quantities stand open again.
    Unallocated {
        fulfilments: Vec<FulfilmentId>,
        why: String,
    },
    ApprovalNotNeeded {
        digest: Digest,
        reasons: ApprovalReasons,
    },
    ApprovalRequested {
        round: u32,
        digest: Digest,
        steps: Vec<ApprovalStep>,
        reasons: ApprovalReasons,
        due: Instant,
        /// Until then the stock stays reserved.
        reserved_until: Instant,
    },
    /// The signatures given earlier still bind what stands now.
    ApprovalConfirmed {
        round: u32,
        digest: Digest,
    },
    ApprovalGiven {
        round: u32,
        step: u32,
        by: User,
        role: Role,
        digest: Digest,
    },
    ApprovalDeclined {
        round: u32,
        step: u32,
        by: User,
        role: Role,
        why: String,
    },
    ApprovalVoided {
        round: u32,
        why: String,
    },
    CarrierChosen {
        choices: Vec<CarrierChoice>,
    },
    Released {
        fulfilments: Vec<FulfilmentId>,
        /// The day each is to arrive, in the order of `fulfilments`; empty when no day is known of any.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        promised: Vec<Option<NaiveDate>>,
    },
    Held {
        hold: Hold,
    },
    HoldResolved {
        code: String,
        how: String,
    },
    Cancelled {
        reason: String,
    },
    Shipped {
        fulfilment: FulfilmentId,
        parcel: Parcel,
    },
    Delivered {
        fulfilment: FulfilmentId,
        parcel: Parcel,
        at: Instant,
    },
    /// A carrier's word that changes no state of ours: in transit, exception, attempt failed.
    Tracked {
        fulfilment: FulfilmentId,
        parcel: Parcel,
        status: TrackingStatus,
        at: Instant,
    },
    /// The promised day went by.
    Late {
        fulfilment: FulfilmentId,
        promised: NaiveDate,
    },
    PaymentChanged {
        payment: Payment,
    },
    Refunded {
        /// The refund's own id at the source; empty when it has none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        id: String,
        amount: i64,
    },
    /// The channel asked for something we could not do any more.
    ChannelChangeRefused {
        asked: String,
        refusal: String,
        document: Option<DocumentId>,
    },
    /// Older than what we already know; recorded, changes nothing.
    Stale {
        version: Option<i64>,
        known: Option<i64>,
        document: Option<DocumentId>,
    },
    Closed,
}

/// A line that passed the checks: what it means in base units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CheckedLine {
    pub line: u32,
    pub base_unit: crate::codes::Unit,
    pub ordered: Quantity,
}

impl Event {
    /// The stable name under which it is stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::HeardEarly { .. } => "heard_early",
            Self::Placed { .. } => "placed",
            Self::Amended { .. } => "amended",
            Self::Checked { .. } => "checked",
            Self::PriceAudited { .. } => "price_audited",
            Self::Prioritised { .. } => "prioritised",
            Self::Allocated { .. } => "allocated",
            Self::Unallocated { .. } => "unallocated",
            Self::ApprovalNotNeeded { .. } => "approval_not_needed",
            Self::ApprovalRequested { .. } => "approval_requested",
            Self::ApprovalConfirmed { .. } => "approval_confirmed",
            Self::ApprovalGiven { .. } => "approval_given",
            Self::ApprovalDeclined { .. } => "approval_declined",
            Self::ApprovalVoided { .. } => "approval_voided",
            Self::CarrierChosen { .. } => "carrier_chosen",
            Self::Released { .. } => "released",
            Self::Held { .. } => "held",
            Self::HoldResolved { .. } => "hold_resolved",
            Self::Cancelled { .. } => "cancelled",
            Self::Shipped { .. } => "shipped",
            Self::Delivered { .. } => "delivered",
            Self::Tracked { .. } => "tracked",
            Self::Late { .. } => "late",
            Self::PaymentChanged { .. } => "payment_changed",
            Self::Refunded { .. } => "refunded",
            Self::ChannelChangeRefused { .. } => "channel_change_refused",
            Self::Stale { .. } => "stale",
            Self::Closed => "closed",
        }
    }

    /// The version of its stored form.
    pub const fn version(&self) -> i32 {
        1
    }
}

/// An event with its number in its order, its time and who caused it: a row of the journal but for the sequence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Happened {
    pub no: u32,
    pub at: Instant,
    pub actor: Actor,
    pub event: Event,
}
