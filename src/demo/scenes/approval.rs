//! A large customer's order needs two different people; whoever brought it is not one of them.

use crate::{
    cli::http::Answer,
    demo::{
        calls::{text, total, ways},
        house::House,
        props,
    },
};
use anyhow::Result;
use serde_json::{Value, json};

const CHANNEL: &str = "key-accounts";

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("A large customer's order form waits for two people", "大客户采购单等待两人签批");
    let lin = house.people.one("lin", "order_desk")?;
    let (id, _) = lin.upload(CHANNEL, "PO-2026-1188.xlsx", props::demo("key-account-order.xlsx")?).await?;
    house.read(&id).await?;
    let order = house.order(CHANNEL, "C10005/PO-2026-1188").await?;
    let steps = order["approval"]["steps"].as_array().cloned().unwrap_or_default();
    let roles: Vec<&str> = steps.iter().map(|step| text(&step["role"])).collect();
    story.check(
        order["status"] == "awaiting_approval" && roles == ["sales_director", "general_manager"],
        &format!("PO-2026-1188 over {}, uploaded by lin, waits for: {}.", total(&order), roles.join(", then ")),
        &format!("PO-2026-1188（{}）由 lin 上传，等待签批：{}。", total(&order), roles.join(" → ")),
    );
    story.detail(&format!(
        "{} {}",
        story.pick("policy row", "策略条目"),
        text(&steps.first().unwrap_or(&Value::Null)["rule"])
    ));
    sign(house, text(&order["id"]), &order).await
}

/// Who may not sign is refused, who may signs, in turn.
async fn sign(house: &House, id: &str, order: &Value) -> Result<()> {
    let digest = text(&order["approval"]["digest"]);
    refused(house, "lin", "sales_director", approve(house, id, digest, "lin", "sales_director").await?, "own_order");
    refused(house, "guo", "general_manager", approve(house, id, digest, "guo", "general_manager").await?, "wrong_role");
    let first = approve(house, id, digest, "tan", "sales_director").await?;
    signed(house, "tan", "sales_director", &first, "awaiting_approval");
    refused(
        house,
        "tan",
        "sales_director",
        approve(house, id, digest, "tan", "sales_director").await?,
        "already_signed",
    );
    let second = approve(house, id, digest, "guo", "general_manager").await?;
    signed(house, "guo", "general_manager", &second, "released");
    let order = house.by_id(id).await?;
    let story = &house.story;
    let (status, ways) = (text(&order["status_text"]), ways(&order));
    let english = format!("With both signatures it is {}: {ways}.", status.to_lowercase());
    story.equal(text(&order["status"]), "released", &english, &format!("两人签批后：{status}，{ways}。"));
    Ok(())
}

async fn approve(house: &House, id: &str, digest: &str, user: &'static str, role: &'static str) -> Result<Answer> {
    house.people.one(user, role)?.post(&format!("/v1/orders/{id}/approve"), &json!({ "digest": digest })).await
}

fn refused(house: &House, user: &str, role: &str, answer: Answer, wanted: &str) {
    let why = text(&answer.body["detail"]);
    house.story.equal(
        answer.code(),
        wanted,
        &format!("{user} ({role}) signs: {} [{}] {why}", answer.status, answer.code()),
        &format!("{user}（{role}）签批：{} [{}] {why}", answer.status, answer.code()),
    );
}

fn signed(house: &House, user: &str, role: &str, answer: &Answer, wanted: &str) {
    let status = text(&answer.body["status"]);
    let word = house.story.language.say(&format!("status_{status}"), &model::said::Args::new()).title;
    house.story.check(
        answer.is_good() && status == wanted,
        &format!("{user} ({role}) signs: {}; the order: {word}.", answer.status),
        &format!("{user}（{role}）签批：{}，订单状态：{word}。", answer.status),
    );
}
