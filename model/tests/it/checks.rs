//! Checks: each fault gives its hold, and nothing else does.

mod parties;
mod sums;

use crate::world::{self, content, facts, item, order, party_ref};
use model::{
    codes::Role,
    facts::Facts,
    ids::OrderId,
    measure::{Quantity, UnitFactor},
    money::{Currency, UnitPrice},
    order::state::{Hold, Order, ReleaseRule, Stage},
    rules::{
        checks::{ChecksPolicy, check, codes, fingerprint},
        policy::Policies,
        pricing::PricingPolicy,
        priority::PriorityPolicy,
    },
};
use parties::{buyer, to};
use std::sync::Arc;

/// Policies with the given settings and every other one as it comes.
pub(crate) fn policies(checks: ChecksPolicy, pricing: PricingPolicy, priority: PriorityPolicy) -> Arc<Policies> {
    Arc::new(Policies {
        texts: vec![],
        hash: "test".into(),
        checks,
        pricing,
        priority,
        allocation: Default::default(),
        approval: Default::default(),
        carrier: Default::default(),
    })
}

fn world_with(policy: ChecksPolicy) -> Facts {
    facts(policies(policy, PricingPolicy::default(), PriorityPolicy::default()))
}

fn good() -> Order {
    order(vec![item("1", "L1", 2, "100"), item("2", "L2", 1, "200")])
}

fn found(order: &Order, facts: &Facts) -> Vec<String> {
    check(order, facts).holds.into_iter().map(|hold| hold.code).collect()
}

fn only(order: &Order, facts: &Facts) -> Hold {
    let mut holds = check(order, facts).holds;
    assert_eq!(holds.len(), 1, "{holds:?}");
    holds.remove(0)
}

