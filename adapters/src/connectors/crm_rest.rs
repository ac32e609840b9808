//! A CRM over JSON REST (`docs/connectors.md`): first the customer is put under our own reference, then a summary of the
//! order is posted with the delivery's key.
//!
//! Putting a customer twice is putting it once, so that is simply repeated. Whether a summary was taken in is asked before
//! it is posted again.

use super::{
    Connector, KNOWN, OUTCOME, UNKNOWN,
    answer::{broken, broken_here},
    in_doubt, json,
    rest::{self, Mark, Record, Thing, Verdict, done, is_number, kept, segment},
};
use model::{
    message::MessageKind,
    party::Party,
    port::outbound::{Answer, Kept, Message, Repeatable, Step},
};
use serde::Serialize;

/// Names of the calls.
const CUSTOMER: &str = "customer";
const FIND: &str = "find";
const SUMMARY: &str = "summary";

#[derive(Debug)]
pub struct CrmRest;

impl Connector for CrmRest {
    fn name(&self) -> &'static str {
        "crm_rest"
    }

    fn repeatable(&self) -> Repeatable {
        Repeatable::Queryable
    }

    fn listens(&self) -> &'static [MessageKind] {
        &[MessageKind::OrderReleased, MessageKind::OrderChanged, MessageKind::OrderCancelled]
    }

    fn takes(&self) -> &'static [MessageKind] {
        &MessageKind::OF_ORDERS
    }

    fn learn(&self, message: &Message, answer: &Answer) -> Vec<Kept> {
        let verdict = judge(message, answer);
        let mut news = vec![kept(OUTCOME, if verdict.in_doubt() { UNKNOWN } else { KNOWN })];
        if let Verdict::Applied(record) = verdict {
            news.push(kept(if answer.name == CUSTOMER { CUSTOMER } else { rest::NUMBER }, &record.number));
        }
        news
    }

    fn step(&self, message: &Message, kept: &[Kept], answer: Option<&Answer>) -> Step {
        if !message.kind.is_of_order() {
            return broken_here("message_without_order");
        }
        let Some(answer) = answer else {
            let customer_told = kept.iter().any(|fact| fact.name == CUSTOMER);
            return match customer(message).filter(|_| !customer_told) {
                Some((reference, buyer)) => put_customer(message, reference, buyer),
                None if in_doubt(kept) => rest::ask(FIND, format!("/orders/{}", segment(&message.order.id))),
                None => post_summary(message),
            };
        };
        match judge(message, answer) {
            Verdict::Applied(_) if answer.name == CUSTOMER => post_summary(message),
            Verdict::Applied(record) => done(record.number),
            Verdict::NotApplied => post_summary(message),
            Verdict::InDoubt(failure) | Verdict::Failed(failure) => Step::Failed(failure),
        }
    }

    fn mapped_call(&self, kind: MessageKind) -> Option<&'static str> {
        kind.is_of_order().then_some(SUMMARY)
    }
}

/// Whom the CRM is to know and by which reference; nobody when the buyer is unknown or has been forgotten.
fn customer(message: &Message) -> Option<(&str, &Party)> {
    let buyer = message.order.buyer.as_ref()?;
    Some((reference(message)?, buyer))
}

/// The customer's code in our master data, else our id of the person: neither names anybody.
fn reference(message: &Message) -> Option<&str> {
    let order = &message.order;
    [&order.customer, &order.buyer_id].into_iter().map(String::as_str).find(|text| is_number(text))
}

fn judge(message: &Message, answer: &Answer) -> Verdict {
    let (id, mark) = match (answer.name, reference(message)) {
        (CUSTOMER, Some(reference)) => (reference, Mark::Reference),
        (FIND | SUMMARY, _) => (message.order.id.as_str(), Mark::Key),
        _ => return Verdict::Failed(broken("unasked", 0)),
    };
    let (read, unreadable) = (Record::json as fn(&[u8]) -> Option<Record>, "not_json");
    let thing = Thing { id, key: &message.key, status: None, mark, read, unreadable };
    thing.judge(answer.name != FIND, answer)
}

#[derive(Serialize)]
struct Customer<'m> {
    id: &'m str,
    as_of: String,
    channel: &'m str,
    #[serde(flatten)]
    person: json::Partner<'m>,
}

fn put_customer(message: &Message, reference: &str, buyer: &Party) -> Step {
    let order = &message.order;
    let customer =
        Customer { id: reference, as_of: message.at.rfc3339(), channel: &order.channel, person: json::partner(buyer) };
    let Ok(body) = serde_json::to_vec(&customer) else { return broken_here("message_not_writable") };
    rest::write(CUSTOMER, "PUT", format!("/customers/{}", segment(reference)), &message.key, body)
}

/// What a CRM wants to know of an order: no lines, no addresses.
#[derive(Serialize)]
struct Summary<'m> {
    id: &'m str,
    /// The reference the customer was put under.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'m str>,
    number: &'m str,
    channel: &'m str,
    external_id: &'m str,
    as_of: String,
    status: &'m str,
    kind: &'m str,
    placed_at: &'m str,
    currency: &'m str,
    /// Decimal text in `currency`.
    total: String,
    payment: &'m str,
    lines: usize,
    shipments: usize,
}

fn post_summary(message: &Message) -> Step {
    let order = &message.order;
    let summary = Summary {
        id: &order.id,
        customer: reference(message),
        number: &order.number,
        channel: &order.channel,
        external_id: &order.external_id,
        as_of: message.at.rfc3339(),
        status: &order.status,
        kind: &order.kind,
        placed_at: &order.placed_at,
        currency: &order.currency,
        total: order.total.decimal(),
        payment: &order.payment_state,
        lines: order.lines.len(),
        shipments: order.fulfilments.len(),
    };
    let Ok(body) = serde_json::to_vec(&summary) else { return broken_here("message_not_writable") };
    rest::write(SUMMARY, "POST", "/orders".to_owned(), &message.key, body)
}
