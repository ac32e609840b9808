//! Opening, locking, turns.

use super::world::{NOW, on_each_database, urls};
use model::time::DAY;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tributary::store::{Lane, Store, StoreError, StoreOptions, house, is_served};

#[tokio::test]
async fn an_address_we_do_not_know_is_refused_without_its_password() {
    let options = StoreOptions { url: "mysql://root:secret@host/db".into(), ..StoreOptions::default() };
    let error = Store::open(&options).await.expect_err("refused");
    assert!(matches!(error, StoreError::Address(_)));
    assert!(!error.to_string().contains("secret"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let url = "postgres://nobody@127.0.0.1:1/none".to_owned();
    let error = Store::open(&StoreOptions { url, ..StoreOptions::default() }).await.expect_err("nobody there");
    assert!(error.is_unavailable() && !error.is_retryable(), "{error}");
}

#[tokio::test]
async fn one_server_a_file() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("t.db");
    let options =
        StoreOptions { url: format!("sqlite://{}", file.display()), exclusive: true, ..StoreOptions::default() };
    assert!(!is_served(&file));
    let first = Store::open(&options).await.expect("opens");
    assert!(is_served(&file));
    assert!(matches!(Store::open(&options).await, Err(StoreError::InUse(_))));
    drop(first);
    assert!(Store::open(&options).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("t.db");
    let options = StoreOptions { url: format!("sqlite://{}", file.display()), ..StoreOptions::default() };
    let store = Store::open(&options).await.expect("opens");
    store.migrate().await.expect("migrates");
    for name in ["t.db", "t.db-wal", "t.db-shm"] {
        let mode = std::fs::metadata(folder.path().join(name)).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    on_each_database(async |world| world.store.migrate().await.expect("again")).await;
}

/// Without turns, all but one fail on a table that is there already.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_migrate_once() {
    for _ in 0..4 {
        urls(async |url: &str| {
            let options = StoreOptions { url: url.to_owned(), ..StoreOptions::default() };
            if options.url.starts_with("sqlite:") {
                return;
            }
            let nodes = (0..4).map(|_| async {
                let store = Store::open(&options).await.expect("opens");
                store.migrate().await
            });
            for (node, migrated) in futures_util::future::join_all(nodes).await.into_iter().enumerate() {
                assert!(migrated.is_ok(), "node {node}: {migrated:?}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn readers_of_sqlite_cannot_write() {
    use sea_orm::ConnectionTrait;
    on_each_database(async |world| {
        let written = world.store.read().execute_unprepared("DELETE FROM settings").await;
        assert_eq!(written.is_err(), world.file.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_transaction_dropped_is_rolled_back() {
    on_each_database(async |world| {
        let tx = world.begin().await;
        house::setting_or(&tx, "salt", vec![1]).await.expect("stored");
        drop(tx);
        assert_eq!(house::setting(world.store.read(), "salt").await.expect("read"), None);
        let tx = world.begin().await;
        assert_eq!(house::setting_or(&tx, "salt", vec![2]).await.expect("stored"), [2]);
        assert_eq!(house::setting_or(&tx, "salt", vec![3]).await.expect("kept"), [2]);
        tx.commit().await.expect("committed");
        assert_eq!(house::setting(world.store.read(), "salt").await.expect("read"), Some(vec![2]));
    })
    .await;
}

/// While the connection is taken, ten intake writers and two workers queue: intake goes first, but not for ever.
#[tokio::test]
async fn intake_goes_first_and_work_is_not_starved() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("t.db").display());
    let store = Store::open(&StoreOptions { url, ..StoreOptions::default() }).await.expect("opens");
    let store = Arc::new(store);
    let held = store.begin(Lane::Work).await.expect("a transaction");
    let turns = Arc::new(Mutex::new(String::new()));
    let mut writers = Vec::new();
    for (lane, letter) in [(Lane::Work, 'w'); 2].into_iter().chain([(Lane::Intake, 'i'); 10]) {
        let (store, turns) = (Arc::clone(&store), Arc::clone(&turns));
        writers.push(tokio::spawn(async move {
            let tx = store.begin(lane).await.expect("a turn");
            turns.lock().expect("a list").push(letter);
            tx.commit().await.expect("committed");
        }));
        tokio::task::yield_now().await;
    }
    // One who gives up waiting gives its turn on; it counts as one of the four.
    writers.remove(2).abort();
    held.rollback().await.expect("rolled back");
    for writer in writers {
        writer.await.expect("wrote");
    }
    assert_eq!(*turns.lock().expect("a list"), "iiiwiiiiwii");
}

#[tokio::test]
async fn nodes_and_readers_of_the_journal_are_remembered() {
    on_each_database(async |world| {
        let tx = world.begin().await;
        let long_ago = NOW.plus(-2 * DAY);
        house::heartbeat(&tx, "gone", long_ago, long_ago).await.expect("lived");
        house::heartbeat(&tx, "a", NOW, NOW).await.expect("lives");
        house::heartbeat(&tx, "a", NOW, NOW.plus(5)).await.expect("lives");
        house::heartbeat(&tx, "b", NOW, NOW).await.expect("lives");
        house::consumed(&tx, "feed", 7, NOW).await.expect("noted");
        tx.commit().await.expect("committed");
        let db = world.store.read();
        assert_eq!(house::live_nodes(db, NOW).await.expect("read"), 2);
        assert_eq!(house::live_nodes(db, long_ago).await.expect("read"), 2, "one is forgotten");
        assert_eq!(house::live_nodes(db, NOW.plus(1)).await.expect("read"), 1);
        assert_eq!(house::consumer(db, "feed").await.expect("read"), 7);
        assert_eq!(house::consumer(db, "other").await.expect("read"), 0);
    })
    .await;
}

/// When the disk is full SQLite rolls back by itself. What is committed afterwards must be there for everybody.
#[tokio::test]
async fn a_full_disk_poisons_no_later_commit() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("full.db").display());
    let options = StoreOptions { url, readers: 1, ..StoreOptions::default() };
    let store = Store::open(&options).await.expect("opens");
    let tx = store.begin(Lane::Work).await.expect("begins");
    tx.execute_unprepared("CREATE TABLE things (bytes BLOB)").await.expect("makes a table");
    tx.commit().await.expect("commits");

    let tx = store.begin(Lane::Work).await.expect("begins");
    // No page more than there are.
    tx.execute_unprepared("PRAGMA max_page_count = 1").await.expect("sets a limit");
    let full = tx.execute_unprepared("INSERT INTO things VALUES (zeroblob(1000000))").await.expect_err("it is full");
    assert!(full.to_string().contains("full"), "{full}");
    drop(tx);
    // Given up for a reason of its own: the driver must not take the end of a savepoint for the end of the transaction.
    let tx = store.begin(Lane::Work).await.expect("begins");
    tx.execute_unprepared("INSERT INTO things VALUES (x'01')").await.expect("inserts");
    tx.rollback().await.expect("rolls back");

    let tx = store.begin(Lane::Work).await.expect("begins");
    tx.execute_unprepared("INSERT INTO things VALUES (x'02')").await.expect("inserts");
    tx.commit().await.expect("commits");
    let seen = store.read().query_all_raw(Statement::from_string(DbBackend::Sqlite, "SELECT bytes FROM things"));
    assert_eq!(seen.await.expect("reads").len(), 1, "committed and not there");
}

/// Whoever died may have written its last commits into the log and not waited for the disk: who is alone on the file writes
/// them down before it answers anybody.
#[tokio::test]
async fn who_is_alone_begins_with_an_empty_log() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("t.db").display());
    let options = StoreOptions { url, ..StoreOptions::default() };
    let store = Store::open(&options).await.expect("opens");
    store.migrate().await.expect("migrates");
    let log = || std::fs::metadata(folder.path().join("t.db-wal")).expect("is there").len();
    assert!(log() > 0);
    Store::open(&StoreOptions { exclusive: true, ..options }).await.expect("opens");
    assert_eq!(log(), 0);
}
