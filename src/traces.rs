//! Traces: one from an order's arrival to its partners. Off unless a collector is named, and then nothing is kept for them:
//! a trace is its document's id, or the one its sender began (`traceparent`), which is kept with the document's headers.
//! Ids only, no people.

use model::{ids::DocumentId, time::Instant};
use sha2::{Digest, Sha256};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::mpsc;

/// The header of the W3C's Trace Context.
pub const HEADER: &str = "traceparent";
/// Spans that wait for the collector; more are dropped, and counted.
const QUEUE: usize = 8192;

/// Names of spans, and of what they measure.
pub const WEBHOOK: &str = "webhook";
pub const READ: &str = "read";
pub const DECIDE: &str = "decide";
pub const DELIVER: &str = "deliver";

/// The trace a document belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trace {
    id: [u8; 16],
    document: DocumentId,
    /// The sender's own span.
    sender: Option<[u8; 8]>,
}

impl Trace {
    /// The one its sender began, else its own.
    pub fn of(document: DocumentId, headers: &[(String, String)]) -> Self {
        let given = headers.iter().find(|(name, _)| name == HEADER).and_then(|(_, value)| read(value));
        match given {
            Some((id, sender)) => Self { id, document, sender: Some(sender) },
            None => Self { id: document.uuid().into_bytes(), document, sender: None },
        }
    }

    /// Derived, so that whoever makes a child needs not be told.
    fn span(&self, name: &str) -> [u8; 8] {
        let hash: [u8; 32] = Sha256::new().chain_update(self.document.uuid()).chain_update(name).finalize().into();
        let mut id = [0; 8];
        id.copy_from_slice(&hash[..8]);
        id
    }

    /// What a partner is told when it is called under the span `id`.
    pub fn header(&self, id: [u8; 8]) -> String {
        format!("00-{}-{}-01", hex::encode(self.id), hex::encode(id))
    }
}

/// `00-<trace>-<span>-<flags>`; ids of zeros only are none.
fn read(value: &str) -> Option<([u8; 16], [u8; 8])> {
    let mut parts = value.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (mut id, mut sender) = ([0; 16], [0; 8]);
    hex::decode_to_slice(trace, &mut id).ok()?;
    hex::decode_to_slice(span, &mut sender).ok()?;
    let is_good = version.len() == 2 && version != "ff" && flags.len() == 2 && id != [0; 16] && sender != [0; 8];
    is_good.then_some((id, sender))
}

/// A piece of work that is over.
#[derive(Clone, Debug)]
pub struct Span {
    pub trace: [u8; 16],
    pub id: [u8; 8],
    pub parent: Option<[u8; 8]>,
    pub name: &'static str,
    pub start: Instant,
    pub end: Instant,
    pub attributes: Vec<(&'static str, String)>,
}

/// Where spans go.
#[derive(Debug)]
pub struct Traces {
    spans: Option<mpsc::Sender<Span>>,
    inbox: Mutex<Option<mpsc::Receiver<Span>>>,
    dropped: AtomicU64,
}

impl Traces {
    /// `is_wanted`: a collector is named.
    pub fn new(is_wanted: bool) -> Self {
        let (spans, inbox) = if is_wanted { Some(mpsc::channel(QUEUE)).unzip() } else { (None, None) };
        Self { spans, inbox: Mutex::new(inbox), dropped: AtomicU64::new(0) }
    }

    pub const fn is_on(&self) -> bool {
        self.spans.is_some()
    }

    /// The trace of a document, when anybody wants to know.
    pub fn of(&self, document: DocumentId, headers: &[(String, String)]) -> Option<Trace> {
        self.is_on().then(|| Trace::of(document, headers))
    }

    /// What the collector's task takes from, once.
    pub(crate) fn take(&self) -> Option<mpsc::Receiver<Span>> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A document came in.
    pub fn came(&self, trace: Trace, times: (Instant, Instant), attributes: Vec<(&'static str, String)>) {
        self.send(trace, trace.span(WEBHOOK), trace.sender, WEBHOOK, times, attributes);
    }

    /// Something was done with it.
    pub fn did(
        &self,
        trace: Trace,
        name: &'static str,
        times: (Instant, Instant),
        attributes: Vec<(&'static str, String)>,
    ) {
        self.send(trace, trace.span(name), Some(trace.span(WEBHOOK)), name, times, attributes);
    }

    /// A partner was told, under this span.
    pub fn told(&self, trace: Trace, id: [u8; 8], times: (Instant, Instant), attributes: Vec<(&'static str, String)>) {
        self.send(trace, id, Some(trace.span(WEBHOOK)), DELIVER, times, attributes);
    }

    fn send(
        &self,
        trace: Trace,
        id: [u8; 8],
        parent: Option<[u8; 8]>,
        name: &'static str,
        (start, end): (Instant, Instant),
        attributes: Vec<(&'static str, String)>,
    ) {
        let Some(spans) = &self.spans else { return };
        if spans.try_send(Span { trace: trace.id, id, parent, name, start, end, attributes }).is_err() {
            self.lost(1);
        }
    }

    pub(crate) fn lost(&self, spans: usize) {
        self.dropped.fetch_add(spans as u64, Ordering::Relaxed);
    }

    /// Spans the collector never got.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
