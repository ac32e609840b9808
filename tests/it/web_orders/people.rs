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
    gone_for_good(&desk, &admin).await;
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

#[actix_web::test]
async fn who_was_erased_and_orders_again_is_known_again() {
    let desk = Desk::open().await;
    let (admin, clerk) = (desk.key("root", "admin").await, desk.key("lin", "order_desk").await);
    let mut first = shop_order(1, 12, NAME);
    let mut later = shop_order(2, 12, NAME);
    let now = desk.app.core.clock.now();
    for order in [&mut first, &mut later] {
        order["created_at"] = json!(now.rfc3339());
        order["updated_at"] = json!(now.rfc3339());
        order["email"] = json!("w.quistgaard@example.com");
        order["shipping_address"]["phone"] = json!("+31 30 5550142");
    }
    let erased = desk.order("orders/create", &first).await;
    let (_, found) = desk.get("/v1/parties?q=w.quistgaard%40example.com", &clerk).await;
    let party = found["items"][0]["id"].as_str().expect("she is found by her mail").to_owned();
    desk.json(Method::DELETE, &format!("/v1/parties/{party}"), &admin, json!(null)).await;
    let known = desk.order("orders/create", &later).await;
    // The erased order said again brings nobody back.
    first["note"] = json!("ring twice");
    first["updated_at"] = json!(now.plus(1_000_000).rfc3339());
    desk.order("orders/updated", &first).await;
    let (_, order) = desk.get(&format!("/v1/orders/{known}"), &clerk).await;
    assert_eq!(order["ship_to"]["name"], NAME, "{order}");
    let suspected = |order: &serde_json::Value| order["holds"].to_string().contains("duplicate_suspected");
    assert!(suspected(&order), "the same person, goods and place: {order}");
    // People know orders by their numbers; the ids are there for machines.
    let hold = order["holds"].as_array().and_then(|h| h.iter().find(|h| h["code"] == "duplicate_suspected"));
    let hold = hold.unwrap_or(&serde_json::Value::Null);
    let (_, order) = desk.get(&format!("/v1/orders/{erased}"), &clerk).await;
    assert_eq!(hold["orders"], json!([{ "id": erased, "number": order["number"] }]), "{hold}");
    assert_eq!(hold["args"]["orders"], json!(erased), "{hold}");
    let number = order["number"].as_str().unwrap_or_default();
    assert!(hold["detail"].as_str().is_some_and(|d| d.ends_with(&format!(": {number}."))), "{hold}");
    assert_eq!(order["ship_to"]["erased"], true, "{order}");
}

/// Whoever asks for erased bytes is told that they are erased, not that the address is wrong.
async fn gone_for_good(desk: &Desk, admin: &str) {
    let (_, page) = desk.get("/v1/documents?state=erased", admin).await;
    let id = page["items"][0]["document"].as_str().expect("an erased document");
    let gone = (410, json!("content_erased"));
    for end in ["content", "mended"] {
        let (status, problem) = desk.get(&format!("/v1/documents/{id}/{end}"), admin).await;
        assert_eq!((status, problem["code"].clone()), gone, "{end}: {problem}");
    }
    let path = format!("/v1/documents/{id}/replay");
    let (status, problem) = desk.json(Method::POST, &path, admin, json!(null)).await;
    assert_eq!((status, problem["code"].clone()), gone, "{problem}");
}
