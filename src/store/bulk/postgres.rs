//! The dialect of PostgreSQL: one array a column, opened by `unnest`, so that a statement's text never depends on the
//! number of rows.

use super::{
    Column, Kind, Lock, Op, Role, Row, Verb,
    sqlite::{join, on_conflict},
};
use crate::store::{StoreError, tx::Bound};
use sea_orm::{
    DbBackend, Statement, Value,
    sea_query::ArrayType,
    sqlx::{self, Arguments as _, Encode, Postgres, Type, postgres::PgArguments},
};

/// Rows of one statement at most: bounds the memory of a batch on both ends.
const ROWS_MAX: usize = 4096;

/// For reading.
pub(super) fn statements(op: &Op, rows: Vec<Row>) -> Vec<Statement> {
    let (text, mut statements) = (text(op), Vec::new());
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let columns = columns(op, rows.by_ref().take(ROWS_MAX));
        let arrays = op.columns.iter().zip(columns);
        let arrays = arrays.map(|(column, values)| Value::Array(array_type(column.kind), Some(Box::new(values))));
        statements.push(Statement::from_sql_and_values(DbBackend::Postgres, text.as_str(), arrays));
    }
    statements
}

/// For writing.
pub(super) fn bound(op: &Op, rows: Vec<Row>) -> Result<Vec<(String, Bound)>, StoreError> {
    let (text, mut statements) = (text(op), Vec::new());
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let mut arrays = PgArguments::default();
        for (column, values) in op.columns.iter().zip(columns(op, rows.by_ref().take(ROWS_MAX))) {
            bind(&mut arrays, column.kind, values).map_err(sqlx::Error::Encode)?;
        }
        statements.push((text.clone(), Bound::Postgres(arrays)));
    }
    Ok(statements)
}

fn text(op: &Op) -> String {
    let table = op.table;
    let from = source(op);
    match op.verb {
        Verb::Insert(conflict) => {
            let written = join(op.columns.iter().map(|c| c.name.to_owned()), ", ");
            let given = names(op, "v.c");
            format!("INSERT INTO {table} ({written}) SELECT {given} FROM {from}{}", on_conflict(op, conflict))
        }
        Verb::Update => {
            let sets = join(op.written().map(|(i, c)| assignment(table, i, c)), ", ");
            format!("UPDATE {table} SET {sets} FROM {from} WHERE {}", matches(op))
        }
        Verb::Find(lock) => {
            let order = join(op.keys().map(|(_, c)| format!("{table}.{}", c.name)), ", ");
            let tail = match lock {
                Lock::No => String::new(),
                Lock::Rows => format!(" ORDER BY {order} FOR UPDATE OF {table}"),
            };
            format!("SELECT {table}.* FROM {from} JOIN {table} ON {}{tail}", matches(op))
        }
        Verb::Delete => format!("DELETE FROM {table} USING {from} WHERE {}", matches(op)),
    }
}

/// `unnest($1::uuid[], $2::bigint[]) AS v(c0, c1)`
fn source(op: &Op) -> String {
    let array = |(i, column): (usize, &Column)| format!("${}::{}[]", i + 1, type_name(column.kind));
    let arrays = join(op.columns.iter().enumerate().map(array), ", ");
    format!("unnest({arrays}) AS v({})", names(op, "c"))
}

/// `c0, c1`
fn names(op: &Op, prefix: &str) -> String {
    join((0..op.columns.len()).map(|i| format!("{prefix}{i}")), ", ")
}

fn assignment(table: &str, i: usize, column: &Column) -> String {
    let name = column.name;
    match column.role {
        Role::Add => format!("{name} = {table}.{name} + v.c{i}"),
        Role::Key | Role::Set => format!("{name} = v.c{i}"),
    }
}

fn matches(op: &Op) -> String {
    join(op.keys().map(|(i, c)| format!("{}.{} = v.c{i}", op.table, c.name)), " AND ")
}

/// Rows turned into columns.
fn columns(op: &Op, rows: impl ExactSizeIterator<Item = Row>) -> Vec<Vec<Value>> {
    let mut columns: Vec<Vec<Value>> = op.columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    columns
}

/// Our columns have no other types; a value of another column's type would be NULL, which the database refuses.
fn bind(arrays: &mut PgArguments, kind: Kind, values: Vec<Value>) -> Result<(), sqlx::error::BoxDynError> {
    fn all<T>(
        arrays: &mut PgArguments,
        values: Vec<Value>,
        one: fn(Value) -> Option<T>,
    ) -> Result<(), sqlx::error::BoxDynError>
    where
        Vec<Option<T>>: for<'q> Encode<'q, Postgres> + Type<Postgres>,
    {
        arrays.add(values.into_iter().map(one).collect::<Vec<Option<T>>>())
    }
    match kind {
        Kind::Uuid => all(arrays, values, |v| if let Value::Uuid(v) = v { v } else { None }),
        Kind::Text => all(arrays, values, |v| if let Value::String(v) = v { v } else { None }),
        Kind::I64 => all(arrays, values, |v| if let Value::BigInt(v) = v { v } else { None }),
        Kind::I32 => all(arrays, values, |v| if let Value::Int(v) = v { v } else { None }),
        Kind::Bool => all(arrays, values, |v| if let Value::Bool(v) = v { v } else { None }),
        Kind::Bytes => all(arrays, values, |v| if let Value::Bytes(v) = v { v } else { None }),
    }
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid => "uuid",
        Kind::Text => "text",
        Kind::I64 => "bigint",
        Kind::I32 => "integer",
        Kind::Bool => "boolean",
        Kind::Bytes => "bytea",
    }
}

fn array_type(kind: Kind) -> ArrayType {
    match kind {
        Kind::Uuid => ArrayType::Uuid,
        Kind::Text => ArrayType::String,
        Kind::I64 => ArrayType::BigInt,
        Kind::I32 => ArrayType::Int,
        Kind::Bool => ArrayType::Bool,
        Kind::Bytes => ArrayType::Bytes,
    }
}
