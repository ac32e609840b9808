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

/// Seconds for which documents and deliveries are leased.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leases {
    pub(super) intake: u32,
    pub(super) dispatch: u32,
}

impl Leases {
    /// On PostgreSQL what a dead server held is free only when they end.
    pub(super) const SHORT: Self = Self { intake: 1, dispatch: 3 };
    /// Nobody waits for these.
    pub(super) const LONG: Self = Self { intake: 3600, dispatch: 3600 };
}

impl Site {
    pub(super) async fn prepare(url: &str, leases: Leases) -> Self {
        let folder = TempDir::new().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let partners = sandbox::start(listener, sandbox::Options::default()).expect("partners");
        let text = configuration(url, &partners.url(), leases);
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

fn configuration(url: &str, partners: &str, leases: Leases) -> String {
    let Leases { intake, dispatch } = leases;
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
lease_seconds = {intake}

[dispatch]
lease_seconds = {dispatch}
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
