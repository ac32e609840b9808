//! Schema steps, oldest first. Each works while the code before it still runs (expand, then contract).

use sea_orm_migration::prelude::*;

mod m20261122_000001_river;
mod m20261125_000003_promotions;
mod m20261125_000004_transit;
mod m20261125_000005_replenishments;
mod m20261125_000006_contract_prices;
mod m20261125_000007_sku_case;
mod m20261125_000008_waiting_lines;
mod m20261125_000009_party_marks;
mod m20261125_000012_long_lists;

/// Applies the steps in order; run by `tributary migrate` and at start.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_river::Migration),
            Box::new(m20261125_000003_promotions::Migration),
            Box::new(m20261125_000004_transit::Migration),
            Box::new(m20261125_000005_replenishments::Migration),
            Box::new(m20261125_000006_contract_prices::Migration),
            Box::new(m20261125_000007_sku_case::Migration),
            Box::new(m20261125_000008_waiting_lines::Migration),
            Box::new(m20261125_000009_party_marks::Migration),
            Box::new(m20261125_000012_long_lists::Migration),
        ]
    }
}

/// Applies the steps `db` does not have yet.
///
/// # Errors
/// A step fails, or `db` has steps this program does not know.
pub async fn migrate(db: &sea_orm_migration::sea_orm::DatabaseConnection) -> Result<(), DbErr> {
    Migrator::up(db, None).await
}

/// Runs the statements of a step's schema text, each in the types of the database.
async fn apply(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    for statement in statements(&for_backend(sql, manager.get_database_backend())) {
        db.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Writes each `{token}` of a schema text as the type of `backend`.
///
/// SQLite tables are `STRICT`, so a value of the wrong type is refused by the database itself.
fn for_backend(sql: &str, backend: sea_orm_migration::sea_orm::DbBackend) -> String {
    use sea_orm_migration::sea_orm::DbBackend;
    let types: [(&str, &str, &str); 10] = [
        ("{uuid}", "BLOB", "UUID"),
        ("{text}", "TEXT", "TEXT"),
        ("{i64}", "INTEGER", "BIGINT"),
        ("{i32}", "INTEGER", "INTEGER"),
        ("{bool}", "INTEGER", "BOOLEAN"),
        ("{bytes}", "BLOB", "BYTEA"),
        ("{serial}", "INTEGER PRIMARY KEY", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        ("{strict}", " STRICT", ""),
        ("{narrow}", ", WITHOUT ROWID", ""),
        // A statement only PostgreSQL has: a comment to the other.
        ("{postgres}", "-- ", ""),
    ];
    types.iter().fold(sql.to_owned(), |text, (token, sqlite, postgres)| {
        text.replace(token, if backend == DbBackend::Sqlite { sqlite } else { postgres })
    })
}

/// The statements of a schema text: split at the semicolons that end a line, comments dropped.
fn statements(sql: &str) -> impl Iterator<Item = String> {
    let bare: String = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or("").trim_end())
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    bare.split(";\n")
        .map(|s| s.trim().trim_end_matches(';').to_owned())
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .into_iter()
}
