//! Price audit: which row applies, what differs, and what the order comes to.
#![allow(clippy::inconsistent_digit_grouping)] // 19_99 is 19.99 in minor units

mod amended;
mod book;
mod charges;
mod promotions;
mod quote;
mod sums;

use crate::{
    checks::policies,
    world::{facts, item, order},
};
use charges::{freight, taxed};
use model::{
    codes::Sku,
    facts::{Facts, Price},
    money::{Currency, Money},
    order::state::{Order, ReleaseRule, Stage},
    rules::{
        checks::ChecksPolicy,
        pricing::{Difference, PriceAudit, PricingPolicy, Tolerance, audit, hold},
        priority::PriorityPolicy,
    },
    said::{Charge, ChargeKind},
};
use std::sync::Arc;

pub(crate) fn world_with(policy: PricingPolicy) -> Facts {
    facts(policies(ChecksPolicy::default(), policy, PriorityPolicy::default()))
}

fn strict() -> PricingPolicy {
    PricingPolicy {
        line_tolerance: Tolerance::default(),
        order_tolerance: Tolerance::default(),
        ..PricingPolicy::default()
    }
}

fn book(facts: &mut Facts, sku: &str, rows: Vec<Price>) {
    facts.prices.insert(Sku::new(sku), Arc::new(rows));
}

fn charge(kind: ChargeKind, amount: i64) -> Charge {
    Charge { kind, label: String::new(), amount }
}

fn codes(audit: &PriceAudit) -> Vec<(&str, Option<u32>)> {
    audit.differences.iter().map(|d| (d.code.as_str(), d.line)).collect()
}

fn noted(audit: &PriceAudit) -> Vec<&str> {
    audit.notes.iter().map(|note| note.code.as_str()).collect()
}

#[test]
fn lines_outside_the_tolerance_are_differences() {
    // charged for one lamp of 100, line ppm, absolute -> code
    let cases = [
        ("100", 0, 0, None),
        ("99.99", 0, 0, Some("price_below_book")),
        ("100.01", 0, 0, Some("price_above_book")),
        ("99", 10_000, 0, None),
        ("98.99", 10_000, 0, Some("price_below_book")),
        ("101", 10_000, 0, None),
        ("95", 0, 5_00, None),
        ("94.99", 0, 5_00, Some("price_below_book")),
        ("94.99", 60_000, 5_00, None),
    ];
    for (charged, ppm, minor, code) in cases {
        let tolerance = Tolerance { ppm, absolute: vec![Money::new(minor, Currency::CNY)] };
        let policy = PricingPolicy {
            line_tolerance: tolerance,
            order_tolerance: Tolerance { ppm: 1_000_000, absolute: vec![] },
            ..strict()
        };
        let audit = audit(&order(vec![item("1", "L1", 1, charged)]), &world_with(policy));
        assert_eq!(
            codes(&audit),
            code.map(|code| (code, Some(1))).into_iter().collect::<Vec<_>>(),
            "{charged} {ppm} {minor}"
        );
        assert_eq!(audit.lines[0].accepted, code.is_none());
        assert_eq!(audit.lines[0].difference, audit.goods - 100_00);
    }
}

#[test]
fn many_small_differences_are_one_of_the_order() {
    let policy = PricingPolicy { line_tolerance: Tolerance { ppm: 20_000, absolute: vec![] }, ..strict() };
    let items = (1..=5).map(|i| item(&i.to_string(), "L1", 1, "99")).collect();
    let audit = audit(&order(items), &world_with(policy));
    assert_eq!(
        audit.differences,
        [Difference { code: "price_below_book".into(), line: None, charged: 495_00, expected: 500_00 }]
    );
}

#[test]
fn a_tolerance_in_another_currency_does_not_apply() {
    let tolerance = Tolerance { ppm: 0, absolute: vec![Money::new(99_00, Currency::EUR)] };
    let policy = PricingPolicy { line_tolerance: tolerance, ..strict() };
    let audit = audit(&order(vec![item("1", "L1", 1, "99")]), &world_with(policy));
    assert_eq!(codes(&audit), [("price_below_book", None), ("price_below_book", Some(1))]);
    assert!(noted(&audit).contains(&"tolerance_other_currency"));
}

#[test]
fn discounts_of_line_and_order_count() {
    let mut order = order(vec![item("1", "L1", 1, "100"), item("2", "L2", 1, "200")]);
    order.lines[0].item.discount = 10_00;
    order.header.charges = vec![charge(ChargeKind::Discount, 29_00)];
    let audit = audit(&order, &world_with(strict()));
    let lines: Vec<_> = audit.lines.iter().map(|l| (l.discount, l.net, l.difference)).collect();
    assert_eq!(lines, [(19_00, 81_00, -19_00), (20_00, 180_00, -20_00)]);
    assert_eq!((audit.goods, audit.discount, audit.total, audit.goods_expected), (300_00, 39_00, 261_00, 300_00));
    let below = "price_below_book";
    assert_eq!(codes(&audit), [(below, None), (below, Some(2)), (below, Some(1))], "the largest first");
}

