//! The HTTP server: its limits, and what every answer carries.

use super::{configure, doors::Doors, problem, problem::Problem, rooms::Rooms};
use crate::{
    app::{App, Core},
    clock::Stopwatch,
    entropy,
};
use actix_web::{
    App as Routes, HttpResponse, HttpServer,
    body::BoxBody,
    dev::{Server, ServerHandle, ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::{Next, from_fn},
    web::Data,
};
use std::{io, net::TcpListener, time::Duration};
use tokio::{signal, task::JoinHandle};

/// Bytes of all header names and values of a request, and how many headers.
const HEAD_MAX: usize = 32 * 1024;
const HEADERS_MAX: usize = 64;
/// Bytes of a request's path and query.
const URL_MAX: usize = 8 * 1024;
/// The character NUL in an address.
const NUL: &str = "%00";
/// Time in which a request's head must arrive.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// Time an idle connection is kept open.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// Time a client has to close its side.
const DISCONNECT_TIME: Duration = Duration::from_secs(1);
/// Open connections of one worker.
const CONNECTIONS_MAX: usize = 2000;
/// Seconds that requests in flight have to end when the server stops; less than the ten after which supervisors kill.
pub(super) const STOP_SECONDS: u64 = 8;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// On every answer that does not say otherwise itself.
const SECURITY: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Serves until SIGTERM or Ctrl-C; requests in flight are answered first.
///
/// # Errors
/// An address beyond loopback without `behind_proxy`, or a listener that cannot be used.
pub async fn run(app: App, listener: TcpListener) -> io::Result<()> {
    build(app, listener, stop_asked())?.await
}

/// Serves in the background until the handle is told to stop.
///
/// # Errors
/// As [`run`].
pub fn start(app: App, listener: TcpListener) -> io::Result<(ServerHandle, JoinHandle<io::Result<()>>)> {
    let server = build(app, listener, std::future::pending())?;
    Ok((server.handle(), tokio::spawn(server)))
}

fn build(app: App, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<Server> {
    check_address(&app.core, &listener)?;
    let workers = app.core.config.server.workers;
    let doors = Data::new(Doors::new(&app.core));
    let rooms = Data::new(Rooms::new(&app));
    let app = Data::new(app);
    let mut server = HttpServer::new(move || {
        let routes = Routes::new().app_data(app.clone()).app_data(doors.clone()).app_data(rooms.clone());
        routes.wrap(from_fn(guard)).configure(configure)
    })
    .client_request_timeout(HEAD_TIME)
    .client_disconnect_timeout(DISCONNECT_TIME)
    .keep_alive(KEEP_ALIVE)
    .max_connections(CONNECTIONS_MAX)
    .shutdown_timeout(STOP_SECONDS)
    .shutdown_signal(stop);
    if workers > 0 {
        server = server.workers(workers);
    }
    Ok(server.listen(listener)?.run())
}

/// We speak no TLS: beyond this machine only behind a proxy that does.
///
/// # Errors
/// An address beyond loopback without `behind_proxy`.
pub fn check_address(core: &Core, listener: &TcpListener) -> io::Result<()> {
    let address = listener.local_addr()?;
    if address.ip().is_loopback() || core.config.server.behind_proxy {
        return Ok(());
    }
    let problem =
        format!("{address} is not a loopback address; set server.behind_proxy when TLS ends in a proxy before us");
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

/// Returns at SIGTERM or Ctrl-C.
pub async fn stop_asked() {
    let interrupted = signal::ctrl_c();
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signals) => drop(signals.recv().await),
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be heard; only Ctrl-C stops us in good order");
                std::future::pending().await
            }
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        _ = interrupted => {}
        () = terminated => {}
    }
    tracing::info!("stopping: requests in flight are answered first");
}

/// Around every request: what is refused before routing, the words of problems, the headers of every answer.
async fn guard(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, actix_web::Error> {
    let watch = Stopwatch::start();
    let id = hex::encode(entropy::bytes::<8>());
    let mut response = match refused(&request) {
        Some(problem) => request.error_response(problem),
        None => next.call(request).await?,
    };
    if let Some(problem) = problem_of(&response) {
        if let Some(app) = response.request().app_data::<Data<App>>() {
            app.core.metrics.error(&problem.code);
        }
        response = spoken(response, problem);
    }
    let asks_for_key = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if asks_for_key {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    log(&response, &id, watch);
    Ok(response)
}

/// The route's pattern and never the path: what is in an address may be a person's or a secret.
fn log(response: &ServiceResponse, id: &str, watch: Stopwatch) {
    let route = response.request().match_pattern().unwrap_or_default();
    let (method, status) = (response.request().method(), response.status().as_u16());
    if response.status().is_server_error() {
        tracing::warn!(request = id, %method, route, status, micros = watch.micros(), "answered");
    } else {
        tracing::debug!(request = id, %method, route, status, micros = watch.micros(), "answered");
    }
}

fn refused(request: &ServiceRequest) -> Option<Problem> {
    let headers = request.headers();
    let url = request.uri().path_and_query().map_or("", |url| url.as_str());
    if url.len() > URL_MAX {
        return Some(Problem::new(StatusCode::URI_TOO_LONG, "bad_request").with("max", URL_MAX));
    }
    // No name of ours has one, and PostgreSQL takes no text with one.
    if url.contains(NUL) {
        return Some(Problem::bad_request("bad_request"));
    }
    let head: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.iter().count() > HEADERS_MAX || head > HEAD_MAX {
        return Some(Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "bad_request").with("max", HEAD_MAX));
    }
    if is_encoded(headers) {
        return Some(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding_refused"));
    }
    None
}

/// A few bytes can decompress to gigabytes: no body is taken that would have to be.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// What is wrong with an answer, ours or the framework's.
fn problem_of(response: &ServiceResponse) -> Option<Problem> {
    let status = response.status();
    match response.response().error() {
        Some(error) => {
            Some(error.as_error::<Problem>().cloned().unwrap_or_else(|| Problem::new(status, by_status(status))))
        }
        None if status == StatusCode::METHOD_NOT_ALLOWED => Some(Problem::new(status, by_status(status))),
        None => None,
    }
}

/// The code for an error that only the framework knows of.
fn by_status(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::NOT_ACCEPTABLE => "not_acceptable",
        _ if status.is_server_error() => "internal",
        _ => "bad_request",
    }
}

/// The answer in the caller's language; its `Allow` header stays.
fn spoken(response: ServiceResponse, problem: Problem) -> ServiceResponse {
    let allow = response.headers().get(header::ALLOW).cloned();
    let language = problem::language(response.request());
    let mut response = response.into_response(HttpResponse::from_error(Problem { language, ..problem }));
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
