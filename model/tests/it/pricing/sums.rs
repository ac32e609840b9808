//! Sums: spreading, totals, currencies with other digits, and the ends of the scale.

use super::{book, charge, codes, strict, world_with};
use crate::world::{self, item, order, price};
use model::{
    facts::Price,
    measure::{Quantity, UnitFactor},
    money::{Currency, Money, UnitPrice},
    order::state::Order,
    rules::pricing::{FreightRule, PricingPolicy, TaxRate, Tolerance, audit, hold, order_total, spread},
    said::{ChargeKind, Claimed},
};
use std::sync::Arc;

#[test]
fn spreading_gives_the_remainder_to_the_largest() {
    let cases: &[(i64, &[i64], &[i64])] = &[
        (100, &[1, 1, 1], &[34, 33, 33]),
        (100, &[1, 2, 1], &[25, 50, 25]),
        (10, &[100, 300, 299], &[1, 5, 4]),
        (1, &[5, 7], &[0, 1]),
        (2, &[50, 50, 50], &[2, 0, 0]),
        (-100, &[1, 1, 1], &[-34, -33, -33]),
        (7, &[0, 0], &[7, 0]),
        (7, &[-5, 10], &[0, 7]),
        (7, &[-5, -10], &[7, 0]),
        (0, &[3, 4], &[0, 0]),
        (9, &[4], &[9]),
        (9, &[], &[]),
    ];
    for (amount, weights, parts) in cases {
        assert_eq!(spread(*amount, weights), *parts, "{amount} over {weights:?}");
    }
}

#[test]
fn spreading_loses_nothing() {
    let mut seed = 12345_i64;
    let mut next = |below: i64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 16).rem_euclid(below)
    };
    for _ in 0..2000 {
        let amount = next(1_000_000) - 200_000;
        let weights: Vec<i64> = (0..1 + next(12)).map(|_| next(100_000)).collect();
        assert_eq!(spread(amount, &weights).iter().sum::<i64>(), amount, "{amount} over {weights:?}");
    }
    for amount in [i64::MAX, i64::MIN] {
        let parts = spread(amount, &[i64::MAX, i64::MAX, 1, i64::MIN]);
        assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(amount));
    }
}

fn in_currency(code: &str, unit_price: &str, quantity: i64) -> Order {
    let mut order = order(vec![item("1", "L1", quantity, unit_price)]);
    order.header.currency = code.parse().expect("a currency");
    order
}

#[test]
fn amounts_follow_the_digits_of_the_currency() {
    let cases = [
        ("CNY", "19.99", 3, 5997),
        ("JPY", "1980", 3, 5940),
        ("JPY", "0.5", 1, 1),
        ("KWD", "1.2345", 1, 1235),
        ("KWD", "19.999", 3, 59_997),
    ];
    for (code, unit_price, quantity, minor) in cases {
        let mut facts = world_with(PricingPolicy { min_margin_ppm: -1_000_000_000, ..strict() });
        let order = in_currency(code, unit_price, quantity);
        book(&mut facts, "L1", vec![Price { currency: order.currency(), ..price("L1", "", 0, unit_price) }]);
        let audit = audit(&order, &facts);
        assert_eq!((audit.goods, audit.goods_expected, codes(&audit)), (minor, minor, vec![]), "{code} {unit_price}");
        assert_eq!(order_total(&order), Money::new(minor, order.currency()));
    }
}

#[test]
fn a_price_in_another_currency_is_no_price() {
    let seen = audit(&in_currency("EUR", "100", 1), &world_with(strict()));
    assert_eq!(codes(&seen), [("no_price", Some(1))]);
}

#[test]
fn the_order_comes_to_its_lines_and_charges() {
    let mut order = order(vec![item("1", "L1", 3, "19.99"), item("2", "L2", 1, "200")]);
    order.lines[0].item.discount = 97;
    let charges = [
        (ChargeKind::Shipping, 15_00),
        (ChargeKind::Discount, 10_00),
        (ChargeKind::Other, 2_50),
        (ChargeKind::Tax, 33_00),
    ];
    order.header.charges = charges.into_iter().map(|(kind, amount)| charge(kind, amount)).collect();
    assert_eq!(order_total(&order), Money::new(266_50, Currency::CNY));
    order.header.taxes_included = false;
    assert_eq!(order_total(&order), Money::new(299_50, Currency::CNY));
    order.lines[0].item.tax = Some(99_00);
    assert_eq!(order_total(&order).minor, 299_50, "the order's tax is the lines' tax said again");
    let seen = audit(&order, &world_with(strict()));
    let sum = seen.goods - seen.discount + seen.freight + seen.other + seen.tax;
    assert_eq!((seen.total, sum, seen.discount), (299_50, 299_50, 10_97));
}

