//! Held orders go on when what held them is mended.

use super::desk::{Desk, shop_order};
use actix_web::http::Method;
use model::ids::OrderId;
use serde_json::{Value, json};
use tributary::store::work;

/// An order of lamps that nobody knows.
fn unknown_lamps(id: u64) -> Value {
    let mut order = shop_order(id, 12, &format!("Anna {id}"));
    order["line_items"][0]["sku"] = json!("XX-999");
    order
}

async fn put(desk: &Desk, path: &str, key: &str, body: Value) {
    let (status, said) = desk.json(Method::PUT, path, key, body).await;
    assert_eq!((status, said.get("faults").unwrap_or(&json!([]))), (200, &json!([])), "{said}");
}

async fn know(desk: &Desk, key: &str, sku: &str) {
    let product = json!([{ "sku": sku, "name": "灯", "base_unit": "pcs", "weight_g": 90 }]);
    put(desk, "/v1/master/products", key, product).await;
}

async fn price(desk: &Desk, key: &str, unit_price: &str) {
    let row = json!({ "sku": "XX-999", "unit": "pcs", "currency": "EUR", "unit_price": unit_price });
    put(desk, "/v1/master/prices", key, json!([row])).await;
}

async fn events(desk: &Desk, key: &str, id: OrderId) -> u64 {
    desk.get(&format!("/v1/orders/{id}"), key).await.1["events"].as_u64().expect("a number")
}

/// Waits until nothing is left to do.
async fn at_rest(desk: &Desk) {
    let far = desk.app.core.clock.now().plus(model::time::HOUR);
    while work::any_due(desk.app.core.store.read(), far).await.expect("the database answers") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[actix_web::test]
async fn an_order_goes_on_when_its_article_is_known() {
    let desk = Desk::open().await;
    let key = desk.key("root", "admin").await;
    let id = desk.order("orders/create", &unknown_lamps(1)).await;
    let path = format!("/v1/orders/{id}");
    at_rest(&desk).await;
    let before = events(&desk, &key, id).await;
    know(&desk, &key, "XX-998").await;
    at_rest(&desk).await;
    assert_eq!(events(&desk, &key, id).await, before, "another article is no news");
    know(&desk, &key, "XX-999").await;
    desk.until(&path, &key, |order| order["holds"][0]["code"] == "price_difference").await;
    at_rest(&desk).await;
    let before = events(&desk, &key, id).await;
    price(&desk, &key, "7.00").await;
    price(&desk, &key, "5.95").await;
    put(&desk, "/v1/stock/NL-RTM/XX-999", &key, json!({ "on_hand": 100 })).await;
    let order = desk.until(&path, &key, |order| order["status"] == "released").await;
    assert_eq!(order["holds"], json!([]), "{order}");
    assert!(events(&desk, &key, id).await > before);
}

#[actix_web::test]
async fn more_than_a_page_of_orders_goes_on() {
    let desk = Desk::open().await;
    let key = desk.key("root", "admin").await;
    let mut orders = Vec::new();
    for id in 1..=70 {
        orders.push(desk.order("orders/create", &unknown_lamps(id)).await);
    }
    know(&desk, &key, "XX-999").await;
    for id in orders {
        desk.until(&format!("/v1/orders/{id}"), &key, |order| order["holds"][0]["code"] == "price_difference").await;
    }
}

#[actix_web::test]
async fn people_ask_all_that_one_hold_stops() {
    let desk = Desk::open().await;
    let (key, reader) = (desk.key("lin", "order_desk").await, desk.key("mei", "reader").await);
    let mut last = None;
    for id in 1..=65 {
        last = Some(desk.order("orders/create", &unknown_lamps(id)).await);
    }
    let last = last.expect("an order");
    let before = events(&desk, &key, last).await;
    let ask = json!({ "hold": "unknown_sku" });
    assert_eq!(desk.post("/v1/orders/redecide", &reader, ask.clone()).await.0, 403);
    let (status, first) = desk.post("/v1/orders/redecide", &key, ask).await;
    assert_eq!((status, &first["asked"], &first["changed"]), (200, &json!(64), &json!(0)), "{first}");
    let more = json!({ "hold": "unknown_sku", "cursor": first["next"] });
    let (_, rest) = desk.post("/v1/orders/redecide", &key, more).await;
    assert_eq!(rest, json!({ "asked": 1, "changed": 0 }));
    assert_eq!(events(&desk, &key, last).await, before, "asked in vain leaves no trace");
    let (status, problem) = desk.post("/v1/orders/redecide", &key, json!({ "hold": "awaiting_stock" })).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_value")));
}
