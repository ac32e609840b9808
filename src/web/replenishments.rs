//! What is proposed to be bought, and a person's word on it.

use super::{
    api::{Api, Says, shapes},
    claim::Caller,
    problem::Problem,
    reply::{Page, page_size, place_of},
};
use crate::{
    app::App,
    auth::Permission,
    replenish,
    store::{
        Lane,
        bulk::Lock,
        house::{self, Audited},
        replenishments::{self, Filter, Replenishment, State},
    },
};
use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use model::{
    codes::{Sku, Warehouse},
    ids::ReplenishmentId,
    message::MessageKind,
    time::Instant,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn routes(api: &mut Api) {
    let says = Says::keyed("listReplenishments", "What is proposed to be bought, newest first", Permission::ReadFeed);
    let says = says.query::<Wanted>().gives(200, "ReplenishmentPage").fails(400, &["invalid_cursor"]);
    api.get("/v1/replenishments", list, says);
    let closes = |name, summary| {
        let says = Says::keyed(name, summary, Permission::Replenish).gives(200, "Replenishment");
        says.fails(404, &["unknown_replenishment"]).fails(409, &["replenishment_closed"])
    };
    let says = closes("approveReplenishment", "This is to be bought: tells the partners that listen for it");
    api.post("/v1/replenishments/{id}/approve", approve, says);
    let says = closes("dismissReplenishment", "This is not to be bought");
    api.post("/v1/replenishments/{id}/dismiss", dismiss, says);
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `proposed`, `approved`, `received` or `dismissed`.
    #[schemars(with = "Option<String>", extend("enum" = ["proposed", "approved", "received", "dismissed"]))]
    state: Option<State>,
    #[schemars(with = "Option<String>")]
    sku: Option<Sku>,
    #[schemars(with = "Option<String>")]
    warehouse: Option<Warehouse>,
    /// `next` of the page before; empty or absent: the first page.
    #[schemars(length(max = 1024), regex(pattern = shapes::CURSOR), extend("format" = "cursor"))]
    cursor: Option<String>,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

async fn list(app: Data<App>, caller: Caller, wanted: Query<Wanted>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadFeed)?;
    let size = page_size(wanted.limit)?;
    let filter = Filter {
        state: wanted.state,
        sku: wanted.sku.clone(),
        warehouse: wanted.warehouse.clone(),
        before: place_of::<(Instant, ReplenishmentId)>(wanted.cursor.as_deref())?,
        limit: u64::from(size) + 1,
    };
    let rows = replenishments::list(app.core.store.read(), &filter).await?;
    let page = Page::cut(rows, size, |last| (last.created_at, last.id));
    Ok(HttpResponse::Ok().json(page.map(|row| shown(&row))))
}

fn shown(row: &Replenishment) -> Value {
    let why = &row.reasons;
    json!({
        "id": row.id,
        "sku": row.sku,
        "warehouse": row.warehouse,
        "quantity": row.quantity.decimal(),
        "state": row.state,
        "reasons": {
            "on_hand": why.on_hand.decimal(),
            "reserved": why.reserved.decimal(),
            "safety": why.safety.decimal(),
            "incoming": why.incoming.decimal(),
            "reorder_point": why.reorder_point.decimal(),
            "waiting": why.waiting.decimal(),
            "waiting_orders": why.waiting_orders,
        },
        "actor": row.actor,
        "created_at": row.created_at.rfc3339(),
        "updated_at": row.updated_at.rfc3339(),
    })
}

async fn approve(app: Data<App>, caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    close(&app, &caller, &id, State::Approved, &[State::Proposed]).await
}

/// It stands for its shortage all the same: no other is proposed until stock has come.
async fn dismiss(app: Data<App>, caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    close(&app, &caller, &id, State::Dismissed, &[State::Proposed]).await
}

async fn close(app: &App, caller: &Caller, id: &str, to: State, from: &[State]) -> Result<HttpResponse, Problem> {
    caller.need(Permission::Replenish)?;
    let unknown = || Problem::not_found("unknown_replenishment").with("replenishment", id);
    let id: ReplenishmentId = id.parse().map_err(|_| unknown())?;
    let (now, actor) = (app.core.clock.now(), caller.0.actor());
    let tx = app.core.store.begin(Lane::Work).await?;
    let found = replenishments::by_id(&tx, id, Lock::Rows).await?.ok_or_else(unknown)?;
    if !from.contains(&found.state) {
        return Err(Problem::new(StatusCode::CONFLICT, "replenishment_closed").with("replenishment", id));
    }
    replenishments::set(&tx, id, to, true, &actor, now).await?;
    let action = if to == State::Approved { "replenishment_approved" } else { "replenishment_dismissed" };
    let (target, detail) = (id.to_string(), "{}".to_owned());
    house::audit(&tx, &[Audited { at: now, actor, action: action.to_owned(), target, detail }]).await?;
    if to == State::Approved {
        replenish::tell(&app.core, &tx, id, MessageKind::ReplenishmentApproved, now).await?;
    }
    tx.commit().await?;
    app.core.deliveries.notify_waiters();
    let found = replenishments::by_id(app.core.store.read(), id, Lock::No).await?.ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().json(shown(&found)))
}
