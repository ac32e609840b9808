//! Lists of master data and single things.

use super::{keyed, kind};
use crate::{
    app::App,
    auth::Permission,
    master::{Kind, show},
    store::{
        StoreError,
        master::{self, lists},
        parties::{self, Known},
    },
    web::{
        api::shapes,
        claim::Caller,
        problem::Problem,
        reply::{Page, page_size, place_of},
    },
};
use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use model::{
    codes::{Customer, Sku},
    facts::{CustomerFacts, RateCard},
    ids::PartyId,
    party::Party,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// `next` of the page before; empty or absent: the first page.
    #[schemars(length(max = 1024), regex(pattern = shapes::CURSOR), extend("format" = "cursor"))]
    cursor: Option<String>,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

impl Wanted {
    /// Size of the page, and the key the page before ended with.
    fn page(&self) -> Result<(u32, String), Problem> {
        let after = place_of::<String>(self.cursor.as_deref())?;
        Ok((page_size(self.limit)?, after.unwrap_or_default()))
    }
}

pub(super) async fn list(
    app: Data<App>,
    caller: Caller,
    name: Path<String>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadOrders)?;
    let page = match kind(&name)? {
        Kind::Carriers => carriers(&app).await?,
        Kind::Customers => customers(&app, &wanted).await?,
        Kind::Prices => prices(&app, &wanted).await?,
        Kind::Products => products(&app, &wanted).await?,
        Kind::Promotions => promotions(&app).await?,
        Kind::RateCards => rate_cards(&app, &wanted).await?,
        Kind::Stock => return Err(Problem::not_found("not_found")),
        Kind::Warehouses => warehouses(&app).await?,
    };
    Ok(HttpResponse::Ok().json(page))
}

/// Few enough to be one page.
async fn carriers(app: &App) -> Result<Page<Value>, Problem> {
    let items = master::carriers(app.core.store.read()).await?.iter().map(show::carrier).collect();
    Ok(Page { items, next: None })
}

/// Few enough to be one page.
async fn promotions(app: &App) -> Result<Page<Value>, Problem> {
    let items = master::promotions(app.core.store.read()).await?.iter().map(show::promotion).collect();
    Ok(Page { items, next: None })
}

/// Few enough to be one page.
async fn warehouses(app: &App) -> Result<Page<Value>, Problem> {
    let found = lists::warehouses(app.core.store.read(), app.core.clock.now()).await?;
    Ok(Page { items: found.iter().map(show::warehouse).collect(), next: None })
}

async fn products(app: &App, wanted: &Wanted) -> Result<Page<Value>, Problem> {
    let (size, after) = wanted.page()?;
    let rows = lists::products(app.core.store.read(), &after, u64::from(size) + 1).await?;
    Ok(Page::cut(rows, size, |last| last.sku.to_string()).map(|p| show::product(&p)))
}

async fn customers(app: &App, wanted: &Wanted) -> Result<Page<Value>, Problem> {
    let (size, after) = wanted.page()?;
    let rows = lists::customers(app.core.store.read(), &after, u64::from(size) + 1).await?;
    let page = Page::cut(rows, size, |(last, _)| last.code.to_string());
    let people: Vec<PartyId> = page.items.iter().map(|(_, party)| *party).collect();
    let people = parties::get(app.core.store.read(), &people).await?;
    Ok(page.map(|(facts, id)| show::customer(&facts, here(people.get(&id)))))
}

fn here(known: Option<&Known>) -> Option<&Party> {
    match known {
        Some(Known::Here(party)) => Some(party),
        Some(Known::Erased { .. }) | None => None,
    }
}

/// The size of a page counts articles; all their rows are on it.
async fn prices(app: &App, wanted: &Wanted) -> Result<Page<Value>, Problem> {
    let (size, after) = wanted.page()?;
    let db = app.core.store.read();
    let skus = lists::priced_skus(db, &after, u64::from(size) + 1).await?;
    let page: Page<Sku> = Page::cut(skus, size, Sku::to_string);
    let found = master::prices(db, &page.items).await?;
    let rows = page.items.iter().filter_map(|sku| found.get(sku)).flat_map(|prices| prices.iter());
    Ok(Page { items: rows.map(show::price).collect(), next: page.next })
}

async fn rate_cards(app: &App, wanted: &Wanted) -> Result<Page<Value>, Problem> {
    let size = page_size(wanted.limit)?;
    let after = place_of::<lists::RateCardKey>(wanted.cursor.as_deref())?;
    let rows = lists::rate_cards(app.core.store.read(), after.as_ref(), u64::from(size) + 1).await?;
    let key = |c: &RateCard| -> lists::RateCardKey {
        let codes = [c.carrier.as_str(), c.service.as_str(), c.warehouse.as_str()];
        let [carrier, service, warehouse] = codes.map(str::to_owned);
        [carrier, service, warehouse, c.country.clone(), c.region.clone(), c.city.clone()]
    };
    Ok(Page::cut(rows, size, key).map(|card| show::rate_card(&card)))
}

pub(super) async fn one(app: Data<App>, caller: Caller, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadOrders)?;
    let (name, key) = path.into_inner();
    let kind = keyed(&name)?;
    let found = find(&app, kind, &key).await?;
    let unknown = || Problem::not_found("no_such_entry").with("table", kind.name()).with("key", &key);
    Ok(HttpResponse::Ok().json(found.ok_or_else(unknown)?))
}

async fn find(app: &App, kind: Kind, key: &str) -> Result<Option<Value>, StoreError> {
    let db = app.core.store.read();
    match kind {
        Kind::Carriers => Ok(master::carriers(db).await?.iter().find(|c| c.code == *key).map(show::carrier)),
        Kind::Products => {
            let found = master::products(db, &[Sku::new(key)]).await?;
            Ok(found.values().next().map(|product| show::product(product)))
        }
        Kind::Promotions => Ok(master::promotions(db).await?.iter().find(|p| p.code == key).map(show::promotion)),
        Kind::Warehouses => {
            let found = lists::warehouses(db, app.core.clock.now()).await?;
            Ok(found.iter().find(|w| w.facts.code == *key).map(show::warehouse))
        }
        Kind::Customers => customer(app, &Customer::new(key)).await,
        Kind::Prices | Kind::RateCards | Kind::Stock => Ok(None),
    }
}

async fn customer(app: &App, code: &Customer) -> Result<Option<Value>, StoreError> {
    let db = app.core.store.read();
    let codes = std::slice::from_ref(code);
    let facts = master::customers(db, codes).await?;
    let Some(facts) = facts.get(code).map(|facts| -> &CustomerFacts { facts }) else { return Ok(None) };
    let ids: Vec<PartyId> = master::customer_parties(db, codes).await?.into_values().collect();
    let people = parties::get(db, &ids).await?;
    Ok(Some(show::customer(facts, here(people.values().next()))))
}
