//! What customers hear of their orders, each in their language, and who hears nothing.

use crate::demo::{calls::text, house::House, senders::PARTNER};
use anyhow::Result;

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("What customers hear", "客户收到的通知");
    house.delivered().await?;
    let texts = house.texts_to("13900000021");
    let steps = ["已确认", "发出", "已送达"];
    story.check(
        texts.len() == steps.len() && texts.iter().zip(steps).all(|(text, step)| text.contains(step)),
        &format!("The store's customer in Guangzhou, by text message: {} times.", texts.len()),
        &format!("广州的门店顾客，短信 {} 条：", texts.len()),
    );
    told(house, &texts);
    let mails = house.mails_to("sanne@dekade.example");
    let steps = ["is confirmed", "is on its way", "has arrived"];
    story.check(
        mails.len() == steps.len() && mails.iter().zip(steps).all(|(mail, step)| mail.ends_with(step)),
        &format!("The partner's customer in Rotterdam, by mail: {} times.", mails.len()),
        &format!("鹿特丹的伙伴客户，邮件 {} 封：", mails.len()),
    );
    told(house, &mails);
    let mails = house.mails_to("c10001@example.com");
    story.check(
        mails.len() == 1 && mails[0].ends_with("已确认"),
        "The dealer in Guangzhou, by mail, once so far:",
        "广州的经销商，目前邮件 1 封：",
    );
    told(house, &mails);
    skipped(house).await?;
    quiet(house).await
}

fn told(house: &House, words: &[String]) {
    for words in words {
        house.story.detail(words);
    }
}

/// Who left no address is passed over: the message is done, nothing was sent, nobody has to act.
async fn skipped(house: &House) -> Result<()> {
    let order = house.order("store-17-pos", "17号店/20261121001").await?;
    let deliveries = order["deliveries"].as_array().cloned().unwrap_or_default();
    let (mut done, mut sent) = (0, 0);
    for one in deliveries.iter().filter(|one| one["connector"] == "customer-mail") {
        let whole = house.people.han.get(&format!("/v1/deliveries/{}", text(&one["id"]))).await?.good()?;
        done += usize::from(whole["state"] == "done");
        sent += whole["exchanges"].as_array().map_or(0, Vec::len);
    }
    let stuck = house.people.han.get("/v1/deliveries?state=quarantined").await?.good()?;
    let stuck = stuck["items"].as_array().map_or(usize::MAX, Vec::len);
    house.story.check(
        done == 3 && sent == 0 && stuck == 0,
        &format!("The store's customer left no mail address: {done} mails done without sending, {stuck} messages wait for a person."),
        &format!("门店顾客未留邮箱：{done} 封邮件未发送即告完成，{stuck} 条消息等待人工。"),
    );
    Ok(())
}

/// The shops' platforms write to their customers themselves.
async fn quiet(house: &House) -> Result<()> {
    let mut told = 0;
    for connector in ["customer-mail", "customer-sms"] {
        let path = format!("/v1/deliveries?connector={connector}&limit=100");
        let found = house.people.han.get(&path).await?.good()?;
        let orders = found["items"].as_array().cloned().unwrap_or_default();
        for one in orders {
            let order = house.by_id(text(&one["order"])).await?;
            told += usize::from(!OWN.contains(&text(&order["channel"])));
        }
    }
    house.story.check(
        told == 0,
        &format!("Of web shops' orders we wrote {told} times: their platforms do that."),
        &format!("网店订单由我方通知 {told} 次：由其平台负责。"),
    );
    Ok(())
}

/// The channels whose customers hear from us.
const OWN: [&str; 5] = ["dealer-portal", "key-accounts", PARTNER, "phone-desk", "store-17-pos"];
