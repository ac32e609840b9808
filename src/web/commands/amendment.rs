//! A person's change of an order, from the wire to the model. People go to `parties`; the order gets their ids.

use super::{
    carry_out_with,
    preview::{self, Mode},
    words,
};
use crate::{
    app::App,
    auth::Permission,
    orders::{self, CommandJob},
    store::parties::{self, Known},
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
    party::{Address, Party},
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

/// An address alone keeps the name and the phones; what says nothing at all changes nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PartyBody {
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    name: String,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    company: String,
    #[serde(default)]
    #[schemars(length(max = 50), inner(length(max = 500), regex(pattern = shapes::TEXT)))]
    phones: Vec<String>,
    #[serde(default)]
    #[schemars(length(max = 50), inner(length(max = 500), regex(pattern = shapes::TEXT)))]
    emails: Vec<String>,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    tax_number: String,
    address: Option<AddressBody>,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    note: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddressBody {
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    country: String,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    region: String,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    city: String,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    district: String,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    street: String,
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    postcode: String,
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
    let known = consignee(&app, order).await?;
    let mut parties = Vec::new();
    let amendment = amendment(body.0, order, |party| {
        let party = completed(party, known);
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

/// Who gets the goods as the order stands.
async fn consignee(app: &App, order: &Order) -> Result<Option<Party>, Problem> {
    let Some(to) = &order.header.ship_to else { return Ok(None) };
    let known = parties::get(app.core.store.read(), &[to.id]).await?.remove(&to.id);
    Ok(known.and_then(|known| if let Known::Here(party) = known { Some(*party) } else { None }))
}

/// A new address alone is the same person's: a party that names nobody takes name and phones from the one before.
fn completed(party: Party, known: Option<Party>) -> Party {
    let nameless =
        party.name.is_empty() && party.company.is_empty() && party.phones.is_empty() && party.emails.is_empty();
    match known {
        Some(known) if nameless => {
            let note = if party.note.is_empty() { known.note } else { party.note };
            Party { address: party.address.or(known.address), note, ..known }
        }
        Some(_) | None => party,
    }
}

/// The amendment in the model's words; `file` files a person away.
fn amendment(body: Amend, order: &Order, file: impl FnOnce(Party) -> PartyRef) -> Result<Amendment, Problem> {
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
    let ship_to = body.ship_to.map(party).transpose()?.map(file);
    Ok(Amendment { ship_to, quantities, items, why })
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

fn party(body: PartyBody) -> Result<Party, Problem> {
    let short = |field: &str, value| text(&format!("/ship_to/{field}"), value);
    if body.phones.len() > VALUES_MAX || body.emails.len() > VALUES_MAX {
        return Err(invalid("/ship_to/phones"));
    }
    let all = |field: &'static str, values: Vec<String>| {
        values.into_iter().map(|value| short(field, value)).collect::<Result<Vec<_>, Problem>>()
    };
    let address = body.address.map(|a| {
        Ok::<_, Problem>(Address {
            country: short("address/country", a.country)?.to_ascii_uppercase(),
            region: short("address/region", a.region)?,
            city: short("address/city", a.city)?,
            district: short("address/district", a.district)?,
            street: short("address/street", a.street)?,
            postcode: short("address/postcode", a.postcode)?,
        })
    });
    Ok(Party {
        name: short("name", body.name)?,
        company: short("company", body.company)?,
        phones: all("phones", body.phones)?,
        emails: all("emails", body.emails)?,
        tax_number: short("tax_number", body.tax_number)?,
        address: address.transpose()?,
        note: short("note", body.note)?,
    })
}

fn text(place: &str, value: String) -> Result<String, Problem> {
    if value.contains('\0') || value.chars().count() > TEXT_MAX { Err(invalid(place)) } else { Ok(value) }
}

fn invalid(place: &str) -> Problem {
    Problem::bad_request("invalid_value").with("field", place).at(place)
}
