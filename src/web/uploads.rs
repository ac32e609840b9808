//! Uploads: files of stores, desks and customers, one or several at once, as a form or as a plain body.

use super::{
    api::{Api, Says},
    body::{self, Limits},
    claim::Caller,
    doors::Doors,
    problem::Problem,
    reply,
    rooms::Class,
    webhooks,
};
use crate::{
    app::App,
    auth::Permission,
    intake::{
        Arrival, DocumentKind,
        spool::{Spool, Spooled},
    },
};
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    HttpRequest, HttpResponse,
    dev::Payload as Bytes,
    http::{
        StatusCode,
        header::{self, ContentDisposition, DispositionParam},
    },
    web::{self, Data, Path, Payload},
};
use adapters::channels::Arrives;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use model::ids::DocumentId;
use serde::Serialize;
use std::io;

/// Parts of a form.
const PARTS_MAX: usize = 20;
/// Characters kept of a file's name and of a media type.
const NAME_MAX: usize = 255;

pub(super) fn routes(api: &mut Api) {
    let says = Says::keyed("upload", "Brings one or several files of a channel", Permission::Bring)
        .class(Class::Uploads)
        .bytes(&["multipart/form-data", "text/csv", "application/octet-stream"])
        .header("X-File-Name", "^[ -~]*$", "The name of a plain body's file, percent-encoded where it is not ASCII.")
        .gives(202, "Taken")
        .fails(400, &["empty_file", "bad_multipart", "bad_file_name", "form_too_long"])
        .fails(415, &["unsupported_media_type"])
        .fails(403, &["channel_not_yours"])
        .fails(404, &["unknown_channel"])
        .fails(409, &["channel_wrong_kind"])
        .fails(429, &["rate_limited"]);
    api.post("/v1/channels/{channel}/uploads", take, says);
}

/// A file as its sender calls it.
struct File {
    name: String,
    media_type: String,
    body: Spooled,
}

#[derive(Serialize)]
struct Taken {
    documents: Vec<TakenFile>,
}

#[derive(Serialize)]
struct TakenFile {
    document: DocumentId,
    name: String,
    duplicate: bool,
    /// Where to ask what became of it.
    follow: String,
}

async fn take(
    app: Data<App>,
    doors: Data<Doors>,
    caller: Caller,
    code: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    caller.need_channel(&code)?;
    let channel = webhooks::channel(&app, &code, Arrives::AsFile)?;
    doors.admit(&code)?;
    let limits = Limits::of_upload(&app.core.config.server);
    body::check_announced(&request, limits)?;
    let _room = doors.room(body::announced(&request), limits)?;
    // All of them are read before one is stored, so that a form is taken as a whole or not at all.
    let spool = || app.intake.spool(&channel.code, "");
    let files = files(&request, payload.into_inner(), limits, &spool).await?;
    let mut documents = Vec::with_capacity(files.len());
    for file in files {
        let name = file.name.clone();
        let arrival = Arrival {
            channel: channel.code.clone(),
            kind: DocumentKind::Upload,
            topic: String::new(),
            name: file.name,
            media_type: file.media_type,
            headers: Vec::new(),
            actor: caller.0.actor(),
            bytes: Vec::new(),
        };
        let accepted = app.intake.accept_file(arrival, file.body).await?;
        let (document, duplicate) = (accepted.document, accepted.duplicate);
        documents.push(TakenFile { document, name, duplicate, follow: reply::document_address(document) });
    }
    Ok(HttpResponse::Accepted().json(Taken { documents }))
}

/// The files of a request.
///
/// # Errors
/// `empty_file` when one holds nothing, `unsupported_media_type` for a picture, `bad_multipart` for a form without files, those of [`body::read`], and
/// `unavailable` when the disk is full.
async fn files(
    request: &HttpRequest,
    payload: Bytes,
    limits: Limits,
    spool: &impl Fn() -> Spool,
) -> Result<Vec<File>, Problem> {
    let media_type = body::media_type(request);
    let files = if media_type.trim_start().to_ascii_lowercase().starts_with("multipart/") {
        form(request, payload, limits, spool).await?
    } else {
        let name = tidy(&given_name(request).unwrap_or_default());
        let media_type = media_type_of(&name, media_type);
        let body = spooled(body::paced(payload, limits), spool(), |error| limits.problem(&error)).await?;
        vec![File { name, media_type, body }]
    };
    if let Some(other) = files.iter().find(|file| is_no_data(&file.media_type)) {
        let refused = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
        return Err(refused.with("media_type", &other.media_type));
    }
    match files.iter().find(|file| file.body.size() == 0) {
        Some(empty) => {
            Err(Problem::bad_request("empty_file").with("name", &empty.name).with("was", "").with("field", ""))
        }
        None => Ok(files),
    }
}

