//! The sandbox itself: its tracking service calls as the real one does, and its control desk takes orders.

use super::world::partners;
use adapters::carriers::kuaidi100::CARRIER;
use model::{
    port::{
        inbound::{Document, TrackingReport, TrackingStatus},
        outbound::{HttpRequest, Outcome},
    },
    time::Instant,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tributary::{
    dispatch::{
        auth::Credentials,
        send::{Client, Endpoint},
    },
    sandbox::{Callback, CallbackError, Mode, Options, Partner},
};

const SALT: &str = "a-salt-of-the-service";

/// Takes one callback as a hub would and gives its body.
async fn hub(listener: tokio::net::TcpListener) -> Vec<u8> {
    let (mut socket, _) = listener.accept().await.expect("a call");
    let mut all = Vec::new();
    let mut part = [0; 8192];
    loop {
        let read = socket.read(&mut part).await.expect("is read");
        all.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&all).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.split("content-length: ").nth(1).and_then(|l| l.lines().next()?.parse::<usize>().ok());
        if body.len() >= length.expect("a length") {
            break;
        }
    }
    socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.expect("is written");
    let start = all.windows(4).position(|w| w == b"\r\n\r\n").expect("a body") + 4;
    all.split_off(start)
}

fn report(body: &[u8]) -> TrackingReport {
    let secrets = [SALT.as_bytes().to_vec()];
    CARRIER.verify(&secrets, &[], body, Instant(0)).expect("is signed");
    let document = Document {
        topic: "",
        name: "",
        media_type: "application/x-www-form-urlencoded",
        headers: &[],
        bytes: body,
        received_at: Instant(0),
    };
    let callback = (CARRIER.parse)(&document);
    assert!(callback.rejects.is_empty(), "{:?}", callback.rejects);
    callback.reports.into_iter().next().expect("a report")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tracking_service_restates_the_history_it_told_before() {
    let sandbox = partners(Options::default());
    let mut histories = Vec::new();
    for states in [vec!["103"], vec!["103", "1002", "301"]] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let told = Callback {
            url: format!("http://{}/callbacks", listener.local_addr().expect("an address")),
            secret: SALT.into(),
            carrier: "shunfeng".into(),
            number: "SB0000000000001".into(),
            states: states.into_iter().map(str::to_owned).collect(),
        };
        let hub = tokio::spawn(hub(listener));
        let answer = sandbox.callback(&told).await.expect("is told");
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
        histories.push(report(&hub.await.expect("a body")));
    }
    let [first, last] = &histories[..] else { panic!("two histories") };
    assert_eq!(first.status, TrackingStatus::PickedUp);
    assert_eq!(last.status, TrackingStatus::Delivered);
    assert_eq!((last.carrier.as_str(), last.number.as_str()), ("shunfeng", "SB0000000000001"));
    assert_eq!(last.nodes[0].at, first.nodes[0].at, "a state told before keeps its time");
    assert!(last.nodes.is_sorted_by_key(|node| node.at));
    let wrong = Callback {
        url: "http://127.0.0.1:9/".into(),
        secret: SALT.into(),
        carrier: "shunfeng".into(),
        number: "1".into(),
        states: vec!["999".into()],
    };
    assert_eq!(sandbox.callback(&wrong).await, Err(CallbackError::UnknownState("999".into())));
    sandbox.stop().await;
}

async fn ask(sandbox: &str, method: &'static str, path: &str, key: &str, body: &str) -> (u16, serde_json::Value) {
    let to = Endpoint::new(sandbox, true).expect("is taken");
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("idempotency-key".to_owned(), key.to_owned()),
    ];
    let request = HttpRequest {
        name: "ask",
        method,
        path: path.to_owned(),
        headers,
        body: body.into(),
        answer_max: 1_000_000,
        deadline: 5_000_000,
    };
    match Client::new([]).expect("a client").send(&to, &Credentials::none(), &request).await {
        Outcome::Http { status, body, .. } => (status, serde_json::from_slice(&body).unwrap_or_default()),
        other => (0, format!("{other:?}").into()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partners_do_a_key_once_and_go_wrong_on_demand() {
    let sandbox = partners(Options::default());
    let url = sandbox.url();
    let fault = r#"{"partner":"erp","mode":"refuse","times":1}"#;
    assert_eq!(ask(&url, "POST", "/control/faults", "", fault).await.0, 204);
    assert_eq!(ask(&url, "GET", "/sales-orders/a", "", "").await.0, 422);
    assert_eq!(ask(&url, "GET", "/sales-orders/a", "", "").await.0, 404);
    let (status, first) = ask(&url, "PUT", "/sales-orders/a", "k1", r#"{"id":"a"}"#).await;
    assert_eq!((status, first["number"].as_str(), first["key"].as_str()), (200, Some("SO-1001"), Some("k1")));
    assert_eq!(ask(&url, "PUT", "/sales-orders/a", "k1", r#"{"id":"a"}"#).await, (200, first.clone()));
    assert_eq!(ask(&url, "GET", "/sales-orders/a", "", "").await, (200, first));
    for (key, body, code) in
        [("", r#"{"id":"a"}"#, "key_missing"), ("k2", r#"{"id":"b"}"#, "about_another"), ("k2", "{", "not_json")]
    {
        let (status, refused) = ask(&url, "PUT", "/sales-orders/a", key, body).await;
        assert_eq!((status, refused["code"].as_str()), (422, Some(code)));
    }
    let (_, cancelled) = ask(&url, "POST", "/sales-orders/a/cancel", "k3", "{}").await;
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(ask(&url, "PUT", "/sales-orders/a", "k4", r#"{"id":"a"}"#).await.0, 409);
    // A shipment may come before its order.
    assert_eq!(ask(&url, "PUT", "/shipments/s", "k5", r#"{"id":"s","state":"released","carrier":"sf"}"#).await.0, 200);
    assert_eq!(ask(&url, "PUT", "/customers/c", "", r#"{"name":"Lampen BV"}"#).await.0, 200);
    assert_eq!(ask(&url, "GET", "/customers/c", "", "").await.1["name"], "Lampen BV");
    let (_, state) = ask(&url, "GET", "/control/state", "", "").await;
    assert_eq!(state["effects"], serde_json::json!({ "k1": 1, "k3": 1, "k5": 1 }));
    assert_eq!(state["parcels"]["s"]["carrier"], "sf");
    sandbox.faults(Partner::Crm, Mode::Fail, 1);
    assert_eq!(ask(&url, "GET", "/customers/c", "", "").await.0, 500);
    assert_eq!(ask(&url, "GET", "/sales-orders/a", "", "").await.0, 200);
    sandbox.stop().await;
}
