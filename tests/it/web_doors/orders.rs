//! Orders in our own shape: one for one request, whoever asks however often.

use super::{
    house::{CONFIG, House},
    wire::{Answer, Ask},
};
use serde_json::{Value, json};
use tributary::verify;

const ORDERS: &str = "/v1/orders";

fn order(id: &str, quantity: &str) -> Value {
    json!({
        "external_id": id,
        "placed_at": "2026-03-02T10:12:00+08:00",
        "currency": "CNY",
        "buyer": { "name": "沈未央", "phone": "13900000021" },
        "items": [{ "sku": "LT-DL-0012", "quantity": quantity, "unit_price": "12.80" }],
    })
}

fn post(path: &str, key: &str, body: &Value) -> Ask {
    Ask::post(path, body.to_string()).key(key).header("content-type", "application/json")
}

fn document(answer: &Answer) -> String {
    answer.json()["document"].as_str().expect("a document").to_owned()
}

async fn sound(house: &House) {
    let report = verify::verify(&house.app.core.store).await.expect("a look");
    assert!(report.is_sound(), "{report:?}");
}

#[tokio::test]
async fn an_order_is_taken_once_for_each_key() {
    House::on_each_database(CONFIG, async |house| {
        let key = house.key("channel", Some("store-1")).await;
        let first = house.ask(post(ORDERS, &key, &order("A-1", "2")).header("idempotency-key", "k-1")).await;
        assert_eq!(first.status, 202, "{first:?}");
        let said = first.json();
        assert_eq!((&said["duplicate"], &said["orders"][0]["external_id"]), (&json!(false), &json!("A-1")));
        let again = house.ask(post(ORDERS, &key, &order("A-1", "2")).header("idempotency-key", "k-1")).await;
        assert_eq!((again.status, &again.json()["duplicate"]), (200, &json!(true)));
        assert_eq!(again.json()["orders"][0]["order"], said["orders"][0]["order"]);
        assert_eq!(document(&again), document(&first));

        let other = house.ask(post(ORDERS, &key, &order("A-1", "3")).header("idempotency-key", "k-1")).await;
        assert_eq!(other.says(), (422, "idempotency_key_reused".to_owned()));
        assert_eq!(other.json()["args"]["document"], said["document"]);

        // The same key of another channel is another key.
        let elsewhere = house.key("channel", Some("store-2")).await;
        let there = house.ask(post(ORDERS, &elsewhere, &order("A-1", "3")).header("idempotency-key", "k-1")).await;
        assert_eq!(there.status, 202, "{there:?}");
        assert_ne!(document(&there), document(&first));

        let read = house.read_document(&document(&first), &key).await;
        assert_eq!((&read["kind"], &read["mapping"]["name"]), (&json!("api"), &json!("canonical-order")));
        assert_eq!(read["orders"], json!({ "good": 1, "bad": 0 }));
        sound(house).await;
    })
    .await;
}

