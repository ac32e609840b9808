//! Moving a file that was taken, never onto another one.

use super::Look;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Numbers tried for a name that is taken.
const NUMBERS_MAX: u32 = 10_000;
/// What is put behind a file's name for its report.
pub(super) const REPORT: &str = ".report.json";
/// And for the workbook of the rows that wait.
const MENDED: &str = ".mended.xlsx";

/// What is put beside a file.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub(super) report: Vec<u8>,
    /// The rows that wait, where there are any.
    pub(super) mended: Option<Vec<u8>>,
}

/// Locked while a file is moved; hidden, so that it is no file to be taken.
const LOCK: &str = ".tributary.lock";

/// Where a file goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Every order in it was taken.
    Done,
    /// Something in it waits for a person.
    Failed,
}

impl Outcome {
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// Moves `name` to the folder of its outcome with its report beside it; under a numbered name where the plain one is
/// taken. Somebody else may have moved it before: then nothing is done.
///
/// The report is written first, under a name nobody has: it keeps the place for the file, also against other nodes.
///
/// # Errors
/// The folders cannot be written to; the file is then where it was.
pub(super) fn settle(folder: &Path, name: &str, look: Look, outcome: Outcome, put: &Beside) -> io::Result<()> {
    let from = folder.join(name);
    let target = folder.join(outcome.folder());
    fs::create_dir_all(&target)?;
    // One node at a time where the file system can lock; elsewhere a name may get a number it did not need.
    let turn = OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(LOCK))?;
    let _locked = turn.lock();
    if fs::symlink_metadata(&from).is_err() {
        return Ok(());
    }
    for number in 1..=NUMBERS_MAX {
        let to = target.join(numbered(name, number));
        let (beside, mended) = (with(&to, REPORT), with(&to, MENDED));
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        if fs::symlink_metadata(&to).is_ok() {
            fs::remove_file(&beside)?;
            continue;
        }
        let written = match &put.mended {
            Some(workbook) => fs::write(&mended, workbook),
            None => Ok(()),
        };
        let written = written.and_then(|()| file.write_all(&put.report)).and_then(|()| file.sync_all());
        let moved = written.and_then(|()| fs::rename(&from, &to));
        return match moved {
            Ok(()) => take_back(&from, &to, &[&beside, &mended], look),
            Err(error) => {
                remove(&[&beside, &mended])?;
                if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
            }
        };
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free name is left"))
}

/// A newer file of the same name, written while the one before was read, goes back to be taken itself.
fn take_back(from: &Path, to: &Path, beside: &[&Path], look: Look) -> io::Result<()> {
    if Look::of(&fs::symlink_metadata(to)?)? == look || fs::symlink_metadata(from).is_ok() {
        return Ok(());
    }
    fs::rename(to, from)?;
    remove(beside)
}

fn remove(files: &[&Path]) -> io::Result<()> {
    for file in files {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn with(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// `day.csv`, `day-2.csv`, `day-3.csv`.
fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (_, Some((stem, extension))) if !stem.is_empty() => format!("{stem}-{number}.{extension}"),
        (_, _) => format!("{name}-{number}"),
    }
}
