//! Checks of claimed sums.
#![allow(clippy::inconsistent_digit_grouping)] // 19_99 is 19.99 in minor units

use super::{found, good, only, world_with};
use model::{
    money::Currency,
    order::state::{Order, ReleaseRule},
    rules::checks::{ChecksPolicy, check},
    said::{Charge, ChargeKind, Claimed},
};

/// 2 x 100 + 200 less 20 of the second line, freight 15, discount 30: 365, prices with tax in them.
fn with_charges() -> Order {
    let mut order = good();
    order.lines[1].item.discount = 20_00;
    let charge = |kind, amount| Charge { kind, label: String::new(), amount };
    order.header.charges = vec![charge(ChargeKind::Shipping, 15_00), charge(ChargeKind::Discount, 30_00)];
    order
}

#[test]
fn claimed_sums_are_checked() {
    // subtotal, total, tolerance -> the sums that differ
    let cases = [
        (None, None, 0, None),
        (None, Some(365_00), 0, None),
        (None, Some(365_01), 0, Some("total")),
        (None, Some(364_99), 0, Some("total")),
        (None, Some(365_01), 1, None),
        (None, Some(365_02), 1, Some("total")),
        (Some(380_00), Some(365_00), 0, None),
        (Some(350_00), Some(365_00), 0, None),
        (Some(400_00), Some(365_00), 0, None),
        (Some(365_00), Some(365_00), 0, Some("subtotal")),
        (Some(0), Some(0), 0, Some("total,subtotal")),
        (Some(i64::MAX), Some(i64::MIN), 0, Some("total,subtotal")),
    ];
    for (subtotal, total, tolerance, expected) in cases {
        let facts = world_with(ChecksPolicy { totals_tolerance: tolerance, ..ChecksPolicy::default() });
        let mut order = with_charges();
        order.header.claimed = Claimed { subtotal, total };
        let holds = check(&order, &facts).holds;
        assert_eq!(holds.first().map(|h| h.args["sums"].as_str()), expected, "{subtotal:?} {total:?} {tolerance}");
        assert!(holds.iter().all(|h| h.code == "totals_do_not_add_up" && h.release == ReleaseRule::Person));
    }
}

#[test]
fn tax_adds_to_the_total_unless_prices_include_it() {
    let facts = world_with(ChecksPolicy::default());
    for (included, total) in [(true, 400_00), (false, 452_00)] {
        for by_line in [true, false] {
            let mut order = good();
            order.header.taxes_included = included;
            order.header.claimed.total = Some(total);
            if by_line {
                (order.lines[0].item.tax, order.lines[1].item.tax) = (Some(26_00), Some(26_00));
            } else {
                order.header.charges = vec![Charge { kind: ChargeKind::Tax, label: String::new(), amount: 52_00 }];
            }
            assert_eq!(found(&order, &facts), [""; 0], "included {included}, by line {by_line}");
            order.header.claimed.total = Some(total + 1);
            let hold = only(&order, &facts);
            assert_eq!(hold.args["comes_to"], format!("{}.00", total / 100));
            assert_eq!(
                (hold.args["claimed"].as_str(), hold.args["currency"].as_str()),
                (&*format!("{}.01", total / 100), "CNY")
            );
        }
    }
}

#[test]
fn totals_of_lines_are_checked() {
    let facts = world_with(ChecksPolicy::default());
    for (total, fine) in [(180_00, true), (200_00, true), (180_01, false), (179_99, false)] {
        let mut order = with_charges();
        order.lines[1].item.total = Some(total);
        let holds = check(&order, &facts).holds;
        assert_eq!(holds.is_empty(), fine, "{total}");
        assert!(holds.iter().all(|h| h.args["lines"] == "2"));
    }
}

#[test]
fn a_price_left_to_us_counts_at_the_books() {
    let facts = world_with(ChecksPolicy::default());
    let mut order = good();
    order.lines[1].item.unit_price = None;
    order.header.claimed.total = Some(400_00);
    assert_eq!(found(&order, &facts), [""; 0]);
    order.header.claimed.total = Some(399_99);
    assert_eq!(found(&order, &facts), ["totals_do_not_add_up"]);
    order.header.currency = Currency::EUR;
    assert_eq!(found(&order, &facts), [""; 0], "the book has no price in EUR, so there is no sum to compare with");
}
