//! Tests of the search: against brute force, under the laws of stock, and on orders too large to search.

use super::{change, facts, need, order_to, set_stock};
use crate::world::{self, destination};
use model::{
    codes::{Sku, Warehouse},
    facts::{Facts, RateCard, RateCards},
    measure::{Quantity, Size},
    order::state::{FulfilmentLine, Order},
    rules::{
        allocation::{AllocationPolicy, Need, allocate},
        carrier::offers,
        freight::Load,
        places::{Position, distance_km, locate},
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// Numerical Recipes' linear congruential generator; the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit.unsigned_abs()) as i64
    }
}

const CODES: [&str; 5] = ["W1", "W2", "W3", "W4", "W5"];
const SKUS: [&str; 3] = ["L1", "L2", "L3"];

/// Some warehouses with some stock each, and cards that grow evenly (a step is a gram), where draining is optimal.
fn random(numbers: &mut Numbers, warehouses: usize, stock: i64, max_splits: u32) -> Facts {
    let policy = AllocationPolicy {
        split: numbers.below(900) as u32,
        thousand_km: numbers.below(400) as u32,
        max_splits,
        ..AllocationPolicy::default()
    };
    let mut facts = facts(policy);
    facts.stock.clear();
    for (i, sku) in SKUS.iter().enumerate() {
        let mut product = (*facts.products[*sku]).clone();
        product.weight_g = 300 * (i as i64 + 1);
        product.size = Size::default();
        facts.products.insert(Sku::new(sku), Arc::new(product));
        for code in &CODES[..warehouses] {
            let there = numbers.below(stock);
            set_stock(&mut facts, sku, code, world::stock(there));
        }
    }
    let mut card = |carrier: &str, service: &str, code: &str| RateCard {
        warehouse: code.into(),
        first_g: 500,
        step_g: 1,
        ..world::rate(carrier, service, "*", 600 + numbers.below(1500), numbers.below(3), (1, 2))
    };
    let cards: Vec<RateCard> =
        CODES[..warehouses].iter().flat_map(|c| [card("sf", "express", c), card("yto", "standard", c)]).collect();
    let places: Vec<(i64, i64)> = (0..warehouses)
        .map(|_| (22_000_000 + numbers.below(18_000_000), 105_000_000 + numbers.below(15_000_000)))
        .collect();
    change(&mut facts, |world| {
        let at = |(code, (lat, long)): (&&str, &(i64, i64))| world::warehouse(code, "", "", *lat, *long);
        world.warehouses = CODES[..warehouses].iter().zip(&places).map(at).collect();
        world.rate_cards = RateCards::new(cards);
    });
    facts
}

/// The least score of all ways, unit by unit, to ship everything that is there, found without any cleverness.
fn brute(facts: &Facts, wanted: &[i64], order: &Order) -> Option<i64> {
    let warehouses = facts.world.warehouses.len();
    let stock = |sku: usize, w: usize| facts.available(&Sku::new(SKUS[sku]), &Warehouse::new(CODES[w])).0 / 1_000_000;
    let mut ways: Vec<Vec<i64>> = vec![vec![]]; // goods x warehouses, flat
    for (sku, wanted) in wanted.iter().enumerate() {
        let there: i64 = (0..warehouses).map(|w| stock(sku, w)).sum();
        for w in 0..warehouses {
            let taken = |way: &[i64]| way[sku * warehouses..].iter().sum::<i64>();
            let longer = |way: &Vec<i64>| {
                let rest = there.min(*wanted) - taken(way);
                (0..=rest.min(stock(sku, w))).map(|q| [way.clone(), vec![q]].concat()).collect::<Vec<_>>()
            };
            ways = ways.iter().flat_map(longer).collect();
        }
        ways.retain(|way| way[sku * warehouses..].iter().sum::<i64>() == there.min(*wanted));
    }
    let scores = ways.iter().filter_map(|way| score(facts, way, wanted.len(), order));
    scores.min()
}

fn score(facts: &Facts, way: &[i64], goods: usize, order: &Order) -> Option<i64> {
    let warehouses = facts.world.warehouses.len();
    let policy = &facts.world.policies.allocation;
    let (mut score, mut used) = (0, 0);
    for (w, warehouse) in facts.world.warehouses.iter().enumerate() {
        let weight: i64 = (0..goods).map(|sku| way[sku * warehouses + w] * 300 * (sku as i64 + 1)).sum();
        if weight > 0 {
            let to = destination("上海市", "上海市");
            let load = Load::new(weight, 0);
            let found = offers(warehouse, &to, load, facts, order.header.wished);
            let shanghai = locate("CN", "上海", "上海", "")?;
            let from = Position { latitude: warehouse.latitude, longitude: warehouse.longitude };
            let km = distance_km(from, shanghai);
            score += found[0].score + km * i64::from(policy.thousand_km) / 1000;
            used += 1;
        }
    }
    (used > 0 && used <= policy.max_splits + 1).then(|| score + i64::from(policy.split) * i64::from(used - 1))
}

