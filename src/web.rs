//! The web: REST, webhooks, uploads and callbacks. It knows no partner; every answer that is not good is a problem document.

pub mod body;
pub mod callbacks;
pub mod changes;
pub mod claim;
pub mod commands;
pub mod deliveries;
pub mod documents;
pub mod doors;
pub mod health;
pub mod lanes;
pub mod master;
pub mod orders;
pub mod parties;
pub mod problem;
pub mod replenishments;
pub mod reply;
pub mod server;
pub mod stock;
pub mod uploads;
pub mod webhooks;

pub use server::{run as serve, start};

use actix_web::{HttpResponse, error, web};
use problem::Problem;

/// Every route. Each handler takes a [`claim::Caller`] but for health, and for what proves itself by a signature.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.app_data(web::PathConfig::default().error_handler(|_, _| Problem::not_found("not_found").into()));
    cfg.app_data(web::QueryConfig::default().error_handler(|error, _| bad_query(&error).into()));
    callbacks::routes(cfg);
    changes::routes(cfg);
    commands::routes(cfg);
    deliveries::routes(cfg);
    documents::routes(cfg);
    health::routes(cfg);
    lanes::routes(cfg);
    master::routes(cfg);
    orders::routes(cfg);
    parties::routes(cfg);
    replenishments::routes(cfg);
    stock::routes(cfg);
    uploads::routes(cfg);
    webhooks::routes(cfg);
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
