//! A web shop posts an order, posts it again, and somebody forges one.

use crate::demo::{
    calls::{SHOP, text, total, ways},
    house::House,
    props,
};
use anyhow::Result;

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("The web shop posts signed webhooks", "网店推送带签名的 Webhook");
    let body = props::shopify("orders_create.json")?;
    let document = house.shop("orders/create", body.clone()).await?;
    let order = house.order(SHOP, "5600000000001").await?;
    let (status, total, ways) = (text(&order["status"]), total(&order), ways(&order));
    story.equal(
        status,
        "released",
        &format!("orders/create: order #1001 over {total} was checked, priced, allocated and released: {ways}."),
        &format!("orders/create：订单 #1001（{total}）已通过检查、核价、分仓并放行：{ways}。"),
    );
    house.tell_candidates(text(&order["id"])).await?;

    let again = house.shop_says("orders/create", body.clone()).await?;
    let same = again.is_good() && again.location.ends_with(text(&document["document"]));
    let orders = house.known_as(SHOP, "5600000000001").await?.len();
    story.check(
        same && orders == 1,
        &format!("The same webhook again: answered {} with the first document; still {orders} order.", again.status),
        &format!("同一 Webhook 再次到达：应答 {}，指向同一份单据；订单仍为 {orders} 张。", again.status),
    );

    let forged =
        house.shop_signs("orders/create", props::demo("shopify/lost_answer.json")?, b"not the shop's secret").await?;
    let orders = house.known_as(SHOP, "5600000000009").await?.len();
    story.check(
        forged.status == 401 && orders == 0,
        &format!("A forged signature: answered {} [{}], nothing was stored.", forged.status, forged.code()),
        &format!("伪造的签名：应答 {} [{}]，未保存任何内容。", forged.status, forged.code()),
    );
    Ok(())
}
