//! What people at the desk stumbled over.

use super::desk::{Desk, shop_order};
use actix_web::test::TestRequest;
use model::order::event::Actor;
use serde_json::{Value, json};
use tributary::master::{self, Format, Kind};

#[actix_web::test]
async fn a_new_address_alone_is_the_same_persons() {
    let desk = Desk::open().await;
    let key = desk.key("lin", "order_desk").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let order = format!("/v1/orders/{id}");
    let there = json!({ "address": { "country": "NL", "city": "Zwolle", "street": "Kade 2", "postcode": "8011 AA" } });
    let (status, _) = desk.post(&format!("{order}/amend"), &key, json!({ "ship_to": there, "why": "moved" })).await;
    assert_eq!(status, 200);
    let (_, shown) = desk.get(&order, &key).await;
    assert_eq!(
        (&shown["ship_to"]["name"], &shown["ship_to"]["address"]["city"]),
        (&json!("Anna de Vries"), &json!("Zwolle"))
    );
    assert!(shown["ship_to"]["phones"].as_array().is_some_and(|phones| !phones.is_empty()), "{shown}");
    let other = json!({ "name": "Bo Visser", "phones": [] });
    desk.post(&format!("{order}/amend"), &key, json!({ "ship_to": other, "why": "a neighbour takes it" })).await;
    let (_, shown) = desk.get(&order, &key).await;
    let to = &shown["ship_to"];
    assert_eq!(
        (&to["name"], &to["phones"]),
        (&json!("Bo Visser"), &Value::Null),
        "what is taken away is gone: {shown}"
    );
    assert_eq!(to["address"]["street"], json!("Kade 2"), "a name alone keeps the address: {shown}");
}

#[actix_web::test]
async fn a_buyer_without_a_name_is_said_to_lack_it_and_gets_one() {
    let desk = Desk::open().await;
    let key = desk.key("lin", "order_desk").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "")).await;
    let order = format!("/v1/orders/{id}");
    for (language, name, other) in [("en", "name", "mail"), ("zh", "姓名", "邮箱")] {
        let ask = TestRequest::get().uri(&order).insert_header(("accept-language", language));
        let (_, shown) = desk.send(ask, &key).await;
        let hold = shown["holds"].as_array().and_then(|all| all.iter().find(|h| h["code"] == "buyer_unreachable"));
        let hold = hold.unwrap_or_else(|| panic!("nobody says who it is: {shown}"));
        let detail = hold["detail"].as_str().expect("words");
        assert!(detail.contains(name) && !detail.contains(other), "only the name is missing: {detail}");
    }
    let people =
        json!({ "buyer": { "name": "Anna de Vries" }, "ship_to": { "name": "Bo Visser" }, "why": "they called" });
    let (status, answer) = desk.post(&format!("{order}/amend"), &key, people).await;
    assert_eq!(status, 200, "{answer}");
    let (_, shown) = desk.get(&order, &key).await;
    assert_eq!((&shown["holds"], &shown["buyer"]["name"]), (&json!([]), &json!("Anna de Vries")), "{shown}");
    assert_eq!(shown["buyer"]["emails"], json!(["buyer1@example.com"]), "what is not given stays: {shown}");
    assert_eq!(shown["ship_to"]["name"], json!("Bo Visser"), "{shown}");
}

#[actix_web::test]
async fn a_parcel_goes_with_a_carrier_we_know() {
    let desk = Desk::open().await;
    let key = desk.key("wang", "logistics").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let order = format!("/v1/orders/{id}");
    let (_, shown) = desk.get(&order, &key).await;
    let path = format!("/v1/fulfilments/{}/ship", shown["fulfilments"][0]["id"].as_str().expect("a fulfilment"));
    let (status, problem) = desk.post(&path, &key, json!({ "carrier": "nosuch", "number": "X1" })).await;
    assert_eq!((status, &problem["code"]), (404, &json!("unknown_carrier")), "{problem}");
    let (status, _) = desk.post(&path, &key, json!({ "carrier": "dhl", "number": "X1" })).await;
    assert_eq!(status, 200);
    let (_, shown) = desk.get(&order, &key).await;
    assert_eq!(shown["fulfilments"][0]["parcels"][0]["at"], Value::Null, "its carrier has not spoken: {shown}");
}

#[actix_web::test]
async fn what_no_service_carries_is_said_to_be_too_heavy() {
    let desk = Desk::open().await;
    let key = desk.key("lin", "order_desk").await;
    let products = String::from_utf8(super::desk::fixture(Kind::Products)).expect("text");
    let mut rows = products.lines().filter(|row| row.starts_with("sku,") || row.starts_with("LT-DL-0003,"));
    let (header, lamp) = (rows.next().expect("a header"), rows.next().expect("the lamp"));
    let heavy = lamp.replace(",90,70,70,60,", ",20000,70,70,60,");
    assert_ne!(heavy, lamp);
    let file = format!("{header}\n{heavy}\n");
    let done = master::import(&desk.app.core, Kind::Products, Format::Csv, file.as_bytes(), &Actor::System).await;
    assert_eq!(done.expect("the database answers").faults, vec![]);
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    for (language, heavy, split) in [("en", "too heavy", "Split"), ("zh", "超重", "拆分")] {
        let asked = |path: String| TestRequest::get().uri(&path).insert_header(("accept-language", language));
        let (_, shown) = desk.send(asked(format!("/v1/orders/{id}")), &key).await;
        let hold = &shown["holds"][0];
        let (detail, remedy) = (hold["detail"].as_str().expect("words"), hold["remedy"].as_str().expect("words"));
        assert_eq!(hold["code"], "too_heavy_to_carry", "{shown}");
        assert!(detail.to_lowercase().contains(heavy) && remedy.contains(split), "{hold}");
        let (_, told) = desk.send(asked(format!("/v1/orders/{id}/timeline")), &key).await;
        let told = told["items"].as_array().expect("a history").iter().find(|e| e["event"] == "allocated");
        let text = told.and_then(|event| event["text"].as_str()).expect("a sentence").to_lowercase();
        assert!(text.contains(heavy) && !text.contains("stock") && !text.contains("到货"), "{text}");
    }
}

