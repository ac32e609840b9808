//! Reorder points of stock, and what is proposed to be bought when stock is short.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SQL: &str = "
ALTER TABLE stock ADD COLUMN reorder_point {i64} NOT NULL DEFAULT 0;
ALTER TABLE stock ADD COLUMN reorder_quantity {i64} NOT NULL DEFAULT 0;
CREATE INDEX stock_reorder ON stock (sku, warehouse) WHERE reorder_point > 0;
CREATE TABLE replenishments (
  id {uuid} NOT NULL PRIMARY KEY,
  sku {text} NOT NULL,
  warehouse {text} NOT NULL,
  quantity {i64} NOT NULL,
  reasons {text} NOT NULL,
  state {text} NOT NULL,
  covers {bool} NOT NULL,
  actor {text} NOT NULL,
  created_at {i64} NOT NULL,
  updated_at {i64} NOT NULL,
  CHECK (quantity > 0),
  CHECK (state IN ('proposed', 'approved', 'pushed', 'received', 'dismissed'))
){strict};
CREATE UNIQUE INDEX replenishments_covering ON replenishments (sku, warehouse) WHERE covers;
CREATE INDEX replenishments_newest ON replenishments (created_at, id);
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
