//! The web: REST, webhooks, uploads and callbacks. It knows no partner; every answer that is not good is a problem document.

pub mod api;
pub mod body;
pub mod callbacks;
pub mod changes;
pub mod claim;
pub mod commands;
pub mod deliveries;
pub mod documents;
pub mod doors;
pub mod health;
pub mod labels;
pub mod lanes;
pub mod master;
pub mod metrics;
pub mod orders;
pub mod parties;
pub mod problem;
pub mod quotes;
pub mod replenishments;
pub mod reply;
mod rooms;
pub mod server;
pub mod stock;
pub mod uploads;
pub mod webhooks;

pub use server::{run as serve, start};

use actix_web::{HttpResponse, error, web};
use problem::Problem;

/// Every route. Each handler takes a [`claim::Caller`] but for health and the description, and for what proves itself by a
/// signature.
fn api() -> api::Api {
    let mut api = api::Api::default();
    api::routes(&mut api);
    callbacks::routes(&mut api);
    changes::routes(&mut api);
    commands::routes(&mut api);
    deliveries::routes(&mut api);
    documents::routes(&mut api);
    health::routes(&mut api);
    labels::routes(&mut api);
    lanes::routes(&mut api);
    master::routes(&mut api);
    orders::routes(&mut api);
    parties::routes(&mut api);
    quotes::routes(&mut api);
    replenishments::routes(&mut api);
    stock::routes(&mut api);
    uploads::routes(&mut api);
    webhooks::routes(&mut api);
    api
}

/// The server's routing.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.app_data(web::PathConfig::default().error_handler(|_, _| Problem::not_found("not_found").into()));
    cfg.app_data(web::QueryConfig::default().error_handler(|error, _| bad_query(&error).into()));
    api().register(cfg);
    cfg.default_service(web::to(nothing_here));
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("not_found"))
}

/// A query string with an unknown, doubled or unreadable parameter.
fn bad_query(error: &error::QueryPayloadError) -> Problem {
    let words = error.to_string();
    // serde names the parameter between backticks; a value of the wrong type has no name to tell.
    let field = words.split('`').nth(1).unwrap_or("?").to_owned();
    Problem::bad_request("invalid_filter").with("field", &field).at(field)
}
