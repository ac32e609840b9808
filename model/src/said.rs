//! What a document says about orders, typed and canonical, not yet accepted.

use crate::{
    codes::{Customer, Sku, Unit},
    ids::PartyId,
    measure::Quantity,
    money::{Currency, UnitPrice},
    party::{Completeness, Destination, Party},
    time::SourceTime,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Typed arguments of a message code; the words come from `locales/` at the edge.
pub type Args = BTreeMap<String, String>;

/// Builds [`Args`] from pairs.
pub fn args<const N: usize>(pairs: [(&str, String); N]) -> Args {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// One statement a document makes about one order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// The order's id as the channel writes it.
    pub external_id: String,
    /// The source's own version of the order: microseconds of its `updated_at`, or its counter. `None`: it has none.
    pub version: Option<i64>,
    pub what: Statement,
    /// Where each value came from: canonical field -> place in the document (`row 12, column D` or a JSON pointer).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lineage: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Statement {
    /// Restates the whole order.
    Order(Box<Draft>),
    Cancelled {
        reason: String,
    },
    Deleted,
    Refunded {
        /// The refund's own id at the source; empty when it has none, and then every statement counts.
        #[serde(default)]
        id: String,
        amount: i64,
        currency: Currency,
    },
    Paid,
    /// The channel itself shipped (part of) it.
    Shipped {
        carrier: String,
        number: String,
    },
    /// A notice without content: go and get the order.
    Fetch,
    /// Understood and of no interest; `why` is a stable code.
    Ignored {
        why: String,
    },
}

/// An order as a document states it, people inline.
pub type Draft = Content<Party>;

/// The commercial content of an order. `P` is [`Party`] in a document and [`PartyRef`] in an order, so that an order
/// can never hold a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Content<P> {
    pub header: Header<P>,
    pub items: Vec<Item>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header<P> {
    /// The number people use for it, e.g. `#1001`; the external id when there is no other.
    pub number: String,
    #[serde(default)]
    pub kind: OrderKind,
    pub placed_at: SourceTime,
    pub currency: Currency,
    /// The customer's code in our master data; empty for a private buyer.
    #[serde(default)]
    pub customer: Customer,
    pub buyer: Option<P>,
    /// `None`: the buyer collects, or nothing is to be shipped.
    pub ship_to: Option<P>,
    pub bill_to: Option<P>,
    /// The buyer's own reference (purchase order number); empty when there is none.
    #[serde(default)]
    pub reference: String,
    #[serde(default)]
    pub charges: Vec<Charge>,
    #[serde(default)]
    pub claimed: Claimed,
    /// Prices include tax.
    #[serde(default)]
    pub taxes_included: bool,
    #[serde(default)]
    pub payment: Payment,
    /// The day the buyer wishes it delivered.
    pub wished: Option<NaiveDate>,
    /// The sales person, till or desk as written; a code, not a name.
    #[serde(default)]
    pub desk: String,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    #[default]
    Regular,
    /// Made to specification.
    Custom,
    /// A strategic customer's order, with its own approval rules.
    Strategic,
}

/// One line as the document states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// The line's own id at the source; the ordinal from 1 when it has none. Amendments match lines by it.
    pub key: String,
    pub sku: Sku,
    #[serde(default)]
    pub title: String,
    pub quantity: Quantity,
    /// Empty means the product's base unit.
    #[serde(default)]
    pub unit: Unit,
    /// `None`: the document leaves the price to us.
    pub unit_price: Option<UnitPrice>,
    /// Discount on the whole line, minor units, >= 0.
    #[serde(default)]
    pub discount: i64,
    /// Tax of the whole line as stated, minor units.
    pub tax: Option<i64>,
    /// Line total as stated, minor units.
    pub total: Option<i64>,
    /// False for services and gift cards: nothing to allocate or carry.
    #[serde(default = "yes")]
    pub ships: bool,
    /// Custom specification, in the document's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub specification: Vec<Specification>,
}

fn yes() -> bool {
    true
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Specification {
    pub name: String,
    pub value: String,
    #[serde(default)]
    pub unit: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Charge {
    pub kind: ChargeKind,
    #[serde(default)]
    pub label: String,
    /// Minor units; discounts are stated positive.
    pub amount: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    Shipping,
    Discount,
    Tax,
    Other,
}

/// Sums the document claims, minor units. They are checked, never trusted and never corrected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Claimed {
    pub subtotal: Option<i64>,
    pub total: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Payment {
    pub method: PaymentMethod,
    pub state: PaymentState,
    /// The method in the source's own words.
    #[serde(default)]
    pub label: String,
    pub due: Option<NaiveDate>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    #[default]
    Prepaid,
    OnDelivery,
    Instalments,
    OnAccount,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    #[default]
    Unknown,
    Pending,
    Authorized,
    PartlyPaid,
    Paid,
    PartlyRefunded,
    Refunded,
    Voided,
}

/// A party as an order knows it: who it is by id, and only what names nobody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PartyRef {
    /// Of this person in this order: another order's reference to the same person has another id.
    pub id: PartyId,
    /// Equal for equal people in whatever order; nil in what was stored before there was one. Tells nothing without the
    /// house's key.
    #[serde(default, skip_serializing_if = "Uuid::is_nil")]
    pub likeness: Uuid,
    pub complete: Completeness,
    pub destination: Option<Destination>,
}

impl PartyRef {
    /// How an order knows `party`.
    pub fn of(id: PartyId, likeness: Uuid, party: &Party) -> Self {
        Self { id, likeness, complete: party.completeness(), destination: party.destination() }
    }

    /// The same for the same person in two orders.
    pub fn who(&self) -> Uuid {
        if self.likeness.is_nil() { self.id.uuid() } else { self.likeness }
    }
}

/// The part a party plays in an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartyRole {
    Buyer,
    ShipTo,
    BillTo,
}

impl Draft {
    /// The same content with each party replaced by a reference; `file` stores the party and gives its reference.
    pub fn settle(self, mut file: impl FnMut(PartyRole, Party) -> PartyRef) -> Content<PartyRef> {
        let mut refer = |role, party: Option<Party>| party.filter(|p| !p.is_empty()).map(|party| file(role, party));
        let h = self.header;
        Content {
            header: Header {
                buyer: refer(PartyRole::Buyer, h.buyer),
                ship_to: refer(PartyRole::ShipTo, h.ship_to),
                bill_to: refer(PartyRole::BillTo, h.bill_to),
                number: h.number,
                kind: h.kind,
                placed_at: h.placed_at,
                currency: h.currency,
                customer: h.customer,
                reference: h.reference,
                charges: h.charges,
                claimed: h.claimed,
                taxes_included: h.taxes_included,
                payment: h.payment,
                wished: h.wished,
                desk: h.desk,
                attributes: h.attributes,
            },
            items: self.items,
        }
    }
}

/// One fault in a document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reject {
    /// The order it belongs to, as the document writes it; empty when unknown.
    pub order_key: String,
    pub location: Location,
    /// The canonical field, e.g. `items.quantity`; empty for the document as a whole.
    pub field: String,
    /// Stable code; words and remedy are in `locales/{en,zh}`.
    pub code: String,
    /// What was there, at most [`WAS_MAX`] characters.
    pub was: String,
    #[serde(default)]
    pub args: Args,
}

/// Characters of the faulty text a reject keeps.
pub const WAS_MAX: usize = 200;

/// A place in a document, as a person would look for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Location {
    /// Sheet of a workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Row as the spreadsheet or editor counts it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// The column's header as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// A1-style address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// JSON pointer or XML path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}
