//! How long parcels really took, by lane: what was observed, and how much of it to believe.

use crate::{
    codes::{Carrier, Service},
    money::{MICRO, round_half_up},
    party::Destination,
    rules::places::{Level, Name},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Characters of a postcode that stand for its zone, where no region is given.
const ZONE_CHARS: usize = 3;
/// Days of one parcel at most; a longer time is a slip of somebody's clock.
pub const DAYS_MAX: i32 = 120;

/// From where to where a service carries.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Way {
    pub carrier: Carrier,
    pub service: Service,
    /// The warehouse's country and region: `CN/广东`.
    pub origin: String,
    pub country: String,
    /// The destination's region; the first three characters of its postcode where it has none.
    pub region: String,
}

/// How many parcels took how many days.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Taken(BTreeMap<i32, i64>);

/// What was observed on a lane and what it made of the card's promise; kept with the choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Observed {
    pub parcels: i64,
    /// Parcels that kept to the card's days.
    pub on_time: i64,
    /// Days within which nine parcels of ten arrived.
    pub days: i32,
    /// How many parcels the card's promise counts as.
    pub prior: u32,
}

/// By carrier and service.
pub type Services = HashMap<(Carrier, Service), Taken>;

/// All lanes that were observed: by country and region of the destination, there by origin.
#[derive(Clone, Debug, Default)]
pub struct Transits(HashMap<(String, String), HashMap<String, Services>>);

/// `CN/广东`, whichever way the region is written.
pub fn origin(country: &str, region: &str) -> String {
    format!("{country}/{}", Name::new(Level::Region, country, region).as_str())
}

/// The region of a destination as lanes are kept, or the zone of its postcode.
pub fn region(destination: &Destination) -> String {
    let name = Name::new(Level::Region, &destination.country, &destination.region);
    match name.as_str() {
        "" => destination.postcode.trim().chars().take(ZONE_CHARS).collect::<String>().to_uppercase(),
        name => name.to_owned(),
    }
}

impl Taken {
    pub fn add(&mut self, days: i32, parcels: i64) {
        *self.0.entry(days).or_default() += parcels;
    }

    pub fn parcels(&self) -> i64 {
        self.0.values().sum()
    }

    /// Days of all parcels together.
    pub fn total_days(&self) -> i64 {
        self.0.iter().map(|(days, parcels)| i64::from(*days) * parcels).sum()
    }

    /// Days within which `percent` of the parcels arrived; 0 without parcels.
    pub fn within(&self, percent: i64) -> i32 {
        let wanted = self.parcels().saturating_mul(percent);
        let mut seen = 0;
        let mut all = self.0.iter().map(|(days, parcels)| {
            seen += parcels;
            (*days, seen)
        });
        all.find(|(_, seen)| seen.saturating_mul(100) >= wanted).map_or(0, |(days, _)| days)
    }

    /// Parcels that took `days` at most.
    pub fn up_to(&self, days: i32) -> i64 {
        self.0.range(..=days).map(|(_, parcels)| parcels).sum()
    }

    /// Days and parcels, the shortest first.
    pub fn iter(&self) -> impl Iterator<Item = (i32, i64)> {
        self.0.iter().map(|(days, parcels)| (*days, *parcels))
    }

    /// Against a card that promises `max_days`, which itself counts as `prior` parcels.
    pub fn observed(&self, max_days: i32, prior: u32) -> Observed {
        Observed { parcels: self.parcels(), on_time: self.up_to(max_days), days: self.within(90), prior }
    }
}

impl Observed {
    /// The on-time rate to reckon with, parts per million: the carrier's own `card_ppm` counts as `prior` parcels.
    pub fn on_time_ppm(&self, card_ppm: i64) -> i64 {
        self.blend(card_ppm, self.on_time * MICRO)
    }

    /// The days to reckon with: the card's count as `prior` parcels.
    pub fn max_days(&self, card_days: i32) -> i32 {
        let days = self.blend(i64::from(card_days), self.parcels.saturating_mul(i64::from(self.days)));
        i32::try_from(days).unwrap_or(card_days)
    }

    /// `seen` is a sum over the parcels.
    fn blend(&self, card: i64, seen: i64) -> i64 {
        let prior = i128::from(self.prior);
        let all = prior + i128::from(self.parcels);
        if all == 0 { card } else { round_half_up(i128::from(card) * prior + i128::from(seen), all) }
    }
}

impl Transits {
    pub fn new(rows: impl IntoIterator<Item = (Way, i32, i64)>) -> Self {
        let mut found: HashMap<(String, String), HashMap<String, Services>> = HashMap::new();
        for (way, days, parcels) in rows {
            let services = found.entry((way.country, way.region)).or_default().entry(way.origin).or_default();
            services.entry((way.carrier, way.service)).or_default().add(days, parcels);
        }
        Self(found)
    }

    /// What was observed of ways to `destination`, by [`origin`].
    pub fn to(&self, destination: &Destination) -> Option<&HashMap<String, Services>> {
        // Most houses have none yet, and a place's name costs something.
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(destination.country.clone(), region(destination)))
    }
}
