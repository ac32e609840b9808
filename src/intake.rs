//! Documents come in: durable first, acknowledged then, read after.

pub mod folder;
mod lanes;
mod large;
mod late;
pub mod parse;
pub mod replay;
pub mod spool;
pub(crate) mod stored;
mod sweep;
mod writer;

use crate::{
    app::Core,
    clock::Stopwatch,
    crash, entropy,
    orders::Runner,
    turns::{self, Item, Room, Sender},
};
use large::Large;
use model::{codes::Channel, ids::DocumentId, order::event::Actor};
use sha2::{Digest, Sha256};
use spool::{Body, Spool, Spooled};
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

pub use crate::store::documents::DocumentKind;
pub use large::forget as forget_unfinished;

/// A document at the door.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub channel: Channel,
    pub kind: DocumentKind,
    pub topic: String,
    pub name: String,
    pub media_type: String,
    /// Headers worth keeping, lower-case names.
    pub headers: Vec<(String, String)>,
    pub actor: Actor,
    pub bytes: Vec<u8>,
}

/// What the sender may be told: it is durable under this id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accepted {
    pub document: DocumentId,
    /// The same bytes had arrived before, under this id.
    pub duplicate: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAccepted {
    /// The queue is full; try again after a moment.
    #[error("too many documents are waiting")]
    Full,
    #[error("the database is not available: {0}")]
    Unavailable(String),
}

/// A document on its way to the one commit it shares with its neighbours.
#[derive(Debug)]
struct Waiting {
    arrival: Arrival,
    sha256: [u8; 32],
    dedupe_key: [u8; 32],
    reply: oneshot::Sender<Result<Accepted, NotAccepted>>,
}

/// Bytes of documents that wait for their commit together.
const QUEUE_BYTES: usize = 128 * 1024 * 1024;
/// Large files written to the database at once; others wait in their spool.
const LARGE_AT_ONCE: usize = 4;

/// A handle to the intake.
#[derive(Clone, Debug)]
pub struct Intake {
    core: Arc<Core>,
    door: Sender<Channel, Waiting>,
    large: Arc<Semaphore>,
    pub parser: parse::Parser,
}

impl Intake {
    /// Starts the writer, the parser and the sweep for documents nobody reads.
    pub fn start(core: &Arc<Core>, runner: &Runner) -> Self {
        let (door, inbox) = turns::queue(Room { items: core.config.intake.queue, bytes: QUEUE_BYTES });
        let parser = parse::Parser::start(Arc::clone(core), runner.clone());
        tokio::spawn(writer::work(Arc::clone(core), inbox, parser.clone()));
        tokio::spawn(sweep::work(Arc::clone(core), parser.clone()));
        tokio::spawn(sweep::keep(Arc::clone(core), parser.clone(), runner.clone()));
        tokio::spawn(large::sweep(Arc::clone(core)));
        Self { core: Arc::clone(core), door, large: Arc::new(Semaphore::new(LARGE_AT_ONCE)), parser }
    }

    /// Stores a document; returns when it is durable.
    ///
    /// # Errors
    /// The queue is full or the database is away; then nothing was stored.
    pub async fn accept(&self, arrival: Arrival) -> Result<Accepted, NotAccepted> {
        let key = dedupe_key(&arrival);
        self.bring(arrival, key).await
    }

