//! Orders and the journal.

use super::world::{NOW, channel_actor, item, on_each_database, order, simple_order, user};
use model::{
    ids::{FulfilmentId, OrderId},
    measure::Quantity,
    money::{Currency, Money},
    order::{event::Event, state::*},
};
use std::{collections::HashMap, sync::Arc};
use tributary::store::{
    Lane, StoreError,
    bulk::Lock,
    journal::{self, Entry, Readable},
    orders::{self, SavedOrder},
};

fn busy_order() -> Order {
    let mut order = order(
        "7",
        vec![item("L1", Quantity::parse("0.3").expect("ok"), "19.99"), item("L2", Quantity((1 << 53) + 1), "0.1")],
    );
    order.events = 5;
    order.holds.push(Hold {
        code: "awaiting_stock".into(),
        owner: "planner".into(),
        blocks: Stage::Allocation,
        since: NOW,
        due: Some(NOW.plus(5)),
        args: model::said::args([("sku", "L2".into())]),
        release: ReleaseRule::Stock,
    });
    order.fulfilments.push(Fulfilment {
        id: FulfilmentId::of(order.id, 3, 0),
        warehouse: "SH".into(),
        carrier: "sf".into(),
        service: "express".into(),
        freight: Money::new(1200, Currency::CNY),
        lines: vec![FulfilmentLine { line: 1, quantity: Quantity(300_000) }],
        state: FulfilmentState::Planned,
        planned_at: NOW,
        promised: None,
        late: false,
    });
    let counters = &mut order.lines[0].counters;
    (counters.open, counters.reserved) = (Quantity::ZERO, Quantity(300_000));
    order
}

#[tokio::test]
async fn an_order_comes_back_as_it_was() {
    on_each_database(async |world| {
        let placed = busy_order();
        let awaited = Awaited {
            id: OrderId::of("web", "8"),
            channel: "web".into(),
            external_id: "8".into(),
            heard: vec![Heard::Cancelled { reason: "customer".into() }],
            events: 1,
        };
        let slots = [Slot::Placed(Box::new(placed.clone())), Slot::Awaited(awaited.clone()), Slot::Empty];
        let saved =
            slots.each_ref().map(|slot| SavedOrder { slot, was_events: 0, fingerprint: "f", total: 1, status: "open" });
        let tx = world.begin().await;
        orders::save(&tx, orders::rows(&saved, NOW).expect("rows")).await.expect("saved");
        tx.commit().await.expect("committed");
        let ids = [placed.id, awaited.id, OrderId::of("web", "9")];
        let found = orders::load(world.store.read(), &ids, Lock::No).await.expect("loaded");
        assert_eq!(found, HashMap::from([(placed.id, slots[0].clone()), (awaited.id, slots[1].clone())]));
        // What was awaited is stated now.
        let now_placed = Order { events: 3, ..order("8", vec![]) };
        world.save(&now_placed, 1).await.expect("saved");
        let tx = world.begin().await;
        let found = orders::load(&tx, &[awaited.id], Lock::Rows).await.expect("loaded");
        assert_eq!(found[&awaited.id], Slot::Placed(Box::new(now_placed)));
    })
    .await;
}

#[tokio::test]
async fn two_who_decide_on_the_same_order_do_not_both_win() {
    on_each_database(async |world| {
        let mut order = simple_order("1");
        world.save(&order, 0).await.expect("saved");
        assert!(matches!(world.save(&order, 0).await, Err(StoreError::Conflict(_))));
        order.events = 2;
        world.save(&order, 1).await.expect("saved");
        order.events = 3;
        let late = world.save(&order, 1).await.expect_err("late");
        assert!(late.is_retryable());
        world.save(&order, 2).await.expect("saved");
    })
    .await;
}

#[tokio::test]
async fn the_law_of_a_line_is_kept_by_the_database() {
    on_each_database(async |world| {
        let mut broken = simple_order("1");
        broken.lines[0].counters.shipped = Quantity::whole(1);
        let error = world.save(&broken, 0).await.expect_err("unlawful");
        assert!(error.is_unlawful(), "{error}");
        let found = orders::load(world.store.read(), &[broken.id], Lock::No).await.expect("loaded");
        assert!(found.is_empty());
    })
    .await;
}

#[tokio::test]
async fn nobody_approves_their_own_order_or_signs_a_round_twice() {
    on_each_database(async |world| {
        let given = |step, by: &str| Given { step, by: by.into(), role: "boss".into(), at: NOW };
        let approved = |external_id: &str, given: Vec<Given>| Order {
            creator: user("ann"),
            approval: Approval::Approved { round: 1, digest: "d".into(), given },
            ..simple_order(external_id)
        };
        world.save(&approved("1", vec![given(1, "bob"), given(2, "eve")]), 0).await.expect("two people");
        let own = world.save(&approved("2", vec![given(1, "ann")]), 0).await.expect_err("her own");
        assert!(own.is_unlawful(), "{own}");
        let twice = world.save(&approved("3", vec![given(1, "bob"), given(2, "bob")]), 0).await.expect_err("twice");
        assert!(twice.is_duplicate(), "{twice}");
        // Saved again, the signatures are there already.
        world
            .save(&Order { events: 2, ..approved("1", vec![given(1, "bob"), given(2, "eve")]) }, 1)
            .await
            .expect("again");
    })
    .await;
}

