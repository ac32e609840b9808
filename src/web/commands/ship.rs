//! A warehouse or the ERP says that a parcel left: the order hears it, and the carrier's word about the parcel finds it.

use super::{run, standing};
use crate::{
    app::App,
    auth::Permission,
    orders::Outcome,
    store::{Lane, StoreError, order_places, shipments},
    tracking, transit,
    web::{api::shapes, body::Json, claim::Caller, problem::Problem},
};
use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use model::{
    codes::Carrier,
    ids::{FulfilmentId, OrderId},
    order::{command::Command, event::Parcel},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Characters of a parcel's number, and of a carrier's code.
const NUMBER_MAX: usize = 64;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ship {
    #[schemars(length(min = 1, max = 64), regex(pattern = shapes::VISIBLE))]
    carrier: String,
    /// The parcel's number, as its carrier knows it.
    #[schemars(length(min = 1, max = 64), regex(pattern = shapes::VISIBLE))]
    number: String,
}

pub(super) async fn ship(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    body: Json<Ship>,
) -> Result<HttpResponse, Problem> {
    // Shipping takes stock out; whoever may count it may say that it left.
    caller.need(Permission::WriteStock)?;
    let unknown = || Problem::not_found("unknown_fulfilment").with("fulfilment", &*id);
    let fulfilment: FulfilmentId = id.parse().map_err(|_| unknown())?;
    let order = order_places::of_fulfilment(app.core.store.read(), fulfilment).await?.ok_or_else(unknown)?;
    let parcel = parcel(body.0)?;
    let world = app.core.world(app.core.clock.now()).await?;
    if !world.carriers.iter().any(|carrier| carrier.code == parcel.carrier) {
        return Err(Problem::not_found("unknown_carrier").with("carrier", &parcel.carrier).at("/carrier"));
    }
    let command = Command::Ship { fulfilment, parcel: parcel.clone() };
    if let Outcome::Refused { refusal, .. } = run(&app, &caller, order, command, Vec::new()).await?
        // Said twice is said once; the link below may be what a crash left out.
        && refusal.code != "nothing_to_do"
    {
        return Err(Problem::refused(refusal));
    }
    matched(&app, order, fulfilment, parcel).await?;
    standing(&app, order).await
}

fn parcel(body: Ship) -> Result<Parcel, Problem> {
    let invalid = |field: &str| Problem::bad_request("invalid_value").with("field", field).at(format!("/{field}"));
    let plain = |text: &str| !text.is_empty() && text.len() <= NUMBER_MAX && text.chars().all(|c| c.is_ascii_graphic());
    if !plain(&body.number) {
        return Err(invalid("number"));
    }
    if !plain(&body.carrier) {
        return Err(invalid("carrier"));
    }
    Ok(Parcel { carrier: Carrier::new(&body.carrier), number: body.number })
}

/// From now on the parcel belongs to the fulfilment; what its carrier said before is told to the order now.
async fn matched(app: &App, order: OrderId, fulfilment: FulfilmentId, parcel: Parcel) -> Result<(), Problem> {
    let parked = link(app, order, fulfilment, parcel).await?;
    for shipment in parked {
        let shipment = shipments::Shipment { belongs_to: Some((order, fulfilment)), ..shipment };
        tracking::tell(&app.runner, &shipment).await?;
        transit::schedule(&app.core, &shipment).await?;
    }
    Ok(())
}

async fn link(
    app: &App,
    order: OrderId,
    fulfilment: FulfilmentId,
    parcel: Parcel,
) -> Result<Vec<shipments::Shipment>, StoreError> {
    let tx = app.core.store.begin(Lane::Work).await?;
    let parked = shipments::link(&tx, &[(parcel, order, fulfilment)], app.core.clock.now()).await?;
    tx.commit().await?;
    Ok(parked)
}
