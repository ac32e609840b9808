//! A lane: one service of one carrier from one warehouse to one destination, and what it bids for a load.

use crate::{
    codes::{Carrier, Service},
    facts::{
        CarrierFacts, Facts, RateCard, WarehouseFacts,
        transit::{Observed, Services, origin},
    },
    money::{Currency, MICRO, Money, round_half_up},
    party::Destination,
    rules::{
        carrier::CarrierPolicy,
        freight::{self, Aim, Load},
    },
    time::MINUTE,
};
use chrono::{Days, NaiveDate};

#[derive(Clone, Debug)]
pub(crate) struct Lane<'a> {
    pub(crate) carrier: &'a CarrierFacts,
    pub(crate) row: &'a RateCard,
    /// How exactly the row speaks of this way.
    rank: u8,
    /// The day lost after the warehouse's cut-off included.
    pub(crate) min_days: i32,
    pub(crate) max_days: i32,
    /// Parcels in a million to be on time, what was observed included.
    pub(crate) on_time_ppm: i64,
    pub(crate) observed: Option<Observed>,
    /// The part of the score that no weight changes: days, quality, a missed wish.
    pub(crate) standing: i64,
}

/// What a lane asks for a load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bid {
    pub(crate) billed_g: i64,
    pub(crate) freight: Money,
    /// The freight in minor units of the base currency.
    pub(crate) base: i64,
    pub(crate) score: i64,
}

impl Lane<'_> {
    /// What settles a draw.
    pub(crate) fn codes(&self) -> (&Carrier, &Service) {
        (&self.carrier.code, &self.row.service)
    }

    /// # Errors
    /// `inactive`, `too_heavy`, `no_rate`.
    pub(crate) fn bid(&self, load: Load, scale: &Scale<'_>) -> Result<Bid, &'static str> {
        if !self.carrier.active {
            return Err("inactive");
        }
        let (billed_g, freight) = freight::quote(self.row, load.weight_g(), load.volume_cm3()).ok_or("too_heavy")?;
        let base = scale.in_base(freight).ok_or("no_rate")?;
        Ok(Bid { billed_g, freight, base, score: scale.weighed(base).saturating_add(self.standing) })
    }
}

/// All lanes from each of `warehouses` to `destination`: for each carrier and service the row that speaks most exactly.
pub(crate) fn lanes<'a>(
    facts: &'a Facts,
    warehouses: &[&WarehouseFacts],
    destination: &Destination,
    wished: Option<NaiveDate>,
) -> Vec<Vec<Lane<'a>>> {
    let aim = Aim::new(destination);
    let policy = &facts.policies().carrier;
    let ways = facts.world.transits.to(destination);
    let clock = |warehouse: &&WarehouseFacts| Clock {
        seen: ways.and_then(|ways| ways.get(&origin(&warehouse.country, &warehouse.region))),
        ..Clock::of(warehouse, facts, wished)
    };
    let clocks: Vec<Clock<'_>> = warehouses.iter().map(clock).collect();
    let mut found: Vec<Vec<Lane<'a>>> = vec![Vec::with_capacity(facts.world.carriers.len()); warehouses.len()];
    for carrier in &facts.world.carriers {
        for row in facts.world.rate_cards.into_region(&carrier.code, &destination.country, &aim.region) {
            let Some(rank) = aim.rank(row) else { continue };
            for ((warehouse, clock), lanes) in warehouses.iter().zip(&clocks).zip(&mut found) {
                if let Some(rank) = freight::from_rank(row, &warehouse.code, rank) {
                    keep(lanes, clock.lane(carrier, row, rank, policy));
                }
            }
        }
    }
    found
}

/// Adds `lane`, or puts it in the place of a less exact row of the same service.
fn keep<'a>(lanes: &mut Vec<Lane<'a>>, lane: Lane<'a>) {
    let same =
        |other: &&mut Lane<'a>| std::ptr::eq(other.carrier, lane.carrier) && other.row.service == lane.row.service;
    match lanes.iter_mut().find(same) {
        Some(other) if other.rank < lane.rank => *other = lane,
        Some(_) => {}
        None => lanes.push(lane),
    }
}

