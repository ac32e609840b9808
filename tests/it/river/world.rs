//! A running application on a fresh database, with a small lamp maker's master data.

use model::{
    codes::{Channel, Sku},
    facts::{CarrierFacts, Price, Product, RateCard, WarehouseFacts},
    ids::OrderId,
    measure::{Quantity, Size},
    money::{Currency, UnitPrice},
    order::{
        command::Command,
        event::Actor,
        state::{Order, Slot},
    },
    time::Instant,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tributary::{
    app::{App, Core},
    clock::Clock,
    config::Config,
    intake::{Accepted, Arrival, DocumentKind},
    orders::{CommandJob, Outcome},
    setup,
    store::{Lane, bulk::Lock, documents, master, orders, stock},
};

pub(crate) const CHANNEL: &str = "shopify-eu";

pub(crate) struct River {
    pub(crate) app: App,
}

const CONFIG: &str = r#"
[channels.shopify-eu]
platform = "shopify"
mapping = "shopify-order"
secrets = ["shopify"]
currency = "EUR"
zone = "Europe/Amsterdam"
country = "NL"

[channels.phone-desk]
platform = "file"
mapping = "phone-sales-xlsx"
currency = "CNY"
zone = "Asia/Shanghai"
country = "CN"

[channels.store-17-pos]
platform = "file"
mapping = "pos-cn-csv"
currency = "CNY"
zone = "Asia/Shanghai"
country = "CN"

[channels.woo-shop]
platform = "woocommerce"
mapping = "woocommerce-order"
secrets = ["woo"]
zone = "Europe/Amsterdam"
country = "NL"

[channels.store-ny-pos]
platform = "file"
mapping = "pos-square-items"
currency = "USD"
zone = "America/New_York"
country = "US"

[channels.ubl-customer]
platform = "file"
mapping = "ubl-order"
zone = "Europe/Berlin"
country = "DE"
[connectors.buying]
kind = "erp_rest"
url = "http://127.0.0.1:9"
inside = true
listens = ["reorder_proposed", "replenishment_approved"]

[connectors.erp]
kind = "erp_rest"
url = "http://127.0.0.1:9"
inside = true

[secrets]
shopify = { value = "a-secret-of-the-shop" }
woo = { value = "a-secret-of-the-other-shop" }
"#;

/// Runs `test` on a running application, once on SQLite and once on PostgreSQL when there is one.
pub(crate) async fn on_each_database(test: impl AsyncFn(&River)) {
    on_each_database_with("", test).await;
}

/// The same with tables of `more` in its configuration.
pub(crate) async fn on_each_database_with(more: &str, test: impl AsyncFn(&River)) {
    crate::store::world::urls(async |url: &str| {
        let river = River::start(url, more, Clock::system()).await;
        test(&river).await;
    })
    .await;
}

/// Rules with approvals but without freight, tax or tolerances: what a test does not speak of does not stop its orders.
pub(crate) fn plain_policies() -> String {
    format!("{}/fixtures/policies/plain", env!("CARGO_MANIFEST_DIR"))
}

impl River {
    pub(crate) async fn start(url: &str, more: &str, clock: Clock) -> Self {
        let config = format!("policies = \"{}\"\n{CONFIG}\n[database]\nurl = \"{url}\"\n{more}", plain_policies());
        let config = Config::read(&config, "test").expect("the configuration is right");
        let checked = setup::check(config).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        let core = setup::open(checked, clock, false).await.expect("opens");
        let core = Arc::new(core);
        master_data(&core).await;
        Self { app: App::start(core).expect("starts") }
    }

    /// Brings a Shopify document as its webhook would.
    pub(crate) async fn shopify(&self, topic: &str, body: &str) -> Accepted {
        self.bring(CHANNEL, topic, DocumentKind::Webhook, body.as_bytes()).await
    }

    pub(crate) async fn bring(&self, channel: &str, topic: &str, kind: DocumentKind, body: &[u8]) -> Accepted {
        let arrival = Arrival {
            channel: Channel::new(channel),
            kind,
            topic: topic.into(),
            name: String::new(),
            media_type: "application/json".into(),
            headers: vec![],
            actor: Actor::Channel { channel: channel.into() },
            bytes: body.to_vec(),
        };
        let accepted = self.app.intake.accept(arrival).await.expect("is accepted");
        self.read(accepted).await;
        accepted
    }

    /// Waits until the document has been read.
    pub(crate) async fn read(&self, accepted: Accepted) {
        for _ in 0..6000 {
            let found = documents::by_id(self.app.core.store.read(), accepted.document).await.expect("reads");
            if found.is_some_and(|d| d.state != documents::DocumentState::Received) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the document is never read");
    }

    pub(crate) async fn slot(&self, external_id: &str) -> Slot {
        self.slot_of(CHANNEL, external_id).await
    }

    pub(crate) async fn slot_of(&self, channel: &str, external_id: &str) -> Slot {
        let id = OrderId::of(channel, external_id);
        let mut found: HashMap<OrderId, Slot> =
            orders::load(self.app.core.store.read(), &[id], Lock::No).await.expect("loads");
        found.remove(&id).unwrap_or(Slot::Empty)
    }

    /// The orders with these numbers, those that are not there empty.
    pub(crate) async fn slots(&self, numbers: impl Iterator<Item = u64>) -> Vec<Slot> {
        let ids: Vec<OrderId> = numbers.map(|n| OrderId::of(CHANNEL, &n.to_string())).collect();
        let found = orders::load(self.app.core.store.read(), &ids, Lock::No).await.expect("loads");
        ids.iter().map(|id| found.get(id).cloned().unwrap_or(Slot::Empty)).collect()
    }

    pub(crate) async fn order(&self, external_id: &str) -> Order {
        match self.slot(external_id).await {
            Slot::Placed(order) => *order,
            other => panic!("{external_id} is {other:?}"),
        }
    }

    pub(crate) async fn command(&self, order: OrderId, command: Command, actor: Actor) -> Outcome {
        let job = CommandJob { order, command, actor, parties: vec![] };
        self.app.runner.command(job).await.expect("runs")
    }
}

pub(crate) async fn master_data(core: &Core) {
    let now = core.clock.now();
    let tx = core.store.begin(Lane::Work).await.expect("begins");
    let skus = [("LT-DL-0003", "5.95"), ("LT-PN-0002", "17.95"), ("LT-TL-0001", "21.50")];
    let products: Vec<Product> = skus.iter().map(|(sku, _)| product(sku)).collect();
    master::put_products(&tx, &products, now).await.expect("products");
    let prices: Vec<Price> = skus.iter().map(|(sku, p)| price(sku, p)).collect();
    master::put_prices(&tx, &prices).await.expect("prices");
    master::put_warehouses(&tx, &[(warehouse(), chrono_tz::Europe::Amsterdam)], now).await.expect("warehouses");
    let carrier = CarrierFacts { code: "dhl".into(), name: "DHL".into(), on_time_ppm: 950_000, active: true };
    master::put_carriers(&tx, &[carrier], now).await.expect("carriers");
    master::put_rate_cards(&tx, &[rate_card("NL"), rate_card("DE")]).await.expect("rate cards");
    let goods: Vec<_> = skus.iter().map(|(sku, _)| (Sku::new(sku), "RTM".into(), Quantity::whole(50))).collect();
    stock::goods_in(&tx, &goods, "opening", now).await.expect("stock");
    tx.commit().await.expect("commits");
}

fn product(sku: &str) -> Product {
    Product {
        sku: sku.into(),
        name: "灯".into(),
        name_en: "Lamp".into(),
        category: "lamp".into(),
        active: true,
        base_unit: "pcs".into(),
        units: vec![],
        weight_g: 400,
        size: Size { length_mm: 100, width_mm: 100, height_mm: 80 },
        unit_cost: UnitPrice::default(),
        cost_currency: None,
        tax_class: "standard".into(),
    }
}

fn price(sku: &str, price: &str) -> Price {
    Price {
        sku: sku.into(),
        unit: "pcs".into(),
        currency: Currency::EUR,
        customer: "".into(),
        group: "".into(),
        channel: "".into(),
        min_quantity: Quantity::ZERO,
        unit_price: UnitPrice::parse(price).expect("a price"),
        valid_from: None,
        valid_to: None,
    }
}

fn warehouse() -> WarehouseFacts {
    WarehouseFacts {
        code: "RTM".into(),
        name: "Rotterdam".into(),
        country: "NL".into(),
        region: "Zuid-Holland".into(),
        city: "Rotterdam".into(),
        postcode: "3011".into(),
        latitude: 51_920_000,
        longitude: 4_480_000,
        offset_minutes: 60,
        cutoff_minute: 960,
        daily_capacity: 0,
        planned_today: 0,
        active: true,
    }
}

fn rate_card(country: &str) -> RateCard {
    RateCard {
        carrier: "dhl".into(),
        service: "parcel".into(),
        warehouse: "*".into(),
        country: country.into(),
        region: "*".into(),
        city: "*".into(),
        zone: country.into(),
        currency: Currency::CNY,
        first_g: 1000,
        first_price: 3000,
        step_g: 1000,
        step_price: 500,
        volumetric_divisor: 5000,
        max_weight_g: 0,
        min_days: 1,
        max_days: 3,
    }
}

/// A new order of the shop as its webhook brings it.
pub(crate) fn webhook(body: String) -> Arrival {
    Arrival {
        channel: CHANNEL.into(),
        kind: DocumentKind::Webhook,
        topic: "orders/create".into(),
        name: String::new(),
        media_type: "application/json".into(),
        headers: vec![],
        actor: Actor::Channel { channel: CHANNEL.into() },
        bytes: body.into_bytes(),
    }
}

/// A Shopify order of one line, updated at second `version` of a minute.
pub(crate) fn order_json(id: u64, sku: &str, quantity: u32, price: &str, version: u32) -> String {
    let total = format!("{:.2}", f64::from(quantity) * price.parse::<f64>().expect("a price"));
    serde_json::json!({
        "id": id, "name": format!("#{id}"), "currency": "EUR", "financial_status": "paid", "taxes_included": true,
        "created_at": "2026-11-20T10:00:00+01:00", "updated_at": format!("2026-11-20T10:00:{version:02}+01:00"),
        "total_price": total, "subtotal_price": total, "email": format!("buyer{id}@example.com"),
        "line_items": [{ "id": 1, "sku": sku, "name": "Lamp", "quantity": quantity, "price": price }],
        "shipping_address": { "name": format!("Buyer {id}"), "address1": "Straat 1", "city": "Utrecht",
            "zip": "3511 AA", "country_code": "NL", "phone": "+31 30 1234567" }
    })
    .to_string()
}

pub(crate) fn now() -> Instant {
    Clock::system().now()
}
