//! Files for a folder: whole or not at all, never outside it, never over another.

use model::{
    port::outbound::{Failure, FileRequest, Outcome},
    said::args,
};
use std::{
    fs::{self, File, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Bytes of a file's name.
const NAME_MAX: usize = 200;
/// The one who empties the folder is of our group; nobody else reads orders.
const MODE: u32 = 0o660;

/// A partner's folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder of an address `file:///path`; `None` when it is none.
    pub fn of(url: &str) -> Option<Self> {
        let path = reqwest::Url::parse(url).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()?;
        Some(Self { path })
    }

    /// Puts one file. The same bytes under the same name are done already; others are not written over.
    pub async fn put(&self, request: &FileRequest) -> Outcome {
        if !is_plain(&request.file) {
            let args = args([("why", "file_name".to_owned())]);
            return Outcome::Failed(Failure::Broken { code: "message_broken".to_owned(), args });
        }
        let (folder, file, bytes) = (self.path.clone(), request.file.clone(), request.bytes.clone());
        let writing = tokio::task::spawn_blocking(move || put(&folder, &file, &bytes));
        let deadline = Duration::from_micros(u64::try_from(request.deadline).unwrap_or(0));
        match tokio::time::timeout(deadline, writing).await {
            Ok(Ok(Ok(true))) => Outcome::Done,
            Ok(Ok(Ok(false))) => {
                let args = args([("file", request.file.clone())]);
                Outcome::Failed(Failure::Broken { code: "file_conflict".to_owned(), args })
            }
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, folder = %self.path.display(), "a file could not be put");
                Outcome::Failed(Failure::Later { code: "folder_unwritable".to_owned(), after: None })
            }
            Ok(Err(_)) | Err(_) => Outcome::Unknown { code: "folder_unwritable".to_owned() },
        }
    }
}

/// Whether it names a file in a folder, whatever the system.
fn is_plain(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= NAME_MAX && !name.starts_with('.') && name.bytes().all(plain)
}

/// False when another file has the name.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<bool> {
    let path = folder.join(name);
    let mut builder = tempfile::Builder::new();
    // A leading dot: whoever looks for files does not see it before it is whole.
    let mut part = builder.prefix(".").suffix(".part").permissions(Permissions::from_mode(MODE)).tempfile_in(folder)?;
    part.write_all(bytes)?;
    part.as_file().sync_all()?;
    match part.persist_noclobber(&path) {
        Ok(_) => {}
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {
            if !fs::symlink_metadata(&path)?.is_file() || fs::read(&path)? != bytes {
                return Ok(false);
            }
        }
        Err(refused) => return Err(refused.error),
    }
    File::open(folder)?.sync_all()?;
    Ok(true)
}
