//! What an event does to the state. Total: an event that does not fit changes nothing but the count, so that history
//! written by older code always replays.

mod parcels;

use super::{
    event::{Actor, CheckedLine, Event, Happened},
    state::*,
};
use crate::{
    ids::{FulfilmentId, OrderId},
    measure::Quantity,
    rules::allocation::Allocation,
    said::{Content, PartyRef},
    time::Instant,
};
use parcels::{delivered, parcel_of, shipped};

/// The state after `happened`.
#[must_use]
pub fn apply(id: OrderId, slot: Slot, happened: &Happened) -> Slot {
    match (slot, &happened.event) {
        (Slot::Empty, Event::HeardEarly { channel, external_id, what }) => Slot::Awaited(Awaited {
            id,
            channel: channel.clone(),
            external_id: external_id.clone(),
            heard: vec![what.clone()],
            events: happened.no,
        }),
        (Slot::Awaited(mut awaited), event) if !matches!(event, Event::Placed { .. }) => {
            if let Event::HeardEarly { what, .. } = event {
                awaited.heard.push(what.clone());
            }
            awaited.events = happened.no;
            Slot::Awaited(awaited)
        }
        (Slot::Empty | Slot::Awaited(_), Event::Placed { channel, external_id, creator, content, .. }) => {
            let mut order = placed(id, content);
            order.channel = channel.clone();
            order.external_id = external_id.clone();
            order.creator = creator.clone();
            order.events = happened.no;
            Slot::Placed(Box::new(order))
        }
        (Slot::Placed(mut order), _) => {
            apply_to_order(&mut order, happened);
            order.events = happened.no;
            debug_assert!(order.lines.iter().all(|l| l.counters.lawful()), "unlawful counters: {:?}", order.lines);
            Slot::Placed(order)
        }
        (slot, _) => slot,
    }
}

pub(crate) fn placed(id: OrderId, content: &Content<PartyRef>) -> Order {
    Order {
        id,
        channel: "".into(),
        external_id: String::new(),
        creator: Actor::System,
        header: content.header.clone(),
        lines: content.items.iter().zip(1..).map(|(item, no)| new_line(no, item)).collect(),
        decision: Decision::Open { stage: Stage::Checks },
        holds: vec![],
        audit: None,
        priority: 0,
        approval: Approval::Unasked,
        rounds: 0,
        fulfilments: vec![],
        accepted: vec![],
        amended_by: vec![],
        refunds: vec![],
        told: false,
        events: 0,
    }
}

fn new_line(no: u32, item: &crate::said::Item) -> Line {
    Line { no, item: item.clone(), base_unit: item.unit.clone(), counters: Counters::default(), removed: false }
}

fn apply_to_order(order: &mut Order, happened: &Happened) {
    match &happened.event {
        Event::HeardEarly { .. } | Event::Placed { .. } => {}
        Event::Amended { content, amendment, .. } => amended(order, content, amendment.is_some(), &happened.actor),
        Event::Checked { lines } => checked(order, lines),
        Event::PriceAudited { audit } => {
            order.audit = Some(audit.clone());
            order.decision = Decision::Open { stage: Stage::Priority };
        }
        Event::Prioritised { priority } => {
            order.priority = priority.score;
            order.decision = Decision::Open { stage: Stage::Allocation };
        }
        Event::Allocated { allocation, planned } => allocated(order, allocation, planned),
        Event::Unallocated { fulfilments, .. } => {
            give_back(order, fulfilments);
            if matches!(order.decision, Decision::Released | Decision::Open { .. }) {
                order.decision = Decision::Open { stage: Stage::Allocation };
            }
        }
        Event::CarrierChosen { choices } => {
            for choice in choices {
                with_fulfilment(order, choice.fulfilment, |f| {
                    f.carrier = choice.carrier.clone();
                    f.service = choice.service.clone();
                    f.freight = choice.freight;
                });
            }
            let stage = Stage::Release;
            order.decision =
                if order.holds.is_empty() { Decision::Open { stage } } else { Decision::Blocked { stage } };
        }
        Event::Released { fulfilments, promised } => {
            for (id, day) in fulfilments.iter().zip(promised) {
                with_fulfilment(order, *id, |f| f.promised = *day);
            }
            released(order, fulfilments);
        }
        Event::Late { fulfilment, .. } => with_fulfilment(order, *fulfilment, |f| f.late = true),
        Event::Held { hold } => {
            order.holds.retain(|h| h.code != hold.code);
            order.decision = Decision::Blocked { stage: stopped_at(order, hold.blocks) };
            order.holds.push(hold.clone());
        }
        Event::HoldResolved { code, how } => resolved(order, code, how),
        Event::Cancelled { reason } => cancelled(order, reason),
        Event::Shipped { fulfilment, parcel } => shipped(order, *fulfilment, parcel),
        Event::Delivered { fulfilment, parcel, at } => delivered(order, *fulfilment, parcel, *at),
        Event::Tracked { fulfilment, parcel, status, at } => {
            if let Some(known) = parcel_of(order, *fulfilment, parcel) {
                (known.status, known.at) = (*status, *at);
            }
        }
        Event::PaymentChanged { payment } => order.header.payment = payment.clone(),
        Event::Refunded { id, .. } if !id.is_empty() => order.refunds.push(id.clone()),
        Event::Refunded { .. } | Event::ChannelChangeRefused { .. } | Event::Stale { .. } => {}
        Event::Closed => order.decision = Decision::Closed,
        event @ (Event::ApprovalNotNeeded { .. }
        | Event::ApprovalRequested { .. }
        | Event::ApprovalConfirmed { .. }
        | Event::ApprovalGiven { .. }
        | Event::ApprovalDeclined { .. }
        | Event::ApprovalVoided { .. }) => approval(order, event, happened.at),
    }
}

