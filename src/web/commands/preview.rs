//! `?preview=true`: what a command would do, told in the same words as the timeline tells what was done.

use crate::{
    app::App,
    orders::{self, CommandJob, Preview},
    web::{
        orders::{show_holds, told},
        problem::{self, Problem},
    },
    words::Language,
};
use actix_web::{HttpRequest, HttpResponse};
use model::order::status::{Status, status};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// How a command is meant.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Mode {
    /// `true`: only say what would happen; nothing is changed.
    #[serde(default)]
    pub(super) preview: bool,
}

/// What `job` would do.
///
/// # Errors
/// The refusal the command itself would meet, or the database is away.
pub(super) async fn show(app: &App, job: CommandJob, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let order = job.order;
    let preview = orders::preview(&app.core, job).await?.map_err(Problem::refused)?;
    let language = problem::language(request);
    let mut shown = standing(&preview, language);
    if let Some(held) = preview.slot.order() {
        shown["holds"] = json!(show_holds(app.core.store.read(), held, language).await?);
    }
    shown["order"] = json!(order);
    Ok(HttpResponse::Ok().json(shown))
}

fn standing(preview: &Preview, language: Language) -> Value {
    let Preview { slot, happened, tells } = preview;
    let currency = slot.order().map(model::order::state::Order::currency);
    let name = status(slot).map_or("", Status::name);
    json!({
        "preview": true,
        "status": name,
        "events": slot.events(),
        "happened": happened.iter().map(|h| told(h, currency, language)).collect::<Vec<_>>(),
        "holds": null,
        "messages": tells.iter().map(|tell| tell.kind).collect::<Vec<_>>(),
    })
}