#[test]
fn a_price_left_to_us_counts_once_it_is_audited() {
    let mut order = order(vec![item("1", "L1", 3, "0"), item("2", "L2", 1, "200")]);
    order.lines[0].item.unit_price = None;
    assert_eq!(order_total(&order).minor, 200_00);
    order.audit = Some(audit(&order, &world_with(strict())));
    assert_eq!(order_total(&order).minor, 500_00);
}

#[test]
fn a_converted_price_left_to_us_differs_from_nothing() {
    let mut facts = world_with(strict());
    book(&mut facts, "L1", vec![Price { unit: "box".into(), ..price("L1", "", 0, "1000") }]);
    let mut order = order(vec![item("1", "L1", 70_000, "0")]);
    order.lines[0].item.unit_price = None;
    let seen = audit(&order, &facts);
    assert_eq!((seen.lines[0].difference, codes(&seen)), (0, vec![]));
    order.audit = Some(seen.clone());
    assert_eq!(order_total(&order).minor, seen.total);
}

#[test]
fn the_ends_of_the_scale_stop_nothing() {
    let ends = [i64::MAX, i64::MIN, i64::MAX - 1, 1];
    let mut policy = strict();
    policy.tax.rates = vec![TaxRate { class: "standard".into(), country: "CN".into(), ppm: u32::MAX }];
    policy.tax.freight_class = "standard".into();
    let rule = FreightRule {
        name: "dear".into(),
        countries: vec![],
        regions: vec![],
        group: "".into(),
        free_from: Some(i64::MIN),
        amount: i64::MAX,
        currency: Currency::CNY,
    };
    for end in ends {
        for unit in ["", "box", "odd"] {
            for included in [true, false] {
                let absolute = vec![Money::new(end, Currency::CNY)];
                let tolerance = Tolerance { ppm: u32::MAX, absolute };
                let policy = PricingPolicy {
                    line_tolerance: tolerance,
                    freight: vec![FreightRule { amount: end, ..rule.clone() }],
                    min_margin_ppm: if end > 0 { i32::MAX } else { i32::MIN },
                    ..policy.clone()
                };
                let mut facts = world_with(policy);
                let mut lamp = (*world::product("L1", 1)).clone();
                lamp.unit_cost = UnitPrice(end);
                lamp.units.push(UnitFactor { unit: "odd".into(), num: i64::MAX, den: i64::MAX - 1 });
                facts.products.insert("L1".into(), Arc::new(lamp));
                let row = Price { unit: "odd".into(), unit_price: UnitPrice(end), ..price("L1", "", 0, "1") };
                book(&mut facts, "L1", vec![Price { min_quantity: Quantity(i64::MIN), ..row }]);
                let mut order = order((0..3).map(|i| item(&i.to_string(), "L1", 1, "1")).collect());
                order.header.taxes_included = included;
                order.header.claimed = Claimed { subtotal: Some(end), total: Some(end) };
                for line in &mut order.lines {
                    line.item.quantity = Quantity(end);
                    line.item.unit = unit.into();
                    line.item.unit_price = Some(UnitPrice(i64::MAX));
                    (line.item.discount, line.item.tax, line.item.total) = (end, Some(end), Some(end));
                }
                let kinds = [ChargeKind::Shipping, ChargeKind::Discount, ChargeKind::Other, ChargeKind::Other];
                order.header.charges = kinds.into_iter().map(|kind| charge(kind, end)).collect();
                let seen = audit(&order, &facts);
                assert_eq!(order_total(&order).minor, seen.total);
                let _ = hold(&seen, &order, &facts);
                let _ = model::rules::checks::check(&order, &facts);
                order.lines.iter_mut().for_each(|line| line.item.unit_price = None);
                assert_eq!(audit(&order, &facts).lines.len(), 3);
            }
        }
    }
}

#[test]
fn a_sum_too_large_to_hold_saturates() {
    let mut order = order((0..3).map(|i| item(&i.to_string(), "L1", 1, "1")).collect());
    for line in &mut order.lines {
        line.item.quantity = Quantity(i64::MAX);
        line.item.unit_price = Some(UnitPrice(i64::MAX));
    }
    assert_eq!(order_total(&order).minor, i64::MAX);
    order.lines.iter_mut().for_each(|line| line.item.unit_price = Some(UnitPrice(i64::MIN)));
    assert_eq!(order_total(&order).minor, i64::MIN);
}
