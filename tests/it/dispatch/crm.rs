//! A CRM that is told of customers and orders.

use super::world::{BUYER, heard, on_each_database};
use model::message::MessageKind::{OrderCancelled, OrderChanged, OrderReleased};
use tributary::{
    dispatch::backoff::SENSELESS_MAX,
    sandbox::{Mode, Options, Partner},
    store::deliveries::DeliveryState,
};

const CRM: &str = "customers";

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_comes_before_the_order_and_failures_heal() {
    on_each_database(1, Options::default(), async |world| {
        world.other.faults(Partner::Crm, Mode::Fail, 3);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(CRM, &order, &[OrderReleased, OrderCancelled]).await;
        world.until_all_done(&ids).await;
        let state = world.other.state();
        let (reference, customer) = state.customers.iter().next().expect("a customer");
        assert_eq!((state.customers.len(), &customer["name"]), (1, &BUYER.into()));
        let summary = &state.summaries[&order.id.to_string()];
        assert_eq!((&summary.body["customer"], &summary.body["total"]), (&reference.as_str().into(), &"11.90".into()));
        assert_eq!((summary.writes, summary.key.clone()), (2, ids[1].to_string()));
        assert_eq!(state.went_back, 0);
        assert!(ids.iter().all(|id| state.effects[&id.to_string()] == 1));
        // Who it is stays out of what is kept and recorded.
        let told = format!("{:?} {:?}", world.exchanges(ids[0]).await, world.delivery(ids[0]).await);
        assert!(!told.contains(BUYER) && !told.contains("anna.devries"), "{told}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_leave_one_customer_and_one_summary() {
    on_each_database(1, Options::default(), async |world| {
        world.other.faults(Partner::Crm, Mode::ApplyAndLose, 1);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(CRM, &order, &[OrderReleased]).await;
        world.until_all_done(&ids).await;
        assert_eq!(heard(&world.other), ["PUT customers", "PUT customers", "POST orders"]);
        // Nobody is known to have bought this one: the summary is all there is to be told, and to be lost.
        let mut order = world.place("2").await;
        (order.header.buyer, order.events) = (None, order.events + 1);
        world.save(&order).await;
        world.other.faults(Partner::Crm, Mode::ApplyAndLose, 1);
        let ids = world.tell(CRM, &order, &[OrderChanged]).await;
        world.until_all_done(&ids).await;
        assert_eq!(heard(&world.other).split_off(3), ["POST orders", "GET orders"]);
        assert_eq!(world.other.state().effects[&ids[0].to_string()], 1);
        assert_eq!(world.other.state().summaries[&order.id.to_string()].writes, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_waits_for_a_person_and_keeps_later_messages_back() {
    on_each_database(1, Options::default(), async |world| {
        world.other.faults(Partner::Crm, Mode::Garbage, SENSELESS_MAX);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(CRM, &order, &[OrderReleased]).await;
        let stuck = world.until(ids[0], DeliveryState::Quarantined).await;
        assert_eq!(stuck.error, "partner_broken");
        let behind = world.tell(CRM, &order, &[OrderCancelled]).await;
        let other = world.place("2").await;
        world.until_all_done(&world.tell(CRM, &other, &[OrderReleased]).await).await;
        assert_eq!(world.delivery(behind[0]).await.attempts, 0);
        assert_eq!(world.redrive(&ids).await, 1);
        world.until_all_done(&ids).await;
        world.until_all_done(&behind).await;
        assert_eq!(world.other.state().summaries[&order.id.to_string()].key, behind[0].to_string());
    })
    .await;
}
