//! The ways to take each goods from a set of warehouses, and which sets promise most.
//!
//! Only ways that drain every warehouse but one are looked at. Where freight grows evenly with weight after the first
//! weight (a concave cost), the best plan is always among them.

use super::{bound::Bound, ground::Problem};
use crate::rules::freight::Load;
use std::cmp::Reverse;

/// Ways kept for one goods, and steps spent on finding them, before the list is called incomplete.
const WAYS_MAX: usize = 256;
const STEPS_MAX: u32 = 4_096;

/// Additions spent on finding the set of warehouses that promises most.
const ADDITIONS_MAX: usize = 200_000;

/// How one goods can be taken.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) goods: usize,
    pub(super) ways: Vec<Way>,
    /// No way was left out.
    pub(super) complete: bool,
}

#[derive(Debug)]
pub(super) struct Way {
    pub(super) mask: u64,
    /// (site, quantity).
    pub(super) parts: Vec<(usize, i64)>,
}

/// The sets of warehouses that promise most.
#[derive(Debug)]
pub(super) struct Reach {
    /// Warehouses to choose from, and as many of them as may be used that promise as much.
    pub(super) sets: Vec<(u64, u64)>,
    /// No set that promises more was left out.
    pub(super) proven: bool,
}

pub(super) fn bits(mask: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |site| mask & (1 << site) != 0)
}

/// What the warehouses of `mask` can promise of `goods`.
pub(super) fn promised(problem: &Problem<'_>, goods: usize, mask: u64) -> i64 {
    let there = bits(mask).fold(0_i64, |sum, site| sum.saturating_add(problem.stock(goods, site)));
    there.min(problem.demand[goods])
}

pub(super) fn promise(problem: &Problem<'_>, mask: u64) -> i64 {
    (0..problem.goods.len()).fold(0_i64, |sum, goods| sum.saturating_add(promised(problem, goods, mask)))
}

/// All warehouses when few enough, or when few enough of them promise everything; else every set that promises most.
pub(super) fn reach(problem: &Problem<'_>, bound: &Bound, alone: Option<usize>) -> Reach {
    let count = problem.sites.len();
    let all = u64::MAX >> (64 - count);
    if let Some(site) = alone {
        return Reach { sets: vec![(all, 1 << site)], proven: true };
    }
    if count <= problem.most {
        return Reach { sets: vec![(all, all)], proven: true };
    }
    let everything = promise(problem, all);
    let covering = cover(problem, bound);
    if promise(problem, covering) == everything {
        return Reach { sets: vec![(all, covering)], proven: true };
    }
    let mut best = (promise(problem, covering), vec![(covering, covering)]);
    let mut additions = 0;
    for set in sets(count, problem.most) {
        additions += problem.goods.len() * problem.most;
        if additions > ADDITIONS_MAX {
            return Reach { sets: best.1, proven: false };
        }
        let promise = promise(problem, set);
        if promise == everything {
            return Reach { sets: vec![(all, set)], proven: true };
        }
        if promise > best.0 {
            best = (promise, vec![(set, set)]);
        } else if promise == best.0 && set != covering {
            best.1.push((set, set));
        }
    }
    Reach { sets: best.1, proven: true }
}

/// All sets of `size` out of `count` sites, 0 < size < count <= 64.
fn sets(count: usize, size: usize) -> impl Iterator<Item = u64> {
    let first = u64::MAX >> (64 - size);
    std::iter::successors(Some(first), move |set| {
        let low = set & set.wrapping_neg();
        let next = set.checked_add(low)?;
        let next = next | (((set ^ next) >> 2) / low);
        (count == 64 || next < 1 << count).then_some(next)
    })
}

/// Takes the warehouse that adds most (of equals the one that costs least), again and again.
fn cover(problem: &Problem<'_>, bound: &Bound) -> u64 {
    let (mut chosen, mut has) = (0_u64, 0);
    while (chosen.count_ones() as usize) < problem.most {
        let rest = (0..problem.sites.len()).filter(|site| chosen & (1 << site) == 0);
        let reached = rest.map(|site| (promise(problem, chosen | (1 << site)), site));
        let most = reached.max_by_key(|(promise, site)| (*promise, Reverse((bound.floor(*site), *site))));
        let Some((promise, site)) = most.filter(|(promise, _)| *promise > has) else { break };
        chosen |= 1 << site;
        has = promise;
    }
    chosen
}

