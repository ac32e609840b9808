//! Priority: which order is served first when stock is short. A sum of parts, each with its reason.

mod policy;

use crate::{
    facts::{Facts, Tier},
    order::state::Order,
    rules::pricing::order_total,
    said::{OrderKind, PaymentMethod, PaymentState},
    time::DAY,
};
use serde::{Deserialize, Serialize};

pub use policy::{KindPoints, PaymentPoints, PriorityPolicy, TierPoints, ValueBand, WaitingPoints, WishedBand};

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Priority {
    pub score: i32,
    /// One of each code, also those that give no points.
    pub parts: Vec<PriorityPart>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriorityPart {
    /// Stable code: `tier`, `kind`, `value`, `wished_date`, `waiting`, `paid`.
    pub code: String,
    pub points: i32,
    /// What the points were given for: a tier, a kind, the amount a band begins at, the wished date, days waited, the
    /// standing of the payment; `none`, `no_band` or `other_currency` when there was nothing to give them for.
    pub because: String,
}

/// How urgent an order is, as of `facts.now`. Needs the price audit for lines whose price is left to us.
pub fn score(order: &Order, facts: &Facts) -> Priority {
    let policy = &facts.policies().priority;
    let parts = vec![
        tier(order, facts, policy),
        kind(order, policy),
        value(order, policy),
        wished_date(order, facts, policy),
        waiting(order, facts, policy),
        paid(order, policy),
    ];
    let sum: i64 = parts.iter().map(|part| i64::from(part.points)).sum();
    // Not `clamp`: a policy whose least is above its most must not stop us.
    let score = sum.max(policy.least.into()).min(policy.most.into());
    Priority { score: i32::try_from(score).unwrap_or(policy.most), parts }
}

fn part(code: &str, points: i32, because: impl ToString) -> PriorityPart {
    PriorityPart { code: code.to_owned(), points, because: because.to_string() }
}

fn tier(order: &Order, facts: &Facts, policy: &PriorityPolicy) -> PriorityPart {
    let (points, because) = match facts.customers.get(&order.header.customer).map(|customer| customer.tier) {
        Some(Tier::Regular) => (policy.tier.regular, "regular"),
        Some(Tier::Key) => (policy.tier.key, "key"),
        Some(Tier::Strategic) => (policy.tier.strategic, "strategic"),
        None => (0, "none"),
    };
    part("tier", points, because)
}

fn kind(order: &Order, policy: &PriorityPolicy) -> PriorityPart {
    let (points, because) = match order.header.kind {
        OrderKind::Regular => (policy.kind.regular, "regular"),
        OrderKind::Custom => (policy.kind.custom, "custom"),
        OrderKind::Strategic => (policy.kind.strategic, "strategic"),
    };
    part("kind", points, because)
}

/// The highest band of the order's currency that the order reaches.
fn value(order: &Order, policy: &PriorityPolicy) -> PriorityPart {
    let total = order_total(order);
    let ours = || policy.value.iter().filter(|band| band.from.currency == total.currency);
    match ours().filter(|band| band.from.minor <= total.minor).max_by_key(|band| band.from.minor) {
        Some(band) => part("value", band.points, band.from),
        None if ours().next().is_none() && !policy.value.is_empty() => part("value", 0, "other_currency"),
        None => part("value", 0, "no_band"),
    }
}

/// The nearest band of days until the wished date; a date gone by counts as today.
fn wished_date(order: &Order, facts: &Facts, policy: &PriorityPolicy) -> PriorityPart {
    let Some(wished) = order.header.wished else { return part("wished_date", 0, "none") };
    let today = facts.now.date(facts.world.company.offset_minutes);
    let days = wished.signed_duration_since(today).num_days().max(0);
    let band = policy.wished.iter().filter(|band| days <= i64::from(band.within_days)).min_by_key(|b| b.within_days);
    part("wished_date", band.map_or(0, |band| band.points), wished)
}

/// Points for each whole day since the order was placed.
fn waiting(order: &Order, facts: &Facts, policy: &PriorityPolicy) -> PriorityPart {
    let days = facts.now.since(order.header.placed_at.at).max(0) / DAY;
    let points = days.saturating_mul(policy.waiting.per_day.into()).min(policy.waiting.most.into());
    part("waiting", i32::try_from(points).unwrap_or(i32::MIN), days)
}

fn paid(order: &Order, policy: &PriorityPolicy) -> PriorityPart {
    let payment = &order.header.payment;
    let points = &policy.payment;
    let (points, because) = match payment.state {
        PaymentState::Paid => (points.paid, "paid"),
        PaymentState::Authorized => (points.partly, "authorized"),
        PaymentState::PartlyPaid => (points.partly, "partly_paid"),
        PaymentState::PartlyRefunded => (points.partly, "partly_refunded"),
        PaymentState::Refunded => (0, "refunded"),
        PaymentState::Voided => (0, "voided"),
        PaymentState::Unknown | PaymentState::Pending => match payment.method {
            PaymentMethod::Prepaid => (0, "pending"),
            PaymentMethod::OnDelivery => (points.terms, "on_delivery"),
            PaymentMethod::Instalments => (points.terms, "instalments"),
            PaymentMethod::OnAccount => (points.terms, "on_account"),
        },
    };
    part("paid", points, because)
}
