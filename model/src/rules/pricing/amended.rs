//! Tax after a person changed the goods of an order.
//!
//! What the channel stated is the tax of other goods, so that it is no claim any more: it would hold every amended order
//! for a difference nobody made. Tax that is in the prices is forgotten, as of an order that never stated any: the buyer
//! pays the same either way. Tax on top is part of what the buyer pays, so it has to follow. It is reckoned by our own
//! rates, which are right also for freight and for goods of several classes; where we have none, or were told not to look
//! at this channel's tax, it is scaled with the value of the goods.

use super::sums::{Sums, fit};
use crate::{
    facts::Facts,
    money::round_half_up,
    order::{apply, state::Order},
    rules::{checks, pricing::book},
    said::{Charge, ChargeKind, Content, PartyRef},
};

/// Lets the stated tax of `content` follow its goods, which were those of `before`. Nothing when no tax was stated.
pub(crate) fn restate_tax(before: &Order, content: &mut Content<PartyRef>, facts: &Facts) {
    let was = sums(before, facts);
    if !was.tax_stated {
        return;
    }
    let charges = &mut content.header.charges;
    let label = charges.iter().find(|charge| charge.kind == ChargeKind::Tax).map(|charge| charge.label.clone());
    charges.retain(|charge| charge.kind != ChargeKind::Tax);
    if content.header.taxes_included {
        content.items.iter_mut().for_each(|item| item.tax = None);
        return;
    }
    let now = understood(before, content, facts);
    let amount = by_our_rates(&now, facts).unwrap_or_else(|| in_proportion(&was, &sums(&now, facts)));
    content.header.charges.push(Charge { kind: ChargeKind::Tax, label: label.unwrap_or_default(), amount });
}

fn sums(order: &Order, facts: &Facts) -> Sums {
    Sums::of(order, &book::charged(order, &book::quotes(order, facts)))
}

/// The order that `content` would be.
fn understood(before: &Order, content: &Content<PartyRef>, facts: &Facts) -> Order {
    let mut order = apply::placed(before.id, content);
    order.channel = before.channel.clone();
    let lines = checks::check(&order, facts).lines;
    apply::checked(&mut order, &lines);
    order
}

/// `None`: a rate is not known, or the channel's tax is not ours to check.
fn by_our_rates(order: &Order, facts: &Facts) -> Option<i64> {
    let seen = super::audit(order, facts);
    let unknown = seen.notes.iter().any(|note| matches!(note.code.as_str(), "tax_not_checked" | "tax_rate_unknown"));
    (!unknown).then_some(seen.tax_expected)
}

fn in_proportion(was: &Sums, now: &Sums) -> i64 {
    if was.net() <= 0 { fit(was.tax) } else { round_half_up(was.tax.saturating_mul(now.net()), was.net()) }
}
