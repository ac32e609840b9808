//! What becomes of a fulfilment's parcels, and of the lines in them.

use super::with_counters;
use crate::{
    ids::FulfilmentId,
    measure::Quantity,
    order::{
        event::Parcel,
        state::{FulfilmentState, Order, ParcelState},
    },
    port::inbound::TrackingStatus,
    time::Instant,
};

pub(super) fn shipped(order: &mut Order, id: FulfilmentId, parcel: &Parcel) {
    let Some(f) = order.fulfilments.iter_mut().find(|f| f.id == id) else { return };
    let news = ParcelState { parcel: parcel.clone(), status: TrackingStatus::PickedUp, at: ParcelState::UNHEARD };
    match &mut f.state {
        FulfilmentState::Shipped { parcels } | FulfilmentState::Delivered { parcels } => {
            if !parcels.iter().any(|p| p.parcel == *parcel) {
                let parcels = std::mem::take(parcels).into_iter().chain([news]).collect();
                f.state = FulfilmentState::Shipped { parcels };
            }
        }
        FulfilmentState::Released => {
            f.state = FulfilmentState::Shipped { parcels: vec![news] };
            for fl in f.lines.clone() {
                with_counters(order, fl.line, |c| {
                    let moved = Quantity(fl.quantity.0.min(c.released.0));
                    c.released = c.released.less(moved);
                    c.shipped = c.shipped.plus(moved);
                });
            }
        }
        FulfilmentState::Planned | FulfilmentState::Cancelled => {}
    }
}

pub(super) fn parcel_of<'a>(order: &'a mut Order, id: FulfilmentId, parcel: &Parcel) -> Option<&'a mut ParcelState> {
    let f = order.fulfilments.iter_mut().find(|f| f.id == id)?;
    match &mut f.state {
        FulfilmentState::Shipped { parcels } | FulfilmentState::Delivered { parcels } => {
            parcels.iter_mut().find(|p| p.parcel == *parcel)
        }
        FulfilmentState::Planned | FulfilmentState::Released | FulfilmentState::Cancelled => None,
    }
}

pub(super) fn delivered(order: &mut Order, id: FulfilmentId, parcel: &Parcel, at: Instant) {
    if let Some(known) = parcel_of(order, id, parcel) {
        (known.status, known.at) = (TrackingStatus::Delivered, at);
    }
    let Some(f) = order.fulfilments.iter_mut().find(|f| f.id == id) else { return };
    let FulfilmentState::Shipped { parcels } = &f.state else { return };
    if parcels.iter().any(|p| p.status != TrackingStatus::Delivered) {
        return;
    }
    f.state = FulfilmentState::Delivered { parcels: parcels.clone() };
    for fl in f.lines.clone() {
        let arrived = arrived(order, fl.line);
        with_counters(order, fl.line, |c| c.delivered = c.delivered.max(Quantity(arrived.0.min(c.shipped.0))));
    }
}

/// What has arrived of a line. Summed anew each time: a parcel reported after its fulfilment arrived is not counted
/// twice.
fn arrived(order: &Order, line: u32) -> Quantity {
    let there = order.fulfilments.iter().filter(|f| matches!(f.state, FulfilmentState::Delivered { .. }));
    there.flat_map(|f| &f.lines).filter(|l| l.line == line).map(|l| l.quantity).sum()
}
