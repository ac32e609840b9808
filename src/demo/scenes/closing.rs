//! Where everything stands in the end.

use crate::{
    cli::{out, table},
    demo::{
        calls::{holds, text, total, ways},
        house::House,
    },
};
use anyhow::Result;
use serde_json::Value;

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("Where every order stands, and why", "每张订单的现状与原因");
    let list = house.people.han.get("/v1/orders?limit=100").await?.good()?;
    let mut orders = list["items"].as_array().cloned().unwrap_or_default();
    orders.reverse();
    let mut rows = Vec::new();
    for summary in &orders {
        let order = house.by_id(text(&summary["id"])).await?;
        rows.push(row(house, &order).await?);
    }
    let head = if story.pick("en", "zh") == "en" {
        ["order", "channel", "status", "total", "warehouse / carrier", "why"]
    } else {
        ["订单", "渠道", "状态", "金额", "仓库 / 承运商", "原因"]
    };
    for line in table::lines(&head, &rows) {
        out::line(&format!("   {line}"));
    }
    out::line("");
    partners(house);
    Ok(())
}

async fn row(house: &House, order: &Value) -> Result<Vec<String>> {
    let mut why = holds(order);
    // Where nothing is sent there was nothing to choose.
    if why.is_empty() && !ways(order).is_empty() {
        why = house.why_from_there(text(&order["id"])).await?;
    }
    if order["status"] == "awaiting_approval" {
        let steps = order["approval"]["steps"].as_array().cloned().unwrap_or_default();
        let roles: Vec<&str> = steps.iter().map(|step| text(&step["role"])).collect();
        why = format!("{} {}", house.story.pick("waits for", "等待"), roles.join(", "));
    }
    if order["status"] == "cancelled"
        && let Some(event) = house.event(text(&order["id"]), "cancelled").await?
    {
        text(&event["text"]).clone_into(&mut why);
    }
    let number = text(&order["number"]);
    let number = if number.is_empty() { text(&order["external_id"]) } else { number };
    Ok(vec![
        number.to_owned(),
        text(&order["channel"]).to_owned(),
        text(&order["status_text"]).to_owned(),
        total(order),
        ways(order),
        why,
    ])
}

impl House {
    /// Why these warehouses: the best of those that were not taken, and why.
    async fn why_from_there(&self, order: &str) -> Result<String> {
        let all = self.candidates(order).await?;
        let Some(loser) = all.iter().find(|one| one["chosen"] != true) else { return Ok(String::new()) };
        let (not, place, why) = (self.story.pick("not", "不选"), text(&loser["warehouse"]), self.why(loser));
        Ok(format!("{not} {place}: {why}"))
    }
}

/// What the partners have, by their own account.
fn partners(house: &House) {
    let state = house.sandbox.state();
    let (orders, shipments, requests) = (state.orders.len(), state.shipments.len(), state.requests);
    let twice = state.effects.values().filter(|count| **count != 1).count();
    house.story.check(
        twice == 0 && state.went_back == 0,
        &format!("The ERP has {orders} orders and {shipments} shipments from {requests} requests; none was applied twice, none went back in time."),
        &format!("ERP 经 {requests} 次请求得到 {orders} 张订单和 {shipments} 个发货单；没有重复生效，也没有倒退。"),
    );
}
