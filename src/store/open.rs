//! Opening a database: addresses, connection settings, and what we refuse to run on.

use super::{Store, checkpoint, disk::Disk, error::StoreError, lanes::Lanes};
use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        self, ConnectOptions, Connection as _, SqliteConnection,
        postgres::{PgConnectOptions, PgConnection, PgPoolOptions},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// How to open a store. `Default` is right but for the address.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `sqlite:///folder/file.db` (three slashes: an absolute path; two: relative) or `postgres://user@host/name`.
    pub url: String,
    /// Take the lock beside an SQLite file and keep it while open: one server a file.
    pub exclusive: bool,
    /// Run on a PostgreSQL that may lose committed data (tests, throw-away demos).
    pub allow_unsafe: bool,
    /// Page cache of the SQLite writer, KiB.
    pub writer_cache_kib: u32,
    /// Page cache of each SQLite reader, KiB.
    pub reader_cache_kib: u32,
    /// SQLite readers; 0 = one a core.
    pub readers: u32,
    /// PostgreSQL connections at most.
    pub connections: u32,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            url: String::new(),
            exclusive: false,
            allow_unsafe: false,
            writer_cache_kib: 16_000,
            reader_cache_kib: 4_000,
            readers: 0,
            connections: 20,
        }
    }
}

/// Older SQLite may lose committed data in WAL mode (its WAL-reset bug, fixed in this version).
const SQLITE_OLDEST: (u32, u32, u32) = (3, 51, 3);
const SQLITE_OLDEST_TEXT: &str = "3.51.3";

/// Waiting for another process's write transaction on the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Waiting for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// Waiting for another node to migrate a PostgreSQL database.
const MIGRATION_WAIT: &str = "5min";
/// Advisory lock of whoever migrates; any number will do that is always the same ("tributar" in ASCII).
const MIGRATION_LOCK: i64 = 0x7472_6962_7574_6172;
/// Rows an SQLite connection reads ahead of whoever takes them: with few its thread wakes for each.
const ROWS_AHEAD: usize = 4096;
/// Prepared statements a connection keeps.
const STATEMENTS: usize = 256;
/// Pages of 4 KiB in the write-ahead log at which the writer itself writes them back, because nobody else did.
const WAL_PAGES: &str = "32000";
/// Bytes the write-ahead log shrinks to after a checkpoint.
const WAL_LIMIT: &str = "67108864";

impl Store {
    /// Opens the database of `options.url`; an SQLite file is made when it is not there. Runs no migration.
    ///
    /// # Errors
    /// An address we do not understand, a database we refuse ([`StoreError::OldSqlite`], [`StoreError::Unsafe`],
    /// [`StoreError::InUse`]), or one that cannot be reached.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        if let Some(path) = sqlite_path(&options.url) {
            return open_sqlite(&path, options).await;
        }
        if options.url.starts_with("postgres://") || options.url.starts_with("postgresql://") {
            return open_postgres(options).await;
        }
        // Passwords may be in an address: name the scheme only.
        Err(StoreError::Address(options.url.split("://").next().unwrap_or_default().to_owned()))
    }
}

/// The file an SQLite address names; `None` for another kind of address.
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://")?;
    (!path.is_empty()).then(|| PathBuf::from(path))
}

/// Is a server running on this SQLite file?
pub fn is_served(path: &Path) -> bool {
    File::open(lock_path(path)).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

async fn open_sqlite(path: &Path, options: &StoreOptions) -> Result<Store, StoreError> {
    let lock = if options.exclusive { Some(take_lock(path)?) } else { None };
    private_file(path)?;
    let base = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS)
        .row_buffer_size(ROWS_AHEAD)
        .pragma("mmap_size", "0")
        .pragma("temp_store", "memory")
        .pragma("checkpoint_fullfsync", "1")
        .pragma("fullfsync", "1")
        .disable_statement_logging();
    let writer = base
        .clone()
        // What is erased is overwritten, not only unlinked: a person's name must leave the file.
        .pragma("secure_delete", "1")
        .pragma("wal_autocheckpoint", WAL_PAGES)
        .pragma("journal_size_limit", WAL_LIMIT)
        .pragma("cache_size", format!("-{}", options.writer_cache_kib));
    let keeper = base.clone().pragma("cache_size", "-256");
    let reader = base.pragma("query_only", "1").pragma("cache_size", format!("-{}", options.reader_cache_kib));
    let readers = match options.readers {
        0 => std::thread::available_parallelism().map_or(2, |n| u32::try_from(n.get()).unwrap_or(2)),
        n => n,
    };
    let pool = |size| {
        SqlitePoolOptions::new().max_connections(size).idle_timeout(None).max_lifetime(None).test_before_acquire(false)
    };
    let write = pool(1)
        .acquire_timeout(Duration::from_secs(30))
        .before_acquire(|connection, _| Box::pin(is_at_rest(connection)))
        .connect_with(writer)
        .await?;
    check_sqlite_version(&write).await?;
    if options.exclusive {
        // What a dead process left in the log may never have reached the disk, and whoever sends it again is told that it is
        // there.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&write).await?;
    }
    let read = pool(readers).acquire_timeout(ACQUIRE_TIMEOUT).connect_lazy_with(reader);
    let (lanes, disk) = (Arc::new(Lanes::default()), Arc::new(Disk::default()));
    if options.exclusive {
        tokio::spawn(checkpoint::work(keeper, Arc::downgrade(&lanes), Arc::clone(&disk)));
    }
    Ok(Store {
        write: SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
        read: SqlxSqliteConnector::from_sqlx_sqlite_pool(read),
        lanes: Some(lanes),
        lock,
        disk,
        wal: Some(beside(path, "-wal")),
    })
}