#[tokio::test]
async fn a_damaged_order_is_named_not_guessed() {
    use sea_orm::ConnectionTrait;
    on_each_database(async |world| {
        let order = simple_order("1");
        world.save(&order, 0).await.expect("saved");
        for (sql, column) in [
            ("UPDATE orders SET events = 9", "events"),
            ("UPDATE orders SET events = 1, line_count = 2", "line_count"),
            ("UPDATE orders SET line_count = 1, body = 'x'", "body"),
        ] {
            let tx = world.begin().await;
            tx.execute_unprepared(sql).await.expect("damaged");
            tx.commit().await.expect("committed");
            let error = orders::load(world.store.read(), &[order.id], Lock::No).await.expect_err("damaged");
            assert!(matches!(error, StoreError::Inconsistent { column: c, .. } if c == column), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_stands_for_the_order_it_first_came_with() {
    on_each_database(async |world| {
        let key = |id: &str, order: &str| ("web".into(), id.to_owned(), OrderId::of("web", order));
        let tx = world.begin().await;
        let ids = orders::claim_keys(&tx, &[key("2", "2"), key("1", "1"), key("2", "2")]).await.expect("claimed");
        assert_eq!(ids, ["2", "1", "2"].map(|id| OrderId::of("web", id)));
        let ids = orders::claim_keys(&tx, &[key("3", "3"), key("1", "other")]).await.expect("claimed");
        assert_eq!(ids, ["3", "1"].map(|id| OrderId::of("web", id)));
        tx.commit().await.expect("committed");
        let known = orders::ids_of(world.store.read(), &[("web".into(), "1".into()), ("web".into(), "9".into())]).await;
        assert_eq!(known.expect("read"), HashMap::from([(("web".into(), "1".into()), OrderId::of("web", "1"))]));
    })
    .await;
}

#[tokio::test]
async fn similar_and_waiting_orders_are_found() {
    on_each_database(async |world| {
        let mut waiting = simple_order("1");
        let counters = &mut waiting.lines[0].counters;
        (counters.open, counters.backordered) = (Quantity::ZERO, Quantity::whole(2));
        let urgent = Order { id: OrderId::of("web", "2"), external_id: "2".into(), priority: 9, ..waiting.clone() };
        for order in [&waiting, &urgent, &simple_order("3")] {
            world.save(order, 0).await.expect("saved");
        }
        let db = world.store.read();
        assert_eq!(orders::backordered(db, &["L1"], 9).await.expect("read"), [urgent.id, waiting.id]);
        let similar = orders::similar(db, &["same", "other", "more"], NOW).await.expect("read");
        assert_eq!(similar["same"].len(), 3);
        assert!(orders::similar(db, &["same"], NOW.plus(1)).await.expect("read").is_empty());
    })
    .await;
}

/// Eight writers at once: the numbers have no gap, each writer's events follow one another, and a reader never sees a
/// number before all smaller ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_journal_has_no_gaps() {
    on_each_database(async |world| {
        let mut writers = Vec::new();
        for writer in 0..8_u32 {
            let store = Arc::clone(&world.store);
            writers.push(tokio::spawn(async move {
                let (event, actor) = (Event::Closed, channel_actor());
                for round in 0..20_u32 {
                    let order = OrderId::of("web", &format!("{writer}/{round}"));
                    let entries =
                        [1, 2, 3].map(|event_no| Entry { order, event_no, event: &event, at: NOW, actor: &actor });
                    let tx = store.begin(Lane::Work).await.expect("a transaction");
                    journal::append(&tx, journal::rows(&entries).expect("rows")).await.expect("appended");
                    if round % 5 == 4 {
                        tx.rollback().await.expect("rolled back");
                    } else {
                        tx.commit().await.expect("committed");
                    }
                }
            }));
        }
        let mut seen = 0;
        while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
            for entered in journal::after(world.store.read(), seen, 100).await.expect("read") {
                assert_eq!(entered.seq, seen + 1);
                seen = entered.seq;
            }
        }
        for writer in writers {
            writer.await.expect("wrote");
        }
        let db = world.store.read();
        assert_eq!(journal::last(db).await.expect("read"), 8 * 16 * 3);
        let all = journal::after(db, 0, 1000).await.expect("read");
        assert!(all.iter().map(|e| e.seq).eq(1..=8 * 16 * 3));
        assert!(all.chunks(3).all(|three| three.iter().all(|e| e.order == three[0].order)));
        let history = journal::of_order(db, all[0].order).await.expect("read");
        assert_eq!(history.iter().map(|e| e.event_no).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(history[0].what, Readable::Event(Box::new(Event::Closed)));
    })
    .await;
}

#[tokio::test]
async fn an_event_of_a_newer_program_is_kept_and_handed_on() {
    use sea_orm::ConnectionTrait;
    on_each_database(async |world| {
        let (event, actor, order) = (Event::Closed, channel_actor(), OrderId::of("web", "1"));
        let tx = world.begin().await;
        let entry = Entry { order, event_no: 1, event: &event, at: NOW, actor: &actor };
        journal::append(&tx, journal::rows(&[entry]).expect("rows")).await.expect("ok");
        tx.execute_unprepared("UPDATE journal SET name = 'sung', body = '{\"type\":\"sung\"}'").await.expect("changed");
        tx.commit().await.expect("committed");
        let read = journal::after(world.store.read(), 0, 9).await.expect("read");
        assert_eq!(read[0].what, Readable::Unknown("{\"type\":\"sung\"}".into()));
    })
    .await;
}