/// The ways to take every goods from `mask`, goods with the fewest ways first, then the heaviest.
pub(super) fn choices(problem: &Problem<'_>, mask: u64) -> Vec<Choice> {
    let mut choices: Vec<Choice> = (0..problem.goods.len())
        .filter(|goods| promised(problem, *goods, mask) > 0)
        .map(|goods| choice(problem, goods, mask))
        .collect();
    let weight =
        |choice: &Choice| problem.goods[choice.goods].onto(Load::ZERO, problem.demand[choice.goods]).weight_g();
    choices.sort_by_cached_key(|choice| (choice.ways.len() > 1, -weight(choice), choice.goods));
    choices
}

fn choice(problem: &Problem<'_>, goods: usize, mask: u64) -> Choice {
    let stock: Vec<(usize, i64)> =
        bits(mask).map(|site| (site, problem.stock(goods, site))).filter(|(_, stock)| *stock > 0).collect();
    let demand = promised(problem, goods, mask);
    let mut finder = Finder { stock: &stock, demand, most: problem.most, steps: 0, ways: vec![], complete: true };
    finder.drain(&mut vec![], 0);
    if !finder.complete {
        finder.fullest();
    }
    let Finder { mut ways, complete, .. } = finder;
    ways.sort_by_cached_key(|way| alone(problem, goods, way));
    Choice { goods, ways, complete }
}

/// What a way would cost if nothing else were sent: the promising ones first.
fn alone(problem: &Problem<'_>, goods: usize, way: &Way) -> i64 {
    let costs = way.parts.iter().map(|(site, quantity)| {
        problem.cost(*site, problem.goods[goods].onto(Load::ZERO, *quantity)).unwrap_or(i64::MAX)
    });
    let splits = problem.split.saturating_mul(way.parts.len() as i64 - 1);
    costs.fold(splits, i64::saturating_add)
}

/// Finds the ways of one goods: some warehouses drained, one that gives the rest.
struct Finder<'s> {
    /// (site, what it can promise), by site.
    stock: &'s [(usize, i64)],
    demand: i64,
    most: usize,
    steps: u32,
    ways: Vec<Way>,
    complete: bool,
}

impl Finder<'_> {
    /// `drained` (indexes into `stock`, rising) give `sum`, less than is wanted.
    fn drain(&mut self, drained: &mut Vec<usize>, sum: i64) {
        self.steps += 1;
        if self.steps > STEPS_MAX || self.ways.len() > WAYS_MAX {
            self.complete = false;
            return;
        }
        let last = drained.last().copied();
        for (at, (_, stock)) in self.stock.iter().enumerate() {
            let reached = sum.saturating_add(*stock);
            // When the last one is drained too, any of them could be called the last: count it once.
            let again = reached == self.demand && last.is_some_and(|last| last > at);
            if reached >= self.demand && !again && !drained.contains(&at) {
                self.ways.push(self.way(drained, at, self.demand - sum));
            }
        }
        if drained.len() + 1 >= self.most {
            return;
        }
        for at in last.map_or(0, |last| last + 1)..self.stock.len() {
            let reached = sum.saturating_add(self.stock[at].1);
            if reached < self.demand {
                drained.push(at);
                self.drain(drained, reached);
                drained.pop();
            }
        }
    }

    fn way(&self, drained: &[usize], last: usize, rest: i64) -> Way {
        let mut parts: Vec<(usize, i64)> = drained.iter().map(|at| self.stock[*at]).collect();
        parts.push((self.stock[last].0, rest));
        parts.sort_unstable();
        Way { mask: parts.iter().fold(0, |mask, (site, _)| mask | (1 << site)), parts }
    }

    /// At least the way that drains the fullest warehouses first is there.
    fn fullest(&mut self) {
        let mut order: Vec<usize> = (0..self.stock.len()).collect();
        order.sort_by_key(|at| (-self.stock[*at].1, *at));
        let mut sum = 0_i64;
        for (taken, at) in order.iter().enumerate() {
            let reached = sum.saturating_add(self.stock[*at].1);
            if reached >= self.demand {
                let way = self.way(&order[..taken], *at, self.demand - sum);
                return self.ways.push(way);
            }
            sum = reached;
        }
    }
}