async fn form(
    request: &HttpRequest,
    payload: Bytes,
    limits: Limits,
    spool: &impl Fn() -> Spool,
) -> Result<Vec<File>, Problem> {
    let mut parts = Multipart::new(request.headers(), body::paced(payload, limits));
    let mut files = Vec::new();
    let mut seen = 0;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|error| broken_form(&error, limits))?;
        seen += 1;
        if seen > PARTS_MAX {
            return Err(Problem::bad_request("form_too_long").with("max", PARTS_MAX));
        }
        let name = part.content_disposition().and_then(named);
        let broken = |error| broken_form(&error, limits);
        match name {
            Some(name) => {
                let body = spooled(&mut part, spool(), broken).await?;
                files.push(file_of(&part, &name, body));
            }
            // A part without a file's name is another field of the form.
            None => while part.try_next().await.map_err(broken)?.is_some() {},
        }
    }
    if files.is_empty() { Err(Problem::bad_request("bad_multipart")) } else { Ok(files) }
}

/// All of a stream, in memory or on disk; `problem` words what breaks it off.
async fn spooled<E>(
    stream: impl Stream<Item = Result<web::Bytes, E>>,
    mut spool: Spool,
    problem: impl Fn(E) -> Problem,
) -> Result<Spooled, Problem> {
    let no_room = |error: io::Error| {
        tracing::error!(%error, "an upload could not be written to disk");
        Problem::unavailable()
    };
    let mut stream = std::pin::pin!(stream);
    while let Some(chunk) = stream.next().await {
        spool.add(&chunk.map_err(&problem)?).await.map_err(no_room)?;
    }
    spool.end().await.map_err(no_room)
}

fn file_of(part: &Field, name: &str, body: Spooled) -> File {
    let name = tidy(name);
    let stated = part.content_type().map(ToString::to_string).unwrap_or_default();
    File { media_type: media_type_of(&name, &stated), name, body }
}

fn broken_form(error: &MultipartError, limits: Limits) -> Problem {
    match error {
        MultipartError::Payload(error) => limits.problem(error),
        // Also what a name in another encoding looks like: the header as a whole cannot be read then.
        MultipartError::ContentDispositionMissing => Problem::bad_request("bad_file_name"),
        // The type is open; all its other cases mean a form we cannot read.
        _ => Problem::bad_request("bad_multipart"),
    }
}

/// The name of a plain body: `X-File-Name`, percent-encoded where it is not ASCII, else `Content-Disposition`.
fn given_name(request: &HttpRequest) -> Option<String> {
    if let Some(value) = request.headers().get("x-file-name") {
        return Some(percent_decoded(value.as_bytes()));
    }
    let value = request.headers().get(header::CONTENT_DISPOSITION)?;
    named(&ContentDisposition::from_raw(value).ok()?)
}

/// The name a disposition states; the extended form (RFC 8187) counts before the plain one.
fn named(disposition: &ContentDisposition) -> Option<String> {
    let extended = disposition.parameters.iter().find_map(DispositionParam::as_filename_ext);
    let extended = extended.map(|name| String::from_utf8_lossy(&name.value).into_owned());
    extended.or_else(|| disposition.get_filename().map(str::to_owned))
}

/// A name as we keep it: the last part of a path, without control characters, of bounded length. It is shown to people
/// and never used as a path.
fn tidy(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect::<String>().trim().to_owned()
}

/// What is stated, when it says more than "some bytes" or "a form" (which is what curl says of everything); else what the
/// name suggests.
fn media_type_of(name: &str, stated: &str) -> String {
    let essence = stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(essence.as_str(), "" | "application/octet-stream" | "application/x-www-form-urlencoded") {
        return mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream").to_owned();
    }
    stated.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect()
}

/// A picture or a recording. Other types prove little: many senders call a table "some bytes", or a text.
fn is_no_data(media_type: &str) -> bool {
    let kind = media_type.split('/').next().unwrap_or_default();
    ["audio", "image", "video"].iter().any(|no| kind.eq_ignore_ascii_case(no))
}

/// `%E8%AE%A2.csv` as `订.csv`; what is no escape stays as it is.
fn percent_decoded(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| first == b'%').and_then(|two| hex::decode(two).ok());
        match escaped {
            Some(byte) => {
                out.extend(byte);
                rest = &after[2..];
            }
            None => {
                out.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
