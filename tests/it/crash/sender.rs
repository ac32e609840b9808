//! A platform that sends webhooks over several connections, sends again what was not acknowledged, and keeps its own
//! ledger of what was.

use super::site::{CHANNEL, SECRET};
use crate::river::world::order_json;
use adapters::{channels::shopify, sign};
use model::time::Instant;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const CONNECTIONS: usize = 4;
/// Time a request may take, the server's death included.
const DEADLINE: Duration = Duration::from_secs(10);

/// One webhook.
#[derive(Clone, Debug)]
struct Webhook {
    external_id: u64,
    /// The second at which the platform last changed the order.
    version: u32,
    topic: &'static str,
    body: String,
}

/// What the platform knows.
#[derive(Clone, Default)]
pub(super) struct Sender {
    ledger: Arc<Mutex<Ledger>>,
}

#[derive(Default)]
struct Ledger {
    next_id: u64,
    unacknowledged: VecDeque<Webhook>,
    acknowledged: usize,
    /// SHA-256 of every acknowledged body.
    hashes: BTreeSet<[u8; 32]>,
    /// The newest version acknowledged of each order.
    versions: BTreeMap<u64, u32>,
}

impl Sender {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// New orders: some are updated, and of those half are heard of by their update first; some are sent twice.
    pub(super) fn compose(&self, orders: u64) {
        let mut ledger = self.ledger();
        for _ in 0..orders {
            ledger.next_id += 1;
            let id = ledger.next_id;
            let create = Webhook { external_id: id, version: 1, topic: "orders/create", body: body(id, 1) };
            let update = Webhook { version: 2, topic: "orders/updated", body: body(id, 2), ..create.clone() };
            match id % 8 {
                0 => ledger.unacknowledged.extend([create, update]),
                4 => ledger.unacknowledged.extend([update, create]),
                2 | 6 => ledger.unacknowledged.extend([create.clone(), create]),
                _ => ledger.unacknowledged.push_back(create),
            }
        }
    }

    /// Sends until everything is acknowledged or nobody answers any more; `true`: all is acknowledged. `enough` is asked
    /// after each acknowledgement whether to stop.
    pub(super) async fn send(&self, to: SocketAddr, enough: impl Fn(usize) -> bool) -> bool {
        let before = self.ledger().acknowledged;
        let enough = |acknowledged: usize| enough(acknowledged - before);
        let connection = || async {
            loop {
                let Some(webhook) = self.ledger().unacknowledged.pop_front() else { return };
                let status = post(to, &webhook).await;
                let mut ledger = self.ledger();
                if status == Some(200) {
                    ledger.acknowledge(&webhook);
                    if enough(ledger.acknowledged) {
                        return;
                    }
                } else {
                    ledger.unacknowledged.push_back(webhook);
                    assert!(matches!(status, None | Some(503)), "an answer nobody announced: {status:?}");
                    return;
                }
            }
        };
        let all: [_; CONNECTIONS] = std::array::from_fn(|_| connection());
        futures_util::future::join_all(all).await;
        self.ledger().unacknowledged.is_empty()
    }

    /// Hashes of acknowledged bodies.
    pub(super) fn hashes(&self) -> BTreeSet<[u8; 32]> {
        self.ledger().hashes.clone()
    }

    /// Acknowledged orders and their newest acknowledged version.
    pub(super) fn versions(&self) -> BTreeMap<u64, u32> {
        self.ledger().versions.clone()
    }
}

impl Ledger {
    fn acknowledge(&mut self, webhook: &Webhook) {
        self.acknowledged += 1;
        self.hashes.insert(Sha256::digest(&webhook.body).into());
        let newest = self.versions.entry(webhook.external_id).or_default();
        *newest = webhook.version.max(*newest);
    }
}

/// Three products, few enough of each that orders compete for them; the freight is what our price book asks.
fn body(id: u64, version: u32) -> String {
    let skus = [("LT-DL-0003", "5.95", 595), ("LT-PN-0002", "17.95", 1795), ("LT-TL-0001", "21.50", 2150)];
    let (sku, price, cents) = skus[(id % 3) as usize];
    let quantity = 1 + (id % 2) as u32;
    let total = quantity * cents + 495;
    let mut order: serde_json::Value =
        serde_json::from_str(&order_json(id, sku, quantity, price, version)).expect("JSON");
    order["shipping_lines"] = serde_json::json!([{ "title": "Standaard", "code": "standard", "price": "4.95" }]);
    order["total_price"] = format!("{}.{:02}", total / 100, total % 100).into();
    order["note"] = format!("version {version}").into();
    order.to_string()
}

/// The status of the answer; `None` when there was none, and so no acknowledgement.
async fn post(to: SocketAddr, webhook: &Webhook) -> Option<u16> {
    let scheme = shopify::PLATFORM.scheme.expect("a scheme");
    let signed = sign::sign(scheme, &[SECRET.as_bytes().to_vec()], "", Instant(0), webhook.body.as_bytes());
    let mut head = format!(
        "POST /v1/channels/{CHANNEL}/webhooks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\nx-shopify-topic: {}\r\ncontent-length: {}\r\n",
        webhook.topic,
        webhook.body.len()
    );
    for (name, value) in signed.expect("a signature").headers {
        head += &format!("{name}: {value}\r\n");
    }
    let exchange = async {
        let mut stream = TcpStream::connect(to).await.ok()?;
        stream.write_all(format!("{head}\r\n{}", webhook.body).as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        // What arrived before a reset counts.
        let _end = stream.read_to_end(&mut answer).await;
        let line = String::from_utf8_lossy(&answer);
        line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    };
    tokio::time::timeout(DEADLINE, exchange).await.expect("an answer, or the connection's end, in time")
}
