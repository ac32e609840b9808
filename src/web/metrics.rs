//! The metrics, on a listener of their own: the public port does not lead to them, and they know no key.

use super::server::STOP_SECONDS;
use crate::{app::App, metrics};
use actix_web::{
    App as Routes, HttpResponse, HttpServer,
    dev::ServerHandle,
    web::{Data, get},
};
use std::{io, net::TcpListener};

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Those who ask at once.
const CONNECTIONS_MAX: usize = 16;

/// Serves the metrics in the background until the handle is told to stop, or the program ends.
///
/// # Errors
/// A listener that cannot be used.
pub fn start(app: App, listener: TcpListener) -> io::Result<ServerHandle> {
    let app = Data::new(app);
    let server = HttpServer::new(move || Routes::new().app_data(app.clone()).route("/metrics", get().to(show)))
        .workers(1)
        .max_connections(CONNECTIONS_MAX)
        .shutdown_timeout(STOP_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}

async fn show(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok().content_type(MEDIA_TYPE).body(metrics::text(&app).await)
}
