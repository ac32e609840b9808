//! The pipeline of a placed order: checks, price audit, priority, allocation, approval, carrier, release. Each stage
//! looks at the facts, says what it found in an event, and either opens the next stage or blocks.

use super::{
    deed::Deed,
    effects::{Work, WorkKind},
    event::Event,
    promise,
    state::{Approval, Decision, Fulfilment, FulfilmentState, Hold, Order, ReleaseRule, Stage},
};
use crate::{
    facts::{Facts, WarehouseFacts},
    ids::FulfilmentId,
    measure::Quantity,
    rules::{
        allocation::{self, Allocation, Need, ShipRule, Unserved},
        approval, carrier, checks, pricing, priority,
    },
    said::{Args, PaymentMethod, PaymentState, args},
    time::{DAY, Instant, MINUTE},
};

/// Stages one advance may run before it is a fault of ours: each of the seven twice, generously.
const STEPS_MAX: usize = 32;

/// Hold codes of the pipeline itself; those of checks and audit are theirs.
pub const AWAITING_STOCK: &str = "awaiting_stock";
pub const NO_CARRIER: &str = "no_carrier";
pub const TOO_HEAVY: &str = "too_heavy_to_carry";
pub const PAYMENT_PENDING: &str = "payment_pending";

/// The argument of a hold that lists why nothing carries the order, in codes of warehouses and services.
const REASONS: &str = "reasons";

/// Runs stage after stage until the order blocks, is released, or is done.
pub(super) fn advance(deed: &mut Deed<'_>) {
    for _ in 0..STEPS_MAX {
        let Some(order) = deed.order() else { return };
        let Decision::Open { stage } = order.decision else { return close_if_done(deed) };
        match stage {
            Stage::Checks => run_checks(deed),
            Stage::Pricing => run_pricing(deed),
            Stage::Priority => run_priority(deed),
            Stage::Allocation => run_allocation(deed),
            Stage::Approval => run_approval(deed),
            Stage::Carrier => run_carrier(deed),
            Stage::Release => run_release(deed),
        }
    }
    debug_assert!(false, "the pipeline did not come to rest");
}

fn run_checks(deed: &mut Deed<'_>) {
    let Some(order) = deed.order() else { return };
    let found = checks::check(order, deed.facts());
    if found.holds.is_empty() {
        deed.push(Event::Checked { lines: found.lines });
    } else {
        for hold in found.holds {
            deed.push(Event::Held { hold });
        }
    }
}

fn run_pricing(deed: &mut Deed<'_>) {
    let Some(order) = deed.order() else { return };
    let audit = pricing::audit(order, deed.facts());
    let hold = pricing::hold(&audit, order, deed.facts());
    deed.push(Event::PriceAudited { audit });
    if let Some(hold) = hold {
        deed.push(Event::Held { hold });
    }
}

fn run_priority(deed: &mut Deed<'_>) {
    let Some(order) = deed.order() else { return };
    let priority = priority::score(order, deed.facts());
    deed.push(Event::Prioritised { priority });
}

/// What still wants a warehouse: open and backordered quantities of lines that ship.
pub(super) fn needs(order: &Order) -> Vec<Need> {
    order
        .active()
        .filter(|l| l.item.ships)
        .map(|l| Need { line: l.no, sku: l.item.sku.clone(), quantity: l.counters.open.plus(l.counters.backordered) })
        .filter(|n| !n.quantity.is_zero())
        .collect()
}

/// The fulfilments of an allocation, their ids derived from the event that plans them.
fn planned(deed: &Deed<'_>, allocation: &Allocation) -> Vec<Fulfilment> {
    let id = |ordinal| FulfilmentId::of(deed.id(), deed.next_no(), ordinal);
    let plans = allocation.plans.iter().enumerate();
    plans
        .map(|(ordinal, plan)| Fulfilment {
            id: id(ordinal),
            warehouse: plan.warehouse.clone(),
            carrier: plan.carrier.clone(),
            service: plan.service.clone(),
            freight: plan.freight,
            lines: plan.lines.clone(),
            state: FulfilmentState::Planned,
            planned_at: deed.facts().now,
            promised: None,
            late: false,
        })
        .collect()
}

