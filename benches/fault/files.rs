//! What comes besides webhooks: a folder that is filled, and large uploads, each repeated until it is acknowledged.

use super::{
    ledger::{Hash, Ledger, NO_ORDER},
    site::Site,
    world,
};
use anyhow::{Context as _, Result};
use model::codes::{Channel, Role, User};
use sha2::{Digest as _, Sha256};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinHandle;
use tributary::{
    cli::http::Caller,
    clock::Clock,
    entropy, keys, setup,
    store::{Lane, keys::ApiKey},
    words::Language,
};

pub(crate) const CHANNEL: &str = "counter";
/// Written in two commits, and a third with which it is there.
const LARGE: usize = 1_200_000;
const PAUSE: Duration = Duration::from_millis(300);

/// Sections of a configuration for it.
pub(crate) fn config(folder: &Path) -> String {
    format!(
        "[channels.{CHANNEL}]\nplatform = \"file\"\nmapping = \"pos-cn-csv\"\ncurrency = \"CNY\"\n\
         zone = \"Asia/Shanghai\"\ncountry = \"CN\"\n[channels.{CHANNEL}.folder]\npath = \"{}\"\nevery_seconds = 1\n",
        folder.display()
    )
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    ledger: Ledger,
    caller: Caller,
    stop: AtomicBool,
    /// Hashes of files in the folder: taken once they are gone from it.
    put: Mutex<Vec<Hash>>,
}

/// It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Files {
    shared: Arc<Shared>,
    uploads: JoinHandle<Result<()>>,
    puts: JoinHandle<Result<()>>,
}

impl Files {
    pub(crate) async fn start(site: &Site, to: SocketAddr) -> Result<Self> {
        let caller = Caller::new(&format!("http://{to}"), &key(site).await?, Language::English)?;
        let (folder, ledger) = (site.inbox(), site.ledger.clone());
        let shared = Arc::new(Shared { folder, ledger, caller, stop: AtomicBool::new(false), put: Mutex::default() });
        let uploads = tokio::spawn(Arc::clone(&shared).upload());
        let puts = tokio::spawn(Arc::clone(&shared).put());
        Ok(Self { shared, uploads, puts })
    }

    /// Begins nothing new; returns when everything was taken.
    pub(crate) async fn stop(mut self, patience: Duration) -> Result<()> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let ended = async {
            (&mut self.uploads).await??;
            (&mut self.puts).await??;
            while self.shared.left()? > 0 {
                tokio::time::sleep(PAUSE / 3).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(patience, ended).await.context("files were never taken")??;
        let put = std::mem::take(&mut *self.shared.put.lock().unwrap_or_else(PoisonError::into_inner));
        for hash in put {
            self.shared.ledger.note(NO_ORDER, &hash).await?;
        }
        Ok(())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.uploads.abort();
        self.puts.abort();
    }
}

impl Shared {
    async fn upload(self: Arc<Self>) -> Result<()> {
        while !self.stop.load(Ordering::SeqCst) {
            // One field that is too long: no time is spent on rows.
            let body = hex::encode(entropy::bytes::<16>()).repeat(LARGE / 32).into_bytes();
            let hash = Sha256::digest(&body).into();
            while self.caller.upload(CHANNEL, "large.csv", body.clone()).await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
            self.ledger.note(NO_ORDER, &hash).await?;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn put(self: Arc<Self>) -> Result<()> {
        while !self.stop.load(Ordering::SeqCst) {
            let name = hex::encode(entropy::bytes::<16>());
            let body = format!("{name}\n");
            let unfinished = self.folder.join(format!(".{name}"));
            std::fs::write(&unfinished, &body)?;
            std::fs::rename(&unfinished, self.folder.join(format!("{name}.csv")))?;
            self.put.lock().unwrap_or_else(PoisonError::into_inner).push(Sha256::digest(&body).into());
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Files that nobody has taken yet.
    fn left(&self) -> Result<usize> {
        let all = std::fs::read_dir(&self.folder)?;
        Ok(all.filter_map(Result::ok).filter(|entry| entry.path().extension().is_some_and(|ext| ext == "csv")).count())
    }
}

/// A key that may upload.
async fn key(site: &Site) -> Result<String> {
    let store = site.open().await?;
    let made = keys::make(&setup::pepper(&store).await?);
    let key = ApiKey {
        id: made.id,
        user: User::new(world::CHANNEL),
        role: Role::new("channel"),
        channel: Some(Channel::new(CHANNEL)),
        secret_hash: made.hash.to_vec(),
        created_at: Clock::system().now(),
        expires_at: None,
        revoked_at: None,
    };
    let tx = store.begin(Lane::Work).await?;
    tributary::store::keys::create(&tx, &key).await?;
    tx.commit().await?;
    store.close().await?;
    Ok(made.text)
}
