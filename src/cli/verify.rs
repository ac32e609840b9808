//! `tributary verify`: do the stored rows obey the invariants?

use super::{
    Said, Wrong,
    config_file::{ConfigFile, count, shown},
    language::Lang,
};
use crate::{
    config::Config,
    store::{Store, StoreOptions, sqlite_path},
    verify::{Report, verify},
    words::Language,
};
use anyhow::{Context as _, Result};
use model::said::args;

/// Check that the database obeys every invariant: nothing missing, nothing double, every unit explained
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tributary verify --config tributary.toml

Reads everything once, in one snapshot, and changes nothing; a server may go on working meanwhile. Run it after a
restore. Exits with 1 when something is wrong.")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    lang: Lang,
}

pub(super) async fn run(args: &Args) -> Result<()> {
    let config = args.config.load()?;
    let url = shown(&config.database.url);
    let store = open(&config).await.with_context(|| format!("the database {url} cannot be opened"))?;
    let report = verify(&store).await.with_context(|| format!("{url} cannot be read"))?;
    tell(&report, args.lang.language());
    if report.is_sound() { Ok(()) } else { Err(Said.into()) }
}

async fn open(config: &Config) -> Result<Store> {
    if let Some(path) = sqlite_path(&config.database.url).filter(|path| !path.exists()) {
        return Err(Wrong(format!("{} does not exist", path.display())).into());
    }
    let Config { database, .. } = config;
    let (url, allow_unsafe) = (database.url.clone(), database.allow_unsafe);
    Ok(Store::open(&StoreOptions { url, allow_unsafe, ..StoreOptions::default() }).await?)
}

/// What was looked at, in one sentence.
fn summary(report: &Report, language: Language) -> String {
    let Report { documents, orders, events, deliveries, stock_levels, reservations, not_replayed, .. } = report;
    let violations = report.violations.len() + usize::try_from(report.untold).unwrap_or(usize::MAX);
    match language {
        Language::English => format!(
            "Looked at {documents} documents, {orders} orders ({not_replayed} not replayed), {events} events, {deliveries} \
             deliveries, {stock_levels} stock levels and {reservations} reservations: {}.",
            count(violations, "violation")
        ),
        Language::Chinese => format!(
            "已检查 {documents} 份单据、{orders} 张订单（{not_replayed} 张未重放）、{events} 个事件、{deliveries} 条投递、\
             {stock_levels} 条库存和 {reservations} 条预留：发现 {violations} 处违规。"
        ),
    }
}

fn tell(report: &Report, language: Language) {
    for violation in &report.violations {
        let words = language.say(violation.code, &args([("what", violation.what.clone())]));
        eprintln!("{} [{}]", words.detail, violation.code);
    }
    if report.untold > 0 {
        eprintln!("... and {} more", report.untold);
    }
    println!("{}", summary(report, language));
}