type Case = (&'static str, fn(&mut Order), &'static [&'static str]);

fn try_all(cases: &[Case], facts: &Facts) {
    for (name, change, expected) in cases {
        let mut order = good();
        change(&mut order);
        assert_eq!(found(&order, facts), *expected, "{name}");
    }
}

#[test]
fn a_good_order_passes_and_every_line_is_understood() {
    let checks = check(&good(), &world_with(ChecksPolicy::default()));
    assert_eq!(checks.holds, []);
    let lines: Vec<_> = checks.lines.iter().map(|l| (l.line, l.base_unit.as_str(), l.ordered)).collect();
    assert_eq!(lines, [(1, "pcs", Quantity::whole(2)), (2, "pcs", Quantity::whole(1))]);
}

#[test]
fn faults_of_lines() {
    let cases: &[Case] = &[
        ("no lines", |o| o.lines.clear(), &["no_lines"]),
        ("unknown sku", |o| o.lines[0].item.sku = "X".into(), &["unknown_sku"]),
        ("empty sku", |o| o.lines[0].item.sku = "".into(), &["empty_sku"]),
        ("unknown unit", |o| o.lines[0].item.unit = "pallet".into(), &["unknown_unit"]),
        ("base unit by name", |o| o.lines[0].item.unit = "pcs".into(), &[]),
        ("zero", |o| o.lines[0].item.quantity = Quantity::ZERO, &["quantity_not_positive"]),
        ("negative", |o| o.lines[0].item.quantity = Quantity::whole(-1), &["quantity_not_positive"]),
        ("half a piece", |o| o.lines[0].item.quantity = Quantity(500_000), &[]),
        ("too many", |o| o.lines[0].item.quantity = Quantity::whole(100_001), &["quantity_over_limit"]),
        ("just so many", |o| o.lines[0].item.quantity = Quantity::whole(100_000), &[]),
        (
            "too many by boxes",
            |o| (o.lines[0].item.quantity, o.lines[0].item.unit) = (Quantity::whole(9000), "box".into()),
            &["quantity_over_limit"],
        ),
        (
            "beyond counting",
            |o| (o.lines[0].item.quantity, o.lines[0].item.unit) = (Quantity(i64::MAX), "box".into()),
            &["unit_not_exact"],
        ),
        ("least there is", |o| o.lines[0].item.quantity = Quantity(i64::MIN), &["quantity_not_positive"]),
        (
            "two faults of one line",
            |o| (o.lines[0].item.sku, o.lines[0].item.quantity) = ("X".into(), Quantity::ZERO),
            &["unknown_sku", "quantity_not_positive"],
        ),
        ("a fee without sku", |o| (o.lines[0].item.ships, o.lines[0].item.sku) = (false, "".into()), &[]),
        ("a service with a known sku", |o| o.lines[0].item.ships = false, &[]),
        (
            "a gift card with an unknown sku",
            |o| (o.lines[0].item.ships, o.lines[0].item.sku) = (false, "GIFT".into()),
            &["unknown_sku"],
        ),
    ];
    try_all(cases, &world_with(ChecksPolicy::default()));
}

#[test]
fn one_hold_a_code_names_its_lines_and_values() {
    let facts = world_with(ChecksPolicy::default());
    let mut order = order(vec![item("1", "X", 2, "1"), item("2", "L1", 1, "100"), item("3", "Y", 1, "1")]);
    order.lines[0].no = 7;
    let hold = only(&order, &facts);
    assert_eq!((hold.code.as_str(), hold.release, hold.blocks), ("unknown_sku", ReleaseRule::Mended, Stage::Checks));
    assert_eq!((hold.args["lines"].as_str(), hold.args["skus"].as_str()), ("7,3", "X,Y"));
    assert!(!hold.args.contains_key("did_you_mean"));
    let mut facts = facts;
    facts.alike.insert("X".into(), "x".into());
    assert_eq!(only(&order, &facts).args["did_you_mean"], "x");
    assert_eq!((hold.owner, hold.since), (Role::new("order_desk"), world::NOW));
    assert_eq!(check(&order, &facts).lines.len(), 1, "the good line is understood all the same");
}

#[test]
fn arguments_do_not_grow_without_end() {
    let items = (0..5000).map(|i| item(&i.to_string(), &format!("X{i}"), 1, "1")).collect();
    let hold = only(&order(items), &world_with(ChecksPolicy::default()));
    assert_eq!(hold.args["lines"], "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,...");
}

#[test]
fn units_are_converted_exactly_or_not_at_all() {
    let cases = [
        (12, 1, "1", Some("12")),
        (12, 1, "2.5", Some("30")),
        (1, 3, "3", Some("1")),
        (1, 3, "1", None),
        (1, 3, "0.000003", Some("0.000001")),
        (10, 3, "0.3", Some("1")),
    ];
    for (num, den, quantity, base) in cases {
        let mut facts = world_with(ChecksPolicy::default());
        let mut lamp = (*world::product("L1", 1)).clone();
        lamp.units = vec![UnitFactor { unit: "box".into(), num, den }];
        facts.products.insert("L1".into(), Arc::new(lamp));
        let mut order = order(vec![item("1", "L1", 1, "100")]);
        order.lines[0].item.quantity = Quantity::parse(quantity).expect("a quantity");
        order.lines[0].item.unit = "box".into();
        let checks = check(&order, &facts);
        assert_eq!(checks.lines.first().map(|l| l.ordered.decimal()).as_deref(), base, "{quantity} of {num}/{den}");
        assert_eq!(checks.holds.first().map(|h| h.code.as_str()), base.is_none().then_some("unit_not_exact"));
    }
}

#[test]
fn a_factor_without_sense_is_no_unit() {
    for (num, den) in [(0, 1), (-12, 1), (12, 0), (12, -1)] {
        let mut facts = world_with(ChecksPolicy::default());
        let mut lamp = (*world::product("L1", 1)).clone();
        lamp.units = vec![UnitFactor { unit: "box".into(), num, den }];
        facts.products.insert("L1".into(), Arc::new(lamp));
        let mut order = order(vec![item("1", "L1", 1, "100")]);
        order.lines[0].item.unit = "box".into();
        assert_eq!(found(&order, &facts), ["unknown_unit"], "{num}/{den}");
    }
}

#[test]
fn a_product_no_longer_sold_waits_for_a_person() {
    let mut facts = world_with(ChecksPolicy::default());
    let mut lamp = (*world::product("L1", 1)).clone();
    lamp.active = false;
    facts.products.insert("L1".into(), Arc::new(lamp));
    let hold = only(&good(), &facts);
    assert_eq!((hold.code.as_str(), hold.release), ("inactive_sku", ReleaseRule::Person));
    assert_eq!(check(&good(), &facts).lines.len(), 2);
}

#[test]
fn settings_change_what_is_asked() {
    let no_phone = |order: &mut Order| {
        to(order).complete.phone = false;
        buyer(order).phone = false;
    };
    let mut order = good();
    no_phone(&mut order);
    let relaxed = ChecksPolicy { phone_for_shipping: false, ..ChecksPolicy::default() };
    assert_eq!(found(&order, &world_with(relaxed)), [""; 0]);

    let mut sale = good();
    sale.lines.iter_mut().for_each(|line| line.item.ships = false);
    (sale.header.buyer, sale.header.ship_to) = (None, None);
    let strict = ChecksPolicy { buyer_always: true, ..ChecksPolicy::default() };
    assert_eq!(found(&sale, &world_with(strict)), ["no_buyer"]);

    let mut huge = good();
    huge.lines[0].item.quantity = Quantity(i64::MAX);
    huge.lines[0].item.unit_price = Some(UnitPrice(i64::MAX));
    let unlimited = ChecksPolicy { max_quantity_per_line: 0, ..ChecksPolicy::default() };
    assert_eq!(found(&huge, &world_with(unlimited)), [""; 0]);
    let most = ChecksPolicy { max_quantity_per_line: i64::MAX, ..ChecksPolicy::default() };
    assert_eq!(found(&huge, &world_with(most)), [""; 0]);
}

#[test]
fn what_cannot_be_divided_is_sold_whole() {
    let pieces = ChecksPolicy { whole_units: vec!["pcs".into()], ..ChecksPolicy::default() };
    let facts = world_with(pieces);
    let mut order = good();
    // A quarter of a box of twelve is three pieces.
    for (quantity, unit, wanted) in
        [(500_000, "", "unit_not_exact"), (2_000_000, "", ""), (250_000, "box", ""), (125_000, "box", "unit_not_exact")]
    {
        (order.lines[0].item.quantity, order.lines[0].item.unit) = (Quantity(quantity), unit.into());
        assert_eq!(found(&order, &facts).join(","), wanted, "{quantity} {unit}");
    }
    let by_the_metre = ChecksPolicy { whole_units: vec!["m".into()], ..ChecksPolicy::default() };
    (order.lines[0].item.quantity, order.lines[0].item.unit) = (Quantity(500_000), "".into());
    assert_eq!(found(&order, &world_with(by_the_metre)), [""; 0], "its base unit is another");
}

#[test]
fn duplicates_wait_for_a_person() {
    let mut facts = world_with(ChecksPolicy::default());
    let mut order = good();
    let key = fingerprint(&content(vec![item("b", "L2", 1, "200"), item("a", "L1", 2, "100")]));
    facts.similar.insert(key.clone(), vec![order.id]);
    assert_eq!(found(&order, &facts), [""; 0], "an order is not its own duplicate");
    let other = OrderId::of("desk", "17");
    facts.similar.insert(key, vec![order.id, other]);
    let hold = only(&order, &facts);
    assert_eq!((hold.code.as_str(), hold.release), ("duplicate_suspected", ReleaseRule::Person));
    assert_eq!(hold.args["orders"], other.to_string());
    order.accepted.push("duplicate_suspected".into());
    assert_eq!(found(&order, &facts), [""; 0], "a person has said that it is none");
}

#[test]
fn without_a_buyer_no_order_is_like_another() {
    let mut facts = world_with(ChecksPolicy::default());
    let mut order = good();
    (order.header.buyer, order.header.customer) = (None, "K1".into());
    facts.similar.insert(String::new(), vec![OrderId::of("desk", "17")]);
    assert_eq!(found(&order, &facts), [""; 0]);
}

#[test]
fn fingerprints_tell_orders_apart() {
    let base = || content(vec![item("1", "L1", 2, "100"), item("2", "L2", 1, "200")]);
    let print = fingerprint(&base());
    assert_eq!(print.len(), 32);
    assert!(print.bytes().all(|b| b.is_ascii_hexdigit()));
    type Change = fn(&mut model::said::Content<model::said::PartyRef>);
    let same: [Change; 5] = [
        |c| c.items.reverse(),
        |c| c.header.number = "another".into(),
        |c| c.header.placed_at.at = c.header.placed_at.at.plus(1),
        |c| c.items[0].unit_price = None,
        |c| c.items[0].key = "k".into(),
    ];
    for (i, change) in same.iter().enumerate() {
        let mut other = base();
        change(&mut other);
        assert_eq!(fingerprint(&other), print, "same {i}");
    }
    let different: [Change; 6] = [
        |c| c.items[0].quantity = Quantity::whole(3),
        |c| c.items[0].sku = "L3".into(),
        |c| c.items.truncate(1),
        |c| c.header.currency = Currency::EUR,
        |c| c.header.ship_to = None,
        |c| c.header.buyer = Some(party_ref("someone else", "上海市", "上海市")),
    ];
    for (i, change) in different.iter().enumerate() {
        let mut other = base();
        change(&mut other);
        assert_ne!(fingerprint(&other), print, "different {i}");
    }
    let mut nobody = base();
    nobody.header.buyer = None;
    assert_eq!(fingerprint(&nobody), "");
}

#[test]
fn a_hold_that_says_the_same_keeps_its_age() {
    let mut facts = world_with(ChecksPolicy::default());
    let mut order = good();
    order.lines[0].item.sku = "X".into();
    order.holds = check(&order, &facts).holds;
    facts.now = facts.now.plus(3_600_000_000);
    assert_eq!(only(&order, &facts).since, world::NOW);
    order.lines[1].item.sku = "Y".into();
    assert_eq!(only(&order, &facts).since, facts.now, "it says something new");
}

#[test]
fn a_line_taken_out_is_no_fault() {
    let facts = world_with(ChecksPolicy::default());
    let mut order = good();
    let line = &mut order.lines[0];
    (line.item.sku, line.counters.open) = ("X".into(), Quantity::ZERO);
    line.counters.cancelled = line.counters.ordered;
    assert_eq!(found(&order, &facts), [""; 0]);
    assert_eq!(check(&order, &facts).lines.len(), 1);
}

#[test]
fn owners_are_settings_and_their_codes_are_checked() {
    let policy: ChecksPolicy = toml::from_str(
        r#"
        owner = "desk"
        due_hours = 0
        [owners]
        unknown_sku = "master_data"
        "#,
    )
    .expect("good settings");
    let facts = world_with(policy);
    let mut order = good();
    order.lines[0].item.sku = "X".into();
    let hold = only(&order, &facts);
    assert_eq!((hold.owner.as_str(), hold.due), ("master_data", None));
    order.lines[0].item.sku = "".into();
    assert_eq!(only(&order, &facts).owner.as_str(), "desk");

    for wrong in ["owner = 3", "phones = true", "[owners]\nunknown_skus = 'x'"] {
        assert!(toml::from_str::<ChecksPolicy>(wrong).is_err(), "{wrong}");
    }
    let all: Vec<_> = codes().collect();
    assert!(all.iter().all(|code| all.iter().filter(|other| *other == code).count() == 1), "a code has one check");
}
