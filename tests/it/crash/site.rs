//! Where a campaign happens: a configuration, a database with master data, and a partner world that outlives the server.

use crate::river::world::master_data;
use std::{net::TcpListener, path::PathBuf};
use tempfile::TempDir;
use tributary::{
    clock::Clock,
    config::Config,
    sandbox::{self, Sandbox},
    setup,
    store::{Store, StoreOptions},
};

pub(super) const CHANNEL: &str = "shopify-eu";
pub(super) const SECRET: &str = "a-secret-of-the-shop";

pub(super) struct Site {
    url: String,
    pub(super) config: PathBuf,
    pub(super) partners: Sandbox,
    _folder: TempDir,
}

impl Site {
    pub(super) async fn prepare(url: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let partners = sandbox::start(listener, sandbox::Options::default()).expect("partners");
        let text = configuration(url, &partners.url());
        let config = folder.path().join("tributary.toml");
        std::fs::write(&config, &text).expect("writes");
        let checked = setup::check(Config::read(&text, "test").expect("the configuration is right"));
        let core = setup::open(checked.expect("no mistakes"), Clock::system(), false).await.expect("opens");
        master_data(&core).await;
        core.store.close().await.expect("closes");
        Self { url: url.to_owned(), config, partners, _folder: folder }
    }

    /// The database, as anybody may look at it.
    pub(super) async fn open(&self) -> Store {
        let options = StoreOptions { url: self.url.clone(), readers: 1, connections: 3, ..StoreOptions::default() };
        Store::open(&options).await.expect("opens")
    }
}

/// Leases are short: on PostgreSQL what a dead server held is free only when they end.
fn configuration(url: &str, partners: &str) -> String {
    let policies = crate::river::world::plain_policies();
    format!(
        r#"
policies = "{policies}"

[server]
listen = "127.0.0.1:0"
workers = 1

[database]
url = "{url}"

[intake]
lease_seconds = 1

[dispatch]
lease_seconds = 3
backoff_permille = 5

[channels.{CHANNEL}]
platform = "shopify"
mapping = "shopify-order"
secrets = ["shopify"]
currency = "EUR"
zone = "Europe/Amsterdam"
country = "NL"

[channels.till]
platform = "file"
mapping = "pos-cn-csv"
currency = "CNY"
zone = "Asia/Shanghai"
country = "CN"

[connectors.erp]
kind = "erp_rest"
url = "{partners}"
inside = true

[secrets]
shopify = {{ value = "{SECRET}" }}
"#
    )
}
