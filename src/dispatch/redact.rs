//! Exchanges as people may look at them: no credentials, nobody's name, and not much of anything.

use model::{
    party::Party,
    port::outbound::{Answer, Failure, HttpRequest, Message, Outcome, Request},
    said::Args,
};
use serde_json::{Map, Value, json};

/// Bytes kept of a request's or an answer's body.
pub const BODY_MAX: usize = 4096;
/// Bytes kept of a header's value.
const HEADER_MAX: usize = 200;
/// What stands where a person stood.
const MASK: &str = "***";

/// Headers that are kept; every other one might hold a secret.
const HEADERS: [&str; 8] =
    ["accept", "content-length", "content-type", "date", "etag", "idempotency-key", "retry-after", "server"];

/// Fields that hold people in many partners' words; what is below them is masked whatever it says.
const FIELDS: [&str; 18] = [
    "address",
    "company",
    "contact",
    "email",
    "emails",
    "first_name",
    "last_name",
    "mobile",
    "name",
    "note",
    "phone",
    "phones",
    "postcode",
    "recipient",
    "street",
    "tax_number",
    "tel",
    "zip",
];

/// The element with a label in XML.
const LABEL: &str = "label";

/// The people of one message, by every text they are known by.
#[derive(Clone, Debug)]
pub struct People {
    texts: Vec<String>,
}

impl People {
    pub fn of(message: &Message) -> Self {
        let order = &message.order;
        let mut texts = Vec::new();
        for party in [&order.buyer, &order.ship_to, &order.bill_to].into_iter().flatten() {
            collect(party, &mut texts);
        }
        Self::new(texts)
    }

    /// Nobody is known; fields that hold people are masked all the same.
    pub const fn nobody() -> Self {
        Self { texts: Vec::new() }
    }

    /// These texts are masked too: a partner may echo our secret.
    #[must_use]
    pub fn and(self, more: impl IntoIterator<Item = String>) -> Self {
        Self::new(self.texts.into_iter().chain(more).collect())
    }

    fn new(mut texts: Vec<String>) -> Self {
        texts.retain(|text| !text.trim().is_empty());
        // As XML writes them.
        let escaped: Vec<String> =
            texts.iter().filter(|text| text.contains(['&', '<', '>'])).map(|t| escaped(t)).collect();
        texts.extend(escaped);
        // The longest first, so that a part of a name does not save the rest of it.
        texts.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        Self { texts }
    }

    /// The call, as JSON text. Of a file only its name and size are kept: it may be in any encoding.
    pub fn call(&self, request: &Request) -> String {
        match request {
            Request::Http(request) => self.request(request),
            Request::PutFile(file) => {
                json!({ "call": file.name, "file": self.in_text(&file.file), "bytes": file.bytes.len() }).to_string()
            }
            Request::Mail(mail) => {
                let (subject, body) = (self.in_text(&mail.subject), self.body(mail.text.as_bytes()));
                json!({ "call": mail.name, "subject": subject, "body": body }).to_string()
            }
        }
    }

    /// The request, as JSON text.
    pub fn request(&self, request: &HttpRequest) -> String {
        json!({
            "call": request.name,
            "method": request.method,
            "path": self.in_text(&request.path),
            "headers": headers(&request.headers),
            "body": self.body(&request.body),
        })
        .to_string()
    }

    /// The answer, as JSON text; with the arguments of the failure that was made of it.
    pub fn answer(&self, answer: &Answer, failure: Option<&Args>) -> String {
        let mut told = match &answer.outcome {
            Outcome::Http { status, headers: h, body } => {
                json!({ "status": status, "headers": headers(h), "body": self.body(body) })
            }
            Outcome::Done => json!({ "done": true }),
            Outcome::Failed(failure) => json!({ "failed": failure_code(failure) }),
            Outcome::NotSent { code } => json!({ "not_sent": code }),
            Outcome::Unknown { code } => json!({ "unknown": code }),
        };
        if let Some(args) = failure {
            told["failure"] = json!(args);
        }
        told.to_string()
    }

    /// The body's beginning as text, people masked.
    fn body(&self, body: &[u8]) -> Value {
        let text = match serde_json::from_slice::<Value>(body) {
            Ok(mut value) => {
                self.in_value(&mut value);
                value.to_string()
            }
            Err(_) => self.in_bytes(body),
        };
        Value::String(capped(&text, BODY_MAX).to_owned())
    }

    /// A label or a picture may show anybody: of such a body only its size is told.
    fn in_bytes(&self, body: &[u8]) -> String {
        if body.starts_with(b"%PDF-") || body.contains(&0) {
            return format!("[{} bytes]", body.len());
        }
        let text = String::from_utf8_lossy(body);
        if text.trim_start().starts_with('<') { self.in_text(&masked_elements(&text)) } else { self.in_text(&text) }
    }

    fn in_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.in_text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.in_value(value)),
            Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| {
                if FIELDS.contains(&name.to_ascii_lowercase().as_str()) { mask(value) } else { self.in_value(value) }
            }),
            // A number may be a telephone's.
            Value::Number(number) if self.texts.iter().any(|text| *text == number.to_string()) => mask(value),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn in_text(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, person| {
            if text.contains(person.as_str()) { text.replace(person.as_str(), MASK) } else { text }
        })
    }
}

fn failure_code(failure: &Failure) -> &str {
    match failure {
        Failure::Later { code, .. } | Failure::Refused { code, .. } | Failure::Broken { code, .. } => code,
    }
}

fn collect(party: &Party, texts: &mut Vec<String>) {
    texts.extend([&party.name, &party.company, &party.tax_number, &party.note].map(Clone::clone));
    texts.extend(party.phones.iter().chain(&party.emails).cloned());
    texts.extend(party.address.iter().map(|address| address.street.clone()));
}

/// Everything below is masked; the shape stays.
fn mask(value: &mut Value) {
    match value {
        Value::String(text) if text.is_empty() => {}
        Value::String(_) | Value::Number(_) => *value = Value::String(MASK.to_owned()),
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, value)| mask(value)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// XML with everything below the elements that hold people masked, and labels with them.
fn masked_elements(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        told.push_str(before);
        match content_of_people(tag) {
            Some((from, to)) => {
                told.push_str(&tag[..from]);
                told.push_str(MASK);
                rest = &tag[to..];
            }
            None => {
                told.push('<');
                rest = &tag[1..];
            }
        }
    }
    told + rest
}

/// Where the content of the element that begins here starts and ends, when it holds people; of one cut off, to the end.
fn content_of_people(tag: &str) -> Option<(usize, usize)> {
    let name = tag[1..].split(['>', ' ', '/', '\n']).next()?;
    let open = tag.find('>')?;
    if !(FIELDS.contains(&name.to_ascii_lowercase().as_str()) || name == LABEL) || tag[..open].ends_with('/') {
        return None;
    }
    let from = open + 1;
    Some((from, tag[from..].find(&format!("</{name}>")).map_or(tag.len(), |at| from + at)))
}

fn headers(all: &[(String, String)]) -> Value {
    let known = all.iter().filter(|(name, _)| HEADERS.contains(&name.to_ascii_lowercase().as_str()));
    let kept: Map<String, Value> =
        known.map(|(name, value)| (name.to_ascii_lowercase(), Value::from(capped(value, HEADER_MAX)))).collect();
    Value::Object(kept)
}

fn capped(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}
