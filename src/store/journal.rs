//! The journal: every event, in the order of the commits, numbered without gaps.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict},
    entity::{journal, journal_counter},
    rows::{self, Place},
};
use model::{
    ids::OrderId,
    order::event::{Actor, Event},
    time::Instant,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};

/// The one part there is today.
const PART: i32 = 0;

/// Rows of one reading at most.
pub const PAGE_MAX: u64 = 1000;

/// Events of one order shown at most.
pub const OF_ORDER_MAX: u64 = 10_000;

/// An event to be written.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub order: OrderId,
    /// From 1 in each order.
    pub event_no: u32,
    pub event: &'a Event,
    pub at: Instant,
    pub actor: &'a Actor,
}

/// A written event.
#[derive(Clone, PartialEq, Debug)]
pub struct Entered {
    /// Place in the journal, from 1.
    pub seq: i64,
    pub order: OrderId,
    pub event_no: u32,
    pub name: String,
    pub version: i32,
    pub at: Instant,
    pub actor: Actor,
    pub what: Readable,
}

/// An event as this program reads it.
#[derive(Clone, PartialEq, Debug)]
pub enum Readable {
    Event(Box<Event>),
    /// Its JSON, written by a newer program: kept, handed on as it is, and skipped by whoever would act on it.
    Unknown(String),
}

/// A written event as it lies there, its JSON unread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    pub seq: i64,
    pub order: OrderId,
    pub event_no: u32,
    pub name: String,
    pub version: i32,
    pub at: Instant,
    /// JSON of the actor.
    pub actor: String,
    /// JSON of the event.
    pub body: String,
}

/// Events as rows, ready to be written; their numbers are given then.
#[derive(Debug, Default)]
pub struct Rows(Vec<journal::Model>);

/// The rows of events, in this order.
///
/// # Errors
/// One cannot be written as JSON.
pub fn rows(entries: &[Entry<'_>]) -> Result<Rows, StoreError> {
    Ok(Rows(entries.iter().map(row).collect::<Result<_, _>>()?))
}

/// Writes events, each with the number after the one before, and gives the last number; nothing when there are none.
/// Must be the last statements of a transaction: from here to the commit nobody else can write the journal, which is
/// what makes its numbers follow the commits.
///
/// # Errors
/// An event of an order is there already ([`StoreError::is_duplicate`]), or the database is gone.
pub async fn append(tx: &Tx, rows: Rows) -> Result<Option<i64>, StoreError> {
    use journal_counter::Column as C;
    use sea_orm::sea_query::ExprTrait;
    if rows.0.is_empty() {
        return Ok(None);
    }
    let count = i64::try_from(rows.0.len()).unwrap_or(i64::MAX);
    let mut advance = Query::update();
    advance
        .table(journal_counter::Entity)
        .value(C::Last, Expr::col(C::Last).add(count))
        .and_where(Expr::col(C::Part).eq(PART))
        .returning_col(C::Last);
    let answer = tx.query_one(&advance).await?;
    let lost = || Place::new("journal_counter", "last", &PART).inconsistent();
    let last: i64 = answer.ok_or_else(lost)?.try_get_by_index(0)?;
    let numbered = (last - count + 1..).zip(rows.0).map(|(seq, row)| journal::Model { seq, ..row });
    bulk::insert::<journal::Entity>(tx, numbered.collect(), Conflict::Refuse).await?;
    Ok(Some(last))
}

/// Events after number `seq`, at most `limit` (and [`PAGE_MAX`]).
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn after(conn: &impl ConnectionTrait, seq: i64, limit: u64) -> Result<Vec<Entered>, StoreError> {
    rows_after(conn, seq, limit).await?.into_iter().map(entered).collect()
}

/// The same as [`after`], for handing on.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn stored_after(conn: &impl ConnectionTrait, seq: i64, limit: u64) -> Result<Vec<Stored>, StoreError> {
    let stored = |row: journal::Model| {
        Ok(Stored {
            event_no: Place::new("journal", "event_no", &row.seq).count(row.event_no)?,
            seq: row.seq,
            order: OrderId::from_uuid(row.order_id),
            name: row.name,
            version: row.version,
            at: Instant(row.at),
            actor: row.actor,
            body: row.body,
        })
    };
    rows_after(conn, seq, limit).await?.into_iter().map(stored).collect()
}

async fn rows_after(conn: &impl ConnectionTrait, seq: i64, limit: u64) -> Result<Vec<journal::Model>, StoreError> {
    Ok(journal::Entity::find()
        .filter(journal::Column::Part.eq(PART))
        .filter(journal::Column::Seq.gt(seq))
        .order_by_asc(journal::Column::Seq)
        .limit(limit.min(PAGE_MAX))
        .all(conn)
        .await?)
}

/// The history of one order, from its first event.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn of_order(conn: &impl ConnectionTrait, order: OrderId) -> Result<Vec<Entered>, StoreError> {
    let rows = journal::Entity::find()
        .filter(journal::Column::OrderId.eq(order.uuid()))
        .order_by_asc(journal::Column::EventNo)
        .limit(OF_ORDER_MAX)
        .all(conn)
        .await?;
    rows.into_iter().map(entered).collect()
}

/// The last number given; 0 before the first.
///
/// # Errors
/// The database is gone.
pub async fn last(conn: &impl ConnectionTrait) -> Result<i64, StoreError> {
    let row = journal_counter::Entity::find_by_id(PART).one(conn).await?;
    row.map(|row| row.last).ok_or_else(|| Place::new("journal_counter", "last", &PART).inconsistent())
}

/// Its number is given later.
fn row(entry: &Entry<'_>) -> Result<journal::Model, StoreError> {
    Ok(journal::Model {
        part: PART,
        seq: 0,
        order_id: entry.order.uuid(),
        event_no: rows::small(entry.event_no),
        name: entry.event.name().to_owned(),
        version: entry.event.version(),
        at: entry.at.0,
        actor: rows::json(entry.actor)?,
        body: rows::json(entry.event)?,
    })
}

fn entered(row: journal::Model) -> Result<Entered, StoreError> {
    let place = |column| Place::new("journal", column, &row.seq);
    let what = match serde_json::from_str::<Event>(&row.body) {
        Ok(event) => Readable::Event(Box::new(event)),
        Err(_) => Readable::Unknown(row.body),
    };
    Ok(Entered {
        seq: row.seq,
        order: OrderId::from_uuid(row.order_id),
        event_no: place("event_no").count(row.event_no)?,
        actor: place("actor").json(&row.actor)?,
        name: row.name,
        version: row.version,
        at: Instant(row.at),
        what,
    })
}
