//! Branch and bound over the ways to take each goods. Deterministic: counts its steps, looks at no clock.

use super::{
    NODES_MAX,
    bound::Bound,
    choices::{self, Choice, Reach, Way, bits, promised},
    ground::Problem,
};
use crate::rules::freight::Load;
use std::cmp::Reverse;

/// Goods decided one by one; an order with more is searched greedily.
const DEPTH_MAX: usize = 64;

/// The plan found.
#[derive(Debug)]
pub(super) struct Found {
    /// What each site gives of each goods, `goods x sites` of the problem.
    pub(super) takes: Vec<i64>,
    pub(super) score: i64,
    pub(super) nodes: u32,
    pub(super) exact: bool,
    pub(super) gap: i64,
}

/// The best plan; `None` when nothing can be promised, or nothing carries what could.
pub(super) fn solve(problem: &Problem<'_>) -> Option<Found> {
    if problem.goods.is_empty() || problem.sites.is_empty() {
        return None;
    }
    let bound = Bound::of(problem);
    let mut search = Search::new(problem, bound);
    let alone = search.alone();
    let proven = alone.is_some_and(|(score, _)| search.bound.of_two().is_none_or(|least| least >= score));
    if !proven {
        let Reach { sets, proven } = choices::reach(problem, &search.bound, alone.map(|(_, site)| site));
        for (mask, witness) in sets {
            search.greedy(witness);
            search.walk(mask);
        }
        if !proven {
            search.floor = search.floor.min(search.bound.with(0));
        }
    }
    search.found()
}

#[derive(Debug)]
struct Search<'p> {
    problem: &'p Problem<'p>,
    bound: Bound,
    /// What each site ships so far, and what that costs.
    loads: Vec<Load>,
    costs: Vec<i64>,
    used: u64,
    sum: i64,
    /// What to put back when a step is taken back.
    undo: Vec<(usize, Load, i64)>,
    /// The way picked at each depth.
    picked: Vec<usize>,
    nodes: u32,
    /// No plan left out scores less.
    floor: i64,
    best: Option<(i64, Vec<i64>)>,
}

impl<'p> Search<'p> {
    fn new(problem: &'p Problem<'p>, bound: Bound) -> Self {
        let count = problem.sites.len();
        Self {
            problem,
            bound,
            loads: vec![Load::ZERO; count],
            costs: vec![0; count],
            used: 0,
            sum: 0,
            undo: vec![],
            picked: vec![],
            nodes: 0,
            floor: i64::MAX,
            best: None,
        }
    }

    /// The best single warehouse that gives everything, of equals the first by code.
    fn alone(&mut self) -> Option<(i64, usize)> {
        let problem = self.problem;
        let (load, goods) = (problem.load(), 0..problem.goods.len());
        let gives_all = |site: &usize| goods.clone().all(|g| problem.stock(g, *site) >= problem.demand[g]);
        let costs =
            (0..problem.sites.len()).filter(gives_all).filter_map(|site| Some((problem.cost(site, load)?, site)));
        let best = costs.min();
        self.nodes += problem.sites.len() as u32;
        if let Some((score, site)) = best {
            let mut takes = vec![0; problem.goods.len() * problem.sites.len()];
            for (goods, demand) in problem.demand.iter().enumerate() {
                takes[goods * problem.sites.len() + site] = *demand;
            }
            self.best = Some((score, takes));
        }
        best
    }

    /// Takes from the warehouses of `mask` as long as they have something, from the one that can give most first.
    fn greedy(&mut self, mask: u64) {
        let problem = self.problem;
        let count = problem.sites.len();
        let mut order: Vec<usize> = bits(mask).collect();
        let gives = |site: usize| choices::promise(problem, 1 << site);
        order.sort_by_cached_key(|site| (Reverse(gives(*site)), self.bound.floor(*site), *site));
        let mut takes = vec![0; problem.goods.len() * count];
        let mut loads = vec![Load::ZERO; count];
        for (at, goods) in problem.goods.iter().enumerate() {
            let mut rest = promised(problem, at, mask);
            for site in &order {
                let taken = rest.min(problem.stock(at, *site));
                takes[at * count + site] = taken;
                loads[*site] = goods.onto(loads[*site], taken);
                rest -= taken;
            }
        }
        let used = order.iter().filter(|site| (0..problem.goods.len()).any(|at| takes[at * count + **site] > 0));
        let costs: Option<Vec<i64>> = used.map(|site| problem.cost(*site, loads[*site])).collect();
        self.nodes += 1;
        if let Some(costs) = costs {
            let splits = problem.split.saturating_mul(costs.len() as i64 - 1);
            self.improve(costs.into_iter().fold(splits, i64::saturating_add), takes);
        }
    }

