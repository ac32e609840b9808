//! The house that is measured: 10,000 articles over 6 warehouses, 6 carriers, the policies inside the binary, one shop,
//! one ERP that listens to everything.

use super::documents::{price_cents, sku};
use anyhow::{Result, anyhow};
use model::{
    codes::Sku,
    facts::{CarrierFacts, Price, Product, RateCard, WarehouseFacts},
    measure::{Quantity, Size},
    money::{Currency, UnitPrice},
};
use tributary::{
    app::Core,
    clock::Clock,
    config::Config,
    keys, setup,
    store::{self, Lane, keys::ApiKey, master, stock},
};

pub(crate) const CHANNEL: &str = "bench";
/// Brings files.
pub(crate) const STORES: &str = "stores";
/// In place of those inside the binary.
const MAPPINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/load/mappings");
/// Another shop of the same house, which has little to send.
pub(crate) const QUIET: &str = "quiet";
pub(crate) const SECRET: &[u8] = b"the bench's own secret";
/// Pieces of every article in every warehouse: never sold out.
const PIECES: i64 = 1_000_000_000;
/// Rows written at once.
const CHUNK: usize = 2000;

/// Where nobody is told anything.
pub(crate) const NOBODY: &str = "http://127.0.0.1:9";

/// The shop, and the ERP at `erp`: told of every released order and of every fulfilment, two deliveries an order.
pub(crate) fn config(url: &str, erp: &str) -> String {
    format!(
        r#"
[database]
url = "{url}"

[channels.bench]
platform = "shopify"
mapping = "shopify-order"
secrets = ["shop"]
currency = "EUR"
zone = "Europe/Amsterdam"
country = "NL"

[channels.quiet]
platform = "shopify"
mapping = "shopify-order"
secrets = ["shop"]
currency = "EUR"
zone = "Europe/Amsterdam"
country = "NL"

[channels.till]
platform = "file"
mapping = "pos-square-items"
currency = "EUR"
zone = "Europe/Amsterdam"
country = "NL"

[connectors.erp]
kind = "erp_rest"
url = "{erp}"
inside = true

[secrets]
shop = {{ value = "the bench's own secret" }}
"#
    )
}

/// The same with stores that bring files instead of the shop.
pub(crate) fn files_config(url: &str, erp: &str) -> String {
    format!(
        r#"
mappings = "{MAPPINGS}"

[database]
url = "{url}"

[channels.stores]
platform = "file"
mapping = "bench-rows"
currency = "EUR"
zone = "Europe/Amsterdam"
country = "NL"

[connectors.erp]
kind = "erp_rest"
url = "{erp}"
inside = true
"#
    )
}

/// Code, country, region, city, postcode, microdegrees north and east.
const WAREHOUSES: [(&str, &str, &str, &str, &str, i64, i64); 6] = [
    ("NL-RTM", "NL", "Zuid-Holland", "Rotterdam", "3199 LA", 51_950_000, 4_030_000),
    ("NL-VEN", "NL", "Limburg", "Venlo", "5928 LH", 51_390_000, 6_110_000),
    ("NL-ZWO", "NL", "Overijssel", "Zwolle", "8028 PM", 52_510_000, 6_150_000),
    ("DE-DUI", "DE", "Nordrhein-Westfalen", "Duisburg", "47138", 51_450_000, 6_740_000),
    ("DE-HAM", "DE", "Hamburg", "Hamburg", "21129", 53_530_000, 9_880_000),
    ("BE-ANR", "BE", "Antwerpen", "Antwerpen", "2030", 51_270_000, 4_370_000),
];
const CARRIERS: [&str; 6] = ["dhl", "dpd", "gls", "postnl", "trunkrs", "ups"];
const COUNTRIES: [&str; 3] = ["BE", "DE", "NL"];

/// The core on `url`, with these connectors and their addresses beside the ERP, which is called nowhere unless it is the one
/// of them; the schema is made when it is not there.
///
/// # Errors
/// The database cannot be used.
pub(crate) async fn open(url: &str, connectors: &[(String, String)]) -> Result<Core> {
    open_with(&match connectors {
        [] => config(url, NOBODY),
        [(name, address)] if name == "erp" => config(url, address),
        many => many.iter().fold(config(url, NOBODY), |text, (name, address)| {
            format!("{text}\n[connectors.{name}]\nkind = \"erp_rest\"\nurl = \"{address}\"\ninside = true\n")
        }),
    })
    .await
}

/// The core of a configuration.
///
/// # Errors
/// As [`open`].
pub(crate) async fn open_with(config: &str) -> Result<Core> {
    let config = Config::read(config, "bench")?;
    let checked = setup::check(config).map_err(|mistakes| anyhow!("{mistakes:#?}"))?;
    Ok(setup::open(checked, Clock::system(), true).await?)
}

