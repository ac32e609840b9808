//! Days of transit: counted once a parcel, by its carrier's own times, however callbacks come.

use super::desk::{Desk, shop_order};
use actix_web::test::TestRequest;
use adapters::{carriers::easypost, sign};
use model::{party::Destination, time::Instant};
use serde_json::{Value, json};
use tributary::store::transits;

const DELIVERED: &str = include_str!("../../../fixtures/easypost/good_delivered.json");
const IN_TRANSIT: &str = include_str!("../../../fixtures/easypost/good_in_transit.json");
const CREATED: &str = include_str!("../../../fixtures/easypost/good_created.json");
const LANES: &str = "/v1/carriers/dhl/lanes";

/// Calls back as the service does; the same event again is another document when `mark` differs.
async fn call_back(desk: &Desk, event: &str, number: &str, mark: &str) {
    let body = event.replace("EP000000000001", number).replace("evt_0001", mark);
    let secret = b"a-secret-of-easypost".to_vec();
    let signed = sign::sign(easypost::CARRIER.scheme, &[secret], "", Instant(0), body.as_bytes()).expect("signed");
    let ask = TestRequest::post().uri("/v1/carriers/easypost/callbacks").set_payload(body.clone());
    let ask = signed.headers.into_iter().fold(ask, TestRequest::append_header);
    let (status, answer) = desk.send(ask, "").await;
    assert_eq!((status, &answer["received"]), (200, &json!(true)));
}

/// An order that left as parcel `number`.
async fn shipped(desk: &Desk, key: &str, id: u64, number: &str) -> String {
    let order = desk.order("orders/create", &shop_order(id, 12, &format!("Buyer {id}"))).await;
    let path = format!("/v1/orders/{order}");
    let (_, shown) = desk.get(&path, key).await;
    let fulfilment = shown["fulfilments"][0]["id"].as_str().expect("a fulfilment");
    let parcel = json!({ "carrier": "dhl", "number": number });
    let (status, done) = desk.post(&format!("/v1/fulfilments/{fulfilment}/ship"), key, parcel).await;
    assert_eq!(status, 200, "{done}");
    path
}

fn parcels(lanes: &Value) -> i64 {
    lanes["items"].as_array().into_iter().flatten().filter_map(|lane| lane["parcels"].as_i64()).sum()
}

#[actix_web::test]
async fn a_delivered_parcel_counts_once_on_its_lane() {
    let desk = Desk::open().await;
    let key = desk.key("depot", "logistics").await;
    let first = shipped(&desk, &key, 1, "EP000000000001").await;
    assert_eq!(desk.get(LANES, &key).await, (200, json!({ "items": [] })));
    // The newest word first, then an older one, then the history that has not begun; then all of it again.
    for mark in ["evt_1", "evt_2"] {
        for event in [DELIVERED, IN_TRANSIT, CREATED] {
            call_back(&desk, event, "EP000000000001", mark).await;
        }
    }
    desk.until(&first, &key, |order| order["status"] == "delivered" || order["status"] == "completed").await;
    let lanes = desk.until(LANES, &key, |lanes| parcels(lanes) == 1).await;
    let lane = &lanes["items"][0];
    // From the evening of the 16th to that of the 19th; no region, so the zone of the postcode.
    assert_eq!((&lane["country"], &lane["region"], &lane["days"]), (&json!("NL"), &json!("351"), &json!({ "3": 1 })));

    // This one is spoken of before anybody announced it.
    call_back(&desk, DELIVERED, "EP000000000002", "evt_3").await;
    shipped(&desk, &key, 2, "EP000000000002").await;
    let lanes = desk.until(LANES, &key, |lanes| parcels(lanes) == 2).await;
    assert_eq!((&lanes["items"][0]["total_days"], &lanes["items"][0]["half_within"]), (&json!(6), &json!(3)));

    // Both again, and then another: work is done in turn, so once it counts nothing was counted anew.
    call_back(&desk, DELIVERED, "EP000000000002", "evt_4").await;
    call_back(&desk, DELIVERED, "EP000000000001", "evt_5").await;
    shipped(&desk, &key, 3, "EP000000000003").await;
    call_back(&desk, DELIVERED, "EP000000000003", "evt_6").await;
    let lanes = desk.until(LANES, &key, |lanes| parcels(lanes) >= 3).await;
    assert_eq!(parcels(&lanes), 3);

    // What decisions are given.
    let destination = Destination { country: "NL".into(), postcode: "3599".into(), ..Destination::default() };
    assert!(transits::all(desk.app.core.store.read()).await.expect("reads").to(&destination).is_none());
    let destination = Destination { country: "NL".into(), postcode: "3511 AA".into(), ..Destination::default() };
    let all = transits::all(desk.app.core.store.read()).await.expect("reads");
    let ways = all.to(&destination).expect("observed");
    assert_eq!(ways.keys().next(), lanes["items"][0]["origin"].as_str().map(str::to_owned).as_ref());
    assert_eq!(desk.get("/v1/carriers/nobody/lanes", &key).await.1["code"], "unknown_carrier");
}
