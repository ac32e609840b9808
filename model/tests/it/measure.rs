//! Money, quantities, units and sizes: exact, and never out of bounds.

use model::{
    measure::{Quantity, Size, UnitFactor},
    money::{Currency, Money, UnitPrice, round_half_up},
};

fn currency(code: &str) -> Currency {
    code.parse().expect("a currency")
}

#[test]
fn amounts_follow_the_digits_of_their_currency() {
    for (text, code, minor) in
        [("19.99", "CNY", 1999), ("1500", "JPY", 1500), ("1.234", "KWD", 1234), ("-0.5", "EUR", -50)]
    {
        let money = Money::parse(text, currency(code)).expect(text);
        assert_eq!(money.minor, minor, "{text} {code}");
    }
    for (text, code) in [
        ("19.999", "CNY"),
        ("1.5", "JPY"),
        ("1.2345", "KWD"),
        ("1e", "CNY"),
        ("", "CNY"),
        ("99999999999999999999", "CNY"),
    ] {
        assert!(Money::parse(text, currency(code)).is_err(), "{text} {code}");
    }
    for (minor, code, text) in
        [(1999, "CNY", "19.99"), (-5, "CNY", "-0.05"), (1500, "JPY", "1500"), (1, "KWD", "0.001")]
    {
        assert_eq!(Money::new(minor, currency(code)).decimal(), text);
    }
    assert_eq!(Money::new(i64::MIN, Currency::CNY).decimal(), "-92233720368547758.08");
}

#[test]
fn prices_times_quantities_round_once_half_up() {
    // price, quantity, currency -> minor units
    let cases = [
        ("19.99", "3", "CNY", 5997),
        ("0.333333", "3", "CNY", 100),
        ("0.005", "1", "CNY", 1),
        ("0.004999", "1", "CNY", 0),
        ("-0.005", "1", "CNY", -1),
        ("0.1", "0.2", "CNY", 2),
        ("1500", "3", "JPY", 4500),
        ("0.5", "1", "JPY", 1),
        ("0.4", "1", "JPY", 0),
        ("1.2345", "1", "KWD", 1235),
        ("1.234", "2.5", "KWD", 3085),
    ];
    for (price, quantity, code, minor) in cases {
        let price = UnitPrice::parse(price).expect("a price");
        let quantity = Quantity::parse(quantity).expect("a quantity");
        assert_eq!(price.times(quantity, currency(code)).minor, minor, "{price:?} x {quantity:?} {code}");
    }
}

#[test]
fn the_ends_of_the_scale_saturate() {
    for code in ["JPY", "CNY", "KWD"] {
        let huge = |price, quantity| UnitPrice(price).times(Quantity(quantity), currency(code)).minor;
        assert_eq!(huge(i64::MAX, i64::MAX), i64::MAX);
        assert_eq!(huge(i64::MIN, i64::MIN), i64::MAX);
        assert_eq!(huge(i64::MAX, i64::MIN), i64::MIN);
    }
    assert_eq!(round_half_up(i128::MAX, 2), i64::MAX);
    assert_eq!(round_half_up(i128::MIN, 3), i64::MIN);
    let longest = Size { length_mm: i64::MAX, width_mm: i64::MAX, height_mm: i64::MAX };
    assert_eq!(longest.volume_cm3(), i64::MAX);
}

#[test]
fn rounding_is_half_away_from_zero() {
    for (n, d, rounded) in
        [(1, 2, 1), (-1, 2, -1), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (5, 10, 1), (4, 10, 0), (7, 1, 7), (0, 5, 0)]
    {
        assert_eq!(round_half_up(n, d), rounded, "{n}/{d}");
    }
}

#[test]
fn six_decimals_are_kept_and_no_more() {
    for text in ["19.99", "0.000001", "-1.5", "9007199254740.993", "0"] {
        assert_eq!(UnitPrice::parse(text).expect(text).decimal(), text);
        assert_eq!(Quantity::parse(text).expect(text).decimal(), text);
    }
    assert_eq!(Quantity::parse(" 2.50 ").expect("trimmed").decimal(), "2.5");
    for text in ["0.0000001", "abc", "1,5", "", "NaN", "Infinity", "10000000000000"] {
        assert!(Quantity::parse(text).is_err(), "{text}");
    }
}

#[test]
fn currencies_are_three_letters() {
    assert_eq!("cny".parse::<Currency>().expect("case does not matter"), Currency::CNY);
    for text in ["", "¥", "CN", "CNYY", "C1Y", "元元元"] {
        assert!(text.parse::<Currency>().is_err(), "{text}");
    }
}

#[test]
fn units_convert_exactly() {
    let dozen = UnitFactor { unit: "box".into(), num: 12, den: 1 };
    assert_eq!(dozen.to_base(Quantity::whole(2)), Some(Quantity::whole(24)));
    assert_eq!(dozen.to_base(Quantity(i64::MAX)), None, "more than can be counted");
    let third = UnitFactor { unit: "third".into(), num: 1, den: 3 };
    assert_eq!(third.to_base(Quantity::whole(1)), None);
    assert_eq!(third.to_base(Quantity::whole(6)), Some(Quantity::whole(2)));
}

#[test]
fn sizes_round_up() {
    let size = |length_mm, width_mm, height_mm| Size { length_mm, width_mm, height_mm }.volume_cm3();
    assert_eq!((size(200, 200, 300), size(10, 10, 10), size(1, 1, 1), size(0, 5, 5)), (12_000, 1, 1, 0));
}
