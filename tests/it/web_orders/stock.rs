//! Words from outside about stock, and what follows from them.

use super::desk::{Desk, shop_order};
use actix_web::http::Method;
use serde_json::json;

const LEVEL: &str = "/v1/stock/NL-RTM/LT-DL-0003";

#[actix_web::test]
async fn a_count_below_what_is_reserved_takes_reservations_back() {
    let desk = Desk::open().await;
    let key = desk.key("erp", "erp").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let (_, order) = desk.get(&format!("/v1/orders/{id}"), &key).await;
    assert_eq!(order["fulfilments"][0]["warehouse"], "NL-RTM", "{order}");
    let (status, level) = desk.json(Method::PUT, LEVEL, &key, json!({ "on_hand": 1 })).await;
    assert_eq!((status, &level["on_hand"], &level["shortage"]), (200, &json!("1"), &json!("11")), "{level}");
    let order = desk.until(&format!("/v1/orders/{id}"), &key, |o| o["fulfilments"][0]["state"] == "cancelled").await;
    let (_, page) = desk.get("/v1/stock?sku=LT-DL-0003&warehouse=NL-RTM", &key).await;
    assert_eq!(page["items"][0]["shortage"], "0", "{page} {order}");
    let (_, ledger) = desk.get(&format!("{LEVEL}/ledger"), &key).await;
    let kinds: Vec<_> = ledger["items"].as_array().expect("items").iter().map(|e| e["kind"].clone()).collect();
    assert!(kinds.contains(&json!("count")) && kinds.contains(&json!("unreserve")), "{ledger}");
    assert!(ledger["items"].as_array().expect("items").iter().any(|e| e["cause"] == "erp"));
}

#[actix_web::test]
async fn goods_that_come_in_are_added_and_must_be_known() {
    let desk = Desk::open().await;
    let key = desk.key("depot", "logistics").await;
    let lots = json!([
        { "sku": "LT-DL-0003", "warehouse": "NL-RTM", "quantity": "7" },
        { "sku": "LT-DL-0003", "warehouse": "NL-RTM", "quantity": 3 },
    ]);
    let (status, done) = desk.post("/v1/stock/goods-in", &key, lots).await;
    assert_eq!((status, done), (200, json!({ "lots": 2 })));
    let (_, page) = desk.get("/v1/stock?sku=LT-DL-0003&warehouse=NL-RTM", &key).await;
    assert_eq!(page["items"][0]["on_hand"], "373");
    let cases = [
        (json!([{ "sku": "NO-SUCH", "warehouse": "NL-RTM", "quantity": "1" }]), 404, "unknown_product"),
        (json!([{ "sku": "LT-DL-0003", "warehouse": "MOON", "quantity": "1" }]), 404, "unknown_warehouse"),
        (json!([{ "sku": "LT-DL-0003", "warehouse": "NL-RTM", "quantity": "-1" }]), 400, "out_of_range"),
        (json!([{ "sku": "LT-DL-0003", "warehouse": "NL-RTM", "quantity": "many" }]), 400, "invalid_value"),
        (json!([{ "sku": "LT\0", "warehouse": "NL-RTM", "quantity": "1" }]), 400, "invalid_value"),
        (json!([]), 400, "invalid_value"),
    ];
    for (lots, status, code) in cases {
        let (found, problem) = desk.post("/v1/stock/goods-in", &key, lots.clone()).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{lots}");
    }
}

/// PostgreSQL takes no text with a NUL; a cursor that was made up may hold one.
#[actix_web::test]
async fn a_cursor_with_a_nul_is_none_of_ours() {
    let desk = Desk::empty().await;
    let key = desk.key("mei", "reader").await;
    // {"v":1,"at":["\u0000","x"]}
    let (status, problem) = desk.get("/v1/stock?cursor=eyJ2IjoxLCJhdCI6WyJcdTAwMDAiLCJ4Il19", &key).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_cursor")), "{problem}");
    // {"v":1,"at":["a","x"]}
    let (status, page) = desk.get("/v1/stock?cursor=eyJ2IjoxLCJhdCI6WyJhIiwieCJdfQ", &key).await;
    assert_eq!((status, &page["items"]), (200, &json!([])), "{page}");
}

#[actix_web::test]
async fn backordered_goods_are_taken_up_when_stock_comes() {
    let desk = Desk::open().await;
    let key = desk.key("depot", "logistics").await;
    for warehouse in ["CN-ZS", "CN-SH", "CN-BJ", "CN-CD", "CN-WH", "NL-RTM"] {
        let path = format!("/v1/stock/{warehouse}/LT-DL-0003");
        let (status, _) = desk.json(Method::PUT, &path, &key, json!({ "on_hand": 0 })).await;
        assert_eq!(status, 200);
    }
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let (_, order) = desk.get(&format!("/v1/orders/{id}"), &key).await;
    assert_eq!(order["status"], "backordered", "{order}");
    let lots = json!([{ "sku": "LT-DL-0003", "warehouse": "NL-RTM", "quantity": "100" }]);
    desk.post("/v1/stock/goods-in", &key, lots).await;
    desk.until(&format!("/v1/orders/{id}"), &key, |order| order["status"] == "released").await;
}
