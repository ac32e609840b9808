//! From configuration to a core ready to run: everything is read and checked first, all mistakes at once.

mod callbacks;
mod channels;
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
    intake::folder::Folders,
    keys::KeyCache,
    orders::PartyKey,
    store::{self, Lane, Store, StoreError, StoreOptions},
    world::WorldCache,
};
use adapters::mapping::{Mapping, Tables, Wording};
use include_dir::{Dir, include_dir};
use model::rules::policy::Policies;
use std::{collections::BTreeMap, path::Path, sync::Arc};
use tokio::sync::{Notify, watch};

static MAPPINGS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/mappings");
static POLICIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/config/policies");

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
    let policies = policies(&config, &mut mistakes);
    let mappings = mappings(&config, &mut mistakes);
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
    Mistake { file, line: 0, column: 0, code, problem, path: Vec::new() }
}

/// The `.toml` files below `folder`, or those inside the binary when it is empty; sorted by name.
fn files(folder: &Path, inside: &Dir<'_>, mistakes: &mut Vec<Mistake>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if folder.as_os_str().is_empty() {
        collect_inside(inside, &mut found);
    } else if let Err(error) = collect_folder(folder, folder, &mut found) {
        mistakes.push(nowhere(&folder.display().to_string(), "unreadable", &error.to_string()));
    }
    found.sort();
    found
}

fn collect_inside(dir: &Dir<'_>, found: &mut Vec<(String, String)>) {
    for file in dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "toml")) {
        if let Some(text) = file.contents_utf8() {
            found.push((file.path().to_string_lossy().into_owned(), text.to_owned()));
        }
    }
    for below in dir.dirs() {
        collect_inside(below, found);
    }
}

fn collect_folder(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_folder(root, &path, found)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

fn policies(config: &Config, mistakes: &mut Vec<Mistake>) -> Option<Arc<Policies>> {
    let files = files(&config.policies, &POLICIES, mistakes);
    match Policies::read(&files) {
        Ok(policies) => Some(Arc::new(policies)),
        Err(faults) => {
            mistakes.extend(faults.into_iter().map(|f| Mistake {
                problem: words(&f.code, &f.args),
                file: f.file,
                line: f.line,
                column: f.column,
                code: f.code,
                path: Vec::new(),
            }));
            None
        }
    }
}

/// A mistake's words for the one who writes configuration: English, at the terminal.
fn words(code: &str, args: &model::said::Args) -> String {
    let entry = crate::words::Language::English.say(code, args);
    let given: Vec<_> = args.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    match (entry.title == code, entry.detail.is_empty()) {
        (true, _) => format!("{} ({})", code.replace('_', " "), given.join(", ")),
        (false, true) => entry.title,
        (false, false) => entry.detail,
    }
}

/// The mappings of a configuration that can be used, and what is wrong with the others.
pub fn mappings_of(config: &Config) -> (BTreeMap<String, Mapping>, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let found = mappings(config, &mut mistakes);
    (found, mistakes)
}

/// Folders below that of the mappings: value tables, mappings of messages that go out, and notices to customers.
const TABLES: &str = "tables/";
const OUTGOING: &str = "out/";
const NOTICES: &str = "notices/";

fn note(faults: Vec<adapters::mapping::Fault>, mistakes: &mut Vec<Mistake>) {
    mistakes.extend(faults.into_iter().map(|f| Mistake {
        problem: words(f.code, &f.args),
        file: f.file,
        line: f.line,
        column: f.column,
        code: f.code.to_owned(),
        path: Vec::new(),
    }));
}

fn tables(files: &[(String, String)], mistakes: &mut Vec<Mistake>) -> Tables {
    let mut tables = Tables::default();
    for (name, text) in files.iter().filter(|(name, _)| name.starts_with(TABLES)) {
        tables.add(name, text).unwrap_or_else(|faults| note(faults, mistakes));
    }
    tables
}

fn mappings(config: &Config, mistakes: &mut Vec<Mistake>) -> BTreeMap<String, Mapping> {
    let files = files(&config.mappings, &MAPPINGS, mistakes);
    let tables = tables(&files, mistakes);
    let mut found = BTreeMap::new();
    let incoming = |name: &str| [TABLES, OUTGOING, NOTICES].iter().all(|folder| !name.starts_with(folder));
    for (name, text) in files.iter().filter(|(name, _)| incoming(name)) {
        match Mapping::read(name, text, &tables) {
            Ok(mapping) => {
                found.insert(mapping.name.clone().to_owned(), mapping);
            }
            Err(faults) => note(faults, mistakes),
        }
    }
    found
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
        config: checked.config,
        policies: checked.policies,
        channels: checked.channels,
        listeners: checked.listeners,
        wordings: checked.wordings,
        deliveries: Notify::new(),
        work: Notify::new(),
        journal: watch::Sender::new(last),
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
