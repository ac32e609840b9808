//! The tracking service calls the hub back, in kuaidi100's form.

use super::world::{Node, World};
use crate::{
    clock::Clock,
    dispatch::{
        auth::Credentials,
        send::{Client, Endpoint},
    },
};
use adapters::{
    carriers::kuaidi100::{CARRIER, states},
    sign,
};
use chrono::{DateTime, FixedOffset, Utc};
use model::{
    port::{
        inbound::TrackingStatus,
        outbound::{HttpRequest, Outcome},
    },
    time::SECOND,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The service writes Beijing time, seconds east of UTC.
const ZONE_S: i32 = 8 * 3600;
/// Bytes read of the hub's answer.
const ANSWER_MAX: usize = 16 * 1024;
/// The whole call, microseconds.
const DEADLINE: i64 = 10 * SECOND;

/// A parcel's history to be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// Where the hub takes callbacks, e.g. `http://127.0.0.1:8080/callbacks/kuaidi100`.
    pub url: String,
    /// The secret the service signs with.
    pub secret: String,
    /// The service's own code of the carrier, e.g. `shunfeng`.
    pub carrier: String,
    /// The parcel's number.
    pub number: String,
    /// The whole history, oldest first, in the service's codes: `103` picked up, `1002` on its way, `5` out for delivery,
    /// `301` signed for.
    pub states: Vec<String>,
}

/// What the hub said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CallbackAnswer {
    pub status: u16,
    pub body: String,
}

/// Why nothing was told, or not heard.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallbackError {
    #[error("a history has at least one state")]
    Empty,
    #[error("the service has no state `{0}`")]
    UnknownState(String),
    #[error("it cannot be signed: {0}")]
    Secret(&'static str),
    #[error("the hub cannot be called at `{0}`")]
    Address(String),
    #[error("the hub does not answer: {0}")]
    NoAnswer(String),
}

pub(super) async fn send(world: &World, client: &Client, told: &Callback) -> Result<CallbackAnswer, CallbackError> {
    let Some(last) = told.states.last() else { return Err(CallbackError::Empty) };
    if let Some(strange) = told.states.iter().find(|code| states::common(code).is_none()) {
        return Err(CallbackError::UnknownState(strange.clone()));
    }
    let now = Clock::system().now();
    let history = world.history(&told.number, &told.states, now.0);
    let param = param(told, last, &history);
    let secrets = [told.secret.clone().into_bytes()];
    let signed = sign::sign(CARRIER.scheme, &secrets, &told.number, now, param.as_bytes())
        .map_err(|fault| CallbackError::Secret(fault.code()))?;
    let to = Endpoint::new(&told.url, true).map_err(|refused| CallbackError::Address(refused.to_string()))?;
    let mut headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    headers.extend(signed.headers);
    let request = HttpRequest {
        name: "callback",
        method: "POST",
        path: String::new(),
        headers,
        body: signed.body.into_owned(),
        answer_max: ANSWER_MAX,
        deadline: DEADLINE,
    };
    match client.send(&to, &Credentials::none(), &request).await {
        Outcome::Http { status, body, .. } => {
            Ok(CallbackAnswer { status, body: String::from_utf8_lossy(&body).into_owned() })
        }
        Outcome::NotSent { code } | Outcome::Unknown { code } => Err(CallbackError::NoAnswer(code)),
        Outcome::Done | Outcome::Failed(_) => Err(CallbackError::NoAnswer(String::new())),
    }
}

/// The callback's JSON: the whole history, newest first.
fn param(told: &Callback, last: &str, history: &[Node]) -> String {
    let arrived = states::common(last) == Some(TrackingStatus::Delivered);
    let node = |node: &Node| {
        let (time, name) = (time(node.at), name(&node.code));
        json!({ "time": time, "ftime": time, "context": name, "areaName": "", "status": name, "statusCode": node.code })
    };
    let data: Vec<_> = history.iter().rev().map(node).collect();
    json!({
        "status": if arrived { "shutdown" } else { "polling" },
        "billstatus": "got",
        "message": "",
        "autoCheck": "0",
        "comOld": "",
        "comNew": "",
        "lastResult": {
            "message": "ok", "state": last, "status": "200", "condition": "F00",
            "ischeck": if arrived { "1" } else { "0" },
            "com": told.carrier, "nu": told.number, "data": data,
        },
    })
    .to_string()
}

fn time(at: i64) -> String {
    let utc = DateTime::<Utc>::from_timestamp_micros(at).unwrap_or_default();
    let zone = FixedOffset::east_opt(ZONE_S).map(|zone| utc.with_timezone(&zone).naive_local());
    zone.unwrap_or_else(|| utc.naive_utc()).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The service's own name of a state.
fn name(code: &str) -> &'static str {
    states::STATES.iter().find(|(number, name, _)| *number == code || *name == code).map_or("", |(_, name, _)| name)
}
