//! Prices of one customer's contract: beside the book, whose key has no place for a customer.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SQL: &str = "
CREATE TABLE contract_prices (
  customer {text} NOT NULL,
  sku {text} NOT NULL,
  unit {text} NOT NULL,
  currency {text} NOT NULL,
  customer_group {text} NOT NULL,       -- '' = every group
  channel {text} NOT NULL,              -- '' = every channel
  min_quantity {i64} NOT NULL,
  unit_price {i64} NOT NULL,
  valid_from {text} NOT NULL,           -- a date, '' = always
  valid_to {text} NOT NULL,
  PRIMARY KEY (customer, sku, unit, currency, customer_group, channel, min_quantity, valid_from)
){strict}{narrow};
CREATE INDEX contract_prices_by_sku ON contract_prices (sku);
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
