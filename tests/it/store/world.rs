//! A fresh database for each test, and the small things they store.

use model::{
    ids::{OrderId, PartyId},
    measure::Quantity,
    money::{Currency, UnitPrice},
    order::{
        event::Actor,
        state::{Approval, Counters, Decision, Line, Order, Slot, Stage},
    },
    party::{Completeness, Destination},
    said::*,
    time::{Instant, SourceTime},
};
use sea_orm::sqlx::{self, Connection, PgConnection};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use tempfile::TempDir;
use tributary::store::{Lane, Store, StoreError, StoreOptions, Tx, orders, orders::SavedOrder};

/// 2026-03-02 10:00 in Shanghai, a Monday.
pub(super) const NOW: Instant = Instant(1_772_416_800_000_000);

pub(super) struct World {
    pub(super) store: Arc<Store>,
    /// The SQLite file.
    pub(super) file: Option<PathBuf>,
}

impl World {
    pub(super) async fn begin(&self) -> Tx {
        self.store.begin(Lane::Work).await.expect("a transaction")
    }

    /// Saves one order in a transaction of its own.
    pub(super) async fn save(&self, order: &Order, was_events: u32) -> Result<(), StoreError> {
        self.save_as(order, was_events, "open").await
    }

    pub(super) async fn save_as(&self, order: &Order, was_events: u32, status: &str) -> Result<(), StoreError> {
        let tx = self.begin().await;
        let slot = Slot::Placed(Box::new(order.clone()));
        let saved = SavedOrder { slot: &slot, was_events, fingerprint: "same", total: 1999, status };
        orders::save(&tx, orders::rows(&[saved], NOW)?).await?;
        tx.commit().await
    }
}

/// Runs `test` on a new SQLite file and in a new schema of the PostgreSQL database.
pub(super) async fn on_each_database(test: impl AsyncFn(&World)) {
    urls(async |url: &str| {
        let file = tributary::store::sqlite_path(url);
        let world = World { store: open(url).await, file };
        test(&world).await;
    })
    .await;
}

/// Runs `test` with the address of a new SQLite file and of a new schema of the PostgreSQL database.
pub(crate) async fn urls(test: impl AsyncFn(&str)) {
    let folder = TempDir::new().expect("a folder");
    test(&format!("sqlite://{}", folder.path().join("t.db").display())).await;
    let Some(server) = tributary::config::environment("TRIBUTARY_TEST_POSTGRES") else { return };
    let name = format!("tributary_{}", hex::encode(tributary::entropy::bytes::<8>()));
    let run = |sql: String| {
        let server = server.clone();
        async move {
            let mut admin = PgConnection::connect(&server).await.expect("a server");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.map(drop)
        }
    };
    run(format!("CREATE SCHEMA {name}")).await.expect("a schema");
    let with = if server.contains('?') { '&' } else { '?' };
    test(&format!("{server}{with}options=-csearch_path%3D{name}")).await;
    // An application may still be at work in it, and be in the way; the server goes with everything in it.
    let _gone = run(format!("DROP SCHEMA {name} CASCADE")).await;
}

async fn open(url: &str) -> Arc<Store> {
    let options = StoreOptions { url: url.to_owned(), ..StoreOptions::default() };
    let store = Store::open(&options).await.expect("opens");
    store.migrate().await.expect("migrates");
    store.quick_check().await.expect("is sound");
    Arc::new(store)
}

pub(super) fn channel_actor() -> Actor {
    Actor::Channel { channel: "web".into() }
}

pub(super) fn user(name: &str) -> Actor {
    Actor::User { user: name.into(), role: "clerk".into(), key: "k1".into() }
}

fn party_ref(name: &str) -> PartyRef {
    PartyRef {
        id: PartyId::derived(&[name.as_bytes()]),
        likeness: uuid::Uuid::nil(),
        complete: Completeness { name: true, phone: true, email: true, street: true },
        destination: Some(Destination { country: "CN".into(), city: "上海市".into(), ..Destination::default() }),
    }
}

pub(super) fn item(sku: &str, quantity: Quantity, price: &str) -> Item {
    Item {
        key: sku.into(),
        sku: sku.into(),
        title: "Lamp".into(),
        quantity,
        unit: "".into(),
        unit_price: Some(UnitPrice::parse(price).expect("a price")),
        discount: 0,
        tax: None,
        total: None,
        ships: true,
        specification: vec![],
    }
}

/// An order just placed under `external_id` by `buyer`.
pub(super) fn order(external_id: &str, items: Vec<Item>) -> Order {
    let line = |(i, item): (usize, Item)| Line {
        no: i as u32 + 1,
        base_unit: "pcs".into(),
        counters: Counters { ordered: item.quantity, open: item.quantity, ..Counters::default() },
        item,
        removed: false,
    };
    Order {
        id: OrderId::of("web", external_id),
        channel: "web".into(),
        external_id: external_id.into(),
        creator: channel_actor(),
        header: Header {
            number: format!("#{external_id}"),
            kind: OrderKind::Regular,
            placed_at: SourceTime { at: NOW, offset: 480 },
            currency: Currency::CNY,
            customer: "".into(),
            buyer: Some(party_ref("buyer")),
            ship_to: Some(party_ref("buyer")),
            bill_to: None,
            reference: String::new(),
            charges: vec![Charge { kind: ChargeKind::Shipping, label: String::new(), amount: 1000 }],
            claimed: Claimed { subtotal: None, total: Some(1999) },
            taxes_included: true,
            payment: Payment::default(),
            wished: None,
            desk: String::new(),
            attributes: BTreeMap::from([("gift".into(), "yes".into())]),
        },
        lines: items.into_iter().enumerate().map(line).collect(),
        decision: Decision::Open { stage: Stage::Checks },
        holds: vec![],
        audit: None,
        priority: 3,
        approval: Approval::Unasked,
        rounds: 0,
        fulfilments: vec![],
        accepted: vec![],
        amended_by: vec![],
        refunds: vec![],
        told: false,
        events: 1,
    }
}

pub(super) fn simple_order(external_id: &str) -> Order {
    order(external_id, vec![item("L1", Quantity::whole(2), "19.99")])
}
