//! Notices: what customers are told, in Chinese and in English, by a TOML file of texts.
//!
//! *Architecture invariant:* a text has places to be filled and no conditions. Every place is checked when the file is loaded,
//! so that no customer gets a notice with a hole in it.

mod lint;
mod place;

use super::Fault;
use model::{
    message::MessageKind,
    party::Party,
    port::outbound::{Message, Notice, OrderView},
};
use place::{OfLine, Place};
use std::collections::BTreeMap;

/// A language customers are told in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tongue {
    Chinese,
    English,
}

impl Tongue {
    pub const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// As files and configuration write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
        }
    }

    /// The language that is written so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tongue| tongue.name() == name)
    }

    /// Chinese where the goods go to a country that reads it, or, where no country is known, where the name is written in
    /// Chinese characters; else English.
    fn of(order: &OrderView) -> Self {
        let people = [&order.ship_to, &order.buyer, &order.bill_to];
        let people = || people.into_iter().flatten();
        let mut country = people().filter_map(|party| party.address.as_ref()).map(|a| a.country.as_str());
        let chinese = match country.find(|country| !country.is_empty()) {
            Some(country) => ["CN", "HK", "MO", "TW"].contains(&country),
            None => people().any(|party| party.name.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))),
        };
        if chinese { Self::Chinese } else { Self::English }
    }
}

/// A linted file of texts.
#[derive(Clone, Debug)]
pub struct Notices {
    /// The name it gives itself; the file's name without `.toml`.
    pub name: String,
    /// Counts the changes of its file.
    pub version: u32,
    texts: BTreeMap<(MessageKind, Tongue), Texts>,
    /// How one line of an order is written.
    lines: BTreeMap<Tongue, Text<OfLine>>,
    /// Carriers' names by our codes; a carrier that is not there goes by its code.
    carriers: BTreeMap<(Tongue, String), String>,
}

#[derive(Clone, Debug)]
struct Texts {
    subject: Text<Place>,
    mail: Text<Place>,
    sms: Text<Place>,
}

/// Words with places between them.
type Text<P> = Vec<Piece<P>>;

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece<P> {
    Words(String),
    /// A value, or these words where there is none.
    Value(P, String),
}

impl Notices {
    /// Reads and lints a file of texts. `file` is only its name in faults.
    ///
    /// # Errors
    /// Every mistake in the file, in its order.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        lint::read(file, text)
    }

    /// The kinds of message there are texts for.
    pub fn tells(&self) -> impl Iterator<Item = MessageKind> {
        self.texts.keys().filter(|(_, tongue)| *tongue == Tongue::English).map(|(kind, _)| *kind)
    }

    /// What the customer is told, in `tongue` or, without one, in the customer's own; `None` when there is no text for this
    /// kind of message. The first address and phone of the buyer count, else those of who gets the goods.
    pub fn write(&self, message: &Message, tongue: Option<Tongue>) -> Option<Notice> {
        let order = &message.order;
        let tongue = tongue.unwrap_or_else(|| Tongue::of(order));
        let texts = self.texts.get(&(message.kind, tongue))?;
        let fill = |text: &Text<Place>| filled(text, |place| self.value(*place, message, tongue));
        let people = || [&order.buyer, &order.ship_to].into_iter().flatten();
        let first = |list: fn(&Party) -> &Vec<String>| people().find_map(|party| list(party).first().cloned());
        Some(Notice {
            language: tongue.name().to_owned(),
            email: first(|party| &party.emails),
            phone: first(|party| &party.phones),
            subject: one_line(&fill(&texts.subject)),
            mail: fill(&texts.mail),
            sms: one_line(&fill(&texts.sms)),
        })
    }

    fn value(&self, place: Place, message: &Message, tongue: Tongue) -> String {
        let order = &message.order;
        let shipment = message.fulfilment.as_ref();
        match place {
            Place::Number => order.number.clone(),
            Place::ExternalId => order.external_id.clone(),
            Place::Reference => order.reference.clone(),
            Place::Placed => order.placed_at.chars().take("2026-01-31".len()).collect(),
            Place::Total => order.total.decimal(),
            Place::Currency => order.currency.clone(),
            Place::Wished => order.wished.clone().unwrap_or_default(),
            Place::Name => {
                let people = [&order.buyer, &order.ship_to].into_iter().flatten();
                people.map(|party| &party.name).find(|name| !name.is_empty()).cloned().unwrap_or_default()
            }
            Place::Lines => self.lines(message, tongue),
            Place::Carrier => {
                let code = shipment.map(|shipment| shipment.carrier.clone()).unwrap_or_default();
                self.carriers.get(&(tongue, code.clone())).cloned().unwrap_or(code)
            }
            Place::Parcels => shipment.map(|shipment| shipment.parcels.join(", ")).unwrap_or_default(),
            Place::Promised => shipment.and_then(|shipment| shipment.promised.clone()).unwrap_or_default(),
        }
    }

    /// The lines of the shipment, of a message about the order all of them.
    fn lines(&self, message: &Message, tongue: Tongue) -> String {
        let Some(text) = self.lines.get(&tongue) else { return String::new() };
        let quantity = |no: u32, ordered: &str| match &message.fulfilment {
            Some(shipment) => shipment.lines.iter().find(|(line, _)| *line == no).map(|(_, quantity)| quantity.clone()),
            None => Some(ordered.to_owned()),
        };
        let written = message.order.lines.iter().filter_map(|line| {
            let quantity = quantity(line.line, &line.quantity)?;
            Some(filled(text, |place| match place {
                OfLine::Sku => line.sku.clone(),
                OfLine::Title if line.title.is_empty() => line.sku.clone(),
                OfLine::Title => line.title.clone(),
                OfLine::Quantity => quantity.clone(),
                OfLine::Unit => line.unit.clone(),
            }))
        });
        written.collect::<Vec<_>>().join("\n")
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A value that is not there leaves its other words.
fn filled<P>(text: &Text<P>, value: impl Fn(&P) -> String) -> String {
    text.iter().fold(String::new(), |mut filled, piece| {
        match piece {
            Piece::Words(words) => filled.push_str(words),
            Piece::Value(place, otherwise) => {
                let value = value(place);
                filled.push_str(if value.trim().is_empty() { otherwise } else { &value });
            }
        }
        filled
    })
}
