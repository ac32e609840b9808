//! Finding the orders that have a line waiting for stock.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SQL: &str = "
CREATE INDEX order_lines_waiting ON order_lines (order_id) WHERE backordered > 0;
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
