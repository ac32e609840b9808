//! People: found by what a caller on the phone says, and erased when they ask for it.

mod erase;
mod scan;

use super::{
    api::{Api, Says, shapes},
    claim::Caller,
    problem::Problem,
};
use crate::{
    app::App,
    auth::Permission,
    store::parties::{self, Known},
};
use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use model::ids::PartyId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Characters of a search, at least and at most.
const TEXT_MIN: usize = 2;
const TEXT_MAX: usize = 200;

pub(super) fn routes(api: &mut Api) {
    let says = Says::keyed("findParties", "People by phone, whole name or mail address", Permission::ReadOrders);
    api.get("/v1/parties", search, says.query::<Wanted>().gives(200, "Parties"));
    let says = Says::keyed("eraseParty", "Erases a person, for ever", Permission::Erase);
    api.delete("/v1/parties/{id}", remove, says.gives(200, "Erased").fails(404, &["unknown_party"]));
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A phone number, a whole name or a mail address.
    #[schemars(length(min = 2, max = 200), regex(pattern = shapes::SEARCH))]
    q: String,
}

async fn search(app: Data<App>, caller: Caller, wanted: Query<Wanted>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadOrders)?;
    if wanted.q.trim().chars().count() < TEXT_MIN || wanted.q.chars().count() > TEXT_MAX {
        return Err(Problem::bad_request("invalid_filter").with("field", "q").at("q"));
    }
    let db = app.core.store.read();
    let found = parties::search(db, &wanted.q).await?;
    let known = parties::get(db, &found).await?;
    let items: Vec<Value> = found.iter().filter_map(|id| one(*id, known.get(id)?)).collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items })))
}

fn one(id: PartyId, known: &Known) -> Option<Value> {
    match known {
        Known::Here(party) => {
            let mut shown = json!(party);
            shown["id"] = json!(id);
            Some(shown)
        }
        Known::Erased { .. } => None,
    }
}

async fn remove(app: Data<App>, caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::Erase)?;
    let unknown = || Problem::not_found("unknown_party").with("party", &*id);
    let party: PartyId = id.parse().map_err(|_| unknown())?;
    let erased = erase::person(&app.core, party, caller.0.actor()).await?.ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().json(json!({
        "party": party,
        "parties": erased.parties,
        "orders": erased.orders,
        "documents": erased.documents,
        "complete": erased.complete,
    })))
}
