//! The change feed an ERP polls: everything that happened, each once, nothing left out.

use crate::demo::{calls::text, house::House};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};

/// Events asked for at once; small, so that several pages are needed.
const PAGE: usize = 50;

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("The ERP reads the change feed", "ERP 读取变更流");
    house.delivered().await?;
    let erp = house.people.one("erp", "erp")?;
    let (mut after, mut pages, mut cursors) = (String::new(), 0, BTreeSet::new());
    let mut read: BTreeMap<String, u64> = BTreeMap::new();
    let mut events = 0;
    loop {
        let page = erp.get(&format!("/v1/changes?limit={PAGE}&after={after}")).await?.good()?;
        let items = page["items"].as_array().cloned().unwrap_or_default();
        if items.is_empty() {
            break;
        }
        pages += 1;
        events += items.len();
        for item in &items {
            cursors.insert(text(&item["cursor"]).to_owned());
            *read.entry(text(&item["order"]).to_owned()).or_default() += 1;
        }
        text(&page["next"]).clone_into(&mut after);
    }
    let mut agree = true;
    for (order, count) in &read {
        agree &= house.by_id(order).await?["events"].as_u64() == Some(*count);
    }
    let orders = read.len();
    story.check(
        cursors.len() == events && agree,
        &format!("{events} events of {orders} orders on {pages} pages: each once, and as many as each order has."),
        &format!("共 {pages} 页，{orders} 张订单的 {events} 个事件：各出现一次，与每张订单自身的事件数一致。"),
    );
    let again = erp.get(&format!("/v1/changes?after={after}")).await?.good()?;
    story.check(
        again["items"].as_array().is_some_and(Vec::is_empty),
        "Asked again from its last cursor: nothing new, until something happens.",
        "从最后的游标再次读取：没有新内容，直到有事发生。",
    );
    Ok(())
}
