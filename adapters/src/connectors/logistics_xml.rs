//! A carrier's booking service over XML (`docs/connectors.md`): a released fulfilment is booked under our reference, its
//! label is fetched, and a stopped one is cancelled.
//!
//! Booking twice would send two vans, and the service knows no keys: when it is not known whether a booking was made, the
//! next attempt asks by our reference first.

mod wire;

use super::{
    Connector, KNOWN, OUTCOME, UNKNOWN,
    answer::{broken, broken_here, failure},
    in_doubt,
    rest::{self, Mark, NUMBER, Thing, Verdict, accepts, is_number, kept, later, segment},
};
use model::{
    message::MessageKind,
    port::outbound::{
        ATTACHMENT_MAX, Answer, Attachment, Failure, FulfilmentView, HttpRequest, Kept, Message, Outcome, Receipt,
        Repeatable, Request, Step,
    },
};
use wire::Booking;

/// Names of the calls.
const BOOK: &str = "book";
const CANCEL: &str = "cancel";
const FIND: &str = "find";
const LABEL: &str = "label";

/// Name of the kept fact with the parcel's tracking number.
const TRACKING: &str = "tracking";

/// Bytes of an answer with a label in it: base64 takes four for three.
const ANSWER_MAX: usize = ATTACHMENT_MAX / 3 * 4 + 64 * 1024;

#[derive(Debug)]
pub struct LogisticsXml;

impl Connector for LogisticsXml {
    fn name(&self) -> &'static str {
        "logistics_xml"
    }

    fn repeatable(&self) -> Repeatable {
        Repeatable::Queryable
    }

    fn listens(&self) -> &'static [MessageKind] {
        &[MessageKind::FulfilmentReleased, MessageKind::FulfilmentStopped]
    }

    /// Anything else of a fulfilment would be booked like its release.
    fn takes(&self) -> &'static [MessageKind] {
        self.listens()
    }

    fn learn(&self, message: &Message, answer: &Answer) -> Vec<Kept> {
        let Some(job) = Job::of(message) else { return Vec::new() };
        if answer.name == LABEL {
            return vec![kept(OUTCOME, KNOWN)];
        }
        let verdict = job.judge(message, answer);
        let mut news = vec![kept(OUTCOME, if verdict.in_doubt() { UNKNOWN } else { KNOWN })];
        if let Verdict::Applied(record) = verdict {
            news.push(kept(NUMBER, &record.number));
            if !job.cancels {
                news.push(kept(TRACKING, &booking(answer).tracking));
            }
        }
        news
    }

    fn step(&self, message: &Message, kept: &[Kept], answer: Option<&Answer>) -> Step {
        let Some(job) = Job::of(message) else { return broken_here("message_without_fulfilment") };
        let Some(answer) = answer else {
            return if in_doubt(kept) {
                job.find()
            } else if fact(kept, NUMBER).is_some() && !job.cancels {
                job.label()
            } else {
                job.write(message)
            };
        };
        if answer.name == LABEL {
            return label(kept, answer);
        }
        match job.judge(message, answer) {
            Verdict::Applied(record) if job.cancels => rest::done(record.number),
            Verdict::Applied(_) => match booking(answer).label {
                Some(found) => received(kept, found),
                None => job.label(),
            },
            Verdict::NotApplied => job.write(message),
            Verdict::InDoubt(failure) | Verdict::Failed(failure) => Step::Failed(failure),
        }
    }
}

/// What is to be done for a fulfilment.
struct Job<'m> {
    fulfilment: &'m FulfilmentView,
    cancels: bool,
}

impl<'m> Job<'m> {
    fn of(message: &'m Message) -> Option<Self> {
        let cancels = message.kind == MessageKind::FulfilmentStopped;
        message.fulfilment.as_ref().map(|fulfilment| Self { fulfilment, cancels })
    }

    fn path(&self) -> String {
        format!("/bookings/{}", segment(&self.fulfilment.id))
    }

    fn find(&self) -> Step {
        call(FIND, "GET", self.path(), XML, None)
    }

    fn label(&self) -> Step {
        call(LABEL, "GET", format!("{}/label", self.path()), "application/pdf", None)
    }

