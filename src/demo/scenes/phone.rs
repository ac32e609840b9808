//! The phone desk's sheet: title rows, several lines an order, a totals row, real dates.

use crate::demo::{
    calls::{holds, text, total, ways},
    house::House,
    props,
};
use anyhow::Result;

const CHANNEL: &str = "phone-desk";

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("The phone desk uploads its Excel sheet", "电话销售上传 Excel 登记表");
    let mei = house.people.one("mei", "order_desk")?;
    let (id, _) = mei.upload(CHANNEL, "phone-desk.xlsx", props::demo("phone-desk.xlsx")?).await?;
    let document = house.read(&id).await?;
    let (good, bad) = (document["orders"]["good"].to_string(), document["orders"]["bad"].to_string());
    let (sheet, header) = (text(&document["summary"]["sheet"]), document["summary"]["header_row"].to_string());
    story.check(
        good == "5" && bad == "1",
        &format!("Sheet {sheet}, header found in row {header}: {good} orders, {bad} turned back:"),
        &format!("工作表“{sheet}”，表头在第 {header} 行：{good} 张订单，{bad} 张退回："),
    );
    house.tell_rejects(&house.rejects(&id).await?);
    plain(house).await?;
    split(house).await?;
    waiting(house).await
}

async fn plain(house: &House) -> Result<()> {
    let order = house.order(CHANNEL, "DH-1121-01").await?;
    let words = format!("DH-1121-01  {}  {}", total(&order), ways(&order));
    house.story.equal(text(&order["status"]), "released", &words, &words);
    Ok(())
}

async fn split(house: &House) -> Result<()> {
    let order = house.order(CHANNEL, "DH-1121-02").await?;
    let parts = order["fulfilments"].as_array().map_or(0, Vec::len);
    house.story.check(
        order["status"] == "released" && parts == 2,
        &format!("DH-1121-02  {}  in {parts} parcels, no warehouse has both articles: {}", total(&order), ways(&order)),
        &format!("DH-1121-02  {}  分 {parts} 个包裹，没有一个仓库两种货都有：{}", total(&order), ways(&order)),
    );
    Ok(())
}

/// Partly out of stock, custom, and sold too cheap.
async fn waiting(house: &House) -> Result<()> {
    let story = &house.story;
    let order = house.order(CHANNEL, "DH-1121-03").await?;
    let counters = &order["lines"][0]["counters"];
    let (going, short) = (text(&counters["released"]), text(&counters["backordered"]));
    story.check(
        going == "17" && short == "3",
        &format!("DH-1121-03  {}  {going} of 20 go now, {short} wait for stock: {}", total(&order), ways(&order)),
        &format!("DH-1121-03  {}  20 件中 {going} 件先发，{short} 件缺货待补：{}", total(&order), ways(&order)),
    );
    let order = house.order(CHANNEL, "DH-1121-04").await?;
    let steps = order["approval"]["steps"].as_array().cloned().unwrap_or_default();
    let roles: Vec<&str> = steps.iter().map(|step| text(&step["role"])).collect();
    story.check(
        order["status"] == "awaiting_approval" && roles == ["product_engineer", "sales_manager"],
        &format!("DH-1121-04  {}  custom made, waits for: {}", total(&order), roles.join(", then ")),
        &format!("DH-1121-04  {}  定制订单，等待签批：{}", total(&order), roles.join(" → ")),
    );
    let order = house.order(CHANNEL, "DH-1121-06").await?;
    let words = format!("DH-1121-06  {}  {}: {}", total(&order), text(&order["status_text"]), holds(&order));
    story.equal(text(&order["holds"][0]["code"]), "price_difference", &words, &words);
    Ok(())
}