fn amended(order: &mut Order, content: &Content<PartyRef>, by_person: bool, actor: &Actor) {
    order.header = content.header.clone();
    for line in &mut order.lines {
        let c = &mut line.counters;
        match content.items.iter().find(|i| i.key == line.item.key && !i.quantity.is_zero()) {
            Some(item) => {
                line.item = item.clone();
                line.removed = false;
                // What is ordered now is known after the checks; what has shipped stays so.
                *c = Counters {
                    ordered: c.shipped,
                    shipped: c.shipped,
                    delivered: c.delivered,
                    returned: c.returned,
                    ..Counters::default()
                };
            }
            None => {
                line.removed = true;
                let rest = c.ordered.less(c.shipped);
                *c = Counters {
                    cancelled: rest,
                    open: Quantity::ZERO,
                    backordered: Quantity::ZERO,
                    reserved: Quantity::ZERO,
                    released: Quantity::ZERO,
                    ..*c
                };
            }
        }
    }
    let mut next = order.lines.iter().map(|l| l.no).max().unwrap_or(0) + 1;
    for item in content.items.iter().filter(|i| !i.quantity.is_zero()) {
        if !order.lines.iter().any(|l| l.item.key == item.key) {
            order.lines.push(new_line(next, item));
            next += 1;
        }
    }
    if let (true, Some(user)) = (by_person, actor.user())
        && !order.amended_by.contains(user)
    {
        order.amended_by.push(user.clone());
    }
    order.accepted.clear();
    // What the channel asked in vain was about the order, not about its content: a person still answers.
    order.holds.retain(|h| h.code == crate::order::decide::CHANNEL_CHANGE_REFUSED);
    order.decision = Decision::Open { stage: Stage::Checks };
}

pub(crate) fn checked(order: &mut Order, lines: &[CheckedLine]) {
    for checked in lines {
        if let Some(line) = order.lines.iter_mut().find(|l| l.no == checked.line) {
            let c = &mut line.counters;
            line.base_unit = checked.base_unit.clone();
            let others = [c.cancelled, c.backordered, c.reserved, c.released, c.shipped].into_iter().sum::<Quantity>();
            c.open = checked.ordered.less(others);
            c.ordered = c.open.plus(others);
        }
    }
    order.decision = Decision::Open { stage: Stage::Pricing };
}

fn allocated(order: &mut Order, allocation: &Allocation, planned: &[Fulfilment]) {
    for fl in planned.iter().flat_map(|f| &f.lines) {
        with_counters(order, fl.line, |c| {
            let from_open = Quantity(fl.quantity.0.min(c.open.0));
            let from_back = Quantity((fl.quantity.0 - from_open.0).min(c.backordered.0));
            c.open = c.open.less(from_open);
            c.backordered = c.backordered.less(from_back);
            c.reserved = c.reserved.plus(from_open).plus(from_back);
        });
    }
    for back in &allocation.backorders {
        with_counters(order, back.line, |c| {
            let moved = Quantity(back.quantity.0.min(c.open.0));
            c.open = c.open.less(moved);
            c.backordered = c.backordered.plus(moved);
        });
    }
    order.fulfilments.extend(planned.iter().cloned());
    order.decision = Decision::Open { stage: Stage::Approval };
}

fn with_counters(order: &mut Order, line: u32, change: impl FnOnce(&mut Counters)) {
    if let Some(line) = order.lines.iter_mut().find(|l| l.no == line) {
        change(&mut line.counters);
    }
}

/// Puts what these fulfilments hold back to open; they are cancelled.
fn give_back(order: &mut Order, ids: &[FulfilmentId]) {
    for id in ids {
        let Some(at) = order.fulfilments.iter().position(|f| f.id == *id && f.state.holds_stock()) else { continue };
        let released = matches!(order.fulfilments[at].state, FulfilmentState::Released);
        order.fulfilments[at].state = FulfilmentState::Cancelled;
        for fl in order.fulfilments[at].lines.clone() {
            with_counters(order, fl.line, |c| {
                let held = if released { &mut c.released } else { &mut c.reserved };
                let moved = Quantity(fl.quantity.0.min(held.0));
                *held = held.less(moved);
                c.open = c.open.plus(moved);
            });
        }
    }
}

