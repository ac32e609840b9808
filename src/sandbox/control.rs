//! The control desk: what shall go wrong, what has happened, and callbacks on demand.

use super::{
    callback::{self, Callback, CallbackError},
    world::{Mode, Partner, World},
};
use crate::dispatch::send::Client;
use actix_web::{
    HttpResponse,
    web::{self, Data, Json, ServiceConfig},
};
use serde::Deserialize;
use serde_json::json;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/control/faults", web::post().to(set_fault))
        .route("/control/state", web::get().to(state))
        .route("/control/callbacks", web::post().to(call_back));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    partner: Partner,
    mode: Mode,
    /// Requests it befalls; 0 mends it.
    times: u32,
}

async fn set_fault(world: Data<World>, fault: Json<Fault>) -> HttpResponse {
    world.set_fault(fault.partner, fault.mode, fault.times);
    HttpResponse::NoContent().finish()
}

async fn state(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(world.state())
}

async fn call_back(world: Data<World>, client: Data<Client>, told: Json<Callback>) -> HttpResponse {
    match callback::send(&world, &client, &told).await {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(error @ CallbackError::NoAnswer(_)) => {
            HttpResponse::BadGateway().json(json!({ "error": error.to_string() }))
        }
        Err(
            error @ (CallbackError::Empty
            | CallbackError::UnknownState(_)
            | CallbackError::Secret(_)
            | CallbackError::Address(_)),
        ) => HttpResponse::UnprocessableEntity().json(json!({ "error": error.to_string() })),
    }
}
