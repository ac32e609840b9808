//! Documents: durable, once each, read under a lease.

use super::world::{NOW, World, channel_actor, on_each_database};
use model::{
    ids::DocumentId,
    port::inbound::Summary,
    said::{Location, Reject},
    time::SECOND,
};
use tributary::store::{
    StoreError,
    documents::{self, DocumentFilter, DocumentKind, DocumentState, Finished, NewDocument, Stored},
    rejects,
};

fn id(n: u128) -> DocumentId {
    DocumentId::from_uuid(uuid::Uuid::from_u128(n))
}

pub(crate) fn new(n: u128, body: &[u8]) -> NewDocument {
    use sha2::{Digest, Sha256};
    NewDocument {
        id: id(n),
        channel: "web".into(),
        kind: DocumentKind::Webhook,
        topic: "orders/create".into(),
        name: String::new(),
        media_type: "application/json".into(),
        headers: vec![("x-topic".into(), "orders/create".into())],
        actor: channel_actor(),
        received_at: NOW.plus(n as i64),
        body: documents::pack(body),
        sha256: Sha256::digest(body).into(),
        dedupe_key: Sha256::digest(body).into(),
        lease_owner: "a".into(),
        lease_until: NOW.plus(10 * SECOND),
    }
}

async fn store(world: &World, new: Vec<NewDocument>) -> Vec<Stored> {
    let tx = world.begin().await;
    let stored = documents::insert_new(&tx, new).await.expect("stored");
    tx.commit().await.expect("committed");
    stored
}

fn finished(n: u128, epoch: i64) -> Finished {
    Finished {
        id: id(n),
        epoch,
        state: DocumentState::Done,
        mapping: "shopify".into(),
        mapping_version: 2,
        orders_good: 3,
        orders_bad: 1,
        summary: Summary { encoding: "utf-8".into(), ..Summary::default() },
    }
}

#[tokio::test]
async fn the_same_document_is_stored_once() {
    on_each_database(async |world| {
        let first = store(world, vec![new(1, b"a"), new(2, b"b"), new(3, b"a")]).await;
        let again = store(world, vec![new(4, b"b"), new(5, b"c")]).await;
        let of: Vec<_> = first.iter().chain(&again).map(|s| s.duplicate_of).collect();
        assert_eq!(of, [None, None, Some(id(1)), Some(id(2)), None]);
        let db = world.store.read();
        assert_eq!(documents::by_id(db, id(3)).await.expect("read"), None);
        assert_eq!(documents::bytes(db, id(2)).await.expect("read"), Some(b"b".to_vec()));
        let listed =
            documents::list(db, &DocumentFilter { limit: 2, ..DocumentFilter::default() }).await.expect("read");
        assert_eq!(listed.iter().map(|d| d.id).collect::<Vec<_>>(), [id(5), id(2)]);
        let before = Some((listed[1].received_at, listed[1].id));
        let next = documents::list(db, &DocumentFilter { before, limit: 2, ..DocumentFilter::default() }).await;
        assert_eq!(next.expect("read").iter().map(|d| d.id).collect::<Vec<_>>(), [id(1)]);
    })
    .await;
}

