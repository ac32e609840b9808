//! The state of an order. Enums own what is true in them; nothing here is set from outside [`super::apply`].

use crate::{
    codes::{Carrier, Channel, Role, Service, Unit, User, Warehouse},
    ids::{FulfilmentId, OrderId},
    measure::Quantity,
    order::event::{Actor, Parcel},
    port::inbound::TrackingStatus,
    rules::{approval::Digest, pricing::PriceAudit},
    said::{Args, Content, Header, Item, PartyRef},
    time::Instant,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What we know under one order id.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "slot", rename_all = "snake_case")]
pub enum Slot {
    /// Nothing yet.
    Empty,
    /// The channel spoke about it before it stated it: a cancel before its create.
    Awaited(Awaited),
    Placed(Box<Order>),
}

/// An order the channel mentioned but has not stated yet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Awaited {
    pub id: OrderId,
    pub channel: Channel,
    pub external_id: String,
    pub heard: Vec<Heard>,
    /// Number of the last event.
    pub events: u32,
}

/// What was said too early.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Heard {
    Cancelled {
        reason: String,
    },
    Deleted,
    Paid,
    Refunded {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        id: String,
        amount: i64,
    },
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Order {
    pub id: OrderId,
    pub channel: Channel,
    pub external_id: String,
    /// Who caused it to be placed; four-eyes compares with this.
    pub creator: Actor,
    /// Everyone who amended it since, each once; four-eyes compares with these too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amended_by: Vec<User>,
    pub header: Header<PartyRef>,
    pub lines: Vec<Line>,
    pub decision: Decision,
    pub holds: Vec<Hold>,
    /// Codes of holds a person accepted since the content last changed; they are not raised again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<String>,
    pub audit: Option<PriceAudit>,
    pub priority: i32,
    pub approval: Approval,
    /// Rounds of approval begun.
    pub rounds: u32,
    pub fulfilments: Vec<Fulfilment>,
    /// Partners have been told of it, so they must be told of its changes.
    #[serde(default)]
    pub told: bool,
    /// Ids of the refunds counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<String>,
    /// Number of the last event; the optimistic version.
    pub events: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// From 1, never reused.
    pub no: u32,
    pub item: Item,
    pub base_unit: Unit,
    pub counters: Counters,
    /// Taken out by an amendment: what had not shipped is cancelled, and no rule looks at it again.
    #[serde(default)]
    pub removed: bool,
}

/// Where each base unit of a line stands.
/// Law: `ordered = open + cancelled + backordered + reserved + released + shipped`; `shipped >= delivered >= returned`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Counters {
    pub ordered: Quantity,
    /// Not yet allocated.
    pub open: Quantity,
    pub cancelled: Quantity,
    pub backordered: Quantity,
    /// In a planned fulfilment.
    pub reserved: Quantity,
    /// In a fulfilment the warehouse was told to ship.
    pub released: Quantity,
    pub shipped: Quantity,
    pub delivered: Quantity,
    pub returned: Quantity,
}

impl Counters {
    pub fn lawful(&self) -> bool {
        let parts = [self.open, self.cancelled, self.backordered, self.reserved, self.released, self.shipped];
        parts.iter().all(|q| q.0 >= 0)
            && parts.into_iter().sum::<Quantity>() == self.ordered
            && self.shipped >= self.delivered
            && self.delivered >= self.returned
            && self.returned.0 >= 0
    }

    /// Still to be delivered: neither cancelled nor shipped.
    pub fn outstanding(&self) -> Quantity {
        self.ordered.less(self.cancelled).less(self.shipped)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Decision {
    /// The next stage to run.
    Open {
        stage: Stage,
    },
    /// Holds (or a pending approval, or missing stock) stop it at this stage.
    Blocked {
        stage: Stage,
    },
    /// Everything that could be released was; backordered quantities may remain.
    Released,
    Cancelled {
        reason: String,
    },
    /// All delivered or cancelled.
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Checks,
    Pricing,
    Priority,
    Allocation,
    Approval,
    Carrier,
    Release,
}

/// Why an order stops, who must act, and what lets it go on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// Stable code, e.g. `price_difference`, `unknown_sku`, `awaiting_stock`. One hold a code.
    pub code: String,
    /// Who must act, a role.
    pub owner: Role,
    /// The stage it stops.
    pub blocks: Stage,
    pub since: Instant,
    pub due: Option<Instant>,
    pub args: Args,
    pub release: ReleaseRule,
}

/// What lifts a hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseRule {
    /// A person accepts it as it is.
    Person,
    /// The cause must go: the order is amended or master data is mended, then the stage runs again.
    Mended,
    /// Stock arrives.
    Stock,
    /// Payment arrives.
    Payment,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Approval {
    Unasked,
    /// No policy row asked for one; the digest still binds what was let through.
    NotNeeded {
        digest: Digest,
    },
    Pending {
        round: u32,
        digest: Digest,
        steps: Vec<ApprovalStep>,
        given: Vec<Given>,
        due: Instant,
    },
    Approved {
        round: u32,
        digest: Digest,
        given: Vec<Given>,
    },
    Declined {
        round: u32,
        by: User,
        why: String,
    },
}

/// One signature that is needed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ApprovalStep {
    pub role: Role,
    /// The policy row that asks for it.
    pub rule: String,
}

