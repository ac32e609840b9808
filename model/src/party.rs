//! People and firms. Everything that could name a person is here and in no other noun.

use serde::{Deserialize, Serialize};

/// A person or a firm, as an order speaks of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Party {
    /// The person's name as written, or the firm's when no person is named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub company: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tax_number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Free words of or about the person: the buyer's note, delivery wishes. Personal, hence here.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A postal address. In China: region = province, then city, district, street.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Address {
    /// ISO 3166-1 alpha-2, upper case; empty when the document does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub city: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub district: String,
    /// Street, house, floor: everything below the district.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub street: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub postcode: String,
}

/// Where goods go, coarse enough to name nobody: what allocation, freight and approvals may look at and remember.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Destination {
    pub country: String,
    pub region: String,
    pub city: String,
    pub district: String,
    /// Its first characters: in some countries a whole one is a street.
    pub postcode: String,
}

/// Characters of a postcode that distances and zones go by; the rest is the party's own, and is erased with it.
pub const POSTCODE_CHARS: usize = 3;

/// Which parts of a party a check needs are there; the parts themselves stay in the party.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Completeness {
    pub name: bool,
    pub phone: bool,
    pub email: bool,
    pub street: bool,
}

impl Party {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn completeness(&self) -> Completeness {
        let filled = |text: &String| !text.trim().is_empty();
        Completeness {
            name: filled(&self.name) || filled(&self.company),
            phone: self.phones.iter().any(filled),
            email: self.emails.iter().any(filled),
            street: self.address.as_ref().is_some_and(|a| filled(&a.street)),
        }
    }

    pub fn destination(&self) -> Option<Destination> {
        self.address.as_ref().map(|a| Destination {
            country: a.country.clone(),
            region: a.region.clone(),
            city: a.city.clone(),
            district: a.district.clone(),
            postcode: a.postcode.trim().chars().take(POSTCODE_CHARS).collect(),
        })
    }
}
