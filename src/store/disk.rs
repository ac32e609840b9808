//! A disk that fails to keep what it was given. After a failed fsync the operating system may take the pages for written, and
//! the next fsync says "done" of what is nowhere. So this process writes nothing more and ends; the next start writes the whole
//! log into the file anew before it answers anybody.

use super::StoreError;
use crate::crash;
use tokio::sync::watch;

#[derive(Debug, Default)]
pub(super) struct Disk {
    failed: watch::Sender<bool>,
}

impl Disk {
    /// # Errors
    /// [`StoreError::DiskFailed`] once it has.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if *self.failed.borrow() { Err(StoreError::DiskFailed) } else { Ok(()) }
    }

    /// Looks whether `error` means that the disk failed.
    pub(super) fn note(&self, error: &StoreError) {
        // What must never be: the fault campaign shows with it that it would notice.
        if error.is_failed_sync() && !crash::is_unsafe("forgive_disk") && !self.failed.send_replace(true) {
            tracing::error!(%error, "the disk failed to keep what was written; nothing more is written until the next start");
        }
    }

    /// Returns when it has failed.
    pub(super) async fn failed(&self) {
        let mut failed = self.failed.subscribe();
        // The sender lives as long as we do.
        let _closed = failed.wait_for(|failed| *failed).await;
    }
}
