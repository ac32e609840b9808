//! Webhooks of ours, judged by the Standard Webhooks library.

use super::world::{BUYER, HOOK_SECRETS, World, heard, on_each_database};
use model::{
    ids::DeliveryId,
    message::MessageKind::{FulfilmentDelivered, FulfilmentReleased, FulfilmentShipped, OrderCancelled, OrderReleased},
    time::SECOND,
};
use serde_json::Value;
use standardwebhooks::Webhook;
use std::collections::BTreeSet;
use tributary::sandbox::{Mode, Options, Partner};

const HOOK: &str = "hook";

/// Every webhook that came in, by the judgement of the library under each secret.
fn judged(world: &World) -> Vec<(String, Value)> {
    let hooks = world.other.state().hooks;
    let one = |hook: &tributary::sandbox::Hook| {
        let text = |text: &str| text.parse().expect("a header");
        let mut headers = reqwest::header::HeaderMap::new();
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        for (name, value) in names.into_iter().zip([&hook.id, &hook.timestamp, &hook.signature]) {
            headers.insert(reqwest::header::HeaderName::from_static(name), text(value));
        }
        assert_eq!(hook.signature.split(' ').count(), HOOK_SECRETS.len(), "{}", hook.signature);
        for secret in HOOK_SECRETS {
            let judge = Webhook::new(secret).expect("a secret");
            judge.verify(hook.body.as_bytes(), &headers).expect("is signed");
            assert!(judge.verify(format!("{} ", hook.body).as_bytes(), &headers).is_err(), "the body counts");
        }
        let stranger = Webhook::new("whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vy").expect("a secret");
        assert!(stranger.verify(hook.body.as_bytes(), &headers).is_err());
        (hook.id.clone(), serde_json::from_str(&hook.body).expect("JSON"))
    };
    hooks.iter().map(one).collect()
}

fn texts(ids: &[DeliveryId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_signed_with_every_live_secret_and_keep_their_order() {
    on_each_database(1, Options::default(), async |world| {
        world.other.faults(Partner::Hook, Mode::Fail, 2);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(HOOK, &order, &[FulfilmentReleased, FulfilmentShipped, FulfilmentDelivered]).await;
        world.until_all_done(&ids).await;
        let judged = judged(world);
        let kinds: Vec<&Value> = judged.iter().map(|(_, event)| &event["type"]).collect();
        assert_eq!(kinds, ["fulfilment.released", "fulfilment.shipped", "fulfilment.delivered"]);
        assert_eq!(judged.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), texts(&ids));
        assert_eq!(judged[0].1["data"]["order"]["buyer"]["name"], BUYER);
        // The attempts that failed had the same id.
        let received = world.other.state().received;
        assert_eq!(received.iter().filter(|r| r.key == ids[0].to_string()).count(), 3);
        assert_eq!(world.delivery(ids[0]).await.attempts, 3);
        let told = format!("{:?}", world.exchanges(ids[0]).await);
        for hidden in [BUYER, "webhook-signature", "v1,", "whsec", &HOOK_SECRETS[0][6..]] {
            assert!(!told.contains(hidden), "{hidden} is in {told}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_whose_answer_is_lost_comes_again_under_its_id() {
    on_each_database(1, Options::default(), async |world| {
        world.other.faults(Partner::Hook, Mode::ApplyAndLose, 1);
        world.start();
        let order = world.place("1").await;
        let ids = world.tell(HOOK, &order, &[OrderReleased, OrderCancelled]).await;
        world.until_all_done(&ids).await;
        assert_eq!(heard(&world.other), ["POST hooks"; 3]);
        let judged = judged(world);
        assert_eq!(judged[0].0, judged[1].0);
        assert_eq!(judged.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len(), 2);
        assert!(world.other.state().effects.values().all(|n| *n == 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_may_ask_for_time_answer_nonsense_and_lead_astray() {
    on_each_database(100, Options { retry_after: 20, ..Options::default() }, async |world| {
        world.start();
        let order = world.place("1").await;
        // Any 2xx is a receipt, whatever stands in it.
        world.other.faults(Partner::Hook, Mode::Garbage, 1);
        let ids = world.tell(HOOK, &order, &[OrderReleased]).await;
        world.until_all_done(&ids).await;
        world.other.faults(Partner::Hook, Mode::Busy, 1);
        let ids = world.tell(HOOK, &order, &[FulfilmentShipped]).await;
        world.until_all_done(&ids).await;
        let at: Vec<_> = world.exchanges(ids[0]).await.iter().map(|exchange| exchange.at).collect();
        assert!(at[1].since(at[0]) >= 19 * SECOND / 10, "twenty seconds by a tenth: {at:?}");
        world.other.faults(Partner::Hook, Mode::Redirect, 1);
        let ids = world.tell(HOOK, &order, &[OrderCancelled]).await;
        world.until_all_done(&ids).await;
        let outcomes: Vec<_> = world.exchanges(ids[0]).await.into_iter().map(|exchange| exchange.outcome).collect();
        assert_eq!(outcomes, ["partner_redirect", "done"]);
    })
    .await;
}