/// One signature that was given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Given {
    pub step: u32,
    pub by: User,
    pub role: Role,
    pub at: Instant,
}

/// What leaves one warehouse in one parcel group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fulfilment {
    pub id: FulfilmentId,
    pub warehouse: Warehouse,
    pub carrier: Carrier,
    pub service: Service,
    /// Expected freight cost, minor units of the rate card's currency.
    pub freight: crate::money::Money,
    pub lines: Vec<FulfilmentLine>,
    pub state: FulfilmentState,
    /// Planned at; a reservation of an order that waits expires after the policy's time.
    pub planned_at: Instant,
    /// The day it is to arrive: the one that was wished, or by which its carrier should bring it. `None` until it is
    /// released, and where nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<NaiveDate>,
    /// That day went by.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FulfilmentLine {
    pub line: u32,
    /// Base units.
    pub quantity: Quantity,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FulfilmentState {
    /// Stock is reserved.
    Planned,
    /// The warehouse has been told.
    Released,
    /// On its way in these parcels.
    Shipped {
        parcels: Vec<ParcelState>,
    },
    /// Every parcel arrived.
    Delivered {
        parcels: Vec<ParcelState>,
    },
    Cancelled,
}

/// A parcel and the carrier's newest word about it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ParcelState {
    pub parcel: Parcel,
    pub status: TrackingStatus,
    /// The carrier's time of it; [`ParcelState::UNHEARD`] until the carrier speaks.
    pub at: Instant,
}

impl ParcelState {
    /// Before every word of a carrier: whatever it says first is news, also what it said before we knew of the parcel.
    pub const UNHEARD: Instant = Instant(i64::MIN);
}

impl FulfilmentState {
    /// Stock is still ours to give back: reserved, and not yet gone.
    pub const fn holds_stock(&self) -> bool {
        matches!(self, Self::Planned | Self::Released)
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Released => "released",
            Self::Shipped { .. } => "shipped",
            Self::Delivered { .. } => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parcels(&self) -> &[ParcelState] {
        match self {
            Self::Shipped { parcels } | Self::Delivered { parcels } => parcels,
            Self::Planned | Self::Released | Self::Cancelled => &[],
        }
    }
}

impl Slot {
    pub fn order(&self) -> Option<&Order> {
        match self {
            Self::Placed(order) => Some(order),
            Self::Empty | Self::Awaited(_) => None,
        }
    }

    /// Number of the last event; 0 for an empty slot.
    pub fn events(&self) -> u32 {
        match self {
            Self::Empty => 0,
            Self::Awaited(awaited) => awaited.events,
            Self::Placed(order) => order.events,
        }
    }
}

impl Order {
    /// Lines the rules look at: not taken out.
    pub fn active(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|l| !l.removed)
    }

    /// A person accepted what a hold of this code said.
    pub fn accepts(&self, code: &str) -> bool {
        self.accepted.iter().any(|a| a == code)
    }

    /// The content as it stands, without lines taken out.
    pub fn content(&self) -> Content<PartyRef> {
        Content { header: self.header.clone(), items: self.active().map(|l| l.item.clone()).collect() }
    }

    pub fn line(&self, no: u32) -> Option<&Line> {
        self.lines.iter().find(|l| l.no == no)
    }

    pub fn hold(&self, code: &str) -> Option<&Hold> {
        self.holds.iter().find(|h| h.code == code)
    }

    pub fn fulfilment(&self, id: FulfilmentId) -> Option<&Fulfilment> {
        self.fulfilments.iter().find(|f| f.id == id)
    }

    /// Anything has left a warehouse. A service is done when the order goes, and leaves none.
    pub fn has_shipped(&self) -> bool {
        self.lines.iter().any(|l| l.item.ships && !l.counters.shipped.is_zero())
    }

    /// Something waits to be allocated or released.
    pub fn has_waiting(&self) -> bool {
        self.active().any(|l| l.item.ships && !l.counters.open.is_zero())
            || self.fulfilments.iter().any(|f| f.state == FulfilmentState::Planned)
    }

    /// A warehouse has been told to ship something.
    pub fn has_released(&self) -> bool {
        self.fulfilments.iter().any(|f| matches!(f.state, FulfilmentState::Released))
    }

    pub fn currency(&self) -> crate::money::Currency {
        self.header.currency
    }
}
