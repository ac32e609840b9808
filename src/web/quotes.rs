//! Quotes: what an order would cost, by the price audit itself. Nothing is stored.

use super::{
    api::{Api, Says, shapes},
    body::{Json, check_day},
    claim::Caller,
    commands::Number,
    orders::{show_difference, show_note, show_passed_over},
    problem::{self, Problem},
    rooms::Class,
};
use crate::{
    app::{App, Core},
    auth::Permission,
    orders,
    words::Language,
    world,
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use chrono::{NaiveDate, NaiveTime};
use model::{
    codes::{Channel, Customer, Sku, Unit},
    ids::PartyId,
    money::{Currency, Money, UnitPrice},
    party::{Completeness, Destination},
    rules::pricing::{LineAudit, Quote, Unquotable},
    said::{ChargeKind, Claimed, Content, Header, Item, OrderKind, PartyRef, Payment},
    time::{Instant, SourceTime},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Lines of one quote.
const LINES_MAX: usize = 1_000;
/// Characters of a code or a part of the address.
const TEXT_MAX: usize = 200;

pub(super) fn routes(api: &mut Api) {
    let says =
        Says::keyed("quote", "What an order would cost: prices, promotions, freight, tax", Permission::ReadOrders);
    let says =
        says.json::<Wanted>().gives(200, "Quote").fails(400, &["invalid_value", "out_of_range", "too_many_lines"]);
    let says = says.class(Class::Exports);
    api.post("/v1/quotes", quoted, says.fails(422, UNQUOTABLE));
}

/// Why there is no quote.
const UNQUOTABLE: &[&str] = &[
    "no_lines",
    "no_price",
    "quantity_not_positive",
    "unit_not_exact",
    "unknown_channel",
    "unknown_customer",
    "unknown_sku",
    "unknown_unit",
];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "QuoteAsked")]
struct Wanted {
    #[schemars(with = "String", length(max = 200), regex(pattern = shapes::TEXT))]
    channel: Channel,
    /// Absent: a private buyer.
    #[serde(default)]
    #[schemars(with = "String", length(max = 200), regex(pattern = shapes::TEXT))]
    customer: Customer,
    /// ISO 4217.
    #[schemars(with = "String", regex(pattern = shapes::CURRENCY))]
    currency: Currency,
    #[schemars(length(min = 1, max = 1000))]
    lines: Vec<Line>,
    destination: Place,
    /// The day the order is placed; absent: today, where the company is.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    date: Option<NaiveDate>,
    /// The book's prices include tax, as the channel has it; absent: they do.
    #[serde(default = "yes")]
    taxes_included: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "QuoteLine")]
struct Line {
    #[schemars(with = "String", length(max = 200), regex(pattern = shapes::TEXT))]
    sku: Sku,
    #[schemars(with = "shapes::Positive")]
    quantity: Number,
    /// Absent: the product's base unit.
    #[serde(default)]
    #[schemars(with = "String", length(max = 200), regex(pattern = shapes::TEXT))]
    unit: Unit,
}

/// Where it goes; without a country it is the channel's.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "QuotePlace")]
struct Place {
    #[serde(default)]
    #[schemars(length(max = 200), regex(pattern = shapes::TEXT))]
    country: String,
    #[serde(default)]
    #[schemars(length(max = 200), regex(pattern = shapes::TEXT))]
    region: String,
    #[serde(default)]
    #[schemars(length(max = 200), regex(pattern = shapes::TEXT))]
    city: String,
    #[serde(default)]
    #[schemars(length(max = 200), regex(pattern = shapes::TEXT))]
    postcode: String,
}

const fn yes() -> bool {
    true
}

async fn quoted(
    app: Data<App>,
    caller: Caller,
    body: Json<Wanted>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadOrders)?;
    check_day("date", body.0.date)?;
    let channel = body.0.channel.clone();
    let asked = content(body.0, &app.core)?;
    let quote = orders::quote(&app.core, &channel, asked).await?.map_err(refused)?;
    Ok(HttpResponse::Ok().json(shown(&quote, problem::language(&request))))
}

/// The content of the order that is asked about, without prices.
fn content(wanted: Wanted, core: &Core) -> Result<Content<PartyRef>, Problem> {
    if wanted.lines.len() > LINES_MAX {
        return Err(Problem::bad_request("too_many_lines").with("max", LINES_MAX).at("/lines"));
    }
    short("/channel", wanted.channel.as_str())?;
    short("/customer", wanted.customer.as_str())?;
    let items = wanted.lines.into_iter().enumerate().map(|(at, line)| item(at, line));
    let ship_to = destination(wanted.destination)?;
    Ok(Content {
        items: items.collect::<Result<_, Problem>>()?,
        header: Header {
            number: String::new(),
            kind: OrderKind::Regular,
            placed_at: placed_at(wanted.date, core),
            currency: wanted.currency,
            customer: wanted.customer,
            buyer: None,
            ship_to: Some(PartyRef {
                id: PartyId::derived(&[b"quote"]),
                likeness: uuid::Uuid::nil(),
                complete: Completeness::default(),
                destination: Some(ship_to),
            }),
            bill_to: None,
            reference: String::new(),
            charges: vec![],
            claimed: Claimed::default(),
            taxes_included: wanted.taxes_included,
            payment: Payment::default(),
            wished: None,
            desk: String::new(),
            attributes: BTreeMap::new(),
        },
    })
}

