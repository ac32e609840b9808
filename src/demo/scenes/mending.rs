//! The store's rejected receipts come back as a workbook, are corrected and brought again.

use crate::demo::{
    calls::{text, total},
    excel,
    house::House,
};
use anyhow::{Result, anyhow};

const CHANNEL: &str = "store-17-pos";
/// What somebody types: the receipt's row, counted from 1 below the header, the column, the text.
const TYPED: [(u32, &str, &str); 3] = [(1, "数量", "2"), (2, "交易时间", "2026-11-21 11:20:00"), (4, "单价", "18.50")];
const MENDED: [&str; 3] = ["20261121004", "20261121006", "20261121007"];

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("The store mends what was turned back", "门店修正被退回的小票");
    let mei = house.people.one("mei", "order_desk")?;
    let before = standing(house).await?;
    let found = mei.get(&format!("/v1/documents?channel={CHANNEL}&rejects=true")).await?.good()?;
    let document = text(&found["items"][0]["document"]).to_owned();
    let workbook = mei.get_bytes(&format!("/v1/documents/{document}/mended")).await?;
    let rows = excel::cells(&workbook)?;
    let marked = excel::notes(&workbook)?;
    let header = rows.first().ok_or_else(|| anyhow!("the workbook is empty"))?;
    let told = header.last().map(String::as_str).unwrap_or_default();
    story.check(
        rows.len() == 5 && marked == 3 && told.starts_with('#'),
        &format!("An XLSX of the {} rows that wait, {marked} cells marked; its last column, {told}:", rows.len() - 1),
        &format!("XLSX 含待修正的 {} 行，{marked} 个单元格有标注；最后一列 {told}：", rows.len() - 1),
    );
    for remedy in rows.iter().skip(1).filter_map(|row| row.last()).filter(|remedy| !remedy.is_empty()) {
        story.detail(remedy);
    }
    let mut typed = Vec::new();
    for (row, column, words) in TYPED {
        let at = header.iter().position(|name| name == column).ok_or_else(|| anyhow!("no column {column}"))?;
        typed.push((row, u16::try_from(at)?, words));
    }
    let (again, _) = mei.upload(CHANNEL, "mended.xlsx", excel::corrected(&workbook, &typed)?).await?;
    let read = house.read(&again).await?;
    let (good, bad) = (read["orders"]["good"].to_string(), read["orders"]["bad"].to_string());
    story.check(
        good == "3" && bad == "0",
        &format!("mei corrects {} cells and uploads it: {good} receipts went through, {bad} wait.", typed.len()),
        &format!("mei 修正 {} 个单元格后上传：{good} 张小票通过，{bad} 张待修正。", typed.len()),
    );
    for receipt in MENDED {
        let order = house.order(CHANNEL, &format!("17号店/{receipt}")).await?;
        story.detail(&format!("{receipt}  {}  {}", total(&order), text(&order["status_text"])));
    }
    let after = standing(house).await?;
    let same = before.iter().filter(|order| after.contains(order)).count();
    story.check(
        same == before.len() && after.len() == before.len() + 3,
        &format!("The {same} receipts that were good before are as they were, not an event more."),
        &format!("此前通过的 {same} 张小票保持原样，事件数不变。"),
    );
    Ok(())
}

/// The store's orders and how many events each has.
async fn standing(house: &House) -> Result<Vec<(String, String)>> {
    let list = house.people.han.get(&format!("/v1/orders?channel={CHANNEL}&limit=100")).await?.good()?;
    let orders = list["items"].as_array().cloned().unwrap_or_default();
    let mut found = Vec::new();
    for order in &orders {
        let order = house.by_id(text(&order["id"])).await?;
        found.push((text(&order["external_id"]).to_owned(), order["events"].to_string()));
    }
    Ok(found)
}
