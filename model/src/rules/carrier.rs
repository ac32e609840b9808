//! Carrier: cost, time and quality of each service that can carry a fulfilment; the choice and why.

pub(crate) mod lane;

use crate::{
    codes::{Carrier, Service},
    facts::{Facts, WarehouseFacts, transit::Observed},
    ids::FulfilmentId,
    money::{Currency, Money},
    order::state::{Fulfilment, FulfilmentLine, Order},
    party::Destination,
    rules::freight::Load,
};
use chrono::NaiveDate;
use lane::{Lane, Scale, lanes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The service chosen for one fulfilment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CarrierChoice {
    pub fulfilment: FulfilmentId,
    pub carrier: Carrier,
    pub service: Service,
    pub freight: Money,
    pub min_days: i32,
    pub max_days: i32,
    /// Every service looked at, best first, then those that cannot be had.
    pub offers: Vec<Offer>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Offer {
    pub carrier: Carrier,
    pub service: Service,
    pub zone: String,
    /// Chargeable weight, grams: the greater of the real and the volumetric one.
    pub billed_g: i64,
    /// In the rate card's own currency.
    pub freight: Money,
    /// Days from now to the door, the day lost after the warehouse's cut-off included.
    pub min_days: i32,
    pub max_days: i32,
    pub on_time_ppm: i64,
    /// What was observed on the lane and is part of its days and rate; `None`: nothing yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// Minor units of the base currency; lower is better.
    pub score: i64,
    /// Stable code why it cannot be had: `too_heavy`, `inactive`, `no_rate` (its currency has no rate in the policy);
    /// empty when it can.
    pub excluded: String,
}

/// Looks at every service from the fulfilment's warehouse to the order's destination and takes the best.
/// `None`: no service carries it there (or nothing is to be carried: the order is collected).
pub fn choose(order: &Order, fulfilment: &Fulfilment, facts: &Facts) -> Option<CarrierChoice> {
    let warehouse = facts.world.warehouses.iter().find(|w| w.code == fulfilment.warehouse)?;
    let destination = destination(order, facts)?;
    let load = load(order, &fulfilment.lines, facts);
    let offers = offers(warehouse, &destination, load, facts, order.header.wished);
    let best = offers.first().filter(|offer| offer.excluded.is_empty())?;
    Some(CarrierChoice {
        fulfilment: fulfilment.id,
        carrier: best.carrier.clone(),
        service: best.service.clone(),
        freight: best.freight,
        min_days: best.min_days,
        max_days: best.max_days,
        offers,
    })
}

/// Why each service was left out when [`choose`] finds none; `no_service` when none goes there at all.
pub(crate) fn why_none(order: &Order, fulfilment: &Fulfilment, facts: &Facts) -> Vec<String> {
    let warehouse = facts.world.warehouses.iter().find(|w| w.code == fulfilment.warehouse);
    let ways = warehouse.zip(destination(order, facts)).map_or_else(Vec::new, |(warehouse, to)| {
        offers(warehouse, &to, load(order, &fulfilment.lines, facts), facts, order.header.wished)
    });
    if ways.is_empty() { vec!["no_service".to_owned()] } else { ways.into_iter().map(|way| way.excluded).collect() }
}

/// Every service from `warehouse` to `destination`, best first, then those that cannot be had. Equal scores stand in
/// the order of carrier and service code.
pub fn offers(
    warehouse: &WarehouseFacts,
    destination: &Destination,
    load: Load,
    facts: &Facts,
    wished: Option<NaiveDate>,
) -> Vec<Offer> {
    let scale = Scale::new(facts);
    let lanes = lanes(facts, &[warehouse], destination, wished).pop().unwrap_or_default();
    let mut offers: Vec<Offer> = lanes.iter().map(|lane| offer(lane, load, &scale)).collect();
    offers.sort_by(|a, b| {
        let key = |offer: &Offer| (!offer.excluded.is_empty(), offer.score);
        key(a).cmp(&key(b)).then_with(|| (&a.carrier, &a.service).cmp(&(&b.carrier, &b.service)))
    });
    offers
}

fn offer(lane: &Lane<'_>, load: Load, scale: &Scale<'_>) -> Offer {
    let bid = lane.bid(load, scale);
    let (billed_g, freight, score, excluded) = match bid {
        Ok(bid) => (bid.billed_g, bid.freight, bid.score, ""),
        Err(excluded) => (0, Money::zero(lane.row.currency), 0, excluded),
    };
    Offer {
        carrier: lane.carrier.code.clone(),
        service: lane.row.service.clone(),
        zone: lane.row.zone.clone(),
        billed_g,
        freight,
        min_days: lane.min_days,
        max_days: lane.max_days,
        on_time_ppm: lane.on_time_ppm,
        observed: lane.observed,
        score,
        excluded: excluded.to_owned(),
    }
}

/// Where the order's goods go, the channel's country assumed when none is given; `None`: they are collected.
pub(crate) fn destination(order: &Order, facts: &Facts) -> Option<Destination> {
    let mut destination = order.header.ship_to.as_ref()?.destination.clone().unwrap_or_default();
    if destination.country.is_empty() {
        destination.country = facts.world.channels.get(&order.channel).map(|c| c.country.clone()).unwrap_or_default();
    }
    Some(destination)
}

/// What `lines` of `order` weigh and measure; a product we do not know counts as nothing.
fn load(order: &Order, lines: &[FulfilmentLine], facts: &Facts) -> Load {
    lines.iter().fold(Load::ZERO, |load, taken| {
        let product = order.line(taken.line).and_then(|line| facts.products.get(&line.item.sku));
        product.map_or(load, |p| load.with(p.weight_g, p.size.volume_cm3(), taken.quantity))
    })
}

/// The settings of this rule, `[carrier]` of the policy files. A service's score is a cost in minor units of the base
/// currency: its freight, plus what each day, each late parcel in a hundred and a missed wish are worth.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CarrierPolicy {
    /// Weight of the freight, parts per million: 1000000 counts each minor unit once, 0 ignores cost.
    pub cost_ppm: u32,
    /// What one day of transit is worth, minor units of the base currency.
    pub day: u32,
    /// What one parcel in a hundred not on time is worth, minor units of the base currency.
    pub late_percent: u32,
    /// Added to a service that arrives after the wished day, minor units of the base currency.
    pub missed_wish: u32,
    /// How many observed parcels the rate card's days and the carrier's on-time rate count as: with 50, the days of 50 parcels
    /// on a lane weigh as much as the card, and those of 3 hardly anything.
    pub prior_parcels: u32,
    /// What one unit of another currency is worth in the base currency, scaled by 10^6: with CNY as base
    /// `EUR = 7800000` says that 1 EUR is 7.80 CNY. They carry no date: they compare services and charge nobody. A
    /// service priced in a currency that is not here is left out with `no_rate`.
    pub rates: BTreeMap<Currency, u64>,
}

impl Default for CarrierPolicy {
    fn default() -> Self {
        Self {
            cost_ppm: 1_000_000,
            day: 100,
            late_percent: 20,
            missed_wish: 5_000,
            prior_parcels: 50,
            rates: BTreeMap::new(),
        }
    }
}
