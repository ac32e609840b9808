//! Deliveries: one stream in order, one lease at a time.

use super::world::{NOW, World, on_each_database};
use model::{
    codes::Connector,
    ids::{DeliveryId, OrderId},
    message::MessageKind,
    port::outbound::Kept,
    time::SECOND,
};
use tributary::store::{
    deliveries::{self, ClaimedDelivery, DeliveryCount, DeliveryState, NewDelivery, Recorded},
    exchanges::{self, Exchange},
};

fn new(order: &str, kind: MessageKind) -> NewDelivery {
    let order = OrderId::of("web", order);
    NewDelivery { connector: "erp".into(), stream: order.uuid(), order, kind, body: "{}".into(), next_at: NOW }
}

async fn queue(world: &World, new: &[NewDelivery]) -> Vec<DeliveryId> {
    let tx = world.begin().await;
    let ids = deliveries::insert(&tx, new, &std::collections::HashSet::new(), NOW).await.expect("queued");
    tx.commit().await.expect("committed");
    ids
}

async fn claim(world: &World, at: i64) -> Vec<ClaimedDelivery> {
    let tx = world.begin().await;
    let now = NOW.plus(at * SECOND);
    let claimed = deliveries::claim(&tx, "a", &Connector::new("erp"), now, now.plus(30 * SECOND), 10).await;
    tx.commit().await.expect("committed");
    claimed.expect("claimed")
}

async fn record(world: &World, claimed: &ClaimedDelivery, state: DeliveryState) -> Vec<DeliveryId> {
    let tx = world.begin().await;
    let outcome = Recorded {
        id: claimed.id,
        epoch: claimed.epoch,
        state,
        attempts: claimed.attempts + 1,
        kept: vec![Kept { name: "id".into(), value: "77".into() }],
        error: String::new(),
        next_at: NOW,
    };
    let recorded = deliveries::record(&tx, &[outcome], NOW).await.expect("recorded");
    tx.commit().await.expect("committed");
    recorded
}

fn numbers(claimed: &[ClaimedDelivery]) -> Vec<(OrderId, u32)> {
    let mut all: Vec<_> = claimed.iter().map(|c| (c.order, c.number)).collect();
    all.sort();
    all
}

#[tokio::test]
async fn only_the_head_of_a_stream_is_claimed() {
    on_each_database(async |world| {
        let (one, two) = (OrderId::of("web", "1"), OrderId::of("web", "2"));
        let ids = queue(
            world,
            &[
                new("1", MessageKind::OrderReleased),
                new("1", MessageKind::OrderCancelled),
                new("2", MessageKind::OrderReleased),
            ],
        )
        .await;
        assert_eq!(ids[1], DeliveryId::of("erp", one.uuid(), 2));
        let claimed = claim(world, 0).await;
        let mut heads = vec![(one, 1), (two, 1)];
        heads.sort();
        assert_eq!(numbers(&claimed), heads);
        assert!(claim(world, 1).await.is_empty(), "leased");
        let first = claimed.iter().find(|c| c.order == one).expect("claimed");
        assert_eq!(record(world, first, DeliveryState::Done).await, [first.id]);
        assert_eq!(numbers(&claim(world, 2).await), [(one, 2)]);
        let done = deliveries::by_id(world.store.read(), first.id).await.expect("read").expect("is there");
        assert_eq!((done.state, done.attempts), (DeliveryState::Done, 1));
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_ran_out_is_fenced() {
    on_each_database(async |world| {
        queue(world, &[new("1", MessageKind::OrderReleased)]).await;
        let old = claim(world, 0).await.remove(0);
        let new = claim(world, 31).await.remove(0);
        assert_eq!((old.epoch, new.epoch), (1, 2));
        assert!(record(world, &old, DeliveryState::Quarantined).await.is_empty());
        assert_eq!(record(world, &new, DeliveryState::Waiting).await, [new.id]);
        let again = claim(world, 32).await.remove(0);
        assert_eq!((again.attempts, again.kept.len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_quarantined_one_holds_up_its_stream_until_redriven() {
    on_each_database(async |world| {
        queue(world, &[new("1", MessageKind::OrderReleased), new("1", MessageKind::OrderCancelled)]).await;
        let head = claim(world, 0).await.remove(0);
        record(world, &head, DeliveryState::Quarantined).await;
        assert!(claim(world, 100).await.is_empty());
        let counts = deliveries::counts(world.store.read()).await.expect("counted");
        let count = |state| DeliveryCount { connector: "erp".into(), state, count: 1 };
        assert_eq!(counts, [count(DeliveryState::Waiting), count(DeliveryState::Quarantined)]);
        let tx = world.begin().await;
        assert_eq!(deliveries::redrive(&tx, &[head.id], NOW).await.expect("redriven"), 1);
        assert_eq!(deliveries::redrive(&tx, &[head.id], NOW).await.expect("no more"), 0);
        tx.commit().await.expect("committed");
        let again = claim(world, 100).await;
        assert_eq!(numbers(&again), [(head.order, 1)]);
        assert_eq!(again[0].kept.len(), 1, "what was kept stays");
    })
    .await;
}

#[tokio::test]
async fn a_newer_state_supersedes_one_not_begun() {
    on_each_database(async |world| {
        use MessageKind::{OrderCancelled, OrderChanged, OrderReleased};
        queue(world, &[new("1", OrderReleased), new("1", OrderChanged), new("1", OrderChanged)]).await;
        queue(world, &[new("1", OrderCancelled), new("1", OrderChanged)]).await;
        let states = async || {
            let all = deliveries::of_order(world.store.read(), OrderId::of("web", "1")).await.expect("read");
            all.iter().map(|d| d.state).collect::<Vec<_>>()
        };
        use DeliveryState::{Done, Superseded, Waiting};
        assert_eq!(states().await, [Waiting, Superseded, Superseded, Waiting, Waiting]);
        for number in [1, 4, 5] {
            let head = claim(world, 0).await.remove(0);
            assert_eq!(head.number, number);
            if number == 5 {
                // Begun: not superseded any more.
                queue(world, &[new("1", OrderChanged)]).await;
            }
            record(world, &head, Done).await;
        }
        assert_eq!(states().await, [Done, Superseded, Superseded, Done, Done, Waiting]);
    })
    .await;
}

#[tokio::test]
async fn exchanges_can_be_deleted() {
    on_each_database(async |world| {
        let delivery = queue(world, &[new("1", MessageKind::OrderReleased)]).await.remove(0);
        let exchange = Exchange {
            delivery,
            attempt: 1,
            at: NOW,
            took: 1500,
            request: "{}".into(),
            answer: "{}".into(),
            outcome: "done".into(),
        };
        let tx = world.begin().await;
        exchanges::insert(&tx, &[exchange.clone(), Exchange { attempt: 2, ..exchange.clone() }]).await.expect("stored");
        let read = exchanges::of_delivery(&tx, delivery).await.expect("read");
        assert_eq!(read.iter().map(|e| e.attempt).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(exchanges::delete_before(&tx, NOW).await.expect("none"), 0);
        assert_eq!(exchanges::delete_of(&tx, &[delivery]).await.expect("both"), 2);
    })
    .await;
}
