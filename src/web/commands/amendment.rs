//! A person's change of an order, from the wire to the model. People go to `parties`; the order gets their ids.

mod people;

use self::people::{PartyBody, People};
use super::{
    carry_out_with,
    preview::{self, Mode},
    words,
};
use crate::{
    app::App,
    auth::Permission,
    orders::{self, CommandJob},
    web::{
        api::shapes,
        body::Json,
        claim::Caller,
        orders::{load, order_id},
        problem::Problem,
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use model::{
    measure::Quantity,
    money::{Currency, Money, UnitPrice},
    order::{
        command::{Amendment, Command},
        refusal::Refusal,
        state::Order,
    },
    party::Party,
    said::{Item, PartyRef, Specification},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::collections::BTreeMap;

/// Lines changed or added at once.
const LINES_MAX: usize = 1_000;
/// Characters of a name, an address part, a title.
const TEXT_MAX: usize = 500;
/// Phones, mails and specification values of one thing.
const VALUES_MAX: usize = 50;

/// Numbers are below it, so that sums of them fit.
const MILLION_MILLIONS: i64 = 1_000_000_000_000;
/// The same of what has six decimals.
const BELOW: i64 = MILLION_MILLIONS * 1_000_000;
/// Whole numbers below it are exact in a float: 2^53.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// What an amendment may be turned back for, beside words.
pub(super) const FAULTS: &[&str] = &["too_many_lines"];
pub(super) const REFUSALS: &[&str] =
    &["already_shipped", "line_exists", "line_taken_out", "no_lines_left", "quantity_not_positive"];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Amend {
    /// Who bought it: what is not given stays as it is.
    buyer: Option<PartyBody>,
    /// Where it goes and to whom: what is not given stays as it is.
    ship_to: Option<PartyBody>,
    /// New quantities by line number, in the line's ordered unit; `"0"` takes the line out.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "pattern": shapes::LINE }, "maxProperties" = 1000))]
    #[schemars(with = "BTreeMap<String, shapes::Decimal>")]
    quantities: BTreeMap<String, Number>,
    #[serde(default)]
    #[schemars(length(max = 1000))]
    items: Vec<ItemBody>,
    #[schemars(length(min = 1, max = 1000), regex(pattern = shapes::WORDS))]
    why: String,
}

/// Decimal text, or a whole number. A JSON number with a fraction is refused: it would have to pass through a float.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a number is wanted: decimal text such as \"2.5\", or a whole number")]
pub(in crate::web) enum Number {
    Whole(i64),
    /// `2.0`: whole all the same.
    #[serde(deserialize_with = "whole")]
    Written(i64),
    Text(String),
}

fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let number = f64::deserialize(from)?;
    if number.fract() == 0.0 && number.abs() < EXACT_BELOW {
        // Below 2^53, hence exact.
        return Ok(number as i64);
    }
    Err(D::Error::custom("not a whole number"))
}

impl Number {
    /// # Errors
    /// `invalid_value` at `place`.
    pub(in crate::web) fn quantity(&self, place: &str) -> Result<Quantity, Problem> {
        let read = Quantity::parse(&self.text()).ok().filter(|q| q.0.abs() < BELOW);
        read.ok_or_else(|| invalid(place))
    }

    fn text(&self) -> String {
        match self {
            Self::Whole(number) | Self::Written(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ItemBody {
    /// The line's own name; made when absent.
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    key: Option<String>,
    #[schemars(length(min = 1, max = 500), regex(pattern = shapes::WORDS))]
    sku: String,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    title: String,
    #[schemars(with = "shapes::Positive")]
    quantity: Number,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    unit: String,
    #[schemars(with = "Option<shapes::Amount>")]
    unit_price: Option<Number>,
    #[schemars(with = "Option<shapes::Charge>")]
    discount: Option<Number>,
    #[serde(default = "yes")]
    ships: bool,
    #[serde(default)]
    #[schemars(length(max = 50))]
    specification: Vec<SpecificationBody>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SpecificationBody {
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    name: String,
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    value: String,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    unit: String,
}

const fn yes() -> bool {
    true
}

pub(super) async fn amend(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    mode: Query<Mode>,
    body: Json<Amend>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ChangeOrders)?;
    let id = order_id(&id)?;
    let slot = load(&app.core, id).await?;
    let order = slot.order().ok_or_else(|| Problem::refused(Refusal::new("not_placed")))?;
    let known = people::as_they_stand(&app, order).await?;
    let mut parties = Vec::new();
    let amendment = amendment(body.0, order, &known, |party| {
        let reference = orders::refer(&app.core.party_key, id, &party);
        parties.push((reference.id, party));
        reference
    })?;
    let command = Command::Amend(amendment);
    if mode.preview {
        let job = CommandJob { order: id, command, actor: caller.0.actor(), parties };
        return preview::show(&app, job, &request).await;
    }
    carry_out_with(&app, &caller, id, command, parties).await
}

/// The amendment in the model's words; `file` files a person away.
fn amendment(
    body: Amend,
    order: &Order,
    known: &People,
    mut file: impl FnMut(Party) -> PartyRef,
) -> Result<Amendment, Problem> {
    if body.quantities.len() > LINES_MAX || body.items.len() > LINES_MAX {
        return Err(Problem::bad_request("too_many_lines").with("max", LINES_MAX));
    }
    let quantities = body.quantities.iter().map(|(line, quantity)| {
        let place = format!("/quantities/{line}");
        let line: u32 = line.parse().map_err(|_| invalid(&place))?;
        Ok((line, quantity.quantity(&place)?))
    });
    let quantities = quantities.collect::<Result<Vec<_>, Problem>>()?;
    let items = body.items.into_iter().enumerate().map(|(no, body)| item(no, body, order));
    let items = items.collect::<Result<Vec<_>, Problem>>()?;
    let why = words("why", body.why)?;
    let buyer = body.buyer.map(|body| body.over("/buyer", &known.buyer)).transpose()?;
    let ship_to = body.ship_to.map(|body| body.over("/ship_to", &known.ship_to)).transpose()?;
    Ok(Amendment { buyer: buyer.map(&mut file), ship_to: ship_to.map(&mut file), quantities, items, why })
}

fn item(no: usize, body: ItemBody, order: &Order) -> Result<Item, Problem> {
    let place = |field: &str| format!("/items/{no}/{field}");
    let currency: Currency = order.currency();
    let price = |n: &Number| {
        UnitPrice::parse(&n.text())
            .ok()
            .filter(|p| (0..BELOW).contains(&p.0))
            .ok_or_else(|| invalid(&place("unit_price")))
    };
    let money = |n: &Number| {
        let read = Money::parse(&n.text(), currency)
            .ok()
            .filter(|m| (0..MILLION_MILLIONS * 10_i64.pow(currency.digits())).contains(&m.minor));
        read.map(|m| m.minor).ok_or_else(|| invalid(&place("discount")))
    };
    let quantity = body.quantity.quantity(&place("quantity"))?;
    if quantity.0 <= 0 {
        return Err(invalid(&place("quantity")));
    }
    if body.sku.trim().is_empty() || body.specification.len() > VALUES_MAX {
        return Err(invalid(&place("sku")));
    }
    let specification = body.specification.into_iter().map(|s| {
        let text = |t| text(&place("specification"), t);
        Ok(Specification { name: text(s.name)?, value: text(s.value)?, unit: text(s.unit)? })
    });
    Ok(Item {
        // Named after the event it comes with, so that a later amendment never takes the name.
        key: body
            .key
            .map(|key| text(&place("key"), key))
            .transpose()?
            .unwrap_or_else(|| format!("added-{}-{}", order.events + 1, no + 1)),
        sku: text(&place("sku"), body.sku)?.as_str().into(),
        title: text(&place("title"), body.title)?,
        quantity,
        unit: text(&place("unit"), body.unit)?.as_str().into(),
        unit_price: body.unit_price.as_ref().map(price).transpose()?,
        discount: body.discount.as_ref().map(money).transpose()?.unwrap_or(0),
        tax: None,
        total: None,
        ships: body.ships,
        specification: specification.collect::<Result<Vec<_>, Problem>>()?,
    })
}

fn text(place: &str, value: String) -> Result<String, Problem> {
    if value.contains('\0') || value.chars().count() > TEXT_MAX { Err(invalid(place)) } else { Ok(value) }
}

fn invalid(place: &str) -> Problem {
    Problem::bad_request("invalid_value").with("field", place).at(place)
}
