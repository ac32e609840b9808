//! The dialect of PostgreSQL: one array a column, opened by `unnest`, so that a statement's text never depends on the
//! number of rows. sea-orm cannot bind a NULL inside an array, so a column that may be NULL has a second array that
//! says where.

use super::{
    Column, Kind, Lock, Op, Role, Row, Verb,
    sqlite::{join, on_conflict},
};
use sea_orm::{DbBackend, Statement, Value, sea_query::ArrayType};

/// Rows of one statement at most: bounds the memory of a batch on both ends.
const ROWS_MAX: usize = 4096;

pub(super) fn statements(op: &Op, rows: Vec<Row>) -> Vec<Statement> {
    let text = text(op);
    let mut statements = Vec::new();
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let arrays = arrays(op, rows.by_ref().take(ROWS_MAX));
        statements.push(Statement::from_sql_and_values(DbBackend::Postgres, text.as_str(), arrays));
    }
    statements
}

fn text(op: &Op) -> String {
    let table = op.table;
    let from = source(op);
    match op.verb {
        Verb::Insert(conflict) => {
            let names = join(op.columns.iter().map(|c| c.name.to_owned()), ", ");
            let given = join(op.columns.iter().enumerate().map(|(i, c)| given(i, c)), ", ");
            format!("INSERT INTO {table} ({names}) SELECT {given} FROM {from}{}", on_conflict(op, conflict))
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

/// `unnest($1::uuid[], $2::bigint[], $3::boolean[]) AS v(c0, c1, n1)`
fn source(op: &Op) -> String {
    let (mut arrays, mut names) = (Vec::new(), Vec::new());
    for (i, column) in op.columns.iter().enumerate() {
        arrays.push(format!("${}::{}[]", arrays.len() + 1, type_name(column.kind)));
        names.push(format!("c{i}"));
        if column.nullable {
            arrays.push(format!("${}::boolean[]", arrays.len() + 1));
            names.push(format!("n{i}"));
        }
    }
    format!("unnest({}) AS v({})", arrays.join(", "), names.join(", "))
}

fn given(i: usize, column: &Column) -> String {
    if column.nullable { format!("CASE WHEN v.n{i} THEN NULL ELSE v.c{i} END") } else { format!("v.c{i}") }
}

fn assignment(table: &str, i: usize, column: &Column) -> String {
    let name = column.name;
    let given = given(i, column);
    match column.role {
        Role::Add => format!("{name} = {table}.{name} + {given}"),
        Role::Key | Role::Set => format!("{name} = {given}"),
    }
}

fn matches(op: &Op) -> String {
    join(op.keys().map(|(i, c)| format!("{}.{} = v.c{i}", op.table, c.name)), " AND ")
}

fn arrays(op: &Op, rows: impl Iterator<Item = Row>) -> Vec<Value> {
    let mut columns: Vec<Vec<Value>> = op.columns.iter().map(|_| Vec::new()).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let mut arrays = Vec::with_capacity(columns.len() + 2);
    for (column, values) in op.columns.iter().zip(columns) {
        let absent = column.nullable.then(|| values.iter().map(|v| Value::from(is_null(v))).collect::<Vec<_>>());
        let values = values.into_iter().map(|value| if is_null(&value) { zero(column.kind) } else { value }).collect();
        arrays.push(Value::Array(array_type(column.kind), Some(Box::new(values))));
        arrays.extend(absent.map(|absent| Value::Array(ArrayType::Bool, Some(Box::new(absent)))));
    }
    arrays
}

fn is_null(value: &Value) -> bool {
    match value {
        Value::Bool(v) => v.is_none(),
        Value::Int(v) => v.is_none(),
        Value::BigInt(v) => v.is_none(),
        Value::String(v) => v.is_none(),
        Value::Bytes(v) => v.is_none(),
        Value::Uuid(v) => v.is_none(),
        // Our columns have no other types.
        _ => false,
    }
}

/// Stands where a NULL would; never stored.
fn zero(kind: Kind) -> Value {
    match kind {
        Kind::Uuid => Value::from(uuid::Uuid::nil()),
        Kind::Text => Value::from(""),
        Kind::I64 => Value::from(0_i64),
        Kind::I32 => Value::from(0_i32),
        Kind::Bool => Value::from(false),
        Kind::Bytes => Value::from(Vec::<u8>::new()),
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
