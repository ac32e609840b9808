//! Stock that many orders want, that somebody counts, and that comes back.

use super::world::{CHANNEL, River, now, on_each_database, order_json, webhook};
use futures_util::future::join_all;
use model::{
    codes::Sku,
    facts::{StockLevel, WarehouseFacts},
    ids::OrderId,
    measure::Quantity,
    order::{
        state::{Counters, Slot},
        status::{Status, status},
    },
};
use std::{collections::HashMap, time::Duration};
use tributary::{
    master,
    store::{
        Lane,
        bulk::Lock,
        master as rows, orders,
        stock::{self, Count, LedgerEntry},
    },
};

const LAMP: &str = "LT-PN-0002";
const PRICE: &str = "17.95";

async fn level(river: &River, sku: &str, warehouse: &str) -> StockLevel {
    let levels = stock::load(river.app.core.store.read(), &[Sku::new(sku)]).await.expect("reads");
    levels.get(&(sku.into(), warehouse.into())).copied().unwrap_or_default()
}

async fn count(river: &River, sku: &str, on_hand: i64) {
    let count = Count { sku: sku.into(), warehouse: "RTM".into(), on_hand: Quantity::whole(on_hand), safety: None };
    master::stock::count(&river.app.core, &[count], "erp").await.expect("counted");
}

async fn goods_in(river: &River, sku: &str, warehouse: &str, quantity: i64) {
    let goods = [(sku.into(), warehouse.into(), Quantity::whole(quantity))];
    master::stock::goods_in(&river.app.core, &goods, "supplier").await.expect("came in");
}

/// The levels explained by nothing but the ledger: the sums of its changes.
async fn explained(river: &River, sku: &str, warehouse: &str) -> (Vec<LedgerEntry>, [i64; 3]) {
    let db = river.app.core.store.read();
    let ledger = stock::ledger(db, &sku.into(), &warehouse.into(), stock::PAGE_MAX).await.expect("reads");
    let sum = |of: fn(&LedgerEntry) -> i64| ledger.iter().map(of).sum();
    let sums = [sum(|e| e.on_hand), sum(|e| e.reserved), sum(|e| e.shortage)];
    (ledger, sums)
}

async fn assert_explained(river: &River, sku: &str, warehouse: &str) -> Vec<LedgerEntry> {
    let (ledger, sums) = explained(river, sku, warehouse).await;
    let level = level(river, sku, warehouse).await;
    assert_eq!(sums, [level.on_hand.0, level.reserved.0, level.shortage.0], "{ledger:#?}");
    ledger
}

