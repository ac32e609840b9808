//! A house that has grown: orders decided for real, then copied by plain SQL until there are as many as wanted.
//!
//! Ids that begin as their order's does get one byte of it changed, so that a copy's rows stand beside each other as those
//! of orders that came one after another do; documents' ids are older; hashes (keys, marks, fingerprints) are spread as
//! hashes are. What documents weigh (`document_bytes`) is not copied: nothing searches it.

use super::database::Kind;
use anyhow::{Context as _, Result, bail};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

/// Orders that are decided for real and copied; fewer than 65,536, so that a copy is one byte of an id.
pub(crate) const DECIDED: u64 = 10_000;
/// What a copy's number is higher by than that of the copy before: the byte above those of [`DECIDED`].
pub(crate) const STEP: u64 = 1 << 16;

/// How a column of a copy differs.
#[derive(Clone, Copy)]
enum How {
    /// An id that begins as its order's.
    Near,
    /// A document's id.
    Document,
    /// JSON or text with ids in it.
    Text,
    /// JSON with ids, the order's number and its channel's id in it.
    Head,
    /// The channel's id of the order: its number.
    Number,
    /// The number with a sign before it.
    Signed,
    /// When something happened: three hours earlier with each copy.
    Time,
    /// When the order was placed: no two at once.
    Placed,
    Seq,
    Hash,
    Mark,
    Print,
    Status,
    /// Nearly all deliveries are over.
    Sent,
    /// The database gives it.
    Given,
}

