//! Watched folders: a file that has come to rest is taken as `tributary import` takes it, then moved to `done` or `failed`
//! with its report beside it.
//!
//! Nothing is lost between storing and moving: a file still there is the same document again, and is moved then. Several
//! nodes may watch one folder; both store the same document, and one of them moves the file.

mod report;
mod settle;

use super::{Arrival, DocumentKind, Intake, NotAccepted};
use crate::{
    app::{App, ChannelRuntime, Core},
    mending,
    store::{
        StoreError,
        documents::{self, DocumentState},
    },
    words::Language,
};
use model::{ids::DocumentId, order::event::Actor};
use settle::{Beside, Outcome, settle};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

/// Files looked at in one round; the others wait for the next.
const FILES_MAX: usize = 1_000;
/// How often a document's progress is asked for, and for how long at most before its file waits for the next round.
const POLL: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(300);
/// Ends of names that mean "still being written", lower case.
const UNFINISHED: [&str; 6] = [".crdownload", ".filepart", ".part", ".partial", ".swp", ".tmp"];

/// Channels whose folder cannot be used at the moment.
#[derive(Debug, Default)]
pub struct Folders {
    troubled: Mutex<BTreeSet<String>>,
}

impl Folders {
    pub fn troubled(&self) -> Vec<String> {
        self.troubled.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Notes how a look went, and logs when that changed.
    fn note(&self, channel: &str, folder: &Path, trouble: Option<&Trouble>) {
        let mut troubled = self.troubled.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            Some(trouble) => {
                if troubled.insert(channel.to_owned()) {
                    tracing::error!(channel, folder = %folder.display(), %trouble, "a watched folder cannot be used");
                }
            }
            None => {
                if troubled.remove(channel) {
                    tracing::info!(channel, folder = %folder.display(), "a watched folder can be used again");
                }
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    NotAccepted(#[from] NotAccepted),
    #[error("a task was stopped")]
    Stopped,
}

/// What tells that a file has not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Look {
    size: u64,
    modified: SystemTime,
}

impl Look {
    fn of(found: &std::fs::Metadata) -> io::Result<Self> {
        Ok(Self { size: found.len(), modified: found.modified()? })
    }
}

/// Watches the folder of every channel that has one.
pub fn start(app: &App) {
    for channel in app.core.channels.values().filter(|channel| channel.config.folder.is_some()) {
        let (core, intake, channel) = (Arc::clone(&app.core), app.intake.clone(), Arc::clone(channel));
        tokio::spawn(async move { Watcher::new(core, intake, channel).watch().await });
    }
}

struct Watcher {
    core: Arc<Core>,
    intake: Intake,
    channel: Arc<ChannelRuntime>,
    folder: PathBuf,
    every: Duration,
    /// Files of the round before.
    seen: BTreeMap<String, Look>,
}

impl Watcher {
    fn new(core: Arc<Core>, intake: Intake, channel: Arc<ChannelRuntime>) -> Self {
        let (folder, every) = match &channel.config.folder {
            Some(folder) => (folder.path.clone(), folder.every_seconds),
            None => (PathBuf::new(), u64::from(u32::MAX)),
        };
        Self { core, intake, channel, folder, every: Duration::from_secs(every), seen: BTreeMap::new() }
    }

    async fn watch(mut self) {
        loop {
            let round = self.round().await;
            self.core.folders.note(self.channel.code.as_str(), &self.folder, round.as_ref().err());
            tokio::time::sleep(self.every).await;
        }
    }

    async fn round(&mut self) -> Result<(), Trouble> {
        let folder = self.folder.clone();
        let found = blocking(move || list(&folder)).await?;
        let mut trouble = None;
        for (name, look) in &found {
            if self.seen.get(name) != Some(look) {
                continue;
            }
            // One that cannot be taken now does not keep the others from it.
            if let Err(error) = self.take(name, *look).await {
                trouble = Some(error);
            }
        }
        self.seen = found;
        trouble.map_or(Ok(()), Err)
    }

    /// Takes one file that has come to rest.
    async fn take(&self, name: &str, look: Look) -> Result<(), Trouble> {
        let path = self.folder.join(name);
        let max = self.core.config.server.upload_max as u64;
        if look.size > max {
            let report = report::refused(name, "body_too_large", [("max", max.to_string())]);
            return self.put_away(name, look, Outcome::Failed, Beside { report, mended: None }).await;
        }
        let opened = match tokio::fs::File::open(&path).await {
            Ok(opened) => opened,
            // Taken by another node meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let spooled = self.intake.spool(&self.channel.code, "").gather(opened).await?;
        // Written to meanwhile.
        if spooled.size() != look.size {
            return Ok(());
        }
        if look.size == 0 {
            let report = report::refused(name, "empty_file", []);
            return self.put_away(name, look, Outcome::Failed, Beside { report, mended: None }).await;
        }
        let channel = self.channel.code.clone();
        let arrival = Arrival {
            channel: channel.clone(),
            kind: DocumentKind::Import,
            topic: String::new(),
            name: name.to_owned(),
            media_type: mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream").to_owned(),
            headers: Vec::new(),
            actor: Actor::Channel { channel },
            bytes: Vec::new(),
        };
        let accepted = self.intake.accept_file(arrival, spooled).await?;
        crate::crash::point("folder.stored");
        let Some(document) = self.read(accepted.document).await? else { return Ok(()) };
        let (outcome, report) = report::of(&self.core, name, &document, accepted.duplicate).await?;
        let (good, bad, id) = (document.orders_good, document.orders_bad, document.id);
        tracing::info!(channel = %self.channel.code, document = %id, good, bad, duplicate = accepted.duplicate, outcome = outcome.folder(), "a file was taken");
        let mended = if outcome == Outcome::Failed { self.mended(document).await } else { None };
        self.put_away(name, look, outcome, Beside { report, mended }).await
    }

    /// The rows that wait, where the file can be mended by its rows; nobody asked in a language, so it is the country's.
    async fn mended(&self, document: documents::Document) -> Option<Vec<u8>> {
        let chinese = self.channel.defaults.country == "CN";
        let language = if chinese { Language::Chinese } else { Language::English };
        mending::mend(&self.core, document, language).await.ok()
    }

    /// The document once it was read; `None` when that takes too long.
    async fn read(&self, id: DocumentId) -> Result<Option<documents::Document>, StoreError> {
        let reading = async {
            loop {
                let found = documents::by_id(self.core.store.read(), id).await?;
                match found {
                    Some(d) if matches!(d.state, DocumentState::Receiving | DocumentState::Received) => {}
                    found => return Ok(found),
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap_or(Ok(None))
    }

    async fn put_away(&self, name: &str, look: Look, outcome: Outcome, put: Beside) -> Result<(), Trouble> {
        let (folder, name) = (self.folder.clone(), name.to_owned());
        blocking(move || settle(&folder, &name, look, outcome, &put)).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Trouble> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| Trouble::Stopped)??)
}

/// The files of a folder that may be taken once they rest; links, folders and what is being written are left.
fn list(folder: &Path) -> io::Result<BTreeMap<String, Look>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // A name that is no text would be another name in the report.
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !is_finished(&name) {
            continue;
        }
        // Of the entry itself: a link is no file.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() {
            found.insert(name, Look::of(&metadata)?);
        }
        if found.len() >= FILES_MAX {
            break;
        }
    }
    Ok(found)
}

fn is_finished(name: &str) -> bool {
    let small = name.to_lowercase();
    let open_in_office = small.starts_with("~$") || small.starts_with(".~lock");
    !small.starts_with('.') && !open_in_office && !UNFINISHED.iter().any(|end| small.ends_with(end))
}
