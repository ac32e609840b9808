//! Ids are derived: the same words give the same id, and orders that follow one another stand beside each other.

use model::ids::{DeliveryId, FulfilmentId, OrderId};
use std::collections::BTreeSet;

fn order(external_id: &str) -> OrderId {
    OrderId::of("shop", external_id)
}

#[test]
fn an_order_has_one_id_for_ever() {
    // Stored under it: a change here loses every order that is stored.
    assert_eq!(order("5600000000001").to_string(), "0f17da02-c001-8ed7-8288-8ace6a2389cb");
    assert_eq!(OrderId::of("17号店", "17号店/20261121001").to_string(), "2b04b7a8-2be9-8a0a-9777-e07f40392c10");
    assert_ne!(order("1"), OrderId::of("shop2", "1"));
    assert_eq!(order("1").uuid().get_version_num(), 8);
}

#[test]
fn orders_that_follow_one_another_have_neighbouring_ids() {
    for (before, after) in [
        ("5600000000001", "5600000000002"),
        ("#1009", "#1010"),
        ("17号店/20261121099", "17号店/20261121100"),
        ("PO-2026-00041-EU2", "PO-2026-00042-EU1"),
        ("1099511627776", "1099511627777"),
    ] {
        assert!(order(before) < order(after), "{before} {after}");
        assert_eq!(order(before).near()[..4], order(after).near()[..4], "{before} {after}");
    }
    // Numbers longer than any computer counts, and none at all, are ids like others.
    for text in ["", "no number", "９９", &"9".repeat(400)] {
        assert_eq!(order(text), order(text));
    }
}

#[test]
fn what_an_order_makes_stands_beside_it_and_is_told_apart() {
    let (first, second) = (order("1001"), order("1002"));
    let made: BTreeSet<FulfilmentId> = (0..100).map(|ordinal| FulfilmentId::of(first, 7, ordinal)).collect();
    assert_eq!(made.len(), 100);
    assert!(made.iter().all(|id| id.near() == first.near()));
    let told: BTreeSet<DeliveryId> = (1..=100).map(|number| DeliveryId::of("erp", first.uuid(), number)).collect();
    assert_eq!(told.len(), 100);
    assert!(told.iter().all(|id| id.near() == first.near()));
    assert_ne!(FulfilmentId::of(first, 1, 0), FulfilmentId::of(second, 1, 0));
    // The same number in a hundred thousand words is a hundred thousand orders.
    let alike: BTreeSet<OrderId> = (0..100_000_u32).map(|n| order(&format!("{}-7777777777", letters(n)))).collect();
    assert_eq!(alike.len(), 100_000);
}

/// A word of letters for each number.
fn letters(number: u32) -> String {
    number.to_string().bytes().map(|digit| char::from(digit + b'a' - b'0')).collect()
}
