//! The dialect of SQLite: `VALUES` with as many rows as a statement holds. Statements come in few sizes (powers of
//! two), so that the connection's cache of prepared statements holds them all.

use super::{Column, Conflict, Op, Role, Row, Verb};
use crate::store::{StoreError, tx::Bound};
use sea_orm::{
    DbBackend, Statement, Value,
    sqlx::{self, Arguments as _, sqlite::SqliteArguments},
};
use std::fmt::Write;

/// Rows of one statement at most; more gain little and cost memory for each prepared statement.
const ROWS_MAX: usize = 64;

/// For reading.
pub(super) fn statements(op: &Op, rows: Vec<Row>) -> Vec<Statement> {
    let statement = |(size, rows): (usize, Vec<Row>)| {
        Statement::from_sql_and_values(DbBackend::Sqlite, text(op, size), rows.into_iter().flatten())
    };
    chunks(rows).map(statement).collect()
}

/// For writing.
pub(super) fn bound(op: &Op, rows: Vec<Row>) -> Result<Vec<(String, Bound)>, StoreError> {
    let statement = |(size, rows): (usize, Vec<Row>)| {
        let mut values = SqliteArguments::default();
        for value in rows.into_iter().flatten() {
            bind(&mut values, value).map_err(sqlx::Error::Encode)?;
        }
        Ok((text(op, size), Bound::Sqlite(values)))
    };
    chunks(rows).map(statement).collect()
}

/// Rows in the sizes there are statements for.
fn chunks(rows: Vec<Row>) -> impl Iterator<Item = (usize, Vec<Row>)> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let size = 1 << rows.len().min(ROWS_MAX).checked_ilog2()?;
        Some((size, rows.by_ref().take(size).collect()))
    })
}

/// Our columns have no other types.
fn bind(values: &mut SqliteArguments, value: Value) -> Result<(), sqlx::error::BoxDynError> {
    match value {
        Value::Uuid(v) => values.add(v),
        Value::String(v) => values.add(v),
        Value::BigInt(v) => values.add(v),
        Value::Int(v) => values.add(v),
        Value::Bool(v) => values.add(v),
        Value::Bytes(v) => values.add(v),
        other => Err(format!("{other:?} is of no column's type").into()),
    }
}

fn text(op: &Op, rows: usize) -> String {
    let values = values(op.columns.len(), rows);
    let table = op.table;
    match op.verb {
        Verb::Insert(conflict) => {
            let names = join(op.columns.iter().map(|c| c.name.to_owned()), ", ");
            format!("INSERT INTO {table} ({names}) VALUES {values}{}", on_conflict(op, conflict))
        }
        Verb::Update => {
            let sets = join(op.written().map(|(i, c)| assignment(table, i, c)), ", ");
            format!("{} UPDATE {table} SET {sets} FROM v WHERE {}", with(op, &values), matches(op))
        }
        Verb::Find(_) => {
            format!("{} SELECT {table}.* FROM v CROSS JOIN {table} ON {}", with(op, &values), matches(op))
        }
        Verb::Delete => {
            let names = join(op.columns.iter().map(|c| c.name.to_owned()), ", ");
            let given = join((0..op.columns.len()).map(|i| format!("c{i}")), ", ");
            format!("{} DELETE FROM {table} WHERE ({names}) IN (SELECT {given} FROM v)", with(op, &values))
        }
    }
}

pub(super) fn on_conflict(op: &Op, conflict: Conflict) -> String {
    let keys = join(op.keys().map(|(_, c)| c.name.to_owned()), ", ");
    match conflict {
        Conflict::Refuse => String::new(),
        Conflict::Keep => format!(" ON CONFLICT ({keys}) DO NOTHING"),
        Conflict::Replace => {
            let sets = join(op.written().map(|(_, c)| format!("{0} = excluded.{0}", c.name)), ", ");
            format!(" ON CONFLICT ({keys}) DO UPDATE SET {sets}")
        }
    }
}

fn assignment(table: &str, i: usize, column: &Column) -> String {
    let name = column.name;
    match column.role {
        Role::Add => format!("{name} = {table}.{name} + v.c{i}"),
        Role::Key | Role::Set => format!("{name} = v.c{i}"),
    }
}

/// `(?, ?), (?, ?)`
fn values(columns: usize, rows: usize) -> String {
    let row = format!("({})", join((0..columns).map(|_| "?".to_owned()), ","));
    let mut text = String::with_capacity((row.len() + 1) * rows);
    for i in 0..rows {
        let _infallible = write!(text, "{}{row}", if i == 0 { "" } else { "," });
    }
    text
}

fn with(op: &Op, values: &str) -> String {
    format!("WITH v({}) AS (VALUES {values})", join((0..op.columns.len()).map(|i| format!("c{i}")), ", "))
}

fn matches(op: &Op) -> String {
    join(op.keys().map(|(i, c)| format!("{}.{} = v.c{i}", op.table, c.name)), " AND ")
}

pub(super) fn join(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}
