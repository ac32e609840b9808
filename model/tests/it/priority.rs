//! Priority: which order is served first, and why.
#![allow(clippy::inconsistent_digit_grouping)] // 19_99 is 19.99 in minor units

use crate::{
    checks::policies,
    world::{date, facts, item, order},
};
use model::{
    facts::{Facts, Tier},
    measure::Quantity,
    money::{Currency, Money, UnitPrice},
    order::state::Order,
    rules::{
        checks::ChecksPolicy,
        pricing::PricingPolicy,
        priority::{PriorityPolicy, ValueBand, score},
    },
    said::{OrderKind, PaymentMethod, PaymentState},
    time::{DAY, Instant},
};
use std::sync::Arc;

fn world_with(policy: PriorityPolicy) -> Facts {
    facts(policies(ChecksPolicy::default(), PricingPolicy::default(), policy))
}

fn band(minor: i64, points: i32) -> ValueBand {
    ValueBand { from: Money::new(minor, Currency::CNY), points }
}

fn banded() -> PriorityPolicy {
    PriorityPolicy { value: vec![band(1000_00, 30), band(10_000_00, 60)], ..PriorityPolicy::default() }
}

/// An order of one lamp at 100, placed now, of nobody we know, not paid: no points at all.
fn plain() -> Order {
    let mut order = order(vec![item("1", "L1", 1, "100")]);
    order.header.payment.state = PaymentState::Pending;
    order
}

fn given(order: &Order, facts: &Facts, code: &str) -> (i32, String) {
    let parts = score(order, facts).parts;
    let part = parts.into_iter().find(|part| part.code == code).expect("every code has a part");
    (part.points, part.because)
}

#[test]
fn an_order_of_no_account_has_all_parts_and_no_points() {
    let priority = score(&plain(), &world_with(banded()));
    let parts: Vec<_> = priority.parts.iter().map(|p| (p.code.as_str(), p.points, p.because.as_str())).collect();
    let expected = [
        ("tier", 0, "none"),
        ("kind", 0, "regular"),
        ("value", 0, "no_band"),
        ("wished_date", 0, "none"),
        ("waiting", 0, "0"),
        ("paid", 0, "pending"),
    ];
    assert_eq!((priority.score, parts.as_slice()), (0, expected.as_slice()));
}

#[test]
fn tiers_and_kinds() {
    for (tier, points) in
        [(Tier::Regular, (0, "regular")), (Tier::Key, (100, "key")), (Tier::Strategic, (200, "strategic"))]
    {
        let mut facts = world_with(banded());
        let mut customer = (*facts.customers["K1"]).clone();
        customer.tier = tier;
        facts.customers.insert("K1".into(), Arc::new(customer));
        let mut order = plain();
        order.header.customer = "K1".into();
        assert_eq!(given(&order, &facts, "tier"), (points.0, points.1.to_owned()));
    }
    for (kind, points) in [(OrderKind::Custom, (0, "custom")), (OrderKind::Strategic, (150, "strategic"))] {
        let mut order = plain();
        order.header.kind = kind;
        assert_eq!(given(&order, &world_with(banded()), "kind"), (points.0, points.1.to_owned()));
    }
}

#[test]
fn value_counts_in_the_orders_own_currency() {
    let cases = [
        ("999.99", Currency::CNY, 0, "no_band"),
        ("1000", Currency::CNY, 30, "1000.00 CNY"),
        ("9999.99", Currency::CNY, 30, "1000.00 CNY"),
        ("10000", Currency::CNY, 60, "10000.00 CNY"),
        ("10000", Currency::EUR, 0, "other_currency"),
    ];
    for (price, currency, points, because) in cases {
        let mut order = order(vec![item("1", "L1", 1, price)]);
        order.header.currency = currency;
        assert_eq!(given(&order, &world_with(banded()), "value"), (points, because.to_owned()), "{price} {currency}");
    }
}

#[test]
fn wished_dates_press_as_they_come_near() {
    let cases = [
        (date(2026, 2, 1), 200),
        (date(2026, 3, 2), 200),
        (date(2026, 3, 3), 200),
        (date(2026, 3, 5), 100),
        (date(2026, 3, 6), 50),
        (date(2026, 3, 9), 50),
        (date(2026, 3, 10), 0),
        (chrono::NaiveDate::MAX, 0),
        (chrono::NaiveDate::MIN, 200),
    ];
    for (wished, points) in cases {
        let mut order = plain();
        order.header.wished = Some(wished);
        assert_eq!(given(&order, &world_with(banded()), "wished_date"), (points, wished.to_string()));
    }
}

