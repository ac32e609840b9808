//! Tests of allocation: which warehouse ships what, and why not another.

mod search;

use crate::{
    carrier::change,
    world::{self, destination},
};
use model::{
    codes::{Sku, Warehouse},
    facts::{Facts, RateCard, RateCards, StockLevel},
    ids::FulfilmentId,
    measure::Quantity,
    order::state::{Fulfilment, FulfilmentLine, FulfilmentState, Order},
    party::Destination,
    rules::{
        allocation::{Allocation, AllocationPolicy, Candidate, Need, ShipRule, Unserved, allocate, unserved},
        carrier::{CarrierPolicy, choose},
        policy::Policies,
    },
    time::HOUR,
};
use std::sync::Arc;

fn facts(allocation: AllocationPolicy) -> Facts {
    world::facts(Arc::new(Policies {
        texts: vec![],
        hash: "test".into(),
        checks: Default::default(),
        pricing: Default::default(),
        priority: Default::default(),
        allocation,
        approval: Default::default(),
        carrier: CarrierPolicy::default(),
    }))
}

fn need(line: u32, sku: &str, quantity: i64) -> Need {
    Need { line, sku: Sku::new(sku), quantity: Quantity::whole(quantity) }
}

fn order_to(region: &str, city: &str) -> Order {
    let mut order = world::order(vec![]);
    order.header.ship_to = Some(world::party_ref("buyer", region, city));
    order
}

/// `SH:1x10 2x3` for each plan, then backorders.
fn shape(allocation: &Allocation) -> String {
    let lines = |lines: &[FulfilmentLine]| {
        lines.iter().map(|l| format!("{}x{}", l.line, l.quantity.decimal())).collect::<Vec<_>>().join(" ")
    };
    let plans = allocation.plans.iter().map(|p| format!("{}:{}", p.warehouse, lines(&p.lines)));
    let late = (!allocation.backorders.is_empty()).then(|| format!("later:{}", lines(&allocation.backorders)));
    plans.chain(late).collect::<Vec<_>>().join(" | ")
}

fn candidate<'a>(allocation: &'a Allocation, code: &str) -> &'a Candidate {
    allocation.reasons.candidates.iter().find(|c| c.warehouse == code).expect("a candidate")
}

fn set_stock(facts: &mut Facts, sku: &str, warehouse: &str, level: StockLevel) {
    facts.stock.insert((Sku::new(sku), Warehouse::new(warehouse)), level);
}

#[test]
fn plans_for_simple_needs() {
    // Stock of every lamp: 10 in Shanghai, 100 in Guangzhou; the buyer is in Shanghai.
    let cases: [(&[Need], &str); 9] = [
        (&[need(1, "L1", 4)], "SH:1x4"),
        (&[need(1, "L1", 10), need(2, "L2", 10)], "SH:1x10 2x10"),
        (&[need(1, "L1", 11)], "GZ:1x11"),
        (&[need(1, "L1", 105)], "GZ:1x100 | SH:1x5"),
        (&[need(1, "L1", 120)], "GZ:1x100 | SH:1x10 | later:1x10"),
        (&[need(1, "L1", 6), need(2, "L1", 6)], "GZ:1x6 2x6"),
        (&[need(1, "L1", 60), need(2, "L1", 60)], "GZ:1x60 2x40 | SH:2x10 | later:2x10"),
        (&[need(1, "L9", 1), need(2, "L1", 1)], "SH:2x1 | later:1x1"),
        (&[need(1, "L1", 0)], ""),
    ];
    let facts = facts(AllocationPolicy::default());
    for (needs, expected) in cases {
        let found = allocate(&order_to("上海市", "上海市"), needs, &facts);
        assert_eq!(shape(&found), expected, "{needs:?}");
        assert_eq!(found.reasons.method, "exact");
        assert_eq!(unserved(&found), None);
    }
}