type Table = (&'static str, &'static [(&'static str, How)]);

const TABLES: [Table; 14] = [
    ("documents", &[("id", How::Document), ("received_at", How::Time), ("summary", How::Text)]),
    ("document_keys", &[("dedupe_key", How::Hash), ("document_id", How::Document)]),
    (
        "said",
        &[
            ("external_id", How::Number),
            ("order_id", How::Near),
            ("document_id", How::Document),
            ("arrival", How::Time),
            ("content", How::Text),
        ],
    ),
    ("parties", &[("id", How::Near)]),
    ("party_marks", &[("mark", How::Mark), ("party_id", How::Near)]),
    ("order_keys", &[("external_id", How::Number), ("order_id", How::Near)]),
    (
        "orders",
        &[
            ("id", How::Near),
            ("external_id", How::Number),
            ("number", How::Signed),
            ("status", How::Status),
            ("placed_at", How::Placed),
            ("buyer", How::Near),
            ("ship_to", How::Near),
            ("fingerprint", How::Print),
            ("body", How::Head),
            ("created_at", How::Time),
            ("updated_at", How::Time),
        ],
    ),
    ("order_lines", &[("order_id", How::Near), ("body", How::Text)]),
    ("journal", &[("seq", How::Seq), ("order_id", How::Near), ("at", How::Time), ("body", How::Text)]),
    ("stock_ledger", &[("id", How::Given), ("at", How::Time), ("order_id", How::Near), ("fulfilment_id", How::Near)]),
    ("reservations", &[("fulfilment_id", How::Near), ("order_id", How::Near)]),
    (
        "fulfilments",
        &[("id", How::Near), ("order_id", How::Near), ("planned_at", How::Time), ("updated_at", How::Time)],
    ),
    (
        "deliveries",
        &[
            ("id", How::Near),
            ("stream", How::Near),
            ("order_id", How::Near),
            ("body", How::Text),
            ("state", How::Sent),
            ("next_at", How::Time),
            ("created_at", How::Time),
            ("updated_at", How::Time),
        ],
    ),
    ("work", &[("key", How::Text)]),
];

/// After the last copy: some stand still, stock knows what it promised, the journal goes on behind its last event.
const AFTER: [&str; 3] = [
    "INSERT INTO holds (order_id, code, owner, since, due_at)
     SELECT id, 'awaiting_stock', 'purchasing', placed_at, NULL FROM orders WHERE status = 'on_hold'",
    "UPDATE stock SET reserved = coalesce((SELECT sum(quantity) FROM reservations
     WHERE reservations.sku = stock.sku AND reservations.warehouse = stock.warehouse), 0)",
    "UPDATE journal_counter SET last = (SELECT max(seq) FROM journal)",
];

/// Opens `url` for itself; nobody else may be connected.
enum Hand {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Hand {
    async fn open(kind: Kind, url: &str) -> Result<Self> {
        match kind {
            Kind::Sqlite => {
                let path = url.strip_prefix("sqlite://").context("an address without a file")?;
                let options = SqliteConnectOptions::new().filename(path).disable_statement_logging();
                let mut to = options.connect().await?;
                let settings = "PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1000000;
                    PRAGMA wal_autocheckpoint = 50000";
                to.execute(settings).await?;
                Ok(Self::Sqlite(to))
            }
            Kind::Postgres => {
                let mut to = PgConnection::connect(url).await?;
                to.execute("SET synchronous_commit = off; SET temp_buffers = '256MB'").await?;
                Ok(Self::Postgres(to))
            }
        }
    }

    async fn run(&mut self, sql: String) -> Result<()> {
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Sqlite(to) => to.execute(sql).await.map(drop)?,
            Self::Postgres(to) => to.execute(sql).await.map(drop)?,
        }
        Ok(())
    }

    async fn words(&mut self, sql: String) -> Result<Vec<String>> {
        let sql = AssertSqlSafe(sql);
        Ok(match self {
            Self::Sqlite(from) => sqlx::query_scalar(sql).fetch_all(from).await?,
            Self::Postgres(from) => sqlx::query_scalar(sql).fetch_all(from).await?,
        })
    }

    async fn word(&mut self, sql: String) -> Result<String> {
        self.words(sql).await?.pop().context("an empty table")
    }

    async fn columns(&mut self, table: &str) -> Result<Vec<String>> {
        let sql = match self {
            Self::Sqlite(_) => format!("SELECT name FROM pragma_table_info('{table}')"),
            Self::Postgres(_) => format!(
                "SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'
                 AND table_schema = 'public' ORDER BY ordinal_position"
            ),
        };
        self.words(sql).await
    }
}

/// What tells the copies apart, as the words of a dialect.
struct Words {
    kind: Kind,
    /// Hexadecimal: the first six digits of every order's id, the first four of every document's.
    order: String,
    document: String,
    events: u64,
}

impl Words {
    fn of(&self, column: &str, how: How, copy: u64) -> String {
        let sqlite = self.kind == Kind::Sqlite;
        let earlier = copy * 3 * 3600 * 1_000_000;
        let up = copy * STEP;
        match how {
            How::Near if sqlite => {
                format!("CAST(substr({column}, 1, 3) || x'{copy:02x}' || substr({column}, 5) AS BLOB)")
            }
            How::Near => format!("overlay({column}::text placing '{copy:02x}' from 7 for 2)::uuid"),
            How::Document if sqlite => format!("CAST(x'00{copy:02x}' || substr({column}, 3) AS BLOB)"),
            How::Document => format!("overlay({column}::text placing '00{copy:02x}' from 1 for 4)::uuid"),
            How::Text => self.ids(column, copy),
            How::Head => format!(
                "replace(replace({}, '\"external_id\":\"' || external_id || '\"', '\"external_id\":\"' || {} || '\"'),
                 '\"number\":\"' || number || '\"', '\"number\":\"' || {} || '\"')",
                self.ids(column, copy),
                self.of("external_id", How::Number, copy),
                self.of("number", How::Signed, copy)
            ),
            How::Number => format!("CAST(CAST({column} AS BIGINT) + {up} AS TEXT)"),
            How::Signed => format!("'#' || CAST(CAST(replace({column}, '#', '') AS BIGINT) + {up} AS TEXT)"),
            How::Time => format!("{column} - {earlier}"),
            How::Placed => format!("{column} - {earlier} + CAST(external_id AS BIGINT) * 1000000"),
            How::Seq => format!("{column} + {}", copy * self.events),
            How::Hash if sqlite => "randomblob(32)".to_owned(),
            How::Hash => format!("sha256({column} || '\\x{copy:02x}'::bytea)"),
            How::Mark => format!("({column} + {}) % 4294967296", copy * 2_654_435_761),
            How::Print if sqlite => format!("substr(lower(hex(randomblob(64))), 1, length({column}))"),
            How::Print => {
                format!("substr(encode(sha512(({column} || '{copy}')::bytea), 'hex'), 1, length({column}))")
            }
            How::Status => "CASE CAST(external_id AS BIGINT) % 100 WHEN 0 THEN 'on_hold' WHEN 1 THEN 'cancelled'
                WHEN 2 THEN 'released' ELSE 'delivered' END"
                .to_owned(),
            How::Sent if sqlite => "CASE abs(random()) % 200 WHEN 0 THEN 'quarantined' ELSE 'done' END".to_owned(),
            How::Sent => "CASE WHEN random() < 0.005 THEN 'quarantined' ELSE 'done' END".to_owned(),
            How::Given => String::new(),
        }
    }

    fn ids(&self, column: &str, copy: u64) -> String {
        let (order, document) = (&self.order, &self.document);
        format!("replace(replace({column}, '{order}00-', '{order}{copy:02x}-'), '\"{document}', '\"00{copy:02x}')")
    }
}

