//! Stock: what is there, why, and what systems outside say of it.

use super::{
    api::{Api, Says, shapes},
    body::Json,
    claim::Caller,
    commands::Number,
    problem::Problem,
    reply::{Page, page_size, place_of},
};
use crate::{
    app::{App, Core},
    auth::Permission,
    master::stock::{cause, count, goods_in, reorder},
    store::{
        master,
        stock::{self, Count, LedgerEntry, Listed},
    },
};
use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use model::{
    codes::{Sku, Warehouse},
    measure::Quantity,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Lots of one message.
const LOTS_MAX: usize = 1_000;
/// Base units of one count or lot.
const QUANTITY_MAX: Quantity = Quantity::whole(1_000_000_000);

pub(super) fn routes(api: &mut Api) {
    let reads = |name, summary| Says::keyed(name, summary, Permission::ReadFeed);
    let writes = |name, summary| Says::keyed(name, summary, Permission::WriteStock);
    let unknown: &[&str] = &["unknown_product", "unknown_warehouse"];
    let says = reads("listStock", "Stock levels by article and warehouse").query::<Wanted>();
    api.get("/v1/stock", list, says.gives(200, "StockPage").fails(400, &["invalid_cursor"]));
    let says = writes("goodsIn", "Goods arrived: adds to what is there").json::<Lots>().gives(200, "Arrived");
    api.post("/v1/stock/goods-in", arrived, says.fails(400, NUMBERS).fails(404, unknown));
    let says = writes("countStock", "A count: says what is there").json::<Counted>().gives(200, "StockLevel");
    api.put(
        "/v1/stock/{warehouse}/{sku}",
        counted,
        says.fails(400, NUMBERS).fails(400, &["missing_field"]).fails(404, unknown),
    );
    let says = reads("stockLedger", "Every movement of one level, newest first").query::<LedgerWanted>();
    api.get("/v1/stock/{warehouse}/{sku}/ledger", ledger, says.gives(200, "Ledger"));
}

/// Why a number is not taken.
const NUMBERS: &[&str] = &["invalid_value", "not_a_number", "out_of_range", "too_many_decimals"];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
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
    let after = place_of::<(Sku, Warehouse)>(wanted.cursor.as_deref())?;
    let (sku, warehouse) = (wanted.sku.as_ref(), wanted.warehouse.as_ref());
    let limit = u64::from(size) + 1;
    let rows = stock::list(app.core.store.read(), sku, warehouse, after.as_ref(), limit).await?;
    let page = Page::cut(rows, size, |last| (last.sku.clone(), last.warehouse.clone()));
    Ok(HttpResponse::Ok().json(page.map(|row| level(&row))))
}

