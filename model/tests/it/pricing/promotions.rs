//! Promotions: an order that charges what one grants passes, any other discount is a difference.

use super::{charge, codes, noted, strict, world_with};
use crate::world::{date, item, order};
use model::{
    facts::{Benefit, Facts, Promotion},
    measure::Quantity,
    money::Currency,
    order::state::Order,
    rules::pricing::{audit, hold},
    said::ChargeKind,
};
use std::sync::Arc;

pub(super) fn promotion(code: &str, benefit: Benefit) -> Promotion {
    Promotion {
        code: code.into(),
        name: code.into(),
        benefit,
        currency: None,
        skus: vec![],
        category: String::new(),
        channels: vec![],
        groups: vec![],
        valid_from: None,
        valid_to: None,
        min_amount: 0,
        min_quantity: Quantity::ZERO,
        stackable: false,
        priority: 0,
    }
}

fn with(promotions: Vec<Promotion>) -> Facts {
    let mut facts = world_with(strict());
    Arc::get_mut(&mut facts.world).expect("not shared").promotions = promotions;
    facts
}

/// L1 at 100, 4 of them, and L2 at 200; `off` is stated for the order as a whole.
fn stating(off: i64) -> Order {
    let mut order = order(vec![item("1", "L1", 4, "100"), item("2", "L2", 1, "200")]);
    order.header.charges = vec![charge(ChargeKind::Discount, off)];
    order
}

#[test]
fn a_discount_a_promotion_grants_is_no_difference() {
    let of_l1 = |benefit| Promotion { skus: vec!["L1".into()], ..promotion("P", benefit) };
    let cases = [
        (promotion("P", Benefit::Percent(100_000)), 60_00),
        (of_l1(Benefit::Percent(100_000)), 40_00),
        (of_l1(Benefit::BuyGet { buy: 3, get: 1 }), 100_00),
        (Promotion { currency: Some(Currency::CNY), ..promotion("P", Benefit::Amount(33_33)) }, 33_33),
        (Promotion { category: "lamp".into(), ..promotion("P", Benefit::Percent(1)) }, 0),
    ];
    for (granted, off) in cases {
        let facts = with(vec![granted.clone()]);
        let order = stating(off);
        let seen = audit(&order, &facts);
        assert_eq!(codes(&seen), [], "{granted:?}");
        assert_eq!(hold(&seen, &order, &facts), None);
        assert_eq!(seen.goods_expected, 600_00 - off);
        assert!(seen.lines.iter().all(|line| line.difference == 0), "{:?}", seen.lines);
        let more = audit(&stating(off + 1), &facts);
        assert!(codes(&more).contains(&("price_below_book", None)), "{granted:?}: one fen more is a difference");
    }
}

#[test]
fn a_discount_stated_at_the_line_is_judged_at_the_line() {
    let granted = Promotion { skus: vec!["L1".into()], ..promotion("P", Benefit::Percent(100_000)) };
    let facts = with(vec![granted]);
    let mut right = stating(0);
    right.lines[0].item.discount = 40_00;
    assert_eq!(codes(&audit(&right, &facts)), []);
    let mut elsewhere = stating(0);
    elsewhere.lines[1].item.discount = 40_00;
    assert_eq!(codes(&audit(&elsewhere, &facts)), [("price_below_book", Some(2)), ("price_above_book", Some(1))]);
}

#[test]
fn one_that_does_not_apply_says_why() {
    // Placed on 2026-03-02 on the channel `web` by a buyer without a group.
    let ten = || promotion("P", Benefit::Percent(100_000));
    let cases = [
        (Promotion { valid_to: Some(date(2026, 3, 1)), ..ten() }, "promotion_expired"),
        (Promotion { valid_from: Some(date(2026, 3, 3)), ..ten() }, "promotion_not_yet_valid"),
        (Promotion { channels: vec!["pos".into()], ..ten() }, "promotion_other_channel"),
        (Promotion { groups: vec!["dealer".into()], ..ten() }, "promotion_other_group"),
        (Promotion { currency: Some(Currency::EUR), ..ten() }, "promotion_other_currency"),
        (Promotion { min_amount: 600_01, ..ten() }, "promotion_below_minimum"),
        (Promotion { min_quantity: Quantity::whole(6), ..ten() }, "promotion_below_minimum"),
    ];
    for (refused, why) in cases {
        let facts = with(vec![refused]);
        let order = stating(60_00);
        let seen = audit(&order, &facts);
        assert!(noted(&seen).contains(&why), "{why}: {:?}", noted(&seen));
        assert!(hold(&seen, &order, &facts).is_some(), "{why}");
    }
    let on_the_day = Promotion { valid_from: Some(date(2026, 3, 2)), valid_to: Some(date(2026, 3, 2)), ..ten() };
    assert_eq!(codes(&audit(&stating(60_00), &with(vec![on_the_day]))), [], "both ends included");
}

#[test]
fn only_stackable_ones_come_together() {
    let ten = promotion("A", Benefit::Percent(100_000));
    let five = promotion("B", Benefit::Percent(50_000));
    let apart = with(vec![ten.clone(), five.clone()]);
    assert_eq!(codes(&audit(&stating(60_00), &apart)), []);
    assert_eq!(codes(&audit(&stating(30_00), &apart)), []);
    assert!(!codes(&audit(&stating(90_00), &apart)).is_empty(), "two exclusive ones");
    let stack = |p: Promotion| Promotion { stackable: true, ..p };
    let both = with(vec![stack(ten), stack(five)]);
    let seen = audit(&stating(90_00), &both);
    assert_eq!(codes(&seen), []);
    assert_eq!(noted(&seen).iter().filter(|code| **code == "promotion_applied").count(), 2);
}

#[test]
fn an_order_at_the_books_prices_asks_for_none() {
    let facts = with(vec![promotion("P", Benefit::Percent(100_000))]);
    let seen = audit(&stating(0), &facts);
    assert_eq!(codes(&seen), []);
    assert!(!noted(&seen).iter().any(|code| code.starts_with("promotion")));
}
