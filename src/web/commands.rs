//! What people and systems ask of orders. Who asks comes from the caller's key, never from the body.

mod amendment;
mod preview;
mod redecide;
mod ship;

pub(super) use amendment::Number;

use super::{
    api::{Api, Says, shapes},
    body::{Json, check_day},
    claim::Caller,
    orders::{load, order_id},
    problem::Problem,
};
use crate::{
    app::App,
    auth::Permission,
    orders::{CommandJob, Outcome},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use model::{
    ids::{OrderId, PartyId},
    order::{
        command::Command,
        state::Slot,
        status::{Status, status},
    },
    party::Party,
    said::{Payment, PaymentMethod, PaymentState},
};
use preview::Mode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// Characters of a reason.
const WORDS_MAX: usize = 1_000;

pub(super) fn routes(api: &mut Api) {
    let command = |name, summary, needs| {
        let says = Says::keyed(name, summary, needs).gives(200, "Standing");
        says.fails(404, &["unknown_order"]).fails(409, &["nothing_to_do", "not_placed", "order_closed", "conflict"])
    };
    let changes = |name, summary| command(name, summary, Permission::ChangeOrders);
    let says = command("approveOrder", "Signs the next step of the approval", Permission::Approve).json::<Approve>();
    api.post("/v1/orders/{id}/approve", approve, says.fails(403, SIGNERS).fails(409, SIGNING));
    let says = command("declineOrder", "Declines the approval", Permission::Approve).json::<Decline>();
    api.post("/v1/orders/{id}/decline", decline, says.fails(400, WORDS).fails(403, SIGNERS).fails(409, SIGNING));
    let says = changes("resolveHold", "Accepts what an order is held for").json::<Resolve>().fails(400, WORDS);
    let says = says
        .fails(403, &["not_a_person", "hold_not_yours"])
        .fails(404, &["unknown_hold"])
        .fails(409, &["hold_needs_mending"]);
    api.post("/v1/orders/{id}/holds/{code}/resolve", resolve, says);
    let says = changes("amendOrder", "Changes address, quantities or lines").query::<Mode>().json::<amendment::Amend>();
    let says = says.fails(400, WORDS).fails(400, amendment::FAULTS).fails(404, &["unknown_line"]);
    api.post("/v1/orders/{id}/amend", amendment::amend, says.fails(409, amendment::REFUSALS));
    let says =
        changes("cancelOrder", "Cancels what has not shipped").query::<Mode>().json::<Cancel>().fails(400, WORDS);
    api.post("/v1/orders/{id}/cancel", cancel, says.fails(409, &["already_cancelled", "already_shipped"]));
    let says = changes("redecide", "Runs the stages again: master data was mended");
    api.post("/v1/orders/{id}/redecide", redecide, says);
    let says =
        Says::keyed("redecideHeld", "Runs the stages again for orders that a hold stops", Permission::ChangeOrders);
    let says = says.json::<redecide::Which>().gives(200, "Redecided").fails(400, &["invalid_value", "invalid_cursor"]);
    api.post("/v1/orders/redecide", redecide::redecide, says);
    let says = changes("setPayment", "Records what is known of the payment").json::<SetPayment>();
    api.post("/v1/orders/{id}/payment", payment, says.fails(400, &["out_of_range"]));
    let says = command("ship", "A parcel left the warehouse", Permission::WriteStock).json::<ship::Ship>();
    let says = says.fails(400, WORDS).fails(404, &["unknown_fulfilment"]);
    api.post(
        "/v1/fulfilments/{id}/ship",
        ship::ship,
        says.fails(404, &["unknown_carrier"]).fails(409, &["not_released", "nothing_to_ship", "fulfilment_cancelled"]),
    );
}

/// Why words are not taken.
const WORDS: &[&str] = &["invalid_value", "too_long"];
/// Who may not sign.
const SIGNERS: &[&str] = &["not_a_person", "own_order", "wrong_role", "over_authority"];
/// Why nobody may sign now.
const SIGNING: &[&str] = &["approval_not_pending", "already_signed", "digest_differs"];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Approve {
    /// What the approver saw; refused when the order is another by now.
    #[serde(default)]
    digest: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Decline {
    #[schemars(length(min = 1, max = 1000), regex(pattern = shapes::WORDS))]
    why: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Resolve {
    #[schemars(length(min = 1, max = 1000), regex(pattern = shapes::WORDS))]
    how: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cancel {
    #[schemars(length(min = 1, max = 1000), regex(pattern = shapes::WORDS))]
    reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetPayment {
    /// `prepaid`, `on_delivery`, `instalments` or `on_account`.
    #[schemars(with = "String", extend("enum" = ["prepaid", "on_delivery", "instalments", "on_account"]))]
    method: PaymentMethod,
    /// `unknown`, `pending`, `authorized`, `partly_paid`, `paid`, `partly_refunded`, `refunded` or `voided`.
    #[schemars(with = "String", extend("enum" = ["unknown", "pending", "authorized", "partly_paid", "paid", "partly_refunded", "refunded", "voided"]))]
    state: PaymentState,
    /// The day it is due; absent: as it was.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    due: Option<chrono::NaiveDate>,
}

async fn approve(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    body: Json<Approve>,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::Approve)?;
    carry_out(&app, &caller, order_id(&id)?, Command::Approve { digest: body.0.digest }).await
}

async fn decline(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    body: Json<Decline>,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::Approve)?;
    let why = words("why", body.0.why)?;
    carry_out(&app, &caller, order_id(&id)?, Command::Decline { why }).await
}

async fn resolve(
    app: Data<App>,
    caller: Caller,
    path: Path<(String, String)>,
    body: Json<Resolve>,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ChangeOrders)?;
    let (id, code) = path.into_inner();
    let how = words("how", body.0.how)?;
    carry_out(&app, &caller, order_id(&id)?, Command::ResolveHold { code, how }).await
}

async fn cancel(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    mode: Query<Mode>,
    body: Json<Cancel>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ChangeOrders)?;
    let (order, command) = (order_id(&id)?, Command::Cancel { reason: words("reason", body.0.reason)? });
    if mode.preview {
        let job = CommandJob { order, command, actor: caller.0.actor(), parties: Vec::new() };
        return preview::show(&app, job, &request).await;
    }
    carry_out(&app, &caller, order, command).await
}

async fn redecide(app: Data<App>, caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ChangeOrders)?;
    carry_out(&app, &caller, order_id(&id)?, Command::Redecide).await
}

