//! Rows about goods: products, prices, stock.

use super::row::Row;
use crate::store::stock::Count;
use model::{
    codes::Unit,
    facts::{Price, Product},
    measure::{Quantity, Size, UnitFactor},
    money::Currency,
};

/// Characters of a product's name.
const NAME_MAX: usize = 300;
/// Other units of one product.
const UNITS_MAX: usize = 20;
/// Parts of a unit's factor.
const FACTOR_MAX: i64 = 1_000_000_000;
/// Grams and millimetres of one packed unit.
const WEIGHT_MAX: i64 = 100_000_000;
const LENGTH_MAX: i64 = 100_000;

pub(super) fn product(row: &mut Row<'_>) -> Product {
    let base_unit: Unit = row.code("base_unit");
    let unit_cost = row.unit_price("unit_cost");
    if unit_cost.0 != 0 {
        row.needs("cost_currency");
    }
    Product {
        sku: row.code("sku"),
        name: row.text("name", NAME_MAX),
        name_en: row.text("name_en", NAME_MAX),
        category: row.text("category", 100),
        active: row.yes("active"),
        units: units(row, &base_unit),
        base_unit,
        weight_g: row.whole("weight_g", 0..=WEIGHT_MAX, 0),
        size: Size {
            length_mm: row.whole("length_mm", 0..=LENGTH_MAX, 0),
            width_mm: row.whole("width_mm", 0..=LENGTH_MAX, 0),
            height_mm: row.whole("height_mm", 0..=LENGTH_MAX, 0),
        },
        unit_cost,
        cost_currency: row.currency("cost_currency"),
        tax_class: row.code::<()>("tax_class").to_string(),
    }
}

/// `box=12/1;carton=48/1`: a box is 12 base units, a carton 48.
fn units(row: &mut Row<'_>, base: &Unit) -> Vec<UnitFactor> {
    let text = row.text("units", 400);
    let found: Option<Vec<UnitFactor>> =
        text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(unit).collect();
    let Some(found) = found else {
        row.wrong(BAD_UNITS, "units");
        return Vec::new();
    };
    let twice = found.iter().enumerate().any(|(i, u)| u.unit == *base || found[..i].iter().any(|v| v.unit == u.unit));
    if twice || found.len() > UNITS_MAX {
        row.wrong(BAD_UNITS, "units");
    }
    found
}

fn unit(text: &str) -> Option<UnitFactor> {
    let (name, factor) = text.split_once('=')?;
    let (num, den) = factor.split_once('/').unwrap_or((factor, "1"));
    let part = |text: &str| text.trim().parse::<i64>().ok().filter(|n| (1..=FACTOR_MAX).contains(n));
    let name = name.trim();
    (!name.is_empty()).then_some(())?;
    Some(UnitFactor { unit: Unit::new(name), num: part(num)?, den: part(den)? })
}

const BAD_UNITS: &str = "bad_units";

pub(super) fn price(row: &mut Row<'_>) -> Price {
    let (valid_from, valid_to) = (row.date("valid_from"), row.date("valid_to"));
    if valid_from.zip(valid_to).is_some_and(|(from, to)| from > to) {
        row.wrong("out_of_range", "valid_to");
    }
    Price {
        sku: row.code("sku"),
        unit: row.code("unit"),
        // A row without a currency is a bad row, so the currency put here is never stored.
        currency: row.currency("currency").unwrap_or(Currency::CNY),
        customer: row.code("customer"),
        group: row.code("customer_group"),
        channel: row.code("channel"),
        min_quantity: row.quantity("min_quantity").unwrap_or_default(),
        unit_price: row.unit_price("unit_price"),
        valid_from,
        valid_to,
    }
}

/// A count, and when the level is short and how much is bought at a time, where the row says so.
pub(super) fn count(row: &mut Row<'_>) -> (Count, Option<(Quantity, Quantity)>) {
    let (point, quantity) = (row.quantity("reorder_point"), row.quantity("reorder_quantity"));
    if quantity.is_some() {
        row.needs("reorder_point");
    }
    let count = Count {
        sku: row.code("sku"),
        warehouse: row.code("warehouse"),
        on_hand: row.quantity("on_hand").unwrap_or(Quantity::ZERO),
        safety: row.quantity("safety"),
    };
    (count, point.map(|point| (point, quantity.unwrap_or_default())))
}