#[tokio::test]
async fn a_hundred_at_once_are_one() {
    House::on_each_database(CONFIG, async |house| {
        let key = house.key("order_desk", None).await;
        let path = format!("{ORDERS}?channel=store-1");
        let all = (0..100).map(|_| house.ask(post(&path, &key, &order("B-1", "1")).header("idempotency-key", "burst")));
        let answers = futures_util::future::join_all(all).await;
        let new = answers.iter().filter(|a| a.status == 202).count();
        let same = answers.iter().filter(|a| a.status == 200).count();
        let others: Vec<_> = answers.iter().map(Answer::says).filter(|(status, _)| *status / 100 != 2).collect();
        assert_eq!((new, same), (1, 99), "{others:?}");
        assert!(answers.iter().all(|a| document(a) == document(&answers[0])));
        let listed = house.ask(Ask::get("/v1/documents?channel=store-1").key(&key)).await.json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_is_told_where_the_order_stands() {
    House::on_each_database(CONFIG, async |house| {
        let key = house.key("channel", Some("store-1")).await;
        let answer = house.ask(post(&format!("{ORDERS}?wait=true"), &key, &order("C-1", "2"))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        // Nobody has told this house of any product.
        assert_eq!(answer.json()["orders"][0]["status"], "on_hold");
        let reader = house.key("reader", None).await;
        let follow = answer.json()["orders"][0]["follow"].as_str().expect("an address").to_owned();
        let shown = house.ask(Ask::get(follow).key(&reader)).await.json();
        assert_eq!((&shown["external_id"], &shown["status"]), (&json!("C-1"), &json!("on_hold")));
    })
    .await;
}

#[tokio::test]
async fn a_bad_body_hears_of_every_fault_at_once() {
    let house = House::open().await;
    let key = house.key("channel", Some("store-1")).await;
    let mut bad = order("D-1", "a few");
    bad["placed_at"] = json!("yesterday");
    bad["items"][0]["unit_prise"] = json!("12.80");
    bad["payment"] = json!("cash");
    let answer = house.ask(post(ORDERS, &key, &bad).header("accept-language", "zh")).await;
    assert_eq!(answer.says(), (422, "orders_rejected".to_owned()));
    assert_eq!(answer.header("content-language"), Some("zh"));
    let said = answer.json();
    let mut faults: Vec<(&str, &str)> = said["rejects"]
        .as_array()
        .expect("rejects")
        .iter()
        .map(|r| (r["location"]["pointer"].as_str().unwrap_or(""), r["code"].as_str().unwrap_or("")))
        .collect();
    faults.sort_unstable();
    let wanted = [
        ("/items/0/quantity", "not_a_number"),
        ("/items/0/unit_prise", "unknown_field"),
        ("/payment", "not_a_record"),
        ("/placed_at", "not_a_date"),
    ];
    assert_eq!(faults, wanted);
    assert!(said["rejects"][0]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    // The document has the same.
    let read = house.read_document(&document(&answer), &key).await;
    assert_eq!((&read["orders"], &read["rejects"]), (&json!({ "good": 0, "bad": 1 }), &json!(4)));

    // A good one beside it is taken all the same.
    let both = json!({ "orders": [bad, order("D-2", "1")] });
    let answer = house.ask(post(ORDERS, &key, &both)).await;
    assert_eq!((answer.status, &answer.json()["orders"][0]["external_id"]), (202, &json!("D-2")));
    assert_eq!(answer.json()["rejects"].as_array().map(Vec::len), Some(4));

    let broken = house.ask(Ask::post(ORDERS, "{").key(&key).header("content-type", "application/json")).await;
    assert_eq!((broken.says().0, &broken.json()["rejects"][0]["code"]), (422, &json!("not_json")));
}

#[tokio::test]
async fn the_channel_is_the_keys_or_the_querys() {
    let house = House::open().await;
    let (desk, reader) = (house.key("order_desk", None).await, house.key("reader", None).await);
    let own = house.key("channel", Some("store-1")).await;
    let cases = [
        (ORDERS, &desk, 400, "channel_missing"),
        ("/v1/orders?channel=nowhere", &desk, 404, "unknown_channel"),
        ("/v1/orders?channel=shop", &desk, 409, "channel_wrong_kind"),
        ("/v1/orders?channel=store-2", &own, 403, "channel_not_yours"),
        ("/v1/orders?channel=store-1", &reader, 403, "forbidden"),
        ("/v1/orders?channel=store-1&role=admin", &desk, 400, "invalid_filter"),
    ];
    for (path, key, status, code) in cases {
        let answer = house.ask(post(path, key, &order("E-1", "1"))).await;
        assert_eq!(answer.says(), (status, code.to_owned()), "{path}");
    }
    let mut named = order("E-1", "1");
    named["channel"] = json!("store-2");
    assert_eq!(house.ask(post(ORDERS, &own, &named)).await.says().0, 422, "a body names no channel");
    for key in ["", "with a space", &"x".repeat(256)] {
        let answer = house.ask(post(ORDERS, &own, &order("E-1", "1")).header("idempotency-key", key)).await;
        assert_eq!(answer.says(), (400, "idempotency_key_invalid".to_owned()), "{key}");
    }
    let plain = Ask::post(ORDERS, order("E-1", "1").to_string()).key(&own);
    assert_eq!(house.ask(plain).await.says(), (415, "unsupported_media_type".to_owned()));
    let nobody = Ask::post(ORDERS, "{}").header("content-type", "application/json");
    assert_eq!(house.ask(nobody).await.status, 401);
}

#[tokio::test]
async fn a_key_holds_on_every_node() {
    House::on_each_database(CONFIG, async |house| {
        let key = house.key("channel", Some("store-1")).await;
        let first = house.ask(post(ORDERS, &key, &order("F-1", "1")).header("idempotency-key", "r-1")).await;
        house.read_document(&document(&first), &key).await;
        // As after a restart: nothing of it is in this process's memory.
        let other = house.another(CONFIG).await;
        let again = other.ask(post(ORDERS, &key, &order("F-1", "1")).header("idempotency-key", "r-1")).await;
        assert_eq!((again.status, document(&again)), (200, document(&first)));
        let reused = other.ask(post(ORDERS, &key, &order("F-2", "1")).header("idempotency-key", "r-1")).await;
        assert_eq!(reused.says(), (422, "idempotency_key_reused".to_owned()));
    })
    .await;
}
