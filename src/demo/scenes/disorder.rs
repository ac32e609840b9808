//! Webhooks come twice, late and in the wrong order; each order comes out right.

use crate::demo::{
    calls::{SHOP, holds, text, total},
    house::House,
    props,
};
use anyhow::Result;
use serde_json::Value;

pub(super) async fn play(house: &House) -> Result<()> {
    house.story.section("They arrive late, in the wrong order, and broken", "消息迟到、乱序，甚至损坏");
    stale(house).await?;
    update_first(house).await?;
    cancel_first(house).await?;
    paid_later(house).await?;
    price_too_low(house).await?;
    broken(house).await
}

fn quantity(order: &Value) -> String {
    text(&order["lines"][0]["quantity"]).to_owned()
}

async fn stale(house: &House) -> Result<()> {
    house.shop("orders/updated", props::shopify("orders_updated.json")?).await?;
    house.shop("orders/updated", props::shopify("orders_updated_stale.json")?).await?;
    let order = house.order(SHOP, "5600000000001").await?;
    let noted = house.event(text(&order["id"]), "stale").await?.is_some();
    let quantity = quantity(&order);
    house.story.check(
        quantity == "6" && noted && order["status"] == "released",
        &format!("#1001: the update of 11:02 (6 pieces), then the one of 10:40 (5): it stays at {quantity}, the stale one is noted."),
        &format!("#1001：先到 11:02 的更新（6 件），后到 10:40 的更新（5 件）：仍为 {quantity} 件，过期的只作记录。"),
    );
    Ok(())
}

async fn update_first(house: &House) -> Result<()> {
    house.shop("orders/updated", props::demo("shopify/update_before_create.json")?).await?;
    house.shop("orders/create", props::demo("shopify/create_late.json")?).await?;
    let orders = house.known_as(SHOP, "5600000000007").await?.len();
    let quantity = quantity(&house.order(SHOP, "5600000000007").await?);
    house.story.check(
        orders == 1 && quantity == "8",
        &format!("#1007: its update (8 pieces) before its create (4): {orders} order, {quantity} pieces."),
        &format!("#1007：更新（8 件）先于创建（4 件）到达：{orders} 张订单，{quantity} 件。"),
    );
    Ok(())
}

async fn cancel_first(house: &House) -> Result<()> {
    house.shop("orders/cancelled", props::shopify("orders_cancelled.json")?).await?;
    house.shop("orders/create", props::shopify("orders_create_of_cancelled.json")?).await?;
    let orders = house.known_as(SHOP, "5600000000003").await?.len();
    let order = house.order(SHOP, "5600000000003").await?;
    house.story.check(
        orders == 1 && order["status"] == "cancelled",
        &format!("#1003: its cancellation before its create: {orders} order, {}.", text(&order["status_text"])),
        &format!("#1003：取消先于创建到达：{orders} 张订单，{}。", text(&order["status_text"])),
    );
    Ok(())
}

async fn paid_later(house: &House) -> Result<()> {
    house.shop("orders/create", props::shopify("orders_create_pending.json")?).await?;
    let before = house.order(SHOP, "5600000000002").await?;
    house.shop("orders/paid", props::shopify("orders_paid.json")?).await?;
    let after = house.order(SHOP, "5600000000002").await?;
    house.story.check(
        before["holds"][0]["code"] == "payment_pending" && after["status"] == "released",
        &format!("#1002: held ({}); orders/paid arrives: {}.", holds(&before), text(&after["status_text"])),
        &format!("#1002：挂起（{}）；orders/paid 到达后：{}。", holds(&before), text(&after["status_text"])),
    );
    Ok(())
}

async fn price_too_low(house: &House) -> Result<()> {
    house.shop("orders/create", props::demo("shopify/price_too_low.json")?).await?;
    let order = house.order(SHOP, "5600000000006").await?;
    let held = order["holds"].as_array().is_some_and(|holds| holds.iter().any(|h| h["code"] == "price_difference"));
    let line = &order["audit"]["lines"][0];
    let (charged, expected) = (text(&line["charged"]), text(&line["expected"]));
    house.story.check(
        held,
        &format!(
            "#1006 over {}: the shop charges {charged}, the price book says {expected}: held ({}).",
            total(&order),
            holds(&order)
        ),
        &format!("#1006（{}）：网店单价 {charged}，价目表为 {expected}：挂起（{}）。", total(&order), holds(&order)),
    );
    Ok(())
}

async fn broken(house: &House) -> Result<()> {
    let body = props::shopify("orders_create_wrong_types.json")?;
    let answer = house.shop_says("orders/create", body).await?;
    let document = house.read(answer.location.rsplit('/').next().unwrap_or_default()).await?;
    let rejects = house.rejects(text(&document["document"])).await?;
    house.story.check(
        answer.is_good() && !rejects.is_empty(),
        &format!(
            "A signed but broken order: answered {}, kept, {} faults for our people:",
            answer.status,
            rejects.len()
        ),
        &format!(
            "签名有效但内容损坏的订单：应答 {}，原文已保存，{} 处错误交由我方处理：",
            answer.status,
            rejects.len()
        ),
    );
    house.tell_rejects(&rejects);
    Ok(())
}