/// Is no transaction left on the connection? When the disk is full SQLite rolls back by itself; our own rollback then
/// fails, and the driver still counts a transaction: it would begin the next one inside of it, and commit nothing of it.
/// Such a connection is closed.
async fn is_at_rest(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A rollback may still wait for its turn; this waits behind it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

async fn check_sqlite_version(pool: &sqlx::SqlitePool) -> Result<(), StoreError> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    if (part(), part(), part()) < SQLITE_OLDEST {
        return Err(StoreError::OldSqlite(version, SQLITE_OLDEST_TEXT));
    }
    Ok(())
}

async fn open_postgres(options: &StoreOptions) -> Result<Store, StoreError> {
    let connect = options
        .url
        .parse::<PgConnectOptions>()?
        .application_name("tributary")
        .statement_cache_capacity(STATEMENTS)
        .options([
            ("statement_timeout", "10s"),
            ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "15s"),
            ("default_transaction_isolation", "read committed"),
            // Every statement has its index. A plan made while a table was small, or whose statistics say so, would read all
            // of it for each batch until it is analysed.
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            // The cost of what has no index is a fiction then, and compiles nothing.
            ("jit", "off"),
        ])
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(connect)
        .await?;
    if !options.allow_unsafe {
        check_durability(&pool).await?;
    }
    let connection: DatabaseConnection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    let disk = Arc::new(Disk::default());
    Ok(Store { write: connection.clone(), read: connection, lanes: None, lock: None, disk, wal: None })
}

/// A turn at the schema of a PostgreSQL database: nobody else migrates it while the connection lives.
///
/// # Errors
/// The database is gone, or another node has migrated for longer than [`MIGRATION_WAIT`].
pub(super) async fn migration_turn(pool: &sqlx::PgPool) -> Result<PgConnection, StoreError> {
    // No connection of the pool any more: its lock and its timeouts end with it.
    let mut connection = pool.acquire().await?.detach();
    for timeout in ["statement_timeout", "lock_timeout"] {
        sqlx::query("SELECT set_config($1, $2, false)")
            .bind(timeout)
            .bind(MIGRATION_WAIT)
            .execute(&mut connection)
            .await?;
    }
    sqlx::query("SELECT pg_advisory_lock($1)").bind(MIGRATION_LOCK).execute(&mut connection).await?;
    Ok(connection)
}

async fn check_durability(pool: &sqlx::PgPool) -> Result<(), StoreError> {
    let found: (String, String, String) = sqlx::query_as(
        "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')",
    )
    .fetch_one(pool)
    .await?;
    let settings = [("fsync", found.0), ("full_page_writes", found.1), ("synchronous_commit", found.2)];
    match settings.into_iter().find(|(_, value)| value == "off") {
        Some((name, value)) => Err(StoreError::Unsafe(format!("{name}={value}"))),
        None => Ok(()),
    }
}

fn lock_path(database: &Path) -> PathBuf {
    beside(database, ".lock")
}

fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    PathBuf::from(path)
}

/// The operating system gives the lock back when the process ends, however it ends.
fn take_lock(database: &Path) -> Result<File, StoreError> {
    let path = lock_path(database);
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(database.to_owned())),
        Err(TryLockError::Error(error)) => Err(StoreError::File { path, error }),
    }
}

/// Opens or makes a file that only its owner may read; SQLite gives its side files the same rights.
fn private_file(path: &Path) -> Result<File, StoreError> {
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(path).map_err(|error| StoreError::File { path: path.to_owned(), error })
}
