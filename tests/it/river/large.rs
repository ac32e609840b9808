//! Files too large for memory: from their spool into the store part by part, and read like any other.

use super::world::{River, on_each_database};
use model::order::event::Actor;
use sea_orm::{EntityTrait, PaginatorTrait};
use std::fmt::Write as _;
use tributary::{
    intake::{Accepted, Arrival, DocumentKind, spool::SMALL},
    store::{
        Lane,
        documents::{self, DocumentFilter, DocumentState},
        entity, rejects,
    },
    words::Language,
};

const TILL: &str = "store-17-pos";

/// Receipts with a long note each, 2 MiB together.
fn receipts() -> Vec<u8> {
    let mut text = String::from("单号,交易时间,商品编码,数量,单价,金额,支付方式,收货人,电话,地址,店员留言\n");
    let note = "请轻拿轻放。".repeat(600);
    for n in 1..=200 {
        writeln!(
            text,
            "L{n:04},2026-03-02 10:12:05,LT-DL-0003,1,24.00,24.00,微信,顾客{n},1380000{n:04},浙江省杭州市西湖区文三路{n}号,{note}"
        )
        .expect("text");
    }
    text.into_bytes()
}

fn arrival(bytes: Vec<u8>) -> Arrival {
    Arrival {
        channel: TILL.into(),
        kind: DocumentKind::Upload,
        topic: String::new(),
        name: "receipts.csv".into(),
        media_type: "text/csv".into(),
        headers: vec![],
        actor: Actor::System,
        bytes,
    }
}

/// Brings a file as an upload does: in pieces.
async fn bring(river: &River, bytes: &[u8]) -> Accepted {
    let mut spool = river.app.intake.spool(&TILL.into(), "");
    for piece in bytes.chunks(60_000) {
        spool.add(piece).await.expect("room");
    }
    let spooled = spool.end().await.expect("room");
    assert_eq!((spooled.size(), spooled.is_large()), (bytes.len() as u64, bytes.len() > SMALL));
    river.app.intake.accept_file(arrival(vec![]), spooled).await.expect("is accepted")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_stored_whole_and_read() {
    on_each_database(async |river| {
        let bytes = receipts();
        assert!(bytes.len() > 2 * SMALL);
        let accepted = bring(river, &bytes).await;
        assert!(!accepted.duplicate);
        river.read(accepted).await;
        let db = river.app.core.store.read();
        let document = documents::by_id(db, accepted.document).await.expect("reads").expect("is there");
        assert_eq!((document.state, document.orders_good, document.orders_bad), (DocumentState::Done, 200, 0));
        assert_eq!(document.size, bytes.len() as i64);
        assert!(documents::bytes(db, accepted.document).await.expect("reads").is_some_and(|stored| stored == bytes));
        // The same again is the same, however it comes.
        let again = bring(river, &bytes).await;
        let whole = river.app.intake.accept(arrival(bytes.clone())).await.expect("is accepted");
        assert_eq!([again, whole], [Accepted { duplicate: true, ..accepted }; 2]);
        // A small one takes the other way, with the same keys.
        let small = &bytes[..SMALL / 2];
        let first = bring(river, small).await;
        let second = river.app.intake.accept(arrival(small.to_vec())).await.expect("is accepted");
        assert_eq!(second, Accepted { duplicate: true, ..first });
        let report = tributary::verify::verify(&river.app.core.store).await.expect("verifies");
        assert!(report.is_sound(), "{report:#?}");
    })
    .await;
}

/// In the encoding of Chinese tills: an order whose rows come back, a row that cannot be read, the totals below.
#[tokio::test(flavor = "multi_thread")]
async fn good_and_bad_of_a_large_file_are_found_in_its_parts() {
    on_each_database(async |river| {
        let text = String::from_utf8(receipts()).expect("text");
        let late = text.lines().nth(3).expect("a line").to_owned();
        let text = text.replace("LT-DL-0003,1,24.00,24.00,微信,顾客100,", "LT-DL-0003,一打,24.00,24.00,微信,顾客100,");
        let text = format!("{text}{late}\n合计,,,200,,4824.00,,,,,\n");
        let (bytes, ..) = encoding_rs::GB18030.encode(&text);
        assert!(bytes.len() > SMALL);
        let accepted = bring(river, &bytes).await;
        river.read(accepted).await;
        let db = river.app.core.store.read();
        let document = documents::by_id(db, accepted.document).await.expect("reads").expect("is there");
        let found = rejects::list(db, accepted.document, 0, 9).await.expect("lists");
        let told = found.iter().map(|n| (n.reject.order_key.as_str(), n.reject.code.as_str(), n.reject.location.row));
        let told: Vec<_> = told.collect();
        assert!(told.contains(&("L0100", "not_a_number", Some(101))), "{told:?}");
        assert!(told.contains(&("L0003", "rows_not_together", Some(4))), "{told:?}");
        let summary = document.summary.expect("a summary");
        assert_eq!((summary.encoding.as_str(), summary.records), ("gb18030", 201));
        // A sum with a figure nobody can read is compared with nothing, so the other orders went through.
        assert_eq!(
            (document.state, document.orders_good, document.orders_bad),
            (DocumentState::Done, 198, 2),
            "{told:?}"
        );
        let waiting = tributary::mending::mend(&river.app.core, again(river, accepted).await, Language::Chinese).await;
        assert!(waiting.expect("a workbook").starts_with(b"PK"));
    })
    .await;
}

async fn again(river: &River, accepted: Accepted) -> documents::Document {
    let found = documents::by_id(river.app.core.store.read(), accepted.document).await;
    found.expect("reads").expect("is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_leaves_nothing_beside_the_database() {
    on_each_database(async |river| {
        let url = &river.app.core.config.database.url;
        let Some(file) = tributary::store::sqlite_path(url) else { return };
        let folder = file.parent().expect("a folder");
        let names = || std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let before = names().count();
        let mut spool = river.app.intake.spool(&TILL.into(), "");
        spool.add(&vec![b'x'; 2 * SMALL]).await.expect("room");
        assert_eq!(names().count(), before, "a file without a name, so that a crash leaves none");
        drop(spool);
        assert_eq!(names().count(), before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_writer_died_is_never_seen_and_is_forgotten() {
    on_each_database(async |river| {
        let store = &river.app.core.store;
        let bytes = receipts();
        // As far as a writer came that died: some parts, and no end.
        let half = crate::store::documents::new(7, &bytes[..SMALL]);
        let id = half.id;
        let tx = store.begin(Lane::Intake).await.expect("begins");
        documents::begin(&tx, half).await.expect("begun");
        tx.commit().await.expect("commits");
        let listed = documents::list(store.read(), &DocumentFilter { limit: 9, ..DocumentFilter::default() }).await;
        assert_eq!(listed.expect("lists"), [], "not acknowledged, not there");
        // The sender sends again, and the leftovers go.
        let accepted = bring(river, &bytes).await;
        assert!(!accepted.duplicate);
        tributary::intake::forget_unfinished(&river.app.core, river.app.core.clock.now()).await.expect("sweeps");
        assert_eq!(documents::by_id(store.read(), id).await.expect("reads"), None);
        let parts = entity::document_bytes::Entity::find().count(store.read()).await.expect("counts");
        assert_eq!(parts, bytes.len().div_ceil(documents::PART_MAX) as u64, "those of the other");
    })
    .await;
}
