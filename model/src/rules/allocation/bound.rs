//! A lower bound of every plan's score: freight lies above a straight line, and lines can be added up over warehouses.

use super::ground::{Problem, Site};
use crate::{money::Money, rules::carrier::lane::Lane};

/// Prices a gram are kept scaled by 2^20, rounded down.
const FINE: i64 = 1 << 20;

#[derive(Debug)]
pub(super) struct Bound {
    /// What all the goods cost at the least price a gram, wherever they leave from.
    goods: i64,
    /// What each site adds as soon as it is used.
    floors: Vec<i64>,
    split: i64,
}

/// Below the freight score of a lane: `start + slope * weight`, and the same by volume.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: i64,
    gram: i64,
    cm3: i64,
}

impl Bound {
    pub(super) fn of(problem: &Problem<'_>) -> Self {
        let mut slopes: Option<(i64, i64)> = None;
        let mut floors = Vec::with_capacity(problem.sites.len());
        for site in &problem.sites {
            let mut floor: Option<i64> = None;
            for line in site.lanes.iter().map(|lane| line(lane, site, problem)) {
                slopes = Some(slopes.map_or((line.gram, line.cm3), |(g, c)| (g.min(line.gram), c.min(line.cm3))));
                floor = Some(floor.map_or(line.start, |floor| floor.min(line.start)));
            }
            floors.push(floor.unwrap_or(site.haul));
        }
        let (gram, cm3) = slopes.unwrap_or_default();
        let load = problem.load();
        let at = |slope: i64, amount: i64| slope.saturating_mul((amount - 1).max(0)) / FINE;
        let carried = at(gram, load.weight_g()).max(at(cm3, load.volume_cm3()));
        // A site whose line starts below zero could make a plan look cheaper by being used: allow for all of them.
        let credit: i64 = floors.iter().map(|floor| floor.saturating_add(problem.split).min(0)).sum();
        Self { goods: carried.saturating_add(credit), floors, split: problem.split }
    }

    /// No plan that uses all the sites of `mask` (and perhaps more) scores less.
    pub(super) fn with(&self, mask: u64) -> i64 {
        if mask == 0 {
            return self.goods.saturating_add(self.floors.iter().copied().min().unwrap_or(0));
        }
        let mut least = self.goods.saturating_sub(self.split);
        let mut rest = mask;
        while rest != 0 {
            least = least.saturating_add(self.floors[rest.trailing_zeros() as usize]).saturating_add(self.split);
            rest &= rest - 1;
        }
        least
    }

    /// What `site` adds as soon as it is used.
    pub(super) fn floor(&self, site: usize) -> i64 {
        self.floors[site]
    }

    /// No plan that uses two sites or more scores less; `None` when there is but one.
    pub(super) fn of_two(&self) -> Option<i64> {
        let mut floors = self.floors.clone();
        floors.sort_unstable();
        let [first, second, ..] = floors[..] else { return None };
        Some(self.goods.saturating_add(first).saturating_add(second).saturating_add(self.split))
    }
}

/// Each rounding to minor units may have added one unit: two are taken off.
fn line(lane: &Lane<'_>, site: &Site<'_>, problem: &Problem<'_>) -> Line {
    let row = lane.row;
    let scored = |minor: i64| {
        let money = Money::new(minor.max(0), row.currency);
        problem.scale.in_base(money).map_or(0, |base| problem.scale.weighed(base)).saturating_sub(2)
    };
    let gram = if row.step_g > 0 { scored(row.step_price.saturating_mul(FINE)).max(0) / row.step_g } else { 0 };
    let cm3 = if row.volumetric_divisor > 0 { gram.saturating_mul(1000) / row.volumetric_divisor } else { 0 };
    let in_first = gram.saturating_mul(row.first_g.max(0)) / FINE + 1;
    let start =
        scored(row.first_price).saturating_sub(in_first).saturating_add(lane.standing).saturating_add(site.haul);
    Line { start, gram, cm3 }
}