#[test]
fn the_nearer_warehouse_wins_when_freight_is_equal() {
    let facts = facts(AllocationPolicy::default());
    let found = allocate(&order_to("广东省", "深圳市"), &[need(1, "L1", 1)], &facts);
    assert_eq!(shape(&found), "GZ:1x1");
    let loser = candidate(&found, "SH");
    assert_eq!((loser.why_not.as_str(), loser.chosen, loser.fills, loser.of), ("farther", false, 1, 1));
    assert!((1_150..1_260).contains(&loser.distance_km), "{loser:?}");
    let winner = candidate(&found, "GZ");
    assert_eq!((winner.why_not.as_str(), winner.chosen, winner.carrier.as_str()), ("", true, "yto"));
    assert_eq!(winner.score, found.reasons.score);
    // 1.2 kg but 2 kg by volume: 8.00 + 2.00; 4 days, 7 % late, 105 km.
    assert_eq!((winner.freight, winner.days, winner.score), (1_000, 4, 1_000 + 400 + 140 + 10));
    assert_eq!(found.plans[0].freight.minor, 1_000);
}

#[test]
fn each_closed_warehouse_says_why() {
    let mut facts = facts(AllocationPolicy::default());
    let mut warehouses = facts.world.warehouses.clone();
    for (code, inactive, full) in [("A", true, false), ("B", false, true), ("C", false, false), ("D", false, false)] {
        let mut warehouse = world::warehouse(code, "上海市", "上海市", 0, 0);
        warehouse.active = !inactive;
        warehouse.daily_capacity = 5;
        warehouse.planned_today = if full { 5 } else { 4 };
        warehouses.push(warehouse);
        if code != "C" {
            set_stock(&mut facts, "L1", code, world::stock(50));
        }
    }
    change(&mut facts, |world| {
        world.warehouses = warehouses;
        let from = |code: &str| RateCard {
            warehouse: code.into(),
            ..world::rate("yto", "standard", "*", if code == "GZ" { 9_000 } else { 800 }, 200, (2, 4))
        };
        world.rate_cards = RateCards::new(["A", "B", "C", "SH", "GZ"].map(from));
    });
    let found = allocate(&order_to("上海市", "上海市"), &[need(1, "L1", 3)], &facts);
    let why: Vec<_> = found.reasons.candidates.iter().map(|c| (c.warehouse.as_str(), c.why_not.as_str())).collect();
    let expected =
        [("A", "inactive"), ("B", "capacity"), ("C", "no_stock"), ("D", "no_service"), ("GZ", "dearer"), ("SH", "")];
    assert_eq!(why, expected);
}

#[test]
fn a_warehouse_without_everything_would_split() {
    let mut facts = facts(AllocationPolicy::default());
    set_stock(&mut facts, "L2", "SH", world::stock(0));
    let needs = [need(1, "L1", 1), need(2, "L2", 1)];
    let found = allocate(&order_to("上海市", "上海市"), &needs, &facts);
    assert_eq!(shape(&found), "GZ:1x1 2x1");
    let loser = candidate(&found, "SH");
    assert_eq!((loser.why_not.as_str(), loser.fills, loser.of), ("would_split", 1, 2));
}

#[test]
fn the_split_penalty_decides_whether_to_split() {
    for (split, expected) in [(100_000, "GZ:1x11"), (0, "GZ:1x1 | SH:1x10")] {
        let mut facts = facts(AllocationPolicy { split, ..AllocationPolicy::default() });
        change(&mut facts, |world| {
            let dear = RateCard { warehouse: "GZ".into(), ..world::rate("yto", "standard", "*", 800, 2_000, (2, 4)) };
            let cheap = RateCard { warehouse: "SH".into(), ..world::rate("yto", "standard", "*", 800, 200, (2, 4)) };
            world.rate_cards = RateCards::new([dear, cheap]);
        });
        let found = allocate(&order_to("上海市", "上海市"), &[need(1, "L1", 11)], &facts);
        assert_eq!(shape(&found), expected, "{split}");
    }
}