fn item(at: usize, line: Line) -> Result<Item, Problem> {
    let place = |field: &str| format!("/lines/{at}/{field}");
    short(&place("sku"), line.sku.as_str())?;
    short(&place("unit"), line.unit.as_str())?;
    Ok(Item {
        key: (at + 1).to_string(),
        quantity: line.quantity.quantity(&place("quantity"))?,
        sku: line.sku,
        title: String::new(),
        unit: line.unit,
        unit_price: None,
        discount: 0,
        tax: None,
        total: None,
        ships: true,
        specification: vec![],
    })
}

fn destination(place: Place) -> Result<Destination, Problem> {
    let part = |name: &str, text: String| short(&format!("/destination/{name}"), &text).map(|()| text);
    Ok(Destination {
        country: part("country", place.country)?.to_ascii_uppercase(),
        region: part("region", place.region)?,
        city: part("city", place.city)?,
        district: String::new(),
        postcode: part("postcode", place.postcode)?,
    })
}

fn short(place: &str, text: &str) -> Result<(), Problem> {
    if text.contains('\0') || text.chars().count() > TEXT_MAX {
        return Err(Problem::bad_request("invalid_value").with("field", place).at(place));
    }
    Ok(())
}

/// The beginning of that day, or now by the company's clock.
fn placed_at(date: Option<NaiveDate>, core: &Core) -> SourceTime {
    let now = core.clock.now();
    let offset = world::offset_minutes(&core.config.company.zone, now);
    let beginning = |day: NaiveDate| Instant(day.and_time(NaiveTime::MIN).and_utc().timestamp_micros());
    match date {
        Some(day) => SourceTime::utc(beginning(day)),
        None => SourceTime { at: now, offset: i16::try_from(offset).unwrap_or(0) },
    }
}

/// What is wrong with the question, at its place.
fn refused(why: Unquotable) -> Problem {
    let at = match (why.code, why.item) {
        ("unknown_channel", _) => "/channel".to_owned(),
        ("unknown_customer", _) => "/customer".to_owned(),
        ("unknown_unit", Some(at)) => format!("/lines/{at}/unit"),
        ("quantity_not_positive" | "unit_not_exact", Some(at)) => format!("/lines/{at}/quantity"),
        (_, Some(at)) => format!("/lines/{at}/sku"),
        (_, None) => "/lines".to_owned(),
    };
    Problem { args: why.args, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.code) }.at(at)
}

fn shown(quote: &Quote, language: Language) -> Value {
    let (header, audit) = (&quote.content.header, &quote.audit);
    let money = |minor: i64| Money::new(minor, header.currency).decimal();
    let charged = |kind| header.charges.iter().find(|charge| charge.kind == kind).map(|charge| money(charge.amount));
    let lines = quote
        .content
        .items
        .iter()
        .zip(&audit.lines)
        .map(|(item, line)| one_line(item, line, header.currency, language));
    json!({
        "currency": header.currency,
        "date": header.placed_at.at.date(i32::from(header.placed_at.offset)),
        "taxes_included": header.taxes_included,
        "lines": lines.collect::<Vec<_>>(),
        "goods": money(audit.goods),
        "discount": money(audit.discount),
        "freight": charged(ChargeKind::Shipping),
        "freight_rule": audit.freight_rule,
        "tax": charged(ChargeKind::Tax),
        "total": money(audit.total),
        "notes": quote.notes.iter().map(|note| show_note(note, language)).collect::<Vec<_>>(),
        "differences": audit.differences.iter().map(|d| show_difference(d, header.currency, language)).collect::<Vec<_>>(),
        "policy": audit.policy,
    })
}

fn one_line(item: &Item, line: &LineAudit, currency: Currency, language: Language) -> Value {
    let money = |minor: i64| Money::new(minor, currency).decimal();
    json!({
        "line": line.line,
        "sku": item.sku,
        "quantity": item.quantity.decimal(),
        "unit": item.unit,
        "unit_price": item.unit_price.map(UnitPrice::decimal),
        "row": line.row,
        "passed_over": line.passed_over.iter().map(|row| show_passed_over(row, language)).collect::<Vec<_>>(),
        "discount": money(line.discount),
        "net": money(line.net),
    })
}
