//! The sender's own book: an acknowledgement counts once its line is on the disk. It alone says what was acknowledged.

use anyhow::{Context as _, Result, anyhow};
use std::{
    collections::BTreeSet,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};
use tokio::sync::{mpsc, oneshot};

/// Lines waiting for their turn.
const WAITING_MAX: usize = 1024;

/// SHA-256 of a document.
pub(crate) type Hash = [u8; 32];

struct Line {
    text: String,
    written: oneshot::Sender<()>,
}

/// A document that speaks of no order.
pub(crate) const NO_ORDER: u64 = 0;

/// The book while it is written.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    lines: mpsc::Sender<Line>,
}

impl Ledger {
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let path = folder.join("acknowledged");
        let file = File::create_new(&path).with_context(|| path.display().to_string())?;
        let (lines, inbox) = mpsc::channel(WAITING_MAX);
        std::thread::spawn(move || keep(file, inbox));
        Ok(Self { path, lines })
    }

    /// Returns when it is on the disk that `order` was acknowledged.
    pub(crate) async fn note(&self, order: u64, hash: &Hash) -> Result<()> {
        let (written, done) = oneshot::channel();
        let line = Line { text: format!("{order} {}\n", hex::encode(hash)), written };
        self.lines.send(line).await.map_err(|_| anyhow!("the ledger is closed"))?;
        done.await.context("the ledger could not be written")
    }

    /// What is in the book: orders ([`NO_ORDER`] for a document that speaks of none) and hashes.
    pub(crate) fn read(&self) -> Result<BTreeSet<(u64, Hash)>> {
        let text = std::fs::read_to_string(&self.path)?;
        let line = |line: &str| {
            let (order, hash) = line.split_once(' ').context("a line is broken")?;
            let mut bytes = Hash::default();
            hex::decode_to_slice(hash, &mut bytes)?;
            Ok((order.parse()?, bytes))
        };
        text.lines().map(line).collect()
    }
}

/// Lines that wait together share an fsync.
fn keep(mut file: File, mut inbox: mpsc::Receiver<Line>) {
    while let Some(first) = inbox.blocking_recv() {
        let mut batch = vec![first];
        while let Ok(next) = inbox.try_recv() {
            batch.push(next);
        }
        let text: String = batch.iter().map(|line| line.text.as_str()).collect();
        if let Err(error) = file.write_all(text.as_bytes()).and_then(|()| file.sync_data()) {
            eprintln!("the ledger cannot be written: {error}");
            return;
        }
        for line in batch {
            // Whoever gave up waiting does not count it.
            let _gave_up = line.written.send(());
        }
    }
}
