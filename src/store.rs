//! The store: SQLite or PostgreSQL behind one face. It knows no HTTP and takes no decisions.
//!
//! Reads take any connection; writes take a [`Tx`], so that nothing is written outside a transaction.
//!
//! *Lock order of every transaction:* order_keys, orders (id), fulfilments, stock (sku, warehouse), deliveries,
//! journal counter.

pub mod bulk;
pub mod entity;
pub mod rows;

pub mod deliveries;
pub mod documents;
pub mod erasure;
pub mod exchanges;
pub mod house;
pub mod journal;
pub mod keys;
pub mod master;
pub mod order_lists;
pub mod order_places;
pub mod orders;
pub mod parties;
pub mod party_marks;
pub mod rejects;
pub mod replenishments;
pub mod said;
pub mod shipments;
pub mod stock;
pub mod transits;
pub mod work;

mod checkpoint;
mod disk;
mod error;
mod lanes;
mod open;
mod order_rows;
mod stock_rows;
mod tx;

pub use error::StoreError;
pub use lanes::Lane;
pub use open::{StoreOptions, is_served, sqlite_path};
pub use tx::Tx;

use disk::Disk;
use lanes::Lanes;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, sqlx::Connection as _};
use std::{fs::File, path::PathBuf, sync::Arc};

/// Tries to empty the log while others read; each waits for them as long as a writer does.
const EMPTYINGS: u32 = 3;

/// An open database.
#[derive(Debug)]
pub struct Store {
    write: DatabaseConnection,
    read: DatabaseConnection,
    /// Turns at the one write connection of SQLite; PostgreSQL needs none.
    lanes: Option<Arc<Lanes>>,
    /// Held as long as the store is open.
    lock: Option<File>,
    disk: Arc<Disk>,
    /// The write-ahead log of SQLite.
    wal: Option<PathBuf>,
}

impl Store {
    /// For reading, outside any transaction. On SQLite these connections cannot write.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Each pool of connections by its name: how many there are, and how many of them are idle.
    pub fn connections(&self) -> Vec<(&'static str, usize, usize)> {
        let of = |name, size: u32, idle| (name, usize::try_from(size).unwrap_or(usize::MAX), idle);
        if self.backend() == DbBackend::Sqlite {
            let pools = [("write", &self.write), ("read", &self.read)];
            let pools = pools.map(|(name, pool)| (name, pool.get_sqlite_connection_pool()));
            return pools.into_iter().map(|(name, pool)| of(name, pool.size(), pool.num_idle())).collect();
        }
        let pool = self.write.get_postgres_connection_pool();
        vec![of("all", pool.size(), pool.num_idle())]
    }

    /// Bytes of SQLite's write-ahead log; `None` on PostgreSQL.
    pub fn wal_bytes(&self) -> Option<u64> {
        Some(std::fs::metadata(self.wal.as_ref()?).map_or(0, |log| log.len()))
    }

    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// This process alone may use the database: it holds the lock beside an SQLite file.
    pub fn is_exclusive(&self) -> bool {
        self.lock.is_some()
    }

    /// Begins a write transaction: `BEGIN IMMEDIATE` on SQLite, `READ COMMITTED` on PostgreSQL.
    ///
    /// # Errors
    /// No connection in time, the database is busy or gone, or the disk has failed ([`Self::disk_failed`]).
    pub async fn begin(&self, lane: Lane) -> Result<Tx, StoreError> {
        let turn = match &self.lanes {
            Some(lanes) => Some(lanes.turn(lane).await),
            None => None,
        };
        self.disk.check()?;
        match self.backend() {
            DbBackend::Sqlite => {
                Tx::sqlite(self.write.get_sqlite_connection_pool(), Arc::clone(&self.disk), turn).await
            }
            _ => Tx::postgres(self.write.get_postgres_connection_pool(), Arc::clone(&self.disk)).await,
        }
    }

    /// Returns when the disk has failed to keep what was written: this process writes nothing more and should end. PostgreSQL
    /// looks after its disk itself.
    pub async fn disk_failed(&self) {
        self.disk.failed().await;
    }

    /// Applies the schema steps that are missing; nodes that start together take turns.
    ///
    /// # Errors
    /// A step fails or the database is newer than this program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let turn = match self.backend() {
            DbBackend::Postgres => Some(open::migration_turn(self.write.get_postgres_connection_pool()).await?),
            _ => None,
        };
        let migrated = migrations::migrate(&self.write).await;
        if let Some(turn) = turn {
            // The end of its connection gives the turn on, also when it ends badly.
            let _ = turn.close().await;
        }
        Ok(migrated?)
    }

    /// Looks for damage; quick on SQLite, nothing to do on PostgreSQL, which checks its pages itself.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with what was found first.
    pub async fn quick_check(&self) -> Result<(), StoreError> {
        if self.backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let row = self.read.query_one_raw(bulk::plain(DbBackend::Sqlite, "PRAGMA quick_check(1)")).await?;
        let found: String = row.map_or(Ok("no answer".to_owned()), |row| row.try_get_by_index(0))?;
        if found == "ok" { Ok(()) } else { Err(StoreError::Damaged(found)) }
    }

    /// Writes the log of SQLite into its file and empties it; after an erasure the name is then nowhere on disk.
    ///
    /// # Errors
    /// Somebody has read the database all the time ([`StoreError::Conflict`]), or it is gone.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        let Some(lanes) = &self.lanes else { return Ok(()) };
        for _ in 0..EMPTYINGS {
            let _turn = lanes.turn(Lane::Work).await;
            let emptied = self.write.query_one_raw(bulk::plain(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)"));
            let emptied = emptied.await.map_err(StoreError::from).inspect_err(|error| self.disk.note(error))?;
            let busy: i64 = emptied.map_or(Ok(0), |row| row.try_get_by_index(0))?;
            if busy == 0 {
                return Ok(());
            }
        }
        Err(StoreError::Conflict("log"))
    }

    /// Closes every connection; SQLite then has written its log into its file.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn close(self) -> Result<(), StoreError> {
        self.read.close().await?;
        Ok(self.write.close().await?)
    }
}
