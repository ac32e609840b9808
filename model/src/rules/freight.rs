//! Freight cost of a parcel from a carrier's rate card: zone, first and continued weight, volumetric weight.

use crate::{
    codes::Warehouse,
    facts::RateCard,
    measure::Quantity,
    money::{MICRO, Money},
    party::Destination,
    rules::places::{Level, Name},
};

/// What a parcel group weighs and how much room it takes. Grams and cubic centimetres scaled by 10^6, as quantities are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Load {
    weight: i64,
    volume: i64,
}

impl Load {
    pub const ZERO: Self = Self { weight: 0, volume: 0 };

    pub fn new(weight_g: i64, volume_cm3: i64) -> Self {
        Self::ZERO.with(weight_g, volume_cm3, Quantity::whole(1))
    }

    /// This load and `quantity` of something that weighs and measures so much a unit.
    #[must_use]
    pub fn with(self, weight_g: i64, volume_cm3: i64, quantity: Quantity) -> Self {
        let more = |each: i64| each.max(0).saturating_mul(quantity.0.max(0));
        Self {
            weight: self.weight.saturating_add(more(weight_g)),
            volume: self.volume.saturating_add(more(volume_cm3)),
        }
    }

    /// Grams, rounded up.
    pub fn weight_g(self) -> i64 {
        times_up(self.weight, MICRO)
    }

    /// Cubic centimetres, rounded up.
    pub fn volume_cm3(self) -> i64 {
        times_up(self.volume, MICRO)
    }
}

/// The chargeable weight in grams and the price; `None` when it is heavier than the card allows.
/// The chargeable weight is the greater of the real and the volumetric one. The first weight has one price, then each
/// step begun costs the step's price; a card without a step has one price for any weight. A negative price counts as
/// zero, so that more weight never costs less.
pub fn quote(card: &RateCard, weight_g: i64, volume_cm3: i64) -> Option<(i64, Money)> {
    let billed = weight_g.max(volumetric_g(card, volume_cm3)).max(0);
    if card.max_weight_g > 0 && billed > card.max_weight_g {
        return None;
    }
    let over = billed.saturating_sub(card.first_g.max(0)).max(0);
    let steps = if card.step_g > 0 { times_up(over, card.step_g) } else { 0 };
    let price = card.first_price.max(0).saturating_add(steps.saturating_mul(card.step_price.max(0)));
    Some((billed, Money::new(price, card.currency)))
}

/// What `volume_cm3` counts as in grams, rounded up; zero when the card knows no volumetric weight.
fn volumetric_g(card: &RateCard, volume_cm3: i64) -> i64 {
    if card.volumetric_divisor <= 0 { 0 } else { times_up(volume_cm3.saturating_mul(1000), card.volumetric_divisor) }
}

/// How often `size` goes into `amount`, begun ones counted; `size` > 0.
fn times_up(amount: i64, size: i64) -> i64 {
    amount / size + i64::from(amount % size > 0)
}

/// The row of `cards` that speaks most exactly of this way; the first of equals. `cards` are those of one service.
/// A row that names the city goes before one that names the region, that before `*`; between equals one that names the
/// warehouse goes before `*`.
pub fn best_row<'a>(cards: &'a [RateCard], warehouse: &Warehouse, destination: &Destination) -> Option<&'a RateCard> {
    let aim = Aim::new(destination);
    let mut best: Option<(u8, &RateCard)> = None;
    for row in cards.iter().filter(|row| row.country == destination.country) {
        let rank = aim.rank(row).and_then(|rank| from_rank(row, warehouse, rank));
        if let Some(rank) = rank.filter(|rank| best.is_none_or(|(best, _)| *rank > best)) {
            best = Some((rank, row));
        }
    }
    best.map(|(_, row)| row)
}

/// A destination ready to be compared with many rows.
#[derive(Debug)]
pub(crate) struct Aim {
    pub(crate) region: Name,
    city: Name,
}

impl Aim {
    pub(crate) fn new(destination: &Destination) -> Self {
        Self {
            region: Name::new(Level::Region, &destination.country, &destination.region),
            city: Name::new(Level::City, &destination.country, &destination.city),
        }
    }

    /// How exactly `row` (of the right country) speaks of this destination; `None` when it speaks of another.
    pub(crate) fn rank(&self, row: &RateCard) -> Option<u8> {
        let region = exactness(&self.region, &row.region)?;
        let city = exactness(&self.city, &row.city)?;
        Some(2 * city + region)
    }
}

/// `rank` refined by the warehouse; `None` when `row` is for another.
pub(crate) fn from_rank(row: &RateCard, warehouse: &Warehouse, rank: u8) -> Option<u8> {
    if RateCard::is_any(row.warehouse.as_str()) {
        Some(2 * rank)
    } else {
        (row.warehouse == *warehouse).then_some(2 * rank + 1)
    }
}

fn exactness(name: &Name, row: &str) -> Option<u8> {
    if RateCard::is_any(row) { Some(0) } else { name.is(row).then_some(1) }
}
