//! A stored document, read a few parts at a time: memory does not grow with it, and it can be read as often as wanted.

use crate::{
    app::Core,
    store::{Lane, StoreError, documents},
};
use adapters::decode::{self, Stored};
use model::{
    ids::DocumentId,
    time::{Instant, SECOND},
};
use std::{
    cell::{Cell, RefCell},
    fmt,
    io::{self, Read},
    sync::Arc,
};
use tokio::runtime::Handle;

/// Parts taken from the database at once; 256 KiB each at most.
const PARTS_AT_ONCE: i32 = 4;

/// The lease of the document being read, kept alive however long a pass takes.
#[derive(Debug)]
struct Lease {
    epoch: i64,
    /// Statements committed.
    progress: Cell<i64>,
    until: Cell<Instant>,
}

/// Reads with statements that wait: for threads that may.
pub(crate) struct StoredParts {
    core: Arc<Core>,
    runtime: Handle,
    document: DocumentId,
    size: u64,
    head: Vec<u8>,
    lease: Option<Lease>,
    /// Why no more could be read.
    fault: RefCell<Option<StoreError>>,
}

impl fmt::Debug for StoredParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredParts")
            .field("document", &self.document)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl StoredParts {
    /// Opens a document of `size` bytes; reads its head.
    ///
    /// # Errors
    /// The database is away, or a part is damaged.
    pub(crate) fn open(
        core: &Arc<Core>,
        runtime: &Handle,
        document: DocumentId,
        size: u64,
    ) -> Result<Self, StoreError> {
        let (core, runtime, fault) = (Arc::clone(core), runtime.clone(), RefCell::new(None));
        let mut parts = Self { core, runtime, document, size, head: Vec::new(), lease: None, fault };
        parts.head = decode::head(Parts::of(&parts)).unwrap_or_default();
        match parts.fault.take() {
            Some(fault) => Err(fault),
            None => Ok(parts),
        }
    }

    /// The same, keeping the lease that was just begun alive.
    pub(super) fn leased(self, epoch: i64, progress: i64) -> Self {
        let lease = Lease { epoch, progress: Cell::new(progress), until: Cell::new(lease_end(&self.core)) };
        Self { lease: Some(lease), ..self }
    }

    /// `progress` statements are committed, and the lease was prolonged with them.
    pub(super) fn committed(&self, progress: i64) {
        if let Some(lease) = &self.lease {
            lease.progress.set(progress);
            lease.until.set(lease_end(&self.core));
        }
    }

    /// Reading ended before the document did.
    pub(crate) fn is_broken(&self) -> bool {
        self.fault.borrow().is_some()
    }

    /// Why it did.
    pub(crate) fn fault(&self) -> Option<StoreError> {
        self.fault.take()
    }

    fn parts(&self, first: i32) -> Result<Vec<u8>, StoreError> {
        self.runtime.block_on(async {
            if let Some(lease) = &self.lease {
                self.keep(lease).await?;
            }
            documents::parts(self.core.store.read(), self.document, first, PARTS_AT_ONCE.unsigned_abs().into()).await
        })
    }

    /// Prolongs a lease of which half is over.
    async fn keep(&self, lease: &Lease) -> Result<(), StoreError> {
        let half = self.core.clock.now().plus(self.core.config.intake.lease_seconds * SECOND);
        if lease.until.get() > half {
            return Ok(());
        }
        let until = begin_lease(&self.core, self.document, lease.epoch, lease.progress.get()).await?;
        lease.until.set(until);
        Ok(())
    }
}

impl Stored for StoredParts {
    fn size(&self) -> u64 {
        self.size
    }

    fn head(&self) -> &[u8] {
        &self.head
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(Parts::of(self)))
    }
}

/// One way through the document.
struct Parts<'s> {
    stored: &'s StoredParts,
    next: i32,
    held: io::Cursor<Vec<u8>>,
}

impl<'s> Parts<'s> {
    fn of(stored: &'s StoredParts) -> Self {
        Self { stored, next: 0, held: io::Cursor::default() }
    }
}

impl Read for Parts<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.held.read(into)?;
        if length > 0 || into.is_empty() {
            return Ok(length);
        }
        match self.stored.parts(self.next) {
            Ok(bytes) => {
                self.next += PARTS_AT_ONCE;
                self.held = io::Cursor::new(bytes);
                self.held.read(into)
            }
            Err(fault) => {
                let told = io::Error::other(fault.to_string());
                self.stored.fault.replace(Some(fault));
                Err(told)
            }
        }
    }
}

/// Begins the lease of a document whose turn has come anew; gives until when it lasts.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else has it by now.
pub(super) async fn begin_lease(
    core: &Core,
    document: DocumentId,
    epoch: i64,
    progress: i64,
) -> Result<Instant, StoreError> {
    let until = lease_end(core);
    let tx = core.store.begin(Lane::Work).await?;
    documents::progress(&tx, document, epoch, progress, until).await?;
    tx.commit().await?;
    Ok(until)
}

fn lease_end(core: &Core) -> Instant {
    core.clock.now().plus(2 * core.config.intake.lease_seconds * SECOND)
}
