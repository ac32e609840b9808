//! What partners with records have in common: things are written under our ids, and a partner that may or may not have
//! done a write is asked what it has. The table of `docs/connectors.md` (`erp_rest`: answers) in code.

use super::{
    KNOWN, OUTCOME,
    answer::{broken, failure, refused},
};
use model::{
    port::outbound::{Answer, Failure, HttpRequest, Kept, Outcome, Receipt, Request, Step},
    time::SECOND,
};
use serde::Deserialize;
use serde_json::Value;

/// Bytes of an answer that are read.
pub const ANSWER_MAX: usize = 64 * 1024;
/// The whole call, microseconds.
pub const DEADLINE: i64 = 30 * SECOND;
/// Characters of the partner's own number of a thing.
pub const NUMBER_MAX: usize = 100;

/// Name of the kept fact with the partner's own number.
pub const NUMBER: &str = "number";

/// What an answer tells.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The partner has it.
    Applied(Record),
    /// The partner certainly has it not: write.
    NotApplied,
    /// It may have been done: the next attempt asks first.
    InDoubt(Failure),
    /// It was not done.
    Failed(Failure),
}

impl Verdict {
    pub(super) const fn in_doubt(&self) -> bool {
        match self {
            Self::InDoubt(_) => true,
            Self::Applied(_) | Self::NotApplied | Self::Failed(_) => false,
        }
    }
}

/// How a partner's record shows that it is our write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    /// It remembers the key of the last write.
    Key,
    /// It knows no keys: that a record of our reference is there, and how it stands, must do.
    Reference,
}

/// What is written, and how its record is read.
#[derive(Debug)]
pub(super) struct Thing<'m> {
    /// Our id of it.
    pub(super) id: &'m str,
    /// The message's key.
    pub(super) key: &'m str,
    /// How it must stand once it was written; `None`: however it stands.
    pub(super) status: Option<&'static str>,
    pub(super) mark: Mark,
    pub(super) read: fn(&[u8]) -> Option<Record>,
    /// Stable word for a body that cannot be read.
    pub(super) unreadable: &'static str,
}

impl Thing<'_> {
    /// What the answer to a write (`writing`) or to the question what the partner has tells.
    pub(super) fn judge(&self, writing: bool, answer: &Answer) -> Verdict {
        match &answer.outcome {
            Outcome::Http { status, headers, body } => match (*status, writing) {
                (200 | 201, true) => self.written(*status, body),
                (200, false) => self.found(body),
                (404, false) => Verdict::NotApplied,
                (409, true) => self.conflict(body),
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
            Outcome::Done | Outcome::Failed(_) => Verdict::Failed(broken("unasked", 0)),
        }
    }

    /// The success rule: a record with the partner's number, about our id, that does not deny its own status.
    fn written(&self, status: u16, body: &[u8]) -> Verdict {
        let Some(record) = (self.read)(body) else {
            let why = if body.iter().all(u8::is_ascii_whitespace) { "empty" } else { self.unreadable };
            return Verdict::InDoubt(broken(why, status));
        };
        if record.success == Some(false) {
            return Verdict::Failed(refused(status, body));
        }
        match self.misfit(&record) {
            Some(why) => Verdict::InDoubt(broken(&why, status)),
            None => Verdict::Applied(record),
        }
    }

    /// What the partner has, against what this delivery wants it to have.
    fn found(&self, body: &[u8]) -> Verdict {
        let Some(record) = (self.read)(body) else { return Verdict::InDoubt(broken(self.unreadable, 200)) };
        if record.success == Some(false) {
            return Verdict::InDoubt(refused(200, body));
        }
        if let Some(why) = self.misread(&record) {
            return Verdict::InDoubt(broken(why, 200));
        }
        if self.is_ours(&record) { Verdict::Applied(record) } else { Verdict::NotApplied }
    }

    fn is_ours(&self, record: &Record) -> bool {
        let by_key = self.mark == Mark::Key && record.key == self.key;
        by_key || self.status.map_or(self.mark == Mark::Reference, |status| record.status == status)
    }

    /// 409 about our own write is the echo of one that was done.
    fn conflict(&self, body: &[u8]) -> Verdict {
        match (self.read)(body) {
            Some(record) if self.echoes(&record) && self.misread(&record).is_none() => Verdict::Applied(record),
            Some(_) | None => Verdict::Failed(refused(409, body)),
        }
    }

    fn echoes(&self, record: &Record) -> bool {
        match self.mark {
            Mark::Key => record.key == self.key,
            Mark::Reference => record.id.as_deref() == Some(self.id) && self.is_ours(record),
        }
    }

    fn misfit(&self, record: &Record) -> Option<String> {
        let other = self.status.filter(|status| record.status != *status);
        self.misread(record).map(str::to_owned).or_else(|| other.map(|status| format!("not_{status}")))
    }

    fn misread(&self, record: &Record) -> Option<&'static str> {
        if record.id.as_deref().is_some_and(|id| id != self.id) {
            return Some("about_another");
        }
        (!is_number(&record.number)).then_some("without_number")
    }
}

/// Whether a text can be a partner's number of something.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= NUMBER_MAX
}

/// What the partner says of one of its records, whoever asked.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Record {
    /// Our id, echoed.
    #[serde(default)]
    pub(super) id: Option<String>,
    /// The partner's own number; text or a number.
    #[serde(default, rename = "number")]
    written: Value,
    /// Filled from `number`.
    #[serde(skip)]
    pub(super) number: String,
    /// The key of the last write that was done.
    #[serde(default)]
    pub(super) key: String,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) success: Option<bool>,
}

impl Record {
    /// `None` for anything but a JSON object of this shape.
    pub(super) fn json(body: &[u8]) -> Option<Self> {
        let object: serde_json::Map<String, Value> = serde_json::from_slice(body).ok()?;
        let mut record = Self::deserialize(Value::Object(object)).ok()?;
        record.number = match &record.written {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
        };
        Some(record)
    }
}

/// A question; no body.
pub(super) fn ask(name: &'static str, path: String) -> Step {
    http(name, "GET", path, vec![accepts(JSON)], Vec::new())
}

/// A write of JSON with the message's key.
pub(super) fn write(name: &'static str, method: &'static str, path: String, key: &str, body: Vec<u8>) -> Step {
    let content = ("content-type".to_owned(), JSON.to_owned());
    let key = ("idempotency-key".to_owned(), key.to_owned());
    http(name, method, path, vec![accepts(JSON), content, key], body)
}

const JSON: &str = "application/json";

pub(super) fn accepts(media_type: &str) -> (String, String) {
    ("accept".to_owned(), media_type.to_owned())
}

pub(super) fn http(
    name: &'static str,
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
) -> Step {
    let (answer_max, deadline) = (ANSWER_MAX, DEADLINE);
    Step::Call(Request::Http(HttpRequest { name, method, path, headers, body, answer_max, deadline }))
}

pub(super) fn done(number: String) -> Step {
    let kept = vec![kept(NUMBER, &number), kept(OUTCOME, KNOWN)];
    Step::Done(Receipt { reference: number, kept, ..Receipt::default() })
}

pub(super) fn later(code: &str) -> Failure {
    Failure::Later { code: code.to_owned(), after: None }
}

pub(super) fn kept(name: &str, value: &str) -> Kept {
    Kept { name: name.to_owned(), value: value.to_owned() }
}

/// One segment of a path; our ids are UUIDs, but a path is never built on trust.
pub(super) fn segment(id: &str) -> String {
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
