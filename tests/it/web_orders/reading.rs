//! What is read of orders, and what is asked of them.

use super::desk::{Desk, shop_order};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

#[actix_web::test]
async fn an_order_is_found_and_shown_whole() {
    let desk = Desk::open().await;
    let key = desk.key("mei", "reader").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let (_, page) = desk.get("/v1/orders?channel=shopify-eu&external_id=1", &key).await;
    assert_eq!(page["items"][0]["id"], json!(id), "{page}");
    let (status, order) = desk.get(&format!("/v1/orders/{id}"), &key).await;
    assert_eq!((status, &order["number"]), (200, &json!("#1")), "{order}");
    assert_eq!(order["ship_to"]["name"], "Anna de Vries");
    assert_eq!(order["lines"][0]["quantity"], "12");
    assert_eq!(order["lines"][0]["unit_price"], "5.95");
    assert_eq!(order["total"], "71.40");
    assert_eq!(order["documents"].as_array().map(Vec::len), Some(1));
    for query in [
        "status=on_hold,released,awaiting_approval,backordered",
        "q=Anna%20de%20Vries",
        "q=%231",
        "placed_from=2026-11-20&placed_to=2026-11-20",
        "external_id=1",
        "cursor=",
    ] {
        let (_, page) = desk.get(&format!("/v1/orders?{query}"), &key).await;
        assert_eq!(page["items"].as_array().map(Vec::len), Some(1), "{query}: {page}");
    }
    let (status, problem) = desk.get("/v1/orders?waiting=paint", &key).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_filter")), "{problem}");
    for query in ["waiting=stock", "hold=nothing", "customer=C1", "placed_from=2026-11-21", "q=nobody"] {
        let (_, page) = desk.get(&format!("/v1/orders?{query}"), &key).await;
        assert_eq!(page["items"], json!([]), "{query}");
    }
}

