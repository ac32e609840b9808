//! The real application on a new database, with the demo's master data, asked through its routes.

use crate::described;
use actix_web::{
    App as Routes,
    http::{Method, header},
    test::{self, TestRequest},
    web::Data,
};
use model::{
    codes::{Channel, Role, User},
    ids::OrderId,
    order::event::Actor,
};
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;
use tributary::{
    app::App,
    clock::Clock,
    config::Config,
    intake::{Arrival, DocumentKind},
    keys,
    master::{self, Format, Kind},
    setup,
    store::{Lane, documents, keys::ApiKey},
    web::{self, doors::Doors},
};

const CONFIG: &str = r#"
[channels.shopify-eu]
platform = "shopify"
mapping = "shopify-order"
secrets = ["shop"]
currency = "EUR"
zone = "Europe/Amsterdam"
country = "NL"

[carriers.easypost]
kind = "easypost"
secret = "easypost"

[carriers.easypost.codes]
FedEx = "dhl"

[secrets]
easypost = { value = "a-secret-of-easypost" }
shop = { value = "a-secret-of-the-shop" }
"#;

pub(super) struct Desk {
    pub(super) app: App,
    folder: TempDir,
}

impl Desk {
    /// An application without master data.
    pub(super) async fn empty() -> Self {
        Self::under(&crate::river::world::plain_policies()).await
    }

    async fn under(policies: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let database = folder.path().join("t.db");
        let url = format!("policies = \"{policies}\"\n[database]\nurl = \"sqlite://{}\"\n", database.display());
        let config = Config::read(&format!("{url}{CONFIG}"), "test").expect("a configuration");
        let checked = setup::check(config).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        let core = setup::open(checked, Clock::system(), true).await.expect("a database");
        Self { app: App::start(Arc::new(core)).expect("an application"), folder }
    }

    /// An application with the demo's master data.
    pub(super) async fn open() -> Self {
        Self::empty().await.filled().await
    }

    /// The same with the policies of the house, which look at freight and tax as well.
    pub(super) async fn strict() -> Self {
        Self::under(concat!(env!("CARGO_MANIFEST_DIR"), "/config/policies")).await.filled().await
    }

    async fn filled(self) -> Self {
        let desk = self;
        let order = [Kind::Products, Kind::Warehouses, Kind::Carriers, Kind::RateCards, Kind::Prices, Kind::Stock];
        for kind in order {
            let done = master::import(&desk.app.core, kind, Format::Csv, &fixture(kind), &Actor::System).await;
            let done = done.expect("the database answers");
            assert_eq!((done.faults, done.written), (vec![], done.rows), "{}", kind.name());
        }
        desk
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("t.db")
    }

    pub(super) async fn key(&self, user: &str, role: &str) -> String {
        let core = &self.app.core;
        let made = keys::make(&core.pepper);
        let key = ApiKey {
            id: made.id,
            user: User::new(user),
            role: Role::new(role),
            channel: None,
            secret_hash: made.hash.to_vec(),
            created_at: core.clock.now(),
            expires_at: None,
            revoked_at: None,
        };
        let tx = core.store.begin(Lane::Work).await.expect("a transaction");
        tributary::store::keys::create(&tx, &key).await.expect("a key");
        tx.commit().await.expect("a commit");
        made.text
    }

    /// Asks with a body of some type; gives the status and the answer.
    pub(super) async fn send(&self, ask: TestRequest, key: &str) -> (u16, Value) {
        let doors = Data::new(Doors::new(&self.app.core));
        let routes = Routes::new().app_data(Data::new(self.app.clone())).app_data(doors).configure(web::configure);
        let service = test::init_service(routes).await;
        let request = ask.insert_header((header::AUTHORIZATION, format!("Bearer {key}"))).to_request();
        let (method, path) = (request.method().to_string(), request.uri().to_string());
        let response = test::call_service(&service, request).await;
        let status = response.status().as_u16();
        let body = test::read_body(response).await;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        described::check(&method, &path, status, &body);
        (status, body)
    }

    pub(super) async fn get(&self, path: &str, key: &str) -> (u16, Value) {
        self.send(TestRequest::get().uri(path), key).await
    }

    pub(super) async fn json(&self, method: Method, path: &str, key: &str, body: Value) -> (u16, Value) {
        self.send(TestRequest::default().method(method).uri(path).set_json(body), key).await
    }

    pub(super) async fn post(&self, path: &str, key: &str, body: Value) -> (u16, Value) {
        self.json(Method::POST, path, key, body).await
    }

    /// Brings an order of the shop and waits until it is decided; gives its id.
    pub(super) async fn order(&self, topic: &str, body: &Value) -> OrderId {
        let arrival = Arrival {
            channel: Channel::new("shopify-eu"),
            kind: DocumentKind::Webhook,
            topic: topic.to_owned(),
            name: String::new(),
            media_type: "application/json".to_owned(),
            headers: vec![],
            actor: Actor::Channel { channel: Channel::new("shopify-eu") },
            bytes: body.to_string().into_bytes(),
        };
        let accepted = self.app.intake.accept(arrival).await.expect("is accepted");
        for _ in 0..1_000 {
            let found = documents::by_id(self.app.core.store.read(), accepted.document).await.expect("reads");
            if found.is_some_and(|d| d.state != documents::DocumentState::Received) {
                return OrderId::of("shopify-eu", &body["id"].to_string());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the document is never read");
    }

    /// Asks again until the answer is as wanted.
    pub(super) async fn until(&self, path: &str, key: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..1_000 {
            let (_, answer) = self.get(path, key).await;
            if wanted(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{path} never comes to what is wanted");
    }
}

pub(super) fn fixture(kind: Kind) -> Vec<u8> {
    let path = format!("{}/fixtures/master/{}.csv", env!("CARGO_MANIFEST_DIR"), kind.name());
    std::fs::read(path).expect("the fixture is there")
}

/// An order of `quantity` lamps at 5.95 EUR, for `name` in Utrecht. From 60 EUR on freight is free, and so it is right.
pub(super) fn shop_order(id: u64, quantity: u32, name: &str) -> Value {
    let total = format!("{}.{:02}", quantity * 595 / 100, quantity * 595 % 100);
    json!({
        "id": id, "name": format!("#{id}"), "currency": "EUR", "financial_status": "paid", "taxes_included": true,
        "created_at": "2026-11-20T10:00:00+01:00", "updated_at": "2026-11-20T10:00:01+01:00",
        "total_price": total, "subtotal_price": total, "email": format!("buyer{id}@example.com"),
        "line_items": [{ "id": 1, "sku": "LT-DL-0003", "name": "Lamp", "quantity": quantity, "price": "5.95" }],
        "shipping_address": { "name": name, "address1": "Straat 1", "city": "Utrecht",
            "zip": "3511 AA", "country_code": "NL", "phone": format!("+31 30 {id:07}") }
    })
}
