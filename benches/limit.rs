//! The limit: the bare pipe on the same machine, database and driver, against which every figure of ours is held.
//!
//! actix-web, HMAC-SHA256, one group-commit task (two on PostgreSQL), plain prepared statements, no ORM, no parsing
//! beyond the order's id. Once with one raw row a request, once with the rows an order needs at least: the document, the
//! order, 3 lines, 3 events and 2 outbox messages. This file never changes with the product.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::{Context as _, Result};
use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqliteConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{net::TcpListener, sync::Arc};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Requests waiting for their commit.
const QUEUE: usize = 4096;
/// Requests in one commit: SQLite, and each of the two connections of PostgreSQL.
const BATCH_SQLITE: usize = 256;
const BATCH_POSTGRES: usize = 128;
/// Rows of one SQLite statement; statements come in powers of two, so that few have to be prepared.
const ROWS_MAX: usize = 64;

/// What is written for a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rows {
    OneRaw,
    WholeOrder,
}

/// One value of a row.
#[derive(Clone, Debug)]
enum Cell {
    Blob(Vec<u8>),
    Int(i64),
    Text(String),
}

/// A table and the type of each column: `b`lob, `i`nteger or `t`ext.
#[derive(Clone, Copy, Debug)]
struct Table {
    name: &'static str,
    types: &'static str,
    keys: &'static str,
}

const RAW: Table = Table { name: "raw", types: "bb", keys: "PRIMARY KEY (c0)" };
const WHOLE: [Table; 5] = [
    Table { name: "documents", types: "bb", keys: "PRIMARY KEY (c0)" },
    Table { name: "orders", types: "btiit", keys: "PRIMARY KEY (c0), UNIQUE (c1)" },
    Table { name: "lines", types: "bitiit", keys: "PRIMARY KEY (c0, c1)" },
    Table { name: "events", types: "ibit", keys: "PRIMARY KEY (c0)" },
    Table { name: "outbox", types: "bbt", keys: "PRIMARY KEY (c0)" },
];

fn tables(rows: Rows) -> &'static [Table] {
    match rows {
        Rows::OneRaw => std::slice::from_ref(&RAW),
        Rows::WholeOrder => &WHOLE,
    }
}

struct Waiting {
    body: web::Bytes,
    reply: oneshot::Sender<()>,
}

type Inbox = Arc<Mutex<mpsc::Receiver<Waiting>>>;

/// Serves the pipe until the process ends.
///
/// # Errors
/// The database or the listener cannot be used.
pub(crate) async fn serve(url: &str, rows: Rows, secret: &'static [u8], listener: TcpListener) -> Result<()> {
    let (door, inbox) = mpsc::channel(QUEUE);
    let inbox = Arc::new(Mutex::new(inbox));
    let mut first = Connection::open(url).await?;
    first.create(rows).await?;
    let writers = if matches!(first, Connection::Sqlite(_)) { 1 } else { 2 };
    tokio::spawn(write(first, rows, Arc::clone(&inbox)));
    for _ in 1..writers {
        tokio::spawn(write(Connection::open(url).await?, rows, Arc::clone(&inbox)));
    }
    let take = move |request: HttpRequest, body: web::Bytes| {
        let door = door.clone();
        async move { answer(&request, body, secret, &door).await }
    };
    let server = HttpServer::new(move || App::new().default_service(web::to(take.clone()))).listen(listener)?;
    Ok(server.run().await?)
}

async fn answer(request: &HttpRequest, body: web::Bytes, secret: &[u8], door: &mpsc::Sender<Waiting>) -> HttpResponse {
    let given = request.headers().get("x-shopify-hmac-sha256").map(|value| value.as_bytes());
    let given = given.and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return HttpResponse::InternalServerError().finish();
    };
    mac.update(&body);
    if given.is_none_or(|given| mac.verify_slice(&given).is_err()) {
        return HttpResponse::Unauthorized().finish();
    }
    let (reply, done) = oneshot::channel();
    if door.try_send(Waiting { body, reply }).is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    match done.await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn write(mut to: Connection, rows: Rows, inbox: Inbox) {
    let max = if matches!(to, Connection::Sqlite(_)) { BATCH_SQLITE } else { BATCH_POSTGRES };
    loop {
        let batch = {
            let mut inbox = inbox.lock().await;
            let Some(first) = inbox.recv().await else { return };
            let mut batch = vec![first];
            while batch.len() < max
                && let Ok(next) = inbox.try_recv()
            {
                batch.push(next);
            }
            batch
        };
        // Nobody is told of what was not committed.
        if let Err(error) = to.commit(rows, &batch).await {
            eprintln!("the limit could not be written: {error:#}");
            return;
        }
        for waiting in batch {
            let _gone = waiting.reply.send(());
        }
    }
}

/// The number behind the first `"id":`.
fn id_of(body: &[u8]) -> u64 {
    const MARK: &[u8] = b"\"id\":";
    let at = body.windows(MARK.len()).position(|w| w == MARK).map_or(0, |at| at + MARK.len());
    let digits = body[at..].iter().skip_while(|b| **b == b' ').take_while(|b| b.is_ascii_digit());
    digits.fold(0, |n, digit| n * 10 + u64::from(digit - b'0'))
}

/// A key that rises with nothing, as an order's id does.
fn key(of: &str, id: u64) -> Cell {
    Cell::Blob(Sha256::digest(format!("{of} {id}"))[..16].to_vec())
}