    fn walk(&mut self, mask: u64) {
        let choices = choices::choices(self.problem, mask);
        self.descend(&choices, 0);
    }

    fn descend(&mut self, choices: &[Choice], depth: usize) {
        let Some(choice) = choices.get(depth) else { return self.settle(choices) };
        if depth == DEPTH_MAX || !choice.complete {
            self.floor = self.floor.min(self.least());
        }
        if depth == DEPTH_MAX {
            return;
        }
        for (nth, way) in choice.ways.iter().enumerate() {
            if !self.promising(self.bound.with(self.used | way.mask)) || self.too_many(way) {
                continue;
            }
            let before = (self.undo.len(), self.used, self.sum);
            let carried = self.take(choice.goods, way);
            if carried && self.promising(self.least()) {
                if self.nodes < NODES_MAX {
                    self.nodes += 1;
                    self.picked.push(nth);
                    self.descend(choices, depth + 1);
                    self.picked.pop();
                } else {
                    self.floor = self.floor.min(self.least());
                }
            }
            self.take_back(before);
        }
    }

    fn too_many(&self, way: &Way) -> bool {
        (self.used | way.mask).count_ones() as usize > self.problem.most
    }

    fn promising(&self, least: i64) -> bool {
        self.best.as_ref().is_none_or(|(best, _)| least < *best)
    }

    fn score(&self) -> i64 {
        let splits = i64::from(self.used.count_ones().saturating_sub(1));
        self.sum.saturating_add(self.problem.split.saturating_mul(splits))
    }

    /// No plan below here scores less.
    fn least(&self) -> i64 {
        self.score().max(self.bound.with(self.used))
    }

    /// False when nothing carries what a site would then ship; must be taken back all the same.
    fn take(&mut self, goods: usize, way: &Way) -> bool {
        for (site, quantity) in &way.parts {
            let load = self.problem.goods[goods].onto(self.loads[*site], *quantity);
            let Some(cost) = self.problem.cost(*site, load) else { return false };
            self.undo.push((*site, self.loads[*site], self.costs[*site]));
            self.sum = self.sum.saturating_add(cost).saturating_sub(self.costs[*site]);
            self.loads[*site] = load;
            self.costs[*site] = cost;
            self.used |= 1 << site;
        }
        true
    }

    fn take_back(&mut self, (undone, used, sum): (usize, u64, i64)) {
        for (site, load, cost) in self.undo.drain(undone..).rev() {
            self.loads[site] = load;
            self.costs[site] = cost;
        }
        self.used = used;
        self.sum = sum;
    }

    fn settle(&mut self, choices: &[Choice]) {
        let score = self.score();
        if !self.promising(score) {
            return;
        }
        let count = self.problem.sites.len();
        let mut takes = vec![0; self.problem.goods.len() * count];
        for (choice, nth) in choices.iter().zip(&self.picked) {
            for (site, quantity) in &choice.ways[*nth].parts {
                takes[choice.goods * count + site] = *quantity;
            }
        }
        self.improve(score, takes);
    }

    fn improve(&mut self, score: i64, takes: Vec<i64>) {
        if self.promising(score) {
            self.best = Some((score, takes));
        }
    }

    fn found(self) -> Option<Found> {
        let (nodes, floor) = (self.nodes, self.floor);
        self.best.map(|(score, takes)| {
            let gap = score.saturating_sub(floor).max(0);
            Found { takes, score, nodes, exact: gap == 0, gap }
        })
    }
}