async fn payment(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    body: Json<SetPayment>,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ChangeOrders)?;
    let id = order_id(&id)?;
    check_day("due", body.0.due)?;
    let slot = load(&app.core, id).await?;
    let now = slot.order().map(|order| order.header.payment.clone()).unwrap_or_default();
    let SetPayment { method, state, due } = body.0;
    let payment = Payment { method, state, label: now.label, due: due.or(now.due) };
    carry_out(&app, &caller, id, Command::SetPayment { payment }).await
}

/// A reason in words: something, and not a book.
///
/// # Errors
/// `invalid_value`, `too_long`.
pub(super) fn words(field: &str, text: String) -> Result<String, Problem> {
    let wrong = |code: &str| Problem::bad_request(code).with("field", field).at(format!("/{field}"));
    if text.trim().is_empty() || text.contains('\0') {
        return Err(wrong("invalid_value"));
    }
    if text.chars().count() > WORDS_MAX {
        return Err(wrong("too_long").with("max", WORDS_MAX));
    }
    Ok(text)
}

/// Hands the command to the one place that changes orders.
///
/// # Errors
/// The refusal, or the database is away.
async fn carry_out(app: &App, caller: &Caller, order: OrderId, command: Command) -> Result<HttpResponse, Problem> {
    carry_out_with(app, caller, order, command, Vec::new()).await
}

/// [`carry_out`] for a command that refers to people.
///
/// # Errors
/// The refusal, or the database is away.
async fn carry_out_with(
    app: &App,
    caller: &Caller,
    order: OrderId,
    command: Command,
    parties: Vec<(PartyId, Party)>,
) -> Result<HttpResponse, Problem> {
    match run(app, caller, order, command, parties).await? {
        Outcome::Done { .. } | Outcome::Unchanged { .. } => standing(app, order).await,
        Outcome::Refused { refusal, .. } => Err(Problem::refused(refusal)),
    }
}

async fn run(
    app: &App,
    caller: &Caller,
    order: OrderId,
    command: Command,
    parties: Vec<(PartyId, Party)>,
) -> Result<Outcome, Problem> {
    let job = CommandJob { order, command, actor: caller.0.actor(), parties };
    Ok(app.runner.command(job).await?)
}

/// Where the order stands now.
///
/// # Errors
/// The database is away.
async fn standing(app: &App, order: OrderId) -> Result<HttpResponse, Problem> {
    let slot: Slot = load(&app.core, order).await?;
    let name = status(&slot).map_or("", Status::name);
    let body = json!({ "order": order, "status": name, "events": slot.events() });
    Ok(HttpResponse::build(StatusCode::OK).json(body))
}
