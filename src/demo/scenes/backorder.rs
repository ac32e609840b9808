//! Goods come in, and orders that waited for them go on by themselves.

use crate::demo::{
    calls::{text, ways},
    house::House,
};
use anyhow::Result;
use serde_json::json;

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("Stock arrives, and what waited goes", "到货后，缺货订单自动继续");
    let wang = house.people.one("wang", "logistics")?;
    let goods = json!([
        { "sku": "LT-FL-0030", "warehouse": "CN-ZS", "quantity": "40" },
        { "sku": "LT-PD-0009", "warehouse": "CN-ZS", "quantity": "10" },
    ]);
    let answer = wang.post("/v1/stock/goods-in", &goods).await?;
    story.check(
        answer.is_good(),
        &format!("wang (logistics) books 40 LT-FL-0030 and 10 LT-PD-0009 into CN-ZS: {}.", answer.status),
        &format!("wang（logistics）在 CN-ZS 入库 40 件 LT-FL-0030、10 件 LT-PD-0009：{}。", answer.status),
    );
    for (channel, external_id) in [("store-17-pos", "17号店/20261121002"), ("phone-desk", "DH-1121-03")] {
        let id = house.order(channel, external_id).await?["id"].clone();
        let nothing_waits = |order: &serde_json::Value| {
            let lines = order["lines"].as_array();
            order["status"] == "released"
                && lines.is_some_and(|lines| lines.iter().all(|line| line["counters"]["backordered"] == "0"))
        };
        let order = house.order_when(text(&id), nothing_waits).await?;
        story.check(
            nothing_waits(&order),
            &format!(
                "{external_id}: {}, nothing is backordered any more: {}",
                text(&order["status_text"]),
                ways(&order)
            ),
            &format!("{external_id}：{}，不再缺货：{}", text(&order["status_text"]), ways(&order)),
        );
    }
    let stock = house.people.han.get("/v1/stock?sku=LT-PD-0009&warehouse=CN-ZS").await?.good()?;
    let row = &stock["items"][0];
    let (on_hand, reserved, free) = (text(&row["on_hand"]), text(&row["reserved"]), text(&row["available"]));
    story.check(
        on_hand == "29" && reserved == "20",
        &format!(
            "LT-PD-0009 in CN-ZS: {on_hand} on hand, {reserved} reserved, {free} to promise beside the safety stock."
        ),
        &format!("CN-ZS 的 LT-PD-0009：在库 {on_hand}，已预留 {reserved}，扣除安全库存后可用 {free}。"),
    );
    let count = |page: &serde_json::Value| page["items"].as_array().map_or(0, Vec::len);
    let ended = house.get_when("/v1/replenishments?state=received", |page| count(page) == 2).await?;
    let open = house.people.han.get("/v1/replenishments?state=approved").await?.good()?;
    story.check(
        count(&open) == 0 && count(&ended) == 2,
        &format!("What was to be bought has come: {} replenishments received, {} open.", count(&ended), count(&open)),
        &format!("所购已到：{} 条补货已收货，{} 条未完成。", count(&ended), count(&open)),
    );
    Ok(())
}
