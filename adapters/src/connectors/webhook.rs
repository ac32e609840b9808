//! Our own events as webhooks, in the form of the Standard Webhooks specification: one POST for each message, signed by the
//! shell (`auth = { scheme = "standard_webhooks", ... }`). The receiver knows a repeated one by its `webhook-id`, which is
//! the delivery's key and never changes, so that an unknown outcome is simply repeated.
//!
//! Any 2xx is a receipt, whatever stands in it. 410 says that nobody is there any more: a person must look.

use super::{
    Connector, KNOWN, OUTCOME,
    answer::{broken, broken_here, failure},
    json,
    rest::{self, accepts, kept, later},
};
use model::{
    message::MessageKind,
    port::outbound::{Answer, Kept, Message, Outcome, Receipt, Repeatable, Step},
};
use serde::Serialize;

/// Name of the call.
const SEND: &str = "send";

#[derive(Debug)]
pub struct Webhook;

impl Connector for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn repeatable(&self) -> Repeatable {
        Repeatable::Idempotent
    }

    fn listens(&self) -> &'static [MessageKind] {
        &MessageKind::OF_ORDERS
    }

    fn learn(&self, _message: &Message, answer: &Answer) -> Vec<Kept> {
        match answer.outcome {
            Outcome::Http { .. } => vec![kept(OUTCOME, KNOWN)],
            Outcome::Done | Outcome::Failed(_) | Outcome::NotSent { .. } | Outcome::Unknown { .. } => Vec::new(),
        }
    }

    fn step(&self, message: &Message, _kept: &[Kept], answer: Option<&Answer>) -> Step {
        match answer.map(|answer| &answer.outcome) {
            None => send(message),
            Some(Outcome::Http { status: 200..=299, .. }) => {
                Step::Done(Receipt { kept: vec![kept(OUTCOME, KNOWN)], ..Receipt::default() })
            }
            Some(Outcome::Http { status, headers, body }) => Step::Failed(failure(*status, headers, body)),
            Some(Outcome::NotSent { code } | Outcome::Unknown { code }) => Step::Failed(later(code)),
            Some(Outcome::Done | Outcome::Failed(_)) => Step::Failed(broken("unasked", 0)),
        }
    }

    fn mapped_call(&self, kind: MessageKind) -> Option<&'static str> {
        kind.is_of_order().then_some(SEND)
    }
}

#[derive(Serialize)]
struct Event<'m> {
    /// e.g. `order.released`.
    #[serde(rename = "type")]
    kind: String,
    timestamp: String,
    data: Data<'m>,
}

#[derive(Serialize)]
struct Data<'m> {
    /// Not there when the message is about a replenishment.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<json::SalesOrder<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipment: Option<json::Shipment<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replenishment: Option<json::Requisition<'m>>,
}

fn send(message: &Message) -> Step {
    let event = Event {
        kind: message.kind.name().replacen('_', ".", 1),
        timestamp: message.at.rfc3339(),
        data: Data {
            order: message.kind.is_of_order().then(|| json::sales_order(message)),
            shipment: message.fulfilment.as_ref().map(|fulfilment| json::shipment(message, fulfilment)),
            replenishment: message.replenishment.as_ref().map(|wanted| json::requisition(message, wanted)),
        },
    };
    let Ok(body) = serde_json::to_vec(&event) else { return broken_here("message_not_writable") };
    let headers = vec![
        accepts("*/*"),
        ("content-type".to_owned(), "application/json".to_owned()),
        ("webhook-id".to_owned(), message.key.clone()),
    ];
    rest::http(SEND, "POST", String::new(), headers, body)
}