#[test]
fn max_splits_is_a_limit_and_then_most_is_promised() {
    for (max_splits, expected) in
        [(0, "C:1x7 2x5 | later:1x3"), (1, "A:1x3 | C:1x7 2x5"), (2, "A:1x4 | C:1x6 2x5"), (9, "A:1x4 | C:1x6 2x5")]
    {
        let mut facts = facts(AllocationPolicy { max_splits, ..AllocationPolicy::default() });
        change(&mut facts, |world| {
            let at = |code| world::warehouse(code, "上海市", "上海市", 31_230_000, 121_470_000);
            world.warehouses = ["A", "B", "C"].map(at).into();
        });
        for (warehouse, l1, l2) in [("A", 4, 1), ("B", 2, 4), ("C", 7, 5)] {
            set_stock(&mut facts, "L1", warehouse, world::stock(l1));
            set_stock(&mut facts, "L2", warehouse, world::stock(l2));
        }
        let needs = [need(1, "L1", 10), need(2, "L2", 5)];
        let found = allocate(&order_to("上海市", "上海市"), &needs, &facts);
        assert_eq!(shape(&found), expected, "{max_splits}");
    }
}

#[test]
fn safety_stock_and_reservations_are_not_promised() {
    let mut facts = facts(AllocationPolicy::default());
    let whole = Quantity::whole;
    let level = StockLevel { on_hand: whole(10), reserved: whole(3), shortage: Quantity::ZERO, safety: whole(4) };
    set_stock(&mut facts, "L1", "SH", level);
    set_stock(&mut facts, "L1", "GZ", StockLevel { on_hand: whole(2), safety: whole(5), ..StockLevel::default() });
    let found = allocate(&order_to("上海市", "上海市"), &[need(1, "L1", 5)], &facts);
    assert_eq!(shape(&found), "SH:1x3 | later:1x2");
    assert_eq!(candidate(&found, "GZ").why_not, "no_stock");
}

#[test]
fn rotterdam_serves_berlin_rather_than_shanghai() {
    let mut facts = facts(AllocationPolicy::default());
    change(&mut facts, |world| {
        let mut rotterdam = world::warehouse("RTM", "", "Rotterdam", 0, 0);
        rotterdam.country = "NL".into();
        rotterdam.offset_minutes = 60;
        world.warehouses.push(rotterdam);
        let card = RateCard { country: "DE".into(), ..world::rate("sf", "express", "*", 9_000, 3_000, (3, 6)) };
        world.rate_cards = RateCards::new([card]);
    });
    set_stock(&mut facts, "L1", "RTM", world::stock(5));
    let mut order = order_to("", "");
    let berlin = Destination { country: "DE".into(), postcode: "10115".into(), ..destination("", "Berlin") };
    order.header.ship_to = order.header.ship_to.map(|p| model::said::PartyRef { destination: Some(berlin), ..p });
    let found = allocate(&order, &[need(1, "L1", 1)], &facts);
    assert_eq!(shape(&found), "RTM:1x1");
    assert_eq!(candidate(&found, "SH").why_not, "farther");
    assert!((600..630).contains(&candidate(&found, "RTM").distance_km));
}

#[test]
fn where_no_carrier_goes_nothing_is_planned() {
    let mut facts = facts(AllocationPolicy::default());
    change(&mut facts, |world| {
        world.rate_cards = RateCards::new([world::rate("yto", "standard", "西藏", 800, 200, (2, 4))]);
    });
    let found = allocate(&order_to("上海市", "上海市"), &[need(1, "L1", 1)], &facts);
    assert_eq!(shape(&found), "later:1x1");
    assert_eq!(unserved(&found), Some(Unserved::NoService));
    assert!(found.reasons.candidates.iter().all(|c| c.why_not == "no_service"), "{found:?}");
}

#[test]
fn what_is_too_heavy_for_every_carrier_is_not_planned() {
    let mut facts = facts(AllocationPolicy::default());
    change(&mut facts, |world| {
        let card = RateCard { max_weight_g: 30_000, ..world::rate("yto", "standard", "*", 800, 200, (2, 4)) };
        world.rate_cards = RateCards::new([card]);
    });
    // 20 lamps are 40 kg by volume, and Shanghai's ten and Guangzhou's ten are 20 kg each.
    let split = allocate(&order_to("上海市", "上海市"), &[need(1, "L1", 20)], &facts);
    assert_eq!(shape(&split), "GZ:1x10 | SH:1x10");
    let heavy = allocate(&order_to("上海市", "上海市"), &[need(1, "L1", 90)], &facts);
    assert_eq!(shape(&heavy), "later:1x90");
    assert_eq!(unserved(&heavy), Some(Unserved::TooHeavy));
    assert_eq!(candidate(&heavy, "GZ").why_not, "too_heavy");
}