#[actix_web::test]
async fn refusals_and_holds_are_whole_sentences() {
    let desk = Desk::open().await;
    let (clerk, reader) = (desk.key("lin", "order_desk").await, desk.key("mei", "reader").await);
    let mut dear = shop_order(1, 1, "Anna de Vries");
    dear["line_items"][0]["price"] = json!("1.00");
    let id = desk.order("orders/create", &dear).await;
    let order = format!("/v1/orders/{id}");
    for language in ["en", "zh"] {
        for hold in ["price_difference", "nosuch"] {
            let ask = TestRequest::post().uri(&format!("{order}/holds/{hold}/resolve"));
            let ask = ask.insert_header(("accept-language", language)).set_json(json!({ "how": "agreed" }));
            let (status, problem) = desk.send(ask, &clerk).await;
            assert!(matches!(status, 403 | 404), "{problem}");
            let detail = problem["detail"].as_str().expect("words");
            assert!(!detail.contains('{') && detail.contains(hold), "{detail}");
        }
        let ask = TestRequest::get().uri(&order).insert_header(("accept-language", language));
        let (_, shown) = desk.send(ask, &reader).await;
        let detail = shown["holds"][0]["detail"].as_str().expect("a hold with words");
        assert!(!detail.contains('{') && !detail.contains("price_below_book"), "codes are not words: {detail}");
    }
}

#[actix_web::test]
async fn a_history_has_no_empty_sentence() {
    let desk = Desk::open().await;
    let key = desk.key("lin", "order_desk").await;
    let mut gift = shop_order(1, 12, "Anna de Vries");
    gift["line_items"][0]["requires_shipping"] = json!(false);
    let id = desk.order("orders/create", &gift).await;
    for language in ["en", "zh"] {
        let ask = TestRequest::get().uri(&format!("/v1/orders/{id}/timeline"));
        let (_, told) = desk.send(ask.insert_header(("accept-language", language)), &key).await;
        let all = told["items"].as_array().expect("a history");
        assert!(all.iter().any(|event| event["event"] == "released"), "{told}");
        for event in all {
            let text = event["text"].as_str().expect("a sentence");
            assert!(text.chars().count() > 2 && !text.contains(" 0 "), "{event}");
        }
    }
}

#[actix_web::test]
async fn a_quantity_below_zero_is_refused_in_a_whole_sentence() {
    let desk = Desk::open().await;
    let key = desk.key("lin", "order_desk").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let less = json!({ "quantities": { "1": "-1" }, "why": "a slip" });
    let (status, problem) = desk.post(&format!("/v1/orders/{id}/amend"), &key, less).await;
    assert_eq!((status, &problem["code"]), (409, &json!("quantity_not_positive")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains('1')), "{problem}");
}

#[actix_web::test]
async fn a_price_hold_gives_the_figures_of_what_differs() {
    let desk = Desk::strict().await;
    let reader = desk.key("mei", "reader").await;
    let mut order = shop_order(1, 12, "Anna de Vries");
    order["shipping_lines"] = json!([{ "title": "post", "price": "5.00" }]);
    order["total_price"] = json!("76.40");
    let id = desk.order("orders/create", &order).await;
    for (language, said) in [("en", "charged 5.00 EUR, expected 0.00"), ("zh", "收取 5.00 EUR，应为 0.00")] {
        let ask = TestRequest::get().uri(&format!("/v1/orders/{id}")).insert_header(("accept-language", language));
        let (_, shown) = desk.send(ask, &reader).await;
        let hold = &shown["holds"][0];
        assert_eq!(hold["code"], "price_difference", "{shown}");
        let detail = hold["detail"].as_str().expect("words");
        assert!(detail.contains(said) && !detail.contains("71.40"), "the goods are right: {detail}");
    }
}

#[actix_web::test]
async fn what_cannot_be_meant_is_refused() {
    let desk = Desk::open().await;
    let key = desk.key("root", "admin").await;
    let id = desk.order("orders/create", &shop_order(1, 12, "Anna de Vries")).await;
    let due = json!({ "method": "on_account", "state": "pending", "due": "-262143-01-01" });
    let (status, problem) = desk.post(&format!("/v1/orders/{id}/payment"), &key, due).await;
    assert_eq!((status, &problem["code"]), (400, &json!("out_of_range")), "{problem}");
    let quote = json!({ "channel": "shopify-eu", "currency": "EUR", "destination": {}, "date": "-262143-01-01",
        "lines": [{ "sku": "LT-DL-0003", "quantity": "1" }] });
    let (status, problem) = desk.post("/v1/quotes", &key, quote).await;
    assert_eq!((status, &problem["code"]), (400, &json!("out_of_range")), "{problem}");
    let level = "/v1/stock/NL-RTM/LT-DL-0003";
    let count = TestRequest::put().uri(level).set_json(json!({ "on_hand": 7, "reorder_quantity": 10 }));
    let (status, problem) = desk.send(count, &key).await;
    assert_eq!((status, &problem["code"]), (400, &json!("missing_field")), "{problem}");
    let (_, page) = desk.get("/v1/stock?sku=LT-DL-0003&warehouse=NL-RTM", &key).await;
    assert_eq!(page["items"][0]["on_hand"], json!("363"), "nothing half a count: {page}");
}
