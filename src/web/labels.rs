//! Labels: what a carrier printed for a fulfilment.

use super::{
    api::{Api, Says},
    claim::Caller,
    documents,
    problem::Problem,
    rooms::Class,
};
use crate::{app::App, auth::Permission, store::documents as stored};
use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use model::ids::FulfilmentId;

pub(super) fn routes(api: &mut Api) {
    let says = Says::keyed("getLabel", "What a carrier printed for a fulfilment", Permission::ReadOrders);
    let says = says.gives_as(200, "application/pdf", "").fails(404, &["unknown_fulfilment", "not_found"]);
    let says = says.fails(410, documents::ERASED).class(Class::Core);
    api.get("/v1/fulfilments/{id}/label", label, says);
}

async fn label(app: Data<App>, caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    // It names the consignee, as the order does.
    caller.need(Permission::ReadOrders)?;
    let unknown = || Problem::not_found("unknown_fulfilment").with("fulfilment", &*id);
    let fulfilment: FulfilmentId = id.parse().map_err(|_| unknown())?;
    let document = stored::attachment_id("label", fulfilment);
    let found = stored::by_id(app.core.store.read(), document).await?.ok_or_else(|| Problem::not_found("not_found"))?;
    // Whatever its carrier called it, it began as a PDF does.
    documents::download(&app.core, found, "application/pdf")
}
