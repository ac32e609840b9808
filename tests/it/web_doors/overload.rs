//! Too much at once: who floods is told so quickly, others are taken, and what is not urgent waits.

use super::{
    house::{self, House, NEW, webhook},
    wire::{Answer, Ask},
};
use serde_json::Value;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tributary::store::Lane;

/// A house whose intake is small.
async fn small(more: &str) -> (House, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let config = format!("{}\n[intake]\nqueue = 8\n{more}", house::CONFIG);
    (House::at(&house::url(&folder), &config).await, folder)
}

fn post(house: &House, channel: &str, n: u32) -> JoinHandle<Answer> {
    let (address, ask) = (house.address, webhook(channel, NEW, &format!(r##"{{"id": {n}, "name": "#{n}"}}"##)));
    tokio::spawn(async move { ask.send(address).await })
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| panic!("{what}"));
}

async fn ready(house: &House) -> Value {
    let answer = house.ask(Ask::get("/health/ready")).await;
    assert_eq!(answer.status, 200, "degraded is ready all the same");
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_told_at_once_and_another_channel_still_finds_room() {
    let (house, _folder) = small("").await;
    // Nobody can commit while we write: whoever is answered now waits for no commit.
    let held = house.app.core.store.begin(Lane::Work).await.expect("a transaction");
    let flood: Vec<_> = (0..30).map(|n| post(&house, "shop", n)).collect();
    until("the flood is refused", async || flood.iter().filter(|asked| asked.is_finished()).count() >= 10).await;
    let other = post(&house, "narrow-shop", 1);
    until("the other waits for its commit", async || house.app.intake.waiting() > 4).await;
    held.commit().await.expect("a commit");
    let other = other.await.expect("an answer");
    assert_eq!(other.status, 200, "the other channel found room: {:?}", other.json());
    let (mut taken, mut refused) = (0, 0);
    for asked in flood {
        let answer = asked.await.expect("an answer");
        if answer.status == 200 {
            taken += 1;
            continue;
        }
        refused += 1;
        assert_eq!(answer.says(), (503, "overloaded".to_owned()));
        let seconds: u32 = answer.header("retry-after").expect("a time").parse().expect("seconds");
        assert!((1..=5).contains(&seconds), "{seconds}");
    }
    assert!(taken >= 4 && refused >= 10, "{taken} taken, {refused} refused");
    let reader = house.key("reader", None).await;
    let list = house.ask(Ask::get("/v1/documents?limit=100").key(&reader)).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(taken + 1), "what was refused was not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn degraded_mode_comes_and_goes_by_itself_and_orders_go_on() {
    let limits = "[overload]\nintake_permille = 300\nenter_millis = 0\nleave_millis = 200\n";
    let (house, _folder) = small(limits).await;
    let reader = house.key("reader", None).await;
    let list = async || house.ask(Ask::get("/v1/orders").key(&reader)).await;
    assert_eq!((list().await.status, &ready(&house).await["degraded"]), (200, &Value::Bool(false)));
    let held = house.app.core.store.begin(Lane::Work).await.expect("a transaction");
    let waiting: Vec<_> = (0..30).map(|n| post(&house, "shop", n)).collect();
    until("degraded", async || ready(&house).await["degraded"] == true).await;
    for path in ["/v1/orders", "/v1/changes", "/v1/documents", "/v1/stock"] {
        let answer = house.ask(Ask::get(path).key(&reader)).await;
        assert_eq!(answer.says(), (503, "degraded".to_owned()), "{path}");
        assert!(answer.header("retry-after").is_some(), "{path}");
    }
    let quote = house.ask(Ask::post("/v1/quotes", "{}").key(&reader).header("content-type", "application/json")).await;
    assert_eq!(quote.says(), (503, "degraded".to_owned()));
    // One thing is still shown, and another channel's order waits for its commit like any.
    let one = house.ask(Ask::get("/v1/orders/0190c2a0-0000-7000-8000-000000000000").key(&reader)).await;
    assert_eq!(one.says(), (404, "unknown_order".to_owned()));
    let other = post(&house, "narrow-shop", 1);
    held.commit().await.expect("a commit");
    assert_eq!(other.await.expect("an answer").status, 200);
    for asked in waiting {
        asked.await.expect("an answer");
    }
    until("no longer degraded", async || ready(&house).await["degraded"] == false).await;
    assert_eq!(list().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_a_number_of_places() {
    let (house, _folder) = small("[overload]\nfeed = 1\n").await;
    let erp = house.key("erp", None).await;
    // Both wait for news.
    let ask = || house.ask(Ask::get("/v1/changes?wait=1").key(&erp));
    let (one, other) = tokio::join!(ask(), ask());
    let mut said = [one.says(), other.says()];
    said.sort();
    assert_eq!(said, [(200, String::new()), (503, "overloaded".to_owned())]);
}
