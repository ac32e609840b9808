//! A store uploads what its till exported, in GB18030, with rows that cannot be read.

use crate::demo::{
    calls::{holds, text, total, ways},
    house::House,
    props,
};
use anyhow::Result;

const CHANNEL: &str = "store-17-pos";

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("A store uploads its receipts: CSV in GB18030", "门店上传小票：GB18030 编码的 CSV");
    let mei = house.people.one("mei", "order_desk")?;
    let (id, _) = mei.upload(CHANNEL, "store-17-pos.csv", props::demo("store-17-pos.csv")?).await?;
    let document = house.read(&id).await?;
    let encoding = text(&document["summary"]["encoding"]);
    let (good, bad) = (document["orders"]["good"].to_string(), document["orders"]["bad"].to_string());
    story.check(
        encoding.eq_ignore_ascii_case("gb18030") && good == "5" && bad == "3",
        &format!("Read as {encoding}: {good} receipts are orders now, {bad} were turned back, each bad cell with its address:"),
        &format!("按 {encoding} 读取：{good} 张小票已成为订单，{bad} 张被退回，每个错误单元格都有位置："),
    );
    house.tell_rejects(&house.rejects(&id).await?);
    for (receipt, wanted) in [("20261121001", "released"), ("20261121003", "released"), ("20261121008", "released")] {
        let order = house.order(CHANNEL, &format!("17号店/{receipt}")).await?;
        let words = format!("{receipt}  {}  {}", total(&order), ways(&order));
        story.equal(text(&order["status"]), wanted, &words, &words);
    }
    for (receipt, wanted) in [("20261121002", "awaiting_stock"), ("20261121005", "unknown_sku")] {
        let order = house.order(CHANNEL, &format!("17号店/{receipt}")).await?;
        let words = format!("{receipt}  {}  {}", total(&order), holds(&order));
        story.equal(text(&order["holds"][0]["code"]), wanted, &words, &words);
    }
    let (again, duplicate) = mei.upload(CHANNEL, "receipts.csv", props::demo("store-17-pos.csv")?).await?;
    story.check(
        duplicate && again == id,
        "The same file again, under another name: known, nothing changes.",
        "同一文件换名再次上传：已识别为重复，未作更改。",
    );
    Ok(())
}
