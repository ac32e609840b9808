//! Checks of the buyer, the customer and the address.

use super::{Case, list};
use crate::{
    facts::Facts,
    order::state::Order,
    party::Destination,
    said::{Args, PartyRef, args},
};

/// Cities that are their own province: one of region and city says both.
const MUNICIPALITIES: [&str; 4] = ["北京", "上海", "天津", "重庆"];

pub(super) fn no_buyer(case: &Case<'_>) -> Option<Args> {
    let header = &case.order.header;
    let asked = case.policy.buyer_always || ships(case.order);
    (asked && header.buyer.is_none() && !known_customer(case)).then(Args::new)
}

pub(super) fn buyer_unreachable(case: &Case<'_>) -> Option<Args> {
    let buyer = case.order.header.buyer.as_ref()?.complete;
    let asked = case.policy.buyer_always || ships(case.order);
    if !asked || known_customer(case) {
        return None;
    }
    let missing = [(buyer.name, "name"), (buyer.phone || buyer.email, "phone_or_email")];
    missing_args(&missing)
}

pub(super) fn unknown_customer(case: &Case<'_>) -> Option<Args> {
    let code = &case.order.header.customer;
    let unknown = !code.is_empty() && !case.facts.customers.contains_key(code);
    unknown.then(|| args([("customer", code.to_string())]))
}

pub(super) fn inactive_customer(case: &Case<'_>) -> Option<Args> {
    let code = &case.order.header.customer;
    let customer = case.facts.customers.get(code)?;
    (!customer.active).then(|| args([("customer", code.to_string())]))
}

pub(super) fn no_ship_to(case: &Case<'_>) -> Option<Args> {
    (ships(case.order) && case.order.header.ship_to.is_none()).then(Args::new)
}

pub(super) fn address_incomplete(case: &Case<'_>) -> Option<Args> {
    let header = &case.order.header;
    let to = header.ship_to.as_ref().filter(|_| ships(case.order))?;
    let buyer = header.buyer.as_ref().map(|buyer| buyer.complete).unwrap_or_default();
    let country = country_of(Some(to), case.order, case.facts);
    let place = to.destination.clone().unwrap_or_default();
    let filled = |text: &str| !text.trim().is_empty();
    let (region, city) = if !country.eq_ignore_ascii_case("CN") {
        // A postcode finds the city; regions are not part of addresses everywhere.
        (true, filled(&place.city) || filled(&place.postcode))
    } else if municipality(&place) {
        (true, true)
    } else {
        (filled(&place.region), filled(&place.city))
    };
    let phone = to.complete.phone || buyer.phone || !case.policy.phone_for_shipping;
    missing_args(&[
        (to.complete.name || buyer.name, "name"),
        (filled(country), "country"),
        (region, "region"),
        (city, "city"),
        (to.complete.street, "street"),
        (phone, "phone"),
    ])
}

/// The country of `party`'s address; the channel's when the address does not say; empty when neither does.
pub(crate) fn country_of<'a>(party: Option<&'a PartyRef>, order: &Order, facts: &'a Facts) -> &'a str {
    let stated = party.and_then(|party| party.destination.as_ref()).map_or("", |place| place.country.trim());
    if !stated.is_empty() {
        return stated;
    }
    facts.world.channels.get(&order.channel).map_or("", |channel| channel.country.trim())
}

fn municipality(place: &Destination) -> bool {
    MUNICIPALITIES.iter().any(|name| place.region.trim().starts_with(name) || place.city.trim().starts_with(name))
}

fn ships(order: &Order) -> bool {
    order.active().any(|line| line.item.ships && !super::lines::gone(line))
}

fn known_customer(case: &Case<'_>) -> bool {
    case.facts.customers.get(&case.order.header.customer).is_some_and(|customer| customer.active)
}

fn missing_args(parts: &[(bool, &str)]) -> Option<Args> {
    let missing = list(parts.iter().filter(|(there, _)| !there).map(|(_, name)| *name));
    (!missing.is_empty()).then(|| args([("missing", missing)]))
}
