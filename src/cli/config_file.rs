//! From `--config` to a checked configuration, an open core, or words about what to do.

use super::Said;
use crate::{
    app::{App, Core},
    clock::Clock,
    config::Config,
    setup::{self, Checked},
    store::{self, StoreError},
    words::Language,
};
use anyhow::{Context as _, anyhow};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Which configuration a command runs with.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ConfigFile {
    /// Configuration file, laid over the defaults (config/base.toml); the defaults alone when left out
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// The configuration, not checked.
    pub(super) fn load(&self) -> anyhow::Result<Config> {
        Config::load(self.config.as_deref()).map_err(|error| anyhow!("{error}"))
    }

    /// Everything read and checked; mistakes are printed, all of them.
    pub(super) fn checked(&self) -> anyhow::Result<Checked> {
        self.checked_in(Language::English)
    }

    /// [`Self::checked`] for somebody who reads this language.
    pub(super) fn checked_in(&self, language: Language) -> anyhow::Result<Checked> {
        setup::check_read(Config::load(self.config.as_deref())).map_err(|mistakes| {
            for mistake in &mistakes {
                eprintln!("{}", setup::told(mistake, language));
            }
            match language {
                Language::English => eprintln!("{}; nothing was started", count(mistakes.len(), "mistake")),
                Language::Chinese => eprintln!("共 {} 处错误；未启动任何服务", mistakes.len()),
            }
            Said.into()
        })
    }

    /// The option as to be repeated in an example.
    pub(super) fn again(&self) -> String {
        self.config.as_ref().map_or_else(String::new, |file| format!(" --config {}", file.display()))
    }
}

/// Opens the core; `exclusive` for what runs an application on it.
pub(super) async fn open(checked: Checked, exclusive: bool) -> anyhow::Result<Core> {
    let url = shown(&checked.config.database.url);
    setup::open(checked, Clock::system(), exclusive).await.map_err(|error| explained(error, &url))
}

/// The application on a database that nobody serves.
pub(super) async fn application(checked: Checked) -> anyhow::Result<App> {
    Ok(App::start(Arc::new(open(checked, true).await?))?)
}

fn explained(error: StoreError, url: &str) -> anyhow::Error {
    match error {
        StoreError::InUse(path) => anyhow!(
            "{} is served by another running Tributary. Stop that one first, or ask it over HTTP: commands that write \
             take --server URL --key KEY.",
            path.display()
        ),
        StoreError::File { path, error } => anyhow!("the database {url} cannot be opened: {}", of_file(&path, &error)),
        error if error.is_unavailable() => Away(format!(
            "the database {url} cannot be reached: {error}; see that it runs and that database.url is right"
        ))
        .into(),
        // Its sources are in its words already.
        error => anyhow!("the database {url} cannot be opened: {error}{}", remedy(&error)),
    }
}

/// The database does not answer; it may when it is asked again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Away(String);

/// What to do about a file that cannot be opened.
fn of_file(path: &Path, error: &std::io::Error) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).display();
    match error.kind() {
        ErrorKind::NotFound if !path.parent().is_some_and(Path::is_dir) => {
            format!("the folder {folder} is not there; make it, or set database.url to another")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => format!(
            "{} cannot be written; give the folder {folder} to the user who runs this, or set database.url to another",
            path.display()
        ),
        ErrorKind::IsADirectory => {
            format!("{} is a folder; set database.url to a file in it", path.display())
        }
        _ => format!("{}: {error}", path.display()),
    }
}

/// What to do about an error of the database itself.
fn remedy(error: &StoreError) -> &'static str {
    let words = error.to_string();
    if words.contains("file is not a database") {
        "; set database.url to another file, or put back the one that was there"
    } else if words.contains("authentication failed") {
        "; set user and password in database.url"
    } else if words.contains("does not exist") {
        "; make it (createdb), or set database.url to another"
    } else {
        ""
    }
}

/// Is a server running on this configuration's database? On PostgreSQL many nodes may, and it does not matter.
pub(super) fn is_served(config: &Config) -> bool {
    store::sqlite_path(&config.database.url).is_some_and(|path| store::is_served(&path))
}

/// A database address without what may be a password.
pub(super) fn shown(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

/// `1 mistake`, `3 mistakes`.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// The bytes of a file, or which one cannot be read.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}
