//! An ERP over JSON REST, in our own dialect (`docs/connectors.md`): sales orders and shipments are put under our ids, so
//! that the partner sees one of each however often it is told, and every write carries the delivery's key.
//!
//! An answer is judged by its body, not by its status alone. When it is not known whether a write was done, the next
//! attempt asks first.

use super::{
    Connector, KNOWN, OUTCOME, UNKNOWN,
    answer::{broken, broken_here},
    in_doubt, json,
    rest::{self, Mark, Record, Thing, Verdict, done, kept, segment},
};
use model::{
    message::MessageKind,
    port::outbound::{Answer, Kept, Message, Repeatable, Step},
};
use serde::Serialize;

pub use super::rest::{ANSWER_MAX, DEADLINE, NUMBER, NUMBER_MAX};

/// Names of the calls.
const FIND: &str = "find";
const WRITE: &str = "write";

#[derive(Debug)]
pub struct ErpRest;

impl Connector for ErpRest {
    fn name(&self) -> &'static str {
        "erp_rest"
    }

    fn repeatable(&self) -> Repeatable {
        Repeatable::Queryable
    }

    fn listens(&self) -> &'static [MessageKind] {
        &MessageKind::OF_ORDERS
    }

    fn learn(&self, message: &Message, answer: &Answer) -> Vec<Kept> {
        let Some(target) = Target::of(message) else { return Vec::new() };
        let verdict = target.judge(message, answer);
        let mut news = vec![kept(OUTCOME, if verdict.in_doubt() { UNKNOWN } else { KNOWN })];
        if let Verdict::Applied(record) = verdict {
            news.push(kept(NUMBER, &record.number));
        }
        news
    }

    fn step(&self, message: &Message, kept: &[Kept], answer: Option<&Answer>) -> Step {
        let Some(target) = Target::of(message) else { return broken_here("message_without_fulfilment") };
        let Some(answer) = answer else {
            return if in_doubt(kept) { rest::ask(FIND, target.path()) } else { target.write(message) };
        };
        match target.judge(message, answer) {
            Verdict::Applied(record) => done(record.number),
            Verdict::NotApplied => target.write(message),
            Verdict::InDoubt(failure) | Verdict::Failed(failure) => Step::Failed(failure),
        }
    }

    fn mapped_call(&self, kind: MessageKind) -> Option<&'static str> {
        (kind != MessageKind::OrderCancelled && kind.is_of_order()).then_some(WRITE)
    }
}

/// Where at the partner a message goes.
struct Target<'m> {
    collection: &'static str,
    id: &'m str,
    cancels: bool,
}

#[derive(Serialize)]
struct Cancel {
    at: String,
}

impl<'m> Target<'m> {
    /// `None` when a message about a fulfilment or a replenishment comes without one.
    fn of(message: &'m Message) -> Option<Self> {
        let order = |cancels| Self { collection: "sales-orders", id: &message.order.id, cancels };
        Some(match message.kind {
            MessageKind::OrderReleased | MessageKind::OrderChanged => order(false),
            MessageKind::OrderCancelled => order(true),
            MessageKind::FulfilmentReleased
            | MessageKind::FulfilmentStopped
            | MessageKind::FulfilmentShipped
            | MessageKind::FulfilmentDelivered
            | MessageKind::FulfilmentLate => {
                Self { collection: "shipments", id: &message.fulfilment.as_ref()?.id, cancels: false }
            }
            MessageKind::ReorderProposed | MessageKind::ReplenishmentApproved => {
                Self { collection: "purchase-requisitions", id: &message.replenishment.as_ref()?.id, cancels: false }
            }
        })
    }

    fn write(&self, message: &Message) -> Step {
        let Some(body) = body(message) else { return broken_here("message_not_writable") };
        let (method, path) =
            if self.cancels { ("POST", format!("{}/cancel", self.path())) } else { ("PUT", self.path()) };
        rest::write(WRITE, method, path, &message.key, body)
    }

    fn path(&self) -> String {
        format!("/{}/{}", self.collection, segment(self.id))
    }

    fn judge(&self, message: &Message, answer: &Answer) -> Verdict {
        let writing = answer.name == WRITE;
        if !writing && answer.name != FIND {
            return Verdict::Failed(broken("unasked", 0));
        }
        let thing = Thing {
            id: self.id,
            key: &message.key,
            status: self.cancels.then_some("cancelled"),
            mark: Mark::Key,
            read: Record::json,
            unreadable: "not_json",
        };
        thing.judge(writing, answer)
    }
}

/// The body of the write; `None` when a message about a fulfilment or a replenishment comes without one.
fn body(message: &Message) -> Option<Vec<u8>> {
    match message.kind {
        MessageKind::OrderReleased | MessageKind::OrderChanged => serde_json::to_vec(&json::sales_order(message)).ok(),
        MessageKind::OrderCancelled => serde_json::to_vec(&Cancel { at: message.at.rfc3339() }).ok(),
        MessageKind::FulfilmentReleased
        | MessageKind::FulfilmentStopped
        | MessageKind::FulfilmentShipped
        | MessageKind::FulfilmentDelivered
        | MessageKind::FulfilmentLate => {
            serde_json::to_vec(&json::shipment(message, message.fulfilment.as_ref()?)).ok()
        }
        MessageKind::ReorderProposed | MessageKind::ReplenishmentApproved => {
            serde_json::to_vec(&json::requisition(message, message.replenishment.as_ref()?)).ok()
        }
    }
}