    fn write(&self, message: &Message) -> Step {
        let (name, path, body) = if self.cancels {
            (CANCEL, format!("{}/cancel", self.path()), wire::cancellation(&self.fulfilment.id))
        } else {
            (BOOK, "/bookings".to_owned(), wire::request(message, self.fulfilment))
        };
        match body {
            Some(body) => call(name, "POST", path, XML, Some((&message.key, body))),
            None => broken_here("message_not_writable"),
        }
    }

    fn judge(&self, message: &Message, answer: &Answer) -> Verdict {
        let wanted = if self.cancels { [CANCEL, FIND] } else { [BOOK, FIND] };
        if !wanted.contains(&answer.name) {
            return Verdict::Failed(broken("unasked", 0));
        }
        let thing = Thing {
            id: &self.fulfilment.id,
            key: &message.key,
            status: Some(if self.cancels { "cancelled" } else { "booked" }),
            mark: Mark::Reference,
            read: |body| Booking::read(body).map(|booking| booking.record),
            unreadable: "not_xml",
        };
        match thing.judge(answer.name != FIND, answer) {
            // A parcel nobody can follow is no booking.
            Verdict::Applied(_) if !self.cancels && !is_number(&booking(answer).tracking) => {
                Verdict::InDoubt(broken("without_tracking", 200))
            }
            verdict => verdict,
        }
    }
}

fn fact<'k>(kept: &'k [Kept], name: &str) -> Option<&'k str> {
    kept.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str())
}

/// The booking an answer speaks of, as far as it can be read.
fn booking(answer: &Answer) -> Booking {
    match &answer.outcome {
        Outcome::Http { body, .. } => Booking::read(body).unwrap_or_default(),
        Outcome::Done | Outcome::Failed(_) | Outcome::NotSent { .. } | Outcome::Unknown { .. } => Booking::default(),
    }
}

/// Asking for a label changes nothing at the partner, so nothing is in doubt after it.
fn label(kept: &[Kept], answer: &Answer) -> Step {
    match &answer.outcome {
        Outcome::Http { status: 200, headers, body } => {
            let is_type = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
            let media_type = headers.iter().find(is_type).map_or("", |(_, value)| value.as_str());
            received(kept, (media_type.to_owned(), body.clone()))
        }
        // Not printed yet.
        Outcome::Http { status: 202 | 404, .. } => Step::Failed(later("partner_busy")),
        Outcome::Http { status, headers, body } => Step::Failed(failure(*status, headers, body)),
        Outcome::NotSent { code } | Outcome::Unknown { code } => Step::Failed(later(code)),
        Outcome::Done | Outcome::Failed(_) => Step::Failed(broken("unasked", 0)),
    }
}

/// The end of a booking: its number, its parcel, its label.
fn received(kept: &[Kept], (media_type, bytes): (String, Vec<u8>)) -> Step {
    let why = match bytes.len() {
        _ if !bytes.starts_with(b"%PDF-") => Some("label_not_pdf"),
        size if size > ATTACHMENT_MAX => Some("label_too_large"),
        _ => None,
    };
    if let Some(why) = why {
        return Step::Failed(broken(why, 200));
    }
    let (Some(number), Some(tracking)) = (fact(kept, NUMBER), fact(kept, TRACKING)) else {
        return Step::Failed(Failure::Later { code: "partner_busy".to_owned(), after: None });
    };
    let media_type = if media_type.is_empty() { "application/pdf".to_owned() } else { media_type };
    Step::Done(Receipt {
        reference: number.to_owned(),
        kept: vec![rest::kept(OUTCOME, KNOWN)],
        parcels: vec![tracking.to_owned()],
        attachments: vec![Attachment { kind: LABEL, media_type, bytes }],
    })
}

const XML: &str = "application/xml";

/// A write carries the message's key as well, for services that know keys; we do not rely on it.
fn call(name: &'static str, method: &'static str, path: String, accept: &str, write: Option<(&str, Vec<u8>)>) -> Step {
    let mut headers = vec![accepts(accept)];
    let mut body = Vec::new();
    if let Some((key, content)) = write {
        headers.push(("content-type".to_owned(), XML.to_owned()));
        headers.push(("idempotency-key".to_owned(), key.to_owned()));
        body = content;
    }
    let (answer_max, deadline) = (ANSWER_MAX, rest::DEADLINE);
    Step::Call(Request::Http(HttpRequest { name, method, path, headers, body, answer_max, deadline }))
}
