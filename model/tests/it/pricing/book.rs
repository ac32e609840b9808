//! The price book: which row applies.

use super::{book, codes, strict, world_with};
use crate::world::{date, item, order, price};
use model::{
    codes::Group,
    facts::{Facts, Price},
    measure::Quantity,
    money::{Currency, UnitPrice},
    rules::pricing::audit,
};
use std::sync::Arc;

/// What a lamp should cost in an order of `quantity` `unit`, and the row that says so.
fn expected(facts: &Facts, customer: &str, quantity: &str, unit: &str) -> (String, String) {
    let mut order = order(vec![item("1", "L1", 1, "1")]);
    order.header.customer = customer.into();
    order.lines[0].item.quantity = Quantity::parse(quantity).expect("a quantity");
    order.lines[0].item.unit = unit.into();
    let line = audit(&order, facts).lines.remove(0);
    (line.expected.map_or("none".into(), UnitPrice::decimal), line.row)
}

#[test]
fn the_most_specific_row_applies_and_of_these_the_greatest_quantity() {
    let mut facts = world_with(strict());
    let on_web = |row: Price| Price { channel: "web".into(), ..row };
    book(
        &mut facts,
        "L1",
        vec![
            price("L1", "", 0, "100"),
            price("L1", "", 10, "95"),
            price("L1", "", 100, "70"),
            on_web(price("L1", "", 0, "99")),
            price("L1", "dealer", 0, "90"),
            price("L1", "dealer", 50, "85"),
            on_web(price("L1", "dealer", 20, "88")),
            Price { channel: "pos".into(), ..price("L1", "", 0, "1") },
            price("L1", "family", 0, "2"),
            Price { currency: Currency::EUR, ..price("L1", "", 0, "3") },
        ],
    );
    let cases = [
        ("", "1", "99", "/web/0"),
        ("", "1000", "99", "/web/0"),
        ("K1", "1", "90", "dealer//0"),
        ("K1", "19.999999", "90", "dealer//0"),
        ("K1", "20", "88", "dealer/web/20"),
        ("K1", "60", "88", "dealer/web/20"),
        ("nobody", "1", "99", "/web/0"),
    ];
    for (customer, quantity, unit_price, row) in cases {
        assert_eq!(expected(&facts, customer, quantity, ""), (unit_price.into(), row.into()), "{customer} {quantity}");
    }
}

#[test]
fn a_contract_comes_before_every_other_row_and_is_nobody_elses() {
    let mut facts = world_with(strict());
    let of_k1 = |row: Price| Price { customer: "K1".into(), ..row };
    book(
        &mut facts,
        "L1",
        vec![
            price("L1", "", 0, "100"),
            Price { channel: "web".into(), ..price("L1", "dealer", 0, "80") },
            of_k1(price("L1", "", 5, "97")),
            of_k1(price("L1", "", 50, "96")),
            of_k1(Price { channel: "web".into(), ..price("L1", "", 100, "95") }),
            of_k1(Price { valid_to: Some(date(2026, 3, 1)), ..price("L1", "", 6, "1") }),
            Price { customer: "K2".into(), ..price("L1", "", 0, "2") },
        ],
    );
    let cases = [
        ("K1", "4", "80", "dealer/web/0"),
        ("K1", "5", "97", "K1://5"),
        ("K1", "99", "96", "K1://50"),
        ("K1", "100", "95", "K1:/web/100"),
        ("", "5", "100", "//0"),
        ("K3", "5", "100", "//0"),
    ];
    for (customer, quantity, unit_price, row) in cases {
        assert_eq!(expected(&facts, customer, quantity, ""), (unit_price.into(), row.into()), "{customer} {quantity}");
    }
}

#[test]
fn rows_that_do_not_apply_are_named_with_the_rule_they_lost_by() {
    let mut facts = world_with(strict());
    let of_k1 = |row: Price| Price { customer: "K1".into(), ..row };
    book(
        &mut facts,
        "L1",
        vec![
            price("L1", "", 0, "100"),
            Price { valid_from: Some(date(2026, 1, 1)), ..price("L1", "", 0, "101") },
            Price { channel: "web".into(), ..price("L1", "dealer", 0, "80") },
            price("L1", "dealer", 0, "81"),
            of_k1(price("L1", "", 5, "97")),
            of_k1(price("L1", "", 50, "96")),
            of_k1(price("L1", "", 6, "94")),
            of_k1(Price { valid_to: Some(date(2026, 3, 1)), ..price("L1", "", 6, "1") }),
            of_k1(Price { valid_from: Some(date(2027, 3, 1)), ..price("L1", "", 7, "1") }),
            Price { customer: "K2".into(), ..price("L1", "", 0, "2") },
            price("L1", "family", 0, "2"),
        ],
    );
    let passed_over = |customer: &str, quantity: i64| {
        let mut order = order(vec![item("1", "L1", quantity, "1")]);
        order.header.customer = customer.into();
        let line = audit(&order, &facts).lines.remove(0);
        line.passed_over
            .into_iter()
            .map(|row| format!("{} {} {}", row.row, row.unit_price.decimal(), row.why.replace("price_row_", "")))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        passed_over("K1", 9),
        [
            "K1://5 97 quantity_first",
            "dealer/web/0 80 contract_first",
            "dealer//0 81 contract_first",
            "//0/2026-01-01.. 101 contract_first",
            "//0 100 contract_first",
            "K1://50 96 below_quantity",
            "K1://6/..2026-03-01 1 expired",
            "K1://7/2027-03-01.. 1 not_yet_valid",
        ]
    );
    // A dealer without a contract, and somebody nobody knows.
    assert_eq!(passed_over("K1", 1)[..2], ["dealer//0 81 channel_first", "//0/2026-01-01.. 101 group_first"]);
    assert_eq!(passed_over("", 1), ["//0 100 latest_first"]);
    // With no row at all, those that nearly applied are still named.
    let expired = Price { valid_to: Some(date(2026, 3, 1)), ..price("L1", "", 0, "1") };
    book(&mut facts, "L1", vec![expired]);
    let order = order(vec![item("1", "L1", 1, "1")]);
    let line = audit(&order, &facts).lines.remove(0);
    assert_eq!((line.expected, line.passed_over[0].why.as_str()), (None, "price_row_expired"));
}

