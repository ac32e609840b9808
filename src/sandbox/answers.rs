//! How partners answer, well and badly.

use super::{Options, world::Mode, world::Reply};
use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::{StatusCode, header},
    web::Bytes,
};
use futures_util::stream;
use std::{io, time::Duration};

/// How long a stalling partner keeps a request.
const STALL: Duration = Duration::from_secs(120);
/// Between two bytes of a dripping one.
const DRIP: Duration = Duration::from_secs(1);
/// Where a redirecting partner points: an address nobody may be led to.
const ASTRAY: &str = "http://169.254.169.254/latest/meta-data/";

pub(super) fn honest(reply: &Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = match &reply.body {
        serde_json::Value::String(text) if text.starts_with("%PDF-") => "application/pdf",
        serde_json::Value::String(_) => "application/xml",
        _ => "application/json",
    };
    HttpResponse::build(status).content_type(media_type).body(reply.text())
}

/// The answer of a partner that goes wrong; `done` is what it did before, if it did anything.
pub(super) async fn wrong(mode: Mode, options: Options, done: Option<Reply>) -> HttpResponse {
    let refused = |status, code| honest(&Reply::refused(status, code));
    match mode {
        Mode::Fail => refused(500, "sandbox_fails"),
        Mode::Refuse => refused(422, "sandbox_refuses"),
        Mode::Garbage => HttpResponse::Ok().content_type("text/html").body("<html><body>Welcome</body></html>"),
        Mode::Redirect => HttpResponse::Found().insert_header((header::LOCATION, ASTRAY)).finish(),
        Mode::Busy => {
            let wait = options.retry_after.to_string();
            HttpResponse::TooManyRequests().insert_header((header::RETRY_AFTER, wait)).finish()
        }
        Mode::Stall => {
            tokio::time::sleep(STALL).await;
            refused(500, "sandbox_stalled")
        }
        Mode::ApplyAndLose => lost(),
        Mode::Drip => dripping(done),
    }
}

/// A connection that breaks before the answer is whole.
fn lost() -> HttpResponse {
    let broken = stream::once(async { Err::<Bytes, io::Error>(io::ErrorKind::ConnectionAborted.into()) });
    HttpResponse::Ok().content_type("application/json").body(SizedStream::new(64, Box::pin(broken)))
}

fn dripping(done: Option<Reply>) -> HttpResponse {
    let text = done.map_or_else(|| "{}".to_owned(), |reply| reply.text()).into_bytes();
    let size = text.len() as u64;
    let drops = stream::unfold(text.into_iter(), |mut left| async move {
        let next = left.next()?;
        tokio::time::sleep(DRIP).await;
        Some((Ok::<Bytes, io::Error>(Bytes::from(vec![next])), left))
    });
    HttpResponse::Ok().content_type("application/json").body(SizedStream::new(size, Box::pin(drops)))
}