fn run_allocation(deed: &mut Deed<'_>) {
    let Some(order) = deed.order() else { return };
    let needs = needs(order);
    // What is under way goes on: the rest is taken up when stock comes.
    let in_hand = order.has_shipped() || order.fulfilments.iter().any(|f| f.state.holds_stock());
    let allocation = allocation::allocate(order, &needs, &deed.facts_now());
    let stuck = match deed.facts().policies().allocation.ship {
        ShipRule::ShipAvailable => allocation.plans.is_empty() && !in_hand && !needs.is_empty(),
        ShipRule::ShipComplete => !allocation.backorders.is_empty(),
    };
    let unserved = allocation::unserved(&allocation).filter(|_| !needs.is_empty());
    let mut args = lines_of(&allocation);
    let reasons = checks::list(allocation.reasons.candidates.iter().map(|candidate| &candidate.why_not));
    plan(deed, allocation);
    if let Some(unserved) = unserved {
        args.insert(REASONS.to_owned(), reasons);
        hold(deed, unserved_code(unserved), "logistics", Stage::Allocation, ReleaseRule::Mended, args);
    } else if stuck {
        hold(deed, AWAITING_STOCK, "purchasing", Stage::Allocation, ReleaseRule::Stock, args);
    }
}

const fn unserved_code(unserved: Unserved) -> &'static str {
    match unserved {
        Unserved::NoService => NO_CARRIER,
        Unserved::TooHeavy => TOO_HEAVY,
    }
}

fn lines_of(allocation: &Allocation) -> Args {
    let lines: Vec<_> = allocation.backorders.iter().map(|l| l.line.to_string()).collect();
    args([("lines", lines.join(","))])
}

/// Takes backordered quantities of a released order up again; says whether anything could be planned.
pub(super) fn reallocate(deed: &mut Deed<'_>) -> bool {
    let Some(order) = deed.order() else { return false };
    let needs = needs(order);
    let allocation = allocation::allocate(order, &needs, deed.facts());
    if allocation.plans.is_empty() {
        return false;
    }
    plan(deed, allocation);
    true
}

/// Could anything that waits be planned now?
pub(super) fn can_plan(deed: &Deed<'_>) -> bool {
    deed.order().is_some_and(|order| {
        let needs = needs(order);
        needs.is_empty() || !allocation::allocate(order, &needs, deed.facts()).plans.is_empty()
    })
}

fn plan(deed: &mut Deed<'_>, allocation: Allocation) {
    let planned = planned(deed, &allocation);
    let retry = if allocation.backorders.is_empty() { None } else { capacity_again(&allocation, deed.facts()) };
    deed.push(Event::Allocated { allocation, planned });
    if let Some(due) = retry {
        deed.later(Work { kind: WorkKind::RetryAllocation, order: deed.id(), due });
    }
}

/// When the first warehouse that was full today begins its next day; no stock will come to wake the order.
fn capacity_again(allocation: &Allocation, facts: &Facts) -> Option<Instant> {
    let full = allocation.reasons.candidates.iter().filter(|c| c.why_not == "capacity");
    let warehouses = full.filter_map(|c| facts.world.warehouses.iter().find(|w| w.code == c.warehouse));
    let next_day = |w: &WarehouseFacts| {
        let since_midnight = (facts.now.0 + i64::from(w.offset_minutes) * MINUTE).rem_euclid(DAY);
        facts.now.plus(DAY - since_midnight)
    };
    warehouses.map(next_day).min()
}

fn hold(deed: &mut Deed<'_>, code: &str, owner: &str, blocks: Stage, release: ReleaseRule, args: Args) {
    let hold =
        Hold { code: code.to_owned(), owner: owner.into(), blocks, since: deed.facts().now, due: None, args, release };
    deed.push(Event::Held { hold });
}

