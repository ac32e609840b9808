use super::{
    house::{House, NEW, OLD, shop_signature, webhook},
    wire::Ask,
};
use futures_util::future::join_all;

const BODY: &str = r##"{"id": 1, "name": "#1"}"##;

#[tokio::test]
async fn a_webhook_is_durable_when_it_is_acknowledged() {
    let house = House::open().await;
    let reader = house.key("reader", None).await;
    let first = house.ask(webhook("shop", NEW, BODY)).await;
    assert_eq!(first.status, 200);
    let address = first.header("location").expect("an address").to_owned();
    let document = house.ask(Ask::get(&address).key(&reader)).await.json();
    assert_eq!(document["channel"], "shop");
    assert_eq!(document["kind"], "webhook");
    assert_eq!(document["topic"], "orders/create");
    assert_eq!(document["size"], BODY.len());

    let again = house.ask(webhook("shop", NEW, BODY)).await;
    assert_eq!(
        (again.status, again.header("location")),
        (200, Some(address.as_str())),
        "the same bytes are one document"
    );
}

#[tokio::test]
async fn every_live_secret_opens_the_door() {
    let house = House::open().await;
    assert_eq!(house.ask(webhook("shop", OLD, BODY)).await.status, 200);
    assert_eq!(house.ask(webhook("shop", b"a secret of long ago", BODY)).await.status, 401);
    assert_eq!(house.ask(webhook("narrow-shop", OLD, BODY)).await.status, 401, "another channel's secret");
}

#[tokio::test]
async fn what_is_not_signed_is_not_kept() {
    let house = House::open().await;
    let reader = house.key("reader", None).await;
    let (name, good) = shop_signature(NEW, BODY.as_bytes());
    let post = |body: &str| Ask::post("/v1/channels/shop/webhooks", body);
    let cases = [
        ("missing", post(BODY)),
        ("empty", post(BODY).header(&name, "")),
        ("of other bytes", post(&BODY.replace("1", "2")).header(&name, &good)),
        ("of re-written JSON", post(r##"{"id":1,"name":"#1"}"##).header(&name, &good)),
        ("cut short", post(BODY).header(&name, &good[..8])),
        ("without padding", post(BODY).header(&name, good.trim_end_matches('='))),
        ("twice", post(BODY).header(&name, &good).header(&name, &good)),
        ("a key instead", post(BODY).key(&house.key("admin", None).await)),
    ];
    for (what, ask) in cases {
        let answer = house.ask(ask).await;
        assert_eq!(answer.says(), (401, "signature_mismatch".to_owned()), "{what}");
        assert!(answer.header("location").is_none(), "{what}");
    }
    let list = house.ask(Ask::get("/v1/documents").key(&reader)).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn signed_nonsense_is_taken_and_its_fault_is_told_in_the_readers_language() {
    let house = House::open().await;
    let reader = house.key("reader", None).await;
    let answer = house.ask(webhook("shop", NEW, "{ this is no JSON")).await;
    assert_eq!(answer.status, 200, "the sender must not try for ever");
    let address = answer.header("location").expect("an address").to_owned();
    let id = address.rsplit('/').next().expect("an id");
    let document = house.read_document(id, &reader).await;
    assert_eq!(document["rejects"], 1);

    let rejects = Ask::get(format!("{address}/rejects")).key(&reader);
    let english = house.ask(rejects).await.json();
    assert_eq!(english["items"][0]["code"], "not_json");
    assert!(!english["items"][0]["remedy"].as_str().unwrap_or_default().is_empty());
    let rejects = Ask::get(format!("{address}/rejects")).key(&reader).header("accept-language", "zh-CN,zh;q=0.9");
    let answer = house.ask(rejects).await;
    assert_eq!(answer.header("content-language"), Some("zh"));
    assert_ne!(answer.json()["items"][0]["title"], english["items"][0]["title"]);

    let inbox = house.ask(Ask::get("/v1/documents?rejects=true").key(&reader)).await.json();
    assert_eq!(inbox["items"][0]["document"], id, "a document that is broken as a whole is in the inbox too");
}

#[tokio::test]
async fn a_channel_that_is_not_there_or_takes_files_is_told_apart() {
    let house = House::open().await;
    assert_eq!(house.ask(webhook("nowhere", NEW, BODY)).await.says(), (404, "unknown_channel".to_owned()));
    assert_eq!(house.ask(webhook("store-1", NEW, BODY)).await.says(), (409, "channel_wrong_kind".to_owned()));
}

#[tokio::test]
async fn a_channel_keeps_to_its_rate() {
    let house = House::open().await;
    let bodies: Vec<String> = (0..8).map(|n| format!(r#"{{"id": {n}}}"#)).collect();
    let answers = join_all(bodies.iter().map(|body| house.ask(webhook("narrow-shop", NEW, body)))).await;
    assert!(answers.iter().any(|a| a.status == 200));
    let held = answers.iter().find(|a| a.status == 429).expect("a refusal");
    assert_eq!(held.says().1, "rate_limited");
    assert!(held.header("retry-after").and_then(|s| s.parse::<u32>().ok()).is_some_and(|s| s >= 1));
    assert_eq!(house.ask(webhook("shop", NEW, BODY)).await.status, 200, "other channels do not notice");
}
