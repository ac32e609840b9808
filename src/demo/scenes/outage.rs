//! The ERP fails, then does what it was told and loses its answer; each effect happens once.

use crate::{
    demo::{
        calls::{SHOP, text},
        house::House,
        props,
    },
    sandbox::{Mode, Partner, Received},
};
use anyhow::Result;
use serde_json::Value;

pub(super) async fn play(house: &House) -> Result<()> {
    house.story.section("The ERP fails, and loses answers", "ERP 故障，以及丢失应答");
    house.delivered().await?;
    let (english, chinese) = ("answers 500 to what it is told, four times", "对收到的请求连续四次应答 500");
    told(house, Mode::Fail, 4, "shopify/during_outage.json", "5600000000008", (english, chinese)).await?;
    let (english, chinese) = ("does the write, but its answer is lost", "已执行写入，但应答丢失");
    told(house, Mode::ApplyAndLose, 1, "shopify/lost_answer.json", "5600000000009", (english, chinese)).await
}

/// Makes the ERP fail, brings an order in, and looks at what came of it at both ends.
async fn told(
    house: &House,
    mode: Mode,
    times: u32,
    body: &str,
    order: &str,
    (english, chinese): (&str, &str),
) -> Result<()> {
    let story = &house.story;
    house.sandbox.faults(Partner::Erp, mode, times);
    let before = house.sandbox.state().received.len();
    house.shop("orders/create", props::demo(body)?).await?;
    let order = house.order(SHOP, order).await?;
    let number = text(&order["number"]);
    story.say(&format!("{number}: the ERP {english}."), &format!("{number}：ERP {chinese}。"));
    let order = house.order_when(text(&order["id"]), all_done).await?;
    let state = house.sandbox.state();
    let of_orders = |seen: &&Received| seen.partner == Partner::Erp && !seen.path.contains("requisitions");
    for seen in state.received.iter().skip(before).filter(of_orders) {
        let path = seen.path.split('/').nth(1).unwrap_or_default();
        let went = match seen.fault {
            None => story.pick("answered", "已应答"),
            Some(Mode::ApplyAndLose) => story.pick("done, but the answer is lost", "已执行，应答丢失"),
            Some(_) => story.pick("500", "500"),
        };
        story.detail(&format!("{:4} /{path}/…  {went}", seen.method));
    }
    let deliveries = order["deliveries"].as_array().cloned().unwrap_or_default();
    let attempts: u64 = deliveries.iter().filter_map(|d| d["attempts"].as_u64()).sum();
    let once = deliveries.iter().all(|d| state.effects.get(text(&d["id"])) == Some(&1));
    story.check(
        all_done(&order) && once,
        &format!(
            "{number}: {} messages to all partners, {attempts} attempts, each delivered, each effect at its partner exactly once.",
            deliveries.len()
        ),
        &format!("{number}：{} 条消息，{attempts} 次尝试，全部送达，在各伙伴处各只生效一次。", deliveries.len()),
    );
    Ok(())
}

fn all_done(order: &Value) -> bool {
    let deliveries = order["deliveries"].as_array();
    deliveries.is_some_and(|all| !all.is_empty() && all.iter().all(|d| d["state"] == "done"))
}