#[tokio::test]
async fn bytes_come_back_whatever_their_size() {
    on_each_database(async |world| {
        let noise: Vec<u8> = (0..700_001_u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
        let bodies = [vec![], vec![0; 513], b"{\"a\":1}".repeat(100_000), noise];
        let documents = bodies.iter().enumerate().map(|(i, body)| new(i as u128 + 1, body)).collect();
        store(world, documents).await;
        let db = world.store.read();
        for (i, body) in bodies.iter().enumerate() {
            let read = documents::bytes(db, id(i as u128 + 1)).await.expect("read");
            assert!(read.unwrap_or_default() == *body, "body {i}");
            let head = documents::by_id(db, id(i as u128 + 1)).await.expect("read").expect("is there");
            assert_eq!(head.size, body.len() as i64);
        }
        let middle = documents::parts(db, id(4), 1, 1).await.expect("read");
        assert!(middle == bodies[3][documents::PART_MAX..2 * documents::PART_MAX]);
    })
    .await;
}

#[tokio::test]
async fn a_large_upload_arrives_part_by_part() {
    on_each_database(async |world| {
        store(world, vec![new(1, b"twice")]).await;
        for (n, body, duplicate) in [(2, b"other", None), (3, b"twice", Some(id(1)))] {
            let tx = world.begin().await;
            documents::begin(&tx, NewDocument { body: documents::Packed::default(), ..new(n, b"") })
                .await
                .expect("begun");
            documents::add_parts(&tx, id(n), 0, documents::pack(&body[..2]).parts).await.expect("added");
            documents::add_parts(&tx, id(n), 1, documents::pack(&body[2..]).parts).await.expect("added");
            assert!(documents::claim_expired(&tx, "b", NOW.plus(60 * SECOND), NOW, 9).await.expect("ok").len() <= 2);
            let whole = new(n, body);
            let stored = documents::complete(&tx, id(n), 5, whole.sha256, whole.dedupe_key).await.expect("completed");
            tx.commit().await.expect("committed");
            assert_eq!(stored.duplicate_of, duplicate);
            let read = documents::bytes(world.store.read(), id(n)).await.expect("read");
            assert_eq!(read.as_deref(), duplicate.is_none().then_some(&body[..]));
        }
    })
    .await;
}

#[tokio::test]
async fn a_document_nobody_reads_is_taken_over_and_the_old_reader_fenced() {
    on_each_database(async |world| {
        store(world, vec![new(1, b"a"), new(2, b"b")]).await;
        let later = NOW.plus(20 * SECOND);
        let tx = world.begin().await;
        assert!(documents::claim_expired(&tx, "b", NOW, later, 9).await.expect("none").is_empty());
        documents::finish(&tx, &[finished(2, 1)]).await.expect("finished");
        let claimed = documents::claim_expired(&tx, "b", later, later.plus(SECOND), 9).await.expect("claimed");
        assert_eq!(claimed.iter().map(|d| (d.id, d.lease_epoch)).collect::<Vec<_>>(), [(id(1), 2)]);
        tx.commit().await.expect("committed");
        let tx = world.begin().await;
        let old = documents::finish(&tx, &[finished(1, 1)]).await;
        assert!(matches!(old, Err(StoreError::Conflict(_))));
        documents::progress(&tx, id(1), 2, 256, later).await.expect("noted");
        documents::finish(&tx, &[finished(1, 2)]).await.expect("finished");
        assert_eq!(documents::reopen(&tx, id(1), "c", later).await.expect("reopened"), 3);
        tx.commit().await.expect("committed");
        let read = documents::by_id(world.store.read(), id(1)).await.expect("read").expect("is there");
        assert_eq!((read.state, read.progress, read.orders_good), (DocumentState::Received, 0, 3));
        assert_eq!(read.summary.map(|s| s.encoding), Some("utf-8".into()));
    })
    .await;
}

#[tokio::test]
async fn rejects_are_listed_and_forgotten() {
    on_each_database(async |world| {
        let reject = |n: u32| Reject {
            order_key: format!("{n}"),
            location: Location { row: Some(n), column: Some("数量".into()), ..Location::default() },
            field: "items.quantity".into(),
            code: "not_a_number".into(),
            was: "二".into(),
            args: model::said::args([("row", n.to_string())]),
        };
        store(world, vec![new(1, b"a")]).await;
        let tx = world.begin().await;
        rejects::insert(&tx, id(1), 1, &[reject(1), reject(2)], NOW).await.expect("stored");
        rejects::insert(&tx, id(1), 2, &[reject(2), reject(3)], NOW).await.expect("stored again");
        tx.commit().await.expect("committed");
        let db = world.store.read();
        let listed = rejects::list(db, id(1), 1, 9).await.expect("read");
        assert_eq!(listed.iter().map(|r| &r.reject).collect::<Vec<_>>(), [&reject(2), &reject(3)]);
        let tx = world.begin().await;
        rejects::delete_of(&tx, id(1)).await.expect("deleted");
        tx.commit().await.expect("committed");
        assert_eq!(rejects::count(world.store.read(), id(1)).await.expect("counted"), 0);
    })
    .await;
}

/// Documents 1 to 4 are node a's until NOW + 10 s; what waits in its memory came at the second's moment or later.
#[tokio::test]
async fn leases_of_what_waits_are_prolonged_and_of_nothing_else() {
    on_each_database(async |world| {
        let others = NewDocument { lease_owner: "b".into(), ..new(4, b"4") };
        store(world, vec![new(1, b"1"), new(2, b"2"), new(3, b"3"), others]).await;
        let tx = world.begin().await;
        documents::finish(&tx, &[finished(3, 1)]).await.expect("finished");
        tx.commit().await.expect("committed");
        let prolong = async |soon: i64| {
            let tx = world.begin().await;
            let (since, until) = (NOW.plus(2), NOW.plus(60 * SECOND));
            let prolonged = documents::prolong(&tx, "a", since, NOW.plus(soon * SECOND), until).await;
            tx.commit().await.expect("committed");
            prolonged.expect("prolonged")
        };
        assert_eq!(prolong(9).await, 0, "no lease ends so soon");
        assert_eq!(prolong(11).await, 1);
        assert_eq!(prolong(11).await, 0, "it lasts longer by now");
        let tx = world.begin().await;
        let (now, until) = (NOW.plus(20 * SECOND), NOW.plus(30 * SECOND));
        let claimed = documents::claim_expired(&tx, "c", now, until, 9).await.expect("claimed");
        tx.commit().await.expect("committed");
        let mut claimed: Vec<_> = claimed.iter().map(|document| document.id).collect();
        claimed.sort_unstable();
        assert_eq!(claimed, [id(1), id(4)]);
        let tx = world.begin().await;
        documents::finish(&tx, &[finished(2, 1)]).await.expect("its lease is the first one still");
        tx.commit().await.expect("committed");
    })
    .await;
}
