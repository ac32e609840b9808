//! A carrier that books parcels, and what it brings: numbers and labels.

use super::world::{BUYER, World, heard, on_each_database};
use model::{
    ids::FulfilmentId,
    message::MessageKind::{FulfilmentReleased, FulfilmentStopped},
    order::{event::Parcel, state::Order},
};
use tributary::{
    dispatch::backoff::SENSELESS_MAX,
    sandbox::{Mode, Options, Partner},
    store::{
        deliveries::DeliveryState,
        documents::{self, DocumentKind, DocumentState},
        shipments,
    },
};

const VAN: &str = "van";

fn fulfilment(order: &Order) -> FulfilmentId {
    order.fulfilments[0].id
}

/// The label of the order's fulfilment.
async fn label(world: &World, order: &Order) -> Option<Vec<u8>> {
    let id = documents::attachment_id("label", fulfilment(order));
    documents::bytes(world.core.store.read(), id).await.expect("reads")
}

/// Whose the parcel is that the carrier booked for this order.
async fn owner(world: &World, order: &Order) -> Option<FulfilmentId> {
    let number = world.other.state().bookings[&fulfilment(order).to_string()].tracking.clone();
    let parcel = Parcel { carrier: "dhl".into(), number };
    let found = shipments::get(world.core.store.read(), &[parcel]).await.expect("reads");
    found.first()?.belongs_to.map(|(_, fulfilment)| fulfilment)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_brings_its_number_and_its_label() {
    on_each_database(1, Options::default(), async |world| {
        world.other.faults(Partner::Carrier, Mode::Fail, 2);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(VAN, &order, &[FulfilmentReleased, FulfilmentStopped]).await;
        world.until(ids[0], DeliveryState::Done).await;
        world.until_all_done(&ids).await;
        let booking = &world.other.state().bookings[&fulfilment(&order).to_string()];
        assert_eq!((booking.times, booking.status.as_str()), (1, "cancelled"), "booked, then stopped, in this order");
        assert_eq!((booking.told["name"].as_str(), booking.told["sku"].as_str()), (BUYER, "LT-DL-0003"));
        assert_eq!(owner(world, &order).await, Some(fulfilment(&order)));
        let bytes = label(world, &order).await.expect("a label");
        assert!(bytes.starts_with(b"%PDF-") && bytes.windows(2).any(|w| w == b"SB"));
        let id = documents::attachment_id("label", fulfilment(&order));
        let document = documents::by_id(world.core.store.read(), id).await.expect("reads").expect("is there");
        assert_eq!((document.kind, document.state), (DocumentKind::Attachment, DocumentState::Done));
        assert_eq!((document.channel.as_str(), document.size), (VAN, bytes.len() as i64));
        let told = format!("{:?}", world.exchanges(ids[0]).await);
        assert!(told.contains("BK-1001") && told.contains("LT-DL-0003"), "{told}");
        for hidden in [BUYER, "anna.devries", "Voorbeeldstraat", "%PDF", "+31 6"] {
            assert!(!told.contains(hidden), "{hidden} is in {told}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_sends_no_second_van() {
    on_each_database(1, Options::default(), async |world| {
        world.other.faults(Partner::Carrier, Mode::ApplyAndLose, 1);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(VAN, &order, &[FulfilmentReleased]).await;
        world.until_all_done(&ids).await;
        assert_eq!(heard(&world.other), ["POST bookings", "GET bookings", "GET bookings"], "asked, then the label");
        assert_eq!(world.other.state().bookings[&fulfilment(&order).to_string()].times, 1);
        assert_eq!(owner(world, &order).await, Some(fulfilment(&order)));
        assert!(label(world, &order).await.is_some());
        world.other.faults(Partner::Carrier, Mode::ApplyAndLose, 1);
        let ids = world.tell(VAN, &order, &[FulfilmentStopped]).await;
        world.until_all_done(&ids).await;
        assert_eq!(heard(&world.other).split_off(3), ["POST bookings", "GET bookings"]);
        assert!(world.other.state().effects.values().all(|n| *n == 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_books_nothing_and_waits_for_a_person() {
    on_each_database(1, Options::default(), async |world| {
        world.other.faults(Partner::Carrier, Mode::Garbage, SENSELESS_MAX);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(VAN, &order, &[FulfilmentReleased]).await;
        let stuck = world.until(ids[0], DeliveryState::Quarantined).await;
        assert_eq!(stuck.error, "partner_broken");
        assert_eq!(label(world, &order).await, None);
        let behind = world.tell(VAN, &order, &[FulfilmentStopped]).await;
        assert_eq!(world.redrive(&ids).await, 1);
        world.until_all_done(&ids).await;
        world.until_all_done(&behind).await;
        let booking = &world.other.state().bookings[&fulfilment(&order).to_string()];
        assert_eq!((booking.times, booking.status.as_str()), (1, "cancelled"));
    })
    .await;
}
