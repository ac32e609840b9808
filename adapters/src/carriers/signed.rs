//! Any caller that signs its JSON in one header, described by the configuration without code: where the parcel's number,
//! state, time, place and text are, and what its words mean.

use super::{CODE_MAX, NODES_MAX, TEXT_MAX, bad, cut, reject};
use crate::{mapping, sign::header::HeaderSignature};
use chrono_tz::Tz;
use model::{
    port::inbound::{Callback, Document, TrackingNode, TrackingReport, TrackingStatus},
    said::{Reject, args},
    time::Instant,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The `kind` of such a caller.
pub const KIND: &str = "signed";

/// The table `[carriers.<code>.form]`. Places are JSON pointers (RFC 6901).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub signature: HeaderSignature,
    /// The parcel's number.
    pub number: String,
    /// The carrier, where the caller speaks for several; else `carrier_code` says it.
    #[serde(default)]
    pub carrier: String,
    #[serde(default)]
    pub carrier_code: String,
    /// The array of the parcel's history; empty = the body is one node. The places below are inside a node.
    #[serde(default)]
    pub history: String,
    pub status: String,
    pub at: String,
    #[serde(default)]
    pub place: String,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub time: TimeForm,
    /// IANA zone of times without an offset; empty = such a time is refused.
    #[serde(default)]
    pub zone: String,
    /// The caller's words to ours, letter for letter.
    pub statuses: BTreeMap<String, TrackingStatus>,
}

/// How a time is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeForm {
    /// As mappings read a date with a time, the year first: `2026-11-22T16:33:19Z`, `2026-11-22 16:33:19`.
    #[default]
    Text,
    /// Seconds since 1970.
    UnixS,
    /// Milliseconds since 1970.
    UnixMs,
}

/// A mistake in a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormMistake {
    /// The key of the table.
    pub key: &'static str,
    pub code: &'static str,
    pub was: String,
}

impl Form {
    /// Every mistake that can be seen without a document.
    pub fn lint(&self) -> Vec<FormMistake> {
        let mut found = Vec::new();
        let mut note = |code, key, was: &str| found.push(FormMistake { key, code, was: was.to_owned() });
        if !self.signature.is_header() {
            note("callback_form_header", "signature.header", &self.signature.header);
        }
        let due = [("number", &self.number), ("status", &self.status), ("at", &self.at)];
        let may =
            [("carrier", &self.carrier), ("history", &self.history), ("place", &self.place), ("text", &self.text)];
        for (key, pointer) in due.into_iter().chain(may.into_iter().filter(|(_, pointer)| !pointer.is_empty())) {
            if !is_pointer(pointer) {
                note("callback_form_pointer", key, pointer);
            }
        }
        if self.carrier.is_empty() == self.carrier_code.is_empty() {
            note("callback_form_carrier", "carrier", &self.carrier_code);
        }
        if !self.zone.is_empty() && self.zone.parse::<Tz>().is_err() {
            note("unknown_zone", "zone", &self.zone);
        }
        if self.statuses.is_empty() {
            note("callback_form_statuses", "statuses", "");
        }
        found
    }

    pub(super) fn parse(&self, doc: &Document<'_>) -> Callback {
        match serde_json::from_slice(doc.bytes) {
            Ok(body) => {
                let mut reading = Reading { form: self, zone: self.zone.parse().ok(), rejects: Vec::new() };
                let reports = reading.report(&body).into_iter().collect();
                Callback { reports, rejects: reading.rejects }
            }
            Err(error) => {
                let why = format!("json:{}:{}", error.line(), error.column());
                Callback { reports: Vec::new(), rejects: vec![bad("", "", &why)] }
            }
        }
    }
}

/// `/a/0/b~1c`: every part begins with a slash, and `~` only escapes.
fn is_pointer(text: &str) -> bool {
    let escaped = |part: &str| part.split('~').skip(1).all(|behind| behind.starts_with(['0', '1']));
    text.starts_with('/') && text.split('/').all(escaped)
}

/// A callback while it is read.
struct Reading<'a> {
    form: &'a Form,
    zone: Option<Tz>,
    rejects: Vec<Reject>,
}

impl Reading<'_> {
    fn report(&mut self, body: &Value) -> Option<TrackingReport> {
        let form = self.form;
        let number = words(body, &form.number);
        let number = number.trim();
        if number.is_empty() || number.chars().count() > CODE_MAX {
            self.rejects.push(bad("", &form.number, "number_unusable"));
            return None;
        }
        let mut nodes: Vec<TrackingNode> = Vec::new();
        if form.history.is_empty() {
            nodes.extend(self.node(body, number, ""));
        } else if let Some(Value::Array(entries)) = body.pointer(&form.history) {
            if entries.len() > NODES_MAX {
                let max = args([("max", NODES_MAX.to_string())]);
                self.rejects.push(Reject { args: max, ..reject(number, &form.history, "too_many_values", "") });
            }
            for (position, entry) in entries.iter().take(NODES_MAX).enumerate() {
                nodes.extend(self.node(entry, number, &format!("{}/{position}", form.history)));
            }
        } else {
            self.rejects.push(bad(number, &form.history, "not_an_array"));
        }
        nodes.sort_by_key(|node| node.at);
        // The newest node is the state: a word without a time could not be put in order.
        let status = nodes.last()?.status;
        let carrier = if form.carrier.is_empty() { form.carrier_code.clone() } else { words(body, &form.carrier) };
        Some(TrackingReport { carrier: cut(carrier.trim(), CODE_MAX), number: number.to_owned(), nodes, status })
    }

    fn node(&mut self, entry: &Value, number: &str, place: &str) -> Option<TrackingNode> {
        let form = self.form;
        let written = words(entry, &form.at);
        let Some(at) = self.moment(&written) else {
            let at = format!("{place}{}", form.at);
            self.rejects.push(Reject { field: "at".to_owned(), ..reject(number, &at, "not_a_date", &written) });
            return None;
        };
        let word = words(entry, &form.status);
        let status = form.statuses.get(&word).copied().unwrap_or_else(|| {
            let strange = reject(number, &format!("{place}{}", form.status), "tracking_code_unknown", &word);
            if !self.rejects.iter().any(|known| known.code == strange.code && known.was == strange.was) {
                self.rejects.push(strange);
            }
            TrackingStatus::Unknown
        });
        Some(TrackingNode {
            at,
            status,
            code: cut(&word, CODE_MAX),
            text: cut(&words(entry, &form.text), TEXT_MAX),
            place: cut(&words(entry, &form.place), TEXT_MAX),
        })
    }

    fn moment(&self, written: &str) -> Option<Instant> {
        match self.form.time {
            TimeForm::Text => mapping::moment(written, self.zone),
            TimeForm::UnixS => mapping::unix_moment(written.parse().ok()?, 1),
            TimeForm::UnixMs => mapping::unix_moment(written.parse().ok()?, 1000),
        }
    }
}

/// The text or whole number at a place, empty when there is none; a float is no text that anybody wrote.
fn words(value: &Value, pointer: &str) -> String {
    if pointer.is_empty() {
        return String::new();
    }
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if !number.is_f64() => number.to_string(),
        _ => String::new(),
    }
}
