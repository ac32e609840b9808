//! Turns what the search found into fulfilments, backorders and a reason for every warehouse.

use super::{
    Allocation, AllocationReasons, Candidate, Need, Plan,
    ground::{Ground, Problem, Site},
    search::Found,
};
use crate::{
    codes::{Carrier, Service},
    measure::Quantity,
    money::{Currency, Money},
    order::state::FulfilmentLine,
    rules::{carrier::lane::Scale, freight::Load},
};

/// What is known of the chosen plan when the losers are told why.
struct Chosen {
    warehouses: usize,
    /// Of the nearest one used.
    distance_km: i64,
    /// Of all parcels together, base currency.
    freight: i64,
}

pub(super) fn allocation(
    needs: &[Need],
    ground: &Ground<'_>,
    problem: &Problem<'_>,
    found: Option<Found>,
) -> Allocation {
    let (method, nodes, gap, score) = match &found {
        Some(found) => (if found.exact { "exact" } else { "greedy" }, found.nodes, found.gap, found.score),
        None => ("exact", 0, 0, 0),
    };
    let takes = found.map_or_else(Vec::new, |found| found.takes);
    let (parcels, backorders) = share(needs, ground, problem, takes);
    let mut plans = Vec::new();
    let mut chosen = Chosen { warehouses: 0, distance_km: i64::MAX, freight: 0 };
    for (site, parcels) in problem.sites.iter().zip(parcels).filter(|(_, parcels)| !parcels.lines.is_empty()) {
        let (plan, freight) = plan(site, ground.base, problem.scale, parcels);
        chosen.warehouses += 1;
        chosen.distance_km = chosen.distance_km.min(site.distance_km);
        chosen.freight = chosen.freight.saturating_add(freight);
        plans.push(plan);
    }
    let candidates = candidates(needs, ground, problem.scale, &plans, &chosen);
    let reasons = AllocationReasons { method: method.to_owned(), nodes, gap, score, candidates };
    Allocation { plans, backorders, reasons }
}

/// What one site ships.
#[derive(Clone, Default)]
struct Parcels {
    lines: Vec<FulfilmentLine>,
    load: Load,
}

/// Gives what was taken to the lines, in their order; what is left over is backordered.
fn share(
    needs: &[Need],
    ground: &Ground<'_>,
    problem: &Problem<'_>,
    mut takes: Vec<i64>,
) -> (Vec<Parcels>, Vec<FulfilmentLine>) {
    let count = problem.sites.len();
    let mut given = vec![Parcels::default(); count];
    let mut backorders = Vec::new();
    let mut rows: Vec<Option<usize>> = vec![None; ground.goods.len()];
    for (row, origin) in problem.origin.iter().enumerate() {
        rows[*origin] = Some(row);
    }
    for (need, want) in needs.iter().zip(&ground.wants) {
        let mut rest = need.quantity.0.max(0);
        let row = rows[*want].and_then(|row| takes.get_mut(row * count..(row + 1) * count));
        for (taken, parcels) in row.into_iter().flatten().zip(&mut given) {
            let part = rest.min(*taken);
            *taken -= part;
            rest -= part;
            add(&mut parcels.lines, need.line, part);
            parcels.load = ground.goods[*want].onto(parcels.load, part);
        }
        add(&mut backorders, need.line, rest);
    }
    (given, backorders)
}

fn add(lines: &mut Vec<FulfilmentLine>, line: u32, quantity: i64) {
    if quantity > 0 {
        match lines.last_mut().filter(|last| last.line == line) {
            Some(last) => last.quantity = last.quantity.plus(Quantity(quantity)),
            None => lines.push(FulfilmentLine { line, quantity: Quantity(quantity) }),
        }
    }
}

/// The plan, and its freight in the base currency.
fn plan(site: &Site<'_>, base: Currency, scale: &Scale<'_>, parcels: Parcels) -> (Plan, i64) {
    let Parcels { lines, load } = parcels;
    let warehouse = site.warehouse.code.clone();
    match site.best(load, scale) {
        Some((lane, bid)) => {
            let (carrier, service) = (lane.carrier.code.clone(), lane.row.service.clone());
            (Plan { warehouse, carrier, service, freight: bid.freight, lines }, bid.base)
        }
        None => {
            let (carrier, service) = (Carrier::default(), Service::default());
            (Plan { warehouse, carrier, service, freight: Money::zero(base), lines }, 0)
        }
    }
}

fn candidates(
    needs: &[Need],
    ground: &Ground<'_>,
    scale: &Scale<'_>,
    plans: &[Plan],
    chosen: &Chosen,
) -> Vec<Candidate> {
    let load = ground.load();
    let candidate = |(at, site): (usize, &Site<'_>)| {
        let best = site.best(load, scale);
        let (freight, days, score) = best.map_or((0, 0, 0), |(lane, bid)| (bid.base, lane.max_days, bid.score));
        let (carrier, service) =
            best.map(|(lane, _)| (lane.carrier.code.clone(), lane.row.service.clone())).unwrap_or_default();
        let mut candidate = Candidate {
            warehouse: site.warehouse.code.clone(),
            distance_km: site.distance_km,
            carrier,
            service,
            freight,
            days,
            fills: fills(needs, ground, at),
            of: needs.len() as u32,
            score: if best.is_some() || ground.collected { score.saturating_add(site.haul) } else { 0 },
            chosen: plans.iter().any(|plan| plan.warehouse == site.warehouse.code),
            why_not: String::new(),
        };
        if !candidate.chosen {
            let carried = best.is_some() || ground.collected;
            candidate.why_not = why_not(site.closed, carried, &candidate, chosen).to_owned();
        }
        candidate
    };
    ground.sites.iter().enumerate().map(candidate).collect()
}

/// Lines that `site` could fill completely, earlier lines of the same sku first.
fn fills(needs: &[Need], ground: &Ground<'_>, site: usize) -> u32 {
    let mut left: Vec<i64> = (0..ground.goods.len()).map(|goods| ground.stock(goods, site)).collect();
    let mut fills = 0;
    for (need, want) in needs.iter().zip(&ground.wants) {
        let fits = need.quantity.0 <= left[*want];
        left[*want] -= need.quantity.0.clamp(0, left[*want]);
        fills += u32::from(fits);
    }
    fills
}

fn why_not(closed: &'static str, carried: bool, candidate: &Candidate, chosen: &Chosen) -> &'static str {
    if !closed.is_empty() {
        return closed;
    }
    if !carried {
        return "too_heavy";
    }
    let partial = candidate.fills < candidate.of;
    if partial && chosen.warehouses == 1 {
        "would_split"
    } else if candidate.distance_km > chosen.distance_km && candidate.freight <= chosen.freight {
        "farther"
    } else {
        "dearer"
    }
}
