//! The doors of the other platforms: each takes what its sender really sends, and nothing unsigned.

use super::{
    house::House,
    wire::{Answer, Ask},
};
use adapters::{
    channels::{webhook, woocommerce},
    sign::{
        self, Encoding,
        configured::{Algorithm, Signature},
    },
};
use model::time::{Instant, MINUTE, SECOND};
use std::path::Path;

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)).expect("a fixture")
}

fn with_headers(ask: Ask, headers: &[(String, String)]) -> Ask {
    headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value.as_str()))
}

/// As the shop signs it: with the secret as its owner typed it.
fn woo(topic: &str, body: &[u8], secret: &str) -> Ask {
    let scheme = woocommerce::PLATFORM.scheme.expect("a scheme");
    let signed = sign::sign(scheme, &[secret.as_bytes().to_vec()], "", Instant(0), body).expect("signed");
    let ask = Ask::post("/v1/channels/woo/webhooks", body).header("x-wc-webhook-topic", topic);
    with_headers(ask.header("content-type", "application/json"), &signed.headers)
}

const WOO: &str = "the shop's & nobody's secret";

async fn read(house: &House, answer: &Answer, key: &str) -> serde_json::Value {
    let address = answer.header("location").expect("an address");
    house.read_document(address.rsplit('/').next().expect("an id"), key).await
}

#[tokio::test]
async fn the_woo_shop_pings_and_then_sends_orders() {
    let house = House::open().await;
    let key = house.key("reader", None).await;
    let ping = Ask::post("/v1/channels/woo/webhooks", "webhook_id=12")
        .header("content-type", "application/x-www-form-urlencoded");
    let pong = house.ask(ping).await;
    assert_eq!((pong.status, pong.header("location")), (200, None));
    let shop = Ask::post("/v1/channels/shop/webhooks", "webhook_id=12");
    assert_eq!(house.ask(shop).await.status, 401, "other platforms do not ping like that");
    let list = house.ask(Ask::get("/v1/documents").key(&key)).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(0), "nothing was kept");

    let body = fixture("woocommerce/order_created.json");
    assert_eq!(house.ask(woo("order.created", &body, "another secret")).await.status, 401);
    let unsigned = Ask::post("/v1/channels/woo/webhooks", body.clone()).header("x-wc-webhook-topic", "order.created");
    assert_eq!(house.ask(unsigned).await.status, 401);
    let answer = house.ask(woo("order.created", &body, WOO)).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let document = read(&house, &answer, &key).await;
    assert_eq!((&document["topic"], &document["rejects"]), (&"order.created".into(), &0.into()), "{document}");
}

#[tokio::test]
async fn two_orders_may_share_a_woo_delivery_id() {
    let house = House::open().await;
    let key = house.key("reader", None).await;
    let first = fixture("woocommerce/order_created.json");
    let second = String::from_utf8(first.clone()).expect("text").replace("\"id\":812", "\"id\":813").into_bytes();
    assert_ne!(first, second);
    let send = |body: &[u8]| woo("order.created", body, WOO).header("x-wc-webhook-delivery-id", "5f2e9c41");
    let mut addresses = Vec::new();
    for body in [&first, &second, &first] {
        let answer = house.ask(send(body)).await;
        assert_eq!(answer.status, 200);
        read(&house, &answer, &key).await;
        addresses.push(answer.header("location").expect("an address").to_owned());
    }
    assert_ne!(addresses[0], addresses[1], "two orders");
    assert_eq!(addresses[0], addresses[2], "one document");
}

#[tokio::test]
async fn a_partner_signs_in_its_own_way_and_names_its_topics() {
    let house = House::open().await;
    let key = house.key("reader", None).await;
    let signature = Signature {
        header: "X-Partner-Signature".to_owned(),
        algorithm: Algorithm::Sha512,
        encoding: Encoding::Base64,
        prefix: "v1=".to_owned(),
    };
    let send = |topic: &str, body: &[u8], secret: &[u8]| {
        let (name, value) = signature.sign(secret, body);
        Ask::post("/v1/channels/partner/webhooks", body).header("x-partner-topic", topic).header(&name, value)
    };
    let order = fixture("mappings/partner-order/good.json");
    let cancel = fixture("mappings/partner-cancel/good.json");
    assert_eq!(house.ask(send("placed", &order, b"somebody's secret")).await.status, 401);
    for (topic, body, rejects) in
        [("placed", &order, 0), ("cancelled", &cancel, 0), ("archived", &order, 0), ("", &order, 1)]
    {
        let answer = house.ask(send(topic, body, b"the partner's secret")).await;
        assert_eq!(answer.status, 200, "{topic}");
        let document = read(&house, &answer, &key).await;
        assert_eq!(document["rejects"], rejects, "{topic}: {document}");
    }
    let orders = house.ask(Ask::get("/v1/orders?channel=partner").key(&key)).await.json();
    assert_eq!(orders["items"].as_array().map(Vec::len), Some(1), "{orders}");
    assert_eq!(orders["items"][0]["status"], "cancelled", "{orders}");
}

#[tokio::test]
async fn standard_webhooks_bring_an_order_as_xml() {
    let house = House::open().await;
    let key = house.key("reader", None).await;
    let body = fixture("mappings/ubl-order/good.xml");
    let scheme = webhook::PLATFORM.scheme.expect("a scheme");
    let send = |age: i64| {
        let at = Instant(house.app.core.clock.now().0 - age);
        let secret = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_vec();
        let signed = sign::sign(scheme, &[secret], "msg_1", at, &body).expect("signed");
        with_headers(Ask::post("/v1/channels/standard/webhooks", body.clone()), &signed.headers)
    };
    for age in [5 * MINUTE + 5 * SECOND, -5 * MINUTE - 5 * SECOND] {
        assert_eq!(house.ask(send(age)).await.says(), (401, "signature_mismatch".to_owned()), "{age}");
    }
    let answer = house.ask(send(4 * MINUTE)).await;
    assert_eq!(answer.status, 200);
    let document = read(&house, &answer, &key).await;
    assert_eq!(document["rejects"], 0, "{document}");
    let orders = house.ask(Ask::get("/v1/orders?channel=standard").key(&key)).await.json();
    assert_eq!(orders["items"][0]["external_id"], "K-1042/PO-2026-0417", "{orders}");
}

#[tokio::test]
async fn tills_and_buyers_upload_their_files() {
    let house = House::open().await;
    for (channel, file, good, rejects) in [
        ("till", "mappings/pos-square-items/good-2026.csv", 3, 0),
        ("till", "mappings/pos-square-items/good-refunds.csv", 2, 2),
        ("till", "mappings/pos-square-items/bad-product-mix.csv", 0, 1),
        ("buyer", "mappings/ubl-order/good.xml", 1, 0),
        ("buyer", "mappings/ubl-order/bad-entities.xml", 0, 1),
    ] {
        let key = house.key("channel", Some(channel)).await;
        let ask = Ask::post(format!("/v1/channels/{channel}/uploads"), fixture(file)).key(&key);
        let answer = house.ask(ask.header("x-file-name", file.rsplit('/').next().unwrap_or_default())).await;
        assert_eq!(answer.status, 202, "{file}");
        let id = answer.json()["documents"][0]["document"].as_str().expect("an id").to_owned();
        let document = house.read_document(&id, &key).await;
        assert_eq!(
            (&document["orders"]["good"], &document["rejects"]),
            (&good.into(), &rejects.into()),
            "{file}: {document}"
        );
    }
}
