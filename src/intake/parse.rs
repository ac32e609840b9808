//! Reading documents, off the async threads: statements go to the order runner in chunks, rejects beside them.

use super::{
    Arrival, DocumentKind,
    stored::{self, StoredParts},
};
use crate::{
    app::{ChannelRuntime, Core},
    orders::{Finish, Runner, StatementJob, counted},
    store::{
        StoreError,
        documents::{self, DocumentState},
    },
    traces::{self, Trace},
    turns::Receiver,
};
use model::{
    codes::Channel,
    ids::DocumentId,
    order::event::Actor,
    port::inbound::{Document, Outcomes, Read},
    said::{Reject, Said},
    time::Instant,
};
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ops::ControlFlow,
    sync::Arc,
};
use tokio::runtime::Handle;

pub use super::lanes::Parser;

/// Statements handed to the runner at once.
const CHUNK: usize = 256;
/// Rejects kept of one document; further ones are counted in the summary's records only.
pub const REJECTS_MAX: usize = 10_000;
/// Bytes from which on a document takes the lane of the large ones.
pub(super) const LARGE: i64 = 256 * 1024;

/// A document to be read.
#[derive(Debug)]
pub struct Task {
    pub document: DocumentId,
    pub epoch: i64,
    /// Statements already committed by a reader that died.
    pub progress: i64,
    /// What became of those.
    pub so_far: Outcomes,
    pub kind: DocumentKind,
    pub channel: Channel,
    /// Who brought it.
    pub actor: Actor,
    pub topic: String,
    pub name: String,
    pub media_type: String,
    pub headers: Vec<(String, String)>,
    pub received_at: Instant,
    /// Empty for a large document that is stored already: it is read when its turn comes, so that one at a time is in
    /// memory.
    pub bytes: Vec<u8>,
    /// Bytes of the document.
    pub size: i64,
}

impl Task {
    /// A document that was just stored, under its first lease.
    pub(super) fn of(document: DocumentId, received_at: Instant, arrival: Arrival) -> Self {
        Self {
            document,
            epoch: 1,
            progress: 0,
            so_far: Outcomes::default(),
            kind: arrival.kind,
            channel: arrival.channel,
            actor: arrival.actor,
            topic: arrival.topic,
            name: arrival.name,
            media_type: arrival.media_type,
            headers: arrival.headers,
            received_at,
            size: i64::try_from(arrival.bytes.len()).unwrap_or(i64::MAX),
            bytes: arrival.bytes,
        }
    }
}

#[derive(Debug)]
pub(super) struct Reader {
    pub(super) core: Arc<Core>,
    pub(super) runner: Runner,
    pub(super) runtime: Handle,
}

impl Reader {
    /// Reads what comes until nobody brings more.
    pub(super) fn work(&self, mut inbox: Receiver<Channel, Task>) {
        while let Some(task) = self.runtime.block_on(self.next(&mut inbox)) {
            self.read(task);
        }
    }

    /// The next document whose channel the runner has room for.
    async fn next(&self, inbox: &mut Receiver<Channel, Task>) -> Option<Task> {
        loop {
            // Made before we look, so that what is taken up while we look wakes us.
            let taken_up = self.runner.taken_up();
            if let Some((_, item)) = inbox.try_recv(|channel| self.runner.has_room(channel)) {
                return Some(item.what);
            }
            tokio::select! {
                more = inbox.more() => if !more { return None },
                () = taken_up => {}
            }
        }
    }

    fn read(&self, mut task: Task) {
        let channel = self.core.channels.get(task.channel.as_str()).cloned();
        let stored = match self.stored(&mut task, channel.as_deref()) {
            Ok(stored) => stored,
            // Somebody else has its lease by now, or its bytes are gone.
            Err(StoreError::Conflict(_)) => return,
            Err(error) => {
                tracing::warn!(%error, document = %task.document, "a large document waits for its lease to be read");
                return;
            }
        };
        let Some(channel) = channel else {
            tracing::error!(channel = %task.channel, document = %task.document, "its channel is not configured any more");
            return;
        };
        let (began, reading) = (self.core.clock.now(), Reading::new(self, &channel, &task, stored.as_ref()));
        let trace = reading.trace;
        let ended = reading.run();
        if let Some(trace) = trace {
            let attributes = vec![("channel", task.channel.to_string()), ("document", task.document.to_string())];
            self.core.traces.did(trace, traces::READ, (began, self.core.clock.now()), attributes);
        }
        if let Err(error) = ended {
            // Its lease runs out and it is read again, from its progress on.
            tracing::error!(%error, document = %task.document, "a document could not be read to its end");
        }
    }

    /// What of a document that is not in memory, and whose turn has come, stays in the store while it is read; of other
    /// kinds the task gets the bytes. Its lease begins anew.
    fn stored(&self, task: &mut Task, channel: Option<&ChannelRuntime>) -> Result<Option<StoredParts>, StoreError> {
        if !task.bytes.is_empty() || task.size == 0 {
            return Ok(None);
        }
        let lease = stored::begin_lease(&self.core, task.document, task.epoch, task.progress);
        self.runtime.block_on(lease)?;
        if channel.is_some_and(|channel| channel.reads_stored(task.kind)) {
            let size = u64::try_from(task.size).unwrap_or(0);
            let stored = StoredParts::open(&self.core, &self.runtime, task.document, size)?;
            return Ok(Some(stored.leased(task.epoch, task.progress)));
        }
        let bytes = self.runtime.block_on(documents::bytes(self.core.store.read(), task.document))?;
        task.bytes = bytes.ok_or(StoreError::Conflict(documents::LEASE))?;
        Ok(None)
    }
}

