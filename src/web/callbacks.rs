//! Callbacks of carriers and tracking services. The code in the address is the configuration's own name for the caller,
//! so that an operator can put a secret into it where the caller's signature is weak.

use super::{
    api::{Api, Says},
    body::{self, Limits},
    doors::Doors,
    problem::Problem,
    reply, webhooks,
};
use crate::{
    app::App,
    intake::{Arrival, DocumentKind},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Payload},
};
use model::{codes::Channel, order::event::Actor};

pub(super) fn routes(api: &mut Api) {
    let says = Says::signed("callback", "Brings one message of a carrier or tracking service, signed by it")
        .bytes(&["application/json", "application/x-www-form-urlencoded"])
        .gives_as(200, "", "")
        .gives_as(401, "", "")
        .fails(404, &["unknown_carrier"]);
    api.post("/v1/carriers/{carrier}/callbacks", take, says);
}

async fn take(
    app: Data<App>,
    doors: Data<Doors>,
    code: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::not_found("unknown_carrier").with("carrier", &*code);
    let config = app.core.config.carriers.get(code.as_str()).ok_or_else(unknown)?;
    let carrier = config.caller().ok_or_else(unknown)?;
    let limits = Limits::of_body(&app.core.config.server);
    let bytes = body::read(&request, payload.into_inner(), limits).await?;
    let headers = webhooks::headers(&request);
    if let Err(fault) = carrier.verify(doors.secret_of(&code), &headers, &bytes, app.core.clock.now()) {
        tracing::warn!(carrier = %code, code = fault.code(), "a callback's signature was not accepted");
        let again = carrier.reply(false);
        let mut response = webhooks::said(&again);
        return Ok(response.status(StatusCode::UNAUTHORIZED).body(again.body));
    }
    let arrival = Arrival {
        channel: Channel::new(code.as_str()),
        kind: DocumentKind::Callback,
        topic: String::new(),
        name: String::new(),
        media_type: body::media_type(&request).to_owned(),
        headers: Vec::new(),
        actor: Actor::Partner { name: carrier.name().to_owned() },
        bytes,
    };
    let accepted = app.intake.accept(arrival).await?;
    let wanted = carrier.reply(true);
    let mut response = webhooks::said(&wanted);
    response.insert_header((header::LOCATION, reply::document_address(accepted.document)));
    Ok(response.body(wanted.body))
}
