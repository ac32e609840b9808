//! WooCommerce through the river: twice, late, stale, broken, out of the bin again. And a till's refunds beside its sales.

use super::world::{River, on_each_database};
use model::{
    ids::{DocumentId, OrderId},
    measure::Quantity,
    order::{
        state::Slot,
        status::{Status, status},
    },
    said::PaymentState,
};
use std::path::Path;
use tributary::{
    intake::{Accepted, DocumentKind},
    store::{journal, rejects},
};

const WOO: &str = "woo-shop";

/// An order of one line, changed at that minute.
fn order_json(id: u64, state: &str, quantity: u32, minute: u32) -> String {
    let cents = quantity * 595;
    let total = format!("{}.{:02}", cents / 100, cents % 100);
    serde_json::json!({
        "id": id, "number": id.to_string(), "status": state, "currency": "EUR", "prices_include_tax": true,
        "date_created_gmt": "2026-11-20T09:00:00", "date_modified_gmt": format!("2026-11-20T09:{minute:02}:00"),
        "total": total, "total_tax": "0.00", "payment_method": "mollie_ideal", "payment_method_title": "iDEAL",
        "billing": { "first_name": "Buyer", "last_name": format!("No {id}"), "address_1": "Straat 1", "city": "Utrecht",
            "postcode": "3511 AA", "country": "NL", "email": format!("buyer{id}@example.com"), "phone": "+31 30 1234567" },
        "shipping": { "first_name": "Buyer", "last_name": format!("No {id}"), "address_1": "Straat 1", "city": "Utrecht",
            "postcode": "3511 AA", "country": "NL" },
        "line_items": [{ "id": 1, "sku": "LT-DL-0003", "name": "Lamp", "quantity": quantity, "subtotal": total,
            "total": total, "total_tax": "0.00", "price": f64::from(cents) / f64::from(quantity) / 100.0 }],
        "shipping_lines": [], "fee_lines": [], "coupon_lines": [], "tax_lines": [], "refunds": []
    })
    .to_string()
}

async fn shop(river: &River, topic: &str, body: &str) -> Accepted {
    river.bring(WOO, topic, DocumentKind::Webhook, body.as_bytes()).await
}

async fn state(river: &River, id: u64) -> Option<Status> {
    status(&river.slot_of(WOO, &id.to_string()).await)
}

async fn rejected(river: &River, document: DocumentId) -> Vec<String> {
    let found = rejects::list(river.app.core.store.read(), document, 0, rejects::PAGE_MAX).await.expect("reads");
    found.into_iter().map(|numbered| numbered.reject.code).collect()
}

async fn events(river: &River, id: u64) -> Vec<String> {
    let found = journal::of_order(river.app.core.store.read(), OrderId::of(WOO, &id.to_string())).await;
    found.expect("a journal").into_iter().map(|event| event.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_woo_order_comes_twice_stale_and_broken() {
    on_each_database(async |river| {
        let first = shop(river, "order.created", &order_json(1, "processing", 4, 1)).await;
        assert_eq!(state(river, 1).await, Some(Status::Released), "{:#?}", river.slot_of(WOO, "1").await);
        let again = shop(river, "order.created", &order_json(1, "processing", 4, 1)).await;
        assert!(again.duplicate && again.document == first.document);

        // Placed as pending, paid later, and the pending one once more.
        shop(river, "order.created", &order_json(2, "pending", 2, 1)).await;
        assert_eq!(state(river, 2).await, Some(Status::OnHold));
        shop(river, "order.updated", &order_json(2, "processing", 3, 9)).await;
        assert_eq!(state(river, 2).await, Some(Status::Released));
        shop(river, "order.updated", &order_json(2, "on-hold", 2, 5)).await;
        assert_eq!(events(river, 2).await.last().map(String::as_str), Some("stale"));
        let Slot::Placed(order) = river.slot_of(WOO, "2").await else { panic!("it was placed") };
        assert_eq!(order.lines[0].item.quantity, Quantity::whole(3));
        assert_eq!(order.header.payment.state, PaymentState::Paid);
        // What the platform calls completed changes nothing here.
        let before = events(river, 2).await;
        shop(river, "order.updated", &order_json(2, "completed", 3, 20)).await;
        assert_eq!(events(river, 2).await, before);

        let broken = shop(river, "order.created", &order_json(3, "processing", 4, 1)[1..]).await;
        assert_eq!(rejected(river, broken.document).await, ["not_json"]);
        let wrong = order_json(3, "processing", 4, 1).replace("\"quantity\":4", "\"quantity\":\"four\"");
        let wrong = shop(river, "order.created", &wrong).await;
        assert_eq!(rejected(river, wrong.document).await, ["not_a_number"]);
        assert_eq!(state(river, 3).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_woo_order_ends_and_is_taken_out_of_the_bin() {
    on_each_database(async |river| {
        for (id, over) in [(4, "cancelled"), (5, "refunded"), (6, "trash")] {
            shop(river, "order.created", &order_json(id, "processing", 1, 1)).await;
            assert_eq!(state(river, id).await, Some(Status::Released));
            shop(river, "order.updated", &order_json(id, over, 1, 2)).await;
            assert_eq!(state(river, id).await, Some(Status::Cancelled), "{over}");
        }
        // Late: the bin first, the order behind it.
        shop(river, "order.deleted", r#"{"id":7}"#).await;
        assert_eq!(state(river, 7).await, Some(Status::Awaited));
        shop(river, "order.created", &order_json(7, "processing", 1, 1)).await;
        assert_eq!(state(river, 7).await, Some(Status::Cancelled));

        shop(river, "order.created", &order_json(8, "processing", 1, 1)).await;
        shop(river, "order.deleted", r#"{"id":8}"#).await;
        assert_eq!(state(river, 8).await, Some(Status::Cancelled));
        let restored = shop(river, "order.restored", &order_json(8, "processing", 1, 3)).await;
        assert_eq!(rejected(river, restored.document).await, ["order_restored"], "a person is told");
        assert_eq!(state(river, 8).await, Some(Status::Cancelled), "and nothing is sent behind their back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_sells_and_takes_back_and_a_buyer_writes_xml() {
    let fixture =
        |path: &str| std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mappings").join(path));
    on_each_database(async |river| {
        let sales = fixture("pos-square-items/good-refunds.csv").expect("a fixture");
        let taken = river.bring("store-ny-pos", "", DocumentKind::Upload, &sales).await;
        assert_eq!(rejected(river, taken.document).await, ["refund_row", "refund_row"]);
        for (id, is_order) in [("tNx0EXAMPLE1", true), ("tNx0AFTER", true), ("tNx0OTHER", false)] {
            assert_eq!(matches!(river.slot_of("store-ny-pos", id).await, Slot::Placed(_)), is_order, "{id}");
        }
        let order = fixture("ubl-order/good.xml").expect("a fixture");
        river.bring("ubl-customer", "", DocumentKind::Upload, &order).await;
        let Slot::Placed(order) = river.slot_of("ubl-customer", "K-1042/PO-2026-0417").await else {
            panic!("no order")
        };
        assert_eq!((order.header.customer.as_str(), order.lines.len()), ("K-1042", 2));
    })
    .await;
}
