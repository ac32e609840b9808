//! Facts: everything a decision may look at, read beforehand. Absorbing the effects of one order lets the next order
//! of the same batch see the stock already taken.

pub mod transit;

use crate::{
    codes::{Carrier, Channel, Customer, Group, Service, Sku, Unit, Warehouse},
    ids::OrderId,
    measure::{Quantity, Size, UnitFactor},
    money::{Currency, UnitPrice},
    order::effects::{MoveKind, StockMove},
    rules::{
        places::{Level, Name},
        policy::Policies,
    },
    time::Instant,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// What one batch of decisions may look at.
#[derive(Clone, Debug)]
pub struct Facts {
    pub now: Instant,
    /// What rarely changes, shared by all batches.
    pub world: Arc<World>,
    pub products: HashMap<Sku, Arc<Product>>,
    /// Of skus that are no product's: the only product that differs by letter case alone.
    pub alike: HashMap<Sku, Sku>,
    pub prices: HashMap<Sku, Arc<Vec<Price>>>,
    pub customers: HashMap<Customer, Arc<CustomerFacts>>,
    pub stock: BTreeMap<(Sku, Warehouse), StockLevel>,
    /// Earlier orders with the same fingerprint within the policy's window.
    pub similar: HashMap<String, Vec<OrderId>>,
}

#[derive(Clone, Debug)]
pub struct World {
    pub company: Company,
    pub channels: HashMap<Channel, ChannelFacts>,
    pub warehouses: Vec<WarehouseFacts>,
    pub carriers: Vec<CarrierFacts>,
    pub rate_cards: RateCards,
    /// Few; in the order of their codes.
    pub promotions: Vec<Promotion>,
    pub transits: transit::Transits,
    /// Where stock is short when less than this can be promised.
    pub reorder_points: HashMap<(Sku, Warehouse), Quantity>,
    pub policies: Arc<Policies>,
}

#[derive(Clone, Debug)]
pub struct Company {
    pub base_currency: Currency,
    /// Minutes east of UTC of the company's calendar, for "today".
    pub offset_minutes: i32,
}

/// What decisions need to know of a channel.
#[derive(Clone, Debug)]
pub struct ChannelFacts {
    /// Price book group when the buyer is no known customer; empty = the list price for everyone.
    pub group: Group,
    /// Country assumed when an address does not say; ISO 3166-1 alpha-2.
    pub country: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Product {
    pub sku: Sku,
    pub name: String,
    pub name_en: String,
    pub category: String,
    pub active: bool,
    pub base_unit: Unit,
    /// Other units it may be ordered in.
    pub units: Vec<UnitFactor>,
    /// Grams of one base unit, packed.
    pub weight_g: i64,
    pub size: Size,
    /// What one base unit costs us; zero when unknown.
    pub unit_cost: UnitPrice,
    pub cost_currency: Option<Currency>,
    pub tax_class: String,
}

/// One row of the price book: from `min_quantity` on, one `unit` costs `unit_price`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Price {
    pub sku: Sku,
    pub unit: Unit,
    pub currency: Currency,
    /// Whose contract it is; empty = everybody's.
    pub customer: Customer,
    /// Empty = every group.
    pub group: Group,
    /// Empty = every channel.
    pub channel: Channel,
    pub min_quantity: Quantity,
    pub unit_price: UnitPrice,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
}

/// A reduction we grant: what it takes off, of which goods, for whom and when. An empty list means all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promotion {
    pub code: String,
    pub name: String,
    pub benefit: Benefit,
    /// Of the amounts it names; such a promotion speaks only to orders in it.
    pub currency: Option<Currency>,
    pub skus: Vec<Sku>,
    /// Of the products; empty = every category.
    pub category: String,
    pub channels: Vec<Channel>,
    pub groups: Vec<Group>,
    /// Both days included.
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    /// Least amount of its goods by the price book, minor units; 0 = none.
    pub min_amount: i64,
    /// Least quantity of its goods, base units.
    pub min_quantity: Quantity,
    /// May come together with other stackable ones.
    pub stackable: bool,
    /// Of two that save the same, the higher one is taken.
    pub priority: i32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Benefit {
    /// Parts per million of each line.
    Percent(i64),
    /// Minor units off its goods together.
    Amount(i64),
    /// Of each `buy + get` ordered units of a line, `get` are free.
    BuyGet { buy: i64, get: i64 },
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CustomerFacts {
    pub code: Customer,
    pub group: Group,
    pub tier: Tier,
    pub currency: Currency,
    /// Minor units of its currency; zero = no credit.
    pub credit_limit: i64,
    pub payment_days: i32,
    pub active: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    #[default]
    Regular,
    Key,
    Strategic,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WarehouseFacts {
    pub code: Warehouse,
    pub name: String,
    pub country: String,
    pub region: String,
    pub city: String,
    pub postcode: String,
    /// Microdegrees.
    pub latitude: i64,
    pub longitude: i64,
    /// Minutes east of UTC, as of `now`.
    pub offset_minutes: i32,
    /// Local minute of the day after which a release counts as tomorrow's.
    pub cutoff_minute: i32,
    /// Fulfilments a day; 0 = no limit.
    pub daily_capacity: i32,
    /// Fulfilments planned there today.
    pub planned_today: i32,
    pub active: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CarrierFacts {
    pub code: Carrier,
    pub name: String,
    /// Observed on-time rate, parts per million.
    pub on_time_ppm: i64,
    pub active: bool,
}

/// One row of a carrier's card: from where, to where, at what price, in how many days.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RateCard {
    pub carrier: Carrier,
    pub service: Service,
    /// `*` = from any.
    pub warehouse: Warehouse,
    pub country: String,
    /// `*` = any.
    pub region: String,
    /// `*` = any.
    pub city: String,
    pub zone: String,
    pub currency: Currency,
    pub first_g: i64,
    /// Minor units.
    pub first_price: i64,
    pub step_g: i64,
    pub step_price: i64,
    /// Cubic centimetres that weigh a kilogram; 0 = real weight only.
    pub volumetric_divisor: i64,
    /// 0 = no limit.
    pub max_weight_g: i64,
    pub min_days: i32,
    pub max_days: i32,
}

/// All rate cards, found by (carrier, country) and there by region.
#[derive(Clone, Debug, Default)]
pub struct RateCards {
    rows: HashMap<(Carrier, String), CountryCard>,
}

/// What one carrier asks into one country.
#[derive(Clone, Debug, Default)]
struct CountryCard {
    /// In the card's order.
    rows: Vec<RateCard>,
    /// Rows for any region.
    anywhere: Vec<usize>,
    /// Rows for one region, by the name it is matched by.
    regions: HashMap<String, Vec<usize>>,
}

impl RateCards {
    pub fn new(rows: impl IntoIterator<Item = RateCard>) -> Self {
        let mut found: HashMap<(Carrier, String), CountryCard> = HashMap::new();
        for row in rows {
            let card = found.entry((row.carrier.clone(), row.country.clone())).or_default();
            let at = card.rows.len();
            if RateCard::is_any(&row.region) {
                card.anywhere.push(at);
            } else {
                let region = Name::new(Level::Region, &row.country, &row.region);
                card.regions.entry(region.as_str().to_owned()).or_default().push(at);
            }
            card.rows.push(row);
        }
        Self { rows: found }
    }

    /// The rows of `carrier` into `country`, in the card's order.
    pub fn into_country(&self, carrier: &Carrier, country: &str) -> &[RateCard] {
        self.rows.get(&(carrier.clone(), country.to_owned())).map_or(&[], |card| &card.rows)
    }

    /// The rows of `carrier` into `country` that may speak of `region`: those for any region, then its own.
    pub fn into_region(&self, carrier: &Carrier, country: &str, region: &Name) -> impl Iterator<Item = &RateCard> {
        let card = self.rows.get(&(carrier.clone(), country.to_owned()));
        card.into_iter().flat_map(move |card| {
            let own = card.regions.get(region.as_str()).map_or(&[][..], Vec::as_slice);
            card.anywhere.iter().chain(own).map(|at| &card.rows[*at])
        })
    }

    pub fn len(&self) -> usize {
        self.rows.values().map(|card| card.rows.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl RateCard {
    /// Does this warehouse, region or city of a row stand for any?
    pub fn is_any(text: &str) -> bool {
        text == "*" || text.is_empty()
    }
}

/// Stock of one sku in one warehouse, base units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct StockLevel {
    pub on_hand: Quantity,
    pub reserved: Quantity,
    /// What a statement from outside took away from under our reservations.
    pub shortage: Quantity,
    /// Kept back from sale.
    pub safety: Quantity,
}

impl StockLevel {
    /// What may still be promised.
    pub fn available(&self) -> Quantity {
        self.on_hand.less(self.reserved).less(self.safety)
    }
}

impl Facts {
    pub fn policies(&self) -> &Policies {
        &self.world.policies
    }

    /// What one warehouse can still promise of `sku`.
    pub fn available(&self, sku: &Sku, warehouse: &Warehouse) -> Quantity {
        self.stock.get(&(sku.clone(), warehouse.clone())).map_or(Quantity::ZERO, StockLevel::available)
    }

    /// Takes stock movements into account, so that the next decision of the batch sees them.
    pub fn absorb<'a>(&mut self, moves: impl IntoIterator<Item = &'a StockMove>) {
        for m in moves {
            let level = self.stock.entry((m.sku.clone(), m.warehouse.clone())).or_default();
            match m.kind {
                MoveKind::Reserve => level.reserved = level.reserved.plus(m.quantity),
                MoveKind::Unreserve => level.reserved = level.reserved.less(m.quantity),
                MoveKind::Ship => {
                    level.reserved = level.reserved.less(m.quantity);
                    level.on_hand = level.on_hand.less(m.quantity);
                }
            }
        }
    }
}
