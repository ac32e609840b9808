//! What a preview says is what the command then does, and a preview changes nothing.

use super::desk::{Desk, shop_order};
use serde_json::{Value, json};

/// Names of the events, in their order.
fn names(items: &Value) -> Vec<&str> {
    items.as_array().expect("events").iter().filter_map(|item| item["event"].as_str()).collect()
}

#[actix_web::test]
async fn a_preview_equals_what_is_done() {
    let desk = Desk::open().await;
    let key = desk.key("lin", "order_desk").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let order = format!("/v1/orders/{id}");
    for (command, body) in [
        ("amend", json!({ "quantities": { "1": "15" }, "why": "the buyer called" })),
        ("cancel", json!({ "reason": "the buyer changed their mind" })),
    ] {
        let (_, before) = desk.get(&order, &key).await;
        let (status, preview) = desk.post(&format!("{order}/{command}?preview=true"), &key, body.clone()).await;
        assert_eq!((status, &preview["preview"]), (200, &json!(true)), "{preview}");
        assert_eq!(desk.get(&order, &key).await.1, before, "a preview changes nothing");
        let (status, done) = desk.post(&format!("{order}/{command}"), &key, body).await;
        assert_eq!((status, &done["status"]), (200, &preview["status"]), "{done}");
        assert_eq!(done["events"], preview["events"]);
        let (_, timeline) = desk.get(&format!("{order}/timeline"), &key).await;
        let known = before["events"].as_u64().expect("a number") as usize;
        assert_eq!(names(&timeline["items"])[known..], names(&preview["happened"]), "{preview:#}");
        let texts =
            |items: &Value| items.as_array().expect("events").iter().map(|i| i["text"].clone()).collect::<Vec<_>>();
        assert_eq!(texts(&timeline["items"])[known..], texts(&preview["happened"]));
    }
    let again = desk.post(&format!("{order}/cancel?preview=true"), &key, json!({ "reason": "again" })).await;
    assert_eq!((again.0, &again.1["code"]), (409, &json!("already_cancelled")), "{}", again.1);
}
