//! What a node does besides orders: says that it lives, and outlives more documents than it may hold.

use super::world::{CHANNEL, on_each_database, on_each_database_with, order_json};
use futures_util::future::join_all;
use model::{
    codes::Channel,
    ids::OrderId,
    order::{event::Actor, status::Status, status::status},
};
use std::time::Duration;
use tributary::{
    intake::{Arrival, DocumentKind},
    store::{house, journal},
};

/// Waits until `done`, for half a minute.
async fn wait_until(what: &str, done: impl AsyncFn() -> bool) {
    for _ in 0..3000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} never happens");
}

/// Its one connector has no rate to share.
#[tokio::test(flavor = "multi_thread")]
async fn every_node_says_that_it_lives() {
    on_each_database(async |river| {
        let core = &river.app.core;
        let started = core.clock.now().plus(-model::time::MINUTE);
        let lives = async || house::live_nodes(core.store.read(), started).await.expect("nodes") == 1;
        wait_until("a heartbeat", lives).await;
    })
    .await;
}

/// Leases run for an hour here: a document that waits for one is not read in this test's time.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_beyond_the_reading_queue_becomes_orders_once() {
    const BURST: u64 = 300;
    on_each_database_with("[intake]\nparse_queue = 1\nlease_seconds = 3600\n", async |river| {
        let arrivals = (1..=BURST).map(|n| Arrival {
            channel: Channel::new(CHANNEL),
            kind: DocumentKind::Webhook,
            topic: "orders/create".into(),
            name: String::new(),
            media_type: "application/json".into(),
            headers: vec![],
            actor: Actor::Channel { channel: CHANNEL.into() },
            bytes: order_json(n, "LT-DL-0003", 1, "5.95", 1).into_bytes(),
        });
        let accepted = join_all(arrivals.map(|arrival| river.app.intake.accept(arrival))).await;
        for accepted in accepted {
            assert!(!accepted.expect("is accepted").duplicate);
        }
        let placed = async || {
            let placed = journal::last(river.app.core.store.read()).await.expect("a journal") > 0;
            placed && river.slots(1..=BURST).await.iter().all(|slot| status(slot).is_some())
        };
        wait_until("every order", placed).await;
        for n in [1, BURST / 2, BURST] {
            let id = OrderId::of(CHANNEL, &n.to_string());
            let events = journal::of_order(river.app.core.store.read(), id).await.expect("a journal");
            assert_eq!(events.iter().filter(|event| event.name == "placed").count(), 1, "order {n}");
        }
        // Fifty lamps are there; the rest of the burst waits for more, and nothing is lost.
        let released =
            river.slots(1..=BURST).await.iter().filter(|slot| status(slot) == Some(Status::Released)).count();
        assert_eq!(released, 50);
    })
    .await;
}