#[test]
fn a_price_left_to_us_is_the_books() {
    let mut order = order(vec![item("1", "L1", 3, "0"), item("2", "L2", 1, "200")]);
    order.lines[0].item.unit_price = None;
    let facts = world_with(strict());
    let audit = audit(&order, &facts);
    assert_eq!(audit.lines[0].charged.decimal(), "100");
    assert_eq!((audit.goods, audit.total, codes(&audit)), (500_00, 500_00, vec![]));
    order.lines[0].item.sku = "L9".into();
    let unknown = model::rules::pricing::audit(&order, &facts);
    assert_eq!(codes(&unknown), [("no_price", Some(1))], "nobody says what it costs");
}

#[test]
fn what_the_book_does_not_list() {
    let mut facts = world_with(strict());
    facts.prices.clear();
    let listed = order(vec![item("1", "L1", 1, "100")]);
    assert_eq!(codes(&audit(&listed, &facts)), [("no_price", Some(1))]);
    let relaxed = PricingPolicy { require_price: false, ..strict() };
    let mut open = world_with(relaxed);
    open.prices.clear();
    let priced = audit(&listed, &open);
    assert_eq!((codes(&priced), priced.goods_expected), (vec![], 100_00));
    let mut fee = order(vec![item("1", "", 1, "15")]);
    fee.lines[0].item.ships = false;
    let fee = audit(&fee, &facts);
    assert_eq!((codes(&fee), fee.total, fee.margin_ppm), (vec![], 15_00, None));
}

#[test]
fn differences_hold_the_order_until_a_person_accepts_them() {
    let mut order = order(vec![item("1", "L1", 1, "100"), item("2", "L2", 1, "150")]);
    let facts = world_with(strict());
    let seen = audit(&order, &facts);
    let held = hold(&seen, &order, &facts).expect("a hold");
    assert_eq!(
        (held.code.as_str(), held.blocks, held.release),
        ("price_difference", Stage::Pricing, ReleaseRule::Person)
    );
    assert_eq!(held.owner.as_str(), "sales_manager");
    let said: Vec<_> = held.args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [
        ("charged", "250.00"),
        ("currency", "CNY"),
        ("differences", "price_below_book"),
        ("expected", "300.00"),
        ("lines", "2"),
    ];
    assert_eq!(said, expected);
    order.accepted.push("price_difference".into());
    let again = audit(&order, &facts);
    assert_eq!(hold(&again, &order, &facts), None);
    assert!(again.lines.iter().all(|line| line.accepted));
    assert_eq!(again.differences, seen.differences, "accepted is not forgotten");
}

#[test]
fn sums_that_do_not_add_up_are_told_but_are_the_checks_hold() {
    let mut order = order(vec![item("1", "L1", 1, "100")]);
    order.header.claimed.total = Some(100_01);
    let facts = world_with(strict());
    let seen = audit(&order, &facts);
    assert_eq!(
        seen.differences,
        [Difference { code: "totals_do_not_add_up".into(), line: None, charged: 100_01, expected: 100_00 }]
    );
    assert_eq!((seen.total, seen.total_claimed), (100_00, Some(100_01)));
    assert_eq!(hold(&seen, &order, &facts), None);
}

#[test]
fn the_most_serious_difference_comes_first() {
    let facts = world_with(PricingPolicy { freight: vec![freight("standard", &[], "", None, 15_00)], ..taxed("") });
    let mut order = order(vec![item("1", "L1", 1, "120"), item("2", "L2", 1, "10"), item("3", "L9", 1, "1")]);
    order.lines[2].item.unit_price = None;
    order.header.charges = vec![charge(ChargeKind::Shipping, 1_00)];
    let audit = audit(&order, &facts);
    let expected = [
        ("no_price", Some(3)),
        ("price_below_book", Some(2)),
        ("price_below_book", None),
        ("freight_differs", None),
        ("price_above_book", Some(1)),
    ];
    assert_eq!(codes(&audit), expected);
}

#[test]
fn an_audit_is_kept_and_read_again() {
    let order: Order = order(vec![item("1", "L1", 1, "90")]);
    let seen = audit(&order, &world_with(PricingPolicy::default()));
    let text = serde_json::to_string(&seen).expect("plain");
    assert_eq!(serde_json::from_str::<PriceAudit>(&text).expect("the same"), seen);
    assert_eq!(seen.policy, "test");
}

#[test]
fn settings_are_read_and_mistakes_refused() {
    let policy: PricingPolicy = toml::from_str(
        r#"
        min_margin_ppm = 150000
        [line_tolerance]
        ppm = 5000
        absolute = [{ minor = 100, currency = "CNY" }, { minor = 15, currency = "EUR" }]
        [[freight]]
        name = "standard"
        countries = ["CN"]
        free_from = 29900
        amount = 1500
        currency = "CNY"
        [tax]
        channels = { pos = false }
        rates = [{ class = "standard", country = "CN", ppm = 130000 }]
        "#,
    )
    .expect("good settings");
    assert_eq!(policy.line_tolerance.amount(Currency::EUR), Some(15));
    assert_eq!((policy.freight[0].free_from, policy.tax.rates[0].ppm), (Some(299_00), 130_000));
    assert_eq!(policy.order_tolerance, PricingPolicy::default().order_tolerance);
    let wrong = [
        "margin = 1",
        "[[freight]]\nname = 'x'\namount = 1",
        "[tax]\nrates = [{ class = 'a', country = 'CN', ppm = -1 }]",
        "[line_tolerance]\nabsolute = [{ minor = 1, currency = 'RMB!' }]",
    ];
    for text in wrong {
        assert!(toml::from_str::<PricingPolicy>(text).is_err(), "{text}");
    }
}
