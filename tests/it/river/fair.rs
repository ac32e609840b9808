//! A channel that floods, and a file, hold up nobody else's orders.

use super::world::{CHANNEL, River, on_each_database_with, order_json};
use futures_util::future::join_all;
use model::{codes::Channel, order::event::Actor};
use tributary::{
    intake::{Arrival, DocumentKind},
    store::documents::{self, DocumentFilter, DocumentState},
};

const SECOND_SHOP: &str = r#"
[channels.second-shop]
platform = "shopify"
mapping = "shopify-order"
secrets = ["shopify"]
currency = "EUR"
zone = "Europe/Amsterdam"
country = "NL"
"#;
/// Orders of the flood.
const FLOOD: u64 = 1200;
const MANY: u64 = 100;

fn arrival(channel: &str, kind: DocumentKind, name: &str, body: String) -> Arrival {
    Arrival {
        channel: Channel::new(channel),
        kind,
        topic: if kind == DocumentKind::Webhook { "orders/create".to_owned() } else { String::new() },
        name: name.to_owned(),
        media_type: String::new(),
        headers: vec![],
        actor: Actor::Channel { channel: channel.into() },
        bytes: body.into_bytes(),
    }
}

fn order(channel: &str, n: u64) -> Arrival {
    arrival(channel, DocumentKind::Webhook, "", order_json(n, "LT-DL-0003", 1, "5.95", 1))
}

/// Documents of a channel that are not read yet, up to [`MANY`].
async fn unread(river: &River, channel: &str) -> usize {
    let filter = DocumentFilter {
        channel: Some(Channel::new(channel)),
        state: Some(DocumentState::Received),
        with_rejects: false,
        before: None,
        limit: MANY,
    };
    documents::list(river.app.core.store.read(), &filter).await.expect("a list").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flooding_channel_does_not_starve_another() {
    on_each_database_with(SECOND_SHOP, async |river| {
        let intake = &river.app.intake;
        for flooded in join_all((0..FLOOD).map(|n| intake.accept(order(CHANNEL, n)))).await {
            flooded.expect("is accepted");
        }
        let one = intake.accept(order("second-shop", 1)).await.expect("is accepted");
        river.read(one).await;
        let waiting = unread(river, CHANNEL).await;
        assert!(waiting as u64 == MANY, "the other's order came after most of the flood: {waiting} wait");
    })
    .await;
}
