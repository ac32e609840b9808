//! Inbound: a document goes in, statements and rejects come out, good and bad side by side.

use crate::{
    said::{Args, Reject, Said},
    time::Instant,
};
use serde::{Deserialize, Serialize};

/// A document as it arrived. Same bytes, same answer: nothing else may influence what is read from it.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The platform's topic (`orders/create`), empty when it has none.
    pub topic: &'a str,
    /// The file's name as sent, empty for a webhook.
    pub name: &'a str,
    pub media_type: &'a str,
    /// Lower-case names.
    pub headers: &'a [(String, String)],
    pub bytes: &'a [u8],
    pub received_at: Instant,
}

/// One thing read from a document, handed on as soon as it is complete.
#[derive(Clone, PartialEq, Debug)]
pub enum Read {
    Said(Said),
    Reject(Reject),
}

/// What was learned of the document as a whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Default)]
pub struct Summary {
    /// `utf-8`, `gb18030`, ...; empty for a workbook.
    #[serde(default)]
    pub encoding: String,
    #[serde(default)]
    pub sheet: String,
    /// Row of the header as a person counts it.
    #[serde(default)]
    pub header_row: Option<u32>,
    /// Header cells as written.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Data records read.
    #[serde(default)]
    pub records: u32,
    /// Rows hidden or filtered out in a workbook, read or not.
    #[serde(default)]
    pub hidden: u32,
    /// A failed `[expect]` sum, or a file that is not what the mapping describes: the whole document waits for a person.
    #[serde(default)]
    pub held: Option<Held>,
    /// Known once its statements were decided.
    #[serde(default, skip_serializing_if = "Outcomes::is_empty")]
    pub outcomes: Outcomes,
}

/// What a document's statements did to orders, counted as they are committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Outcomes {
    /// Orders that were not there before.
    pub created: u32,
    /// Statements that changed an order.
    pub changed: u32,
    /// Statements that said nothing new, or something older than what is known.
    pub unchanged: u32,
    /// Statements that asked for what could not be done any more.
    #[serde(default)]
    pub refused: u32,
    /// Of all these, those that wait for a person now.
    pub held: u32,
}

impl Outcomes {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            created: self.created.saturating_add(other.created),
            changed: self.changed.saturating_add(other.changed),
            unchanged: self.unchanged.saturating_add(other.unchanged),
            refused: self.refused.saturating_add(other.refused),
            held: self.held.saturating_add(other.held),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Held {
    pub code: String,
    pub args: Args,
}

/// Common set of tracking states; the carrier's raw code is kept beside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackingStatus {
    InfoReceived,
    PickedUp,
    InTransit,
    Customs,
    OutForDelivery,
    AvailableForPickup,
    Delivered,
    AttemptFailed,
    Exception,
    Returning,
    Returned,
    Cancelled,
    Unknown,
}

impl TrackingStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::InfoReceived => "info_received",
            Self::PickedUp => "picked_up",
            Self::InTransit => "in_transit",
            Self::Customs => "customs",
            Self::OutForDelivery => "out_for_delivery",
            Self::AvailableForPickup => "available_for_pickup",
            Self::Delivered => "delivered",
            Self::AttemptFailed => "attempt_failed",
            Self::Exception => "exception",
            Self::Returning => "returning",
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// The parcel has left us: a shipment is no longer only announced.
    pub const fn moving(self) -> bool {
        !matches!(self, Self::InfoReceived | Self::Cancelled | Self::Unknown)
    }
}

/// One node of a parcel's history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TrackingNode {
    pub at: Instant,
    pub status: TrackingStatus,
    /// The carrier's own code.
    pub code: String,
    pub text: String,
    pub place: String,
}

/// What a callback says of one parcel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TrackingReport {
    /// The carrier as the caller names it (`yuantong`), mapped to ours by configuration.
    pub carrier: String,
    pub number: String,
    /// In time order, oldest first.
    pub nodes: Vec<TrackingNode>,
    /// The state the caller claims as the latest.
    pub status: TrackingStatus,
}

/// What was read from a callback.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Callback {
    pub reports: Vec<TrackingReport>,
    pub rejects: Vec<Reject>,
}

/// The reply the caller expects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    pub status: u16,
    pub media_type: &'static str,
    pub body: String,
}