#[test]
fn waiting_counts_whole_days_up_to_a_limit() {
    let cases = [(-DAY, 0, "0"), (DAY - 1, 0, "0"), (DAY, 10, "1"), (3 * DAY + 5, 30, "3"), (90 * DAY, 200, "90")];
    for (waited, points, because) in cases {
        let facts = world_with(banded());
        let mut order = plain();
        order.header.placed_at.at = facts.now.plus(-waited);
        assert_eq!(given(&order, &facts, "waiting"), (points, because.to_owned()), "{waited}");
    }
}

#[test]
fn payment_counts_by_state_and_by_terms() {
    use PaymentMethod::{Instalments, OnAccount, OnDelivery, Prepaid};
    let cases = [
        (Prepaid, PaymentState::Paid, 50, "paid"),
        (OnAccount, PaymentState::Paid, 50, "paid"),
        (Prepaid, PaymentState::Authorized, 20, "authorized"),
        (Prepaid, PaymentState::PartlyPaid, 20, "partly_paid"),
        (Prepaid, PaymentState::Unknown, 0, "pending"),
        (OnAccount, PaymentState::Pending, 20, "on_account"),
        (OnDelivery, PaymentState::Unknown, 20, "on_delivery"),
        (Instalments, PaymentState::Pending, 20, "instalments"),
        (OnAccount, PaymentState::Voided, 0, "voided"),
        (Prepaid, PaymentState::Refunded, 0, "refunded"),
    ];
    for (method, state, points, because) in cases {
        let mut order = plain();
        (order.header.payment.method, order.header.payment.state) = (method, state);
        assert_eq!(given(&order, &world_with(banded()), "paid"), (points, because.to_owned()));
    }
}

#[test]
fn the_score_is_the_sum_within_its_limits() {
    let mut order = plain();
    order.header.customer = "K1".into();
    order.header.payment.state = PaymentState::Paid;
    assert_eq!(score(&order, &world_with(banded())).score, 150);
    let low = PriorityPolicy { most: 120, ..banded() };
    assert_eq!(score(&order, &world_with(low)).score, 120);
    let high = PriorityPolicy { least: 300, ..banded() };
    assert_eq!(score(&order, &world_with(high)).score, 300);
    let crossed = PriorityPolicy { least: 300, most: 100, ..banded() };
    assert_eq!(score(&order, &world_with(crossed)).score, 100, "a limit that makes no sense stops nothing");
}

#[test]
fn extremes_do_not_overflow() {
    let mut policy = banded();
    (policy.tier.key, policy.payment.paid, policy.kind.strategic) = (i32::MAX, i32::MAX, i32::MAX);
    (policy.waiting.per_day, policy.waiting.most) = (i32::MAX, i32::MAX);
    (policy.most, policy.least) = (i32::MAX, i32::MIN);
    let mut order = order(vec![item("1", "L1", 1, "100")]);
    order.lines[0].item.quantity = Quantity(i64::MAX);
    order.lines[0].item.unit_price = Some(UnitPrice(i64::MAX));
    (order.header.customer, order.header.kind) = ("K1".into(), OrderKind::Strategic);
    order.header.placed_at.at = Instant(i64::MIN);
    assert_eq!(score(&order, &world_with(policy.clone())).score, i32::MAX);
    (policy.tier.key, policy.payment.paid, policy.kind.strategic) = (i32::MIN, i32::MIN, i32::MIN);
    (policy.waiting.per_day, policy.waiting.most) = (i32::MIN, i32::MIN);
    assert_eq!(score(&order, &world_with(policy)).score, i32::MIN);
}

#[test]
fn settings_are_read_and_mistakes_refused() {
    let policy: PriorityPolicy = toml::from_str(
        r#"
        most = 500
        value = [{ from = { minor = 100000, currency = "CNY" }, points = 7 }]
        [tier]
        key = 11
        "#,
    )
    .expect("good settings");
    assert_eq!((policy.most, policy.tier.key, policy.tier.strategic), (500, 11, 200));
    assert_eq!(policy.value, [band(1000_00, 7)]);
    for wrong in ["tiers = {}", "[tier]\nkeys = 1", "value = [{ from = 5, points = 1 }]"] {
        assert!(toml::from_str::<PriorityPolicy>(wrong).is_err(), "{wrong}");
    }
}
