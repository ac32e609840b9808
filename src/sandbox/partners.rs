//! Where each partner listens: the ERP (`/sales-orders`, `/shipments`, `/purchase-requisitions`), the CRM (`/customers`,
//! `/orders`), the carrier (`/bookings`), the gateway for text messages (`/sms`) and whoever
//! receives webhooks (`/hooks/{name}`, and `/` as well).

use super::{
    answers,
    world::{Hook, Kind, Partner, Reply, World},
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes, Data, Path, ServiceConfig},
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/sales-orders/{id}").route(web::put().to(put_order)).route(web::get().to(get_order)))
        .service(web::resource("/sales-orders/{id}/cancel").route(web::post().to(cancel_order)))
        .service(web::resource("/shipments/{id}").route(web::put().to(put_shipment)).route(web::get().to(get_shipment)))
        .service(
            web::resource("/purchase-requisitions/{id}")
                .route(web::put().to(put_bought))
                .route(web::get().to(get_bought)),
        )
        .service(web::resource("/customers/{id}").route(web::put().to(put_customer)).route(web::get().to(get_customer)))
        .service(web::resource("/orders").route(web::post().to(post_summary)))
        .service(web::resource("/orders/{id}").route(web::get().to(get_summary)))
        .service(web::resource("/bookings").route(web::post().to(book)))
        .service(web::resource("/bookings/{id}").route(web::get().to(get_booking)))
        .service(web::resource("/bookings/{id}/cancel").route(web::post().to(cancel_booking)))
        .service(web::resource("/bookings/{id}/label").route(web::get().to(get_label)))
        .service(web::resource("/sms").route(web::post().to(take_text)))
        .service(web::resource(["/", "/hooks/{name}"]).route(web::post().to(take_hook)));
}

async fn put_order(world: Data<World>, request: HttpRequest, id: Path<String>, body: Bytes) -> HttpResponse {
    serve(&world, Partner::Erp, &request, |key| world.put(Kind::Order, &id, key, &body)).await
}

async fn get_order(world: Data<World>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    serve(&world, Partner::Erp, &request, |_| world.find(Kind::Order, &id)).await
}

async fn cancel_order(world: Data<World>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    serve(&world, Partner::Erp, &request, |key| world.cancel(&id, key)).await
}

async fn put_shipment(world: Data<World>, request: HttpRequest, id: Path<String>, body: Bytes) -> HttpResponse {
    serve(&world, Partner::Erp, &request, |key| world.put(Kind::Shipment, &id, key, &body)).await
}

async fn get_shipment(world: Data<World>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    serve(&world, Partner::Erp, &request, |_| world.find(Kind::Shipment, &id)).await
}

async fn put_bought(world: Data<World>, request: HttpRequest, id: Path<String>, body: Bytes) -> HttpResponse {
    serve(&world, Partner::Erp, &request, |key| world.put(Kind::Requisition, &id, key, &body)).await
}

async fn get_bought(world: Data<World>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    serve(&world, Partner::Erp, &request, |_| world.find(Kind::Requisition, &id)).await
}

async fn put_customer(world: Data<World>, request: HttpRequest, id: Path<String>, body: Bytes) -> HttpResponse {
    serve(&world, Partner::Crm, &request, |_| world.put_customer(&id, &body)).await
}

async fn get_customer(world: Data<World>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    serve(&world, Partner::Crm, &request, |_| world.customer(&id)).await
}

async fn post_summary(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    serve(&world, Partner::Crm, &request, |key| world.post_summary(key, &body)).await
}

async fn get_summary(world: Data<World>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    serve(&world, Partner::Crm, &request, |_| world.find(Kind::Summary, &id)).await
}

async fn book(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    serve(&world, Partner::Carrier, &request, |key| world.book(key, &body)).await
}

async fn get_booking(world: Data<World>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    serve(&world, Partner::Carrier, &request, |_| world.booking(&id)).await
}

async fn cancel_booking(world: Data<World>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    serve(&world, Partner::Carrier, &request, |key| world.cancel_booking(key, &id)).await
}

async fn get_label(world: Data<World>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    serve(&world, Partner::Carrier, &request, |_| world.label(&id)).await
}

async fn take_hook(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let header = |name: &str| header(&request, name).to_owned();
    let (id, timestamp, signature) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let body = String::from_utf8_lossy(&body).into_owned();
    let hook = Hook { id, timestamp, signature, body };
    serve(&world, Partner::Hook, &request, |_| world.hook(hook)).await
}

async fn take_text(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    serve(&world, Partner::Sms, &request, |_| world.text(&body)).await
}

fn header<'r>(request: &'r HttpRequest, name: &str) -> &'r str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Does `act` with the request's key and answers, unless something is to go wrong.
async fn serve(
    world: &World,
    partner: Partner,
    request: &HttpRequest,
    act: impl FnOnce(&str) -> Reply,
) -> HttpResponse {
    let key = match partner {
        Partner::Hook => header(request, "webhook-id"),
        Partner::Erp | Partner::Crm | Partner::Carrier | Partner::Sms => header(request, "idempotency-key"),
    };
    match world.receive(partner, request.method().as_str(), request.path(), key) {
        None => answers::honest(&act(key)),
        Some(mode) => {
            let done = mode.applies().then(|| act(key));
            answers::wrong(mode, world.options, done).await
        }
    }
}
