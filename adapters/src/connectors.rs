//! Connectors: one file a partner, in alphabetical order.
//!
//! A connector is asked for the next step and never sends, never sees a secret, never reads a clock. The price of a new
//! one: its file, its line in [`ALL`], its fixtures, its section in `docs/connectors.md`.

pub mod answer;
pub mod crm_rest;
pub mod customer_mail;
pub mod customer_sms;
pub mod erp_rest;
pub mod file_drop;
pub mod logistics_xml;
pub mod mail;
pub mod webhook;

mod json;
mod rest;

use model::{
    message::MessageKind,
    port::outbound::{Answer, Kept, Message, Outcome, Receipt, Repeatable, Step},
};
use std::fmt::Debug;

/// Every kind of partner, by name.
pub static ALL: [&dyn Connector; 8] = [
    &crm_rest::CrmRest,
    &customer_mail::CustomerMail,
    &customer_sms::CustomerSms,
    &erp_rest::ErpRest,
    &file_drop::FileDrop,
    &logistics_xml::LogisticsXml,
    &mail::Mail,
    &webhook::Webhook,
];

/// The connector of that kind, as configuration writes it.
pub fn named(kind: &str) -> Option<&'static dyn Connector> {
    ALL.into_iter().find(|connector| connector.name() == kind)
}

/// What a partner's file says.
///
/// For one attempt at a delivery the shell asks `step(message, kept, None)`, makes the call, then stores what
/// [`keep`] says together with the exchange, and asks again with the answer, until the step is no call. `kept` alone is
/// the state between two calls and between two attempts.
pub trait Connector: Sync + Debug {
    fn name(&self) -> &'static str;

    /// What may be done when it is not known whether a call was done.
    fn repeatable(&self) -> Repeatable;

    /// The kinds of message it is told of when the configuration does not say.
    fn listens(&self) -> &'static [MessageKind];

    /// The kinds of message it can be told of when the configuration says so; all by default.
    fn takes(&self) -> &'static [MessageKind] {
        &MessageKind::ALL
    }

    /// Small facts worth keeping from an answer: numbers, etags, stages; nobody's name. See [`keep`].
    fn learn(&self, message: &Message, answer: &Answer) -> Vec<Kept>;

    /// The next step of this delivery, given what is kept and the answer to the call just made (`None` at the start of
    /// an attempt).
    fn step(&self, message: &Message, kept: &[Kept], answer: Option<&Answer>) -> Step;

    /// It tells customers: its messages need a notice.
    fn tells_customers(&self) -> bool {
        false
    }

    /// Name of the call whose body an outgoing mapping may write instead of the connector; none by default.
    fn mapped_call(&self, _kind: MessageKind) -> Option<&'static str> {
        None
    }
}

/// A message as outgoing mappings see it: what every JSON partner is told, with what it is about.
pub(crate) fn view(message: &Message) -> Option<serde_json::Value> {
    json::view(message).ok()
}

/// What customers are told of, unless configured.
pub(crate) const NOTICES: [MessageKind; 4] = [
    MessageKind::OrderReleased,
    MessageKind::FulfilmentShipped,
    MessageKind::FulfilmentDelivered,
    MessageKind::FulfilmentLate,
];

/// What customers can be told of: the texts of notices have no others.
pub(crate) const CUSTOMERS_HEAR: [MessageKind; 5] = [
    MessageKind::OrderReleased,
    MessageKind::OrderCancelled,
    MessageKind::FulfilmentShipped,
    MessageKind::FulfilmentDelivered,
    MessageKind::FulfilmentLate,
];

/// The end of a notice that can reach nobody: the customer left no address of that kind, or is forgotten. Nothing is wrong,
/// so nobody has to act.
pub(crate) fn nobody_to_tell(why: &str) -> Step {
    let kept = vec![Kept { name: SKIPPED.to_owned(), value: why.to_owned() }, outcome(KNOWN)];
    Step::Done(Receipt { kept, ..Receipt::default() })
}

/// Name of the fact that says why a customer was not told.
pub const SKIPPED: &str = "skipped";

/// Name of the fact that tells whether the partner may have done something we do not know of.
pub const OUTCOME: &str = "outcome";
/// A call was begun and its outcome is not known: ask before it is repeated.
pub const UNKNOWN: &str = "unknown";
/// The partner has answered: nothing is in doubt.
pub const KNOWN: &str = "known";

/// `kept` after an answer: newer facts replace older ones of the same name. Whatever the connector thinks of it, an
/// unknown outcome is kept as one.
pub fn keep(connector: &dyn Connector, message: &Message, kept: &[Kept], answer: &Answer) -> Vec<Kept> {
    let mut news = connector.learn(message, answer);
    if matches!(answer.outcome, Outcome::Unknown { .. }) {
        news.push(outcome(UNKNOWN));
    }
    news.into_iter().fold(kept.to_vec(), with)
}

/// `kept` when a crash or a lost lease left a begun call without any recorded answer.
pub fn keep_interrupted(kept: &[Kept]) -> Vec<Kept> {
    with(kept.to_vec(), outcome(UNKNOWN))
}

/// Whether an earlier call is in doubt.
pub fn in_doubt(kept: &[Kept]) -> bool {
    kept.iter().any(|fact| fact.name == OUTCOME && fact.value == UNKNOWN)
}

/// Name of the fact that counts the answers that made no sense.
const SENSELESS: &str = "senseless";

/// `kept` after an answer that made no sense, and the how many-th it was; `again`: those before a person looked do not count.
/// Nobody knows what became of the call, so the partner is asked before it is repeated.
pub fn keep_senseless(kept: &[Kept], again: bool) -> (Vec<Kept>, u32) {
    let before = kept.iter().find(|fact| fact.name == SENSELESS && !again).and_then(|fact| fact.value.parse().ok());
    let count = before.unwrap_or(0_u32).saturating_add(1);
    let counted = Kept { name: SENSELESS.to_owned(), value: count.to_string() };
    (with(keep_interrupted(kept), counted), count)
}

fn outcome(value: &str) -> Kept {
    Kept { name: OUTCOME.to_owned(), value: value.to_owned() }
}

fn with(mut kept: Vec<Kept>, news: Kept) -> Vec<Kept> {
    match kept.iter_mut().find(|fact| fact.name == news.name) {
        Some(fact) => *fact = news,
        None => kept.push(news),
    }
    kept
}