#[actix_web::test]
async fn an_article_in_another_width_is_known_and_in_another_case_is_asked_for() {
    let desk = Desk::open().await;
    let key = desk.key("mei", "reader").await;
    let unknown = async |id: u64, sku: &str| {
        let mut body = shop_order(id, 1, "Anna de Vries");
        body["line_items"][0]["sku"] = json!(sku);
        let id = desk.order("orders/create", &body).await;
        let (_, order) = desk.get(&format!("/v1/orders/{id}"), &key).await;
        let holds = order["holds"].as_array().cloned().unwrap_or_default();
        holds.into_iter().find(|hold| hold["code"] == "unknown_sku").unwrap_or(Value::Null)
    };
    assert_eq!(unknown(1, "ＬＴ－ＤＬ－０００３").await, Value::Null);
    let hold = unknown(2, "Lt-dl-0003").await;
    assert_eq!(hold["args"]["did_you_mean"], "LT-DL-0003", "{hold}");
    let detail = hold["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("Lt-dl-0003") && detail.contains("Did you mean LT-DL-0003?"), "{detail}");
    assert_eq!(unknown(3, "LT-DL-000").await["args"], json!({ "lines": "1", "skus": "LT-DL-000" }));
}

#[actix_web::test]
async fn pages_of_orders_follow_each_other() {
    let desk = Desk::open().await;
    let key = desk.key("mei", "reader").await;
    for id in 1..=5 {
        desk.order("orders/create", &shop_order(id, 1, "Anna de Vries")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/orders?limit=2".to_owned();
    loop {
        let (_, page) = desk.get(&path, &key).await;
        seen.extend(page["items"].as_array().expect("items").iter().map(|o| o["number"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/orders?limit=2&cursor={next}");
    }
    seen.sort_by_key(Value::to_string);
    assert_eq!(json!(seen), json!(["#1", "#2", "#3", "#4", "#5"]));
}

#[actix_web::test]
async fn the_timeline_says_why_in_the_callers_language() {
    let desk = Desk::open().await;
    let key = desk.key("mei", "reader").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let ask = TestRequest::get().uri(&format!("/v1/orders/{id}/timeline")).insert_header(("accept-language", "zh-CN"));
    let (_, timeline) = desk.send(ask, &key).await;
    let items = timeline["items"].as_array().expect("items");
    assert_eq!(items[0]["text"], "shopify-eu 提交了订单 #1，共 1 行。");
    let allocated = items.iter().find(|e| e["event"] == "allocated").expect("an allocation");
    let candidates = allocated["data"]["allocation"]["reasons"]["candidates"].as_array().expect("candidates");
    assert!(candidates.iter().any(|c| c["why_not"] != ""), "{candidates:?}");
    let unfilled = items.iter().filter(|e| e["text"].as_str().is_none_or(|t| t.is_empty() || t.contains('{')));
    assert_eq!(unfilled.count(), 0, "{items:#?}");
    assert!(!timeline.to_string().contains("Anna"), "people are not in the journal");
}

#[actix_web::test]
async fn the_feed_has_no_gaps_and_knows_its_own_cursors() {
    let desk = Desk::open().await;
    let key = desk.key("erp", "erp").await;
    for id in 1..=3 {
        desk.order("orders/create", &shop_order(id, 1, "Anna de Vries")).await;
    }
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let (_, page) = desk.get(&format!("/v1/changes?limit=4&after={after}"), &key).await;
        let items = page["items"].as_array().expect("items");
        after = page["next"].as_str().expect("a cursor, always").to_owned();
        if items.is_empty() {
            break;
        }
        seen.extend(items.iter().map(|i| (i["number"].to_string(), i["no"].as_u64().expect("a number"))));
    }
    let (_, all) = desk.get("/v1/changes?limit=1000", &key).await;
    assert_eq!(seen.len(), all["items"].as_array().expect("items").len());
    for number in ["\"#1\"", "\"#2\"", "\"#3\""] {
        let nos: Vec<u64> = seen.iter().filter(|(n, _)| n == number).map(|(_, no)| *no).collect();
        assert_eq!(nos, (1..=nos.len() as u64).collect::<Vec<_>>(), "{number}");
    }
    // Another database's cursor: numbers we have not given yet.
    let other = tributary::web::reply::encode_cursor(&(0, 1_000_000));
    for cursor in [other.as_str(), "nonsense"] {
        let (status, problem) = desk.get(&format!("/v1/changes?after={cursor}"), &key).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_cursor")));
    }
    let waiting = async { desk.get(&format!("/v1/changes?wait=20&after={after}"), &key).await.1 };
    let fourth = shop_order(4, 1, "Anna de Vries");
    let arriving = desk.order("orders/create", &fourth);
    let (page, _) = tokio::join!(waiting, arriving);
    assert_eq!(page["items"][0]["number"], "#4", "the long poll is answered when something happens");
}

#[actix_web::test]
async fn commands_need_a_right_and_a_sound_body() {
    let desk = Desk::open().await;
    let (reader, clerk) = (desk.key("mei", "reader").await, desk.key("lin", "order_desk").await);
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let path = |what: &str| format!("/v1/orders/{id}/{what}");
    let cases = [
        (&reader, path("cancel"), json!({ "reason": "x" }), 403, "forbidden"),
        (&clerk, path("approve"), json!({}), 403, "forbidden"),
        (&clerk, path("cancel"), json!({ "reason": "x", "by": "boss" }), 400, "unknown_field"),
        (&clerk, path("cancel"), json!({ "reason": " " }), 400, "invalid_value"),
        (&clerk, path("holds/no_such/resolve"), json!({ "how": "x" }), 404, "unknown_hold"),
        (&clerk, path("amend"), json!({ "quantities": { "1": 1.5 }, "why": "x" }), 400, "invalid_json"),
        (&clerk, path("amend"), json!({ "quantities": { "1": "1000000000000" }, "why": "x" }), 400, "invalid_value"),
        (
            &clerk,
            path("amend"),
            json!({ "items": [{ "key": "\0", "sku": "A", "quantity": "1" }], "why": "x" }),
            400,
            "invalid_value",
        ),
        (&clerk, path("amend"), json!({ "quantities": { "9": "1" }, "why": "x" }), 404, "unknown_line"),
        (&clerk, path("amend"), json!({ "quantities": { "9": 1.0 }, "why": "x" }), 404, "unknown_line"),
        (&clerk, path("amend"), json!({ "ship_to": {}, "why": "x" }), 409, "nothing_to_do"),
        (&clerk, path("payment"), json!({ "method": "cowries", "state": "paid" }), 400, "invalid_json"),
        (&clerk, "/v1/orders/none/cancel".to_owned(), json!({ "reason": "x" }), 404, "unknown_order"),
    ];
    for (key, path, body, status, code) in cases {
        let (found, problem) = desk.post(&path, key, body.clone()).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{path} {body}: {problem}");
    }
    let (status, done) = desk.post(&path("cancel"), &clerk, json!({ "reason": "changed their mind" })).await;
    assert_eq!((status, &done["status"]), (200, &json!("cancelled")), "{done}");
    let (status, refused) = desk.post(&path("cancel"), &clerk, json!({ "reason": "again" })).await;
    assert_eq!((status, &refused["code"]), (409, &json!("already_cancelled")));
}

#[actix_web::test]
async fn an_amendment_changes_lines_and_people() {
    let desk = Desk::open().await;
    let key = desk.key("lin", "order_desk").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let body = json!({
        "quantities": { "1": "3" },
        "ship_to": { "name": "Bram Bakker", "phones": ["+31 20 7654321"],
            "address": { "country": "nl", "city": "Amsterdam", "street": "Dam 1", "postcode": "1012 JS" } },
        "why": "moved house",
    });
    let (status, done) = desk.post(&format!("/v1/orders/{id}/amend"), &key, body).await;
    assert_eq!(status, 200, "{done}");
    let (_, order) = desk.get(&format!("/v1/orders/{id}"), &key).await;
    assert_eq!(order["lines"][0]["quantity"], "3");
    assert_eq!(order["ship_to"]["name"], "Bram Bakker");
    assert_eq!(order["ship_to"]["address"]["country"], "NL");
}

#[actix_web::test]
async fn a_parcel_is_announced_once_however_often() {
    let desk = Desk::open().await;
    let key = desk.key("depot", "logistics").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let (_, order) = desk.get(&format!("/v1/orders/{id}"), &key).await;
    assert_eq!(order["status"], "released", "{order}");
    let fulfilment = order["fulfilments"][0]["id"].as_str().expect("a fulfilment").to_owned();
    let parcel = json!({ "carrier": "dhl", "number": "JD014600003828" });
    for _ in 0..2 {
        let (status, done) = desk.post(&format!("/v1/fulfilments/{fulfilment}/ship"), &key, parcel.clone()).await;
        assert_eq!((status, &done["status"]), (200, &json!("shipped")), "{done}");
    }
    let (_, order) = desk.get(&format!("/v1/orders/{id}"), &key).await;
    assert_eq!(order["fulfilments"][0]["parcels"][0]["number"], "JD014600003828");
    assert_eq!(order["fulfilments"][0]["parcels"].as_array().map(Vec::len), Some(1));
    let nowhere = "/v1/fulfilments/3b2c1f3e-0000-5000-8000-000000000000/ship";
    let (status, problem) = desk.post(nowhere, &key, parcel).await;
    assert_eq!((status, &problem["code"]), (404, &json!("unknown_fulfilment")));
}
