//! How HTTP answers are judged: what every JSON partner has in common.

use super::{KNOWN, OUTCOME};
use model::{
    port::outbound::{Answer, Failure, Kept, Outcome, Receipt, Step},
    said::args,
    time::{HOUR, SECOND},
};

/// A partner may ask us to wait at most this long, microseconds.
pub const RETRY_AFTER_MAX: i64 = 24 * HOUR;
/// Characters of a partner's own error code that are kept.
pub const CODE_MAX: usize = 64;

/// Codes of answers that make no sense: a page of HTML, a redirect. Most often it is not the partner who gave them but
/// something before it, for some minutes.
pub const SENSELESS: [&str; 2] = [BROKEN, REDIRECT];
const BROKEN: &str = "partner_broken";
const REDIRECT: &str = "partner_redirect";

pub type Headers = [(String, String)];

/// What a status other than 2xx means, unless the partner's file knows better.
pub fn failure(status: u16, headers: &Headers, body: &[u8]) -> Failure {
    let later = |code: &str| Failure::Later { code: code.to_owned(), after: retry_after(headers) };
    match status {
        // Our credentials or rights are wrong: that is mended in the configuration, and no order is at fault.
        401 | 403 => later("partner_auth"),
        408 | 425 | 429 => later("partner_busy"),
        500..=599 => later("partner_down"),
        400..=499 => refused(status, body),
        // Following would send the order and our credentials to an address nobody has configured.
        300..=399 => Failure::Broken { code: REDIRECT.to_owned(), args: args([("status", status.to_string())]) },
        _ => broken("unexpected_status", status),
    }
}

/// The partner understood and said no; its own code is kept as `why`, its words (which may name people) are not.
pub fn refused(status: u16, body: &[u8]) -> Failure {
    let why = partner_code(body).unwrap_or_else(|| format!("http_{status}"));
    Failure::Refused { code: "partner_refused".to_owned(), args: args([("status", status.to_string()), ("why", why)]) }
}

/// The answer makes no sense; `why` is a stable word.
pub fn broken(why: &str, status: u16) -> Failure {
    let args = args([("status", status.to_string()), ("why", why.to_owned())]);
    Failure::Broken { code: BROKEN.to_owned(), args }
}

/// A fault on our own side of the call.
pub fn broken_here(why: &str) -> Step {
    Step::Failed(Failure::Broken { code: "message_broken".to_owned(), args: args([("why", why.to_owned())]) })
}

/// What is kept of an answer without a body: whether anything is in doubt. [`super::keep`] adds the doubt.
pub fn settled(answer: &Answer) -> Vec<Kept> {
    match answer.outcome {
        Outcome::Unknown { .. } => Vec::new(),
        _ => vec![Kept { name: OUTCOME.to_owned(), value: KNOWN.to_owned() }],
    }
}

/// The end of a delivery that is one call over a transport which knows what its answers mean.
pub fn end(answer: &Answer, reference: String) -> Step {
    match &answer.outcome {
        Outcome::Done => Step::Done(Receipt { reference, kept: settled(answer), ..Receipt::default() }),
        Outcome::Failed(failure) => Step::Failed(failure.clone()),
        Outcome::NotSent { code } | Outcome::Unknown { code } => {
            Step::Failed(Failure::Later { code: code.clone(), after: None })
        }
        Outcome::Http { status, .. } => Step::Failed(broken("unasked", *status)),
    }
}

/// `Retry-After` in microseconds, between zero and [`RETRY_AFTER_MAX`]. A date is taken against the answer's own `Date`:
/// partners' clocks are wrong, and wrong twice in the same way.
pub fn retry_after(headers: &Headers) -> Option<i64> {
    let value = header(headers, "retry-after")?.trim();
    let micros = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        value.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(SECOND)
    } else {
        let until = http_date(value)?;
        until.saturating_sub(http_date(header(headers, "date")?)?)
    };
    Some(micros.clamp(0, RETRY_AFTER_MAX))
}

/// The partner's own error code: the body's `code` or `error` (in XML the element `code`), if it looks like one.
fn partner_code(body: &[u8]) -> Option<String> {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let code = match &json {
        Some(body) => ["code", "error"].iter().find_map(|name| body.get(name))?.as_str()?,
        None => std::str::from_utf8(body).ok()?.split_once("<code>")?.1.split_once("</code>")?.0.trim(),
    };
    let plain = !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:/".contains(&b));
    plain.then(|| code.chars().take(CODE_MAX).collect())
}

fn header<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// An HTTP date as microseconds since 1970; only the form that may be sent today.
fn http_date(text: &str) -> Option<i64> {
    Some(chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp_micros())
}
