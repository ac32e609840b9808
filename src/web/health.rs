//! Health, for whoever watches the process. No key, and nothing told but yes or no.

use super::{
    api::{Api, Says},
    problem::Problem,
};
use crate::app::App;
use actix_web::{HttpResponse, web::Data};
use serde_json::json;
use std::time::Duration;

/// Time the database has to answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn routes(api: &mut Api) {
    api.get("/health/live", live, Says::open("live", "The process runs").gives(200, "Health"));
    api.get("/health/ready", ready, Says::open("ready", "The database answers").gives(200, "Health"));
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "live" }))
}

async fn ready(app: Data<App>) -> Result<HttpResponse, Problem> {
    match tokio::time::timeout(PATIENCE, app.core.store.read().ping()).await {
        // Degraded we still take every order, and a folder that cannot be used stops no other door: we are ready all the same.
        Ok(Ok(())) => {
            let folders = if app.core.folders.troubled().is_empty() { "ok" } else { "trouble" };
            Ok(HttpResponse::Ok()
                .json(json!({ "status": "ready", "folders": folders, "degraded": app.core.degraded.is_on() })))
        }
        Ok(Err(_)) | Err(_) => Err(Problem::unavailable()),
    }
}
