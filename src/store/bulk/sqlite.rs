//! The dialect of SQLite: `VALUES` with as many rows as a statement holds. Statements come in few sizes (powers of
//! two), so that the connection's cache of prepared statements holds them all.

use super::{Column, Conflict, Op, Role, Row, Verb};
use sea_orm::{DbBackend, Statement};
use std::fmt::Write;

/// Rows of one statement at most; more gain little and cost memory for each prepared statement.
const ROWS_MAX: usize = 64;

pub(super) fn statements(op: &Op, rows: Vec<Row>) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let size = 1 << rows.len().min(ROWS_MAX).ilog2();
        let values = rows.by_ref().take(size).flatten();
        statements.push(Statement::from_sql_and_values(DbBackend::Sqlite, text(op, size), values));
    }
    statements
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