#[test]
fn a_collected_order_takes_the_nearest_stock_without_a_carrier() {
    let mut facts = facts(AllocationPolicy::default());
    change(&mut facts, |world| world.rate_cards = RateCards::default());
    let mut order = order_to("上海市", "上海市");
    order.header.ship_to = None;
    order.header.buyer = Some(world::party_ref("buyer", "广东省", "广州市"));
    let found = allocate(&order, &[need(1, "L1", 2)], &facts);
    assert_eq!(shape(&found), "GZ:1x2");
    assert!(found.plans[0].carrier.is_empty() && found.plans[0].service.is_empty());
    assert_eq!(found.plans[0].freight.minor, 0);
    order.header.buyer = None;
    assert_eq!(shape(&allocate(&order, &[need(1, "L1", 2)], &facts)), "GZ:1x2", "all equal: the first by code");
}

#[test]
fn the_carrier_stage_confirms_what_allocation_chose() {
    let facts = facts(AllocationPolicy::default());
    let mut order = world::order(vec![world::item("1", "L1", 105, "100")]);
    order.header.wished = Some(world::date(2026, 3, 4));
    let found = allocate(&order, &[need(1, "L1", 105)], &facts);
    assert_eq!(found.plans.len(), 2);
    for plan in &found.plans {
        let fulfilment = Fulfilment {
            id: FulfilmentId::of(order.id, 2, 0),
            warehouse: plan.warehouse.clone(),
            carrier: plan.carrier.clone(),
            service: plan.service.clone(),
            freight: plan.freight,
            lines: plan.lines.clone(),
            state: FulfilmentState::Planned,
            planned_at: facts.now,
            promised: None,
            late: false,
        };
        let choice = choose(&order, &fulfilment, &facts).expect("a choice");
        assert_eq!(
            (choice.carrier, choice.service, choice.freight),
            (plan.carrier.clone(), plan.service.clone(), plan.freight)
        );
    }
}

#[test]
fn equal_warehouses_are_taken_by_code_whatever_their_order() {
    let at = |code: &str| world::warehouse(code, "上海市", "上海市", 31_230_000, 121_470_000);
    for codes in [["N1", "N2", "N3"], ["N3", "N1", "N2"], ["N2", "N3", "N1"]] {
        let mut facts = facts(AllocationPolicy::default());
        change(&mut facts, |world| world.warehouses = codes.map(at).into());
        for code in codes {
            set_stock(&mut facts, "L1", code, world::stock(5));
        }
        let order = order_to("上海市", "上海市");
        assert_eq!(shape(&allocate(&order, &[need(1, "L1", 5)], &facts)), "N1:1x5");
        assert_eq!(shape(&allocate(&order, &[need(1, "L1", 9)], &facts)), "N1:1x5 | N2:1x4");
    }
}

#[test]
fn the_settings_are_read_strictly() {
    let policy: AllocationPolicy =
        toml::from_str("ship = \"ship_complete\"\nreservation_hours = 12\nsplit = 5").expect("a policy");
    assert_eq!((policy.ship, policy.reservation_micros, policy.split), (ShipRule::ShipComplete, 12 * HOUR, 5));
    assert_eq!(toml::from_str::<AllocationPolicy>("").expect("defaults"), AllocationPolicy::default());
    assert_eq!(AllocationPolicy::default().reservation_micros, 48 * HOUR);
    for wrong in ["reservation_micros = 1", "splits = 1", "split = -1", "reservation_hours = -2", "ship = \"never\""] {
        assert!(toml::from_str::<AllocationPolicy>(wrong).is_err(), "{wrong}");
    }
}
