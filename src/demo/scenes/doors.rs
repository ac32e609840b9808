//! More ways in: a second shop platform, a till abroad, a partner that signs in its own way.

use crate::demo::{
    calls::{text, total, ways},
    house::House,
    props,
    senders::{MARKET, PARTNER, WOO},
};
use anyhow::Result;
use model::time::MINUTE;

const TILL: &str = "store-ny-pos";

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story
        .section("More doors: WooCommerce, a till in New York, a partner", "更多入口：WooCommerce、纽约门店、合作伙伴");
    woo(house).await?;
    square(house).await?;
    partner(house).await?;
    market(house).await
}

async fn woo(house: &House) -> Result<()> {
    let story = &house.story;
    let body = props::demo("woo-order.json")?;
    let first = house.posts(&WOO, "order.created", body.clone()).await?;
    house.read_answered(&first).await?;
    let order = house.order(WOO.channel, "2001").await?;
    let (total, ways) = (total(&order), ways(&order));
    story.equal(
        text(&order["status"]),
        "released",
        &format!("WooCommerce order.created: order 2001 over {total} is released: {ways}."),
        &format!("WooCommerce order.created：订单 2001（{total}）已放行：{ways}。"),
    );
    let again = house.posts(&WOO, "order.created", body).await?;
    let orders = house.known_as(WOO.channel, "2001").await?.len();
    story.check(
        again.is_good() && again.location == first.location && orders == 1,
        &format!("The same webhook again: answered {} with the first document; still {orders} order.", again.status),
        &format!("同一 Webhook 再次到达：应答 {}，指向同一份单据；订单仍为 {orders} 张。", again.status),
    );
    Ok(())
}

/// Square's Items Detail: columns by name, times in New York, and a refund among the sales.
async fn square(house: &House) -> Result<()> {
    let story = &house.story;
    let mei = house.people.one("mei", "order_desk")?;
    let (id, _) = mei.upload(TILL, "items-2026-11-24.csv", props::demo("square-items.csv")?).await?;
    let document = house.read(&id).await?;
    let (good, bad) = (document["orders"]["good"].to_string(), document["orders"]["bad"].to_string());
    let columns = document["summary"]["columns"].as_array().map_or(0, Vec::len);
    let rejects = house.rejects(&id).await?;
    let sale = house.order(TILL, "NYDEMO0001").await?;
    let (placed, total) = (text(&sale["placed_at"]), total(&sale));
    story.check(
        good == "2" && bad == "1" && columns > 10 && rejects.iter().all(|reject| reject["code"] == "refund_row"),
        &format!("Square Items Detail, {columns} columns by name: {good} sales are orders, {bad} row is for a person:"),
        &format!("Square Items Detail（按名称识别 {columns} 列）：{good} 笔销售成为订单，{bad} 行交由人工："),
    );
    house.tell_rejects(&rejects);
    story.check(
        sale["status"] == "delivered" && placed.ends_with("-05:00"),
        &format!("NYDEMO0001 over {total}, rung up at {placed}: the goods left over the counter."),
        &format!("NYDEMO0001（{total}），{placed} 收银：货物已在柜台交付。"),
    );
    Ok(())
}

/// HMAC as the partner does it, described by configuration alone.
async fn partner(house: &House) -> Result<()> {
    let story = &house.story;
    let body = props::demo("partner-order.json")?;
    let forged = house.partner_posts(body.clone(), b"somebody else's secret").await?;
    let before = house.known_as(PARTNER, "P-3001").await?.len();
    story.check(
        forged.status == 401 && before == 0,
        &format!("The partner's webhook with a wrong secret: {} [{}], {before} orders.", forged.status, forged.code()),
        &format!("合作伙伴 Webhook，密钥错误：{} [{}]，{before} 张订单。", forged.status, forged.code()),
    );
    let answer = house.partner_posts(body, &house.secret("partner_hook")?).await?;
    house.read_answered(&answer).await?;
    let order = house.order(PARTNER, "P-3001").await?;
    let (total, ways) = (total(&order), ways(&order));
    story.equal(
        text(&order["status"]),
        "released",
        &format!("With the right one: P-3001 over {total} is released: {ways}."),
        &format!("密钥正确：P-3001（{total}）已放行：{ways}。"),
    );
    Ok(())
}

/// Standard Webhooks: the time is signed too, and an old message is not taken.
async fn market(house: &House) -> Result<()> {
    let story = &house.story;
    let body = props::demo("market-order.json")?;
    let now = house.app.core.clock.now();
    let late = house.market_posts(body.clone(), now.plus(-10 * MINUTE)).await?;
    let answer = house.market_posts(body, now).await?;
    house.read_answered(&answer).await?;
    let order = house.order(MARKET, "M-5001").await?;
    let (total, ways) = (total(&order), ways(&order));
    story.check(
        late.status == 401 && order["status"] == "released",
        &format!(
            "A market place by Standard Webhooks, signed ten minutes ago: {} [{}]; now: M-5001 over {total} is released: {ways}.",
            late.status,
            late.code()
        ),
        &format!(
            "市场平台的 Standard Webhooks，十分钟前的签名：{} [{}]；当前签名：M-5001（{total}）已放行：{ways}。",
            late.status,
            late.code()
        ),
    );
    Ok(())
}
