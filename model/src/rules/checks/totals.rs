//! Check of sums: what the document claims against its own lines and charges.

use super::{Case, list};
use crate::{
    money::Money,
    rules::pricing,
    said::{Args, args},
};

pub(super) fn do_not_add_up(case: &Case<'_>) -> Option<Args> {
    let wrong = pricing::claims_that_differ(case.order, case.facts, case.policy.totals_tolerance);
    let first = wrong.first()?;
    let amount = |minor| Money::new(minor, case.order.currency()).decimal();
    let mut found = args([
        ("sums", list(wrong.iter().map(|claim| claim.of.name()))),
        ("claimed", amount(first.claimed)),
        ("comes_to", amount(first.comes_to)),
        ("currency", case.order.currency().to_string()),
    ]);
    let lines = list(wrong.iter().filter_map(|claim| claim.of.line()));
    if !lines.is_empty() {
        found.insert("lines".to_owned(), lines);
    }
    Some(found)
}
