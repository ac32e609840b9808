//! Other carriers call back: EasyPost, and a forwarder that configuration alone describes.

use crate::demo::{
    calls::text,
    house::House,
    senders::{EASYPOST, FORWARDER, PARTNER},
};
use anyhow::Result;
use model::time::{DAY, HOUR, SECOND};
use serde_json::{Value, json};

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("Other carriers call back, and days are counted", "其他承运商回调，并统计时效");
    house.delivered().await?;
    easypost(house).await?;
    lanes(house).await?;
    forwarder(house).await
}

async fn easypost(house: &House) -> Result<()> {
    let story = &house.story;
    let order = house.order(PARTNER, "P-3001").await?;
    let id = text(&order["id"]);
    let number = house.parcel_of(text(&order["fulfilments"][0]["id"])).await?.number;
    let now = house.app.core.clock.now();
    let node = |status: &str, ago: i64| {
        json!({ "object": "TrackingDetail", "message": status, "status": status, "datetime": now.plus(-ago).rfc3339(),
                "tracking_location": { "city": "ROTTERDAM", "country": "NL" } })
    };
    let on_its_way = node("in_transit", 2 * DAY + HOUR);
    house.easypost_calls(&tracker(&number, "in_transit", std::slice::from_ref(&on_its_way))).await?.good()?;
    let order = house.order_when(id, |order| order["status"] == "shipped").await?;
    let word = text(&order["status_text"]);
    story.equal(
        text(&order["status"]),
        "shipped",
        &format!("EasyPost: {number} is on its way. We know it from the carrier's booking: P-3001 is {word}."),
        &format!("EasyPost：{number} 在途；单号来自承运商预订，P-3001 {word}。"),
    );
    let history = [on_its_way, node("delivered", HOUR)];
    house.easypost_calls(&tracker(&number, "delivered", &history)).await?.good()?;
    house.settled_callbacks(EASYPOST).await?;
    let order = house.order_when(id, |order| order["status"] == "delivered").await?;
    let word = text(&order["status_text"]);
    story.equal(
        text(&order["status"]),
        "delivered",
        &format!("EasyPost: delivered. P-3001 is {word}."),
        &format!("EasyPost：已送达，P-3001 {word}。"),
    );
    Ok(())
}

fn tracker(number: &str, status: &str, history: &[Value]) -> Value {
    json!({
        "description": "tracker.updated", "mode": "production", "id": "evt_demo", "object": "Event",
        "result": { "id": "trk_demo", "object": "Tracker", "tracking_code": number, "status": status,
                    "carrier": "DHLExpress", "tracking_details": history },
    })
}

/// How long it took, as the next choice of a carrier will reckon.
async fn lanes(house: &House) -> Result<()> {
    // It is counted by itself, after the callback was read.
    let counted = |found: &Value| !found["items"][0].is_null();
    let found = house.get_when("/v1/carriers/dhl/lanes", counted).await?;
    let lane = &found["items"][0];
    let (parcels, days) = (lane["parcels"].to_string(), lane["total_days"].as_u64().unwrap_or(0));
    let way = format!("{} → {} {}", text(&lane["origin"]), text(&lane["country"]), text(&lane["region"]));
    house.story.check(
        parcels == "1" && (1..=3).contains(&days),
        &format!(
            "dhl {}, {way}: {parcels} parcel observed, {days} days by the carrier's own times.",
            text(&lane["service"])
        ),
        &format!("dhl {}，{way}：观测 {parcels} 个包裹，按承运商自报时间用时 {days} 天。", text(&lane["service"])),
    );
    Ok(())
}

async fn forwarder(house: &House) -> Result<()> {
    let story = &house.story;
    let order = house.order("key-accounts", "C10005/PO-2026-1188").await?;
    let id = text(&order["id"]);
    let number = house.parcel_of(text(&order["fulfilments"][0]["id"])).await?.number;
    let now = house.app.core.clock.now();
    let scan = |code: &str, ago: i64| json!({ "code": code, "when": now.plus(-ago).0 / SECOND, "where": "上海" });
    let scans = [scan("DONE", 2 * HOUR), scan("ROAD", DAY), scan("GOT", 2 * DAY)];
    let body = json!({ "waybill": number, "by": "DB", "scans": scans });
    let forged = house.forwarder_calls(&body, b"somebody else's secret").await?;
    let answer = house.forwarder_calls(&body, &house.secret(FORWARDER)?).await?;
    let order = house.order_when(id, |order| order["status"] == "delivered").await?;
    let stations = order["fulfilments"][0]["parcels"][0]["history"].as_array().map_or(0, Vec::len);
    let (status, word) = (answer.status, text(&order["status_text"]));
    story.check(
        forged.status == 401 && status == 200 && order["status"] == "delivered" && stations == 3,
        &format!(
            "A forwarder described in configuration, no code: a forged call {}, the true one {status}; PO-2026-1188 is {word}, {stations} stations.",
            forged.status
        ),
        &format!(
            "仅以配置描述的货运商，无需代码：伪造的回调 {}，真实的 {status}；PO-2026-1188 {word}，{stations} 个节点。",
            forged.status
        ),
    );
    Ok(())
}