/// The rows of one request, each with the place of its table.
fn rows_of(rows: Rows, body: &[u8], out: &mut [Vec<Vec<Cell>>]) {
    let id = id_of(body);
    let document = vec![key("document", id), Cell::Blob(body.to_vec())];
    out[0].push(document);
    if rows == Rows::OneRaw {
        return;
    }
    let text = |length: usize| Cell::Text("x".repeat(length));
    let number = i64::try_from(id).unwrap_or(i64::MAX);
    let order = key("order", id);
    out[1].push(vec![order.clone(), Cell::Text(id.to_string()), Cell::Int(number), Cell::Int(number), text(600)]);
    for no in 0..3 {
        let sku = Cell::Text(format!("SKU-{:05}", (number + no) % 10_000));
        out[2].push(vec![order.clone(), Cell::Int(no), sku, Cell::Int(1), Cell::Int(995), text(200)]);
        out[3].push(vec![Cell::Int(number * 3 + no), order.clone(), Cell::Int(no), text(300)]);
    }
    for no in 0..2 {
        out[4].push(vec![key("message", id * 2 + no), order.clone(), text(200)]);
    }
}

enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connection {
    async fn open(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("cache_size", "-16000")
                .statement_cache_capacity(256)
                .disable_statement_logging();
            return Ok(Self::Sqlite(options.connect().await?));
        }
        let options: PgConnectOptions = url.parse().context("the address of PostgreSQL")?;
        Ok(Self::Postgres(options.disable_statement_logging().connect().await?))
    }

    async fn create(&mut self, rows: Rows) -> Result<()> {
        for table in tables(rows) {
            let columns: Vec<String> = table
                .types
                .chars()
                .enumerate()
                .map(|(i, kind)| format!("c{i} {} NOT NULL", self.type_name(kind)))
                .collect();
            let sql = format!("CREATE TABLE {} ({}, {})", table.name, columns.join(", "), table.keys);
            match self {
                Self::Sqlite(to) => to.execute(AssertSqlSafe(sql)).await.map(drop)?,
                Self::Postgres(to) => to.execute(AssertSqlSafe(sql)).await.map(drop)?,
            }
        }
        Ok(())
    }

    fn type_name(&self, kind: char) -> &'static str {
        match (kind, self) {
            ('b', Self::Sqlite(_)) => "BLOB",
            ('b', Self::Postgres(_)) => "BYTEA",
            ('i', _) => "BIGINT",
            _ => "TEXT",
        }
    }

    async fn commit(&mut self, rows: Rows, batch: &[Waiting]) -> Result<()> {
        let tables = tables(rows);
        let mut all = vec![Vec::with_capacity(batch.len()); tables.len()];
        for waiting in batch {
            rows_of(rows, &waiting.body, &mut all);
        }
        match self {
            Self::Sqlite(to) => {
                let mut tx = to.begin_with("BEGIN IMMEDIATE").await?;
                for (table, rows) in tables.iter().zip(all) {
                    insert_sqlite(&mut tx, table, rows).await?;
                }
                tx.commit().await?;
            }
            Self::Postgres(to) => {
                let mut tx = to.begin().await?;
                for (table, rows) in tables.iter().zip(all) {
                    insert_postgres(&mut tx, table, rows).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }
}

async fn insert_sqlite(to: &mut SqliteConnection, table: &Table, rows: Vec<Vec<Cell>>) -> Result<()> {
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let size = 1 << rows.len().min(ROWS_MAX).ilog2();
        let row = format!("({})", vec!["?"; table.types.len()].join(","));
        let sql = format!("INSERT INTO {} VALUES {}", table.name, vec![row; size].join(","));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for cell in rows.by_ref().take(size).flatten() {
            query = match cell {
                Cell::Blob(bytes) => query.bind(bytes),
                Cell::Int(number) => query.bind(number),
                Cell::Text(text) => query.bind(text),
            };
        }
        query.execute(&mut *to).await?;
    }
    Ok(())
}

async fn insert_postgres(to: &mut PgConnection, table: &Table, rows: Vec<Vec<Cell>>) -> Result<()> {
    let array = |(i, kind): (usize, char)| match kind {
        'b' => format!("${}::bytea[]", i + 1),
        'i' => format!("${}::bigint[]", i + 1),
        _ => format!("${}::text[]", i + 1),
    };
    let arrays: Vec<String> = table.types.chars().enumerate().map(array).collect();
    let sql = format!("INSERT INTO {} SELECT * FROM unnest({})", table.name, arrays.join(", "));
    let mut columns: Vec<Vec<Cell>> = vec![Vec::with_capacity(rows.len()); table.types.len()];
    for row in rows {
        columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
    }
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (kind, cells) in table.types.chars().zip(columns) {
        query = match kind {
            'b' => query.bind(cells.into_iter().filter_map(blob).collect::<Vec<_>>()),
            'i' => query.bind(cells.into_iter().filter_map(int).collect::<Vec<_>>()),
            _ => query.bind(cells.into_iter().filter_map(text).collect::<Vec<_>>()),
        };
    }
    query.execute(&mut *to).await?;
    Ok(())
}

fn blob(cell: Cell) -> Option<Vec<u8>> {
    if let Cell::Blob(bytes) = cell { Some(bytes) } else { None }
}

fn int(cell: Cell) -> Option<i64> {
    if let Cell::Int(number) = cell { Some(number) } else { None }
}

fn text(cell: Cell) -> Option<String> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}
