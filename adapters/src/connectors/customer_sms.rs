//! A text message to the customer through a gateway: one POST, whose body an outgoing mapping may write as the gateway wants it
//! (`notice.phone`, `notice.sms`), as JSON or as a form. Without one it is `{ "id", "to", "text", "language" }`.
//!
//! Gateways do not promise to send the same message once, so an outcome that is not known, and an answer in the 500s but 503,
//! are a person's to repeat: no customer is told again and again.

use super::{
    CUSTOMERS_HEAR, Connector, NOTICES,
    answer::{broken, broken_here, end, failure, refused, settled},
    nobody_to_tell,
    rest::{self, is_number},
};
use model::{
    message::MessageKind,
    port::outbound::{Answer, Kept, Message, Notice, Outcome, Repeatable, Step},
};
use serde::Serialize;
use serde_json::Value;

/// Name of the call.
const SEND: &str = "send";
/// Names under which gateways give their own number of a message.
const NUMBERS: [&str; 6] = ["id", "sid", "message_id", "messageId", "MessageId", "BizId"];
/// Names under which gateways that answer 200 to everything say how it went, and the words that mean well.
const CODES: [&str; 4] = ["code", "Code", "result", "error_code"];
const WELL: [&str; 6] = ["0", "00", "000000", "200", "ok", "success"];

#[derive(Debug)]
pub struct CustomerSms;

impl Connector for CustomerSms {
    fn name(&self) -> &'static str {
        "customer_sms"
    }

    fn repeatable(&self) -> Repeatable {
        Repeatable::Unsafe
    }

    fn listens(&self) -> &'static [MessageKind] {
        &NOTICES
    }

    fn takes(&self) -> &'static [MessageKind] {
        &CUSTOMERS_HEAR
    }

    fn learn(&self, _message: &Message, answer: &Answer) -> Vec<Kept> {
        settled(answer)
    }

    fn step(&self, message: &Message, _kept: &[Kept], answer: Option<&Answer>) -> Step {
        match answer.map(|answer| (&answer.outcome, answer)) {
            None => {
                let Some(notice) = &message.notice else { return broken_here("message_without_notice") };
                match notice.phone.as_deref().map(digits) {
                    None => nobody_to_tell("no_phone"),
                    Some(phone) if phone.len() < PHONE_MIN => nobody_to_tell("phone_unusable"),
                    Some(phone) => send(message, notice, &phone),
                }
            }
            Some((Outcome::Http { status, headers, body }, _)) => match status {
                200..=299 => sent(*status, body),
                500 | 502 | 504..=599 => Step::Failed(broken("unexpected_status", *status)),
                _ => Step::Failed(failure(*status, headers, body)),
            },
            Some((_, answer)) => end(answer, String::new()),
        }
    }

    fn tells_customers(&self) -> bool {
        true
    }

    fn mapped_call(&self, kind: MessageKind) -> Option<&'static str> {
        kind.is_of_order().then_some(SEND)
    }
}

/// Characters of the shortest number there is.
const PHONE_MIN: usize = 5;

/// A phone number without what people put between its digits.
fn digits(phone: &str) -> String {
    phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

#[derive(Serialize)]
struct Text<'m> {
    id: &'m str,
    to: &'m str,
    text: &'m str,
    language: &'m str,
}

fn send(message: &Message, notice: &Notice, to: &str) -> Step {
    let text = Text { id: &message.key, to, text: &notice.sms, language: &notice.language };
    match serde_json::to_vec(&text) {
        Ok(body) => rest::write(SEND, "POST", String::new(), &message.key, body),
        Err(_) => broken_here("message_not_writable"),
    }
}

/// 2xx is a receipt, unless what stands in it says no.
fn sent(status: u16, body: &[u8]) -> Step {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let words = |names: &[&str]| names.iter().find_map(|name| answer.get(name)).and_then(plain);
    let denied = answer.get("success") == Some(&Value::Bool(false))
        || words(&CODES).is_some_and(|code| !WELL.contains(&code.to_ascii_lowercase().as_str()));
    if denied {
        return Step::Failed(refused(status, body));
    }
    rest::done(words(&NUMBERS).filter(|number| is_number(number)).unwrap_or_default())
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