#[test]
fn tiers_begin_at_their_quantity() {
    let mut facts = world_with(strict());
    let rows = vec![price("L1", "", 10, "95"), price("L1", "", 1, "100"), price("L1", "", 100, "70")];
    book(&mut facts, "L1", rows);
    let cases =
        [("0.5", "none"), ("1", "100"), ("9", "100"), ("10", "95"), ("99", "95"), ("100", "70"), ("5000", "70")];
    for (quantity, unit_price) in cases {
        assert_eq!(expected(&facts, "", quantity, "").0, unit_price, "{quantity}");
    }
}

#[test]
fn the_channels_group_counts_when_the_customer_has_none() {
    let mut facts = world_with(strict());
    book(&mut facts, "L1", vec![price("L1", "", 0, "100"), price("L1", "retail", 0, "120")]);
    let mut world = (*facts.world).clone();
    world.channels.get_mut("web").expect("the channel").group = Group::new("retail");
    facts.world = Arc::new(world);
    assert_eq!(expected(&facts, "", "1", "").0, "120");
    assert_eq!(expected(&facts, "K1", "1", "").0, "100", "a dealer is not retail");
    let mut customer = (*facts.customers["K1"]).clone();
    customer.group = Group::default();
    facts.customers.insert("K1".into(), Arc::new(customer));
    assert_eq!(expected(&facts, "K1", "1", "").0, "120");
}

#[test]
fn units_of_rows_are_converted_when_none_fits() {
    let mut facts = world_with(strict());
    let box_row = |from, p| Price { unit: "box".into(), ..price("L1", "", from, p) };
    // In pieces only.
    assert_eq!(expected(&facts, "", "2", "box").0, "1200");
    // In both: the ordered unit's own row.
    book(&mut facts, "L1", vec![price("L1", "", 0, "100"), box_row(0, "1100"), price("L1", "", 24, "90")]);
    assert_eq!(expected(&facts, "", "2", "box").0, "1100");
    assert_eq!(expected(&facts, "", "24", "pcs").0, "90");
    assert_eq!(expected(&facts, "", "23", "").0, "100");
    // In boxes only: a piece is a twelfth, rounded in the price but not in the amount.
    book(&mut facts, "L1", vec![box_row(0, "1000"), box_row(2, "900")]);
    assert_eq!(expected(&facts, "", "1", "pcs").0, "83.333333");
    assert_eq!(expected(&facts, "", "23", "pcs").0, "83.333333", "less than two boxes");
    assert_eq!(expected(&facts, "", "24", "pcs").0, "75");
    let order = order(vec![item("1", "L1", 12, "83.333333")]);
    assert_eq!(audit(&order, &facts).goods_expected, 1000_00);
}

#[test]
fn a_box_of_twelve_is_charged_by_the_box() {
    let facts = world_with(strict());
    let mut order = order(vec![item("1", "L1", 3, "1200")]);
    order.lines[0].item.unit = "box".into();
    let audit = audit(&order, &facts);
    assert_eq!((audit.goods, audit.goods_expected, audit.total), (3600_00, 3600_00, 3600_00));
    assert_eq!(codes(&audit), []);
    assert_eq!(audit.margin_ppm, Some(600_000), "36 pieces cost 40 each");
}

#[test]
fn rows_are_valid_on_the_date_the_order_was_placed() {
    let mut facts = world_with(strict());
    let valid = |from, to, p| Price { valid_from: from, valid_to: to, ..price("L1", "", 0, p) };
    let day = |m, d| Some(date(2026, m, d));
    // Placed on 2026-03-02 by the source's own clock.
    let cases = [
        (vec![valid(day(3, 2), day(3, 2), "80")], "80"),
        (vec![valid(day(3, 3), None, "80")], "none"),
        (vec![valid(None, day(3, 1), "80")], "none"),
        (vec![valid(None, None, "100"), valid(day(1, 1), None, "90")], "90"),
        (vec![valid(day(2, 1), day(3, 31), "80"), valid(day(1, 1), day(12, 31), "90")], "80"),
        (vec![valid(day(1, 1), None, "90"), valid(day(1, 1), None, "85")], "85"),
        (vec![valid(day(1, 1), None, "85"), valid(day(1, 1), None, "90")], "85"),
    ];
    for (rows, unit_price) in cases {
        book(&mut facts, "L1", rows.clone());
        assert_eq!(expected(&facts, "", "1", "").0, unit_price, "{rows:?}");
    }
    book(&mut facts, "L1", vec![valid(day(3, 2), None, "80")]);
    let mut early = order(vec![item("1", "L1", 1, "80")]);
    early.header.placed_at.offset = -700;
    assert_eq!(audit(&early, &facts).lines[0].expected, None, "there it was still the day before");
}