/// What time it is for a warehouse, and by when the goods are wished.
#[derive(Debug)]
struct Clock<'a> {
    today: NaiveDate,
    /// 1 after the cut-off: what is released now leaves tomorrow.
    lost_days: i32,
    wished: Option<NaiveDate>,
    /// How long parcels took from there to the destination.
    seen: Option<&'a Services>,
}

impl Clock<'_> {
    fn of(warehouse: &WarehouseFacts, facts: &Facts, wished: Option<NaiveDate>) -> Self {
        let local = facts.now.plus(i64::from(warehouse.offset_minutes) * MINUTE);
        let minute = local.0.div_euclid(MINUTE).rem_euclid(24 * 60);
        Self {
            today: facts.now.date(warehouse.offset_minutes),
            lost_days: i32::from(minute >= i64::from(warehouse.cutoff_minute)),
            wished,
            seen: None,
        }
    }

    fn lane<'a>(&self, carrier: &'a CarrierFacts, row: &'a RateCard, rank: u8, policy: &CarrierPolicy) -> Lane<'a> {
        let seen = self.seen.and_then(|seen| seen.get(&(carrier.code.clone(), row.service.clone())));
        let observed = seen.map(|taken| taken.observed(row.max_days, policy.prior_parcels));
        let days = observed.map_or(row.max_days, |seen| seen.max_days(row.max_days)).max(0);
        let on_time_ppm = observed.map_or(carrier.on_time_ppm, |seen| seen.on_time_ppm(carrier.on_time_ppm));
        let max_days = days.saturating_add(self.lost_days);
        let min_days = observed.map_or(row.min_days, |_| row.min_days.min(days)).max(0).saturating_add(self.lost_days);
        let late_ppm = (MICRO - on_time_ppm).clamp(0, MICRO);
        let wish = if self.misses(max_days) { i64::from(policy.missed_wish) } else { 0 };
        let standing = (i64::from(max_days) * i64::from(policy.day))
            .saturating_add(late_ppm * i64::from(policy.late_percent) / 10_000)
            .saturating_add(wish);
        Lane { carrier, row, rank, min_days, max_days, on_time_ppm, observed, standing }
    }

    fn misses(&self, days: i32) -> bool {
        let arrival = self.today.checked_add_days(Days::new(u64::from(days.unsigned_abs())));
        self.wished.is_some_and(|wished| arrival.is_none_or(|arrival| arrival > wished))
    }
}

/// Makes freight of different currencies comparable.
#[derive(Debug)]
pub(crate) struct Scale<'a> {
    policy: &'a CarrierPolicy,
    base: Currency,
}

impl<'a> Scale<'a> {
    pub(crate) fn new(facts: &'a Facts) -> Self {
        Self { policy: &facts.policies().carrier, base: facts.world.company.base_currency }
    }

    /// `money` in minor units of the base currency, half-up; `None` when the policy has no rate for its currency.
    pub(crate) fn in_base(&self, money: Money) -> Option<i64> {
        if money.currency == self.base {
            return Some(money.minor);
        }
        let rate = i128::from(*self.policy.rates.get(&money.currency)?);
        let over = i128::from(money.minor).checked_mul(rate)?.checked_mul(10_i128.pow(self.base.digits()))?;
        Some(round_half_up(over, i128::from(MICRO) * 10_i128.pow(money.currency.digits())))
    }

    /// What freight in base currency counts in a score.
    pub(crate) fn weighed(&self, base: i64) -> i64 {
        let ppm = i64::from(self.policy.cost_ppm);
        if ppm == MICRO { base } else { round_half_up(i128::from(base) * i128::from(ppm), i128::from(MICRO)) }
    }
}
