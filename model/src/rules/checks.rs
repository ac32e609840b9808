//! Checks: may this order be decided at all? Every fault is reported at once.
//!
//! A new check is one function and its line in [`CHECKS`]. Arguments of holds carry line numbers, codes and amounts,
//! never people's data.

mod fingerprint;
mod lines;
mod parties;
mod policy;
mod totals;
mod units;

use crate::{
    facts::Facts,
    order::{
        event::CheckedLine,
        state::{Hold, Order, ReleaseRule, Stage},
    },
    said::{Args, args},
};
use lines::{LineFault, LineView};

pub use fingerprint::fingerprint;
pub(crate) use parties::country_of;
pub use policy::ChecksPolicy;
pub(crate) use policy::due_after;
pub use units::unit_factor;

/// The outcome of the checks.
#[derive(Clone, PartialEq, Debug)]
pub struct Checks {
    /// Base unit and base quantity of every line that could be understood.
    pub lines: Vec<CheckedLine>,
    /// One hold a code, with the lines concerned in its arguments.
    pub holds: Vec<Hold>,
}

/// What every check may look at.
struct Case<'a> {
    order: &'a Order,
    facts: &'a Facts,
    policy: &'a ChecksPolicy,
    lines: Vec<LineView<'a>>,
}

struct Check {
    code: &'static str,
    release: ReleaseRule,
    /// The arguments of the hold, when there is cause for one.
    find: fn(&Case<'_>) -> Option<Args>,
}

use ReleaseRule::{Mended, Person};

const CHECKS: [Check; 16] = [
    Check { code: "no_lines", release: Mended, find: |case| case.order.active().next().is_none().then(Args::new) },
    Check { code: "no_buyer", release: Person, find: parties::no_buyer },
    Check { code: "buyer_unreachable", release: Person, find: parties::buyer_unreachable },
    Check { code: "unknown_customer", release: Mended, find: parties::unknown_customer },
    Check { code: "inactive_customer", release: Person, find: parties::inactive_customer },
    Check { code: "no_ship_to", release: Mended, find: parties::no_ship_to },
    Check { code: "address_incomplete", release: Mended, find: parties::address_incomplete },
    Check { code: "empty_sku", release: Mended, find: |case| case.lines_with(LineFault::EmptySku, None) },
    Check { code: "unknown_sku", release: Mended, find: lines::unknown_sku },
    Check {
        code: "inactive_sku",
        release: Person,
        find: |case| case.lines_with(LineFault::InactiveSku, Some(lines::SKUS)),
    },
    Check {
        code: "unknown_unit",
        release: Mended,
        find: |case| case.lines_with(LineFault::UnknownUnit, Some(lines::UNITS)),
    },
    Check {
        code: "unit_not_exact",
        release: Mended,
        find: |case| case.lines_with(LineFault::NotExact, Some(lines::QUANTITIES)),
    },
    Check {
        code: "quantity_not_positive",
        release: Mended,
        find: |case| case.lines_with(LineFault::NotPositive, Some(lines::QUANTITIES)),
    },
    Check { code: "quantity_over_limit", release: Person, find: lines::over_limit },
    Check { code: "duplicate_suspected", release: Person, find: duplicate_suspected },
    Check { code: "totals_do_not_add_up", release: Person, find: totals::do_not_add_up },
];

/// The codes of all holds the checks may raise.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|check| check.code)
}

/// Runs every check. A hold whose code a person accepted since the content last changed is not raised again; one that
/// the order carries already, for the same reason, keeps its age.
pub fn check(order: &Order, facts: &Facts) -> Checks {
    let policy = &facts.policies().checks;
    let lines = order.active().filter(|line| !lines::gone(line)).map(|line| lines::view(line, facts)).collect();
    let case = Case { order, facts, policy, lines };
    let raise = |check: &Check| {
        let args = (!order.accepts(check.code)).then(|| (check.find)(&case)).flatten()?;
        let hold = Hold {
            code: check.code.to_owned(),
            owner: policy.owner_of(check.code),
            blocks: Stage::Checks,
            since: facts.now,
            due: policy.due(facts.now),
            args,
            release: check.release,
        };
        Some(as_before(order, hold))
    };
    let holds = CHECKS.iter().filter_map(raise).collect();
    Checks { lines: case.lines.into_iter().filter_map(|line| line.checked).collect(), holds }
}

/// The hold the order carries already when it says the same, else this one.
pub(crate) fn as_before(order: &Order, hold: Hold) -> Hold {
    match order.hold(&hold.code) {
        Some(before) if before.args == hold.args && before.blocks == hold.blocks => before.clone(),
        Some(_) | None => hold,
    }
}

/// Values of one argument that are written out; the rest shows as `...`.
const SHOWN_MAX: usize = 20;

/// Writes values with commas between them, each once.
pub(crate) fn list<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let mut shown: Vec<String> = vec![];
    for value in values {
        let value = value.to_string();
        if shown.contains(&value) {
            continue;
        }
        if shown.len() == SHOWN_MAX {
            shown.push("...".to_owned());
            break;
        }
        shown.push(value);
    }
    shown.join(",")
}

fn duplicate_suspected(case: &Case<'_>) -> Option<Args> {
    let key = fingerprint::of(&case.order.header, case.order.active().map(|line| &line.item));
    let others = case.facts.similar.get(&key).filter(|_| !key.is_empty())?;
    let others = list(others.iter().filter(|id| **id != case.order.id));
    (!others.is_empty()).then(|| args([("orders", others)]))
}
