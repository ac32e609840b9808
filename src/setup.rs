//! From configuration to a core ready to run: everything is read and checked first, all mistakes at once.

mod callbacks;
mod channels;
mod files;
mod folders;
mod hooks;
mod house;
mod partners;
mod wordings;

use crate::{
    app::{ChannelRuntime, Core, Listener},
    clock::Clock,
    config::{Config, Unread},
    entropy,
    feed::Feed,
    intake::folder::Folders,
    keys::KeyCache,
    metrics::Metrics,
    orders::PartyKey,
    overload::Degraded,
    store::{self, Lane, Store, StoreError, StoreOptions},
    traces::Traces,
    words::Language,
    world::WorldCache,
};
use adapters::mapping::{Mapping, Wording};
use model::rules::policy::Policies;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{Notify, watch};

pub use crate::config::Mistake;

/// Everything that was read and found right.
#[derive(Debug)]
pub struct Checked {
    pub config: Config,
    pub policies: Arc<Policies>,
    pub channels: BTreeMap<String, Arc<ChannelRuntime>>,
    pub listeners: Vec<Listener>,
    /// What each connector's messages look like, where its own form is not wanted.
    pub wordings: Wordings,
}

/// Outgoing mappings and notices by connector.
pub type Wordings = BTreeMap<String, Arc<Wording>>;

/// A mistake in this language, where its code has words in it; else as it is.
pub fn told(mistake: &Mistake, language: Language) -> String {
    let Some(args) = &mistake.args else { return mistake.to_string() };
    let words = files::words(language, &mistake.code, args);
    let problem = if mistake.path.is_empty() { words } else { format!("{}: {words}", mistake.path.join(".")) };
    Mistake { problem, ..mistake.clone() }.to_string()
}

/// Checks a configuration that has been read, or what could be read of it.
///
/// # Errors
/// Every mistake found, sorted by file and line.
pub fn check_read(read: Result<Config, Box<Unread>>) -> Result<Checked, Vec<Mistake>> {
    let Unread { mut mistakes, rest } = match read {
        Ok(config) => return check(config),
        Err(unread) => *unread,
    };
    if let Some(rest) = rest {
        let source = rest.source.clone();
        let further = check(rest).err().unwrap_or_default();
        mistakes.extend(further.into_iter().filter(|mistake| !source.is_faulty(&mistake.path)));
    }
    mistakes.sort();
    Err(mistakes)
}

/// Reads policies, mappings, channels, carriers and connectors.
///
/// # Errors
/// Every mistake found, sorted by file and line.
pub fn check(config: Config) -> Result<Checked, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let policies = files::policies(&config, &mut mistakes);
    let mappings = files::mappings(&config, &mut mistakes);
    let channels = channels::read(&config, &mappings, &mut mistakes);
    folders::check(&config, &mut mistakes);
    callbacks::check(&config, &mut mistakes);
    let listeners = partners::listeners(&config, &mut mistakes);
    let wordings = wordings::read(&config, &mut mistakes);
    house::check(&config, &mut mistakes);
    match policies {
        Some(policies) if mistakes.is_empty() => Ok(Checked { config, policies, channels, listeners, wordings }),
        _ => {
            mistakes.sort();
            Err(mistakes)
        }
    }
}

/// A mistake that no file of the operator's holds.
fn nowhere(place: &str, code: &str, problem: &str) -> Mistake {
    let (file, code, problem) = (place.to_owned(), code.to_owned(), problem.to_owned());
    Mistake { file, line: 0, column: 0, code, problem, path: Vec::new(), args: None }
}

/// The mappings of a configuration that can be used, and what is wrong with the others.
pub fn mappings_of(config: &Config) -> (BTreeMap<String, Mapping>, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let found = files::mappings(config, &mut mistakes);
    (found.good, mistakes)
}

/// The secrets of these names, which the key at `path` holds; `None` when one is missing, which has been noted.
fn secrets(config: &Config, path: &[&str], names: &[String], mistakes: &mut Vec<Mistake>) -> Option<Vec<Vec<u8>>> {
    let mut read = Some(Vec::new());
    for name in names {
        match config.secret(name) {
            Ok(secret) => read = read.map(|read| [read, vec![secret]].concat()),
            Err(error) => {
                if !config.source.is_faulty(&["secrets", name]) {
                    mistakes.push(config.source.mistake(path, "secret_missing", &error.to_string()));
                }
                read = None;
            }
        }
    }
    read
}

/// Names of the database's own secrets in `settings`.
const PARTY_KEY: &str = "party_key";
const PEPPER: &str = "key_pepper";

/// Opens the database and puts the core together; runs missing migrations.
///
/// # Errors
/// The database is away, unsafe, in use or damaged.
pub async fn open(checked: Checked, clock: Clock, exclusive: bool) -> Result<Core, StoreError> {
    let options = StoreOptions {
        exclusive,
        allow_unsafe: checked.config.database.allow_unsafe,
        url: checked.config.database.url.clone(),
        ..StoreOptions::default()
    };
    let store = Store::open(&options).await?;
    store.migrate().await?;
    store::party_marks::mark_all(&store).await?;
    let party_key = PartyKey(secret(&store, PARTY_KEY).await?);
    let pepper = pepper(&store).await?;
    let tx = store.begin(Lane::Work).await?;
    let texts = store::rows::json(&checked.policies.texts)?;
    store::house::keep_policy(&tx, &checked.policies.hash, &texts, clock.now()).await?;
    tx.commit().await?;
    let last = store::journal::last(store.read()).await?;
    Ok(Core {
        node: format!("node-{}", hex::encode(entropy::bytes::<6>())),
        traces: Traces::new(!checked.config.traces.endpoint.is_empty()),
        config: checked.config,
        policies: checked.policies,
        channels: checked.channels,
        listeners: checked.listeners,
        wordings: checked.wordings,
        deliveries: Notify::new(),
        work: Notify::new(),
        journal: watch::Sender::new(last),
        feed: Feed::default(),
        metrics: Metrics::default(),
        degraded: Degraded::default(),
        folders: Folders::default(),
        worlds: WorldCache::default(),
        keys: KeyCache::default(),
        party_key,
        pepper,
        store,
        clock,
    })
}

/// The database's own secret under which API keys are hashed.
///
/// # Errors
/// The database is away.
pub async fn pepper(store: &Store) -> Result<Vec<u8>, StoreError> {
    secret(store, PEPPER).await
}

/// A secret made once for this database.
async fn secret(store: &Store, name: &str) -> Result<Vec<u8>, StoreError> {
    let tx = store.begin(Lane::Work).await?;
    let value = store::house::setting_or(&tx, name, entropy::bytes::<32>().to_vec()).await?;
    tx.commit().await?;
    Ok(value)
}