/// One document being read.
struct Reading<'a> {
    reader: &'a Reader,
    channel: &'a ChannelRuntime,
    task: &'a Task,
    /// Where the bytes are that are not in the task.
    stored: Option<&'a StoredParts>,
    /// Name and version of the mapping that reads it.
    mapping: (String, i32),
    chunk: Vec<Said>,
    rejects: Vec<Reject>,
    /// Statements read, those of an earlier reader included.
    seen: i64,
    so_far: Outcomes,
    good: u32,
    /// Hashes of the keys of orders with rejects.
    bad: HashSet<u64>,
    rejected: u32,
    /// Some of it was sent already.
    begun: bool,
    trace: Option<Trace>,
}

type Fault = crate::orders::RunError;

impl<'a> Reading<'a> {
    fn new(reader: &'a Reader, channel: &'a ChannelRuntime, task: &'a Task, stored: Option<&'a StoredParts>) -> Self {
        let (mapping, chunk, rejects) = (Default::default(), Vec::new(), Vec::new());
        let (so_far, bad) = (task.so_far, HashSet::new());
        let trace = reader.core.traces.of(task.document, &task.headers);
        Self {
            reader,
            channel,
            task,
            stored,
            mapping,
            chunk,
            rejects,
            seen: 0,
            so_far,
            good: 0,
            bad,
            rejected: 0,
            begun: false,
            trace,
        }
    }

    fn run(mut self) -> Result<(), Fault> {
        let (task, stored, channel) = (self.task, self.stored, self.channel);
        let document = Document {
            topic: &task.topic,
            name: &task.name,
            media_type: &task.media_type,
            headers: &task.headers,
            bytes: &task.bytes,
            received_at: task.received_at,
        };
        let mapping = channel.mapping_of(task.kind, &document);
        self.mapping = (mapping.name.clone(), i32::try_from(mapping.version).unwrap_or(i32::MAX));
        let mut failed = None;
        let mut sink = |read| {
            // What is told of a document that ends too early says nothing of the document.
            if stored.is_some_and(StoredParts::is_broken) {
                return ControlFlow::Break(());
            }
            match self.take(read) {
                Ok(()) => ControlFlow::Continue(()),
                Err(fault) => {
                    failed = Some(fault);
                    ControlFlow::Break(())
                }
            }
        };
        let summary = match stored {
            Some(stored) => channel.parse_stored(&document, stored, &mut sink),
            None => channel.parse(task.kind, &document, &mut sink),
        };
        if let Some(fault) = failed {
            return Err(fault);
        }
        if let Some(fault) = stored.and_then(StoredParts::fault) {
            return Err(Fault::Unavailable(fault.to_string()));
        }
        let bad = u32::try_from(self.bad.len()).unwrap_or(u32::MAX);
        let state = if summary.held.is_some() { DocumentState::Held } else { DocumentState::Done };
        let finish = Finish { state, summary, good: self.good, bad };
        self.send(Some(finish))
    }

    fn take(&mut self, read: Read) -> Result<(), Fault> {
        match read {
            Read::Said(said) => {
                self.seen += 1;
                self.good += 1;
                // A reader that died had committed these.
                if self.seen > self.task.progress {
                    self.chunk.push(said);
                }
            }
            Read::Reject(reject) => {
                if !reject.order_key.is_empty() {
                    self.bad.insert(hash(&reject.order_key));
                }
                if (self.rejected as usize) + self.rejects.len() < REJECTS_MAX {
                    self.rejects.push(reject);
                }
            }
        }
        if self.chunk.len() >= self.most() { self.send(None) } else { Ok(()) }
    }

    /// Statements to send at once: of a file fewer while others bring orders.
    fn most(&self) -> usize {
        match self.task.kind {
            DocumentKind::Webhook | DocumentKind::Api => CHUNK,
            _ => self.reader.runner.chunk().min(CHUNK),
        }
    }

    /// Sends the chunk; waits for it unless it is the document's only one, so that webhooks keep flowing.
    fn send(&mut self, finish: Option<Finish>) -> Result<(), Fault> {
        let rejects = std::mem::take(&mut self.rejects);
        let first_reject = self.rejected + 1;
        self.rejected += u32::try_from(rejects.len()).unwrap_or(u32::MAX);
        let alone = finish.is_some() && !self.begun;
        self.begun = true;
        let outcome = self.reader.runner.statements_blocking(StatementJob {
            document: self.task.document,
            epoch: self.task.epoch,
            trace: self.trace,
            channel: self.task.channel.clone(),
            actor: self.task.actor.clone(),
            arrival: self.task.received_at.0,
            mapping: self.mapping.0.clone(),
            mapping_version: self.mapping.1,
            said: std::mem::take(&mut self.chunk),
            progress: self.seen,
            so_far: self.so_far,
            rejects,
            first_reject,
            finish,
        })?;
        if alone {
            return Ok(());
        }
        let outcomes = outcome.blocking_recv();
        let outcomes = outcomes.map_err(|_| Fault::Unavailable("the order runner has stopped".to_owned()))??;
        self.so_far = self.so_far.plus(counted(&outcomes));
        if let Some(stored) = self.stored {
            stored.committed(self.seen.max(self.task.progress));
        }
        Ok(())
    }
}

fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