/// A new key for uploads.
///
/// # Errors
/// The database cannot be used.
pub(crate) async fn key(url: &str) -> Result<String> {
    let core = open(url, &[]).await?;
    let made = keys::make(&core.pepper);
    let key = ApiKey {
        id: made.id,
        user: "bench".into(),
        role: "admin".into(),
        channel: None,
        secret_hash: made.hash.to_vec(),
        created_at: core.clock.now(),
        expires_at: None,
        revoked_at: None,
    };
    let tx = core.store.begin(Lane::Work).await?;
    store::keys::create(&tx, &key).await?;
    tx.commit().await?;
    core.store.close().await?;
    Ok(made.text)
}

/// Makes the schema and fills the master data of `articles` articles.
///
/// # Errors
/// The database cannot be used.
pub(crate) async fn fill(url: &str, articles: usize) -> Result<()> {
    let core = open(url, &[]).await?;
    let now = core.clock.now();
    let tx = core.store.begin(Lane::Work).await?;
    let warehouses: Vec<_> = warehouses().into_iter().map(|w| (w, chrono_tz::Europe::Amsterdam)).collect();
    master::put_warehouses(&tx, &warehouses, now).await?;
    master::put_carriers(&tx, &carriers(), now).await?;
    master::put_rate_cards(&tx, &rate_cards()).await?;
    tx.commit().await?;
    let all: Vec<usize> = (0..articles).collect();
    for some in all.chunks(CHUNK) {
        let tx = core.store.begin(Lane::Work).await?;
        let products: Vec<Product> = some.iter().map(|at| product(*at)).collect();
        let prices = some.iter().map(|at| price(*at)).collect::<Result<Vec<_>>>()?;
        let goods: Vec<_> = some
            .iter()
            .flat_map(|at| WAREHOUSES.map(|w| (Sku::new(&sku(*at)), w.0.into(), Quantity::whole(PIECES))))
            .collect();
        master::put_products(&tx, &products, now).await?;
        master::put_prices(&tx, &prices).await?;
        stock::goods_in(&tx, &goods, "opening", now).await?;
        tx.commit().await?;
    }
    core.store.close().await?;
    Ok(())
}

pub(crate) fn product(at: usize) -> Product {
    Product {
        sku: sku(at).as_str().into(),
        name: format!("灯 {at}"),
        name_en: format!("Lamp {at}"),
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

pub(crate) fn price(at: usize) -> Result<Price> {
    let cents = price_cents(at);
    let text = format!("{}.{:02}", cents / 100, cents % 100);
    Ok(Price {
        sku: sku(at).as_str().into(),
        unit: "pcs".into(),
        currency: Currency::EUR,
        customer: "".into(),
        group: "".into(),
        channel: "".into(),
        min_quantity: Quantity::ZERO,
        unit_price: UnitPrice::parse(&text).map_err(|e| anyhow!("{text}: {e:?}"))?,
        valid_from: None,
        valid_to: None,
    })
}

pub(crate) fn warehouses() -> Vec<WarehouseFacts> {
    let warehouse = |(code, country, region, city, postcode, latitude, longitude): (&str, &str, _, _, _, i64, i64)| {
        let text = |text: &str| text.to_owned();
        WarehouseFacts {
            code: code.into(),
            name: text(city),
            country: country.into(),
            region: text(region),
            city: text(city),
            postcode: text(postcode),
            latitude,
            longitude,
            offset_minutes: 60,
            cutoff_minute: 960,
            daily_capacity: 0,
            planned_today: 0,
            active: true,
        }
    };
    WAREHOUSES.into_iter().map(warehouse).collect()
}

pub(crate) fn carriers() -> Vec<CarrierFacts> {
    let carrier =
        |code: &str| CarrierFacts { code: code.into(), name: code.into(), on_time_ppm: 950_000, active: true };
    CARRIERS.into_iter().map(carrier).collect()
}

/// Every carrier from every warehouse into every country.
pub(crate) fn rate_cards() -> Vec<RateCard> {
    let mut cards = Vec::new();
    for (i, carrier) in CARRIERS.iter().enumerate() {
        for (j, warehouse) in WAREHOUSES.iter().enumerate() {
            for country in COUNTRIES {
                let abroad = i64::from(country != warehouse.1);
                cards.push(RateCard {
                    carrier: (*carrier).into(),
                    service: "parcel".into(),
                    warehouse: warehouse.0.into(),
                    country: country.into(),
                    region: "*".into(),
                    city: "*".into(),
                    zone: country.into(),
                    currency: Currency::EUR,
                    first_g: 1000,
                    first_price: 500 + 20 * i as i64 + 7 * j as i64 + 300 * abroad,
                    step_g: 1000,
                    step_price: 90,
                    volumetric_divisor: 5000,
                    max_weight_g: 30_000,
                    min_days: 1,
                    max_days: 3,
                });
            }
        }
    }
    cards
}
