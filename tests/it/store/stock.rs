//! Stock: never oversold, always explained.

use super::world::{NOW, World, on_each_database};
use model::{
    ids::{FulfilmentId, OrderId},
    measure::Quantity,
    order::effects::{MoveKind, StockMove},
};
use std::collections::BTreeSet;
use tributary::store::{
    Lane, StoreError,
    stock::{self, Count, StockKey},
};

fn key() -> StockKey {
    ("L1".into(), "SH".into())
}

fn moved(kind: MoveKind, count: i64, n: usize) -> StockMove {
    let order = OrderId::of("web", &n.to_string());
    StockMove {
        kind,
        sku: "L1".into(),
        warehouse: "SH".into(),
        quantity: Quantity::whole(count),
        order,
        fulfilment: FulfilmentId::of(order, 1, 0),
        line: 1,
    }
}

async fn count(world: &World, on_hand: i64) -> Vec<stock::Shortfall> {
    let tx = world.begin().await;
    let count = Count { sku: "L1".into(), warehouse: "SH".into(), on_hand: Quantity::whole(on_hand), safety: None };
    let short = stock::set_counts(&tx, &[count], "erp", NOW).await.expect("counted");
    tx.commit().await.expect("committed");
    short
}

async fn apply(world: &World, moves: &[StockMove]) -> Result<(), StoreError> {
    let tx = world.begin().await;
    let levels = stock::lock(&tx, &BTreeSet::from([key()])).await?;
    stock::apply_moves(&tx, &levels, moves, &std::collections::HashSet::new(), NOW).await?;
    tx.commit().await
}

/// On hand, reserved, shortage in whole units.
async fn level(world: &World) -> (i64, i64, i64) {
    let levels = stock::load(world.store.read(), &["L1".into()]).await.expect("read");
    let level = levels[&key()];
    let whole = |q: Quantity| q.0 / Quantity::whole(1).0;
    (whole(level.on_hand), whole(level.reserved), whole(level.shortage))
}

#[tokio::test]
async fn more_than_is_there_cannot_be_reserved() {
    on_each_database(async |world| {
        count(world, 10).await;
        apply(world, &[moved(MoveKind::Reserve, 4, 1), moved(MoveKind::Reserve, 6, 2)]).await.expect("all of it");
        let error = apply(world, &[moved(MoveKind::Reserve, 1, 3)]).await.expect_err("one too many");
        assert!(error.is_unlawful(), "{error}");
        assert_eq!(level(world).await, (10, 10, 0));
        let none = [StockMove { warehouse: "GZ".into(), ..moved(MoveKind::Reserve, 1, 3) }];
        assert!(matches!(apply(world, &none).await, Err(StoreError::Inconsistent { table: "stock", .. })));
    })
    .await;
}

#[tokio::test]
async fn reservations_are_given_back_in_part_and_shipped() {
    on_each_database(async |world| {
        count(world, 10).await;
        apply(world, &[moved(MoveKind::Reserve, 5, 1)]).await.expect("reserved");
        apply(world, &[moved(MoveKind::Unreserve, 2, 1)]).await.expect("part of it back");
        assert_eq!(level(world).await, (10, 3, 0));
        let error = apply(world, &[moved(MoveKind::Ship, 4, 1)]).await.expect_err("more than it has");
        assert!(matches!(error, StoreError::Inconsistent { table: "reservations", .. }), "{error}");
        apply(world, &[moved(MoveKind::Ship, 3, 1)]).await.expect("shipped");
        assert_eq!(level(world).await, (7, 0, 0));
    })
    .await;
}

/// The ERP counts less than is reserved: nothing is refused, the shortage is stated, and the newest reservations are
/// named.
#[tokio::test]
async fn a_count_below_what_is_reserved_is_a_shortage() {
    on_each_database(async |world| {
        count(world, 10).await;
        apply(world, &[moved(MoveKind::Reserve, 4, 1), moved(MoveKind::Reserve, 4, 2)]).await.expect("reserved");
        let short = count(world, 5).await;
        assert_eq!(level(world).await, (5, 8, 3));
        assert_eq!(short.len(), 1);
        assert_eq!(short[0].shortage, Quantity::whole(3));
        assert_eq!(short[0].reserved.iter().map(|r| r.quantity).collect::<Vec<_>>(), [Quantity::whole(4)]);
        // Nothing can be promised, what was is taken back, and the shortage goes with it.
        let more = apply(world, &[moved(MoveKind::Reserve, 1, 3)]).await.expect_err("nothing there");
        assert!(more.is_unlawful());
        let taken = if short[0].reserved[0].order == OrderId::of("web", "1") { 1 } else { 2 };
        apply(world, &[moved(MoveKind::Unreserve, 4, taken)]).await.expect("taken back");
        assert_eq!(level(world).await, (5, 4, 0));
        assert!(count(world, 4).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn goods_that_come_in_end_a_shortage_and_the_ledger_explains_it_all() {
    on_each_database(async |world| {
        count(world, 5).await;
        apply(world, &[moved(MoveKind::Reserve, 5, 1)]).await.expect("reserved");
        count(world, 0).await;
        // What was counted away is shipped all the same.
        apply(world, &[moved(MoveKind::Ship, 1, 1)]).await.expect("shipped");
        assert_eq!(level(world).await, (0, 4, 4));
        let tx = world.begin().await;
        let two = ("L1".into(), "SH".into(), Quantity::whole(2));
        stock::goods_in(&tx, &[two.clone(), two, ("L9".into(), "GZ".into(), Quantity::whole(1))], "desk", NOW)
            .await
            .expect("in");
        tx.commit().await.expect("committed");
        assert_eq!(level(world).await, (4, 4, 0));
        let db = world.store.read();
        let ledger = stock::ledger(db, &"L1".into(), &"SH".into(), 99).await.expect("read");
        let sum = |part: fn(&stock::LedgerEntry) -> i64| ledger.iter().map(part).sum::<i64>() / Quantity::whole(1).0;
        assert_eq!((sum(|e| e.on_hand), sum(|e| e.reserved), sum(|e| e.shortage)), (4, 4, 0));
        assert_eq!(ledger[0].kind, "goods_in");
        let listed = stock::list(db, None, None, Some(&key()), 9).await.expect("read");
        assert_eq!(listed.iter().map(|l| l.sku.as_str()).collect::<Vec<_>>(), ["L9"]);
    })
    .await;
}

/// Two at a time want the last piece, ten times over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_comes_second_gets_nothing() {
    on_each_database(async |world| {
        count(world, 10).await;
        let mut takers = Vec::new();
        for n in 0..20 {
            let store = std::sync::Arc::clone(&world.store);
            takers.push(tokio::spawn(async move {
                let tx = store.begin(Lane::Work).await.expect("a transaction");
                let levels = stock::lock(&tx, &BTreeSet::from([key()])).await.expect("locked");
                let free = !levels[&key()].available().is_zero();
                if free {
                    stock::apply_moves(
                        &tx,
                        &levels,
                        &[moved(MoveKind::Reserve, 1, n)],
                        &std::collections::HashSet::new(),
                        NOW,
                    )
                    .await
                    .expect("reserved");
                }
                tx.commit().await.expect("committed");
                free
            }));
        }
        let mut taken = 0;
        for taker in takers {
            taken += u32::from(taker.await.expect("took"));
        }
        assert_eq!((taken, level(world).await), (10, (10, 10, 0)));
    })
    .await;
}
