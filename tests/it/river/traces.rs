//! One trace from a webhook to a partner, as a collector sees it.

use super::world::{CHANNEL, River, order_json};
use adapters::{channels::shopify, sign};
use model::time::Instant;
use serde_json::Value;
use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tributary::{clock::Clock, web};

/// A request as it was heard: its head, and its body.
type Heard = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Somebody who hears everything and says yes.
async fn listener() -> (SocketAddr, Heard) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, heard) = (listener.local_addr().expect("an address"), Heard::default());
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(hear(stream, Arc::clone(&all)));
        }
    });
    (address, heard)
}

async fn hear(mut stream: TcpStream, all: Heard) {
    let mut bytes = Vec::new();
    loop {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            let end = head + 4 + length.unwrap_or(0);
            if bytes.len() >= end {
                all.lock().expect("a list").push((text, bytes[head + 4..end].to_vec()));
                bytes.drain(..end);
                let yes = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
                stream.write_all(yes).await.expect("an answer");
                continue;
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
}

/// Every span the collector was told of.
fn spans(heard: &Heard) -> Vec<Value> {
    let heard = heard.lock().expect("a list");
    let bodies = heard.iter().map(|(_, body)| serde_json::from_slice::<Value>(body).expect("JSON"));
    bodies
        .flat_map(|body| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().cloned().unwrap_or_default())
        .collect()
}

fn named<'s>(spans: &'s [Value], name: &str) -> Option<&'s Value> {
    spans.iter().find(|span| span["name"] == name)
}

async fn post(to: SocketAddr, n: u64, traceparent: &str) {
    let body = order_json(n, "LT-DL-0003", 1, "5.95", 1);
    let secret = b"a-secret-of-the-shop".to_vec();
    let scheme = shopify::PLATFORM.scheme.expect("a scheme");
    let signed = sign::sign(scheme, &[secret], "", Instant(0), body.as_bytes()).expect("a signature");
    let (name, value) = &signed.headers[0];
    let request = format!(
        "POST /v1/channels/{CHANNEL}/webhooks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{name}: {value}\r\n\
         x-shopify-topic: orders/create\r\ncontent-type: application/json\r\n{traceparent}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(to).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_from_the_webhook_to_the_partner() {
    crate::store::world::urls(async |url: &str| {
        let ((collector, told), (partner, called)) = (listener().await, listener().await);
        let more = format!(
            "[traces]\nendpoint = \"http://{collector}/v1/traces\"\n[connectors.other]\nkind = \"crm_rest\"\n\
             url = \"http://{partner}\"\ninside = true\n[connectors.hook]\nkind = \"erp_rest\"\nurl = \"http://{partner}\"\ninside = true\n"
        );
        let river = River::start(url, &more, Clock::system()).await;
        let port = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = port.local_addr().expect("an address");
        let (server, _ended) = web::start(river.app.clone(), port).expect("a server");
        let (trace, sender) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        post(at, 1, &format!("traceparent: 00-{trace}-{sender}-01\r\n")).await;
        post(at, 2, "").await;
        let whole = async {
            loop {
                let spans = spans(&told);
                let mine: Vec<Value> = spans.iter().filter(|span| span["traceId"] == trace).cloned().collect();
                let others = spans.iter().any(|span| span["traceId"] != trace && span["name"] == "deliver");
                if others && ["webhook", "read", "decide", "deliver"].iter().all(|name| named(&mine, name).is_some()) {
                    return (mine, spans);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let (mine, all) = tokio::time::timeout(Duration::from_secs(20), whole).await.expect("a whole trace");
        let webhook = named(&mine, "webhook").expect("a span");
        assert_eq!(webhook["parentSpanId"], sender);
        for name in ["read", "decide", "deliver"] {
            assert_eq!(named(&mine, name).expect("a span")["parentSpanId"], webhook["spanId"], "{name}");
        }
        let parents: Vec<String> = mine.iter().map(|s| format!("00-{trace}-{}-01", s["spanId"].as_str().unwrap_or(""))).collect();
        let called = called.lock().expect("a list").clone();
        let heard = |parent: &String| called.iter().any(|(head, _)| head.contains(&format!("traceparent: {parent}")));
        assert!(parents.iter().any(heard), "no call to the partner was in the trace");
        // An order without a sender's trace has the trace of its document.
        let second = all.iter().find(|span| span["name"] == "webhook" && span["traceId"] != trace).expect("a span");
        let document = second["attributes"].as_array().and_then(|all| all.iter().find(|a| a["key"] == "document"));
        let document = document.expect("its document")["value"]["stringValue"].as_str().unwrap_or("").replace('-', "");
        assert_eq!(second["traceId"], document);
        assert!(second.get("parentSpanId").is_none());
        let words = serde_json::to_string(&all).expect("text");
        assert!(!words.contains("Buyer") && !words.contains("example.com"), "no people in spans");
        server.stop(false).await;
    })
    .await;
}