/// Copies what is there until there are `orders`, a multiple of [`DECIDED`]; nobody else may be connected.
///
/// # Errors
/// What is there was not made as is thought here.
pub(crate) async fn fill(kind: Kind, url: &str, orders: u64) -> Result<()> {
    let copies = orders / DECIDED - 1;
    let mut hand = Hand::open(kind, url).await?;
    let text = if kind == Kind::Sqlite { "lower(hex(id))" } else { "id::text" };
    let words = Words {
        kind,
        order: hand.word(format!("SELECT substr({text}, 1, 6) FROM orders LIMIT 1")).await?,
        document: hand.word(format!("SELECT substr({text}, 1, 4) FROM documents LIMIT 1")).await?,
        events: hand.word("SELECT CAST(last AS TEXT) FROM journal_counter".to_owned()).await?.parse()?,
    };
    if !words.order.ends_with("0000") || copies > 255 {
        bail!("an order's id begins with {}, and {copies} copies were wanted", words.order);
    }
    let mut known = Vec::new();
    for (table, changes) in TABLES {
        let only = if table == "stock_ledger" { " WHERE order_id IS NOT NULL" } else { "" };
        hand.run(format!("CREATE TEMPORARY TABLE bench_{table} AS SELECT * FROM {table}{only}")).await?;
        known.push((table, changes, hand.columns(table).await?));
    }
    for copy in 1..=copies {
        hand.run("BEGIN".to_owned()).await?;
        for (table, changes, columns) in &known {
            hand.run(insert(&words, table, changes, columns, copy)).await?;
        }
        hand.run("COMMIT".to_owned()).await?;
    }
    for sql in AFTER {
        hand.run(sql.to_owned()).await?;
    }
    match hand {
        Hand::Sqlite(mut to) => {
            to.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            to.close().await?;
        }
        Hand::Postgres(mut to) => {
            to.execute("ANALYZE").await?;
            to.execute("CHECKPOINT").await?;
            to.close().await?;
        }
    }
    Ok(())
}

fn insert(words: &Words, table: &str, changes: &[(&str, How)], columns: &[String], copy: u64) -> String {
    let how = |column: &str| changes.iter().find(|(name, _)| *name == column).map(|(_, how)| *how);
    let copied = columns.iter().filter(|column| !matches!(how(column), Some(How::Given)));
    let (names, values): (Vec<&str>, Vec<String>) = copied
        .map(|column| (column.as_str(), how(column).map_or(column.clone(), |how| words.of(column, how, copy))))
        .unzip();
    format!("INSERT INTO {table} ({}) SELECT {} FROM bench_{table}", names.join(", "), values.join(", "))
}
