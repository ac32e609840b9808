//! Writes SQLite's log back into its file beside the writer. Were it the writer's own work, every few commits would wait for
//! it; so its last pages only are written back while nobody writes, and the log begins anew.

use super::{
    StoreError,
    disk::Disk,
    lanes::{Lane, Lanes},
};
use sea_orm::sqlx::{self, ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// Pages of 4 KiB in the log before they are written back: a page that many orders touch is written back once for all of
/// them.
const PAGES: i64 = 8000;
/// Between two looks at the log.
const EVERY: Duration = Duration::from_millis(100);
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Keeps the log of one database short as long as its store lives.
pub(super) async fn work(options: SqliteConnectOptions, lanes: Weak<Lanes>, disk: Arc<Disk>) {
    let mut connection = None;
    let mut known = 0;
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(lanes) = lanes.upgrade() else { return };
        // Who has not written has made nothing longer.
        let given = lanes.given();
        if given == known {
            continue;
        }
        known = given;
        if let Err(error) = look(&mut connection, &options, &lanes).await {
            disk.note(&error);
            tracing::warn!(%error, "the log of the database could not be written back; the writer does it when it is long");
            connection = None;
            tokio::time::sleep(AFTER_FAILURE).await;
        }
    }
}

async fn look(
    connection: &mut Option<SqliteConnection>,
    options: &SqliteConnectOptions,
    lanes: &Arc<Lanes>,
) -> Result<(), StoreError> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(options.connect().await?),
    };
    if rest(connection, "PRAGMA wal_checkpoint(NOOP)").await? < PAGES {
        return Ok(());
    }
    // Beside the writer, who goes on adding; then what it added, while it has to wait.
    rest(connection, "PRAGMA wal_checkpoint(PASSIVE)").await?;
    let _turn = lanes.turn(Lane::Work).await;
    rest(connection, "PRAGMA wal_checkpoint(PASSIVE)").await?;
    Ok(())
}

/// Pages in the log that are not in the file yet.
async fn rest(connection: &mut SqliteConnection, pragma: &'static str) -> Result<i64, StoreError> {
    let (_busy, log, done): (i64, i64, i64) = sqlx::query_as(pragma).fetch_one(connection).await?;
    Ok(log - done)
}
