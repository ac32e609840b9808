//! What makes a document the same one again.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "document_keys")]
pub struct Model {
    /// SHA-256 of channel, topic and raw body.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dedupe_key: Vec<u8>,
    pub document_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
