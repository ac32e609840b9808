//! A channel's last word about an order.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "said")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub external_id: String,
    pub order_id: Uuid,
    /// The source's own version, when it has one.
    pub source_version: Option<i64>,
    pub arrival: i64,
    pub mapping_version: i32,
    pub document_id: Uuid,
    /// JSON of the content last said, party ids only.
    pub content: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
