//! Checks of lines: what is ordered, in which unit, and how much.
//!
//! A line that does not ship may come without a sku (a fee, a gift card): it is understood in its own unit. If it
//! names a sku, that is an article of ours and must be known like any other.

use super::{Case, list, unit_factor};
use crate::{
    facts::Facts,
    order::{event::CheckedLine, state::Line},
    said::{Args, args},
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineFault {
    EmptySku,
    UnknownSku,
    InactiveSku,
    UnknownUnit,
    /// It does not come out in base units, or is too large to count.
    NotExact,
    NotPositive,
    OverLimit,
}

pub(super) struct LineView<'a> {
    line: &'a Line,
    faults: Vec<LineFault>,
    /// `None`: it could not be understood.
    pub(super) checked: Option<CheckedLine>,
}

/// The name of an argument and how a line gives it.
pub(super) type Shown = (&'static str, fn(&Line) -> String);

pub(super) const SKUS: Shown = ("skus", |line| line.item.sku.to_string());
pub(super) const UNITS: Shown = ("units", |line| line.item.unit.to_string());
pub(super) const QUANTITIES: Shown = ("quantities", |line| line.item.quantity.decimal());

/// Nothing of it is wanted any more, so nothing can be wrong with it.
pub(super) fn gone(line: &Line) -> bool {
    !line.counters.ordered.is_zero() && line.counters.cancelled == line.counters.ordered
}

/// One line with all that is wrong with it.
pub(super) fn view<'a>(line: &'a Line, facts: &Facts) -> LineView<'a> {
    let item = &line.item;
    let mut faults = vec![];
    if item.quantity.0 <= 0 {
        faults.push(LineFault::NotPositive);
    }
    let understood = if item.sku.is_empty() {
        if item.ships {
            faults.push(LineFault::EmptySku);
        }
        (!item.ships).then(|| (item.unit.clone(), item.quantity))
    } else if let Some(product) = facts.products.get(&item.sku) {
        if !product.active {
            faults.push(LineFault::InactiveSku);
        }
        let factor = unit_factor(product, &item.unit);
        let base = factor.as_ref().and_then(|factor| factor.to_base(item.quantity));
        let base = base.filter(|base| facts.policies().checks.can_be_had(product, *base));
        if factor.is_none() {
            faults.push(LineFault::UnknownUnit);
        } else if base.is_none() {
            faults.push(LineFault::NotExact);
        }
        base.map(|base| (product.base_unit.clone(), base))
    } else {
        faults.push(LineFault::UnknownSku);
        None
    };
    let checked = understood.filter(|_| item.quantity.0 > 0).map(|(base_unit, ordered)| CheckedLine {
        line: line.no,
        base_unit,
        ordered,
    });
    let limit = facts.policies().checks.max_quantity_per_line.saturating_mul(crate::money::MICRO);
    if limit > 0 && checked.as_ref().is_some_and(|checked| checked.ordered.0 > limit) {
        faults.push(LineFault::OverLimit);
    }
    LineView { line, faults, checked }
}

impl Case<'_> {
    /// The lines with `fault`, and of each the value that shows it.
    pub(super) fn lines_with(&self, fault: LineFault, shown: Option<Shown>) -> Option<Args> {
        let found = || self.lines.iter().filter(|view| view.faults.contains(&fault)).map(|view| view.line);
        found().next()?;
        let mut args = args([("lines", list(found().map(|line| line.no)))]);
        if let Some((name, value)) = shown {
            args.insert(name.to_owned(), list(found().map(value)));
        }
        Some(args)
    }
}

/// Articles nobody knows, and those that may be meant.
pub(super) fn unknown_sku(case: &Case<'_>) -> Option<Args> {
    let mut args = case.lines_with(LineFault::UnknownSku, Some(SKUS))?;
    let unknown = case.lines.iter().filter(|view| view.faults.contains(&LineFault::UnknownSku));
    let meant = list(unknown.filter_map(|view| case.facts.alike.get(&view.line.item.sku)));
    if !meant.is_empty() {
        args.insert("did_you_mean".to_owned(), meant);
    }
    Some(args)
}

pub(super) fn over_limit(case: &Case<'_>) -> Option<Args> {
    let mut args = case.lines_with(LineFault::OverLimit, Some(QUANTITIES))?;
    args.insert("limit".to_owned(), case.policy.max_quantity_per_line.to_string());
    Some(args)
}
