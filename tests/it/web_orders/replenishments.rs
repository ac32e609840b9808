//! What is proposed to be bought, over HTTP: who may decide, and once.

use super::desk::Desk;
use actix_web::http::Method;
use serde_json::json;

const LIST: &str = "/v1/replenishments?sku=LT-DL-0003";

#[actix_web::test]
async fn purchasing_decides_on_a_proposal_once() {
    let desk = Desk::open().await;
    let (buyer, depot) = (desk.key("buyer", "purchasing").await, desk.key("depot", "logistics").await);
    let (_, stock) = desk.get("/v1/stock?sku=LT-DL-0003", &buyer).await;
    let warehouse = stock["items"][0]["warehouse"].as_str().expect("a warehouse").to_owned();
    let body = json!({ "on_hand": "7", "safety": "2", "reorder_point": "20", "reorder_quantity": "12.5" });
    let (status, level) = desk.json(Method::PUT, &format!("/v1/stock/{warehouse}/LT-DL-0003"), &depot, body).await;
    assert_eq!((status, &level["reorder_point"], &level["reorder_quantity"]), (200, &json!("20"), &json!("12.5")));
    let list = desk.until(LIST, &depot, |list| list["items"][0].is_object()).await;
    let one = &list["items"][0];
    // 15 are missing up to the point, which is more than is bought at a time.
    assert_eq!((&one["quantity"], &one["state"]), (&json!("15"), &json!("proposed")));
    assert_eq!((&one["reasons"]["on_hand"], &one["warehouse"]), (&json!("7"), &json!(warehouse)));
    let path = |word: &str| format!("/v1/replenishments/{}/{word}", one["id"].as_str().unwrap_or_default());
    let (status, problem) = desk.post(&path("approve"), &depot, json!(null)).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{problem}");
    let (status, approved) = desk.post(&path("approve"), &buyer, json!(null)).await;
    assert_eq!((status, &approved["state"]), (200, &json!("approved")));
    assert_eq!(approved["actor"]["user"], "buyer");
    let (status, problem) = desk.post(&path("approve"), &buyer, json!(null)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("replenishment_closed")));
    // The ERP has it by now, and nothing would tell it otherwise.
    let (status, problem) = desk.post(&path("dismiss"), &buyer, json!(null)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("replenishment_closed")));
    let (status, problem) = desk.post("/v1/replenishments/nothing/dismiss", &buyer, json!(null)).await;
    assert_eq!((status, &problem["code"]), (404, &json!("unknown_replenishment")));
    assert_eq!(desk.get(&format!("{LIST}&state=proposed"), &depot).await.1, json!({ "items": [] }));
}
