//! The store, on SQLite and, when `TRIBUTARY_TEST_POSTGRES` is the address of a database that may be filled with
//! schemas, on PostgreSQL.

mod bulk;
mod deliveries;
pub(crate) mod documents;
mod lists;
mod open;
mod orders;
mod people;
mod stock;
pub(crate) mod world;
