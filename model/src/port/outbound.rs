//! Outbound: a connector is asked for the next step; it never sends and never sees a secret.

use crate::{
    message::MessageKind,
    money::{Currency, Money},
    party::Party,
    said::Args,
    time::Instant,
};
use serde::{Deserialize, Serialize};

/// A message with everything a partner may be told, people included; made anew for each attempt and never stored.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Message {
    /// The delivery's id: the idempotency key at the partner, for ever the same.
    pub key: String,
    pub kind: MessageKind,
    /// [`OrderView::none`] for kinds that speak of no order.
    pub order: OrderView,
    /// The fulfilment the message is about, for kinds that have one.
    pub fulfilment: Option<FulfilmentView>,
    /// What is to be bought, for kinds that are about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replenishment: Option<ReplenishmentView>,
    /// What the customer is to be told, for connectors that tell customers; made when the message is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    pub at: Instant,
}

/// A customer's own message, in the customer's language.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Notice {
    /// `zh` or `en`.
    pub language: String,
    /// Where mail goes; `None`: nobody left an address, or it is forgotten.
    pub email: Option<String>,
    /// Where text messages go.
    pub phone: Option<String>,
    /// One line.
    pub subject: String,
    /// Plain text of a mail.
    pub mail: String,
    /// One line.
    pub sms: String,
}

/// What is proposed or wanted to be bought; quantities are decimal text, base units.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct ReplenishmentView {
    pub id: String,
    pub sku: String,
    pub warehouse: String,
    pub quantity: String,
    pub state: String,
    pub on_hand: String,
    pub reserved: String,
    pub incoming: String,
    pub reorder_point: String,
    /// What orders wait for, and how many orders.
    pub waiting: String,
    pub waiting_orders: u32,
}

/// An order as partners see it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct OrderView {
    pub id: String,
    pub number: String,
    pub channel: String,
    pub external_id: String,
    pub status: String,
    pub kind: String,
    pub placed_at: String,
    pub currency: String,
    pub customer: String,
    pub reference: String,
    /// Our own id of the buyer; it names nobody. Empty when there is no buyer.
    pub buyer_id: String,
    pub buyer: Option<Party>,
    pub ship_to: Option<Party>,
    pub bill_to: Option<Party>,
    pub lines: Vec<LineView>,
    pub charges: Vec<ChargeView>,
    pub total: Money,
    pub payment_method: String,
    pub payment_state: String,
    pub wished: Option<String>,
    pub fulfilments: Vec<FulfilmentView>,
}

impl OrderView {
    /// No order.
    pub fn none() -> Self {
        Self {
            id: String::new(),
            number: String::new(),
            channel: String::new(),
            external_id: String::new(),
            status: String::new(),
            kind: String::new(),
            placed_at: String::new(),
            currency: String::new(),
            customer: String::new(),
            buyer_id: String::new(),
            reference: String::new(),
            buyer: None,
            ship_to: None,
            bill_to: None,
            lines: Vec::new(),
            charges: Vec::new(),
            total: Money::zero(Currency::CNY),
            payment_method: String::new(),
            payment_state: String::new(),
            wished: None,
            fulfilments: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct LineView {
    pub line: u32,
    pub sku: String,
    pub title: String,
    /// Decimal text, base units.
    pub quantity: String,
    pub cancelled: String,
    pub unit: String,
    /// Decimal text of one ordered unit.
    pub unit_price: String,
    /// Decimal text.
    pub discount: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct ChargeView {
    pub kind: String,
    pub label: String,
    pub amount: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct FulfilmentView {
    pub id: String,
    pub warehouse: String,
    pub carrier: String,
    pub service: String,
    pub state: String,
    pub lines: Vec<(u32, String)>,
    pub parcels: Vec<String>,
    /// The day it is promised for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<String>,
}

/// A small fact the connector takes from each answer: partner ids, etag, stage. No people, no secrets.
/// It alone is the state of a delivery between two calls.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Kept {
    pub name: String,
    pub value: String,
}

/// Bytes of all kept facts of one delivery.
pub const KEPT_MAX: usize = 4096;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Call(Request),
    /// Ask again after this many microseconds.
    Wait(i64),
    Done(Receipt),
    Failed(Failure),
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Receipt {
    /// The partner's own number for it, when it gave one.
    pub reference: String,
    pub kept: Vec<Kept>,
    /// Parcels the partner made of the message's fulfilment.
    pub parcels: Vec<String>,
    /// Papers that came with it: labels.
    pub attachments: Vec<Attachment>,
}

/// A paper a partner made for a fulfilment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// What it is, e.g. `label`; a fulfilment has one of each.
    pub kind: &'static str,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Bytes of an attachment at most.
pub const ATTACHMENT_MAX: usize = 4 * 1024 * 1024;

/// A failure says what happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The partner is down or busy: again later; `after` when it said when, microseconds.
    Later { code: String, after: Option<i64> },
    /// The partner understood and said no: a person must look.
    Refused { code: String, args: Args },
    /// The answer makes no sense: a person must look.
    Broken { code: String, args: Args },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    Http(HttpRequest),
    PutFile(FileRequest),
    Mail(MailRequest),
}

impl Request {
    /// Stable name of this call within the connector.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Http(request) => request.name,
            Self::PutFile(request) => request.name,
            Self::Mail(request) => request.name,
        }
    }

    /// Whole call, microseconds.
    pub const fn deadline(&self) -> i64 {
        match self {
            Self::Http(request) => request.deadline,
            Self::PutFile(request) => request.deadline,
            Self::Mail(request) => request.deadline,
        }
    }

    /// No later than `most` microseconds.
    pub fn hurry(&mut self, most: i64) {
        let deadline = match self {
            Self::Http(request) => &mut request.deadline,
            Self::PutFile(request) => &mut request.deadline,
            Self::Mail(request) => &mut request.deadline,
        };
        *deadline = (*deadline).min(most);
    }
}

/// A file for the connector's configured folder.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRequest {
    /// As [`HttpRequest::name`].
    pub name: &'static str,
    /// Name of the file within the folder: ASCII letters, digits, `-`, `_` and `.`, not first a dot.
    pub file: String,
    pub bytes: Vec<u8>,
    /// Whole call, microseconds.
    pub deadline: i64,
}

/// A mail from the connector's configured sender.
#[derive(Clone, Debug, PartialEq)]
pub struct MailRequest {
    /// As [`HttpRequest::name`].
    pub name: &'static str,
    /// The same for every attempt: `Message-ID` is made of it.
    pub id: String,
    pub at: Instant,
    /// `None`: the connector's configured addresses.
    pub to: Option<String>,
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Whole call, microseconds.
    pub deadline: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    /// Stable name of this call within the connector, e.g. `create`, `find`.
    pub name: &'static str,
    pub method: &'static str,
    /// Path and query below the connector's base URL.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Bytes of answer body read at most.
    pub answer_max: usize,
    /// Whole call, microseconds.
    pub deadline: i64,
}

/// What came back from a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The call's stable name.
    pub name: &'static str,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Http {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    Done,
    /// It was certainly not done, and the transport knows what that means: mail and files have no bodies to be judged.
    Failed(Failure),
    /// The request certainly did not reach the partner (no connection).
    NotSent {
        code: String,
    },
    /// It may have been done: the connection broke after sending, or time ran out.
    Unknown {
        code: String,
    },
}

/// What a connector may do when it does not know whether a call was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeatable {
    /// The partner honours our key: just repeat.
    Idempotent,
    /// Ask first, then repeat.
    Queryable,
    /// A person decides.
    Unsafe,
}