/// Waits until the order's only line stands as `wanted` says.
async fn until(river: &River, order: &str, wanted: impl Fn(&Counters) -> bool) -> Counters {
    let mut last = Counters::default();
    for _ in 0..600 {
        last = river.order(order).await.lines[0].counters;
        if wanted(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("order {order} came to rest as {last:?}");
}

/// A second warehouse, farther away, with goods of its own.
async fn second_warehouse(river: &River, quantity: i64) {
    let core = &river.app.core;
    let warehouse = WarehouseFacts {
        code: "BER".into(),
        name: "Berlin".into(),
        country: "DE".into(),
        region: "Berlin".into(),
        city: "Berlin".into(),
        postcode: "10115".into(),
        latitude: 52_520_000,
        longitude: 13_400_000,
        offset_minutes: 60,
        cutoff_minute: 960,
        daily_capacity: 0,
        planned_today: 0,
        active: true,
    };
    let tx = core.store.begin(Lane::Work).await.expect("begins");
    rows::put_warehouses(&tx, &[(warehouse, chrono_tz::Europe::Berlin)], now()).await.expect("a warehouse");
    tx.commit().await.expect("commits");
    goods_in(river, LAMP, "BER", quantity).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_below_what_is_reserved_takes_back_only_what_is_gone() {
    on_each_database(async |river| {
        river.shopify("orders/create", &order_json(1, LAMP, 8, PRICE, 1)).await;
        assert_eq!(river.order("1").await.lines[0].counters.released, Quantity::whole(8));
        count(river, LAMP, 3).await;
        let line = until(river, "1", |c| !c.backordered.is_zero()).await;
        assert_eq!((line.released, line.backordered), (Quantity::whole(3), Quantity::whole(5)));
        let ledger = assert_explained(river, LAMP, "RTM").await;
        let kinds: Vec<&str> = ledger.iter().rev().map(|e| e.kind.as_str()).collect();
        assert_eq!(kinds, ["goods_in", "reserve", "count", "unreserve", "reserve"]);
        assert_eq!(ledger[2].shortage, Quantity::whole(5).0, "the count left five too few");
        let level = level(river, LAMP, "RTM").await;
        assert_eq!((level.reserved, level.shortage), (Quantity::whole(3), Quantity::ZERO));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_warehouse_lost_another_sends() {
    on_each_database(async |river| {
        second_warehouse(river, 20).await;
        river.shopify("orders/create", &order_json(1, LAMP, 8, PRICE, 1)).await;
        assert_eq!(river.order("1").await.fulfilments[0].warehouse, "RTM", "the nearer one");
        count(river, LAMP, 0).await;
        until(river, "1", |c| c.released == Quantity::whole(8)).await;
        for _ in 0..600 {
            if !level(river, LAMP, "BER").await.reserved.is_zero() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let order = river.order("1").await;
        let live: Vec<_> = order.fulfilments.iter().filter(|f| f.state.holds_stock()).collect();
        assert_eq!(live.iter().map(|f| f.warehouse.as_str()).collect::<Vec<_>>(), ["BER"]);
        assert_eq!(order.lines[0].counters.backordered, Quantity::ZERO);
        for warehouse in ["RTM", "BER"] {
            assert_explained(river, LAMP, warehouse).await;
        }
    })
    .await;
}

/// An order placed so many days ago: the longer it waits the more important it is.
fn waiting(id: u64, days: i64) -> String {
    let mut order: serde_json::Value = serde_json::from_str(&order_json(id, LAMP, 10, PRICE, 1)).expect("JSON");
    let at = chrono::DateTime::from_timestamp_micros(now().0).expect("a time") - chrono::TimeDelta::days(days);
    order["created_at"] = at.to_rfc3339().into();
    order.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_come_back_go_to_the_most_important_order_first() {
    on_each_database(async |river| {
        count(river, LAMP, 0).await;
        river.shopify("orders/create", &waiting(1, 1)).await;
        river.shopify("orders/create", &waiting(2, 9)).await;
        for id in ["1", "2"] {
            assert_eq!(status(&river.slot(id).await), Some(Status::Backordered));
        }
        assert!(river.order("2").await.priority > river.order("1").await.priority);
        goods_in(river, LAMP, "RTM", 10).await;
        until(river, "2", |c| c.released == Quantity::whole(10)).await;
        assert_eq!(river.order("1").await.lines[0].counters.backordered, Quantity::whole(10));
        goods_in(river, LAMP, "RTM", 4).await;
        let line = until(river, "1", |c| c.released == Quantity::whole(4)).await;
        assert_eq!(line.backordered, Quantity::whole(6));
        goods_in(river, LAMP, "RTM", 50).await;
        until(river, "1", |c| c.released == Quantity::whole(10)).await;
        assert_explained(river, LAMP, "RTM").await;
    })
    .await;
}

/// All of these orders, as soon as they are there.
async fn all_of(river: &River, ids: &[OrderId]) -> HashMap<OrderId, Slot> {
    for _ in 0..600 {
        let slots = orders::load(river.app.core.store.read(), ids, Lock::No).await.expect("loads");
        if slots.len() == ids.len() {
            return slots;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not every order was placed");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_orders_for_a_hundred_lamps_are_not_oversold() {
    const ORDERS: u64 = 300;
    on_each_database(async |river| {
        goods_in(river, LAMP, "RTM", 50).await;
        join_all((1..=ORDERS).map(|id| river.app.intake.accept(webhook(order_json(id, LAMP, 1, PRICE, 1))))).await;
        let ids: Vec<OrderId> = (1..=ORDERS).map(|id| OrderId::of(CHANNEL, &id.to_string())).collect();
        let slots = all_of(river, &ids).await;
        let lines = || slots.values().filter_map(Slot::order).map(|o| o.lines[0].counters);
        assert_eq!(lines().map(|c| c.released).sum::<Quantity>(), Quantity::whole(100));
        assert_eq!(lines().map(|c| c.backordered).sum::<Quantity>(), Quantity::whole(200));
        let level = level(river, LAMP, "RTM").await;
        assert_eq!((level.on_hand, level.reserved), (Quantity::whole(100), Quantity::whole(100)));
        assert_explained(river, LAMP, "RTM").await;
    })
    .await;
}
