//! Many held orders are asked at once, a page at a time.

use crate::{
    app::App,
    auth::Permission,
    held,
    store::order_lists::HeldPlace,
    web::{
        api::shapes,
        body::Json,
        claim::Caller,
        problem::Problem,
        reply::{encode_cursor, place_of},
    },
};
use actix_web::{HttpResponse, web::Data};
use model::order::decide::{may_be_taken_up, taken_up};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// The code of a hold that the stages can find gone: of a check, `price_difference`, `no_carrier`, `too_heavy_to_carry` or
    /// `approval_declined`.
    #[schemars(with = "HoldCode")]
    hold: String,
    /// `next` of the answer before; empty or absent: the most important orders.
    #[schemars(length(max = 1024), regex(pattern = shapes::CURSOR), extend("format" = "cursor"))]
    cursor: Option<String>,
}

/// One of those codes.
struct HoldCode;

impl JsonSchema for HoldCode {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "HoldCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": taken_up().collect::<Vec<_>>() })
    }
}

pub(super) async fn redecide(app: Data<App>, caller: Caller, body: Json<Which>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ChangeOrders)?;
    let Json(Which { hold, cursor }) = body;
    if !may_be_taken_up(&hold) {
        return Err(Problem::bad_request("invalid_value").with("field", "hold").at("/hold"));
    }
    let after = place_of::<HeldPlace>(cursor.as_deref())?;
    let page = held::page(&app.core, &app.runner, &[hold], after.as_ref(), &caller.0.actor()).await?;
    let mut answer = json!({ "asked": page.asked, "changed": page.changed });
    if let Some(next) = page.next {
        answer["next"] = json!(encode_cursor(&next));
    }
    Ok(HttpResponse::Ok().json(answer))
}
