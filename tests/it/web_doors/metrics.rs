//! The metrics: on a port of their own, in step with their page, and without people.

use super::{
    house::{self, House, NEW, webhook},
    wire::{Ask, raw},
};
use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener},
    time::Duration,
};
use tempfile::TempDir;
use tributary::web;

const PAGE: &str = include_str!("../../../docs/operations.md");

async fn scrape(at: SocketAddr) -> String {
    let answer = raw(at, b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.body).expect("text")
}

/// Names as they are asked for: counters end in `_total`.
fn named(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() }).collect()
}

fn documented(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `tributary_")?.split_once('`'));
    rows.map(|(name, _)| format!("tributary_{name}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_tell_what_happened_and_their_page_names_each() {
    let folder = TempDir::new().expect("a folder");
    let connector = "\n[connectors.erp]\nkind = \"erp_rest\"\nurl = \"http://127.0.0.1:9\"\ninside = true\n";
    let house = House::at(&house::url(&folder), &format!("{}{connector}", house::CONFIG)).await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address");
    let server = web::metrics::start(house.app.clone(), listener).expect("a listener");
    for body in [r##"{"id": 7, "name": "#7", "email": "anna@example.com"}"##; 2] {
        assert_eq!(house.ask(webhook("shop", NEW, body)).await.status, 200);
    }
    assert_eq!(house.ask(webhook("shop", b"somebody else's", "{}")).await.status, 401);
    assert_eq!(house.ask(Ask::get("/metrics")).await.status, 404, "the public port does not lead to them");
    let decided = "tributary_decision_seconds_count 1";
    let waiting = async {
        while !scrape(at).await.contains(decided) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("a decision is counted");
    let text = scrape(at).await;
    for line in [
        "tributary_documents_total{channel=\"shop\",outcome=\"accepted\"} 1",
        "tributary_documents_total{channel=\"shop\",outcome=\"duplicate\"} 1",
        "tributary_errors_total{code=\"signature_mismatch\"} 1",
        "tributary_errors_total{code=\"not_found\"} 1",
        "tributary_deliveries_open{connector=\"erp\",state=\"waiting\"} 0",
        "tributary_degraded 0",
        "tributary_ack_seconds_count 2",
        "tributary_intake_queue 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    for secret in ["anna", "secret of the shop", "Straat"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let (scraped, page) = (named(&text), documented(PAGE));
    assert_eq!(scraped, page, "docs/operations.md and the metrics differ");
    server.stop(false).await;
}
