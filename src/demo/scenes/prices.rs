//! A dealer's contract, a promotion, a quote, and an order at the quoted price through the API.

use crate::demo::{
    calls::{text, ways},
    excel,
    house::House,
};
use anyhow::Result;
use serde_json::{Value, json};

const CHANNEL: &str = "dealer-portal";
const ORDER: &str = "DP-1124-01";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// A contract as it is written down: a workbook with Chinese headings.
const CONTRACT: [&[&str]; 3] = [
    &["商品编码", "单位", "币种", "客户编码", "起订量", "单价"],
    &["LT-DL-0003", "pcs", "CNY", "C10001", "10", "13.60"],
    &["LT-DL-0001", "pcs", "CNY", "C10001", "10", "13.60"],
];

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("A quote, and the order that states it", "报价，以及按报价下的订单");
    let done = house.people.han.replace("/v1/master/prices", XLSX, excel::table(&CONTRACT)?).await?.good()?;
    let written = done["written"].to_string();
    story.equal(
        &written,
        "2",
        &format!("han (admin) brings the contract of C10001 as XLSX: {written} prices."),
        &format!("han（admin）以 XLSX 导入 C10001 的合同价：{written} 条。"),
    );
    let quote = quote(house).await?;
    let order = order(house, &quote).await?;
    audit(house, &order, &quote).await
}

async fn quote(house: &House) -> Result<Value> {
    let story = &house.story;
    let wish = json!({
        "channel": CHANNEL, "customer": "C10001", "currency": "CNY", "date": "2026-11-24",
        "lines": [{ "sku": "LT-DL-0003", "quantity": "60" }, { "sku": "LT-PN-0001", "quantity": "12" }],
        "destination": { "country": "CN", "region": "广东省", "city": "广州市", "postcode": "510620" },
    });
    let quote = house.people.one("mei", "order_desk")?.post("/v1/quotes", &wish).await?.good()?;
    let (first, second) = (&quote["lines"][0], &quote["lines"][1]);
    let (price, row) = (text(&first["unit_price"]), text(&first["row"]));
    let passed = &first["passed_over"][0];
    let (other, other_price, why) = (text(&passed["row"]), text(&passed["unit_price"]), text(&passed["title"]));
    story.check(
        price == "13.6" && row == "C10001://10" && passed["code"] == "price_row_contract_first",
        &format!("60 LT-DL-0003 for C10001: {price} each by row {row}; row {other} ({other_price}) not: {why}."),
        &format!("C10001 订 60 件 LT-DL-0003：单价 {price}，依据 {row}；未用 {other}（{other_price}）：{why}。"),
    );
    let notes = quote["notes"].as_array().cloned().unwrap_or_default();
    let granted = notes.iter().find(|note| note["code"] == "promotion_applied").cloned().unwrap_or_default();
    let (saved, net, said) = (text(&second["discount"]), text(&second["net"]), text(&granted["detail"]));
    story.check(
        granted["args"]["promotion"] == "AUTUMN-PANEL" && granted["args"]["saving"] == second["discount"],
        &format!("12 LT-PN-0001: {saved} off, {net} left. {said}"),
        &format!("12 件 LT-PN-0001：优惠 {saved}，净额 {net}。{said}"),
    );
    for note in notes.iter().filter(|note| note["code"] != "promotion_applied") {
        story.detail(&format!("{}: {}", text(&note["title"]), text(&note["detail"])));
    }
    Ok(quote)
}

/// The portal posts the order as it was quoted, twice, and then another one under the same key.
async fn order(house: &House, quote: &Value) -> Result<Value> {
    let story = &house.story;
    let line = |n: usize| {
        let line = &quote["lines"][n];
        json!({ "key": n.to_string(), "sku": line["sku"], "quantity": line["quantity"],
                "unit_price": line["unit_price"], "discount": line["discount"] })
    };
    let mut body = json!({
        "external_id": ORDER, "number": ORDER, "placed_at": "2026-11-24T10:12:00+08:00", "currency": "CNY",
        "customer": "C10001", "taxes_included": true, "total": quote["total"],
        "payment": { "method": "prepaid", "state": "paid" },
        "buyer": { "name": "林小明", "phone": "13800000001", "email": "c10001@example.com" },
        "ship_to": { "name": "林小明", "phone": "13800000001", "country": "CN", "region": "广东省", "city": "广州市",
                     "district": "天河区", "street": "天河北路 100 号 8 楼", "postcode": "510620" },
        "items": [line(0), line(1)],
        "charges": { "shipping": [{ "label": "freight", "amount": quote["freight"] }] },
    });
    let mei = house.people.one("mei", "order_desk")?;
    let path = format!("/v1/orders?channel={CHANNEL}&wait=true");
    let headers = [("content-type", "application/json"), ("idempotency-key", ORDER)];
    let send = async |body: &Value| mei.post_bytes(&path, &headers, body.to_string().into_bytes()).await;
    let first = send(&body).await?;
    let again = send(&body).await?;
    let orders = house.known_as(CHANNEL, ORDER).await?.len();
    let same = first.body["document"] == again.body["document"] && again.body["duplicate"] == true;
    story.check(
        first.status == 201 && again.status == 200 && same && orders == 1,
        &format!(
            "POST /v1/orders twice with one Idempotency-Key: {}, then {}; {orders} order.",
            first.status, again.status
        ),
        &format!(
            "POST /v1/orders 以同一 Idempotency-Key 两次：{}，再 {}；{orders} 张订单。",
            first.status, again.status
        ),
    );
    body["items"][0]["quantity"] = json!("61");
    let other = send(&body).await?;
    let order = house.order(CHANNEL, ORDER).await?;
    let quantity = text(&order["lines"][0]["quantity"]);
    story.check(
        other.code() == "idempotency_key_reused" && quantity == "60",
        &format!("Another body under that key: {} [{}]; it stays at {quantity} pieces.", other.status, other.code()),
        &format!("同一键换了内容：{} [{}]；仍为 {quantity} 件。", other.status, other.code()),
    );
    Ok(order)
}

async fn audit(house: &House, order: &Value, quote: &Value) -> Result<()> {
    let audit = &order["audit"];
    let (total, quoted) = (text(&audit["total"]), text(&quote["total"]));
    let differences = audit["differences"].as_array().map_or(usize::MAX, Vec::len);
    let ways = ways(order);
    house.story.check(
        order["status"] == "released" && total == quoted && differences == 0,
        &format!("{ORDER}: quoted {quoted}, audited {total} CNY, {differences} differences; released: {ways}."),
        &format!("{ORDER}：报价 {quoted}，核价 {total} CNY，{differences} 处差异；已放行：{ways}。"),
    );
    Ok(())
}
