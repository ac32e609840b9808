//! How long a carrier's parcels took, lane by lane.

use super::{
    api::{Api, Says, shapes},
    claim::Caller,
    problem::Problem,
    reply::{Page, page_size, place_of},
    rooms::Class,
};
use crate::{app::App, auth::Permission, store::transits};
use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use model::{
    codes::Carrier,
    facts::transit::{Taken, Way},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(super) fn routes(api: &mut Api) {
    let says = Says::keyed("listLanes", "How long a carrier's parcels took, lane by lane", Permission::ReadOrders)
        .class(Class::Lists)
        .query::<Wanted>()
        .gives(200, "LanePage")
        .fails(400, &["invalid_cursor"])
        .fails(404, &["unknown_carrier"]);
    api.get("/v1/carriers/{carrier}/lanes", list, says);
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `next` of the page before; empty or absent: the first page.
    #[schemars(length(max = 1024), regex(pattern = shapes::CURSOR), extend("format" = "cursor"))]
    cursor: Option<String>,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Lane {
    service: String,
    /// Country and region of the warehouse.
    origin: String,
    country: String,
    /// Region, or zone of the postcode.
    region: String,
    parcels: i64,
    /// Of all parcels together.
    total_days: i64,
    /// Days within which half of the parcels arrived, and nine of ten.
    half_within: i32,
    nine_tenths_within: i32,
    /// Parcels by their days.
    days: BTreeMap<i32, i64>,
}

impl Lane {
    fn of((way, taken): (Way, Taken)) -> Self {
        Self {
            service: way.service.to_string(),
            origin: way.origin,
            country: way.country,
            region: way.region,
            parcels: taken.parcels(),
            total_days: taken.total_days(),
            half_within: taken.within(50),
            nine_tenths_within: taken.within(90),
            days: taken.iter().collect(),
        }
    }
}

/// What a lane is found by, in the order of the list.
type Place = (String, String, String, String);

fn place(way: &Way) -> Place {
    (way.service.to_string(), way.origin.clone(), way.country.clone(), way.region.clone())
}

async fn list(
    app: Data<App>,
    caller: Caller,
    carrier: Path<Carrier>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadOrders)?;
    let size = page_size(wanted.limit)?;
    let after = place_of::<Place>(wanted.cursor.as_deref())?;
    let core = &app.core;
    let world = core.world(core.clock.now()).await?;
    if !world.carriers.iter().any(|known| known.code == *carrier) {
        return Err(Problem::not_found("unknown_carrier").with("carrier", &*carrier));
    }
    let mut lanes: BTreeMap<Way, Taken> = BTreeMap::new();
    for (way, days, parcels) in transits::of_carrier(core.store.read(), &carrier).await? {
        lanes.entry(way).or_default().add(days, parcels);
    }
    let behind = |(way, _): &(Way, Taken)| after.as_ref().is_none_or(|after| place(way) > *after);
    let rows: Vec<_> = lanes.into_iter().filter(behind).take(size as usize + 1).collect();
    let page = Page::cut(rows, size, |(way, _)| place(way));
    Ok(HttpResponse::Ok().json(page.map(Lane::of)))
}
