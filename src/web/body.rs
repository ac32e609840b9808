//! Bodies: read whole, under a cap of bytes and against the clock. Nothing is ever decompressed.

use super::problem::Problem;
use crate::{app::App, clock::Stopwatch, config};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::{StatusCode, header},
    web::{Bytes, Data},
};
use futures_util::{Stream, StreamExt as _, future::LocalBoxFuture, stream};
use serde::de::DeserializeOwned;
use std::{io, time::Duration};

/// Bytes a second that a body must bring, counted from its beginning, once [`GRACE`] is over.
const RATE_MIN: u64 = 10 * 1024;
/// Time in which a body need not bring anything.
const GRACE: Duration = Duration::from_secs(2);

/// What a body may take of us.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes.
    pub max: usize,
    /// Until its last byte.
    pub seconds: u64,
}

impl Limits {
    /// Of a webhook, a callback or a call of our API.
    pub const fn of_body(server: &config::Server) -> Self {
        Self { max: server.body_max, seconds: server.body_seconds }
    }

    /// Of an uploaded file.
    pub const fn of_upload(server: &config::Server) -> Self {
        Self { max: server.upload_max, seconds: server.upload_seconds }
    }

    /// What a body that broke off is answered with.
    pub fn problem(self, error: &PayloadError) -> Problem {
        match error {
            PayloadError::Overflow => self.too_large(),
            PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
                Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout").with("seconds", self.seconds)
            }
            // Broken off, badly chunked: the type is open, so that this arm takes the rest.
            _ => Problem::bad_request("bad_request"),
        }
    }

    fn too_large(self) -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").with("max", self.max)
    }
}

/// The length a request announces, when it does.
pub fn announced(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses a body that announces too much, before a byte of it is read.
///
/// # Errors
/// `body_too_large`.
pub fn check_announced(request: &HttpRequest, limits: Limits) -> Result<(), Problem> {
    match announced(request) {
        Some(length) if length > limits.max as u64 => Err(limits.too_large()),
        _ => Ok(()),
    }
}

/// The whole body.
///
/// # Errors
/// `body_too_large`, `body_timeout`, or `bad_request` for one that breaks off.
pub async fn read(request: &HttpRequest, payload: Payload, limits: Limits) -> Result<Vec<u8>, Problem> {
    check_announced(request, limits)?;
    let room = announced(request).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    gather(paced(payload, limits), room).await.map_err(|error| limits.problem(&error))
}

/// Bytes reserved at most for a body because its sender announces them; beyond it memory grows with what arrives.
const ROOM_MAX: usize = 1024 * 1024;

/// All of a stream in one piece; `room` is how much is expected.
///
/// # Errors
/// The stream's own.
async fn gather<E>(stream: impl Stream<Item = Result<Bytes, E>>, room: usize) -> Result<Vec<u8>, E> {
    let mut stream = std::pin::pin!(stream);
    let mut body = Vec::with_capacity(room.min(ROOM_MAX));
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk?);
    }
    Ok(body)
}

/// The body as it comes in, broken off when it is too large or too slow.
pub fn paced(payload: Payload, limits: Limits) -> impl Stream<Item = Result<Bytes, PayloadError>> + 'static {
    let arriving = Arriving { payload, limits, received: 0, since: Stopwatch::start() };
    // Fused: readers of forms ask again after the end.
    stream::unfold(arriving, |mut arriving| async move { Some((arriving.next().await?, arriving)) }).fuse()
}

struct Arriving {
    payload: Payload,
    limits: Limits,
    received: u64,
    since: Stopwatch,
}

impl Arriving {
    async fn next(&mut self) -> Option<Result<Bytes, PayloadError>> {
        let Ok(chunk) = tokio::time::timeout(self.left(), self.payload.next()).await else {
            return Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into())));
        };
        let chunk = chunk?;
        if let Ok(bytes) = &chunk {
            self.received += bytes.len() as u64;
            if self.received > self.limits.max as u64 {
                return Some(Err(PayloadError::Overflow));
            }
        }
        Some(chunk)
    }

    /// How long the next bytes may take: what came so far buys time, up to the deadline of the whole.
    fn left(&self) -> Duration {
        let bought = GRACE + Duration::from_millis(self.received.saturating_mul(1000) / RATE_MIN);
        bought.min(Duration::from_secs(self.limits.seconds)).saturating_sub(self.since.elapsed())
    }
}

/// A JSON body, read under the limits of the API. Types refuse unknown fields themselves (`deny_unknown_fields`).
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            check_json(&request)?;
            let limits = limits_of(&request)?;
            let bytes = read(&request, payload, limits).await?;
            serde_json::from_slice(&bytes).map(Self).map_err(|error| not_json(&error))
        })
    }
}

fn limits_of(request: &HttpRequest) -> Result<Limits, Problem> {
    let Some(app) = request.app_data::<Data<App>>() else {
        tracing::error!("the application state is missing");
        return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    };
    Ok(Limits::of_body(&app.core.config.server))
}

/// Whether the body says it is JSON.
///
/// # Errors
/// `unsupported_media_type`.
pub fn check_json(request: &HttpRequest) -> Result<(), Problem> {
    let media_type = media_type(request);
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type").with("media_type", media_type))
}

fn not_json(error: &serde_json::Error) -> Problem {
    let why = error.to_string();
    let named = |mark: &str| why.strip_prefix(mark).and_then(|rest| rest.split_once('`')).map(|(field, _)| field);
    match (named("unknown field `"), named("missing field `")) {
        (Some(field), _) => Problem::bad_request("unknown_field").with("field", field),
        (None, Some(field)) => Problem::bad_request("missing_field").with("field", field).at(format!("/{field}")),
        (None, None) => Problem::bad_request("invalid_json").with("why", why),
    }
}

/// The `Content-Type` as sent, empty when there is none.
pub fn media_type(request: &HttpRequest) -> &str {
    request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Years of a day that somebody may mean, as in documents.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// Passes for a day that somebody may mean.
///
/// # Errors
/// `out_of_range`.
pub fn check_day(field: &str, day: Option<chrono::NaiveDate>) -> Result<(), Problem> {
    match day {
        Some(day) if !YEARS.contains(&chrono::Datelike::year(&day)) => {
            let problem = Problem::bad_request("out_of_range").with("field", field).with("was", day);
            Err(problem.at(format!("/{field}")))
        }
        Some(_) | None => Ok(()),
    }
}
