//! What a connector would send for a message, without sending anything: the same view, the same steps, the same signatures,
//! with answers somebody gives. Reads, and writes nothing.

use super::{auth::Credentials, step::CALLS_MAX, view};
use crate::{
    config::{self, Config},
    store::{
        Store, StoreError,
        deliveries::{self, ClaimedDelivery, DeliveryFilter},
    },
};
use adapters::{connectors, mapping::Wording};
use model::{
    codes::Connector,
    ids::{DeliveryId, FulfilmentId, OrderId},
    message::MessageKind,
    port::outbound::{Answer, HttpRequest, Outcome, Request, Step},
    time::Instant,
};
use uuid::Uuid;

/// What is to be rehearsed.
#[derive(Debug)]
pub struct Asked<'a> {
    pub config: &'a Config,
    pub connector: &'a str,
    pub wording: &'a Wording,
    pub order: OrderId,
    /// Of a message about an order: `None`.
    pub fulfilment: Option<FulfilmentId>,
    pub kind: MessageKind,
    /// What the partner answers, call by call; afterwards 200 with nothing in it.
    pub answers: Vec<Outcome>,
}

/// A request as people may see it, and the answer it was given.
#[derive(Debug)]
pub struct Call {
    pub name: &'static str,
    /// Method and address; of other transports where it goes.
    pub line: String,
    /// Secrets and signatures are taken out.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub answer: Outcome,
}

/// The calls in their order, and how it ended; `None`: the connector wanted to go on for ever.
#[derive(Debug)]
pub struct Rehearsed {
    /// The key of the message; all zeros when no delivery of it exists.
    pub key: String,
    pub calls: Vec<Call>,
    pub end: Option<Step>,
}

/// Why there was nothing to rehearse.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    #[error("no connector is called `{0}`")]
    UnknownConnector(String),
    #[error("{0}")]
    Config(#[from] config::ConfigError),
    #[error("there is no such message: {0}")]
    NoMessage(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Goes through the steps of one attempt.
///
/// # Errors
/// A connector, message or order that is not there, or a database that is away.
pub async fn rehearse(store: &Store, asked: Asked<'_>, now: Instant) -> Result<Rehearsed, RehearsalError> {
    let unknown = || RehearsalError::UnknownConnector(asked.connector.to_owned());
    let connector = asked.config.connectors.get(asked.connector).ok_or_else(unknown)?;
    let kind = connectors::named(&connector.kind).ok_or_else(unknown)?;
    let credentials = Credentials::of(asked.config, asked.connector, &connector.auth)?;
    let delivery = delivery(store, &asked, now).await?;
    let told = view::messages(store, std::slice::from_ref(&delivery), now).await?;
    let message = told.into_iter().next().ok_or(RehearsalError::NoMessage("order_missing"))?;
    let message = asked.wording.prepared(message.map_err(RehearsalError::NoMessage)?);
    let (mut kept, mut calls, mut answer) = (Vec::new(), Vec::new(), None);
    let mut answers = asked.answers.into_iter();
    for _ in 0..CALLS_MAX {
        let request = match asked.wording.step(kind, &message, &kept, answer.as_ref()) {
            Step::Call(request) => request,
            end @ (Step::Wait(_) | Step::Done(_) | Step::Failed(_)) => {
                return Ok(Rehearsed { key: message.key, calls, end: Some(end) });
            }
        };
        let (mut call, usual) = shown(&request, &connector.url, &credentials, &message.key, now);
        call.answer = answers.next().unwrap_or(usual);
        let got = Answer { name: call.name, outcome: call.answer.clone() };
        calls.push(call);
        kept = connectors::keep(kind, &message, &kept, &got);
        answer = Some(got);
    }
    Ok(Rehearsed { key: message.key, calls, end: None })
}

/// The delivery as it would be claimed: under its own key, when there is one already.
async fn delivery(store: &Store, asked: &Asked<'_>, now: Instant) -> Result<ClaimedDelivery, StoreError> {
    let connector = Connector::new(asked.connector);
    let stream = asked.fulfilment.map_or_else(|| asked.order.uuid(), |fulfilment| fulfilment.uuid());
    let filter = DeliveryFilter {
        connector: Some(connector.clone()),
        order: Some(asked.order),
        limit: deliveries::PAGE_MAX,
        ..DeliveryFilter::default()
    };
    let known = deliveries::list(store.read(), &filter).await?;
    let known = known.iter().find(|delivery| delivery.kind == asked.kind && delivery.stream == stream);
    Ok(ClaimedDelivery {
        id: known.map_or_else(|| DeliveryId::from_uuid(Uuid::nil()), |delivery| delivery.id),
        connector,
        stream,
        number: 0,
        order: asked.order,
        kind: asked.kind,
        body: String::new(),
        attempts: 0,
        epoch: 0,
        kept: Vec::new(),
        interrupted: false,
        created_at: now,
    })
}

/// The request without its secrets, and the answer that is taken for granted.
fn shown(request: &Request, url: &str, credentials: &Credentials, key: &str, now: Instant) -> (Call, Outcome) {
    let empty = Outcome::Http { status: 200, headers: Vec::new(), body: Vec::new() };
    let call = |name, line, headers, body| Call { name, line, headers, body, answer: Outcome::Done };
    match request {
        Request::Http(request) => {
            let signed = credentials.signed(request, key, now);
            let request: &HttpRequest = signed.as_ref().unwrap_or(request);
            let line = format!("{} {}{}", request.method, url.trim_end_matches('/'), request.path);
            (call(request.name, line, credentials.shown(request), request.body.clone()), empty)
        }
        Request::PutFile(file) => {
            let line = format!("FILE {}/{}", url.trim_end_matches('/'), file.file);
            (call(file.name, line, Vec::new(), file.bytes.clone()), Outcome::Done)
        }
        Request::Mail(mail) => {
            let headers = vec![("subject".to_owned(), mail.subject.clone())];
            (call(mail.name, format!("MAIL {url}"), headers, mail.text.clone().into_bytes()), Outcome::Done)
        }
    }
}
