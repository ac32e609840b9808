//! Callbacks of carriers and tracking services. The code in the address is the configuration's own name for the caller,
//! so that an operator can put a secret into it where the caller's signature is weak.

use super::{
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
    web::{self, Data, Path, Payload},
};
use model::{codes::Channel, order::event::Actor};

pub(super) fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/v1/carriers/{carrier}/callbacks").route(web::post().to(take)));
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
