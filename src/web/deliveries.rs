//! What partners were told, how it went, and another try for what a person has looked at.

mod by_hand;

use super::{
    api::{Api, Says, shapes},
    claim::Caller,
    problem::{self, Problem},
    reply::{Page, page_size, place_of},
};
use crate::{
    app::App,
    auth::Permission,
    store::{
        deliveries::{self, DeliveryFilter, DeliveryState, DeliverySummary},
        exchanges::{self, Exchange},
    },
    words::Language,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use model::{
    codes::Connector,
    ids::{DeliveryId, OrderId},
    said::args,
    time::Instant,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn routes(api: &mut Api) {
    let reads = |name, summary| Says::keyed(name, summary, Permission::ReadDeliveries);
    let list_says = reads("listDeliveries", "What partners were told, newest first").query::<Wanted>();
    api.get("/v1/deliveries", list, list_says.gives(200, "DeliveryPage").fails(400, &["invalid_cursor"]));
    // Before what takes any word for an id.
    let says = Says::keyed("redriveDeliveries", "Tries a partner's quarantined deliveries again", Permission::Redrive);
    let says = says.json::<by_hand::Which>().gives(200, "Redriven").fails(400, &["invalid_value"]);
    api.post("/v1/deliveries/redrive", by_hand::redrive_all, says);
    let says = reads("getDelivery", "One delivery with every request and answer, redacted").gives(200, "Delivery");
    api.get("/v1/deliveries/{id}", one, says.fails(404, UNKNOWN));
    let says = Says::keyed("redriveDelivery", "Tries a quarantined delivery again", Permission::Redrive);
    let says = says.gives(200, "Delivery").fails(404, UNKNOWN).fails(409, &["not_quarantined"]);
    api.post("/v1/deliveries/{id}/redrive", by_hand::redrive, says);
    let says = Says::keyed("closeDelivery", "Ends a quarantined delivery that the partner did", Permission::Redrive);
    let says = says.json::<by_hand::Done>().gives(200, "Delivery").fails(400, &["invalid_value", "too_long"]);
    api.post("/v1/deliveries/{id}/done", by_hand::done, says.fails(404, UNKNOWN).fails(409, &["not_quarantined"]));
}

const UNKNOWN: &[&str] = &["unknown_delivery"];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `waiting`, `done`, `superseded` or `quarantined`.
    #[schemars(with = "Option<String>", extend("enum" = ["waiting", "done", "superseded", "quarantined"]))]
    state: Option<DeliveryState>,
    #[schemars(with = "Option<String>")]
    connector: Option<Connector>,
    /// An order's id.
    #[schemars(with = "Option<String>", extend("format" = "uuid"))]
    order: Option<OrderId>,
    /// `next` of the page before; empty or absent: the first page.
    #[schemars(length(max = 1024), regex(pattern = shapes::CURSOR), extend("format" = "cursor"))]
    cursor: Option<String>,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

async fn list(
    app: Data<App>,
    caller: Caller,
    wanted: Query<Wanted>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadDeliveries)?;
    let size = page_size(wanted.limit)?;
    let filter = DeliveryFilter {
        connector: wanted.connector.clone(),
        state: wanted.state,
        order: wanted.order,
        before: place_of::<(Instant, DeliveryId)>(wanted.cursor.as_deref())?,
        limit: u64::from(size) + 1,
    };
    let rows = deliveries::list(app.core.store.read(), &filter).await?;
    let page = Page::cut(rows, size, |last| (last.created_at, last.id));
    let language = problem::language(&request);
    Ok(HttpResponse::Ok().json(page.map(|row| summary(&row, language))))
}

fn summary(row: &DeliverySummary, language: Language) -> Value {
    // A failure's words name the partner, when they name anything.
    let named = args([("connector", row.connector.to_string())]);
    let failure = (!row.error.is_empty()).then(|| language.say(&row.error, &named));
    json!({
        "id": row.id,
        "connector": row.connector,
        "order": row.order,
        "stream": row.stream,
        "number": row.number,
        "message": row.kind,
        "state": row.state,
        "attempts": row.attempts,
        "error": row.error,
        "error_text": failure.as_ref().map(|words| &words.title),
        "error_remedy": failure.as_ref().map(|words| &words.remedy),
        "next_at": row.next_at.rfc3339(),
        "created_at": row.created_at.rfc3339(),
        "updated_at": row.updated_at.rfc3339(),
    })
}

async fn one(app: Data<App>, caller: Caller, id: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadDeliveries)?;
    let found = find(&app, &id).await?;
    let recorded = exchanges::of_delivery(app.core.store.read(), found.id).await?;
    let mut shown = summary(&found, problem::language(&request));
    shown["exchanges"] = recorded.iter().map(exchange).collect();
    Ok(HttpResponse::Ok().json(shown))
}

async fn find(app: &App, id: &str) -> Result<DeliverySummary, Problem> {
    let unknown = || Problem::not_found("unknown_delivery").with("delivery", id);
    let id: DeliveryId = id.parse().map_err(|_| unknown())?;
    deliveries::by_id(app.core.store.read(), id).await?.ok_or_else(unknown)
}

/// Redacted when it was recorded; nothing secret is in it.
fn exchange(exchange: &Exchange) -> Value {
    let recorded = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| json!(text));
    json!({
        "attempt": exchange.attempt,
        "at": exchange.at.rfc3339(),
        "took_us": exchange.took,
        "request": recorded(&exchange.request),
        "answer": recorded(&exchange.answer),
        "outcome": exchange.outcome,
    })
}
