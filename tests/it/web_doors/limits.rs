use super::{
    house::{self, House, NEW},
    wire::{Ask, raw},
};
use std::{net::TcpListener, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tributary::web;

#[tokio::test]
async fn everything_has_a_limit_and_every_answer_is_a_problem_document() {
    let house = House::open().await;
    let post = |body: &str| Ask::post("/v1/channels/shop/webhooks", body);
    let many = (0..70).fold(Ask::get("/health/live"), |ask, n| ask.header(&format!("x-{n}"), "1"));
    let cases = [
        ("unknown address", Ask::get("/v1/nothing"), 404, "not_found"),
        ("up and out", Ask::get("/v1/../../etc/passwd"), 404, "not_found"),
        ("nul", Ask::get("/v1/documents/%00"), 400, "bad_request"),
        ("wrong method", Ask::get("/v1/channels/shop/webhooks"), 405, "method_not_allowed"),
        ("gzip", post("x").header("content-encoding", "gzip"), 415, "content_encoding_refused"),
        (
            "brotli on a read",
            Ask::get("/health/live").header("content-encoding", "br"),
            415,
            "content_encoding_refused",
        ),
        (
            "identity, then gzip",
            post("x").header("content-encoding", "identity, gzip"),
            415,
            "content_encoding_refused",
        ),
        ("too large", post(&"x".repeat(65_537)), 413, "body_too_large"),
        ("long address", Ask::get(format!("/{}", "a".repeat(9000))), 414, "bad_request"),
        ("nul in a query", Ask::get("/v1/orders?q=%00"), 400, "bad_request"),
        ("many headers", many, 431, "bad_request"),
        ("large header", Ask::get("/health/live").header("x-large", "a".repeat(40_000)), 431, "bad_request"),
    ];
    for (what, ask, status, code) in cases {
        let answer = house.ask(ask).await;
        assert_eq!(answer.says(), (status, code.to_owned()), "{what}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
        assert!(answer.header("x-request-id").is_some(), "{what}");
        assert!(!answer.json()["title"].as_str().unwrap_or_default().is_empty(), "{what}");
    }
    let wrong_method = house.ask(Ask::get("/v1/channels/shop/webhooks")).await;
    assert_eq!(wrong_method.header("allow"), Some("POST"));
}

#[tokio::test]
async fn problems_speak_the_callers_language() {
    let house = House::open().await;
    let english = house.ask(Ask::get("/v1/nothing")).await;
    let chinese = house.ask(Ask::get("/v1/nothing").header("accept-language", "zh")).await;
    assert_eq!(chinese.header("content-language"), Some("zh"));
    assert_eq!(english.says(), chinese.says());
    assert_ne!(english.json()["title"], chinese.json()["title"]);
}

#[tokio::test]
async fn requests_that_two_readers_would_read_differently_are_refused() {
    let house = House::open().await;
    let head = "POST /v1/channels/shop/webhooks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    let cases = [
        ("length and chunks", "content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("two lengths", "content-length: 3\r\ncontent-length: 4\r\n\r\nabc"),
        ("a length with a sign", "content-length: +3\r\n\r\nabc"),
        ("a hexadecimal length", "content-length: 0x3\r\n\r\nabc"),
        ("an endless chunk", "transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"),
        ("a folded header", "x-a: 1\r\n 2\r\ncontent-length: 3\r\n\r\nabc"),
    ];
    for (what, rest) in cases {
        let answer = raw(house.address, format!("{head}{rest}").as_bytes()).await;
        assert!((400..500).contains(&answer.status), "{what}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_body_without_length_is_cut_off_at_the_limit() {
    let house = House::open().await;
    let mut request = b"POST /v1/channels/shop/webhooks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
        transfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for _ in 0..9 {
        request.extend_from_slice(format!("2000\r\n{}\r\n", "x".repeat(0x2000)).as_bytes());
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(raw(house.address, &request).await.says(), (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let house = House::open().await;
    let head = b"POST /v1/channels/shop/webhooks HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nabc";
    let mut stream = TcpStream::connect(house.address).await.expect("a connection");
    stream.write_all(head).await.expect("a head");
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await.expect("an answer in time");
    let answer = String::from_utf8_lossy(&answer[..read.expect("an answer")]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("body_timeout"), "{answer}");
}

#[tokio::test]
async fn health_needs_no_key() {
    let house = House::open().await;
    assert_eq!(house.ask(Ask::get("/health/live")).await.json()["status"], "live");
    assert_eq!(house.ask(Ask::get("/health/ready")).await.json()["status"], "ready");
}

#[tokio::test]
async fn beyond_this_machine_only_behind_a_proxy() {
    let folder = TempDir::new().expect("a folder");
    let app = house::app(&house::url(&folder), house::CONFIG, true).await;
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    assert!(web::start(app, listener).is_err());
}

#[tokio::test]
async fn a_stopping_server_answers_who_is_inside() {
    let House { address, server, ended, app, .. } = House::open().await;
    let (name, signature) = house::shop_signature(NEW, b"{}");
    let head = format!(
        "POST /v1/channels/shop/webhooks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nexpect: 100-continue\r\n\
         {name}: {signature}\r\ncontent-length: 2\r\n\r\n"
    );
    let mut inside = TcpStream::connect(address).await.expect("a connection");
    inside.write_all(head.as_bytes()).await.expect("a head");
    let mut go_on = [0; 25];
    inside.read_exact(&mut go_on).await.expect("leave to go on");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let stopping = tokio::spawn(server.stop(true));
    inside.write_all(b"{}").await.expect("a body");
    let mut answer = Vec::new();
    inside.read_to_end(&mut answer).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    stopping.await.expect("a stop");
    ended.await.expect("an end").expect("a good one");
    drop(app);
}
