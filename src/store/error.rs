//! What can go wrong in the store, and what the caller should do about it.

use sea_orm::{DbErr, RuntimeErr, sqlx};
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database: {0}")]
    Database(#[from] DbErr),
    #[error("the database: {0}")]
    Driver(#[from] sqlx::Error),
    /// A stored row does not mean anything any more: a bug or a hand in the database.
    #[error("{table}.{column} of `{id}` makes no sense")]
    Inconsistent { table: &'static str, column: &'static str, id: String },
    /// Somebody else changed it first; read it again and decide again.
    #[error("{0} was changed by somebody else meanwhile")]
    Conflict(&'static str),
    #[error("`{0}` is no database address; use sqlite:///folder/file.db or postgres://user@host/name")]
    Address(String),
    #[error("SQLite {0} may lose committed data; at least {1} is needed")]
    OldSqlite(String, &'static str),
    /// A setting of the server that gives up durability.
    #[error("PostgreSQL runs with `{0}`, which may lose committed data; set it on, or allow it on purpose")]
    Unsafe(String),
    #[error("`{0}` is in use by another running Tributary")]
    InUse(PathBuf),
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// An fsync failed: what was written may be nowhere.
    #[error("the disk failed to keep what was written")]
    DiskFailed,
    #[error("`{path}`: {error}")]
    File { path: PathBuf, error: std::io::Error },
    #[error("a value cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// What was to be written could not be made: a bug of ours, told in the log.
    #[error("a thread ended: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// PostgreSQL: serialization failure, deadlock, lock timeout. SQLite: busy, in its extended forms too.
const RETRY: [&str; 7] = ["40001", "40P01", "55P03", "5", "261", "517", "773"];

/// PostgreSQL: statement timeout, shutting down, starting up, too many connections, disk full, read-only; class 08 is
/// checked by prefix. SQLite: read-only, I/O error, full, cannot open.
const UNAVAILABLE: [&str; 12] =
    ["57014", "57P01", "57P02", "57P03", "53300", "53100", "53200", "25006", "8", "10", "13", "14"];

/// A CHECK constraint said no: PostgreSQL, SQLite (extended).
const CHECK: [&str; 2] = ["23514", "275"];

/// A unique constraint said no: PostgreSQL, SQLite (unique, primary key).
const UNIQUE: [&str; 3] = ["23505", "2067", "1555"];

/// SQLite: fsync of a file or of its folder failed.
const FAILED_SYNC: [&str; 2] = ["1034", "1290"];

impl StoreError {
    /// The whole transaction may be tried again as it is.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Conflict(_)) || self.code().is_some_and(|code| RETRY.contains(&code.as_str()))
    }

    /// The database cannot be reached, is full or is going down: answer 503 and try later.
    pub fn is_unavailable(&self) -> bool {
        match self.driver() {
            Some(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_)) => {
                true
            }
            Some(sqlx::Error::WorkerCrashed) => true,
            Some(_) => self.code().is_some_and(|code| is_unavailable_code(&code)),
            None => matches!(
                self,
                Self::Database(DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) | Self::File { .. } | Self::DiskFailed
            ),
        }
    }

    /// What was to be on the disk is perhaps not.
    pub(super) fn is_failed_sync(&self) -> bool {
        self.code().is_some_and(|code| FAILED_SYNC.contains(&code.as_str()))
    }

    /// A CHECK constraint refused it, such as the law of an order line or overselling.
    pub fn is_unlawful(&self) -> bool {
        self.code().is_some_and(|code| CHECK.contains(&code.as_str()))
    }

    /// A unique key refused it.
    pub fn is_duplicate(&self) -> bool {
        self.code().is_some_and(|code| UNIQUE.contains(&code.as_str()))
    }

    /// SQLSTATE on PostgreSQL, the extended result code on SQLite.
    fn code(&self) -> Option<String> {
        self.driver()?.as_database_error()?.code().map(|code| code.into_owned())
    }

    fn driver(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Driver(error) => Some(error),
            Self::Database(
                DbErr::Exec(RuntimeErr::SqlxError(error))
                | DbErr::Query(RuntimeErr::SqlxError(error))
                | DbErr::Conn(RuntimeErr::SqlxError(error)),
            ) => Some(error),
            _ => None,
        }
    }
}

/// SQLite's extended codes carry the primary one in their low byte; SQLSTATEs have five characters.
fn is_unavailable_code(code: &str) -> bool {
    let primary = match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => (number & 0xff).to_string(),
        _ => code.to_owned(),
    };
    code.starts_with("08") || UNAVAILABLE.contains(&primary.as_str())
}
