//! Batches follow one another while the one before is still being written: what one decides, the next must know.

use super::world::{now, on_each_database, order_json, webhook};
use model::order::state::Slot;

/// Orders at once: some batches.
const ORDERS: u64 = 600;

/// An order of the same person for the same goods, made just now.
fn alike(id: u64) -> String {
    let mut order: serde_json::Value = serde_json::from_str(&order_json(id, "LT-DL-0003", 1, "5.95", 1)).expect("JSON");
    let at = chrono::DateTime::from_timestamp_micros(now().0).expect("a time").to_rfc3339();
    order["created_at"] = at.clone().into();
    order["updated_at"] = at.into();
    order["email"] = "buyer@example.com".into();
    order["shipping_address"]["name"] = "Anna Visser".into();
    order.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_equal_orders_that_come_at_once_only_one_is_not_suspected() {
    on_each_database(async |river| {
        let arrivals = (1..=ORDERS).map(|id| river.app.intake.accept(webhook(alike(id))));
        let accepted: Vec<_> = futures_util::future::join_all(arrivals).await;
        for accepted in accepted {
            river.read(accepted.expect("is accepted")).await;
        }
        let slots = river.slots(1..=ORDERS).await;
        let suspected = |slot: &Slot| {
            let order = slot.order().expect("is placed");
            order.holds.iter().any(|hold| hold.code == "duplicate_suspected")
        };
        assert_eq!(slots.iter().filter(|slot| !suspected(slot)).count(), 1);
    })
    .await;
}
