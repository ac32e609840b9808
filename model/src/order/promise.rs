//! The day a fulfilment is promised for, and what comes when it goes by.

use super::{
    deed::Deed,
    effects::{Work, WorkKind},
    event::Event,
    refusal::Refusal,
    state::{Fulfilment, FulfilmentState, Order, ParcelState, Slot},
};
use crate::{
    facts::Facts,
    ids::FulfilmentId,
    rules::carrier::{self, CarrierChoice},
    time::{DAY, Instant, MINUTE},
};
use chrono::{Days, NaiveDate};

/// The days these are promised for now, in their order: the wished day, else as many days on as the carrier takes at most.
/// Empty when no day is known of any.
pub(super) fn days(deed: &Deed<'_>, ready: &[FulfilmentId]) -> Vec<Option<NaiveDate>> {
    let Some(order) = deed.order() else { return Vec::new() };
    let days: Vec<_> = ready.iter().map(|id| day(deed, order, order.fulfilment(*id)?)).collect();
    if days.iter().all(Option::is_none) { Vec::new() } else { days }
}

fn day(deed: &Deed<'_>, order: &Order, fulfilment: &Fulfilment) -> Option<NaiveDate> {
    let facts = deed.facts();
    let today = facts.now.date(offset(fulfilment, facts));
    if let Some(wished) = order.header.wished.filter(|wished| *wished >= today) {
        return Some(wished);
    }
    let same = |choice: &&CarrierChoice| {
        choice.fulfilment == fulfilment.id
            && choice.carrier == fulfilment.carrier
            && choice.service == fulfilment.service
    };
    let max_days = match deed.choices().find(same) {
        Some(choice) => choice.max_days,
        // Chosen some other day, before the order had to wait.
        None => carrier::choose(order, fulfilment, facts).filter(|choice| same(&choice))?.max_days,
    };
    today.checked_add_days(Days::new(u64::try_from(max_days).ok()?))
}

/// Leaves work for the end of the first day that may go by.
pub(super) fn watch(deed: &mut Deed<'_>) {
    let facts = deed.facts();
    let ends = deed.order().and_then(|order| {
        let open = order.fulfilments.iter().filter(|f| may_be_late(f));
        open.filter_map(|f| end(f, facts)).filter(|end| facts.now < *end).min()
    });
    if let Some(due) = ends {
        deed.later(Work { kind: WorkKind::CheckLate, order: deed.id(), due });
    }
}

/// Notes each fulfilment whose day has gone by. A parcel its carrier has never spoken of may have arrived long ago: of such
/// nothing is said.
pub(super) fn check_late(deed: &mut Deed<'_>) -> Result<(), Refusal> {
    let facts = deed.facts();
    let order = match deed.slot() {
        Slot::Placed(order) => order,
        Slot::Empty => return Err(Refusal::new("unknown_order")),
        Slot::Awaited(_) => return Err(Refusal::new("not_placed")),
    };
    let gone = |f: &&Fulfilment| may_be_late(f) && end(f, facts).is_some_and(|end| end <= facts.now);
    let late: Vec<_> = order.fulfilments.iter().filter(gone).filter_map(|f| Some((f.id, f.promised?))).collect();
    if late.is_empty() {
        return Err(Refusal::new("nothing_to_do"));
    }
    for (fulfilment, promised) in late {
        deed.push(Event::Late { fulfilment, promised });
    }
    watch(deed);
    Ok(())
}

fn may_be_late(fulfilment: &Fulfilment) -> bool {
    let heard = |parcel: &ParcelState| parcel.at != ParcelState::UNHEARD;
    let under_way = match &fulfilment.state {
        FulfilmentState::Released => true,
        FulfilmentState::Shipped { parcels } => parcels.iter().any(heard),
        FulfilmentState::Planned | FulfilmentState::Delivered { .. } | FulfilmentState::Cancelled => false,
    };
    under_way && !fulfilment.late
}

/// The end of the promised day, as the clock of the warehouse has it.
fn end(fulfilment: &Fulfilment, facts: &Facts) -> Option<Instant> {
    let day = fulfilment.promised?;
    let midnight = i64::from(day.to_epoch_days()) * DAY;
    Some(Instant(midnight).plus(DAY - i64::from(offset(fulfilment, facts)) * MINUTE))
}

/// Minutes the warehouse's clock is ahead of UTC.
fn offset(fulfilment: &Fulfilment, facts: &Facts) -> i32 {
    let warehouse = facts.world.warehouses.iter().find(|w| w.code == fulfilment.warehouse);
    warehouse.map_or(0, |warehouse| warehouse.offset_minutes)
}
