//! A person is erased: the name is nowhere in the database file, and the order's history still reads.

use super::desk::{Desk, shop_order};
use actix_web::http::Method;
use serde_json::json;

const NAME: &str = "Wilhelmina Quistgaard";

/// Does any file of the database hold these bytes?
fn holds(desk: &Desk, text: &str) -> bool {
    let database = desk.file();
    let side = |end: &str| std::path::PathBuf::from(format!("{}{end}", database.display()));
    [database.clone(), side("-wal")].iter().any(|path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[actix_web::test]
async fn an_erased_person_is_nowhere_and_the_order_still_reads() {
    let desk = Desk::open().await;
    let (admin, clerk) = (desk.key("root", "admin").await, desk.key("lin", "order_desk").await);
    let id = desk.order("orders/create", &shop_order(1, 12, NAME)).await;
    // Documents that say nothing new and name her all the same: only one of them is the channel's last word.
    desk.order("orders/updated", &shop_order(1, 12, NAME)).await;
    desk.order("orders/paid", &shop_order(1, 12, NAME)).await;
    desk.order("customers/enabled", &serde_json::json!({ "id": 7, "email": "buyer1@example.com" })).await;
    let other = desk.order("orders/create", &shop_order(2, 1, "Anna de Vries")).await;
    assert!(holds(&desk, NAME), "else the test proves nothing");
    let (_, found) = desk.get("/v1/parties?q=%2B31%2030%200000001", &clerk).await;
    let party = found["items"][0]["id"].as_str().expect("she is found by her phone").to_owned();
    let path = format!("/v1/parties/{party}");
    let (status, problem) = desk.json(Method::DELETE, &path, &clerk, json!(null)).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    let (status, erased) = desk.json(Method::DELETE, &path, &admin, json!(null)).await;
    assert_eq!((status, &erased["orders"], &erased["complete"]), (200, &json!(1), &json!(true)), "{erased}");
    assert_eq!(erased["documents"], 4, "those that no history knows are found too: {erased}");
    assert!(!holds(&desk, NAME));
    let (_, order) = desk.get(&format!("/v1/orders/{id}"), &clerk).await;
    assert_eq!((&order["ship_to"]["erased"], &order["total"]), (&json!(true), &json!("71.40")));
    assert_eq!(order["ship_to"]["destination"]["city"], "Utrecht", "what decisions were made by stays");
    let (_, timeline) = desk.get(&format!("/v1/orders/{id}/timeline"), &clerk).await;
    assert!(timeline["items"].as_array().is_some_and(|items| !items.is_empty()));
    let (_, order) = desk.get(&format!("/v1/orders/{other}"), &clerk).await;
    assert_eq!(order["ship_to"]["name"], "Anna de Vries", "nobody else is touched");
    let (status, _) = desk.json(Method::DELETE, "/v1/parties/nobody", &admin, json!(null)).await;
    assert_eq!(status, 404);
}
