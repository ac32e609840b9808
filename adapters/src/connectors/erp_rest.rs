//! An ERP over JSON REST, in our own dialect (`docs/connectors.md`): sales orders and shipments are put under our ids, so
//! that the partner sees one of each however often it is told, and every write carries the delivery's key.
//!
//! An answer is judged by its body, not by its status alone. When it is not known whether a write was done, the next
//! attempt asks first.

mod wire;

use super::{
    Connector, KNOWN, OUTCOME, UNKNOWN,
    answer::{broken, broken_here, failure, refused},
    in_doubt,
};
use model::{
    message::MessageKind,
    port::outbound::{Answer, Failure, HttpRequest, Kept, Message, Outcome, Receipt, Repeatable, Request, Step},
    time::SECOND,
};

/// Bytes of an answer that are read.
pub const ANSWER_MAX: usize = 64 * 1024;
/// The whole call, microseconds.
pub const DEADLINE: i64 = 30 * SECOND;
/// Characters of the partner's number for an order or shipment.
pub const NUMBER_MAX: usize = 100;

/// Names of the calls.
const FIND: &str = "find";
const WRITE: &str = "write";

/// Name of the kept fact with the partner's own number.
pub const NUMBER: &str = "number";

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
        if let Verdict::Applied { number } = verdict {
            news.push(kept(NUMBER, &number));
        }
        news
    }

    fn step(&self, message: &Message, kept: &[Kept], answer: Option<&Answer>) -> Step {
        let Some(target) = Target::of(message) else { return broken_here("message_without_fulfilment") };
        let Some(answer) = answer else {
            return if in_doubt(kept) { target.find() } else { target.write(message) };
        };
        match target.judge(message, answer) {
            Verdict::Applied { number } => done(number),
            Verdict::NotApplied => target.write(message),
            Verdict::InDoubt(failure) | Verdict::Failed(failure) => Step::Failed(failure),
        }
    }
}

/// What an answer tells.
enum Verdict {
    /// The partner has it.
    Applied { number: String },
    /// The partner certainly has it not: write.
    NotApplied,
    /// It may have been done: the next attempt asks first.
    InDoubt(Failure),
    /// It was not done.
    Failed(Failure),
}

impl Verdict {
    const fn in_doubt(&self) -> bool {
        match self {
            Self::InDoubt(_) => true,
            Self::Applied { .. } | Self::NotApplied | Self::Failed(_) => false,
        }
    }
}

