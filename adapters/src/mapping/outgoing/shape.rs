//! Forms in which a value can be written. A number is written with the digits it has, and never passes through a float.

use super::schema::Kind;
use chrono::{DateTime, FixedOffset, NaiveDate};
use chrono_tz::Tz;
use model::money::{Currency, Money};
use serde_json::Value;

/// The partner's message, or a part of it.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Out {
    Text(String),
    /// JSON as it is written: a number, true, false, or a value passed on as it is.
    Raw(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Out {
    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(&Value::from(text.as_str()).to_string()),
            Self::Raw(json) => out.push_str(json),
            Self::List(entries) => {
                out.push('[');
                for (n, entry) in entries.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    entry.write(out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (n, (name, value)) in fields.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    out.push_str(&Value::from(name.as_str()).to_string());
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// Names and values of a flat object, as HTML forms are sent; a value that is no text stands there as JSON.
    pub(super) fn write_form(&self, out: &mut String) {
        let Self::Object(fields) = self else { return };
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            match value {
                Self::Text(text) => drop(form.append_pair(name, text)),
                other => {
                    let mut json = String::new();
                    other.write(&mut json);
                    form.append_pair(name, &json);
                }
            }
        }
        out.push_str(&form.finish());
    }

    /// Puts a value below an object, making the objects on the way; the lint has seen to it that nothing is in the way.
    pub(super) fn put(&mut self, to: &[String], value: Self) {
        let (Self::Object(fields), Some((name, below))) = (self, to.split_first()) else { return };
        if below.is_empty() {
            fields.push((name.clone(), value));
            return;
        }
        let known = fields.iter().position(|(known, _)| known == name);
        let at = known.unwrap_or_else(|| {
            fields.push((name.clone(), Self::Object(Vec::new())));
            fields.len() - 1
        });
        fields[at].1.put(below, value);
    }
}

/// How a value is written.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Shape {
    /// As our own message has it.
    AsIs,
    Text,
    Number,
    /// Minor units of the order's currency, a whole number.
    Minor,
    /// A whole number; a fraction cannot be written.
    Integer,
    Date(Option<Tz>),
    UnixS,
    UnixMs,
    Format(String, Option<Tz>),
    /// A list of texts in one, joined by a comma.
    Joined,
}

/// The words of `as` for a value, the usual one first.
pub(super) const fn words(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Text => &["text"],
        Kind::Count => &["number", "text"],
        Kind::Amount => &["text", "number", "minor_units"],
        Kind::Decimal => &["text", "number", "integer"],
        Kind::Time => &["time", "date", "unix_s", "unix_ms", "format"],
        Kind::Date => &["date", "format"],
        Kind::Texts => &["list", "text"],
        Kind::Object(_) | Kind::List(_) => &["json"],
    }
}

impl Shape {
    /// `None` when the value is not what its kind says, or has no such form.
    pub(super) fn write(&self, value: &Value, currency: Currency) -> Option<Out> {
        Some(match self {
            Self::AsIs => match value {
                Value::String(text) => Out::Text(text.clone()),
                other => Out::Raw(other.to_string()),
            },
            Self::Text => Out::Text(plain(value)?),
            Self::Number => Out::Raw(number(plain(value)?)?),
            Self::Minor => Out::Raw(Money::parse(value.as_str()?, currency).ok()?.minor.to_string()),
            Self::Integer => Out::Raw(integer(&plain(value)?)?),
            Self::Date(zone) => Out::Text(local(value, *zone)?.date_naive().to_string()),
            Self::UnixS => Out::Raw(instant(value)?.timestamp().to_string()),
            Self::UnixMs => Out::Raw(instant(value)?.timestamp_millis().to_string()),
            Self::Format(format, zone) => match value.as_str()?.parse::<NaiveDate>() {
                Ok(date) => Out::Text(date.format(format).to_string()),
                Err(_) => Out::Text(local(value, *zone)?.format(format).to_string()),
            },
            Self::Joined => {
                let texts = value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
                Out::Text(texts.join(", "))
            }
        })
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A decimal text as a JSON number with the same digits.
fn number(text: String) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let plain = all_digits(whole) && all_digits(fraction) && (whole == "0" || !whole.starts_with('0'));
    plain.then_some(text)
}

fn integer(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.bytes().all(|b| b == b'0') { number(whole.to_owned()) } else { None }
}

fn instant(value: &Value) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok()
}

/// In the zone asked for, else in the one it was said in.
fn local(value: &Value, zone: Option<Tz>) -> Option<DateTime<FixedOffset>> {
    let at = instant(value)?;
    Some(zone.map_or(at, |zone| at.with_timezone(&zone).fixed_offset()))
}
