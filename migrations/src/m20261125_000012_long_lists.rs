//! Lists that stay quick however many rows there are: each filter people use finds an index that begins with it and goes on
//! by time. Those of states that are rare cost the others nothing.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SQL: &str = "
DROP INDEX orders_by_channel;
CREATE INDEX orders_by_channel ON orders (channel, status, placed_at, id);
CREATE INDEX deliveries_by_connector ON deliveries (connector, created_at, id);
CREATE INDEX deliveries_not_done ON deliveries (state, created_at, id) WHERE state <> 'done';
CREATE INDEX documents_by_channel ON documents (channel, received_at, id);
CREATE INDEX documents_set_aside ON documents (state, received_at, id) WHERE state IN ('held', 'erased');
CREATE INDEX work_leased ON work (lease_until) WHERE lease_until > 0;
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
