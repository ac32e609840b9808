use super::{
    house::{House, NEW, webhook},
    wire::Ask,
};

async fn upload(house: &House, channel: &str, body: &str) -> String {
    let key = house.key("channel", Some(channel)).await;
    let answer = house.ask(Ask::post(format!("/v1/channels/{channel}/uploads"), body).key(&key)).await;
    answer.json()["documents"][0]["document"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let house = House::open().await;
    let reader = house.key("reader", None).await;
    let mut sent = Vec::new();
    for n in 0..5 {
        sent.push(upload(&house, "store-1", &format!("a\n{n}\n")).await);
    }
    let mut seen: Vec<String> = Vec::new();
    let mut path = "/v1/documents?limit=2".to_owned();
    loop {
        let page = house.ask(Ask::get(&path).key(&reader)).await.json();
        let ids =
            page["items"].as_array().expect("items").iter().map(|d| d["document"].as_str().unwrap_or("").to_owned());
        seen.extend(ids);
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/documents?limit=2&cursor={next}"),
            None => break,
        }
    }
    seen.reverse();
    assert_eq!(seen, sent, "newest first");
}

#[tokio::test]
async fn filters_that_make_no_sense_are_named() {
    let house = House::open().await;
    let reader = house.key("reader", None).await;
    let cases = [
        ("sort=size", "invalid_filter"),
        ("state=lost", "invalid_filter"),
        ("rejects=perhaps", "invalid_filter"),
        ("limit=0", "invalid_filter"),
        ("limit=-1", "invalid_filter"),
        ("limit=1000000000", "invalid_filter"),
        ("cursor=AAAA", "invalid_cursor"),
        ("cursor=!", "invalid_cursor"),
        ("cursor=eyJ2IjoyLCJhdCI6WzEsMl19", "invalid_cursor"),
    ];
    for (query, code) in cases {
        let answer = house.ask(Ask::get(format!("/v1/documents?{query}")).key(&reader)).await;
        assert_eq!(answer.says(), (400, code.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_channels_key_sees_its_own_documents_only() {
    let house = House::open().await;
    let mine = upload(&house, "store-1", "a\n1\n").await;
    let theirs = upload(&house, "store-2", "a\n1\n").await;
    assert_ne!(mine, theirs, "the same bytes of two channels are two documents");
    let key = house.key("channel", Some("store-1")).await;
    let list = house.ask(Ask::get("/v1/documents").key(&key)).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(house.ask(Ask::get("/v1/documents?channel=store-2").key(&key)).await.status, 404);
    for end in ["", "/content", "/rejects"] {
        assert_eq!(house.ask(Ask::get(format!("/v1/documents/{mine}{end}")).key(&key)).await.status, 200, "{end}");
        let answer = house.ask(Ask::get(format!("/v1/documents/{theirs}{end}")).key(&key)).await;
        assert_eq!(answer.says(), (404, "unknown_document".to_owned()), "{end}");
    }
    assert_eq!(house.ask(Ask::get("/v1/documents/nonsense").key(&key)).await.status, 404);
}

#[tokio::test]
async fn a_document_can_be_read_again() {
    let house = House::open().await;
    let desk = house.key("order_desk", None).await;
    let reader = house.key("reader", None).await;
    let answer = house.ask(webhook("shop", NEW, "no JSON")).await;
    let address = answer.header("location").expect("an address").to_owned();
    let id = address.rsplit('/').next().expect("an id");
    let before = house.read_document(id, &desk).await;

    // It names no order, so the orders do not tell that it was turned back.
    let list = house.ask(Ask::get("/v1/documents?rejects=true").key(&reader)).await.json();
    for shown in [&before, &list["items"][0]] {
        let told = (&shown["turned_back"], &shown["rejects"], &shown["orders"]["bad"]);
        assert_eq!(told, (&true.into(), &1.into(), &0.into()), "{shown}");
    }

    assert_eq!(house.ask(Ask::post(format!("{address}/replay"), "").key(&reader)).await.status, 403);
    let replayed = house.ask(Ask::post(format!("{address}/replay"), "").key(&desk)).await;
    assert_eq!((replayed.status, &replayed.json()["document"]), (202, &id.into()));
    assert_eq!(house.read_document(id, &desk).await, before, "the same bytes, the same answer");
}
