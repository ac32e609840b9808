//! kuaidi100, a Chinese tracking service that watches parcels of most carriers and calls back.
//!
//! Facts: kuaidi100-api/java-demo and the service's documentation (api.kuaidi100.com/document). A callback is a form with
//! `param` (JSON) and `sign`; it restates the parcel's whole history each time, newest first, so it may be applied in any order.

pub mod states;

mod wire;

use super::{Carrier, bad, cut, reject};
use crate::sign::{Scheme, form};
use chrono::{FixedOffset, NaiveDateTime};
use model::{
    port::inbound::{Callback, Document, Reply, TrackingNode, TrackingReport, TrackingStatus},
    said::{Reject, WAS_MAX, args},
    time::Instant,
};
use std::collections::BTreeSet;

pub use super::{CODE_MAX, NODES_MAX, TEXT_MAX};

pub static CARRIER: Carrier = Carrier {
    name: "kuaidi100",
    scheme: Scheme::Md5Form { field: "param", signature: "sign" },
    key: <[u8]>::to_vec,
    parse,
    reply,
};

/// Times come without a zone and mean Beijing, seconds east of UTC.
const ZONE_S: i32 = 8 * 3600;

fn reply(durable: bool) -> Reply {
    let body = if durable {
        r#"{"result":true,"returnCode":"200","message":"成功"}"#
    } else {
        r#"{"result":false,"returnCode":"500","message":"失败"}"#
    };
    Reply { status: 200, media_type: "application/json", body: body.to_owned() }
}

fn parse(doc: &Document<'_>) -> Callback {
    let mut reading = Reading::default();
    match param(doc.bytes) {
        Ok(param) => reading.param(&param),
        Err((pointer, why)) => reading.rejects.push(bad("", pointer, &why)),
    }
    Callback { reports: reading.reports, rejects: reading.rejects }
}

/// The JSON in the form; an error is a place and a stable word.
fn param(body: &[u8]) -> Result<wire::Param, (&'static str, String)> {
    let form = form::read(body).map_err(|fault| ("", fault.code().to_owned()))?;
    let json = form.get("param").ok_or_else(|| ("", "param_missing".to_owned()))?;
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(("/param", "not_an_object".to_owned()));
    }
    serde_json::from_slice(json).map_err(|error| {
        let kind = if error.is_data() { "shape" } else { "json" };
        ("/param", format!("{kind}:{}:{}", error.line(), error.column()))
    })
}

/// A callback while it is read.
#[derive(Default)]
struct Reading {
    reports: Vec<TrackingReport>,
    rejects: Vec<Reject>,
    /// State codes already complained about.
    strange: BTreeSet<String>,
}

impl Reading {
    fn param(&mut self, param: &wire::Param) {
        let first = param.last.as_ref().and_then(|list| self.list(list, "/param/lastResult"));
        let abroad = param.abroad.as_ref().and_then(|list| self.list(list, "/param/destResult"));
        let number = first.as_ref().or(abroad.as_ref()).map(|report| report.number.clone()).unwrap_or_default();
        match (first, abroad) {
            (None, None) if param.status != "abort" => {
                self.rejects.push(bad("", "/param/lastResult", "parcel_missing"));
            }
            // An international parcel: one parcel, two lists.
            (Some(first), Some(abroad)) if abroad.number == first.number => {
                self.reports.push(correct(join(first, abroad), param));
            }
            (first, abroad) => {
                self.reports.extend(first.map(|report| correct(report, param)));
                self.reports.extend(abroad);
            }
        }
        // The status of the callback is not the parcel's: it says that nobody watches the parcel any more.
        if param.status == "abort" {
            let message: String = param.message.chars().take(WAS_MAX).collect();
            self.rejects.push(reject(&number, "/param/status", "tracking_aborted", &message));
        }
    }

