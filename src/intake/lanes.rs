//! The lanes documents wait in to be read: what comes one by one, files, large files and carriers' callbacks have one each, so
//! that a million rows delay no webhook; in each, channels take turns, and one that floods waits behind itself.

use super::{
    Arrival, DocumentKind,
    late::{self, Late},
    parse::{LARGE, Reader, Task},
};
use crate::{
    app::Core,
    orders::Runner,
    tracking,
    turns::{self, Item, Receiver, Room, Sender},
};
use model::{codes::Channel, ids::DocumentId, time::Instant};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
};

/// Bytes of the documents in one lane's memory.
const LANE_BYTES: usize = 64 * 1024 * 1024;
/// Large files that wait for their turn in memory, without their bytes.
const LARGE_WAITING: usize = 8;
/// Callbacks taken in at once.
const CALLBACKS: usize = 64;
/// Thousandths of a queue that one channel alone can fill.
const HALF: usize = 500;

/// A handle to the reading threads.
#[derive(Clone, Debug)]
pub struct Parser {
    core: Arc<Core>,
    lanes: Lanes,
    late: mpsc::Sender<Late>,
    /// Since when the oldest of the late ones waits, microseconds; 0 = none does.
    late_since: Arc<AtomicI64>,
}

/// The queues of the reading threads.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    /// Webhooks and calls of the API: orders one by one.
    single: Sender<Channel, Task>,
    files: Sender<Channel, Task>,
    large: Sender<Channel, Task>,
    callbacks: Sender<Channel, Task>,
}

impl Lanes {
    fn of(&self, task: &Task) -> &Sender<Channel, Task> {
        match task.kind {
            DocumentKind::Callback => &self.callbacks,
            _ if task.size >= LARGE => &self.large,
            DocumentKind::Webhook | DocumentKind::Api => &self.single,
            DocumentKind::Upload | DocumentKind::Import | DocumentKind::Attachment => &self.files,
        }
    }

    /// Waits for a place; those who wait have theirs before newcomers.
    pub(super) async fn bring(&self, task: Task, since: Instant) {
        let lane = self.of(&task).clone();
        let (channel, item) = waiting(task, since);
        if !lane.bring(channel, item).await {
            tracing::warn!("a reading thread has ended; a document waits for its lease");
        }
    }
}

fn waiting(task: Task, since: Instant) -> (Channel, Item<Task>) {
    (task.channel.clone(), Item { bytes: task.bytes.len(), since, what: task })
}

impl Parser {
    /// Starts the reading threads; they end when every handle is gone.
    pub fn start(core: Arc<Core>, runner: Runner) -> Self {
        let room = |items| Room { items, bytes: LANE_BYTES };
        let queue = core.config.intake.parse_queue;
        let lane = |name: &str, items: usize| {
            let (tasks, inbox) = turns::queue(room(items));
            let reader = Reader { core: Arc::clone(&core), runner: runner.clone(), runtime: Handle::current() };
            let spawned = std::thread::Builder::new().name(format!("parse-{name}")).spawn(move || reader.work(inbox));
            if let Err(error) = spawned {
                tracing::error!(%error, "no thread to read documents with; they wait for their leases");
            }
            tasks
        };
        let (callbacks, inbox) = turns::queue(room(queue));
        tokio::spawn(take_callbacks(Arc::clone(&core), runner.clone(), inbox));
        let (single, files, large) = (lane("single", queue), lane("files", queue), lane("large", LARGE_WAITING));
        let lanes = Lanes { single, files, large, callbacks };
        let (late, inbox) = mpsc::channel(late::MAX);
        let late_since = Arc::new(AtomicI64::new(0));
        tokio::spawn(late::work(Arc::clone(&core), inbox, lanes.clone(), Arc::clone(&late_since)));
        Self { core, lanes, late, late_since }
    }

    /// Hands a document on that was just stored.
    pub fn hand_on(&self, document: DocumentId, received_at: Instant, arrival: Arrival) {
        self.offer(Task::of(document, received_at, arrival));
    }

    /// Offers a task to its lane. One that finds it full is forgotten but for its id, and read from the store when
    /// there is room.
    pub fn offer(&self, task: Task) {
        let since = self.core.clock.now();
        let late = Late { document: task.document, epoch: task.epoch, since };
        let lane = self.lanes.of(&task);
        let (channel, item) = waiting(task, since);
        if lane.offer(channel, item).is_err() && self.late.try_send(late).is_err() {
            tracing::warn!(document = %late.document, "a document waits for its lease to be read");
        }
    }

    /// How many documents wait in each lane, those that found theirs full included.
    pub(crate) fn waiting(&self) -> [(&'static str, usize); 5] {
        let Lanes { single, files, large, callbacks } = &self.lanes;
        let late = self.late.max_capacity() - self.late.capacity();
        [
            ("single", single.waiting()),
            ("files", files.waiting()),
            ("large", large.waiting()),
            ("callbacks", callbacks.waiting()),
            ("late", late),
        ]
    }

    /// As many documents wait to be read as are held in memory of one channel.
    pub(super) fn is_full(&self) -> bool {
        [&self.lanes.single, &self.lanes.files].iter().any(|lane| lane.permille() >= HALF)
    }

    /// Since when the oldest of all documents waits to be read.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        let Lanes { single, files, large, callbacks } = &self.lanes;
        let lanes = [single, files, large, callbacks].into_iter().filter_map(Sender::oldest);
        lanes.chain(self.late_since()).min()
    }

    fn late_since(&self) -> Option<Instant> {
        Some(Instant(self.late_since.load(Ordering::Relaxed))).filter(|since| since.0 > 0)
    }

    /// Since when the oldest order brought one by one waits to be read. Files take their time.
    pub fn oldest(&self) -> Option<Instant> {
        [self.late_since(), self.lanes.single.oldest()].into_iter().flatten().min()
    }
}

/// Takes callbacks in, some at once.
async fn take_callbacks(core: Arc<Core>, runner: Runner, mut inbox: Receiver<Channel, Task>) {
    let places = Arc::new(Semaphore::new(CALLBACKS));
    while let Some((_, item)) = inbox.recv().await {
        let place = Arc::clone(&places).acquire_owned().await;
        let (core, runner) = (Arc::clone(&core), runner.clone());
        tokio::spawn(async move {
            let _place = place;
            tracking::take(core, runner, item.what).await;
        });
    }
}
