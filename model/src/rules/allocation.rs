//! Allocation: which warehouse and which carrier service ship which quantity. Both are chosen together.
//!
//! As much as possible is promised, from at most `max_splits` + 1 warehouses; among the ways to do that the one with the
//! least score is taken. The score of a plan, in minor units of the base currency: for each warehouse used, the score of
//! its best service for what it ships (the very number the carrier stage compares) and its distance; and a penalty for
//! each warehouse beyond the first.

mod bound;
mod choices;
mod explain;
mod ground;
mod search;

use crate::{
    codes::{Carrier, Service, Sku, Warehouse},
    facts::Facts,
    measure::Quantity,
    money::Money,
    order::state::{FulfilmentLine, Order},
    rules::carrier::lane::Scale,
    time::HOUR,
};
use ground::Ground;
use serde::{Deserialize, Deserializer, Serialize};

/// Plans visited before the exact search gives way to the greedy one.
pub const NODES_MAX: u32 = 20_000;

/// A quantity of one line that wants a warehouse, base units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    pub line: u32,
    pub sku: Sku,
    pub quantity: Quantity,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Allocation {
    pub plans: Vec<Plan>,
    /// What no warehouse can promise now. Plans and backorders together are always the needs.
    pub backorders: Vec<FulfilmentLine>,
    pub reasons: AllocationReasons,
}

/// One fulfilment to be: from where, by whom, what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Plan {
    pub warehouse: Warehouse,
    /// Empty, like the service, when the buyer collects.
    pub carrier: Carrier,
    pub service: Service,
    /// Expected freight cost, in the rate card's currency.
    pub freight: Money,
    pub lines: Vec<FulfilmentLine>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct AllocationReasons {
    /// `exact` or `greedy`.
    pub method: String,
    pub nodes: u32,
    /// For greedy: how far from the best it may be at most, cost units of the score.
    pub gap: i64,
    /// Score of the chosen plan, minor units of the base currency; lower is better.
    pub score: i64,
    /// Every warehouse that was looked at, the chosen and the losing ones, by code.
    pub candidates: Vec<Candidate>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    pub warehouse: Warehouse,
    /// Zero when the destination is not known.
    pub distance_km: i64,
    /// Best service from here if the whole order shipped from it; empty when none serves the destination.
    pub carrier: Carrier,
    pub service: Service,
    /// Minor units of the base currency.
    pub freight: i64,
    pub days: i32,
    /// Lines it could fill completely, of how many.
    pub fills: u32,
    pub of: u32,
    /// Score if the whole order shipped from here.
    pub score: i64,
    pub chosen: bool,
    /// Stable code why not: `no_stock`, `no_service`, `too_heavy`, `inactive`, `capacity`, `dearer`, `farther`,
    /// `would_split`; empty when chosen.
    pub why_not: String,
}

/// Chooses warehouses and services for `needs`. An order without a place to ship to is collected: it gets the nearest
/// stock and no carrier. Two needs of one sku never promise the same unit.
pub fn allocate(order: &Order, needs: &[Need], facts: &Facts) -> Allocation {
    let scale = Scale::new(facts);
    let ground = Ground::of(order, needs, facts, &scale);
    let problem = ground.problem(&scale);
    let found = search::solve(&problem);
    explain::allocation(needs, &ground, &problem, found)
}

/// Why nothing is planned although stock is not what lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unserved {
    /// No service goes to the destination.
    NoService,
    /// Services go there, and none carries so much in one parcel.
    TooHeavy,
}

/// No carrier takes this order from anywhere: nothing is planned, and not for want of stock.
pub fn unserved(allocation: &Allocation) -> Option<Unserved> {
    let says = |code: &str| allocation.reasons.candidates.iter().any(|c| c.why_not == code);
    let only_service =
        allocation.reasons.candidates.iter().all(|c| matches!(c.why_not.as_str(), "inactive" | "no_service"));
    if !allocation.plans.is_empty() {
        None
    } else if says("too_heavy") {
        Some(Unserved::TooHeavy)
    } else {
        (says("no_service") && only_service).then_some(Unserved::NoService)
    }
}

/// The settings of this rule, `[allocation]` of the policy files. Weights are minor units of the base currency.
/// What a day of transit is worth is set once, in `[carrier]`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AllocationPolicy {
    /// Release what is there, or wait until the whole order is.
    pub ship: ShipRule,
    /// How long a waiting order may keep its reservation, microseconds; `reservation_hours` in the files.
    #[serde(rename = "reservation_hours", deserialize_with = "hours")]
    pub reservation_micros: i64,
    /// What a thousand kilometres from warehouse to destination count.
    pub thousand_km: u32,
    /// What each warehouse beyond the first counts.
    pub split: u32,
    /// How many warehouses beyond the first may be used.
    pub max_splits: u32,
}

impl Default for AllocationPolicy {
    fn default() -> Self {
        Self { ship: ShipRule::default(), reservation_micros: 48 * HOUR, thousand_km: 100, split: 1_000, max_splits: 2 }
    }
}

fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    u32::deserialize(deserializer).map(|hours| i64::from(hours).saturating_mul(HOUR))
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShipRule {
    #[default]
    ShipAvailable,
    ShipComplete,
}
