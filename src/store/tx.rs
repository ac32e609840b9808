//! A write transaction, on the driver itself: sea-orm's own would copy every value of every statement once more.

use super::{StoreError, disk::Disk, lanes::Turn};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values,
    entity::prelude::async_trait::async_trait,
    sqlx::{self, AssertSqlSafe, PgPool, Postgres, Sqlite, SqlitePool, postgres::PgArguments, sqlite::SqliteArguments},
};
use sea_query_sqlx::SqlxValues;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A write transaction. Dropped without [`Tx::commit`] it is rolled back.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    disk: Arc<Disk>,
    // Declared last, dropped last: the turn is given on when the connection is free again.
    _turn: Option<Turn>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(Mutex<sqlx::Transaction<'static, Sqlite>>),
    Postgres(Mutex<sqlx::Transaction<'static, Postgres>>),
}

/// A statement's values in the driver's own form.
#[derive(Debug)]
pub(super) enum Bound {
    Sqlite(SqliteArguments),
    Postgres(PgArguments),
}

impl Tx {
    pub(super) async fn sqlite(pool: &SqlitePool, disk: Arc<Disk>, turn: Option<Turn>) -> Result<Self, StoreError> {
        let inner = Inner::Sqlite(Mutex::new(pool.begin_with("BEGIN IMMEDIATE").await?));
        Ok(Self { inner, disk, _turn: turn })
    }

    pub(super) async fn postgres(pool: &PgPool, disk: Arc<Disk>) -> Result<Self, StoreError> {
        let inner = Inner::Postgres(Mutex::new(pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?));
        Ok(Self { inner, disk, _turn: None })
    }

    /// # Errors
    /// The commit did not happen, or nobody knows whether it did (the connection broke).
    pub async fn commit(self) -> Result<(), StoreError> {
        let done = match self.inner {
            Inner::Sqlite(tx) => tx.into_inner().commit().await,
            Inner::Postgres(tx) => tx.into_inner().commit().await,
        };
        done.map_err(StoreError::from).inspect_err(|error| self.disk.note(error))
    }

    /// # Errors
    /// The connection broke; the database rolls back by itself.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(tx) => tx.into_inner().rollback().await?,
            Inner::Postgres(tx) => tx.into_inner().rollback().await?,
        }
        Ok(())
    }

    /// Rows affected.
    pub(super) async fn execute_bound(&self, sql: String, values: Bound) -> Result<u64, DbErr> {
        match (&self.inner, values) {
            (Inner::Sqlite(tx), Bound::Sqlite(values)) => {
                let mut tx = tx.lock().await;
                let done = sqlx::query_with(AssertSqlSafe(sql), values).execute(&mut **tx).await;
                Ok(done.map_err(of_execution)?.rows_affected())
            }
            (Inner::Postgres(tx), Bound::Postgres(values)) => {
                let mut tx = tx.lock().await;
                let done = sqlx::query_with(AssertSqlSafe(sql), values).execute(&mut **tx).await;
                Ok(done.map_err(of_execution)?.rows_affected())
            }
            _ => Err(DbErr::Custom("a statement of another database".to_owned())),
        }
    }
}

fn of_execution(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn of_query(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn parts(statement: Statement) -> (AssertSqlSafe<String>, SqlxValues) {
    (AssertSqlSafe(statement.sql), SqlxValues(statement.values.unwrap_or_else(|| Values(Vec::new()))))
}

/// A transaction is a connection: whatever reads outside of one reads inside of one.
#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        match &self.inner {
            Inner::Sqlite(_) => DbBackend::Sqlite,
            Inner::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (sql, values) = parts(statement);
        match &self.inner {
            Inner::Sqlite(tx) => {
                let done = sqlx::query_with(sql, values).execute(&mut **tx.lock().await).await;
                done.map(ExecResult::from).map_err(of_execution)
            }
            Inner::Postgres(tx) => {
                let done = sqlx::query_with(sql, values).execute(&mut **tx.lock().await).await;
                done.map(ExecResult::from).map_err(of_execution)
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.inner {
            Inner::Sqlite(tx) => {
                let done = sqlx::raw_sql(sql).execute(&mut **tx.lock().await).await;
                done.map(ExecResult::from).map_err(of_execution)
            }
            Inner::Postgres(tx) => {
                let done = sqlx::raw_sql(sql).execute(&mut **tx.lock().await).await;
                done.map(ExecResult::from).map_err(of_execution)
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let (sql, values) = parts(statement);
        match &self.inner {
            Inner::Sqlite(tx) => {
                let row = sqlx::query_with(sql, values).fetch_optional(&mut **tx.lock().await).await;
                Ok(row.map_err(of_query)?.map(QueryResult::from))
            }
            Inner::Postgres(tx) => {
                let row = sqlx::query_with(sql, values).fetch_optional(&mut **tx.lock().await).await;
                Ok(row.map_err(of_query)?.map(QueryResult::from))
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (sql, values) = parts(statement);
        match &self.inner {
            Inner::Sqlite(tx) => {
                let rows = sqlx::query_with(sql, values).fetch_all(&mut **tx.lock().await).await;
                Ok(rows.map_err(of_query)?.into_iter().map(QueryResult::from).collect())
            }
            Inner::Postgres(tx) => {
                let rows = sqlx::query_with(sql, values).fetch_all(&mut **tx.lock().await).await;
                Ok(rows.map_err(of_query)?.into_iter().map(QueryResult::from).collect())
            }
        }
    }
}