fn level(row: &Listed) -> Value {
    json!({
        "sku": row.sku,
        "warehouse": row.warehouse,
        "on_hand": row.level.on_hand.decimal(),
        "reserved": row.level.reserved.decimal(),
        "shortage": row.level.shortage.decimal(),
        "safety": row.level.safety.decimal(),
        "available": row.level.available().decimal(),
        "reorder_point": row.reorder_point.decimal(),
        "reorder_quantity": row.reorder_quantity.decimal(),
        "updated_at": row.updated_at.rfc3339(),
    })
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Counted {
    #[schemars(with = "shapes::Stocked")]
    on_hand: Number,
    /// Left as it is when this is not given.
    #[schemars(with = "Option<shapes::Stocked>")]
    safety: Option<Number>,
    /// Both are left as they are when this is not given.
    #[schemars(with = "Option<shapes::Stocked>")]
    reorder_point: Option<Number>,
    /// Only together with `reorder_point`.
    #[schemars(with = "Option<shapes::Stocked>")]
    reorder_quantity: Option<Number>,
}

async fn counted(
    app: Data<App>,
    caller: Caller,
    path: Path<(Warehouse, Sku)>,
    body: Json<Counted>,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::WriteStock)?;
    let (warehouse, sku) = path.into_inner();
    known(&app.core, &[(&sku, &warehouse)]).await?;
    let on_hand = amount(&body.0.on_hand, "/on_hand")?;
    if body.0.reorder_quantity.is_some() && body.0.reorder_point.is_none() {
        // How much is bought says nothing without when.
        return Err(Problem::bad_request("missing_field").with("field", "reorder_point").at("/reorder_point"));
    }
    let given = |number: &Option<Number>, place| number.as_ref().map(|number| amount(number, place)).transpose();
    let point = given(&body.0.reorder_point, "/reorder_point")?;
    let quantity = given(&body.0.reorder_quantity, "/reorder_quantity")?;
    let safety = body.0.safety.as_ref().map(|safety| amount(safety, "/safety")).transpose()?;
    let counted = Count { sku: sku.clone(), warehouse: warehouse.clone(), on_hand, safety };
    count(&app.core, &[counted], &cause(&caller.0.actor())).await?;
    if let Some(point) = point {
        let key = (sku.clone(), warehouse.clone());
        reorder(&app.core, &[(key, point, quantity.unwrap_or_default())]).await?;
    }
    let rows = stock::list(app.core.store.read(), Some(&sku), Some(&warehouse), None, 1).await?;
    Ok(HttpResponse::Ok().json(rows.first().map(level)))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Lots(#[schemars(length(min = 1, max = 1000))] Vec<Lot>);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lot {
    #[schemars(with = "String", regex(pattern = shapes::TEXT))]
    sku: Sku,
    #[schemars(with = "String", regex(pattern = shapes::TEXT))]
    warehouse: Warehouse,
    #[schemars(with = "shapes::Stocked")]
    quantity: Number,
}

async fn arrived(app: Data<App>, caller: Caller, body: Json<Lots>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::WriteStock)?;
    let Json(Lots(asked)) = body;
    if asked.is_empty() || asked.len() > LOTS_MAX {
        return Err(Problem::bad_request("invalid_value").with("field", "").with("max", LOTS_MAX));
    }
    for (no, lot) in asked.iter().enumerate() {
        for (name, code) in [("sku", lot.sku.as_str()), ("warehouse", lot.warehouse.as_str())] {
            if code.contains('\0') {
                let place = format!("/{no}/{name}");
                return Err(Problem::bad_request("invalid_value").with("field", &place).at(place));
            }
        }
    }
    let keys: Vec<_> = asked.iter().map(|lot| (&lot.sku, &lot.warehouse)).collect();
    known(&app.core, &keys).await?;
    let lots = asked.iter().enumerate().map(|(no, lot)| {
        let quantity = amount(&lot.quantity, &format!("/{no}/quantity"))?;
        Ok((lot.sku.clone(), lot.warehouse.clone(), quantity))
    });
    let lots = lots.collect::<Result<Vec<_>, Problem>>()?;
    goods_in(&app.core, &lots, &cause(&caller.0.actor())).await?;
    Ok(HttpResponse::build(StatusCode::OK).json(json!({ "lots": lots.len() })))
}

/// A quantity that is not negative and not absurd.
fn amount(number: &Number, place: &str) -> Result<Quantity, Problem> {
    let quantity = number.quantity(place)?;
    if (Quantity::ZERO..=QUANTITY_MAX).contains(&quantity) {
        return Ok(quantity);
    }
    Err(Problem::bad_request("out_of_range").with("field", place).with("was", quantity.decimal()).at(place))
}

/// Passes when all of these goods and warehouses are in the master data.
async fn known(core: &Core, keys: &[(&Sku, &Warehouse)]) -> Result<(), Problem> {
    let skus: BTreeSet<&Sku> = keys.iter().map(|(sku, _)| *sku).collect();
    let skus: Vec<Sku> = skus.into_iter().cloned().collect();
    let products = master::products(core.store.read(), &skus).await?;
    if let Some(sku) = skus.iter().find(|sku| !products.contains_key(*sku)) {
        return Err(Problem::not_found("unknown_product").with("sku", sku));
    }
    let world = core.world(core.clock.now()).await?;
    let is_known = |warehouse: &Warehouse| world.warehouses.iter().any(|w| w.code == *warehouse);
    match keys.iter().find(|(_, warehouse)| !is_known(warehouse)) {
        Some((_, warehouse)) => Err(Problem::not_found("unknown_warehouse").with("warehouse", warehouse)),
        None => Ok(()),
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LedgerWanted {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

async fn ledger(
    app: Data<App>,
    caller: Caller,
    path: Path<(Warehouse, Sku)>,
    wanted: Query<LedgerWanted>,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadFeed)?;
    let (warehouse, sku) = path.into_inner();
    let limit = u64::from(page_size(wanted.limit)?);
    let rows = stock::ledger(app.core.store.read(), &sku, &warehouse, limit).await?;
    let items: Vec<Value> = rows.iter().map(entry).collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items })))
}

/// Changes are signed: what went up or down by how much.
fn entry(row: &LedgerEntry) -> Value {
    let signed = |micro: i64| Quantity(micro).decimal();
    json!({
        "at": row.at.rfc3339(),
        "kind": row.kind,
        "on_hand": signed(row.on_hand),
        "reserved": signed(row.reserved),
        "shortage": signed(row.shortage),
        "order": row.order,
        "fulfilment": row.fulfilment,
        "cause": row.cause,
    })
}
