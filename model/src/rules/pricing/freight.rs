//! Freight charged: which rule applies. (Freight cost, the carrier's, is another matter.)

use super::{FreightRule, book, judge::Judge, sums::Sums};
use crate::{facts::Facts, order::state::Order, rules::checks::country_of, said::args};

/// Expected freight in minor units and the rule's name. `None`: no rule speaks about this order; when nothing ships,
/// none is needed and nothing is due.
pub(super) fn expected(order: &Order, facts: &Facts, sums: &Sums, judge: &mut Judge<'_>) -> (Option<i64>, String) {
    if !order.active().any(|line| line.item.ships) {
        return (Some(0), String::new());
    }
    let rules = &judge.policy.freight;
    for rule in rules.iter().filter(|rule| fits(rule, order, facts)) {
        if rule.currency != order.currency() {
            let of = args([("rule", rule.name.clone()), ("currency", rule.currency.to_string())]);
            judge.note("freight_rule_other_currency", of);
            continue;
        }
        let free = rule.free_from.is_some_and(|from| sums.net() >= i128::from(from));
        return (Some(if free { 0 } else { rule.amount }), rule.name.clone());
    }
    if !rules.is_empty() {
        judge.note("no_freight_rule", args([]));
    }
    (None, String::new())
}

fn fits(rule: &FreightRule, order: &Order, facts: &Facts) -> bool {
    let to = order.header.ship_to.as_ref();
    let country = country_of(to, order, facts);
    let region = to.and_then(|party| party.destination.as_ref()).map_or("", |place| place.region.trim());
    (rule.countries.is_empty() || rule.countries.iter().any(|name| name.eq_ignore_ascii_case(country)))
        && (rule.regions.is_empty() || rule.regions.iter().any(|name| region.starts_with(name.as_str())))
        && (rule.group.is_empty() || book::group_of(order, facts) == Some(&rule.group))
}
