//! Do the stored rows obey the invariants? Asked of a whole database at rest or at work, in one snapshot and in pages;
//! what crash stories ask after every crash, and an operator after a restore.

mod deliveries;
mod documents;
mod journal;
mod orders;
mod stock;

use crate::store::{Store, StoreError};
use sea_orm::{AccessMode, ConnectionTrait, DbBackend, IsolationLevel, TransactionOptions, TransactionTrait};
use serde::Serialize;
use std::fmt::Display;

/// Violations that are told; further ones are counted.
pub const TOLD_MAX: usize = 1000;

/// Rows looked at together.
const PAGE: u64 = 200;

/// A row or a set of rows that breaks an invariant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Violation {
    /// Stable; its words take `what` as their argument.
    pub code: &'static str,
    /// Which rows, and what they say; ids and codes only, no people.
    pub what: String,
}

impl Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.what)
    }
}

/// What was looked at, and what is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    pub documents: u64,
    pub orders: u64,
    /// Rows of the journal.
    pub events: u64,
    /// Messages to partners that the orders' histories ask for, whether or not somebody listens.
    pub messages: u64,
    pub deliveries: u64,
    pub stock_levels: u64,
    pub reservations: u64,
    /// Orders that were not replayed: a newer program wrote some of their events, or they have too many.
    pub not_replayed: u64,
    /// The first [`TOLD_MAX`].
    pub violations: Vec<Violation>,
    /// Violations beyond those told.
    pub untold: u64,
}

impl Report {
    /// Nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.violations.is_empty()
    }

    fn broken(&mut self, code: &'static str, what: impl Display) {
        if self.violations.len() < TOLD_MAX {
            self.violations.push(Violation { code, what: what.to_string() });
        } else {
            self.untold += 1;
        }
    }

    fn unequal<T: PartialEq + Display>(&mut self, code: &'static str, of: &dyn Display, is: T, should_be: T) {
        if is != should_be {
            self.broken(code, format_args!("{of}: {is} instead of {should_be}"));
        }
    }
}

/// Checks every invariant that the rows alone can tell, in one snapshot: a server may go on working meanwhile.
///
/// # Errors
/// The database is gone.
pub async fn verify(store: &Store) -> Result<Report, StoreError> {
    let options = match store.backend() {
        // Its read transactions are snapshots as they are.
        DbBackend::Sqlite => TransactionOptions::default(),
        _ => TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        },
    };
    let snapshot = store.read().begin_with_options(options).await?;
    let report = examine(&snapshot).await?;
    snapshot.rollback().await?;
    Ok(report)
}

/// [`verify`] as `db` sees the database; outside of a transaction that stands still, work under way looks like damage.
///
/// # Errors
/// The database is gone.
pub async fn examine(db: &impl ConnectionTrait) -> Result<Report, StoreError> {
    let mut report = Report::default();
    documents::check(db, &mut report).await?;
    journal::check(db, &mut report).await?;
    orders::check(db, &mut report).await?;
    stock::check(db, &mut report).await?;
    deliveries::check(db, &mut report).await?;
    Ok(report)
}
