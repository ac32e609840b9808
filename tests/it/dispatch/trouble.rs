//! Partners that fail, stall, lie, lose their answers, ask for time or lead astray.

use super::world::{ERP, heard, on_each_database, with_leases_of};
use model::{
    message::MessageKind::{FulfilmentReleased, OrderCancelled, OrderReleased},
    time::SECOND,
};
use tributary::{
    clock::Stopwatch,
    dispatch::backoff::{ATTEMPTS_MAX, SENSELESS_MAX},
    sandbox::{Mode, Options, Partner},
    store::deliveries::DeliveryState,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_fails_twice_is_told_once() {
    on_each_database(1, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::Fail, 2);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        let done = world.until(ids[0], DeliveryState::Done).await;
        assert_eq!(done.attempts, 3);
        // A server that failed may have been half-way through: it is asked before it is told again.
        assert_eq!(heard(&world.erp), ["PUT sales-orders", "GET sales-orders", "GET sales-orders", "PUT sales-orders"]);
        assert_eq!(world.erp.state().effects[&ids[0].to_string()], 1);
        let outcomes: Vec<String> = world.exchanges(ids[0]).await.into_iter().map(|e| e.outcome).collect();
        assert_eq!(outcomes, ["partner_down", "partner_down", "next", "done"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_leaves_one_effect() {
    on_each_database(1, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::ApplyAndLose, 1);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        world.until(ids[0], DeliveryState::Done).await;
        assert_eq!(heard(&world.erp), ["PUT sales-orders", "GET sales-orders"]);
        assert_eq!(world.erp.state().orders[&order.id.to_string()].writes, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_drips_is_cut_off_by_the_deadline() {
    on_each_database(1, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::Drip, 1);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        let watch = Stopwatch::start();
        world.until(ids[0], DeliveryState::Done).await;
        assert!(watch.micros() < 30 * SECOND, "the record drips for over a minute");
        assert_eq!(world.erp.state().effects[&ids[0].to_string()], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_waits_for_a_person_and_holds_up_its_stream_only() {
    on_each_database(1, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::Garbage, SENSELESS_MAX);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        let stuck = world.until(ids[0], DeliveryState::Quarantined).await;
        assert_eq!((stuck.error.as_str(), stuck.attempts), ("partner_broken", SENSELESS_MAX));
        let behind = world.tell(ERP, &order, &[OrderCancelled]).await;
        let beside = world.tell(ERP, &order, &[FulfilmentReleased]).await;
        world.until_all_done(&beside).await;
        assert_eq!(world.delivery(behind[0]).await.state, DeliveryState::Waiting);
        assert_eq!(world.delivery(behind[0]).await.attempts, 0);
        assert_eq!(world.redrive(&ids).await, 1);
        world.until_all_done(&ids).await;
        world.until_all_done(&behind).await;
        assert_eq!(world.erp.state().orders[&order.id.to_string()].status, "cancelled");
        assert!(world.erp.state().effects.values().all(|n| *n == 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_maintenance_calls_nobody() {
    on_each_database(1, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::Garbage, SENSELESS_MAX - 1);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        world.until_all_done(&ids).await;
        // Nobody knows who answered: the partner is asked before it is told again.
        let asked = ["PUT sales-orders", "GET sales-orders", "GET sales-orders", "GET sales-orders"];
        assert_eq!(heard(&world.erp)[..4], asked);
        assert_eq!(world.erp.state().effects[&ids[0].to_string()], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_keeps_the_partners_reason() {
    on_each_database(1, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::Refuse, 1);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        let stuck = world.until(ids[0], DeliveryState::Quarantined).await;
        assert_eq!(stuck.error, "partner_refused");
        assert!(world.exchanges(ids[0]).await[0].answer.contains("sandbox_refuses"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    on_each_database(1, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::Redirect, SENSELESS_MAX);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        let stuck = world.until(ids[0], DeliveryState::Quarantined).await;
        assert_eq!((stuck.error.as_str(), stuck.attempts), ("partner_redirect", SENSELESS_MAX));
        assert_eq!(heard(&world.erp).len(), SENSELESS_MAX as usize);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_partner_holds_up_nobody_else() {
    with_leases_of(60, 1, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::Stall, 1000);
        world.start();
        let order = world.place("0").await;
        let stalled = world.tell(ERP, &order, &[OrderReleased]).await;
        while world.erp.state().requests == 0 {
            tokio::task::yield_now().await;
        }
        let mut others = Vec::new();
        for n in 1..20 {
            let order = world.place(&n.to_string()).await;
            others.extend(world.tell("crm", &order, &[OrderReleased, FulfilmentReleased]).await);
        }
        world.until_all_done(&others).await;
        // Which stalls for half a minute.
        assert_eq!(world.erp.state().requests, 1);
        assert_eq!(world.delivery(stalled[0]).await.state, DeliveryState::Waiting);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_asks_for_time_gets_it() {
    // Twenty seconds by a tenth.
    on_each_database(100, Options { retry_after: 20, ..Options::default() }, async |world| {
        world.erp.faults(Partner::Erp, Mode::Busy, 1);
        let mut ids = Vec::new();
        let first = world.place("0").await;
        ids.extend(world.tell(ERP, &first, &[OrderReleased]).await);
        world.start();
        while world.exchanges(ids[0]).await.is_empty() {
            tokio::task::yield_now().await;
        }
        for n in 1..5 {
            let order = world.place(&n.to_string()).await;
            ids.extend(world.tell(ERP, &order, &[OrderReleased]).await);
        }
        world.until_all_done(&ids).await;
        let asked = world.exchanges(ids[0]).await[0].at;
        for id in &ids {
            let told = world.exchanges(*id).await.last().expect("one").at;
            assert!(told.since(asked) >= 19 * SECOND / 10, "told after {} us", told.since(asked));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_stays_down_leaves_the_delivery_to_a_person() {
    on_each_database(0, Options::default(), async |world| {
        world.erp.faults(Partner::Erp, Mode::Fail, ATTEMPTS_MAX);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(ERP, &order, &[OrderReleased]).await;
        let stuck = world.until(ids[0], DeliveryState::Quarantined).await;
        assert_eq!((stuck.error.as_str(), stuck.attempts), ("partner_down", ATTEMPTS_MAX));
        assert_eq!(world.erp.state().requests, u64::from(ATTEMPTS_MAX));
        assert_eq!(world.redrive(&ids).await, 1);
        world.until_all_done(&ids).await;
        assert_eq!(world.erp.state().effects[&ids[0].to_string()], 1);
    })
    .await;
}