fn run_approval(deed: &mut Deed<'_>) {
    let Some(order) = deed.order() else { return };
    let facts = deed.facts();
    let digest = approval::digest(order, facts);
    if let Approval::Approved { round, digest: approved, .. } = &order.approval
        && *approved == digest
    {
        let round = *round;
        deed.push(Event::ApprovalConfirmed { round, digest });
        return;
    }
    void_if_changed(deed, &digest);
    void_unfinished(deed);
    let Some(order) = deed.order() else { return };
    let facts = deed.facts();
    let needed = approval::requirement(order, facts);
    if needed.steps.is_empty() {
        deed.push(Event::ApprovalNotNeeded { digest, reasons: needed.reasons });
        return;
    }
    let round = order.rounds + 1;
    let due = facts.now.plus(needed.due_in);
    let reserved_until = facts.now.plus(facts.policies().allocation.reservation_micros);
    deed.push(Event::ApprovalRequested {
        round,
        digest,
        steps: needed.steps,
        reasons: needed.reasons,
        due,
        reserved_until,
    });
}

/// A round begun or finished for other content than this is void.
pub(super) fn void_if_changed(deed: &mut Deed<'_>, digest: &str) {
    let Some(order) = deed.order() else { return };
    let (round, bound) = match &order.approval {
        Approval::Pending { round, digest, .. } | Approval::Approved { round, digest, .. } => (*round, digest),
        Approval::Unasked | Approval::NotNeeded { .. } | Approval::Declined { .. } => return,
    };
    if bound != digest {
        deed.push(Event::ApprovalVoided { round, why: "content_changed".to_owned() });
    }
}

/// A round still open when the stage comes round again is asked anew: who must sign may be others by now.
fn void_unfinished(deed: &mut Deed<'_>) {
    if let Some(Approval::Pending { round, .. }) = deed.order().map(|o| &o.approval) {
        let round = *round;
        deed.push(Event::ApprovalVoided { round, why: "asked_anew".to_owned() });
    }
}

fn run_carrier(deed: &mut Deed<'_>) {
    let Some(order) = deed.order() else { return };
    let mut choices = Vec::new();
    let mut without = Vec::new();
    let mut reasons = Vec::new();
    let collected = order.header.ship_to.is_none();
    for fulfilment in order.fulfilments.iter().filter(|f| f.state == FulfilmentState::Planned && !collected) {
        match carrier::choose(order, fulfilment, deed.facts()) {
            Some(choice) => choices.push(choice),
            None => {
                without.push(fulfilment.warehouse.to_string());
                reasons.extend(carrier::why_none(order, fulfilment, deed.facts()));
            }
        }
    }
    if without.is_empty() {
        deed.push(Event::CarrierChosen { choices });
    } else {
        let heavy = reasons.iter().any(|reason| reason == "too_heavy");
        let unserved = if heavy { Unserved::TooHeavy } else { Unserved::NoService };
        let args = args([("warehouses", without.join(",")), (REASONS, checks::list(reasons))]);
        hold(deed, unserved_code(unserved), "logistics", Stage::Carrier, ReleaseRule::Mended, args);
    }
}

fn run_release(deed: &mut Deed<'_>) {
    let Some(order) = deed.order() else { return };
    let payment = &order.header.payment;
    let unpaid = payment.method == PaymentMethod::Prepaid
        && matches!(payment.state, PaymentState::Pending | PaymentState::Voided)
        && !order.accepts(PAYMENT_PENDING);
    if unpaid {
        hold(deed, PAYMENT_PENDING, "finance", Stage::Release, ReleaseRule::Payment, Args::new());
        // Goods are not kept for ever for who does not pay; once paid, what was given back is planned anew.
        let due = deed.facts().now.plus(deed.facts().policies().allocation.reservation_micros);
        deed.later(Work { kind: WorkKind::ExpireReservation, order: deed.id(), due });
        return;
    }
    let ready: Vec<_> =
        order.fulfilments.iter().filter(|f| f.state == FulfilmentState::Planned).map(|f| f.id).collect();
    let promised = promise::days(deed, &ready);
    deed.push(Event::Released { fulfilments: ready, promised });
    promise::watch(deed);
}

/// Everything ordered was delivered or cancelled.
fn close_if_done(deed: &mut Deed<'_>) {
    let Some(order) = deed.order() else { return };
    let done = order
        .lines
        .iter()
        .all(|l| l.counters.outstanding() == Quantity::ZERO && l.counters.delivered == l.counters.shipped);
    if done && order.decision == Decision::Released {
        deed.push(Event::Closed);
    }
}
