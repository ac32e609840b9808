//! People in an amendment: what is given replaces, what is not given stays.

use super::{VALUES_MAX, invalid, text};
use crate::{
    app::App,
    store::parties::{self, Known},
    web::{api::shapes, problem::Problem},
};
use model::{
    order::state::Order,
    party::{Address, Party},
    said::PartyRef,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// The people of an order as they stand; nobody where there is nobody or who was erased.
#[derive(Default)]
pub(super) struct People {
    pub(super) buyer: Party,
    pub(super) ship_to: Party,
}

pub(super) async fn as_they_stand(app: &App, order: &Order) -> Result<People, Problem> {
    let (buyer, ship_to) = (&order.header.buyer, &order.header.ship_to);
    let ids: Vec<_> = [buyer, ship_to].into_iter().flatten().map(|party| party.id).collect();
    let known = parties::get(app.core.store.read(), &ids).await?;
    let find = |party: &Option<PartyRef>| match party.as_ref().and_then(|party| known.get(&party.id)) {
        Some(Known::Here(party)) => (**party).clone(),
        Some(_) | None => Party::default(),
    };
    Ok(People { buyer: find(buyer), ship_to: find(ship_to) })
}

/// What is left out stays as it is; `""` or `[]` takes it away. An address is given whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PartyBody {
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    name: Option<String>,
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    company: Option<String>,
    #[schemars(length(max = 50), inner(length(max = 500), regex(pattern = shapes::TEXT)))]
    phones: Option<Vec<String>>,
    #[schemars(length(max = 50), inner(length(max = 500), regex(pattern = shapes::TEXT)))]
    emails: Option<Vec<String>>,
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    tax_number: Option<String>,
    address: Option<AddressBody>,
    #[schemars(length(max = 500), regex(pattern = shapes::TEXT))]
    note: Option<String>,
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

impl PartyBody {
    /// The party this makes of `known`; `place` is where in the request it stands.
    ///
    /// # Errors
    /// `invalid_value` at the field that is too long.
    pub(super) fn over(self, place: &str, known: &Party) -> Result<Party, Problem> {
        let one = |field: &str, value: Option<String>, kept: &String| match value {
            Some(value) => text(&format!("{place}/{field}"), value),
            None => Ok(kept.clone()),
        };
        let all = |field: &str, values: Option<Vec<String>>, kept: &Vec<String>| match values {
            Some(values) if values.len() > VALUES_MAX => Err(invalid(&format!("{place}/{field}"))),
            Some(values) => values.into_iter().map(|value| text(&format!("{place}/{field}"), value)).collect(),
            None => Ok(kept.clone()),
        };
        let address = self.address.map(|address| address.read(place)).transpose()?;
        Ok(Party {
            name: one("name", self.name, &known.name)?,
            company: one("company", self.company, &known.company)?,
            phones: all("phones", self.phones, &known.phones)?,
            emails: all("emails", self.emails, &known.emails)?,
            tax_number: one("tax_number", self.tax_number, &known.tax_number)?,
            address: address.or_else(|| known.address.clone()),
            note: one("note", self.note, &known.note)?,
        })
    }
}

impl AddressBody {
    fn read(self, place: &str) -> Result<Address, Problem> {
        let part = |field: &str, value| text(&format!("{place}/address/{field}"), value);
        Ok(Address {
            country: part("country", self.country)?.to_ascii_uppercase(),
            region: part("region", self.region)?,
            city: part("city", self.city)?,
            district: part("district", self.district)?,
            street: part("street", self.street)?,
            postcode: part("postcode", self.postcode)?,
        })
    }
}
