//! A quote, and the order that states it.

use super::desk::{Desk, fixture, shop_order};
use model::order::event::Actor;
use serde_json::{Value, json};
use tributary::master::{self, Format, Kind};

fn wish(quantity: Value) -> Value {
    json!({
        "channel": "shopify-eu", "currency": "EUR", "date": "2026-11-20",
        "lines": [{ "sku": "LT-DL-0003", "quantity": quantity }],
        "destination": { "country": "NL", "city": "Utrecht", "postcode": "3511 AA" },
    })
}

async fn import(desk: &Desk, kind: Kind, bytes: &[u8]) {
    let done = master::import(&desk.app.core, kind, Format::Csv, bytes, &Actor::System).await;
    assert_eq!(done.expect("the database answers").faults, vec![]);
}

#[actix_web::test]
async fn an_order_that_charges_what_was_quoted_is_released() {
    let desk = Desk::open().await;
    let offer = "code,name,kind,value,skus,stackable\nTEN,Ten percent,percent,10,LT-DL-0003,false\n";
    import(&desk, Kind::Promotions, offer.as_bytes()).await;
    let key = desk.key("anna", "order_desk").await;
    let (status, quote) = desk.post("/v1/quotes", &key, wish(json!("12"))).await;
    assert_eq!(status, 200, "{quote}");
    let line = &quote["lines"][0];
    let told = [&line["unit_price"], &line["row"], &line["discount"], &line["net"], &quote["total"]];
    assert_eq!(told, ["5.95", "/shopify-eu/0", "7.14", "64.26", "64.26"], "{quote}");
    assert_eq!((&quote["date"], &quote["freight"]), (&json!("2026-11-20"), &Value::Null), "no rule speaks of it");
    assert_eq!(quote["notes"][0]["code"], "promotion_applied", "{quote}");
    assert_eq!(quote["differences"], json!([]));
    let mut order = shop_order(1, 12, "Anna de Vries");
    order["line_items"][0]["total_discount"] = line["discount"].clone();
    order["total_price"] = quote["total"].clone();
    order["subtotal_price"] = quote["total"].clone();
    let id = desk.order("orders/create", &order).await;
    let (_, order) = desk.get(&format!("/v1/orders/{id}"), &key).await;
    assert_eq!((&order["audit"]["total"], &order["audit"]["differences"]), (&quote["total"], &json!([])), "{order}");
    assert_eq!(order["audit"]["lines"][0]["difference"], "0.00", "{order}");
}

#[actix_web::test]
async fn a_customers_group_has_its_own_price() {
    let desk = Desk::open().await;
    import(&desk, Kind::Customers, &fixture(Kind::Customers)).await;
    let key = desk.key("anna", "order_desk").await;
    let mut wish = wish(json!(60));
    wish["currency"] = json!("CNY");
    wish["customer"] = json!("C10001");
    let (status, quote) = desk.post("/v1/quotes", &key, wish).await;
    assert_eq!(status, 200, "{quote}");
    let line = &quote["lines"][0];
    assert_eq!([&line["unit_price"], &line["row"], &quote["goods"]], ["14.1", "dealer//50", "846.00"], "{quote}");
}

#[actix_web::test]
async fn a_contract_is_one_customers_and_comes_first() {
    let desk = Desk::open().await;
    import(&desk, Kind::Customers, &fixture(Kind::Customers)).await;
    let rows = "货号,单位,币种,客户编码,起订量,单价\nLT-DL-0003,pcs,CNY,C10001,10,14.95\n";
    import(&desk, Kind::Prices, rows.as_bytes()).await;
    let key = desk.key("anna", "order_desk").await;
    let cases = [
        ("C10001", 9, "14.8", "dealer//0"),
        ("C10001", 60, "14.95", "C10001://10"),
        ("C10002", 60, "14.1", "dealer//50"),
        ("", 60, "17.2", "//50"),
    ];
    for (customer, quantity, price, row) in cases {
        let mut wish = wish(json!(quantity));
        wish["currency"] = json!("CNY");
        wish["customer"] = json!(customer);
        let (_, quote) = desk.post("/v1/quotes", &key, wish).await;
        assert_eq!([&quote["lines"][0]["unit_price"], &quote["lines"][0]["row"]], [price, row], "{quote}");
    }
    let (_, page) = desk.get("/v1/master/prices?limit=100", &desk.key("root", "admin").await).await;
    let listed = page["items"].as_array().is_some_and(|rows| rows.iter().any(|row| row["customer"] == "C10001"));
    assert!(listed, "{page}");
}

#[actix_web::test]
async fn what_has_no_quote_says_where_and_why() {
    let desk = Desk::open().await;
    let key = desk.key("anna", "order_desk").await;
    let cases = [
        ("/channel", json!("nowhere"), 422, "unknown_channel", "/channel"),
        ("/customer", json!("C99999"), 422, "unknown_customer", "/customer"),
        ("/lines", json!([]), 422, "no_lines", "/lines"),
        ("/lines/0/sku", json!("NO-SUCH"), 422, "unknown_sku", "/lines/0/sku"),
        ("/lines/0/unit", json!("pallet"), 422, "unknown_unit", "/lines/0/unit"),
        ("/lines/0/quantity", json!("-1"), 422, "quantity_not_positive", "/lines/0/quantity"),
        ("/lines/0/quantity", json!("many"), 400, "invalid_value", "/lines/0/quantity"),
        ("/lines/0/sku", json!("x".repeat(300)), 400, "invalid_value", "/lines/0/sku"),
        ("/currency", json!("GBP"), 422, "no_price", "/lines/0/sku"),
    ];
    for (place, value, status, code, at) in cases {
        let mut asked = wish(json!("1"));
        asked["customer"] = json!("");
        asked["lines"][0]["unit"] = json!("");
        *asked.pointer_mut(place).expect("a place") = value.clone();
        let (found, problem) = desk.post("/v1/quotes", &key, asked).await;
        assert_eq!((found, &problem["code"], &problem["at"]), (status, &json!(code), &json!(at)), "{place} {value}");
    }
    let mut odd = wish(json!("1"));
    odd["coupon"] = json!("TEN");
    let (status, problem) = desk.post("/v1/quotes", &key, odd).await;
    assert_eq!((status, &problem["code"]), (400, &json!("unknown_field")));
    let stranger = desk.key("till", "channel").await;
    let (status, problem) = desk.post("/v1/quotes", &stranger, wish(json!("1"))).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
}
