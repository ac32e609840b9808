//! What a node does besides orders: says that it lives, and outlives more documents than it may hold.

use super::world::{CHANNEL, River, now, on_each_database, on_each_database_with, order_json, webhook};
use futures_util::future::join_all;
use model::{
    codes::Channel,
    ids::{DocumentId, OrderId},
    order::{event::Actor, status::Status, status::status},
    port::inbound::{Outcomes, Summary},
    time::HOUR,
};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tributary::{
    intake::{Accepted, DocumentKind, NotAccepted},
    orders::{Finish, StatementJob},
    store::{
        Lane,
        documents::{self, DocumentFilter, DocumentState, NewDocument},
        house, journal,
    },
};

/// Waits until `done`, for half a minute.
async fn wait_until(what: &str, done: impl AsyncFn() -> bool) {
    for _ in 0..3000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} never happens");
}

/// Its one connector has no rate to share.
#[tokio::test(flavor = "multi_thread")]
async fn every_node_says_that_it_lives() {
    on_each_database(async |river| {
        let core = &river.app.core;
        let started = core.clock.now().plus(-model::time::MINUTE);
        let lives = async || house::live_nodes(core.store.read(), started).await.expect("nodes") == 1;
        wait_until("a heartbeat", lives).await;
    })
    .await;
}

/// So many orders at once, each of one lamp.
async fn burst(river: &River, orders: u64) -> Vec<Result<Accepted, NotAccepted>> {
    let arrivals = (1..=orders).map(|n| webhook(order_json(n, "LT-DL-0003", 1, "5.95", 1)));
    join_all(arrivals.map(|arrival| river.app.intake.accept(arrival))).await
}

/// Leases run for an hour here: a document that waits for one is not read in this test's time.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_beyond_the_reading_queue_becomes_orders_once() {
    const BURST: u64 = 300;
    on_each_database_with("[intake]\nparse_queue = 1\nlease_seconds = 3600\n", async |river| {
        let accepted = burst(river, BURST).await;
        for accepted in accepted {
            assert!(!accepted.expect("is accepted").duplicate);
        }
        let placed = async || {
            let placed = journal::last(river.app.core.store.read()).await.expect("a journal") > 0;
            placed && river.slots(1..=BURST).await.iter().all(|slot| status(slot).is_some())
        };
        wait_until("every order", placed).await;
        for n in [1, BURST / 2, BURST] {
            let id = OrderId::of(CHANNEL, &n.to_string());
            let events = journal::of_order(river.app.core.store.read(), id).await.expect("a journal");
            assert_eq!(events.iter().filter(|event| event.name == "placed").count(), 1, "order {n}");
        }
        // Fifty lamps are there; the rest of the burst waits for more, and nothing is lost.
        let released =
            river.slots(1..=BURST).await.iter().filter(|slot| status(slot) == Some(Status::Released)).count();
        assert_eq!(released, 50);
    })
    .await;
}

/// Leases run for a second, which is not long enough for what waits here. It is nobody's to take over.
#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_that_outlasts_its_leases_becomes_orders_once() {
    const BURST: u64 = 1200;
    on_each_database_with("[intake]\nparse_queue = 8\nlease_seconds = 1\n", async |river| {
        for accepted in burst(river, BURST).await {
            assert!(!accepted.expect("is accepted").duplicate);
        }
        let db = river.app.core.store.read();
        let open = DocumentFilter { state: Some(DocumentState::Received), limit: 1, ..DocumentFilter::default() };
        let read = async || documents::list(db, &open).await.expect("documents").is_empty();
        wait_until("every document read", read).await;
        let ids = (1..=BURST).map(|n| OrderId::of(CHANNEL, &n.to_string()));
        for id in ids {
            let events = journal::of_order(db, id).await.expect("a journal");
            assert_eq!(events.iter().filter(|event| event.name == "placed").count(), 1, "order {id}");
        }
    })
    .await;
}

/// A document that says nothing.
fn document(n: u64) -> NewDocument {
    NewDocument {
        id: DocumentId::from_uuid(uuid::Uuid::from_u128(n.into())),
        channel: Channel::new(CHANNEL),
        kind: DocumentKind::Webhook,
        topic: "orders/create".into(),
        name: String::new(),
        media_type: "application/json".into(),
        headers: vec![],
        actor: Actor::Channel { channel: CHANNEL.into() },
        received_at: now(),
        body: documents::pack(&n.to_be_bytes()),
        sha256: [0; 32],
        dedupe_key: Sha256::digest(n.to_be_bytes()).into(),
        lease_owner: "this node".into(),
        lease_until: now().plus(HOUR),
    }
}

/// What is carried out of it under its first lease.
fn job(document: DocumentId) -> StatementJob {
    StatementJob {
        document,
        epoch: 1,
        trace: None,
        channel: Channel::new(CHANNEL),
        actor: Actor::Channel { channel: CHANNEL.into() },
        arrival: 0,
        mapping: "shopify".into(),
        mapping_version: 1,
        said: vec![],
        progress: 0,
        so_far: Outcomes::default(),
        rejects: vec![],
        first_reject: 1,
        finish: Some(Finish { state: DocumentState::Done, summary: Summary::default(), good: 0, bad: 0 }),
    }
}

/// One of some jobs of a batch has lost its document to another node: it is told so, and the others are done.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_its_lease_fails_alone() {
    const JOBS: u64 = 8;
    on_each_database_with("[intake]\nlease_seconds = 3600\n", async |river| {
        let store = &river.app.core.store;
        let documents: Vec<NewDocument> = (1..=JOBS).map(document).collect();
        let ids: Vec<DocumentId> = documents.iter().map(|document| document.id).collect();
        let tx = store.begin(Lane::Work).await.expect("a transaction");
        documents::insert_new(&tx, documents).await.expect("stored");
        documents::reopen(&tx, ids[4], "another node", now().plus(HOUR)).await.expect("leased");
        tx.commit().await.expect("committed");
        let jobs = ids.iter().map(|id| river.app.runner.statements(job(*id)));
        let ended: Vec<bool> = join_all(jobs).await.iter().map(Result::is_ok).collect();
        let wanted: Vec<bool> = (0..JOBS).map(|at| at != 4).collect();
        assert_eq!(ended, wanted);
        let found = documents::by_ids(store.read(), &ids).await.expect("documents");
        let open: Vec<DocumentId> = found.iter().filter(|d| d.state == DocumentState::Received).map(|d| d.id).collect();
        assert_eq!(open, [ids[4]], "it is the other node's to read");
    })
    .await;
}