    fn list(&mut self, list: &wire::List, place: &str) -> Option<TrackingReport> {
        let number = list.number.trim();
        if number.is_empty() && list.nodes.is_empty() {
            return None;
        }
        if number.is_empty() || number.chars().count() > CODE_MAX {
            self.rejects.push(bad("", &format!("{place}/nu"), "number_unusable"));
            return None;
        }
        if list.nodes.len() > NODES_MAX {
            self.rejects.push(Reject {
                args: args([("max", NODES_MAX.to_string())]),
                ..reject(number, &format!("{place}/data"), "too_many_values", "")
            });
        }
        let mut nodes = Vec::with_capacity(list.nodes.len().min(NODES_MAX));
        for (position, node) in list.nodes.iter().take(NODES_MAX).enumerate() {
            nodes.extend(self.node(node, number, &format!("{place}/data/{position}")));
        }
        // Newest first as sent; two nodes of the same second keep their order.
        nodes.reverse();
        nodes.sort_by_key(|node| node.at);
        let status = self.status(&list.state, number, &format!("{place}/state"));
        Some(TrackingReport { carrier: cut(list.carrier.trim(), CODE_MAX), number: number.to_owned(), nodes, status })
    }

    fn node(&mut self, value: &serde_json::Value, number: &str, place: &str) -> Option<TrackingNode> {
        let Some(node) = wire::Node::read(value) else {
            self.rejects.push(Reject { was: cut(&value.to_string(), WAS_MAX), ..bad(number, place, "node") });
            return None;
        };
        // `ftime` is the formatted twin of `time`.
        let (field, written) = if node.ftime.is_empty() { ("time", &node.time) } else { ("ftime", &node.ftime) };
        let Some(at) = instant(written) else {
            let place = format!("{place}/{field}");
            self.rejects.push(Reject { field: "at".to_owned(), ..reject(number, &place, "not_a_date", written) });
            return None;
        };
        // Without the extended result only the state's name is there.
        let code = if node.code.is_empty() { &node.name } else { &node.code };
        Some(TrackingNode {
            at,
            status: self.status(code, number, place),
            code: cut(code, CODE_MAX),
            text: cut(&node.text, TEXT_MAX),
            place: cut(&node.place, TEXT_MAX),
        })
    }

    /// The common state; one we do not know is `Unknown` and reported once, never guessed.
    fn status(&mut self, code: &str, number: &str, place: &str) -> TrackingStatus {
        if code.is_empty() {
            return TrackingStatus::Unknown;
        }
        states::common(code).unwrap_or_else(|| {
            if self.strange.insert(cut(code, CODE_MAX)) {
                self.rejects.push(reject(number, place, "tracking_code_unknown", code));
            }
            TrackingStatus::Unknown
        })
    }
}

/// One history of both lists; the list with the newest node says the state.
fn join(mut first: TrackingReport, abroad: TrackingReport) -> TrackingReport {
    let newest = |report: &TrackingReport| report.nodes.last().map(|node| node.at);
    if !abroad.nodes.is_empty() && newest(&abroad) >= newest(&first) {
        first.status = abroad.status;
    }
    first.nodes.extend(abroad.nodes);
    first.nodes.sort_by_key(|node| node.at);
    first
}

/// The service may find that another carrier has the parcel (`autoCheck`). The report keeps the carrier under which we
/// registered the parcel, since that is how it is known to us.
fn correct(mut report: TrackingReport, param: &wire::Param) -> TrackingReport {
    if param.auto_check == "1" && !param.carrier_before.is_empty() {
        report.carrier = cut(&param.carrier_before, CODE_MAX);
    }
    report
}

/// `2026-11-22 16:33:19`, Beijing.
fn instant(text: &str) -> Option<Instant> {
    let local = NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%d %H:%M:%S").ok()?;
    let at = local.and_local_timezone(FixedOffset::east_opt(ZONE_S)?).single()?;
    Some(Instant(at.timestamp_micros()))
}
