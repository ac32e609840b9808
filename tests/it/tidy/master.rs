//! The demo's master data agrees with itself: a reference that leads nowhere would show up as a strange hold.

use super::{assert_none, read};
use model::{
    measure::Quantity,
    money::{Currency, Money, UnitPrice},
};
use std::collections::{BTreeMap, BTreeSet};

const TABLES: [&str; 8] =
    ["carriers", "customers", "prices", "products", "promotions", "rate_cards", "stock", "warehouses"];
const FULL: &str = "fixtures/master";
const MINIMAL: &str = "fixtures/master/minimal";

/// Mainland provinces; each is served by at least [`SERVICES_MIN`] services.
const PROVINCES: usize = 31;
const SERVICES_MIN: usize = 3;

type Row = BTreeMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row of its header")).collect()
}

fn table(folder: &str, name: &str) -> Vec<Row> {
    rows(&read(&format!("{folder}/{name}.csv")))
}

fn column(rows: &[Row], name: &str) -> BTreeSet<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}

/// Values of `name` that the other table does not have; empty and `*` mean any.
fn dangling(rows: &[Row], name: &str, there: &BTreeSet<String>) -> Vec<String> {
    let gone = column(rows, name).into_iter().filter(|v| !v.is_empty() && v != "*" && !there.contains(v));
    gone.map(|value| format!("{name} {value}")).collect()
}

fn repeated(rows: &[Row], key: &[&str]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let keys = rows.iter().map(|row| key.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" "));
    keys.filter(|key| !seen.insert(key.clone())).collect()
}

#[test]
fn references_lead_somewhere() {
    for folder in [FULL, MINIMAL] {
        let skus = column(&table(folder, "products"), "sku");
        let warehouses = column(&table(folder, "warehouses"), "code");
        let carriers = column(&table(folder, "carriers"), "code");
        assert_none(&dangling(&table(folder, "prices"), "sku", &skus), folder);
        assert_none(&dangling(&table(folder, "stock"), "sku", &skus), folder);
        assert_none(&dangling(&table(folder, "stock"), "warehouse", &warehouses), folder);
        assert_none(&dangling(&table(folder, "rate_cards"), "carrier", &carriers), folder);
        assert_none(&dangling(&table(folder, "rate_cards"), "warehouse", &warehouses), folder);
    }
}

#[test]
fn keys_are_unique() {
    for folder in [FULL, MINIMAL] {
        for (name, key) in [
            ("carriers", &["code"][..]),
            ("customers", &["code"]),
            ("prices", &["sku", "unit", "currency", "customer_group", "channel", "min_quantity", "valid_from"]),
            ("products", &["sku"]),
            ("promotions", &["code"]),
            ("rate_cards", &["carrier", "service", "warehouse", "country", "region", "city"]),
            ("stock", &["sku", "warehouse"]),
            ("warehouses", &["code"]),
        ] {
            assert_none(&repeated(&table(folder, name), key), name);
        }
    }
}

#[test]
fn the_short_tables_have_the_same_columns() {
    for name in TABLES {
        let header = |folder: &str| read(&format!("{folder}/{name}.csv")).lines().next().map(str::to_owned);
        assert_eq!(header(FULL), header(MINIMAL), "{name}");
        assert_eq!(table(MINIMAL, name).len(), 3, "{name}");
    }
}

#[test]
fn amounts_are_exact() {
    for price in table(FULL, "prices") {
        UnitPrice::parse(&price["unit_price"]).expect("a unit price");
        Quantity::parse(&price["min_quantity"]).expect("a quantity");
    }
    for card in table(FULL, "rate_cards") {
        let currency: Currency = card["currency"].parse().expect("a currency");
        for name in ["first_price", "step_price"] {
            assert!(Money::parse(&card[name], currency).expect("an amount").minor > 0, "{card:?}");
        }
    }
}

#[test]
fn every_province_is_served() {
    let mut services: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for card in table(FULL, "rate_cards").into_iter().filter(|card| card["country"] == "CN") {
        services.entry(card["region"].clone()).or_default().insert(format!("{} {}", card["carrier"], card["service"]));
    }
    assert_eq!(services.len(), PROVINCES);
    let thin = services.iter().filter(|(_, of)| of.len() < SERVICES_MIN).map(|(region, _)| region.clone());
    assert_none(&thin.collect::<Vec<_>>(), "too few services");
}

#[test]
fn control_bad_tables_are_found() {
    let prices = rows("sku,unit\nA,pcs\nB,pcs\nA,pcs\n");
    assert_eq!(dangling(&prices, "sku", &BTreeSet::from(["A".to_owned()])), ["sku B"]);
    assert_eq!(repeated(&prices, &["sku", "unit"]), ["A pcs"]);
}
