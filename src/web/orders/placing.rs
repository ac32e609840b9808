//! `POST /v1/orders`: orders in our own shape. Stored like every document, then read at once for the answer, so that the
//! caller hears of every fault in the body; what is decided comes from the stored document alone.

use crate::{
    app::{App, ChannelRuntime},
    auth::Permission,
    intake::{Accepted, Arrival, DocumentKind},
    store::{
        documents::{self, DocumentState},
        order_lists::{self, OrderFilter},
        rejects::Numbered,
    },
    web::{
        api::Says,
        body::{self, Limits},
        claim::Caller,
        documents::view,
        doors::Doors,
        problem::{self, Problem},
        reply, webhooks,
    },
    words::Language,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Payload, Query},
};
use adapters::channels::Arrives;
use model::{
    ids::{DocumentId, OrderId},
    port::inbound::{self, Read},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, ops::ControlFlow, time::Duration};

/// Characters of an idempotency key.
const KEY_MAX: usize = 255;
/// Orders of one answer, and faults; the document has all of them.
const TOLD_MAX: usize = 100;
/// Time `wait=true` waits for the decision.
const WAIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Whose order it is; a channel's key says so itself.
    channel: Option<String>,
    /// Answer when it is decided.
    #[serde(default)]
    wait: bool,
}

#[derive(Serialize)]
struct Placed {
    document: DocumentId,
    duplicate: bool,
    /// Where to ask what became of the document.
    follow: String,
    orders: Vec<PlacedOrder>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejects: Vec<view::Reject>,
}

#[derive(Serialize)]
struct PlacedOrder {
    external_id: String,
    order: OrderId,
    follow: String,
    /// Where it stands; absent when the answer did not wait for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

pub(super) fn says() -> Says {
    Says::keyed("placeOrders", "Brings one or several orders in our own shape", Permission::Bring)
        .query::<Asked>()
        .takes("Orders")
        .header("Idempotency-Key", "^[!-~]{1,255}$", "Your own word for this request, scoped to the channel: the same one again is answered with the first document.")
        .gives(200, "Placed")
        .gives(201, "Placed")
        .gives(202, "Placed")
        .fails(400, &["channel_missing", "idempotency_key_invalid", "invalid_json"])
        .fails(403, &["channel_not_yours"])
        .fails(404, &["unknown_channel"])
        .fails(409, &["channel_wrong_kind"])
        .fails(415, &["unsupported_media_type"])
        .fails(422, &["idempotency_key_reused", "orders_rejected"])
        .fails(429, &["rate_limited"])
}

pub(super) async fn take(
    app: Data<App>,
    doors: Data<Doors>,
    caller: Caller,
    asked: Query<Asked>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let code = channel_of(&caller, asked.channel.as_deref())?;
    caller.need_channel(&code)?;
    let channel = webhooks::channel(&app, &code, Arrives::AsFile)?;
    doors.admit(&code)?;
    body::check_json(&request)?;
    let key = idempotency_key(&request)?;
    let bytes = body::read(&request, payload.into_inner(), Limits::of_body(&app.core.config.server)).await?;
    if bytes.is_empty() {
        return Err(Problem::bad_request("invalid_json").with("why", "the body is empty"));
    }
    let arrival = Arrival {
        channel: channel.code.clone(),
        kind: DocumentKind::Api,
        topic: "orders".to_owned(),
        name: String::new(),
        media_type: body::media_type(&request).to_owned(),
        headers: Vec::new(),
        actor: caller.0.actor(),
        bytes: bytes.clone(),
    };
    let accepted = match &key {
        Some(key) => app.intake.accept_once(arrival, key).await?,
        None => app.intake.accept(arrival).await?,
    };
    if accepted.duplicate && key.is_some() {
        check_same(&app, accepted.document, &bytes).await?;
    }
    answer(&app, channel, accepted, &bytes, asked.wait, problem::language(&request)).await
}

/// The channel an order is brought for: the key's own, else the one the caller names.
fn channel_of(caller: &Caller, named: Option<&str>) -> Result<String, Problem> {
    match (&caller.0.channel, named) {
        (_, Some(named)) => Ok(named.to_owned()),
        (Some(own), None) => Ok(own.to_string()),
        (None, None) => Err(Problem::bad_request("channel_missing").at("channel")),
    }
}

/// The sender's own word for "this request": `Idempotency-Key`, once, visible ASCII.
fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let invalid = || Problem::bad_request("idempotency_key_invalid").with("max", KEY_MAX).at("Idempotency-Key");
    let mut keys = request.headers().get_all("idempotency-key");
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.to_str().map_err(|_| invalid())?.trim();
    let fits = !key.is_empty() && key.len() <= KEY_MAX && key.bytes().all(|b| b.is_ascii_graphic());
    if fits && keys.next().is_none() { Ok(Some(key.to_owned())) } else { Err(invalid()) }
}

