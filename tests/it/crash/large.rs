//! A server that dies while it writes a large file: no document is left, and the same file sent again is taken. One that
//! dies while it reads it: the next goes on where it stopped.

use super::{
    server::{End, Server},
    site::{Leases, Site},
};
use crate::store::world::urls;
use model::codes::{Channel, Role, User};
use sea_orm::{EntityTrait, PaginatorTrait};
use tributary::{
    cli::http::Caller,
    clock::Clock,
    keys,
    store::{Lane, documents, entity, keys::ApiKey},
    words::Language,
};

const TILL: &str = "till";

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_there_whole_or_not_at_all() {
    urls(async |url: &str| {
        let site = Site::prepare(url, Leases::SHORT).await;
        let key = key(&site).await;
        let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for (point, passing) in [("intake.part_committed", 2), ("intake.before_commit", 1)] {
            let end = End::Point { point, passing };
            let mut server = Server::start(&site.config, Some(&end), None).await;
            let address = server.address.unwrap_or_else(|| panic!("it does not start\n{}", server.said()));
            let caller = Caller::new(&format!("http://{address}"), &key, Language::English).expect("a caller");
            let answer = caller.upload(TILL, "large.csv", body.clone()).await;
            assert!(answer.is_err(), "{point}: acknowledged and not durable: {answer:?}");
            server.dies(&end).await;
            let store = site.open().await;
            let filter = documents::DocumentFilter { limit: 9, ..Default::default() };
            assert_eq!(documents::list(store.read(), &filter).await.expect("lists"), [], "{point}");
            assert_eq!(entity::document_keys::Entity::find().count(store.read()).await.expect("counts"), 0, "{point}");
            store.close().await.expect("closes");
        }
        let server = Server::start(&site.config, None, None).await;
        let address = server.address.unwrap_or_else(|| panic!("it does not start again\n{}", server.said()));
        let caller = Caller::new(&format!("http://{address}"), &key, Language::English).expect("a caller");
        let (document, duplicate) = caller.upload(TILL, "large.csv", body.clone()).await.expect("is taken");
        assert!(!duplicate);
        let store = site.open().await;
        let id = document.parse().expect("an id");
        assert!(documents::bytes(store.read(), id).await.expect("reads").is_some_and(|stored| stored == body));
        store.close().await.expect("closes");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_read_on_where_its_reader_died() {
    urls(async |url: &str| {
        let site = Site::prepare(url, Leases::SHORT).await;
        let key = key(&site).await;
        let body = receipts();
        assert!(body.len() > tributary::intake::spool::SMALL);
        // The third chunk of 256 orders is committed, and nobody has heard of it.
        let end = End::Point { point: "orders.committed", passing: 3 };
        let mut server = Server::start(&site.config, Some(&end), None).await;
        let address = server.address.unwrap_or_else(|| panic!("it does not start\n{}", server.said()));
        let caller = Caller::new(&format!("http://{address}"), &key, Language::English).expect("a caller");
        let brought = caller.upload(TILL, "large.csv", body.clone()).await;
        server.dies(&end).await;
        let store = site.open().await;
        let filter = documents::DocumentFilter { limit: 9, ..Default::default() };
        let [found] = &documents::list(store.read(), &filter).await.expect("lists")[..] else { panic!("{brought:?}") };
        let (id, progress) = (found.id, found.progress);
        assert!((256..ORDERS).contains(&progress), "{progress}");
        assert_eq!(entity::orders::Entity::find().count(store.read()).await.expect("counts"), progress as u64);
        let server = Server::start(&site.config, None, None).await;
        let found = loop {
            let found = documents::by_id(store.read(), id).await.expect("reads").expect("is there");
            if found.state != documents::DocumentState::Received {
                break found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        assert_eq!((found.orders_good, found.orders_bad), (ORDERS as u32, 0), "{}", server.said());
        let outcomes = found.summary.expect("a summary").outcomes;
        assert_eq!((i64::from(outcomes.created), outcomes.unchanged), (ORDERS, 0), "none was placed twice");
        assert_eq!(entity::orders::Entity::find().count(store.read()).await.expect("counts"), ORDERS as u64);
        store.close().await.expect("closes");
    })
    .await;
}

const ORDERS: i64 = 1000;

fn receipts() -> Vec<u8> {
    let mut text = String::from("单号,交易时间,商品编码,数量,单价,金额,支付方式,收货人,电话,地址,备注\n");
    let note = "请轻拿轻放。".repeat(70);
    for n in 1..=ORDERS {
        let row = format!(
            "L{n},2026-03-02 10:12:05,LT-DL-0003,1,24.00,24.00,微信,顾客{n},1380000{n:04},浙江省杭州市文三路{n}号,"
        );
        text.extend([row.as_str(), note.as_str(), "\n"]);
    }
    text.into_bytes()
}

async fn key(site: &Site) -> String {
    let store = site.open().await;
    let made = keys::make(&tributary::setup::pepper(&store).await.expect("a pepper"));
    let key = ApiKey {
        id: made.id,
        user: User::new("lin"),
        role: Role::new("channel"),
        channel: Some(Channel::new(TILL)),
        secret_hash: made.hash.to_vec(),
        created_at: Clock::system().now(),
        expires_at: None,
        revoked_at: None,
    };
    let tx = store.begin(Lane::Work).await.expect("begins");
    tributary::store::keys::create(&tx, &key).await.expect("a key");
    tx.commit().await.expect("commits");
    store.close().await.expect("closes");
    made.text
}
