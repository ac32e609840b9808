//! Documents: what became of what somebody sent, to be looked up, looked into and read again.

pub(super) mod view;

use super::{
    api::{Api, Says, shapes},
    claim::Caller,
    problem::{self, Problem},
    reply::{self, Page},
    rooms::Class,
};
use crate::{
    app::{App, Core},
    auth::Permission,
    intake,
    mending::{self, NotMended},
    store::{
        StoreError,
        documents::{self as stored, DocumentFilter, DocumentState},
        rejects,
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header::{self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
    web::{Bytes, Data, Path, Query},
};
use futures_util::stream;
use model::{codes::Channel, ids::DocumentId, time::Instant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Parts of a document read from the database at once for a download; 256 KiB each at most.
const PARTS_AT_ONCE: u64 = 8;

pub(super) fn routes(api: &mut Api) {
    let reads = |name, summary| Says::keyed(name, summary, Permission::ReadDocuments);
    let says = reads("listDocuments", "Documents, newest first").query::<Wanted>().gives(200, "DocumentPage");
    api.get("/v1/documents", list, says.fails(400, &["invalid_cursor"]).fails(404, &["unknown_channel"]));
    let says = reads("getDocument", "What became of a document").gives(200, "Document");
    api.get("/v1/documents/{document}", one, says.fails(404, UNKNOWN));
    let says = reads("getContent", "The bytes as they arrived").gives_as(200, "application/octet-stream", "");
    let says = says.class(Class::Exports);
    api.get("/v1/documents/{document}/content", content, says.fails(404, UNKNOWN).fails(410, ERASED));
    let says = reads("getMended", "The rows that wait, as a workbook with every fault marked").gives_as(200, XLSX, "");
    let says = says.fails(404, UNKNOWN).fails(409, &["nothing_to_mend"]).fails(410, ERASED).class(Class::Exports);
    api.get("/v1/documents/{document}/mended", mended, says);
    let says = reads("listRejects", "Every fault: place, what was there, remedy").query::<After>().class(Class::Lists);
    api.get("/v1/documents/{document}/rejects", faults, says.gives(200, "RejectPage").fails(404, UNKNOWN));
    let says = Says::keyed("replay", "Reads a document again with today's mapping", Permission::ReplayDocuments);
    let says = says.gives(202, "Replayed").fails(404, UNKNOWN).fails(404, &["not_found"]).fails(409, &["conflict"]);
    let says = says.fails(410, ERASED);
    api.post("/v1/documents/{document}/replay", replay, says);
}

const UNKNOWN: &[&str] = &["unknown_document"];
pub(super) const ERASED: &[&str] = &["content_erased"];
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// `GET /v1/documents`: which ones, newest first.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    channel: Option<String>,
    /// `received`, `done`, `held` or `erased`.
    #[schemars(with = "Option<String>", extend("enum" = ["received", "done", "held", "erased"]))]
    state: Option<DocumentState>,
    /// `true`: only those in which something was wrong.
    #[serde(default)]
    rejects: bool,
    /// `next` of the page before; empty or absent: the first page.
    #[schemars(length(max = 1024), regex(pattern = shapes::CURSOR), extend("format" = "cursor"))]
    cursor: Option<String>,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

async fn list(app: Data<App>, caller: Caller, wanted: Query<Wanted>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadDocuments)?;
    let size = reply::page_size(wanted.limit)?;
    let before = reply::place_of::<(i64, Uuid)>(wanted.cursor.as_deref())?;
    let wanted_channel = wanted.channel.as_deref().map(Channel::new);
    if let (Some(own), Some(other)) = (&caller.0.channel, &wanted_channel)
        && own != other
    {
        return Err(Problem::not_found("unknown_channel").with("channel", other));
    }
    let filter = DocumentFilter {
        channel: caller.0.channel.clone().or(wanted_channel),
        state: wanted.state,
        with_rejects: wanted.rejects,
        before: before.map(|(at, id)| (Instant(at), DocumentId::from_uuid(id))),
        limit: u64::from(size) + 1,
    };
    let found = stored::list(app.core.store.read(), &filter).await?;
    let ids: Vec<DocumentId> = found.iter().map(|document| document.id).collect();
    let rejects = rejects::counts(app.core.store.read(), &ids).await?;
    let page = Page::cut(found, size, |last| (last.received_at.0, last.id.uuid()));
    let shown = |document: stored::Document| {
        let rejects = rejects.get(&document.id).copied().unwrap_or(0);
        view::Document::of(document, rejects)
    };
    Ok(HttpResponse::Ok().json(page.map(shown)))
}

/// The document of that id, when this caller may know of it: a channel's key sees its own channel's only.
async fn find(core: &Core, caller: &Caller, id: &str) -> Result<stored::Document, Problem> {
    let unknown = || Problem::not_found("unknown_document");
    let id: DocumentId = id.parse().map_err(|_| unknown())?;
    let found = stored::by_id(core.store.read(), id).await?.ok_or_else(unknown)?;
    match &caller.0.channel {
        Some(own) if *own != found.channel => Err(unknown()),
        // Not acknowledged yet, so not there.
        _ if found.state == DocumentState::Receiving => Err(unknown()),
        _ => Ok(found),
    }
}

async fn one(app: Data<App>, caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadDocuments)?;
    let found = find(&app.core, &caller, &id).await?;
    let rejects = rejects::count(app.core.store.read(), found.id).await?;
    Ok(HttpResponse::Ok().json(view::Document::of(found, rejects)))
}

/// `GET /v1/documents/{document}/rejects`: those after number `after`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct After {
    #[serde(default)]
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    after: u32,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Faults {
    items: Vec<view::Reject>,
    /// The number to ask for the next ones `after`; absent when these were the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
}

async fn faults(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    after: Query<After>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadDocuments)?;
    let size = reply::page_size(after.limit)?;
    let found = find(&app.core, &caller, &id).await?;
    let mut items = rejects::list(app.core.store.read(), found.id, after.after, u64::from(size) + 1).await?;
    let more = items.len() > size as usize;
    items.truncate(size as usize);
    let next = items.last().filter(|_| more).map(|last| last.no);
    let language = problem::language(&request);
    let items = items.into_iter().map(|numbered| view::Reject::of(numbered, language)).collect();
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_LANGUAGE, language.tag()));
    Ok(response.json(Faults { items, next }))
}

