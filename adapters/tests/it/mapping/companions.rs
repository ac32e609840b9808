//! What stands beside an amount: the number of units it is for, and its currency.

use super::{mapping, read};
use model::money::UnitPrice;

fn price(amount: &str, units: &str, currency: &str) -> Result<Option<UnitPrice>, String> {
    let mapping = mapping(
        r#"name = "test"
version = 1
[read]
format = "csv"
header = ["No", "Sku"]
group_by = "No"
[order]
external_id = "No"
placed_at = { const = "2026-01-01" }
[items]
sku = "Sku"
quantity = { const = "1" }
unit_price = { from = "Amount", per = "For", currency = "In", optional = true }
"#,
    );
    let outcome = read(&mapping, format!("No,Sku,Amount,For,In\nA,x,{amount},{units},{currency}\n").as_bytes());
    match outcome.rejects.first() {
        Some(reject) => Err(format!("{} {}", reject.code, reject.location.cell.as_deref().unwrap_or_default())),
        None => Ok(outcome.draft(0).items[0].unit_price),
    }
}

#[test]
fn a_price_for_several_is_divided_to_the_nearest_millionth() {
    let cases = [
        ("10.00", "3", 3_333_333),
        ("20.00", "3", 6_666_667),
        ("-20.00", "3", -6_666_667),
        ("0.000001", "2", 1),
        ("50", "0.5", 100_000_000),
        ("100", "1000", 100_000),
        ("7.5", "", 7_500_000),
    ];
    for (amount, units, expected) in cases {
        assert_eq!(price(amount, units, ""), Ok(Some(UnitPrice(expected))), "{amount} / {units}");
    }
    assert_eq!(price("10", "0", ""), Ok(None), "a price for none is no price");
    assert_eq!(price("10", "few", ""), Err("not_a_number D2".to_owned()));
    assert_eq!(price("10", "-1", ""), Err("negative_quantity D2".to_owned()));
    assert_eq!(price("9000000000000", "0.000001", ""), Err("number_too_large D2".to_owned()));
}

#[test]
fn an_amount_in_another_currency_is_refused() {
    for same in ["CNY", "cny", "元", ""] {
        assert_eq!(price("10", "", same), Ok(Some(UnitPrice(10_000_000))), "{same}");
    }
    for other in ["EUR", "??"] {
        assert_eq!(price("10", "", other), Err("currency_differs E2".to_owned()), "{other}");
    }
}