/// Where at the partner a message goes.
struct Target<'m> {
    collection: &'static str,
    id: &'m str,
    cancels: bool,
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
            | MessageKind::FulfilmentDelivered => {
                Self { collection: "shipments", id: &message.fulfilment.as_ref()?.id, cancels: false }
            }
            MessageKind::ReorderProposed | MessageKind::ReplenishmentApproved => {
                Self { collection: "purchase-requisitions", id: &message.replenishment.as_ref()?.id, cancels: false }
            }
        })
    }

    fn find(&self) -> Step {
        call(FIND, "GET", self.path(), vec![], Vec::new())
    }

    fn write(&self, message: &Message) -> Step {
        let Some(body) = wire::body(message) else { return broken_here("message_not_writable") };
        let (method, path) =
            if self.cancels { ("POST", format!("{}/cancel", self.path())) } else { ("PUT", self.path()) };
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("idempotency-key".to_owned(), message.key.clone()),
        ];
        call(WRITE, method, path, headers, body)
    }

    fn path(&self) -> String {
        format!("/{}/{}", self.collection, segment(self.id))
    }

    fn judge(&self, message: &Message, answer: &Answer) -> Verdict {
        let writing = answer.name == WRITE;
        if !writing && answer.name != FIND {
            return Verdict::Failed(broken("unasked", 0));
        }
        match &answer.outcome {
            Outcome::Http { status, headers, body } => match (*status, writing) {
                (200 | 201, true) => self.written(*status, body),
                (200, false) => self.found(message, body),
                (404, false) => Verdict::NotApplied,
                (409, true) => self.conflict(message, body),
                // 2xx without the content that was due, and errors of a partner that may have been half-way through.
                (200..=299, _) => Verdict::InDoubt(broken("unexpected_status", *status)),
                (500 | 502 | 504..=599 | 408, _) => Verdict::InDoubt(failure(*status, headers, body)),
                (_, true) => Verdict::Failed(failure(*status, headers, body)),
                // The question was not answered, so the doubt stays.
                (_, false) => Verdict::InDoubt(failure(*status, headers, body)),
            },
            Outcome::Unknown { code } => Verdict::InDoubt(later(code)),
            Outcome::NotSent { code } if writing => Verdict::Failed(later(code)),
            Outcome::NotSent { code } => Verdict::InDoubt(later(code)),
            Outcome::Done => Verdict::Failed(broken("unasked", 0)),
        }
    }

    /// The success rule: a JSON object with the partner's number, about our id, that does not deny its own status.
    fn written(&self, status: u16, body: &[u8]) -> Verdict {
        let Some(record) = wire::Record::read(body) else {
            let why = if body.iter().all(u8::is_ascii_whitespace) { "empty" } else { "not_json" };
            return Verdict::InDoubt(broken(why, status));
        };
        if record.success == Some(false) {
            return Verdict::Failed(refused(status, body));
        }
        match self.misfit(&record) {
            Some(why) => Verdict::InDoubt(broken(why, status)),
            None => Verdict::Applied { number: record.number },
        }
    }

    /// What the partner has, against what this delivery wants it to have: the key of the last write tells.
    fn found(&self, message: &Message, body: &[u8]) -> Verdict {
        let Some(record) = wire::Record::read(body) else { return Verdict::InDoubt(broken("not_json", 200)) };
        if record.success == Some(false) {
            return Verdict::InDoubt(refused(200, body));
        }
        if let Some(why) = self.misread(&record) {
            return Verdict::InDoubt(broken(why, 200));
        }
        let ours = record.key == message.key || (self.cancels && record.status == "cancelled");
        if ours { Verdict::Applied { number: record.number } } else { Verdict::NotApplied }
    }

    /// 409 with our own key is the echo of a write that was done.
    fn conflict(&self, message: &Message, body: &[u8]) -> Verdict {
        match wire::Record::read(body) {
            Some(record) if record.key == message.key && self.misread(&record).is_none() => {
                Verdict::Applied { number: record.number }
            }
            Some(_) | None => Verdict::Failed(refused(409, body)),
        }
    }

    fn misfit(&self, record: &wire::Record) -> Option<&'static str> {
        let uncancelled = self.cancels && record.status != "cancelled";
        self.misread(record).or(uncancelled.then_some("not_cancelled"))
    }

    fn misread(&self, record: &wire::Record) -> Option<&'static str> {
        if record.id.as_deref().is_some_and(|id| id != self.id) {
            return Some("about_another");
        }
        let usable = !record.number.is_empty() && record.number.chars().count() <= NUMBER_MAX;
        (!usable).then_some("without_number")
    }
}

fn call(name: &'static str, method: &'static str, path: String, more: Vec<(String, String)>, body: Vec<u8>) -> Step {
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    headers.extend(more);
    Step::Call(Request::Http(HttpRequest {
        name,
        method,
        path,
        headers,
        body,
        answer_max: ANSWER_MAX,
        deadline: DEADLINE,
    }))
}

fn done(number: String) -> Step {
    let kept = vec![kept(NUMBER, &number), kept(OUTCOME, KNOWN)];
    Step::Done(Receipt { reference: number, kept })
}

fn later(code: &str) -> Failure {
    Failure::Later { code: code.to_owned(), after: None }
}

fn kept(name: &str, value: &str) -> Kept {
    Kept { name: name.to_owned(), value: value.to_owned() }
}

/// One segment of a path; our ids are UUIDs, but a path is never built on trust.
fn segment(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
