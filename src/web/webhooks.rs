//! Webhooks: proven by their signature, stored, acknowledged. Nobody looks inside before that.

use super::{
    api::{Api, Says},
    body::{self, Limits},
    claim,
    doors::Doors,
    problem::Problem,
    reply,
};
use crate::{
    app::{App, ChannelRuntime},
    intake::{Accepted, Arrival, DocumentKind},
    traces::{self, Trace},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Payload},
};
use adapters::{channels::Arrives, sign};
use model::{order::event::Actor, port::inbound::Reply};
use serde_json::json;

pub(super) fn routes(api: &mut Api) {
    let says = Says::signed("webhook", "Brings one document of a platform, signed by it")
        .bytes(&["application/json", "application/octet-stream"])
        .gives_as(200, "", "")
        .fails(401, SIGNATURES)
        .fails(403, &["channel_not_yours", "forbidden"])
        .fails(404, &["unknown_channel"])
        .fails(409, &["channel_wrong_kind"])
        .fails(429, &["rate_limited"]);
    api.post("/v1/channels/{channel}/webhooks", take, says);
}

/// Why a sender is not believed.
const SIGNATURES: &[&str] = &[
    "signature_missing",
    "signature_twice",
    "signature_malformed",
    "signature_mismatch",
    "timestamp_missing",
    "timestamp_malformed",
    "timestamp_outside_window",
    "unauthorized",
];

async fn take(
    app: Data<App>,
    doors: Data<Doors>,
    code: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let channel = channel(&app, &code, Arrives::AsWebhook)?;
    doors.admit(&code)?;
    let limits = Limits::of_body(&app.core.config.server);
    let bytes = body::read(&request, payload.into_inner(), limits).await?;
    if (channel.platform.ping)(&bytes) {
        return Ok(pong(channel.platform.reply.as_ref()));
    }
    // Before anything is computed: whoever floods costs us its bytes and no more.
    if !app.intake.has_room(&channel.code) {
        app.intake.refused(&channel.code);
        return Err(Problem::overloaded());
    }
    let headers = headers(&request);
    let actor = prove(&app, channel, &request, &headers, &bytes).await?;
    let arrival = Arrival {
        channel: channel.code.clone(),
        kind: DocumentKind::Webhook,
        topic: channel.topic(&headers).to_owned(),
        name: String::new(),
        media_type: body::media_type(&request).to_owned(),
        headers: channel.platform.kept(&headers),
        actor,
        bytes,
    };
    let (arrival, began) = (traced(&app, &headers, arrival), app.core.clock.now());
    let kept = app.core.traces.is_on().then(|| arrival.headers.clone());
    let accepted = app.intake.accept(arrival).await?;
    if let Some(kept) = kept.filter(|_| !accepted.duplicate) {
        let (trace, channel) = (Trace::of(accepted.document, &kept), channel.code.to_string());
        let attributes = vec![("channel", channel), ("document", accepted.document.to_string())];
        app.core.traces.came(trace, (began, app.core.clock.now()), attributes);
    }
    Ok(answer(channel.platform.reply.as_ref(), accepted))
}

/// With the header of the trace its sender began, where traces are wanted.
fn traced(app: &App, headers: &[(String, String)], mut arrival: Arrival) -> Arrival {
    if app.core.traces.is_on() {
        arrival.headers.extend(headers.iter().find(|(name, _)| name == traces::HEADER).cloned());
    }
    arrival
}

/// The channel of that code, when documents come to it in this way.
///
/// # Errors
/// 404 `unknown_channel`, 409 `channel_wrong_kind`.
pub(super) fn channel<'a>(app: &'a App, code: &str, arrives: Arrives) -> Result<&'a ChannelRuntime, Problem> {
    let found = app.core.channels.get(code);
    let channel = found.ok_or_else(|| Problem::not_found("unknown_channel").with("channel", code))?;
    if channel.platform.arrives == arrives {
        return Ok(channel);
    }
    Err(Problem::new(StatusCode::CONFLICT, "channel_wrong_kind").with("channel", code))
}

/// All headers as they came, names in lower case.
pub(super) fn headers(request: &HttpRequest) -> Vec<(String, String)> {
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// Who sent it: the platform, by its signature over the raw bytes, or the holder of a key where the platform signs nothing.
async fn prove(
    app: &App,
    channel: &ChannelRuntime,
    request: &HttpRequest,
    headers: &[(String, String)],
    bytes: &[u8],
) -> Result<Actor, Problem> {
    let Some(scheme) = channel.platform.scheme else {
        let caller = claim::identify(request).await?;
        caller.need_channel(channel.code.as_str())?;
        return Ok(caller.0.actor());
    };
    let verified = match &channel.signature {
        Some(signature) => signature.verify(&channel.secrets, headers, bytes),
        None => sign::verify(scheme, &channel.secrets, headers, bytes, app.core.clock.now()),
    };
    match verified {
        Ok(()) => Ok(Actor::Channel { channel: channel.code.clone() }),
        Err(fault) => {
            // What exactly is wrong is for the operator; a forger learns nothing from us.
            tracing::warn!(channel = %channel.code, code = fault.code(), "a webhook's signature was not accepted");
            Err(Problem::new(StatusCode::UNAUTHORIZED, "signature_mismatch"))
        }
    }
}

/// Somebody is here: the platform's own answer, and nothing was kept.
fn pong(wanted: Option<&Reply>) -> HttpResponse {
    wanted.map_or_else(|| HttpResponse::Ok().finish(), |wanted| said(wanted).body(wanted.body.clone()))
}

fn answer(wanted: Option<&Reply>, accepted: Accepted) -> HttpResponse {
    let address = (header::LOCATION, reply::document_address(accepted.document));
    match wanted {
        Some(wanted) => {
            let mut response = said(wanted);
            response.insert_header(address);
            response.body(wanted.body.clone())
        }
        None => HttpResponse::Ok()
            .insert_header(address)
            .json(json!({ "document": accepted.document, "duplicate": accepted.duplicate })),
    }
}

/// The head of the answer a partner wants to hear.
pub(super) fn said(wanted: &Reply) -> actix_web::HttpResponseBuilder {
    // Partners' files hold valid codes; one that is none would mean "taken" as well.
    let mut response = HttpResponse::build(StatusCode::from_u16(wanted.status).unwrap_or(StatusCode::OK));
    response.content_type(wanted.media_type);
    response
}
