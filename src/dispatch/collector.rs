//! Spans on their way to a collector: OTLP as JSON over HTTP, some at a time. A collector that is away costs spans, which are
//! counted, and nothing else.

use super::{
    auth::Credentials,
    send::{AddressRefused, Client, ClientError, Endpoint},
};
use crate::{app::Core, traces::Span};
use model::{
    port::outbound::{HttpRequest, Outcome},
    time::{Instant, SECOND},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Spans of one call.
const BATCH: usize = 512;
/// Time spans wait for others.
const PAUSE: Duration = Duration::from_millis(500);
/// Of one call, microseconds.
const DEADLINE: i64 = 3 * SECOND;
const ANSWER_MAX: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error(transparent)]
    Address(#[from] AddressRefused),
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Passes for an address spans can be sent to; empty = none is wanted.
///
/// # Errors
/// Why it is not called.
pub fn check(endpoint: &str) -> Result<(), AddressRefused> {
    if endpoint.is_empty() { Ok(()) } else { Endpoint::new(endpoint, true).map(drop) }
}

/// Starts the task, where a collector is configured.
pub(super) fn start(core: &Arc<Core>) -> Result<(), Unusable> {
    let Some(inbox) = core.traces.take() else { return Ok(()) };
    let endpoint = Endpoint::new(&core.config.traces.endpoint, true)?;
    let client = Client::new(endpoint.inside_host())?;
    tokio::spawn(work(Arc::clone(core), inbox, client, endpoint));
    Ok(())
}

async fn work(core: Arc<Core>, mut inbox: mpsc::Receiver<Span>, client: Client, endpoint: Endpoint) {
    let (mut spans, mut was_away) = (Vec::with_capacity(BATCH), false);
    while inbox.recv_many(&mut spans, BATCH).await > 0 {
        let request = HttpRequest {
            name: "traces",
            method: "POST",
            path: String::new(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body(&spans).to_string().into_bytes(),
            answer_max: ANSWER_MAX,
            deadline: DEADLINE,
        };
        let outcome = client.send(&endpoint, &Credentials::none(), &request).await;
        let is_away = !matches!(outcome, Outcome::Http { status: 200..=299, .. });
        if is_away {
            core.traces.lost(spans.len());
        }
        if is_away && !was_away {
            tracing::warn!("the collector of traces does not take them; spans are dropped until it does");
        }
        was_away = is_away;
        spans.clear();
        tokio::time::sleep(PAUSE).await;
    }
}

fn body(spans: &[Span]) -> Value {
    let attributes = [("service.name", "tributary"), ("service.version", env!("CARGO_PKG_VERSION"))];
    let resource: Vec<Value> = attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": resource },
        "scopeSpans": [{ "scope": { "name": "tributary" }, "spans": spans }],
    }] })
}

fn span(span: &Span) -> Value {
    // 2 = somebody asked us, 3 = we ask somebody, 1 = within.
    let kind = match span.name {
        crate::traces::WEBHOOK => 2,
        crate::traces::DELIVER => 3,
        _ => 1,
    };
    let attributes: Vec<Value> = span.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    let mut shown = json!({
        "traceId": hex::encode(span.trace),
        "spanId": hex::encode(span.id),
        "name": span.name,
        "kind": kind,
        "startTimeUnixNano": nanos(span.start),
        "endTimeUnixNano": nanos(span.end),
        "attributes": attributes,
    });
    if let Some(parent) = span.parent {
        shown["parentSpanId"] = json!(hex::encode(parent));
    }
    shown
}

fn nanos(at: Instant) -> String {
    format!("{}000", at.0)
}

fn attribute(name: &str, value: &str) -> Value {
    json!({ "key": name, "value": { "stringValue": value } })
}
