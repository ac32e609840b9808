//! Many deliveries at once: they are claimed and recorded together, and still each is on its own.

use super::world::{ERP, World, on_each_database};
use model::{
    ids::DeliveryId,
    message::MessageKind::{FulfilmentDelivered, FulfilmentReleased, FulfilmentShipped, OrderReleased},
    order::state::Order,
    time::SECOND,
};
use tributary::{
    sandbox::{Mode, Options, Partner},
    store::{
        Lane,
        deliveries::{self, DeliveryState, Recorded},
    },
};

/// More than may be in flight at once, several times.
const ORDERS: usize = 50;

/// A backlog: four messages an order in two streams. Written before anybody is called.
async fn backlog(world: &World) -> Vec<(Order, Vec<DeliveryId>)> {
    let mut all = Vec::new();
    for n in 0..ORDERS {
        let order = world.place(&n.to_string()).await;
        let kinds = [FulfilmentReleased, FulfilmentShipped, FulfilmentDelivered, OrderReleased];
        all.push((order.clone(), world.tell(ERP, &order, &kinds).await));
    }
    all
}

/// Every one once, and those of a fulfilment in their order.
fn once_and_in_order(world: &World, all: &[(Order, Vec<DeliveryId>)]) {
    let state = world.erp.state();
    assert_eq!(state.went_back, 0);
    assert_eq!(state.effects.len(), all.len() * 4);
    assert!(state.effects.values().all(|n| *n == 1), "{:?}", state.effects);
    for (_, ids) in all {
        let stream: Vec<String> = ids[..3].iter().map(ToString::to_string).collect();
        let mut written: Vec<&String> =
            state.received.iter().map(|r| &r.key).filter(|key| stream.contains(key)).collect();
        written.dedup();
        assert_eq!(written, stream.iter().collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_and_an_unreadable_one_hurt_none_of_the_others() {
    on_each_database(1, Options::default(), async |world| {
        let all = backlog(world).await;
        // An order that is not there: nobody can say what its message would be.
        let mut lost = world.place("lost").await;
        lost.id = model::ids::OrderId::of("web", "nowhere");
        let unreadable = world.tell(ERP, &lost, &[OrderReleased]).await;
        world.erp.faults(Partner::Erp, Mode::Refuse, 1);
        world.start();
        let stuck = world.until(unreadable[0], DeliveryState::Quarantined).await;
        assert_eq!(stuck.error, "message_broken");
        let refused = loop {
            match quarantined(world, &all).await {
                none if none.is_empty() => tokio::task::yield_now().await,
                some => break some,
            }
        };
        assert_eq!(refused.len(), 1, "one call was refused");
        for (_, ids) in all.iter().filter(|(_, ids)| !ids.contains(&refused[0])) {
            world.until_all_done(ids).await;
        }
        assert_eq!(world.redrive(&refused).await, 1);
        for (_, ids) in &all {
            world.until_all_done(ids).await;
        }
        assert!(world.erp.state().effects.values().all(|n| *n == 1));
    })
    .await;
}

async fn quarantined(world: &World, all: &[(Order, Vec<DeliveryId>)]) -> Vec<DeliveryId> {
    let mut found = Vec::new();
    for id in all.iter().flat_map(|(_, ids)| ids) {
        if world.delivery(*id).await.state == DeliveryState::Quarantined {
            found.push(*id);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_fails_in_the_middle_of_a_backlog_is_told_once_and_in_order() {
    on_each_database(1, Options::default(), async |world| {
        let all = backlog(world).await;
        world.start();
        world.until(all[5].1[0], DeliveryState::Done).await;
        // More in a row than the breaker takes: what was claimed ahead is given back, and not counted.
        world.erp.faults(Partner::Erp, Mode::Fail, 25);
        for (_, ids) in &all {
            world.until_all_done(ids).await;
        }
        once_and_in_order(world, &all);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_another_node_took_is_fenced_off_and_the_others_are_recorded() {
    on_each_database(1, Options::default(), async |world| {
        let mut ids = Vec::new();
        for n in 0..3 {
            let order = world.place(&n.to_string()).await;
            ids.extend(world.tell(ERP, &order, &[OrderReleased]).await);
        }
        let now = world.core.clock.now();
        let claim = async |node: &str, at: model::time::Instant, lease: i64, limit: u64| {
            let tx = world.core.store.begin(Lane::Work).await.expect("begins");
            let claimed =
                deliveries::claim(&tx, node, &ERP.into(), at, at.plus(lease), limit).await.expect("are claimed");
            tx.commit().await.expect("commits");
            claimed
        };
        let slow = claim("slow", now, 1, 8).await;
        assert_eq!(slow.len(), 3);
        // Its leases have run out, and one of the three is another node's by now.
        let taken = claim("quick", now.plus(2), SECOND / 10, 1).await;
        assert_eq!(taken.len(), 1);
        let done = |c: &deliveries::ClaimedDelivery| Recorded {
            id: c.id,
            epoch: c.epoch,
            state: DeliveryState::Done,
            attempts: 1,
            kept: vec![],
            error: String::new(),
            next_at: now,
        };
        let outcomes: Vec<Recorded> = slow.iter().map(done).collect();
        let tx = world.core.store.begin(Lane::Work).await.expect("begins");
        let held = deliveries::record(&tx, &outcomes, now).await.expect("records");
        tx.commit().await.expect("commits");
        assert_eq!(held.len(), 2);
        assert!(!held.contains(&taken[0].id));
        assert_eq!(world.delivery(taken[0].id).await.state, DeliveryState::Waiting);
        for id in &held {
            world.until(*id, DeliveryState::Done).await;
        }
        // The other node died as well; its lease ends, and the partner is asked before it is told.
        world.start();
        world.until_all_done(&ids).await;
        assert_eq!(super::world::heard(&world.erp), ["GET sales-orders", "PUT sales-orders"]);
    })
    .await;
}
