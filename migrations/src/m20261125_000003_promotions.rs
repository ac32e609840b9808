//! Promotions: reductions we grant.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SQL: &str = "
CREATE TABLE promotions (
  code {text} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,
  kind {text} NOT NULL CHECK (kind IN ('percent', 'amount', 'buy_n_get_m')),
  value {i64} NOT NULL CHECK (value >= 0),  -- parts per million, or minor units
  currency {text} NOT NULL,                 -- '' = any
  buy {i64} NOT NULL CHECK (buy >= 0),
  free {i64} NOT NULL CHECK (free >= 0),
  skus {text} NOT NULL,                     -- a;b;c, '' = all goods
  category {text} NOT NULL,
  channels {text} NOT NULL,
  customer_groups {text} NOT NULL,
  valid_from {text} NOT NULL,               -- a date, '' = always
  valid_to {text} NOT NULL,
  min_amount {i64} NOT NULL,
  min_quantity {i64} NOT NULL,
  stackable {bool} NOT NULL,
  priority {i32} NOT NULL
){strict};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::apply(manager, SQL).await
    }
}
