//! Checks of buyer, customer and address.

use super::{Case, found, good, only, try_all, world_with};
use model::{
    ids::PartyId,
    order::state::{Order, ReleaseRule},
    party::{Completeness, Destination},
    rules::checks::{ChecksPolicy, check},
};
use std::sync::Arc;

#[test]
fn faults_of_parties() {
    let cases: &[Case] = &[
        ("no buyer", |o| o.header.buyer = None, &["no_buyer"]),
        ("a known customer needs no buyer", |o| (o.header.buyer, o.header.customer) = (None, "K1".into()), &[]),
        ("unknown customer", |o| o.header.customer = "K9".into(), &["unknown_customer"]),
        ("nowhere to ship", |o| o.header.ship_to = None, &["no_ship_to"]),
        (
            "nothing to ship",
            |o| {
                o.header.ship_to = None;
                o.lines.iter_mut().for_each(|l| l.item.ships = false)
            },
            &[],
        ),
        (
            "cash sale",
            |o| {
                (o.header.ship_to, o.header.buyer) = (None, None);
                o.lines.iter_mut().for_each(|l| l.item.ships = false)
            },
            &[],
        ),
        ("mail is enough to reach the buyer", |o| buyer(o).phone = false, &[]),
        ("phone is enough to reach the buyer", |o| buyer(o).email = false, &[]),
        ("no way to reach the buyer", |o| (buyer(o).phone, buyer(o).email) = (false, false), &["buyer_unreachable"]),
        ("no name, but the parcel's", |o| buyer(o).name = false, &["buyer_unreachable"]),
        ("no phone for the parcel, but the buyer's", |o| to(o).complete.phone = false, &[]),
        ("no phone at all", |o| (to(o).complete.phone, buyer(o).phone) = (false, false), &["address_incomplete"]),
        ("no street", |o| to(o).complete.street = false, &["address_incomplete"]),
    ];
    try_all(cases, &world_with(ChecksPolicy::default()));
}

pub(super) fn buyer(order: &mut Order) -> &mut Completeness {
    &mut order.header.buyer.as_mut().expect("a buyer").complete
}

pub(super) fn to(order: &mut Order) -> &mut model::said::PartyRef {
    order.header.ship_to.as_mut().expect("a ship-to")
}

#[test]
fn completeness_of_addresses_by_country() {
    // country, region, city, postcode, street -> what is missing
    let cases = [
        ("CN", "广东省", "深圳市", "", true, ""),
        ("", "广东省", "深圳市", "", true, ""),
        ("CN", "", "深圳市", "518000", true, "region"),
        ("CN", "广东省", " ", "518000", true, "city"),
        ("CN", "", "", "", false, "region,city,street"),
        ("CN", "上海市", "", "", true, ""),
        ("CN", "", "北京市", "", true, ""),
        ("DE", "", "Berlin", "", true, ""),
        ("DE", "", "", "10115", true, ""),
        ("DE", "", "", "", true, "city"),
        ("de", "Berlin", "Berlin", "10115", false, "street"),
    ];
    let facts = world_with(ChecksPolicy::default());
    for (country, region, city, postcode, street, missing) in cases {
        let mut order = good();
        to(&mut order).complete.street = street;
        to(&mut order).destination = Some(Destination {
            country: country.into(),
            region: region.into(),
            city: city.into(),
            district: String::new(),
            postcode: postcode.into(),
        });
        let holds = check(&order, &facts).holds;
        let said = holds.first().map_or("", |hold| hold.args["missing"].as_str());
        assert_eq!(said, missing, "{country} {region} {city} {postcode} {street}");
    }
}

#[test]
fn without_an_address_or_a_channel_the_country_is_missing_too() {
    let facts = world_with(ChecksPolicy::default());
    let mut order = good();
    order.channel = "unheard-of".into();
    to(&mut order).destination = None;
    to(&mut order).complete = Completeness::default();
    buyer(&mut order).phone = false;
    let hold = only(&order, &facts);
    assert_eq!(hold.args["missing"], "country,city,street,phone", "the buyer's name will do");
}

#[test]
fn a_customer_we_stopped_serving_waits_for_a_person() {
    let mut facts = world_with(ChecksPolicy::default());
    let mut customer = (*facts.customers["K1"]).clone();
    customer.active = false;
    facts.customers.insert("K1".into(), Arc::new(customer));
    let mut order = good();
    order.header.customer = "K1".into();
    let hold = only(&order, &facts);
    assert_eq!((hold.code.as_str(), hold.release), ("inactive_customer", ReleaseRule::Person));
    assert_eq!(hold.args["customer"], "K1");
    order.header.buyer = None;
    assert_eq!(found(&order, &facts), ["no_buyer", "inactive_customer"]);
}

#[test]
fn holds_name_nobody() {
    let facts = world_with(ChecksPolicy::default());
    let mut order = good();
    let secret = PartyId::derived(&[b"buyer"]).to_string();
    (order.header.claimed.total, to(&mut order).complete.street) = (Some(1), false);
    let text = serde_json::to_string(&check(&order, &facts).holds).expect("holds are plain");
    assert!(!text.contains(&secret) && !text.contains("上海"), "{text}");
}
