//! Orders to be read: lists, the whole of one, and its history with every reason.

mod filter;
mod header;
mod holds;
mod parcels;
mod placing;
mod rules;
mod sentence;
mod show;
mod timeline;

pub(super) use holds::holds as show_holds;
pub(super) use rules::{difference as show_difference, note as show_note, passed_over as show_passed_over};
pub(super) use show::spoken_in;
pub(super) use timeline::told;

use super::{
    api::{Api, Says},
    claim::Caller,
    problem::{self, Problem},
    reply::{Page, page_size},
};
use crate::{
    app::{App, Core},
    auth::Permission,
    store::{
        bulk::Lock,
        order_lists::{self, OrderSummary},
        orders,
    },
    words::Language,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use filter::Wanted;
use model::{codes::Channel, ids::OrderId, order::state::Slot, said::Args, time::Instant};
use serde_json::{Value, json};

pub(super) fn routes(api: &mut Api) {
    let reads = |name, summary| Says::keyed(name, summary, Permission::ReadOrders);
    let says = reads("listOrders", "Orders, newest first").query::<Wanted>().gives(200, "OrderPage");
    api.get("/v1/orders", list, says.fails(400, &["invalid_cursor"]));
    api.post("/v1/orders", placing::take, placing::says());
    let says = reads("getOrder", "The whole of an order, with all reasons").gives(200, "Order");
    api.get("/v1/orders/{id}", one, says.fails(404, UNKNOWN));
    let says = reads("timeline", "Every event of an order, with a sentence for people").gives(200, "Timeline");
    api.get("/v1/orders/{id}/timeline", history, says.fails(404, UNKNOWN));
}

const UNKNOWN: &[&str] = &["unknown_order"];

async fn list(
    app: Data<App>,
    caller: Caller,
    wanted: Query<Wanted>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadOrders)?;
    let size = page_size(wanted.limit)?;
    let mut filter = wanted.filter(&app.core.config.company.zone)?;
    filter.limit = u64::from(size) + 1;
    if let Some(keys) = wanted.keys(app.core.channels.values().map(|channel| &channel.code)) {
        filter.ids = Some(of_keys(&app.core, &keys).await?);
    }
    let rows = order_lists::list(app.core.store.read(), &filter).await?;
    let page = Page::cut(rows, size, |last| (last.placed_at, last.id));
    let language = problem::language(&request);
    Ok(HttpResponse::Ok().json(page.map(|row| summary(&row, language))))
}

/// The orders that channels know by these ids; none when nobody has spoken of them.
async fn of_keys(core: &Core, keys: &[(Channel, String)]) -> Result<Vec<OrderId>, Problem> {
    Ok(orders::ids_of(core.store.read(), keys).await?.into_values().collect())
}

fn summary(row: &OrderSummary, language: Language) -> Value {
    json!({
        "id": row.id,
        "number": row.number,
        "channel": row.channel,
        "external_id": row.external_id,
        "kind": row.kind,
        "status": row.status,
        "status_text": word(language, &format!("status_{}", row.status)),
        "customer": row.customer,
        "currency": row.total.map(|t| t.currency),
        "total": row.total.map(|t| t.decimal()),
        "priority": row.priority,
        "placed_at": row.placed_at.rfc3339(),
        "updated_at": row.updated_at.rfc3339(),
        "events": row.events,
    })
}

async fn one(app: Data<App>, caller: Caller, id: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadOrders)?;
    let id = order_id(&id)?;
    let slot = load(&app.core, id).await?;
    let shown = show::slot(&app.core, id, &slot, problem::language(&request)).await?;
    Ok(HttpResponse::Ok().json(shown))
}

async fn history(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadOrders)?;
    let id = order_id(&id)?;
    let slot = load(&app.core, id).await?;
    let shown = timeline::of(&app.core, id, &slot, problem::language(&request)).await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// # Errors
/// 404 `unknown_order` for what is no id at all.
pub(super) fn order_id(text: &str) -> Result<OrderId, Problem> {
    text.parse().map_err(|_| Problem::not_found("unknown_order").with("order", text))
}

/// What we know under this id.
///
/// # Errors
/// 404 `unknown_order`.
pub(super) async fn load(core: &Core, id: OrderId) -> Result<Slot, Problem> {
    let found = orders::load(core.store.read(), &[id], Lock::No).await?.remove(&id);
    match found {
        Some(slot) if slot.events() > 0 => Ok(slot),
        Some(_) | None => Err(Problem::not_found("unknown_order").with("order", id)),
    }
}

/// The title of a code without arguments.
fn word(language: Language, code: &str) -> String {
    language.say(code, &Args::new()).title
}

fn time(at: Instant) -> String {
    at.rfc3339()
}
