//! Trees: paths, lists, sums, notices, and the platform's own examples.

use super::{mapping, read, shipped};
use model::{measure::Quantity, money::UnitPrice, said::Statement};
use serde_json::json;

/// A mapping that uses every word of trees.
const TREE: &str = r#"
name = "tree"
version = 1
[read]
format = "json"
record = ["data.order", "list", ""]
[order]
external_id = "id"
version = { from = "v", as = "integer" }
placed_at = { from = "t", as = "unix_ms" }
total = { from = "total", as = "money_minor" }
[ship_to]
name = ["to.name", "/to['full.name']"]
[items]
at = "lines[*]"
sku = "sku"
quantity = "n"
unit_price = { from = "fen", as = "price_minor" }
discount = { sum = ["cuts[*].by", "cut"], optional = true }
title = { join = ["/shop", "names[0]?"], with = ": " }
[[items.specification_each]]
each = "spec"
name = "k"
value = "v"
unit = "u"
[[charges]]
kind = "discount"
each = "coupons"
amount = "off"
[[charges]]
kind = "shipping"
amount = "freight"
[attributes]
"a b" = "x.y"
[[attributes_each]]
each = "tags"
name = "n"
value = "v"
"#;

#[test]
fn trees_have_paths_lists_and_sums() {
    let order = r#"{"id": 9007199254740993, "v": 7, "t": 1772438400123, "total": 1999, "shop": "S", "to": {"full.name": "Ann"},
      "lines": [{"sku": "a", "n": 1e0, "fen": 1050, "cuts": [{"by": "0.50"}, {"by": 0.25}], "names": ["N"], "spec": [{"k": "w", "v": 3, "u": "mm"}]},
                {"sku": 123, "n": "2.5", "fen": 5, "cut": "-1.00"}],
      "coupons": [{"off": "-3.00"}, {"off": null}], "freight": 8, "x": {"y": true}, "tags": [{"n": "t", "v": "1"}, {"n": "t", "v": "2"}]}"#;
    let mapping = mapping(TREE);
    let outcome = read(&mapping, format!("{{\"data\": {{\"order\": {order}}}}}").as_bytes());
    let draft = outcome.only().clone();
    assert_eq!((outcome.said[0].external_id.as_str(), outcome.said[0].version), ("9007199254740993", Some(7)));
    assert_eq!(draft.header.placed_at.rfc3339(), "2026-03-02T16:00:00.123+08:00");
    let lines: Vec<_> = draft
        .items
        .iter()
        .map(|i| (i.sku.to_string(), i.quantity, i.unit_price, i.discount, i.title.clone()))
        .collect();
    assert_eq!(
        lines,
        [
            ("a".to_owned(), Quantity::whole(1), Some(UnitPrice(10_500_000)), 75, "S: N".to_owned()),
            ("123".to_owned(), Quantity(2_500_000), Some(UnitPrice(50_000)), 100, "S".to_owned()),
        ]
    );
    assert_eq!(draft.items[0].specification[0].unit, "mm");
    assert_eq!(draft.header.charges.iter().map(|c| c.amount).collect::<Vec<_>>(), [300, 800]);
    assert_eq!(json!(draft.header.attributes), json!({"a b": "true", "t": "1; 2"}));
    let lineage = &outcome.said[0].lineage;
    assert_eq!(lineage["items.discount"], "/data/order/lines/*/cuts/*/by");
    assert_eq!(lineage["items[1].discount"], "/data/order/lines/1/cut");
    assert_eq!(lineage["ship_to.name"], "/data/order/to/full.name");
    let several = read(&mapping, format!("{{\"list\": [{order}, {{\"id\": 2}}, {order}]}}").as_bytes());
    assert_eq!((several.said.len(), several.summary.records), (2, 3));
    assert!(several.rejects.iter().all(|r| r.order_key == "2"));
    assert_eq!(several.rejects[0].location.pointer.as_deref(), Some("/list/1/v"));
}

#[test]
fn a_document_that_is_no_tree_is_one_reject() {
    let mapping = shipped("shopify-order");
    for (bytes, code) in
        [(&b"{\"id\": 1,}"[..], "not_json"), (b"[]", "no_records"), (b"", "empty_document"), (b"7", "not_a_record")]
    {
        assert_eq!(read(&mapping, bytes).codes(), [code]);
    }
}

#[test]
fn notices_say_only_what_they_say() {
    let deleted = read(&shipped("shopify-delete"), br#"{"id": 5}"#);
    assert_eq!((deleted.keys(), &deleted.said[0].what), (vec!["5"], &Statement::Deleted));
    let text = "name = \"n\"\nversion = 1\nsays = \"cancelled\"\n[read]\nformat = \"json\"\n[order]\nexternal_id = \"id\"\nreason = \"why\"\n";
    let europe = super::europe();
    assert!(europe.currency.is_none(), "a notice has no amounts, hence no currency");
    let cancelled = super::read_with(&mapping(text), br#"{"id": "7", "why": "customer"}"#, &europe);
    assert_eq!(cancelled.said[0].what, Statement::Cancelled { reason: "customer".to_owned() });
}

/// The platform's own example orders, where they are at hand.
#[test]
fn shopify_samples_go_through() {
    let folder = super::root().join("../shared/samples/shopify");
    for (file, orders, currency) in [
        ("shopify-python_order.json", 1, "USD"),
        ("go-shopify_orders.json", 1, "USD"),
        ("go-shopify_order_with_transaction.json", 1, "USD"),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(file)) else { continue };
        let outcome = read(&shipped("shopify-order"), &bytes);
        assert_eq!((outcome.said.len(), outcome.codes()), (orders, vec![]), "{file}");
        assert_eq!(outcome.draft(0).header.currency.as_str(), currency);
        assert!(outcome.draft(0).header.ship_to.is_some());
    }
}
