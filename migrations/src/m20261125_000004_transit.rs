//! How long parcels took: each parcel once, and how many took how many days on each lane.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SQL: &str = "
CREATE TABLE transits (
  carrier {text} NOT NULL,
  number {text} NOT NULL,
  fulfilment_id {uuid} NOT NULL,
  days {i32} NOT NULL,
  counted_at {i64} NOT NULL,
  PRIMARY KEY (carrier, number)
){strict};
CREATE TABLE transit_lanes (
  carrier {text} NOT NULL,
  service {text} NOT NULL,
  origin {text} NOT NULL,
  country {text} NOT NULL,
  region {text} NOT NULL,
  days {i32} NOT NULL,
  parcels {i64} NOT NULL,
  PRIMARY KEY (carrier, service, origin, country, region, days)
){strict}{narrow};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// All or nothing, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::apply(manager, SQL).await
    }
}