    /// Stores a document whose sender says with a key of its own, unique in the channel, what is the same: the first with
    /// this key is stored, whatever the others hold. The key is kept as the header `idempotency-key`.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub async fn accept_once(&self, mut arrival: Arrival, key: &str) -> Result<Accepted, NotAccepted> {
        arrival.headers.push((IDEMPOTENCY_KEY.to_owned(), key.to_owned()));
        let key = once_key(arrival.channel.as_str(), key);
        self.bring(arrival, key).await
    }

    /// Is there room for another document of this channel? One that floods has none while others have.
    pub fn has_room(&self, channel: &Channel) -> bool {
        self.door.has_room(channel)
    }

    /// Documents that wait for their commit.
    pub fn waiting(&self) -> usize {
        self.door.waiting()
    }

    /// Thousandths of the room for documents that wait for their commit that are taken.
    pub fn permille(&self) -> usize {
        self.door.permille()
    }

    async fn bring(&self, arrival: Arrival, dedupe_key: [u8; 32]) -> Result<Accepted, NotAccepted> {
        let sha256: [u8; 32] = Sha256::digest(&arrival.bytes).into();
        self.small(arrival, sha256, dedupe_key).await
    }

    /// Where a file of `channel` and `topic` is gathered that may be too large for memory.
    pub fn spool(&self, channel: &Channel, topic: &str) -> Spool {
        Spool::new(&self.core.config.database.url, channel.as_str(), topic)
    }

    /// Stores a file gathered in a [`Spool`] of the arrival's channel and topic; `arrival.bytes` are empty. Returns when
    /// it is durable.
    ///
    /// # Errors
    /// As [`Self::accept`]; of a large file parts may stay behind, which nobody sees and which are swept away.
    pub async fn accept_file(&self, arrival: Arrival, file: Spooled) -> Result<Accepted, NotAccepted> {
        let Spooled { body, size, sha256, dedupe_key } = file;
        match body {
            Body::Held(bytes) => self.small(Arrival { bytes, ..arrival }, sha256, dedupe_key).await,
            Body::File(file) => {
                let channel = arrival.channel.clone();
                let large = Large { arrival, file, size, sha256, dedupe_key };
                let (core, parser, room) = (Arc::clone(&self.core), self.parser.clone(), Arc::clone(&self.large));
                // On its own: a sender who goes away does not stop it half way.
                let stored = tokio::spawn(async move {
                    let _room = room.acquire_owned().await;
                    large::store(&core, &parser, large).await
                });
                let stored = stored.await.unwrap_or_else(|error| Err(NotAccepted::Unavailable(error.to_string())));
                self.core.metrics.document(channel.as_str(), outcome(&stored));
                stored
            }
        }
    }

    async fn small(&self, arrival: Arrival, sha256: [u8; 32], dedupe_key: [u8; 32]) -> Result<Accepted, NotAccepted> {
        let (channel, watch) = (arrival.channel.clone(), Stopwatch::start());
        let accepted = self.queued(arrival, sha256, dedupe_key).await;
        if accepted.is_ok() {
            self.core.metrics.acknowledged(watch.elapsed());
        }
        self.core.metrics.document(channel.as_str(), outcome(&accepted));
        accepted
    }

    /// Nothing was stored of a document of this channel: there was no room.
    pub(crate) fn refused(&self, channel: &Channel) {
        self.core.metrics.document(channel.as_str(), REFUSED);
    }

    async fn queued(&self, arrival: Arrival, sha256: [u8; 32], dedupe_key: [u8; 32]) -> Result<Accepted, NotAccepted> {
        let (reply, outcome) = oneshot::channel();
        // What must never be: the fault campaign shows with it that it would notice.
        let dedupe_key = if crash::is_unsafe("take_twice") { entropy::bytes() } else { dedupe_key };
        let (channel, bytes, since) = (arrival.channel.clone(), arrival.bytes.len(), self.core.clock.now());
        let waiting = Item { bytes, since, what: Waiting { arrival, sha256, dedupe_key, reply } };
        self.door.offer(channel, waiting).map_err(|_| NotAccepted::Full)?;
        outcome.await.unwrap_or_else(|_| Err(NotAccepted::Unavailable("the intake has stopped".to_owned())))
    }
}

const REFUSED: &str = "refused";

/// What became of a document, as it is counted.
const fn outcome(accepted: &Result<Accepted, NotAccepted>) -> &'static str {
    match accepted {
        Ok(Accepted { duplicate: false, .. }) => "accepted",
        Ok(Accepted { duplicate: true, .. }) => "duplicate",
        Err(_) => REFUSED,
    }
}

/// Sameness at the door: channel, topic and raw body, nothing else. Whether two different documents speak of the same
/// order is decided later.
fn dedupe_key(arrival: &Arrival) -> [u8; 32] {
    let mut hash = dedupe_hash(arrival.channel.as_str(), &arrival.topic);
    hash.update(&arrival.bytes);
    hash.finalize().into()
}

/// The header a sender's own key is kept in.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Sameness by the sender's own key. No topic of a body looks like this one.
pub(crate) fn once_key(channel: &str, key: &str) -> [u8; 32] {
    let mut hash = dedupe_hash(channel, "\0idempotency-key");
    hash.update(key.as_bytes());
    hash.finalize().into()
}

/// The hash of a dedupe key, as far as it goes without the body.
pub(crate) fn dedupe_hash(channel: &str, topic: &str) -> Sha256 {
    let mut hash = Sha256::new();
    for part in [channel.as_bytes(), topic.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash
}
