//! What becomes of deliveries when all goes well, and in which order.

use super::world::{BUYER, ERP, PHONE, SECRET, heard, on_each_database};
use model::{
    message::MessageKind::{
        FulfilmentDelivered, FulfilmentReleased, FulfilmentShipped, OrderCancelled, OrderChanged, OrderReleased,
    },
    time::SECOND,
};
use tributary::{
    sandbox::{Mode, Options, Partner},
    store::{
        Lane,
        deliveries::{self, DeliveryState},
        exchanges,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn a_released_order_reaches_the_erp_as_it_is_now() {
    on_each_database(1, Options::default(), async |world| {
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased, FulfilmentReleased]).await;
        world.until_all_done(&ids).await;
        let state = world.erp.state();
        let told = &state.orders[&order.id.to_string()];
        assert_eq!(told.body["buyer"]["name"], BUYER);
        assert_eq!(told.body["total"], "11.90");
        assert_eq!(told.body["lines"][0]["quantity"], "2");
        assert_eq!(told.body["shipments"][0]["state"], "released");
        assert_eq!(told.key, ids[0].to_string());
        let fulfilment = order.fulfilments[0].id.to_string();
        assert_eq!(state.shipments[&fulfilment].body["carrier"], "dhl");
        assert!(state.parcels[&fulfilment].number.starts_with("SB"));
        assert!(state.effects.values().all(|n| *n == 1));
        assert!(world.other.state().received.is_empty(), "the other partner was not to be told");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_keeps_its_order_whatever_goes_wrong() {
    on_each_database(1, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::Fail, 7);
        world.start();
        let mut all = Vec::new();
        for n in 0..12 {
            let order = world.place(&n.to_string()).await;
            let kinds = [FulfilmentReleased, FulfilmentShipped, FulfilmentDelivered, OrderReleased, OrderCancelled];
            all.push((order.clone(), world.tell(ERP, &order, &kinds).await));
        }
        for (_, ids) in &all {
            world.until_all_done(ids).await;
        }
        let state = world.erp.state();
        assert_eq!(state.went_back, 0);
        assert_eq!(state.effects.len(), 60);
        assert!(state.effects.values().all(|n| *n == 1), "{:?}", state.effects);
        for (order, ids) in &all {
            assert_eq!(state.orders[&order.id.to_string()].status, "cancelled");
            let stream: Vec<String> = ids[..3].iter().map(ToString::to_string).collect();
            let mut written: Vec<&String> =
                state.received.iter().map(|r| &r.key).filter(|key| stream.contains(key)).collect();
            written.dedup();
            assert_eq!(written, stream.iter().collect::<Vec<_>>());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_state_supersedes_one_not_begun_and_a_stop_never_is() {
    on_each_database(1, Options::default(), async |world| {
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased, OrderChanged, OrderChanged, OrderCancelled]).await;
        world.start();
        world.until(ids[3], DeliveryState::Done).await;
        assert_eq!(world.delivery(ids[1]).await.state, DeliveryState::Superseded);
        assert_eq!(heard(&world.erp), ["PUT sales-orders", "PUT sales-orders", "POST sales-orders"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanges_name_nobody_and_hold_no_secret() {
    on_each_database(1, Options::default(), async |world| {
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        world.until_all_done(&ids).await;
        let told = world.exchanges(ids[0]).await;
        assert_eq!(told.len(), 1);
        let all = format!("{told:?}");
        assert!(all.contains("LT-DL-0003") && all.contains("SO-1001"), "{all}");
        for hidden in [BUYER, PHONE, "anna.devries", "Voorbeeldstraat", SECRET, "authorization"] {
            assert!(!all.contains(hidden), "{hidden} is in {all}");
        }
        assert_eq!(told[0].outcome, "done");
        assert_eq!(told[0].attempt, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_every_exchange_changes_nothing() {
    on_each_database(200, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::ApplyAndLose, 1);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased, OrderCancelled]).await;
        while world.exchanges(ids[0]).await.is_empty() {
            tokio::task::yield_now().await;
        }
        let tx = world.core.store.begin(Lane::Work).await.expect("begins");
        let deleted = exchanges::delete_before(&tx, world.core.clock.now().plus(SECOND)).await.expect("deletes");
        tx.commit().await.expect("commits");
        assert!(deleted >= 1);
        world.until_all_done(&ids).await;
        assert_eq!(heard(&world.erp), ["PUT sales-orders", "GET sales-orders", "POST sales-orders"]);
        assert!(world.erp.state().effects.values().all(|n| *n == 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ended_without_a_word_is_asked_about_first() {
    on_each_database(1, Options::default(), async |world| {
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        // A node that died after it had begun.
        let now = world.core.clock.now();
        let tx = world.core.store.begin(Lane::Work).await.expect("begins");
        let claimed =
            deliveries::claim(&tx, "dead", &ERP.into(), now, now.plus(SECOND / 10), 8).await.expect("are claimed");
        tx.commit().await.expect("commits");
        assert_eq!(claimed.len(), 1);
        world.start();
        let done = world.until(ids[0], DeliveryState::Done).await;
        assert_eq!(heard(&world.erp), ["GET sales-orders", "PUT sales-orders"]);
        assert_eq!(done.attempts, 2, "the interrupted one counts");
        // What the dead node would still record is void.
        let late = deliveries::Recorded {
            id: ids[0],
            epoch: claimed[0].epoch,
            state: DeliveryState::Quarantined,
            attempts: 1,
            kept: vec![],
            error: "late".into(),
            next_at: now,
        };
        let tx = world.core.store.begin(Lane::Work).await.expect("begins");
        assert!(deliveries::record(&tx, &[late], now).await.expect("records").is_empty());
        tx.commit().await.expect("commits");
        assert_eq!(world.delivery(ids[0]).await.state, DeliveryState::Done);
    })
    .await;
}
