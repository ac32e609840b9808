//! The ERP (`/sales-orders`, `/shipments`, `/purchase-requisitions`) and the CRM (`/customers`).

use super::{
    answers,
    world::{Kind, Partner, Reply, World},
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
        .service(
            web::resource("/customers/{id}").route(web::put().to(put_customer)).route(web::get().to(get_customer)),
        );
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

/// Does `act` with the request's key and answers, unless something is to go wrong.
async fn serve(
    world: &World,
    partner: Partner,
    request: &HttpRequest,
    act: impl FnOnce(&str) -> Reply,
) -> HttpResponse {
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    match world.receive(partner, request.method().as_str(), request.path(), key) {
        None => answers::honest(&act(key)),
        Some(mode) => {
            let done = mode.applies().then(|| act(key));
            answers::wrong(mode, world.options, done).await
        }
    }
}
