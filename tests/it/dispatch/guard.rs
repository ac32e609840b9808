//! Where a connector may lead us, and where not.

use model::port::outbound::{HttpRequest, Outcome};
use std::net::TcpListener;
use tributary::dispatch::{
    auth::Credentials,
    guard,
    send::{AddressRefused, Client, Endpoint},
};

#[test]
fn addresses_are_judged_by_what_they_mean() {
    use AddressRefused::*;
    let table = [
        ("https://partner.example/api", Ok(())),
        ("https://partner.example:8443", Ok(())),
        ("https://8.8.8.8/", Ok(())),
        ("https://[2606:4700::1111]/", Ok(())),
        ("http://partner.example/", Err(Scheme)),
        ("ftp://partner.example/", Err(Scheme)),
        ("file:///etc/passwd", Err(Unreadable)),
        ("no address", Err(Unreadable)),
        ("https://", Err(Unreadable)),
        ("https://user@partner.example/", Err(Userinfo)),
        ("https://user:secret@partner.example/", Err(Userinfo)),
        ("https://partner.example/?to=x", Err(Query)),
        ("https://partner.example/#x", Err(Query)),
        ("https://partner.example:22/", Err(Port)),
        ("https://partner.example:6379/", Err(Port)),
        ("https://127.0.0.1/", Err(Network)),
        ("https://127.1/", Err(Network)),
        ("https://2130706433/", Err(Network)),
        ("https://0x7f000001/", Err(Network)),
        ("https://0x7f.1/", Err(Network)),
        ("https://0177.0.0.1/", Err(Network)),
        ("https://017700000001/", Err(Network)),
        ("https://127.0.0.1./", Err(Network)),
        ("https://１２７.０.０.１/", Err(Network)),
        ("https://0.0.0.0/", Err(Network)),
        ("https://0/", Err(Network)),
        ("https://[::1]/", Err(Network)),
        ("https://[::]/", Err(Network)),
        ("https://[::ffff:7f00:1]/", Err(Network)),
        ("https://[::ffff:127.0.0.1]/", Err(Network)),
        ("https://[::127.0.0.1]/", Err(Network)),
        ("https://[64:ff9b::7f00:1]/", Err(Network)),
        ("https://[2002:7f00:1::]/", Err(Network)),
        ("https://[fe80::1]/", Err(Network)),
        ("https://[fd00::1]/", Err(Network)),
        ("https://10.1.2.3/", Err(Network)),
        ("https://172.31.255.255/", Err(Network)),
        ("https://192.168.1.1/", Err(Network)),
        ("https://100.64.0.1/", Err(Network)),
        ("https://169.254.169.254/latest/meta-data/", Err(Network)),
        ("https://0xa9fea9fe/", Err(Network)),
        ("https://224.0.0.1/", Err(Network)),
        ("https://255.255.255.255/", Err(Network)),
        ("https://localhost/", Err(Network)),
        ("https://LOCALHOST/", Err(Network)),
        ("https://localhost./", Err(Network)),
        ("https://a.localhost/", Err(Network)),
        ("https://metadata.google.internal/", Err(Network)),
    ];
    for (url, expected) in table {
        assert_eq!(Endpoint::new(url, false).map(drop), expected, "{url}");
    }
    for url in ["http://127.0.0.1:9090", "http://localhost:9090/api", "https://10.0.0.7:4444/erp"] {
        assert!(Endpoint::new(url, true).is_ok(), "{url} is inside the house");
    }
    assert_eq!(Endpoint::new("http://user@127.0.0.1", true).map(drop), Err(Userinfo));
}

#[test]
fn networks_end_where_they_end() {
    for (address, public) in [
        ("9.255.255.255", true),
        ("10.0.0.0", false),
        ("11.0.0.0", true),
        ("100.63.255.255", true),
        ("100.127.255.255", false),
        ("100.128.0.0", true),
        ("172.15.255.255", true),
        ("172.32.0.0", true),
        ("198.17.255.255", true),
        ("198.19.255.255", false),
        ("198.20.0.0", true),
        ("223.255.255.255", true),
        ("239.255.255.255", false),
        ("::ffff:8.8.8.8", true),
        ("2001:1::", true),
        ("2001:0:ffff::", false),
        ("2001:db8:ffff::", false),
        ("2001:db9::", true),
        ("2003::", true),
        ("fec0::1", false),
    ] {
        assert_eq!(guard::is_public(address.parse().expect("an address")), public, "{address}");
    }
}

fn question() -> HttpRequest {
    HttpRequest {
        name: "find",
        method: "GET",
        path: "/x".into(),
        headers: vec![],
        body: vec![],
        answer_max: 100,
        deadline: 2_000_000,
    }
}

/// A name that was public when it was configured may lead inside when it is called.
#[tokio::test]
async fn names_are_judged_when_they_are_called() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    // As an endpoint inside the house, but its name is not among those that may lead there.
    let to = Endpoint::new(&format!("http://localhost:{port}"), true).expect("is taken");
    let guarded = Client::new([]).expect("a client");
    let refused = guarded.send(&to, &Credentials::none(), &question()).await;
    assert_eq!(refused, Outcome::NotSent { code: "partner_address_refused".into() });
    listener.set_nonblocking(true).expect("is set");
    assert!(listener.accept().is_err(), "somebody connected");
}

#[tokio::test]
async fn paths_do_not_lead_away() {
    let client = Client::new([]).expect("a client");
    let to = Endpoint::new("http://127.0.0.1:9/api", true).expect("is taken");
    for path in ["@evil.example/", "/../../admin", ".evil.example/", ":99/"] {
        let request = HttpRequest { path: path.into(), ..question() };
        let refused = client.send(&to, &Credentials::none(), &request).await;
        assert_eq!(refused, Outcome::NotSent { code: "partner_address_refused".into() }, "{path}");
    }
    let down = client.send(&to, &Credentials::none(), &question()).await;
    assert_eq!(down, Outcome::NotSent { code: "partner_down".into() });
}

/// What a raw partner answers with these bytes.
async fn answered(bytes: &'static [u8]) -> Outcome {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let to = format!("http://{}", listener.local_addr().expect("an address"));
    let partner = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a call");
        let _request = socket.read(&mut [0; 4096]).await;
        // The caller may have had enough before all is written.
        while socket.write_all(bytes).await.is_ok() && bytes.ends_with(b"...") {}
    });
    let to = Endpoint::new(&to, true).expect("is taken");
    let outcome = Client::new([]).expect("a client").send(&to, &Credentials::none(), &question()).await;
    partner.abort();
    outcome
}

#[tokio::test]
async fn no_answer_is_read_beyond_its_limit() {
    let endless = answered(b"HTTP/1.1 200 OK\r\n\r\n0123456789...").await;
    assert!(matches!(endless, Outcome::Http { status: 200, ref body, .. } if body.len() == 100), "{endless:?}");
    // Packed answers are not unpacked: no bomb goes off.
    let packed =
        answered(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00").await;
    assert!(matches!(packed, Outcome::Http { ref body, .. } if body == b"\x1f\x8b\x08\x00"), "{packed:?}");
    for broken in [
        &b"\x00\x01\x02 no HTTP\r\n\r\n"[..],
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n",
    ] {
        let outcome = answered(broken).await;
        assert_eq!(outcome, Outcome::Unknown { code: "partner_down".into() }, "{:?}", String::from_utf8_lossy(broken));
    }
}