fn with_fulfilment(order: &mut Order, id: FulfilmentId, change: impl FnOnce(&mut Fulfilment)) {
    if let Some(fulfilment) = order.fulfilments.iter_mut().find(|f| f.id == id) {
        change(fulfilment);
    }
}

fn released(order: &mut Order, ids: &[FulfilmentId]) {
    for id in ids {
        let Some(at) = order.fulfilments.iter().position(|f| f.id == *id && f.state == FulfilmentState::Planned) else {
            continue;
        };
        order.fulfilments[at].state = FulfilmentState::Released;
        for fl in order.fulfilments[at].lines.clone() {
            with_counters(order, fl.line, |c| {
                let moved = Quantity(fl.quantity.0.min(c.reserved.0));
                c.reserved = c.reserved.less(moved);
                c.released = c.released.plus(moved);
            });
        }
    }
    // What does not ship is done when the order goes.
    for line in order.lines.iter_mut().filter(|l| !l.item.ships && !l.removed) {
        let c = &mut line.counters;
        c.shipped = c.shipped.plus(c.open);
        c.delivered = c.shipped;
        c.open = Quantity::ZERO;
    }
    order.told = true;
    order.decision = Decision::Released;
}

fn resolved(order: &mut Order, code: &str, how: &str) {
    let Some(at) = order.holds.iter().position(|h| h.code == code) else { return };
    let hold = order.holds.remove(at);
    if hold.release == ReleaseRule::Person && how != crate::order::decide::REDECIDED && !order.accepts(code) {
        order.accepted.push(code.to_owned());
    }
    let stage = stopped_at(order, hold.blocks);
    order.decision = if !order.holds.is_empty() {
        Decision::Blocked { stage }
    } else if matches!(order.approval, Approval::Pending { .. }) && stage >= Stage::Approval {
        Decision::Blocked { stage: Stage::Approval }
    } else if stage == Stage::Release && order.told && !order.has_waiting() {
        // It stopped nothing: the order had gone on to the warehouse.
        Decision::Released
    } else {
        Decision::Open { stage: resume_at(order, stage) }
    };
}

/// The earliest stage an order is stopped at when something stops it at `stage` too.
fn stopped_at(order: &Order, stage: Stage) -> Stage {
    match order.decision {
        Decision::Blocked { stage: already } => already.min(stage),
        Decision::Open { .. } | Decision::Released | Decision::Cancelled { .. } | Decision::Closed => stage,
    }
}

/// Where a stopped order goes on: quantities that lost their reservation meanwhile are planned first.
fn resume_at(order: &Order, stage: Stage) -> Stage {
    let open = order.active().any(|l| l.item.ships && !l.counters.open.is_zero());
    if open { stage.min(Stage::Allocation) } else { stage }
}

fn cancelled(order: &mut Order, reason: &str) {
    let held: Vec<_> = order.fulfilments.iter().filter(|f| f.state.holds_stock()).map(|f| f.id).collect();
    give_back(order, &held);
    for line in &mut order.lines {
        let c = &mut line.counters;
        c.cancelled = c.cancelled.plus(c.open).plus(c.backordered);
        (c.open, c.backordered) = (Quantity::ZERO, Quantity::ZERO);
    }
    order.holds.clear();
    order.decision = Decision::Cancelled { reason: reason.to_owned() };
}

fn approval(order: &mut Order, event: &Event, at: Instant) {
    match event {
        Event::ApprovalNotNeeded { digest, .. } => {
            order.approval = Approval::NotNeeded { digest: digest.clone() };
            order.decision = Decision::Open { stage: Stage::Carrier };
        }
        Event::ApprovalRequested { round, digest, steps, due, .. } => {
            order.rounds = *round;
            order.approval = Approval::Pending {
                round: *round,
                digest: digest.clone(),
                steps: steps.clone(),
                given: vec![],
                due: *due,
            };
            order.decision = Decision::Blocked { stage: Stage::Approval };
        }
        Event::ApprovalConfirmed { .. } => order.decision = Decision::Open { stage: Stage::Carrier },
        Event::ApprovalGiven { step, by, role, .. } => {
            if let Approval::Pending { round, digest, steps, given, .. } = &mut order.approval {
                given.push(Given { step: *step, by: by.clone(), role: role.clone(), at });
                if given.len() >= steps.len() {
                    order.approval =
                        Approval::Approved { round: *round, digest: digest.clone(), given: std::mem::take(given) };
                    // Holds before the approval go first; it is confirmed when its turn comes.
                    if stopped_at(order, Stage::Approval) == Stage::Approval {
                        // A reservation that ran out meanwhile is made anew first.
                        order.decision = Decision::Open { stage: resume_at(order, Stage::Carrier) };
                    }
                }
            }
        }
        Event::ApprovalDeclined { round, by, why, .. } => {
            order.approval = Approval::Declined { round: *round, by: by.clone(), why: why.clone() };
        }
        Event::ApprovalVoided { .. } => {
            order.approval = Approval::Unasked;
            if order.decision == (Decision::Blocked { stage: Stage::Approval }) {
                order.decision = Decision::Open { stage: resume_at(order, Stage::Approval) };
            }
        }
        _ => {}
    }
}
