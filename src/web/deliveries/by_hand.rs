//! What people do with deliveries that wait for them: another try, for one or for all of a partner; or the end, when they know
//! that it was done. Who did it is kept.

use super::{find, summary};
use crate::{
    app::App,
    auth::Permission,
    store::{
        Lane, StoreError, Tx,
        deliveries::{self, DeliverySummary},
        exchanges::{self, Exchange},
        house::{self, Audited},
    },
    web::{
        api::shapes,
        body::Json,
        claim::Caller,
        commands::words,
        problem::{self, Problem},
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use model::{codes::Connector, ids::DeliveryId, time::Instant};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Deliveries that are tried again with one request.
const REDRIVEN_MAX: usize = 500;
/// What is recorded in place of an answer's outcome.
const MARKED_DONE: &str = "marked_done";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    #[schemars(with = "String", length(min = 1), regex(pattern = shapes::TEXT))]
    connector: Connector,
    /// Only those that failed with this code, e.g. `partner_broken`; absent: all of them.
    #[schemars(length(min = 1), regex(pattern = shapes::TEXT))]
    error: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Done {
    /// How it is known; it is kept with the delivery, so it names no customer.
    #[schemars(length(min = 1, max = 1000), regex(pattern = shapes::WORDS))]
    reason: String,
}

pub(super) async fn redrive(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::Redrive)?;
    let found = find(&app, &id).await?;
    let now = app.core.clock.now();
    let tx = app.core.store.begin(Lane::Work).await?;
    if deliveries::redrive(&tx, &[found.id], now).await? == 0 {
        return Err(not_quarantined(found.id));
    }
    audit(&tx, &caller, &[found.id], "delivery_redriven", &json!({}), now).await?;
    tx.commit().await?;
    show(&app, &id, &request).await
}

/// The oldest first; what is left is asked for again.
pub(super) async fn redrive_all(app: Data<App>, caller: Caller, body: Json<Which>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::Redrive)?;
    let Json(Which { connector, error }) = body;
    let error = error.as_deref();
    for (field, text) in [("connector", Some(connector.as_str())), ("error", error)] {
        if text.is_some_and(|text| text.is_empty() || text.contains('\0')) {
            return Err(Problem::bad_request("invalid_value").with("field", field).at(format!("/{field}")));
        }
    }
    let limit = REDRIVEN_MAX as u64 + 1;
    let mut found = deliveries::quarantined(app.core.store.read(), &connector, error, limit).await?;
    let more = found.len() > REDRIVEN_MAX;
    found.truncate(REDRIVEN_MAX);
    let now = app.core.clock.now();
    let tx = app.core.store.begin(Lane::Work).await?;
    let redriven = deliveries::redrive(&tx, &found, now).await?;
    audit(&tx, &caller, &found, "delivery_redriven", &json!({ "error": error }), now).await?;
    tx.commit().await?;
    app.core.deliveries.notify_waiters();
    Ok(HttpResponse::Ok().json(json!({ "redriven": redriven, "more": more })))
}

pub(super) async fn done(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    body: Json<Done>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::Redrive)?;
    let reason = words("reason", body.0.reason)?;
    let found = find(&app, &id).await?;
    let now = app.core.clock.now();
    let tx = app.core.store.begin(Lane::Work).await?;
    if deliveries::close(&tx, &[found.id], now).await? == 0 {
        return Err(not_quarantined(found.id));
    }
    exchanges::insert(&tx, &[said_by_hand(&found, &caller, &reason, now)]).await?;
    audit(&tx, &caller, &[found.id], "delivery_marked_done", &json!({ "reason": reason }), now).await?;
    tx.commit().await?;
    show(&app, &id, &request).await
}

/// What stands among the exchanges in place of a call.
fn said_by_hand(found: &DeliverySummary, caller: &Caller, reason: &str, at: Instant) -> Exchange {
    let actor = caller.0.actor();
    let by = actor.user().map_or("", |user| user.as_str());
    Exchange {
        delivery: found.id,
        attempt: found.attempts,
        at,
        took: 0,
        request: json!({ "by": by, "reason": reason }).to_string(),
        answer: json!({ "done": true }).to_string(),
        outcome: MARKED_DONE.to_owned(),
    }
}

fn not_quarantined(id: DeliveryId) -> Problem {
    Problem::new(StatusCode::CONFLICT, "not_quarantined").with("delivery", id)
}

async fn audit(
    tx: &Tx,
    caller: &Caller,
    ids: &[DeliveryId],
    action: &str,
    detail: &Value,
    at: Instant,
) -> Result<(), StoreError> {
    let entry = |id: &DeliveryId| Audited {
        at,
        actor: caller.0.actor(),
        action: action.to_owned(),
        target: id.to_string(),
        detail: detail.to_string(),
    };
    house::audit(tx, &ids.iter().map(entry).collect::<Vec<_>>()).await
}

/// The delivery as it is now, after those who send were told to look.
async fn show(app: &App, id: &str, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    app.core.deliveries.notify_waiters();
    let found = find(app, id).await?;
    Ok(HttpResponse::Ok().json(summary(&found, problem::language(request))))
}
