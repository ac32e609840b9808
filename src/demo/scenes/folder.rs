//! A large customer puts UBL orders into a folder; what is still being written is left alone.

use crate::demo::{
    calls::{LOOK, LOOKS, text, total},
    house::House,
    props,
};
use anyhow::Result;
use serde_json::Value;
use std::{fs, path::Path};

const CHANNEL: &str = "ubl-customer";
const FILE: &str = "PO-4711.xml";
const HALF: &str = "PO-4712.xml.part";
const BAD: &str = "PO-4713.xml";

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("A customer puts a UBL order into a folder", "客户将 UBL 订单放入文件夹");
    let folder = house.at.join(CHANNEL);
    let order = props::demo("ubl-order.xml")?;
    fs::write(folder.join(HALF), &order[..order.len() / 2])?;
    let bad = String::from_utf8_lossy(&order).replace("PO-4711", "PO-4713").replace(">50<", ">fifty<");
    fs::write(folder.join(BAD), bad)?;
    fs::write(folder.join(FILE), &order)?;
    let failed = report(&folder, "failed", BAD).await?;
    let report = report(&folder, "done", FILE).await?;
    let document = house.read(text(&report["document"])).await?;
    let gone = !folder.join(FILE).exists();
    let (good, name) = (report["orders"]["good"].to_string(), text(&document["name"]));
    story.check(
        gone && folder.join("done").join(FILE).exists() && good == "1" && name == FILE,
        &format!("{FILE} was taken and moved to done/, its report beside it: {good} order."),
        &format!("{FILE} 已被读取并移至 done/，报告在旁：{good} 张订单。"),
    );
    let fault = &failed["rejects"][0];
    let words = &fault[story.pick("en", "zh")];
    let both = ["en", "zh"].iter().all(|language| !text(&fault[*language]["title"]).is_empty());
    let (was, title, count) = (text(&fault["was"]), text(&words["title"]), failed["rejects_in_all"].to_string());
    story.check(
        folder.join("failed").join(BAD).exists() && was == "fifty" && count == "1" && both,
        &format!("{BAD} was moved to failed/; its report, in both languages: “{was}”: {title}."),
        &format!("{BAD} 已移至 failed/；报告为中英双语：“{was}”：{title}。"),
    );
    let taken = house.people.han.get(&format!("/v1/documents?channel={CHANNEL}")).await?.good()?;
    let taken = taken["items"].as_array().map_or(0, Vec::len);
    story.check(
        folder.join(HALF).exists() && taken == 2,
        &format!("{HALF}, half written, is still where it was; {taken} documents came from the folder."),
        &format!("{HALF} 尚未写完，仍在原处；文件夹共产生 {taken} 份单据。"),
    );
    let order = house.order(CHANNEL, "C10036/PO-4711").await?;
    let unit = text(&order["lines"][0]["unit_price"]);
    let role = text(&order["approval"]["next"]["role"]);
    story.check(
        unit == "5.7" && role == "credit_controller",
        &format!("PO-4711 over {}: 570 for 100 pieces is {unit} each; on account, it waits for {role}.", total(&order)),
        &format!("PO-4711（{}）：每 100 件 570 即单价 {unit}；赊账，等待 {role} 签批。", total(&order)),
    );
    Ok(())
}

/// The report beside the file once it was moved: a file is taken when it is the same in two looks, a second apart.
async fn report(folder: &Path, outcome: &str, file: &str) -> Result<Value> {
    let path = folder.join(outcome).join(format!("{file}.report.json"));
    for _ in 0..LOOKS {
        // Until the file itself was moved the report may not be whole.
        if !folder.join(file).exists()
            && let Ok(text) = fs::read(&path)
        {
            return Ok(serde_json::from_slice(&text)?);
        }
        tokio::time::sleep(LOOK).await;
    }
    anyhow::bail!("{file} was not taken in time")
}
