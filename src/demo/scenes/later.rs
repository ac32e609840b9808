//! The clock is turned: a day that was promised goes by, and its customer hears of it.

use crate::demo::{calls::text, house::House};
use anyhow::Result;
use model::time::DAY;
use std::time::Duration;

/// Longer than any carrier of the demo takes.
const DAYS: i64 = 30;
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 250;

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("Thirty days later, by the demo's own clock", "演示时钟拨快三十天");
    let order = house.order("dealer-portal", "DP-1124-01").await?;
    let before = house.mails_to("c10001@example.com").len();
    house.app.core.clock.advance(DAYS * DAY);
    let order = house.order_when(text(&order["id"]), |order| order["fulfilments"][0]["late"] == true).await?;
    let event = house.event(text(&order["id"]), "late").await?.unwrap_or_default();
    story.check(
        order["fulfilments"][0]["late"] == true && event["event"] == "late",
        &format!("DP-1124-01, which nobody has shipped: {}", text(&event["text"])),
        &format!("DP-1124-01 一直无人发货：{}", text(&event["text"])),
    );
    for _ in 0..LOOKS {
        if house.mails_to("c10001@example.com").len() > before {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    let mails = house.mails_to("c10001@example.com");
    let new = mails.get(before..).unwrap_or_default();
    story.check(
        new.len() == 1 && new[0].contains("配送延迟"),
        "The dealer in Guangzhou hears of it once:",
        "广州的经销商收到一次通知：",
    );
    new.iter().for_each(|subject| story.detail(subject));
    Ok(())
}
