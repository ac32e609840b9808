//! A carrier speaks of a parcel before we know it, and later out of order.

use crate::{
    demo::{calls::text, house::House},
    sandbox::Callback,
};
use anyhow::{Result, anyhow};
use serde_json::{Value, json};

/// A parcel that was not booked.
const PARCEL: &str = "ZT7700000000017";

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("The carrier calls back", "承运商回调");
    let order = house.order("store-17-pos", "17号店/20261121001").await?;
    let (id, part) = (text(&order["id"]), &order["fulfilments"][0]);
    // Not the parcel the carrier booked, which we would know: the warehouse took another label.
    let (carrier, number) = (text(&part["carrier"]).to_owned(), PARCEL.to_owned());

    let status = call(house, &carrier, &number, &["103", "1002"]).await?;
    house.settled_callbacks("kuaidi100").await?;
    let unknown = house.by_id(id).await?;
    story.check(
        status == 200 && parcels(&unknown) == 0,
        &format!(
            "{carrier} {number} is picked up and on its way; nobody told us of it yet: answered {status}, parked."
        ),
        &format!("{carrier} {number} 已揽收并在途，而我们尚不知道这个包裹：应答 {status}，先行保管。"),
    );

    let path = format!("/v1/fulfilments/{}/ship", text(&part["id"]));
    let wang = house.people.one("wang", "logistics")?;
    let answer = wang.post(&path, &json!({ "carrier": carrier, "number": number })).await?;
    let order = house.order_when(id, |order| state(order) == "in_transit").await?;
    story.check(
        answer.is_good() && state(&order) == "in_transit" && order["status"] == "shipped",
        &format!(
            "wang (logistics) ships with it: what was parked is matched; {}, parcel {}.",
            word(&order),
            parcel_word(&order)
        ),
        &format!("wang（logistics）以该单号发货：保管的轨迹已匹配；{}，包裹{}。", word(&order), parcel_word(&order)),
    );

    call(house, &carrier, &number, &["103"]).await?;
    house.settled_callbacks("kuaidi100").await?;
    let order = house.by_id(id).await?;
    story.equal(
        state(&order),
        "in_transit",
        &format!("An older callback (picked up) comes late: parcel still {}.", parcel_word(&order)),
        &format!("较早的回调（已揽收）迟到：包裹仍为{}。", parcel_word(&order)),
    );

    call(house, &carrier, &number, &["103", "1002", "5", "301"]).await?;
    let order = house.order_when(id, |order| order["status"] == "delivered").await?;
    let nodes = order["fulfilments"][0]["parcels"][0]["history"].as_array().map_or(0, Vec::len);
    story.check(
        order["status"] == "delivered" && nodes == 4,
        &format!(
            "Signed for: the order is {}, its parcel has {nodes} stations, each kept once.",
            word(&order).to_lowercase()
        ),
        &format!("已签收：订单{}，包裹共 {nodes} 个节点，各只保存一次。", word(&order)),
    );
    Ok(())
}

/// The tracking service tells a parcel's whole history, signed.
async fn call(house: &House, carrier: &str, number: &str, states: &[&str]) -> Result<u16> {
    let config = &house.app.core.config;
    let kuaidi = config.carriers.get("kuaidi100").ok_or_else(|| anyhow!("kuaidi100 is not configured"))?;
    let named = kuaidi.codes.iter().find(|(_, ours)| ours.as_str() == carrier);
    let secret = config.secret(&kuaidi.secret).map_err(|e| anyhow!("{e}"))?;
    let told = Callback {
        url: format!("{}/v1/carriers/kuaidi100/callbacks", house.door.server()),
        secret: String::from_utf8(secret)?,
        carrier: named.map_or(carrier, |(theirs, _)| theirs).to_owned(),
        number: number.to_owned(),
        states: states.iter().map(|&s| s.to_owned()).collect(),
    };
    Ok(house.sandbox.callback(&told).await?.status)
}

fn parcels(order: &Value) -> usize {
    order["fulfilments"][0]["parcels"].as_array().map_or(0, Vec::len)
}

fn state(order: &Value) -> &str {
    text(&order["fulfilments"][0]["parcels"][0]["status"])
}

fn word(order: &Value) -> &str {
    text(&order["status_text"])
}

fn parcel_word(order: &Value) -> &str {
    text(&order["fulfilments"][0]["parcels"][0]["status_text"])
}