/// The bytes as they arrived, always as a file to be saved: what is inside was written by somebody else.
async fn content(app: Data<App>, caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadDocuments)?;
    let found = find(&app.core, &caller, &id).await?;
    download(&app.core, found, "application/octet-stream")
}

/// A document's bytes as a file to be saved.
///
/// # Errors
/// 404 when they are not there yet, 410 `content_erased` when not any more.
pub(super) fn download(core: &Arc<Core>, found: stored::Document, media_type: &str) -> Result<HttpResponse, Problem> {
    match found.state {
        DocumentState::Receiving => return Err(Problem::not_found("not_found")),
        DocumentState::Erased => return Err(Problem::erased()),
        DocumentState::Received | DocumentState::Done | DocumentState::Held => {}
    }
    let name = if found.name.is_empty() { found.id.to_string() } else { found.name };
    let size = u64::try_from(found.size).unwrap_or(0);
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CONTENT_DISPOSITION, attachment(name)))
        .body(SizedStream::new(size, parts(Arc::clone(core), found.id))))
}

fn attachment(name: String) -> ContentDisposition {
    let name =
        ExtendedValue { charset: Charset::Ext("UTF-8".to_owned()), language_tag: None, value: name.into_bytes() };
    let parameters = vec![DispositionParam::FilenameExt(name)];
    ContentDisposition { disposition: DispositionType::Attachment, parameters }
}

/// The rows that wait, as a workbook with every fault marked, in the caller's language.
async fn mended(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadDocuments)?;
    let found = find(&app.core, &caller, &id).await?;
    let name = mending::name_of(&found);
    let language = problem::language(&request);
    match mending::mend(&app.core, found, language).await {
        Ok(workbook) => Ok(HttpResponse::Ok()
            .content_type(XLSX)
            .insert_header((header::CONTENT_DISPOSITION, attachment(name)))
            .insert_header((header::CONTENT_LANGUAGE, language.tag()))
            .body(workbook)),
        Err(NotMended::Gone) => Err(Problem::erased()),
        Err(NotMended::Store(error)) => Err(error.into()),
        Err(error @ (NotMended::Nothing | NotMended::Xlsx(_))) => {
            tracing::debug!(%error, "nothing is mended");
            Err(Problem::new(actix_web::http::StatusCode::CONFLICT, "nothing_to_mend"))
        }
    }
}

/// The document's bytes, a few parts at a time. One that cannot be read breaks the download off.
fn parts(core: Arc<Core>, id: DocumentId) -> impl futures_util::Stream<Item = Result<Bytes, StoreError>> + 'static {
    let at_once = i32::try_from(PARTS_AT_ONCE).unwrap_or(1);
    stream::try_unfold(0_i32, move |first| {
        let core = Arc::clone(&core);
        async move {
            let bytes = stored::parts(core.store.read(), id, first, PARTS_AT_ONCE).await?;
            Ok((!bytes.is_empty()).then(|| (Bytes::from(bytes), first + at_once)))
        }
    })
}

#[derive(Serialize)]
struct Replayed {
    document: DocumentId,
    follow: String,
}

async fn replay(app: Data<App>, caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReplayDocuments)?;
    let found = find(&app.core, &caller, &id).await?;
    let document = found.id;
    match intake::replay::replay(&app.core, &app.intake.parser, document).await {
        Ok(true) => {
            tracing::info!(%document, user = %caller.0.user, "a document is read again");
            Ok(HttpResponse::Accepted().json(Replayed { document, follow: reply::document_address(document) }))
        }
        // A partner's paper says nothing of orders, so there is nothing to read again.
        Ok(false) if found.kind == stored::DocumentKind::Attachment => Err(Problem::not_found("not_found")),
        Ok(false) => Err(Problem::erased()),
        Err(StoreError::Conflict(_)) => Err(Problem::new(actix_web::http::StatusCode::CONFLICT, "conflict")),
        Err(error) => Err(error.into()),
    }
}
