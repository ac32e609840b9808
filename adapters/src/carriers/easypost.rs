//! EasyPost, a tracking service of many carriers that calls back.
//!
//! Facts: EasyPost/examples (official fixtures) and docs.easypost.com. The body is an event; those of trackers carry the
//! whole history under `result`, so they may be applied in any order. The signature covers the raw bytes: its numbers are
//! floats (`"weight":614.4`) that nobody writes again as they came, so nothing here does.

mod wire;

use super::{Carrier, NODES_MAX, TEXT_MAX, bad, cut, plain_reply, reject};
use crate::{
    carriers::CODE_MAX,
    sign::{Encoding, Scheme},
};
use chrono::DateTime;
use model::{
    port::inbound::{
        Callback, Document, TrackingNode, TrackingReport,
        TrackingStatus::{self, *},
    },
    said::{Reject, args},
    time::Instant,
};
use unicode_normalization::UnicodeNormalization;

pub static CARRIER: Carrier = Carrier {
    name: "easypost",
    scheme: Scheme::HmacSha256 { headers: &["x-hmac-signature"], encoding: Encoding::Hex, prefix: "hmac-sha256-hex=" },
    key,
    parse,
    reply: plain_reply,
};

/// EasyPost's states in the common set; its `status_detail` stays beside it in the node's code.
pub const STATES: [(&str, TrackingStatus); 10] = [
    ("available_for_pickup", AvailableForPickup),
    ("cancelled", Cancelled),
    ("delivered", Delivered),
    ("error", Exception),
    ("failure", Exception),
    ("in_transit", InTransit),
    ("out_for_delivery", OutForDelivery),
    ("pre_transit", InfoReceived),
    // It has begun; that it is back is not said.
    ("return_to_sender", Returning),
    ("unknown", Unknown),
];

/// The events that speak of a parcel.
const EVENTS: [&str; 2] = ["tracker.created", "tracker.updated"];

/// The secret in NFKD, as the sender normalises it; bytes that are no text are taken as they are.
fn key(secret: &[u8]) -> Vec<u8> {
    str::from_utf8(secret).map_or_else(|_| secret.to_vec(), |text| text.nfkd().collect::<String>().into_bytes())
}

fn parse(doc: &Document<'_>) -> Callback {
    let event = match event(doc.bytes) {
        Ok(event) => event,
        Err(why) => return Callback { reports: Vec::new(), rejects: vec![bad("", "", &why)] },
    };
    let mut rejects = Vec::new();
    if !EVENTS.contains(&event.description.as_str()) {
        let why = args([("event", cut(&event.description, CODE_MAX))]);
        let was = &event.description;
        rejects.push(Reject { args: why, ..reject("", "/description", "callback_ignored", was) });
        return Callback { reports: Vec::new(), rejects };
    }
    let report = report(&event.result, &mut rejects);
    Callback { reports: report.into_iter().collect(), rejects }
}

/// The event in the body; an error is a stable word.
fn event(body: &[u8]) -> Result<wire::Event, String> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err("not_an_object".to_owned());
    }
    let event: wire::Event = serde_json::from_slice(body).map_err(|error| {
        let kind = if error.is_data() { "shape" } else { "json" };
        format!("{kind}:{}:{}", error.line(), error.column())
    })?;
    if event.description.is_empty() { Err("event_missing".to_owned()) } else { Ok(event) }
}

fn report(value: &serde_json::Value, rejects: &mut Vec<Reject>) -> Option<TrackingReport> {
    let Some(tracker) = wire::Tracker::read(value) else {
        rejects.push(bad("", "/result", "shape"));
        return None;
    };
    let number = tracker.number.trim();
    if number.is_empty() || number.chars().count() > CODE_MAX {
        rejects.push(bad("", "/result/tracking_code", "number_unusable"));
        return None;
    }
    // The newest stand last.
    let extra = tracker.details.len().saturating_sub(NODES_MAX);
    if extra > 0 {
        let max = args([("max", NODES_MAX.to_string())]);
        rejects.push(Reject { args: max, ..reject(number, "/result/tracking_details", "too_many_values", "") });
    }
    let mut nodes = Vec::with_capacity(tracker.details.len() - extra);
    for (position, detail) in tracker.details.iter().enumerate().skip(extra) {
        nodes.extend(node(detail, number, &format!("/result/tracking_details/{position}"), rejects));
    }
    nodes.sort_by_key(|node: &TrackingNode| node.at);
    let status = status(&tracker.status, number, "/result/status", rejects);
    Some(TrackingReport { carrier: cut(tracker.carrier.trim(), CODE_MAX), number: number.to_owned(), nodes, status })
}

fn node(value: &serde_json::Value, number: &str, place: &str, rejects: &mut Vec<Reject>) -> Option<TrackingNode> {
    let Some(detail) = wire::Detail::read(value) else {
        rejects.push(bad(number, place, "node"));
        return None;
    };
    let Ok(at) = DateTime::parse_from_rfc3339(detail.at.trim()) else {
        let place = format!("{place}/datetime");
        rejects.push(Reject { field: "at".to_owned(), ..reject(number, &place, "not_a_date", &detail.at) });
        return None;
    };
    let text = if detail.message.is_empty() { &detail.description } else { &detail.message };
    Some(TrackingNode {
        at: Instant(at.timestamp_micros()),
        status: status(&detail.status, number, &format!("{place}/status"), rejects),
        code: cut(&detail.code(), CODE_MAX),
        text: cut(text, TEXT_MAX),
        place: cut(&detail.place.line(), TEXT_MAX),
    })
}

/// The common state; one we do not know is `Unknown` and reported once, never guessed.
fn status(word: &str, number: &str, place: &str, rejects: &mut Vec<Reject>) -> TrackingStatus {
    let word = word.trim();
    if word.is_empty() {
        return Unknown;
    }
    let known = STATES.iter().find(|(name, _)| *name == word).map(|(_, status)| *status);
    known.unwrap_or_else(|| {
        let strange = reject(number, place, "tracking_code_unknown", word);
        if !rejects.iter().any(|known| known.code == strange.code && known.was == strange.was) {
            rejects.push(strange);
        }
        Unknown
    })
}