#[test]
fn the_exact_search_finds_what_brute_force_finds() {
    let mut numbers = Numbers(7);
    let order = order_to("上海市", "上海市");
    let (mut split, mut compared) = (0, 0);
    for round in 0..400 {
        let warehouses = 2 + (round % 2);
        let goods = if warehouses == 2 { 3 } else { 2 };
        let facts = random(&mut numbers, warehouses, 6, 2);
        let wanted: Vec<i64> = (0..goods).map(|_| 1 + numbers.below(6)).collect();
        let needs: Vec<Need> = wanted.iter().enumerate().map(|(i, q)| need(i as u32 + 1, SKUS[i], *q)).collect();
        let found = allocate(&order, &needs, &facts);
        if let Some(best) = brute(&facts, &wanted, &order) {
            assert_eq!(
                (found.reasons.score, found.reasons.method.as_str()),
                (best, "exact"),
                "round {round}: {found:?}"
            );
            compared += 1;
        }
        split += usize::from(found.plans.len() > 1);
    }
    assert!(compared > 350 && split > 60, "{compared} compared, {split} split");
}

#[test]
fn nothing_is_lost_and_nothing_is_promised_twice() {
    let mut numbers = Numbers(11);
    let order = order_to("上海市", "上海市");
    for round in 0..300 {
        let facts = random(&mut numbers, 5, 9, (round % 4) as u32);
        let needs: Vec<Need> = (0..1 + numbers.below(6))
            .map(|i| need(i as u32 + 1, SKUS[numbers.below(3) as usize], numbers.below(15)))
            .collect();
        let found = allocate(&order, &needs, &facts);
        let mut taken: BTreeMap<(Sku, Warehouse), Quantity> = BTreeMap::new();
        for need in &needs {
            let of = |lines: &[FulfilmentLine]| lines.iter().filter(|l| l.line == need.line).map(|l| l.quantity).sum();
            let mut placed: Quantity = of(&found.backorders);
            for plan in &found.plans {
                let part: Quantity = of(&plan.lines);
                placed = placed.plus(part);
                let slot = taken.entry((need.sku.clone(), plan.warehouse.clone())).or_default();
                *slot = slot.plus(part);
            }
            assert_eq!(placed, need.quantity, "round {round}: {found:?}");
        }
        assert!(taken.iter().all(|((sku, w), q)| *q <= facts.available(sku, w)), "round {round}: {found:?}");
        assert!(found.plans.len() <= 1 + (round % 4), "round {round}");
        assert!(found.plans.iter().flat_map(|p| &p.lines).all(|l| l.quantity.0 > 0));
        assert_eq!(found, allocate(&order, &needs, &facts));
    }
}

#[test]
fn a_vast_order_ends_and_states_how_far_off_it_may_be() {
    let mut facts = facts(AllocationPolicy { max_splits: 9, split: 0, ..AllocationPolicy::default() });
    let codes: Vec<String> = (0..12).map(|i| format!("W{i:02}")).collect();
    let mut numbers = Numbers(3);
    for line in 0..200 {
        let sku = format!("S{line:03}");
        facts.products.insert(Sku::new(&sku), world::product(&sku, 400 + numbers.below(900)));
        for code in &codes {
            let there = numbers.below(30);
            set_stock(&mut facts, &sku, code, world::stock(there));
        }
    }
    change(&mut facts, |world| {
        let at = |code: &String| world::warehouse(code, "上海市", "上海市", 31_230_000, 121_470_000);
        world.warehouses = codes.iter().map(at).collect();
    });
    let needs: Vec<Need> = (0..200).map(|i| need(i + 1, &format!("S{i:03}"), 1 + i64::from(i % 40))).collect();
    let found = allocate(&order_to("上海市", "上海市"), &needs, &facts);
    let reasons = &found.reasons;
    assert_eq!(reasons.method, "greedy");
    assert!(reasons.gap > 0 && reasons.gap < reasons.score / 2, "{} of {}", reasons.gap, reasons.score);
    assert!(found.backorders.is_empty() && !found.plans.is_empty());
}

#[test]
fn many_lines_from_equal_warehouses_are_still_exact() {
    let mut facts = facts(AllocationPolicy::default());
    for line in 0..40 {
        let sku = format!("S{line:03}");
        facts.products.insert(Sku::new(&sku), world::product(&sku, 1_000));
        for code in ["SH", "GZ"] {
            set_stock(&mut facts, &sku, code, world::stock(50));
        }
    }
    let needs: Vec<Need> = (0..40).map(|i| need(i + 1, &format!("S{i:03}"), 5)).collect();
    let found = allocate(&order_to("上海市", "上海市"), &needs, &facts);
    assert_eq!((found.reasons.method.as_str(), found.plans.len()), ("exact", 1));
    assert!(found.reasons.nodes < 1_000, "{}", found.reasons.nodes);
}
