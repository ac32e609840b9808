//! Commands that the world outside causes: stock comes and goes, parcels move, time runs out.

use super::{alive, placed};
use crate::{
    ids::FulfilmentId,
    order::{
        advance,
        deed::Deed,
        event::{Event, Parcel},
        refusal::Refusal,
        state::{Approval, Decision, FulfilmentState, Hold, ParcelState, ReleaseRule, Stage},
    },
    port::inbound::TrackingStatus,
    time::Instant,
};

/// How a hold went that is looked into again: nobody accepted what it said.
pub(in crate::order) const REDECIDED: &str = "redecided";

pub(super) fn redecide(deed: &mut Deed<'_>) -> Result<(), Refusal> {
    let order = alive(deed)?;
    // What a person could accept may be gone as well: the stages that raise it look again.
    let found_again = |h: &&Hold| h.release == ReleaseRule::Person && h.blocks <= Stage::Pricing;
    let mendable = |h: &&Hold| h.release == ReleaseRule::Mended || found_again(h);
    let codes: Vec<_> = order.holds.iter().filter(mendable).map(|h| h.code.clone()).collect();
    if codes.is_empty() {
        return Err(Refusal::new("nothing_to_do"));
    }
    for code in codes {
        deed.push(Event::HoldResolved { code, how: REDECIDED.to_owned() });
    }
    Ok(())
}

pub(super) fn stock_arrived(deed: &mut Deed<'_>) -> Result<(), Refusal> {
    let order = alive(deed)?;
    if order.hold(advance::AWAITING_STOCK).is_some() {
        if !advance::can_plan(deed) {
            return Err(Refusal::new("nothing_to_do"));
        }
        deed.push(Event::HoldResolved { code: advance::AWAITING_STOCK.to_owned(), how: "stock".to_owned() });
        return Ok(());
    }
    let waiting = order.active().any(|l| !l.counters.backordered.is_zero());
    if waiting && order.decision == Decision::Released && advance::reallocate(deed) {
        return Ok(());
    }
    Err(Refusal::new("nothing_to_do"))
}

pub(super) fn expire_reservation(deed: &mut Deed<'_>) -> Result<(), Refusal> {
    let order = alive(deed)?;
    let kept = deed.facts().policies().allocation.reservation_micros;
    let now = deed.facts().now;
    let waits = matches!(order.approval, Approval::Pending { .. }) || order.hold(advance::PAYMENT_PENDING).is_some();
    let expired: Vec<_> = order
        .fulfilments
        .iter()
        .filter(|f| f.state == FulfilmentState::Planned && f.planned_at.plus(kept) <= now)
        .map(|f| f.id)
        .collect();
    if !waits || expired.is_empty() {
        return Err(Refusal::new("nothing_to_do"));
    }
    deed.push(Event::Unallocated { fulfilments: expired, why: "reservation_expired".to_owned() });
    Ok(())
}

pub(super) fn lose_stock(deed: &mut Deed<'_>, fulfilments: &[FulfilmentId]) -> Result<(), Refusal> {
    let order = alive(deed)?;
    let held = |id: &&FulfilmentId| order.fulfilment(**id).is_some_and(|f| f.state.holds_stock());
    let lost: Vec<_> = fulfilments.iter().filter(held).copied().collect();
    if lost.is_empty() {
        return Err(Refusal::new("nothing_to_do"));
    }
    deed.push(Event::Unallocated { fulfilments: lost, why: "stock_lost".to_owned() });
    Ok(())
}

pub(super) fn ship(deed: &mut Deed<'_>, id: FulfilmentId, parcel: &Parcel) -> Result<(), Refusal> {
    let order = placed(deed)?;
    let fulfilment = order.fulfilment(id).ok_or_else(|| Refusal::new("unknown_fulfilment"))?;
    match &fulfilment.state {
        FulfilmentState::Released => {}
        FulfilmentState::Shipped { parcels } | FulfilmentState::Delivered { parcels } => {
            if parcels.iter().any(|p| p.parcel == *parcel) {
                return Err(Refusal::new("nothing_to_do"));
            }
        }
        FulfilmentState::Planned => return Err(Refusal::new("not_released")),
        FulfilmentState::Cancelled => return Err(Refusal::new("fulfilment_cancelled")),
    }
    deed.push(Event::Shipped { fulfilment: id, parcel: parcel.clone() });
    Ok(())
}

pub(super) fn track(
    deed: &mut Deed<'_>,
    id: FulfilmentId,
    parcel: &Parcel,
    status: TrackingStatus,
    at: Instant,
) -> Result<(), Refusal> {
    let order = placed(deed)?;
    let fulfilment = order.fulfilment(id).ok_or_else(|| Refusal::new("unknown_fulfilment"))?;
    let known = fulfilment.state.parcels().iter().find(|p| p.parcel == *parcel).cloned();
    if known.is_none() {
        if !status.moving() {
            return Err(Refusal::new("nothing_to_do"));
        }
        ship(deed, id, parcel)?;
    }
    let known = known.as_ref();
    // A parcel that arrived stays so, and older news is no news. That it was picked up may be our own word, said when we
    // heard that it left; its carrier knows better, whenever that was.
    let older = |k: &ParcelState| k.at > at && !(k.status == TrackingStatus::PickedUp && status.moving());
    if known.is_some_and(|k| k.status == TrackingStatus::Delivered || k.status == status || older(k)) {
        return Err(Refusal::new("nothing_to_do"));
    }
    let parcel = parcel.clone();
    if status == TrackingStatus::Delivered {
        deed.push(Event::Delivered { fulfilment: id, parcel, at });
    } else {
        deed.push(Event::Tracked { fulfilment: id, parcel, status, at });
    }
    Ok(())
}
