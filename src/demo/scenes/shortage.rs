//! Stock is short: what to buy is proposed, a person approves it, ERP and purchasing hear of it.

use crate::demo::{calls::text, house::House};
use anyhow::Result;
use serde_json::{Value, json};

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("Stock is short, and buying is proposed", "库存不足，系统建议补货");
    let ning = house.people.one("ning", "purchasing")?;
    // They follow what orders wait for, by themselves.
    let all_wait = |page: &Value| {
        let items = page["items"].as_array();
        items.is_some_and(|all| all.len() == 2 && all.iter().all(|one| one["reasons"]["waiting_orders"] == 1))
    };
    let open = house.get_when("/v1/replenishments?state=proposed", all_wait).await?;
    let mut proposals = open["items"].as_array().cloned().unwrap_or_default();
    proposals.sort_by_key(|one| text(&one["sku"]).to_owned());
    for one in &proposals {
        proposed(house, one);
    }
    let skus: Vec<&str> = proposals.iter().map(|one| text(&one["sku"])).collect();
    story.check(
        skus == ["LT-FL-0030", "LT-PD-0009"],
        &format!("{} proposals, one a shortage, however many orders wait.", skus.len()),
        &format!("共 {} 条建议：每处短缺一条，与等待的订单数无关。", skus.len()),
    );
    let first = format!("/v1/replenishments/{}/approve", text(&proposals[0]["id"]));
    let refused = house.people.one("mei", "order_desk")?.post(&first, &json!({})).await?;
    story.equal(
        refused.code(),
        "forbidden",
        &format!("mei (order_desk) approves one: {} [{}].", refused.status, refused.code()),
        &format!("mei（order_desk）批准其中一条：{} [{}]。", refused.status, refused.code()),
    );
    for one in &proposals {
        let path = format!("/v1/replenishments/{}/approve", text(&one["id"]));
        ning.post(&path, &json!({})).await?.good()?;
    }
    house.delivered().await?;
    told(house, &proposals).await
}

fn proposed(house: &House, one: &Value) {
    let (sku, place, quantity, why) =
        (text(&one["sku"]), text(&one["warehouse"]), text(&one["quantity"]), &one["reasons"]);
    let (waiting, point) = (text(&why["waiting"]), text(&why["reorder_point"]));
    let on_hand = text(&why["on_hand"]);
    house.story.detail(house.story.pick(
        &format!("{quantity} {sku} for {place}: {on_hand} there, {waiting} waited for, reorder point {point}"),
        &format!("{place} 补 {quantity} 件 {sku}：在库 {on_hand}，订单等待 {waiting}，补货点 {point}"),
    ));
}

/// What the ERP and the purchasing desk have heard.
async fn told(house: &House, proposals: &[Value]) -> Result<()> {
    let story = &house.story;
    let state = house.sandbox.state();
    for one in proposals {
        let Some(asked) = state.requisitions.get(text(&one["id"])) else {
            story.check(false, "The ERP has no requisition.", "ERP 没有采购申请。");
            continue;
        };
        let (sku, quantity) = (text(&asked.body["sku"]), text(&asked.body["quantity"]));
        story.check(
            asked.status == "approved" && asked.body["quantity"] == one["quantity"],
            &format!("ning (purchasing) approves; the ERP has {}: {quantity} {sku}, {}.", asked.number, asked.status),
            &format!("ning（purchasing）批准；ERP 有 {}：{sku} {quantity} 件，{}。", asked.number, asked.status),
        );
    }
    let mails = house.mails_to("purchasing@example.com");
    story.check(
        mails.len() == 2 * proposals.len(),
        &format!("purchasing@example.com has {} mails, two for each:", mails.len()),
        &format!("purchasing@example.com 收到 {} 封邮件，每条两封：", mails.len()),
    );
    for mail in &mails {
        story.detail(mail);
    }
    Ok(())
}
