//! Stock that is short, and what is proposed to be bought: once a shortage, not once an order.

use super::world::{River, on_each_database, order_json};
use model::{measure::Quantity, message::MessageKind, order::event::Actor};
use std::time::Duration;
use tributary::{
    master,
    store::{
        Lane,
        deliveries::{self, DeliveryFilter},
        replenishments::{self, Filter, Replenishment, State},
        stock::Count,
    },
};

const LAMP: &str = "LT-PN-0002";
const PRICE: &str = "17.95";

async fn all(river: &River) -> Vec<Replenishment> {
    let filter = Filter { sku: Some(LAMP.into()), limit: 100, ..Filter::default() };
    replenishments::list(river.app.core.store.read(), &filter).await.expect("reads")
}

/// Waits until the newest is as wanted; gives all.
async fn until(river: &River, wanted: impl Fn(&Replenishment) -> bool) -> Vec<Replenishment> {
    let mut last = Vec::new();
    for _ in 0..1000 {
        last = all(river).await;
        if last.first().is_some_and(&wanted) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("proposals came to rest as {last:#?}");
}

async fn count(river: &River, on_hand: i64) {
    let count = Count { sku: LAMP.into(), warehouse: "RTM".into(), on_hand: Quantity::whole(on_hand), safety: None };
    master::stock::count(&river.app.core, &[count], "erp").await.expect("counted");
}

async fn goods_in(river: &River, quantity: i64) {
    let goods = [(LAMP.into(), "RTM".into(), Quantity::whole(quantity))];
    master::stock::goods_in(&river.app.core, &goods, "supplier").await.expect("came in");
}

async fn order(river: &River, id: u64, quantity: u32) {
    river.shopify("orders/create", &order_json(id, LAMP, quantity, PRICE, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_orders_that_are_short_make_one_proposal_until_stock_arrives() {
    on_each_database(async |river| {
        count(river, 0).await;
        for id in 1..=5 {
            order(river, id, 3).await;
        }
        let found = until(river, |r| r.reasons.waiting_orders == 5).await;
        assert_eq!(found.len(), 1, "{found:#?}");
        let one = &found[0];
        assert_eq!((one.state, one.warehouse.as_str(), one.quantity), (State::Proposed, "RTM", Quantity::whole(15)));
        assert_eq!((one.reasons.on_hand, one.reasons.waiting), (Quantity::ZERO, Quantity::whole(15)));

        // And one message, to the one that listens for it.
        let wanted = DeliveryFilter { limit: 100, ..DeliveryFilter::default() };
        let told = deliveries::list(river.app.core.store.read(), &wanted).await.expect("reads");
        let told: Vec<_> = told.iter().filter(|d| d.kind == MessageKind::ReorderProposed).collect();
        assert_eq!(
            told.iter().map(|d| (d.connector.as_str(), d.stream)).collect::<Vec<_>>(),
            [("buying", one.id.uuid())]
        );

        // Not enough: it goes on, and asks for less.
        goods_in(river, 6).await;
        let found = until(river, |r| r.quantity == Quantity::whole(9)).await;
        assert_eq!((found.len(), found[0].state), (1, State::Proposed));
        goods_in(river, 9).await;
        let found = until(river, |r| r.state == State::Received).await;
        assert_eq!(found.len(), 1);
        let report = tributary::verify::verify(&river.app.core.store).await.expect("reads");
        assert!(report.is_sound(), "{report:#?}");
        for id in 1..=5 {
            assert!(river.order(&id.to_string()).await.lines[0].counters.backordered.is_zero());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_under_its_reorder_point_is_bought_by_its_quantity() {
    on_each_database(async |river| {
        let core = &river.app.core;
        let amounts = (Quantity::whole(10), Quantity::whole(40));
        let key = (LAMP.into(), "RTM".into());
        master::stock::reorder(core, &[(key, amounts.0, amounts.1)]).await.expect("set");
        // 50 are there: 45 may be promised after this, and 8 after the next.
        order(river, 1, 5).await;
        order(river, 2, 37).await;
        let found = until(river, |r| r.state == State::Proposed).await;
        assert_eq!((found.len(), found[0].quantity), (1, Quantity::whole(40)));
        assert_eq!((found[0].reasons.reserved, found[0].reasons.waiting_orders), (Quantity::whole(42), 0));

        // A person says no: while the shortage lasts nobody is asked again.
        let tx = core.store.begin(Lane::Work).await.expect("begins");
        let user = Actor::User { user: "buyer".into(), role: "purchasing".into(), key: "k".into() };
        let now = core.clock.now();
        replenishments::set(&tx, found[0].id, State::Dismissed, true, &user, now).await.expect("set");
        tx.commit().await.expect("commits");
        order(river, 3, 3).await;
        order(river, 4, 20).await;
        // The work of both orders is done before that of a word about stock which is the last.
        goods_in(river, 15).await;
        until_reserved(river, 65).await;
        assert_eq!(all(river).await.len(), 1, "asked again for the same shortage");

        // It is over, and another begins.
        goods_in(river, 100).await;
        until_over(river).await;
        count(river, 70).await;
        let found = until(river, |r| r.state == State::Proposed).await;
        assert_eq!(found.iter().map(|r| r.state).collect::<Vec<_>>(), [State::Proposed, State::Dismissed]);
    })
    .await;
}

async fn until_over(river: &River) {
    for _ in 0..1000 {
        let tx = river.app.core.store.begin(Lane::Work).await.expect("begins");
        if replenishments::covering(&tx, LAMP).await.expect("reads").is_empty() {
            return;
        }
        drop(tx);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the shortage never ends");
}

async fn until_reserved(river: &River, wanted: i64) {
    for _ in 0..1000 {
        let levels = replenishments::measured(river.app.core.store.read(), LAMP).await.expect("reads");
        if levels.values().any(|stock| stock.level.reserved == Quantity::whole(wanted)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{wanted} are never reserved");
}
