//! Fresh databases to measure on, and what may be counted in them from outside.

use anyhow::{Context as _, Result, bail};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqliteConnection,
    postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};
use std::{path::Path, time::Duration};
use tempfile::TempDir;
use tributary::{clock::Stopwatch, config::environment};

/// Time without a newly decided order after which a run has failed.
const STILL: Duration = Duration::from_secs(30);
/// Pause between two looks at how far the server is.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_MAX: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The address of a PostgreSQL we may make databases in.
pub(crate) fn postgres() -> Option<String> {
    environment("TRIBUTARY_TEST_POSTGRES").filter(|url| !url.is_empty())
}

/// A database that is dropped with this value ([`Self::remove`] for PostgreSQL).
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
    /// Holds the file.
    _folder: Option<TempDir>,
    /// The server's own database and our name in it.
    server: Option<(String, String)>,
}

impl Database {
    pub(crate) async fn fresh(kind: Kind) -> Result<Self> {
        match kind {
            Kind::Sqlite => {
                let folder = folder()?;
                let database = Self::sqlite_in(folder.path());
                Ok(Self { _folder: Some(folder), ..database })
            }
            Kind::Postgres => {
                let server = postgres().context("TRIBUTARY_TEST_POSTGRES is not set")?;
                let name = format!("bench_{}", hex::encode(tributary::entropy::bytes::<6>()));
                on_postgres(&server, format!("CREATE DATABASE {name}")).await?;
                let (rest, query) = server.split_once('?').map_or((server.as_str(), ""), |(a, b)| (a, b));
                let (base, _) = rest.rsplit_once('/').context("an address without a database")?;
                let mark = if query.is_empty() { "" } else { "?" };
                let url = format!("{base}/{name}{mark}{query}");
                Ok(Self { url, _folder: None, server: Some((server, name)) })
            }
        }
    }

    /// A file in `folder`, which stays its owner's.
    pub(crate) fn sqlite_in(folder: &Path) -> Self {
        Self::at(format!("sqlite://{}", folder.join("bench.db").display()))
    }

    /// One that is its owner's.
    pub(crate) fn at(url: String) -> Self {
        Self { url, _folder: None, server: None }
    }

    /// Drops it; nobody may be connected any more.
    pub(crate) async fn remove(self) -> Result<()> {
        if let Some((server, name)) = self.server {
            on_postgres(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        }
        Ok(())
    }

    pub(crate) async fn look(&self) -> Result<Look> {
        if let Some(path) = self.url.strip_prefix("sqlite://") {
            let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
            return Ok(Look::Sqlite(options.connect().await?));
        }
        let options: PgConnectOptions = self.url.parse()?;
        Ok(Look::Postgres(options.disable_statement_logging().connect().await?))
    }
}

/// A new folder beside the build, not in /tmp: that may be memory, where a commit costs nothing.
pub(crate) fn folder() -> Result<TempDir> {
    let program = std::env::current_exe()?;
    Ok(TempDir::with_prefix_in("tributary-bench-", program.parent().context("no folder")?)?)
}

async fn on_postgres(url: &str, sql: String) -> Result<()> {
    let mut to = PgConnection::connect(url).await?;
    to.execute(AssertSqlSafe(sql)).await?;
    Ok(to.close().await?)
}

/// A connection that only looks.
#[derive(Debug)]
pub(crate) enum Look {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Look {
    /// One number.
    pub(crate) async fn number(&mut self, sql: &'static str) -> Result<u64> {
        let found: i64 = match self {
            Self::Sqlite(from) => sqlx::query_scalar(sql).fetch_one(from).await?,
            Self::Postgres(from) => sqlx::query_scalar(sql).fetch_one(from).await?,
        };
        Ok(u64::try_from(found)?)
    }

    /// Microseconds from the making to the end of each delivery made since, rising.
    pub(crate) async fn waits(&mut self, since: i64) -> Result<Vec<u32>> {
        const SQL: &str =
            "SELECT updated_at - created_at FROM deliveries WHERE created_at >= $1 AND state = 'done' ORDER BY 1";
        let found: Vec<i64> = match self {
            Self::Sqlite(from) => sqlx::query_scalar(SQL).bind(since).fetch_all(from).await?,
            Self::Postgres(from) => sqlx::query_scalar(SQL).bind(since).fetch_all(from).await?,
        };
        Ok(found.into_iter().map(u32::try_from).collect::<Result<_, _>>()?)
    }

    /// Words and numbers, e.g. how many orders have each status.
    pub(crate) async fn counts(&mut self, sql: &'static str) -> Result<Vec<(String, i64)>> {
        Ok(match self {
            Self::Sqlite(from) => sqlx::query_as(sql).fetch_all(from).await?,
            Self::Postgres(from) => sqlx::query_as(sql).fetch_all(from).await?,
        })
    }

    /// Waits until `count` orders are released. Counting costs the database what it would do otherwise: half of what it
    /// should still take is waited before it is counted again.
    pub(crate) async fn until_released(&mut self, count: u64) -> Result<()> {
        let first = self.number(RELEASED).await?;
        let since = Stopwatch::start();
        let (mut known, mut watch) = (first, Stopwatch::start());
        loop {
            let now = self.number(RELEASED).await?;
            if now >= count {
                return Ok(());
            }
            if now > known {
                (known, watch) = (now, Stopwatch::start());
            }
            if watch.elapsed() > STILL {
                let statuses = self.counts(STATUSES).await?;
                let holds = self.counts(HOLDS).await?;
                let documents = self.counts(DOCUMENTS).await?;
                bail!("{now} of {count} orders were released, then no more: {statuses:?} {holds:?} {documents:?}");
            }
            let each = since.elapsed().as_secs_f64() / now.saturating_sub(first).max(1) as f64;
            let half = Duration::from_secs_f64(each * (count - now) as f64 / 2.0);
            tokio::time::sleep(half.clamp(LOOK, LOOK_MAX)).await;
        }
    }
}

pub(crate) const RELEASED: &str = "SELECT count(*) FROM orders WHERE status = 'released'";
/// Events in the journal, without counting them.
pub(crate) const LAST: &str = "SELECT last FROM journal_counter";
pub(crate) const DELIVERIES: &str = "SELECT count(*) FROM deliveries";
pub(crate) const EVENTS: &str = "SELECT count(*) FROM journal";
const STATUSES: &str = "SELECT status, count(*) FROM orders GROUP BY status";
const HOLDS: &str = "SELECT code, count(*) FROM holds GROUP BY code";
const DOCUMENTS: &str = "SELECT state, count(*) FROM documents GROUP BY state";
