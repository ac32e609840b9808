//! Many rows in one statement: insert, update, find and delete by key.
//!
//! What is wanted is said once, as an [`Op`] made from the entity; `sqlite` and `postgres` write it in their dialect.
//! These two files are the only dialect SQL of the program.

mod postgres;
mod sqlite;

use super::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, IdenStatic,
    IntoActiveModel, Iterable, PrimaryKeyToColumn, PrimaryKeyTrait, Statement, Value, sea_query::ColumnType,
};

/// What an insert does with a row whose primary key is already there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conflict {
    /// Fails.
    Refuse,
    /// Leaves the old row; the new one is not counted.
    Keep,
    /// Writes the new row over it. The rows of one call must have different keys.
    Replace,
}

/// What a column is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Finds the row.
    Key,
    /// Is written.
    Set,
    /// Is added to what is there.
    Add,
}

/// Should found rows be locked until the transaction ends? SQLite has nothing to lock: it has one writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lock {
    No,
    /// In the order of the key columns.
    Rows,
}

/// The types our columns have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Uuid,
    Text,
    I64,
    I32,
    Bool,
    Bytes,
}

#[derive(Debug)]
struct Column {
    name: &'static str,
    kind: Kind,
    role: Role,
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Insert(Conflict),
    Update,
    Find(Lock),
    Delete,
}

#[derive(Debug)]
struct Op {
    table: &'static str,
    columns: Vec<Column>,
    verb: Verb,
}

/// One row of values, in the order of the op's columns.
pub type Row = Vec<Value>;

impl Op {
    fn keys(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.role == Role::Key)
    }

    fn written(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.role != Role::Key)
    }

    fn statements(&self, backend: DbBackend, rows: Vec<Row>) -> Vec<Statement> {
        match backend {
            DbBackend::Sqlite => sqlite::statements(self, rows),
            _ => postgres::statements(self, rows),
        }
    }

    async fn execute(&self, tx: &Tx, rows: Vec<Row>) -> Result<u64, StoreError> {
        let bound = match tx.get_database_backend() {
            DbBackend::Sqlite => sqlite::bound(self, rows)?,
            _ => postgres::bound(self, rows)?,
        };
        let mut affected = 0;
        for (sql, values) in bound {
            affected += tx.execute_bound(sql, values).await?;
        }
        Ok(affected)
    }
}

/// Inserts `rows`; gives how many were inserted or replaced. A generated id column is left to the database.
///
/// # Errors
/// A constraint says no, or the database is gone.
pub async fn insert<E>(tx: &Tx, rows: Vec<E::Model>, conflict: Conflict) -> Result<u64, StoreError>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    if rows.is_empty() {
        return Ok(0);
    }
    let generated = E::PrimaryKey::auto_increment();
    let is_key = |column: &E::Column| E::PrimaryKey::iter().any(|key| key.into_column().as_str() == column.as_str());
    let wanted: Vec<E::Column> = E::Column::iter().filter(|column| !(generated && is_key(column))).collect();
    let columns = wanted.iter().map(|c| column::<E>(*c, if is_key(c) { Role::Key } else { Role::Set })).collect();
    let op = Op { table: E::default().as_str(), columns, verb: Verb::Insert(conflict) };
    let rows = rows.into_iter().map(|row| values_of::<E>(row, &wanted)).collect();
    op.execute(tx, rows).await
}

/// Updates the rows that the `Key` values of each of `rows` find; gives how many were found.
///
/// # Errors
/// A constraint says no, or the database is gone.
pub async fn update<E: EntityTrait>(tx: &Tx, columns: &[(E::Column, Role)], rows: Vec<Row>) -> Result<u64, StoreError> {
    let columns = columns.iter().map(|(c, role)| column::<E>(*c, *role)).collect();
    Op { table: E::default().as_str(), columns, verb: Verb::Update }.execute(tx, rows).await
}

/// The rows whose `keys` have one of the values of `rows`. A value asked for twice may give its row twice.
///
/// # Errors
/// The database is gone.
pub async fn find<E: EntityTrait>(
    conn: &impl ConnectionTrait,
    keys: &[E::Column],
    rows: Vec<Row>,
    lock: Lock,
) -> Result<Vec<E::Model>, StoreError> {
    let columns = keys.iter().map(|c| column::<E>(*c, Role::Key)).collect();
    let op = Op { table: E::default().as_str(), columns, verb: Verb::Find(lock) };
    let mut found = Vec::with_capacity(rows.len());
    for statement in op.statements(conn.get_database_backend(), rows) {
        for row in conn.query_all_raw(statement).await? {
            found.push(E::Model::from_query_result(&row, "")?);
        }
    }
    Ok(found)
}

/// Deletes the rows whose `keys` have one of the values of `rows`.
///
/// # Errors
/// The database is gone.
pub async fn delete<E: EntityTrait>(tx: &Tx, keys: &[E::Column], rows: Vec<Row>) -> Result<u64, StoreError> {
    let columns = keys.iter().map(|c| column::<E>(*c, Role::Key)).collect();
    Op { table: E::default().as_str(), columns, verb: Verb::Delete }.execute(tx, rows).await
}

/// Rows of one value each.
pub fn each<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Vec<Row> {
    values.into_iter().map(|value| vec![value.into()]).collect()
}

/// A statement without values.
pub fn plain(backend: DbBackend, sql: &str) -> Statement {
    Statement::from_string(backend, sql)
}

fn column<E: EntityTrait>(column: E::Column, role: Role) -> Column {
    Column { name: column.as_str(), kind: kind(column.def().get_column_type()), role }
}

/// Every column of an entity is one of these; text is what an unknown one would be read as.
fn kind(of: &ColumnType) -> Kind {
    match of {
        ColumnType::Uuid => Kind::Uuid,
        ColumnType::BigInteger => Kind::I64,
        ColumnType::Integer => Kind::I32,
        ColumnType::Boolean => Kind::Bool,
        ColumnType::Blob | ColumnType::Binary(_) | ColumnType::VarBinary(_) => Kind::Bytes,
        _ => Kind::Text,
    }
}

fn values_of<E>(row: E::Model, columns: &[E::Column]) -> Row
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let mut row = row.into_active_model();
    let value = |taken: ActiveValue<Value>| taken.into_value().unwrap_or(Value::String(None));
    columns.iter().map(|column| value(row.take(*column))).collect()
}

/// Values of one `IN (...)` at most.
pub const IN_MAX: usize = 1024;

/// The values of an `IN (...)`, filled up with the last one to a power of two: few different statements to prepare.
pub fn padded<V: Copy>(values: &[V]) -> Vec<V> {
    let mut values = values.to_vec();
    if let Some(last) = values.last().copied() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}
