//! Duplicates, stale updates, updates and cancels before their create, replays: each leaves the right single order.

use super::world::{CHANNEL, on_each_database, order_json};
use model::{
    ids::OrderId,
    measure::Quantity,
    order::status::{Status, status},
};
use tributary::{intake::replay, store::journal};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_becomes_a_released_order() {
    on_each_database(async |river| {
        let accepted = river.shopify("orders/create", &order_json(1, "LT-DL-0003", 4, "5.95", 1)).await;
        assert!(!accepted.duplicate);
        let slot = river.slot("1").await;
        assert_eq!(status(&slot), Some(Status::Released), "{slot:#?}");
        let again = river.shopify("orders/create", &order_json(1, "LT-DL-0003", 4, "5.95", 1)).await;
        assert!(again.duplicate);
        assert_eq!(again.document, accepted.document);
        assert_eq!(river.order("1").await.events, slot.events());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_order_of_arrival_one_order_is_right() {
    on_each_database(async |river| {
        // An update before its create, and the create, now stale, after it.
        river.shopify("orders/updated", &order_json(2, "LT-DL-0003", 6, "5.95", 9)).await;
        river.shopify("orders/create", &order_json(2, "LT-DL-0003", 4, "5.95", 1)).await;
        let order = river.order("2").await;
        assert_eq!(order.lines[0].item.quantity, Quantity::whole(6));
        // A cancel before its create.
        let mut cancelled: serde_json::Value =
            serde_json::from_str(&order_json(3, "LT-DL-0003", 1, "5.95", 5)).expect("JSON");
        river.shopify("orders/delete", r#"{"id": 3}"#).await;
        assert_eq!(status(&river.slot("3").await), Some(Status::Awaited));
        river.shopify("orders/create", &cancelled.to_string()).await;
        assert_eq!(status(&river.slot("3").await), Some(Status::Cancelled));
        // A cancellation that restates the order.
        cancelled["id"] = 4.into();
        river.shopify("orders/create", &cancelled.to_string()).await;
        assert_eq!(status(&river.slot("4").await), Some(Status::Released));
        cancelled["cancelled_at"] = "2026-11-20T11:00:00+01:00".into();
        cancelled["updated_at"] = "2026-11-20T11:00:00+01:00".into();
        river.shopify("orders/cancelled", &cancelled.to_string()).await;
        assert_eq!(status(&river.slot("4").await), Some(Status::Cancelled));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_changes_an_order_only_from_its_newest_document() {
    on_each_database(async |river| {
        let first = river.shopify("orders/create", &order_json(5, "LT-DL-0003", 4, "5.95", 1)).await;
        let second = river.shopify("orders/updated", &order_json(5, "LT-DL-0003", 5, "5.95", 2)).await;
        let before = river.order("5").await;
        for document in [second.document, first.document] {
            let found = replay::replay(&river.app.core, &river.app.intake.parser, document).await.expect("replays");
            assert!(found);
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        let after = river.order("5").await;
        assert_eq!(after.lines, before.lines);
        let names: Vec<_> = journal::of_order(river.app.core.store.read(), OrderId::of(CHANNEL, "5"))
            .await
            .expect("a journal")
            .into_iter()
            .map(|e| e.name)
            .collect();
        assert_eq!(names.iter().filter(|n| *n == "placed").count(), 1);
        assert_eq!(names.last().map(String::as_str), Some("stale"), "{names:?}");
    })
    .await;
}
