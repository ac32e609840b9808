//! Files on their way in: held in memory while they are small, beyond that in a file without a name, which is gone
//! whenever its holder is. Their hashes are made as they pass.

use super::dedupe_hash;
use crate::store;
use sha2::{Digest, Sha256};
use std::{fs::File, io, path::PathBuf};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Bytes up to which a file stays in memory; also those gathered before the disk is asked.
pub const SMALL: usize = 1024 * 1024;

/// Bytes read at once from a file that is there already.
const PIECE: usize = 256 * 1024;

/// A file that is still coming in.
#[derive(Debug)]
pub struct Spool {
    /// Where its bytes go when they are many.
    folder: PathBuf,
    held: Vec<u8>,
    file: Option<tokio::fs::File>,
    size: u64,
    sha256: Sha256,
    dedupe: Sha256,
}

/// A file that has come in whole.
#[derive(Debug)]
pub struct Spooled {
    pub(super) body: Body,
    pub(super) size: u64,
    pub(super) sha256: [u8; 32],
    pub(super) dedupe_key: [u8; 32],
}

#[derive(Debug)]
pub(super) enum Body {
    Held(Vec<u8>),
    /// At its beginning.
    File(File),
}

impl Spool {
    /// For a file of `channel` and `topic` on its way into `database`: beside an SQLite file, which has room for it if the
    /// database has, or where the system keeps temporary files.
    pub(super) fn new(database: &str, channel: &str, topic: &str) -> Self {
        let beside = store::sqlite_path(database).and_then(|file| Some(file.parent()?.to_owned()));
        let folder = match beside {
            Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
            Some(folder) => folder,
            None => std::env::temp_dir(),
        };
        let (sha256, dedupe) = (Sha256::new(), dedupe_hash(channel, topic));
        Self { folder, held: Vec::new(), file: None, size: 0, sha256, dedupe }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// The disk is full or cannot be written to.
    pub async fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sha256.update(bytes);
        self.dedupe.update(bytes);
        self.size += bytes.len() as u64;
        self.held.extend_from_slice(bytes);
        if self.held.len() > SMALL { self.flush().await } else { Ok(()) }
    }

    /// Takes all of a file, never whole in memory when it is large.
    ///
    /// # Errors
    /// The file cannot be read, or those of [`Self::add`].
    pub async fn gather(mut self, mut from: tokio::fs::File) -> io::Result<Spooled> {
        let mut piece = vec![0; PIECE];
        loop {
            match from.read(&mut piece).await? {
                0 => return self.end().await,
                length => self.add(&piece[..length]).await?,
            }
        }
    }

    /// The file is whole.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub async fn end(mut self) -> io::Result<Spooled> {
        if self.file.is_some() {
            self.flush().await?;
        }
        let body = match self.file {
            None => Body::Held(self.held),
            Some(mut file) => {
                file.flush().await?;
                let mut file = file.into_std().await;
                io::Seek::rewind(&mut file)?;
                Body::File(file)
            }
        };
        Ok(Spooled {
            body,
            size: self.size,
            sha256: self.sha256.finalize().into(),
            dedupe_key: self.dedupe.finalize().into(),
        })
    }

    async fn flush(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            // Without a name from the start where the system can, readable by its owner only.
            none => none.insert(tokio::fs::File::from_std(tempfile::tempfile_in(&self.folder)?)),
        };
        file.write_all(&self.held).await?;
        self.held.clear();
        Ok(())
    }
}

impl Spooled {
    /// Bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Is it too large to be held in memory?
    pub const fn is_large(&self) -> bool {
        matches!(self.body, Body::File(_))
    }
}
