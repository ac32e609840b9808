//! The real application on a new database, listening on a port of its own.

use super::wire::{Answer, Ask};
use actix_web::dev::ServerHandle;
use adapters::{channels::shopify, sign};
use model::{
    codes::{Channel, Role, User},
    time::Instant,
};
use serde_json::Value;
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tributary::{
    app::App,
    clock::Clock,
    config::Config,
    keys, setup,
    store::{Lane, keys::ApiKey},
    web,
};

pub(super) const CONFIG: &str = r#"
[server]
workers = 1
body_max = 65536
upload_max = 3145728
body_seconds = 1
upload_seconds = 5

[channels.shop]
platform = "shopify"
mapping = "shopify-order"
secrets = ["shop-new", "shop-old"]
zone = "Asia/Shanghai"
country = "CN"

[channels.narrow-shop]
platform = "shopify"
mapping = "shopify-order"
secrets = ["shop-new"]
zone = "Asia/Shanghai"
country = "CN"
rate = 1

[channels.store-1]
platform = "file"
mapping = "pos-cn-csv"
currency = "CNY"
zone = "Asia/Shanghai"
country = "CN"

[channels.store-2]
platform = "file"
mapping = "pos-cn-csv"
currency = "CNY"
zone = "Asia/Shanghai"
country = "CN"

[channels.woo]
platform = "woocommerce"
mapping = "woocommerce-order"
secrets = ["woo"]
zone = "Europe/Amsterdam"
country = "NL"

[channels.till]
platform = "file"
mapping = "pos-square-items"
currency = "USD"
zone = "America/New_York"
country = "US"

[channels.buyer]
platform = "file"
mapping = "ubl-order"
zone = "Europe/Berlin"
country = "DE"

[channels.standard]
platform = "webhook"
mapping = "ubl-order"
secrets = ["standard"]
zone = "Europe/Berlin"
country = "DE"

[channels.partner]
platform = "webhook"
mapping = "partner-order"
secrets = ["partner"]
zone = "Europe/Amsterdam"
country = "NL"

[channels.partner.signature]
header = "X-Partner-Signature"
algorithm = "sha512"
encoding = "base64"
prefix = "v1="

[channels.partner.topics]
header = "X-Partner-Topic"

[channels.partner.topics.mappings]
placed = "partner-order"
cancelled = "partner-cancel"
[channels.desk]
platform = "file"
mapping = "phone-sales-xlsx"
currency = "CNY"
zone = "Asia/Shanghai"
country = "CN"

[channels.forms]
platform = "file"
mapping = "customer-template-xlsx"
currency = "CNY"
zone = "Asia/Shanghai"
country = "CN"

[carriers.parcels]
kind = "kuaidi100"
secret = "parcels"

[secrets]
shop-new = { value = "the new secret of the shop" }
shop-old = { value = "the old secret of the shop" }
woo = { value = "the shop's &amp; nobody's secret" }
standard = { value = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }
partner = { value = "the partner's secret" }
parcels = { value = "the parcels' secret" }
"#;

pub(super) const NEW: &[u8] = b"the new secret of the shop";
pub(super) const OLD: &[u8] = b"the old secret of the shop";
pub(super) const PARCELS: &[u8] = b"the parcels' secret";

pub(super) struct House {
    pub(super) app: App,
    pub(super) address: SocketAddr,
    pub(super) server: ServerHandle,
    pub(super) ended: JoinHandle<std::io::Result<()>>,
    url: String,
    _folder: Option<TempDir>,
}

impl House {
    pub(super) async fn open() -> Self {
        let folder = TempDir::new().expect("a folder");
        let url = url(&folder);
        Self::serve(app(&url, CONFIG, true).await, url, Some(folder)).await
    }

    /// Runs `test` on a house with this configuration, once on SQLite and once on PostgreSQL when there is one.
    pub(super) async fn on_each_database(config: &str, test: impl AsyncFn(&Self)) {
        crate::store::world::urls(async |url: &str| {
            test(&Self::at(url, config).await).await;
        })
        .await;
    }

    /// A house on this database, which others may use too.
    pub(super) async fn at(url: &str, config: &str) -> Self {
        Self::serve(app(url, config, false).await, url.to_owned(), None).await
    }

    /// Another node on the same database; for houses of [`Self::on_each_database`].
    pub(super) async fn another(&self, config: &str) -> Self {
        Self::at(&self.url, config).await
    }

    async fn serve(app: App, url: String, folder: Option<TempDir>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (server, ended) = web::start(app.clone(), listener).expect("a server");
        Self { app, address, server, ended, url, _folder: folder }
    }

    pub(super) async fn ask(&self, ask: Ask) -> Answer {
        ask.send(self.address).await
    }

    /// A key for `role`; a channel key when `channel` is given.
    pub(super) async fn key(&self, role: &str, channel: Option<&str>) -> String {
        self.key_until(role, channel, None, None).await
    }

    pub(super) async fn key_until(
        &self,
        role: &str,
        channel: Option<&str>,
        expires_at: Option<Instant>,
        revoked_at: Option<Instant>,
    ) -> String {
        let core = &self.app.core;
        let made = keys::make(&core.pepper);
        let key = ApiKey {
            id: made.id,
            user: User::new("lin"),
            role: Role::new(role),
            channel: channel.map(Channel::new),
            secret_hash: made.hash.to_vec(),
            created_at: core.clock.now(),
            expires_at,
            revoked_at,
        };
        let tx = core.store.begin(Lane::Work).await.expect("a transaction");
        tributary::store::keys::create(&tx, &key).await.expect("a key");
        tx.commit().await.expect("a commit");
        made.text
    }

    /// The document once it has been read.
    pub(super) async fn read_document(&self, document: &str, key: &str) -> Value {
        let reading = async {
            loop {
                let found = self.ask(Ask::get(format!("/v1/documents/{document}")).key(key)).await.json();
                if found["state"] != "received" {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the document is read")
    }
}

pub(super) fn url(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("t.db").display())
}

pub(super) async fn app(url: &str, config: &str, exclusive: bool) -> App {
    let config = Config::read(&format!("[database]\nurl = \"{url}\"\n{config}"), "test").expect("a configuration");
    let checked = setup::check(config).expect("a configuration without mistakes");
    let core = setup::open(checked, Clock::system(), exclusive).await.expect("a database");
    App::start(Arc::new(core)).expect("an application")
}

/// A webhook as the shop signs it.
pub(super) fn webhook(channel: &str, secret: &[u8], body: &str) -> Ask {
    let (name, signature) = shop_signature(secret, body.as_bytes());
    Ask::post(format!("/v1/channels/{channel}/webhooks"), body)
        .header("x-shopify-topic", "orders/create")
        .header("content-type", "application/json")
        .header(&name, signature)
}

/// The header with the shop's signature of these bytes.
pub(super) fn shop_signature(secret: &[u8], body: &[u8]) -> (String, String) {
    let scheme = shopify::PLATFORM.scheme.expect("a scheme");
    let signed = sign::sign(scheme, &[secret.to_vec()], "", Instant(0), body).expect("a signature");
    signed.headers[0].clone()
}
