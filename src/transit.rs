//! Counts how long a delivered parcel took, by its carrier's own times. Follow-up work: it touches no order, and a parcel
//! counts once however often it is done.

use crate::{
    app::Core,
    store::{
        Lane, StoreError,
        bulk::Lock,
        orders,
        shipments::{self, Shipment},
        transits, work,
    },
};
use model::{
    codes::Carrier,
    facts::{
        WarehouseFacts, World,
        transit::{DAYS_MAX, Way, origin, region},
    },
    order::{
        event::Parcel,
        state::{Order, Slot},
    },
    party::Destination,
    port::inbound::{TrackingNode, TrackingStatus},
    time::Instant,
};

/// The kind of work; its key is carrier and number.
pub const COUNT_TRANSIT: &str = "count_transit";

/// Leaves a delivered parcel to be counted; one that is on its way, or whose order is not known, has nothing to count.
///
/// # Errors
/// The database is away.
pub(crate) async fn schedule(core: &Core, shipment: &Shipment) -> Result<(), StoreError> {
    if shipment.status != TrackingStatus::Delivered || shipment.belongs_to.is_none() {
        return Ok(());
    }
    let Parcel { carrier, number } = &shipment.parcel;
    let job = work::Job { kind: COUNT_TRANSIT.to_owned(), key: format!("{carrier} {number}"), due: core.clock.now() };
    let tx = core.store.begin(Lane::Work).await?;
    work::schedule(&tx, &[job]).await?;
    tx.commit().await?;
    core.work.notify_waiters();
    Ok(())
}

/// Counts the parcel of that key, unless it was counted or cannot be.
///
/// # Errors
/// The database is away.
pub(crate) async fn count(core: &Core, key: &str) -> Result<(), StoreError> {
    let Some((carrier, number)) = key.split_once(' ') else { return Ok(()) };
    let parcel = Parcel { carrier: Carrier::new(carrier), number: number.to_owned() };
    let db = core.store.read();
    let known = shipments::get(db, std::slice::from_ref(&parcel)).await?.into_iter().next();
    let Some((order, fulfilment)) = known.and_then(|shipment| shipment.belongs_to) else { return Ok(()) };
    let Some((warehouse, planned, service)) = transits::plan(db, fulfilment).await? else { return Ok(()) };
    // One that left with another carrier says nothing of the service that was planned.
    if planned != parcel.carrier {
        return Ok(());
    }
    let now = core.clock.now();
    let world = core.world(now).await?;
    let slots = orders::load(db, &[order], Lock::No).await?;
    let goes_to = slots.get(&order).and_then(Slot::order).and_then(|order| destination(order, &world));
    let from = world.warehouses.iter().find(|w| w.code == warehouse);
    let (Some(goes_to), Some(from)) = (goes_to, from) else { return Ok(()) };
    let Some(days) = days(&shipments::nodes(db, &parcel).await?, from) else { return Ok(()) };
    let way = Way {
        carrier: parcel.carrier.clone(),
        service,
        origin: origin(&from.country, &from.region),
        country: goes_to.country.clone(),
        region: region(&goes_to),
    };
    let tx = core.store.begin(Lane::Work).await?;
    transits::count(&tx, &parcel, fulfilment, &way, days, now).await?;
    tx.commit().await
}

/// As the choice of the carrier sees it: the channel's country where the address has none.
fn destination(order: &Order, world: &World) -> Option<Destination> {
    let mut destination = order.header.ship_to.as_ref()?.destination.clone()?;
    if destination.country.is_empty() {
        destination.country = world.channels.get(&order.channel).map(|c| c.country.clone()).unwrap_or_default();
    }
    Some(destination)
}

/// Calendar days of the warehouse from the first word that the parcel moves to the first that it arrived; `None` where
/// one is missing or they make no sense.
fn days(nodes: &[TrackingNode], from: &WarehouseFacts) -> Option<i32> {
    let first = |wanted: fn(TrackingStatus) -> bool| nodes.iter().find(|n| wanted(n.status)).map(|n| n.at);
    let left = first(|status| status.moving() && status != TrackingStatus::Delivered)?;
    let arrived = first(|status| status == TrackingStatus::Delivered)?;
    let day = |at: Instant| at.date(from.offset_minutes);
    let days = i32::try_from(day(arrived).signed_duration_since(day(left)).num_days()).ok()?;
    (0..=DAYS_MAX).contains(&days).then_some(days)
}