/// A key stands for one body for ever.
async fn check_same(app: &App, document: DocumentId, bytes: &[u8]) -> Result<(), Problem> {
    let first = documents::by_id(app.core.store.read(), document).await?;
    let sha256: [u8; 32] = Sha256::digest(bytes).into();
    if first.is_some_and(|first| first.sha256[..] == sha256) {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused").at("Idempotency-Key");
    Err(problem.with("document", document))
}

/// What the body says, as the stored document will be read.
#[derive(Default)]
struct Heard {
    orders: Vec<String>,
    rejects: Vec<Numbered>,
}

fn hear(channel: &ChannelRuntime, app: &App, bytes: &[u8]) -> Heard {
    let document = inbound::Document {
        topic: "orders",
        name: "",
        media_type: "",
        headers: &[],
        bytes,
        received_at: app.core.clock.now(),
    };
    let mut heard = Heard::default();
    channel.parse(DocumentKind::Api, &document, &mut |read| {
        match read {
            Read::Said(said) if !heard.orders.contains(&said.external_id) => heard.orders.push(said.external_id),
            Read::Said(_) => {}
            Read::Reject(reject) => {
                let no = u32::try_from(heard.rejects.len()).unwrap_or(u32::MAX).saturating_add(1);
                heard.rejects.push(Numbered { no, reject });
            }
        }
        let full = heard.orders.len() >= TOLD_MAX || heard.rejects.len() >= TOLD_MAX;
        if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    heard
}

async fn answer(
    app: &App,
    channel: &ChannelRuntime,
    accepted: Accepted,
    bytes: &[u8],
    wait: bool,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let heard = hear(channel, app, bytes);
    let follow = reply::document_address(accepted.document);
    let rejects: Vec<view::Reject> = heard.rejects.into_iter().map(|r| view::Reject::of(r, language)).collect();
    if heard.orders.is_empty() {
        let mut more = Map::new();
        more.insert("document".to_owned(), json!(accepted.document));
        more.insert("duplicate".to_owned(), json!(accepted.duplicate));
        more.insert("follow".to_owned(), json!(follow));
        more.insert("rejects".to_owned(), json!(rejects));
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "orders_rejected");
        return Err(Problem { more: Some(Box::new(more)), ..problem.with("count", rejects.len()) });
    }
    let ids: Vec<OrderId> = heard.orders.iter().map(|id| OrderId::of(channel.code.as_str(), id)).collect();
    let standing = if wait { wait_for(app, accepted.document, &ids).await? } else { BTreeMap::new() };
    let status = match (accepted.duplicate, standing.is_empty()) {
        (true, _) => StatusCode::OK,
        (false, false) => StatusCode::CREATED,
        (false, true) => StatusCode::ACCEPTED,
    };
    let place = |(external_id, order): (String, OrderId)| PlacedOrder {
        follow: format!("/v1/orders/{order}"),
        status: standing.get(&order).cloned(),
        external_id,
        order,
    };
    let orders = heard.orders.into_iter().zip(ids).map(place).collect();
    let (document, duplicate) = (accepted.document, accepted.duplicate);
    Ok(HttpResponse::build(status)
        .insert_header((header::LOCATION, follow.clone()))
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .json(Placed { document, duplicate, follow, orders, rejects }))
}

/// Where the orders stand once the document is read; empty when that takes too long.
async fn wait_for(app: &App, document: DocumentId, ids: &[OrderId]) -> Result<BTreeMap<OrderId, String>, Problem> {
    let db = app.core.store.read();
    let reading = async {
        loop {
            let found = documents::by_id(db, document).await?;
            if found.is_none_or(|d| !matches!(d.state, DocumentState::Receiving | DocumentState::Received)) {
                return Ok::<(), Problem>(());
            }
            tokio::time::sleep(POLL).await;
        }
    };
    match tokio::time::timeout(WAIT, reading).await {
        Ok(read) => read?,
        Err(_) => return Ok(BTreeMap::new()),
    }
    let limit = order_lists::PAGE_MAX;
    let filter = OrderFilter { ids: Some(ids.to_vec()), limit, ..OrderFilter::default() };
    let found = order_lists::list(db, &filter).await?;
    Ok(found.into_iter().map(|order| (order.id, order.status)).collect())
}
