//! What each partner was told of the same orders, looked at where it arrived.

use crate::{
    demo::{
        calls::{SHOP, text},
        house::House,
        senders::PARTNER,
    },
    dispatch::rehearse::{Asked, rehearse},
    sandbox::Hook,
};
use adapters::sign::{self, Scheme};
use anyhow::{Result, anyhow};
use model::{
    message::MessageKind,
    time::{Instant, SECOND},
};
use serde_json::Value;

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("What each partner has", "各伙伴收到了什么");
    house.delivered().await?;
    let order = house.order(PARTNER, "P-3001").await?;
    crm(house, &order);
    label(house, &order).await?;
    hooks(house)?;
    wording(house).await?;
    rehearsed(house, &order).await?;
    planning(house).await
}

/// What `tributary connector try` shows: the request as it would go out, and nothing goes.
async fn rehearsed(house: &House, order: &Value) -> Result<()> {
    let core = &house.app.core;
    let wording = core.wordings.get("erp").cloned().unwrap_or_default();
    let asked = Asked {
        config: &core.config,
        connector: "erp",
        wording: &wording,
        order: text(&order["id"]).parse().map_err(|_| anyhow!("an order without an id"))?,
        fulfilment: None,
        kind: MessageKind::OrderChanged,
        answers: vec![],
    };
    let before = house.sandbox.state().requests;
    let tried = rehearse(&core.store, asked, core.clock.now()).await?;
    let sent = house.sandbox.state().requests - before;
    let line = tried.calls.first().map(|call| call.line.clone()).unwrap_or_default();
    house.story.check(
        sent == 0 && line.starts_with("PUT "),
        &format!("A change of P-3001, tried on the ERP: {line}; {sent} requests were sent."),
        &format!("对 ERP 试演 P-3001 的变更：{line}；实际发送 {sent} 次请求。"),
    );
    Ok(())
}

fn crm(house: &House, order: &Value) {
    let state = house.sandbox.state();
    let customer = state.customers.get("C10035").map(|found| text(&found["name"]).to_owned()).unwrap_or_default();
    let summary = state.summaries.get(text(&order["id"])).map(|found| found.body.clone()).unwrap_or_default();
    let (total, currency) = (text(&summary["total"]), text(&summary["currency"]));
    house.story.check(
        customer == text(&order["buyer"]["name"])
            && summary["customer"] == "C10035"
            && summary["total"] == order["total"],
        &format!("CRM: customer C10035 is {customer}, and P-3001 is theirs: {total} {currency}."),
        &format!("CRM：客户 C10035 为 {customer}，P-3001 归其名下：{total} {currency}。"),
    );
}

async fn label(house: &House, order: &Value) -> Result<()> {
    let fulfilment = text(&order["fulfilments"][0]["id"]);
    let state = house.sandbox.state();
    let booking = state.bookings.get(fulfilment).ok_or_else(|| anyhow!("the carrier has no booking of P-3001"))?;
    let (number, tracking) = (&booking.number, &booking.tracking);
    let label =
        house.people.one("wang", "logistics")?.get_bytes(&format!("/v1/fulfilments/{fulfilment}/label")).await?;
    let printed = String::from_utf8_lossy(&label);
    house.story.check(
        booking.times == 1 && printed.starts_with("%PDF-") && printed.contains(tracking),
        &format!(
            "Carrier: booked once, {number}; its label is here, {} bytes of PDF, with {tracking} on it.",
            label.len()
        ),
        &format!("承运商：预订一次，{number}；面单已存，PDF {} 字节，印有 {tracking}。", label.len()),
    );
    Ok(())
}

/// Every webhook is judged as its receiver would: by the secret, the id and the time.
fn hooks(house: &House) -> Result<()> {
    let state = house.sandbox.state();
    let secret = house.secret("hook")?;
    let right = state.hooks.iter().filter(|hook| judged(hook, &hook.body, &secret)).count();
    let changed = state.hooks.iter().filter(|hook| judged(hook, &format!("{} ", hook.body), &secret)).count();
    let all = state.hooks.len();
    house.story.check(
        right == all && all > 0 && changed == 0,
        &format!(
            "Standard Webhooks: {right} of {all} signatures are right; with one more blank in the body, {changed}."
        ),
        &format!("Standard Webhooks：{all} 个签名中 {right} 个正确；正文多一个空格后为 {changed} 个。"),
    );
    Ok(())
}

fn judged(hook: &Hook, body: &str, secret: &[u8]) -> bool {
    let named =
        [("webhook-id", &hook.id), ("webhook-timestamp", &hook.timestamp), ("webhook-signature", &hook.signature)];
    let headers: Vec<_> = named.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())).collect();
    let at = Instant(hook.timestamp.parse::<i64>().unwrap_or(0) * SECOND);
    sign::verify(Scheme::StandardWebhooks, &[secret.to_vec()], &headers, body.as_bytes(), at).is_ok()
}

/// The ERP's order is written by a mapping; our own form of it went out as a webhook.
async fn wording(house: &House) -> Result<()> {
    let order = house.order(SHOP, "5600000000008").await?;
    let state = house.sandbox.state();
    let record = state.orders.get(text(&order["id"])).ok_or_else(|| anyhow!("the ERP has no order #1008"))?;
    let ours = state.hooks.iter().filter_map(|hook| serde_json::from_str::<Value>(&hook.body).ok());
    let ours =
        ours.into_iter().find(|told| told["type"] == "order.released" && told["data"]["order"]["id"] == order["id"]);
    let ours = ours.map(|told| told["data"]["order"].clone()).unwrap_or_default();
    let written = record.body.as_object().cloned().unwrap_or_default();
    let plain = |name: &&String| !matches!(name.as_str(), "as_of" | "shipments");
    let fields: Vec<&String> = written.keys().filter(plain).collect();
    let same = fields.iter().filter(|name| written[**name] == ours[**name]).count();
    // The mapping writes the sum before the people, our own form behind them.
    let place = |told: &Value, name: &str| told.as_object().and_then(|told| told.keys().position(|key| key == name));
    let early = |told: &Value| place(told, "total").is_some() && place(told, "total") < place(told, "buyer");
    let names = house.app.core.config.connectors.get("erp").map(|erp| erp.messages.join(", ")).unwrap_or_default();
    house.story.check(
        early(&record.body) && !early(&ours) && same == fields.len() && names == "erp-order",
        &format!(
            "ERP: #1008 came as the mapping {names} writes it, in its order; {same} of {} fields say what our own form says.",
            fields.len()
        ),
        &format!("ERP：#1008 按出站映射 {names} 的顺序写成；{} 个字段中 {same} 个与自有格式一致。", fields.len()),
    );
    Ok(())
}

/// Files for the planners of what large customers order.
async fn planning(house: &House) -> Result<()> {
    let order = house.order("key-accounts", "C10005/PO-2026-1188").await?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(house.at.join("planning"))? {
        let path = entry?.path();
        let told: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
        found.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), told));
    }
    let right =
        |(_, told): &&(String, Value)| told["order"]["id"] == order["id"] && told["order"]["total"] == order["total"];
    let (files, good) = (found.len(), found.iter().filter(right).count());
    let name = found.first().map(|(name, _)| name.clone()).unwrap_or_default();
    house.story.check(
        files == 1 && good == 1,
        &format!("Planning's folder: {files} file, the whole order in it: {name}."),
        &format!("计划部文件夹：{files} 个文件，内含完整订单：{name}。"),
    );
    Ok(())
}
