//! Stock of a sku in a warehouse.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub sku: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub warehouse: String,
    pub on_hand: i64,
    pub reserved: i64,
    pub shortage: i64,
    pub safety: i64,
    /// ours | mirrored.
    pub mode: String,
    pub updated_at: i64,
    /// Less than this to promise is short; 0 = never.
    pub reorder_point: i64,
    /// What is bought at a time, at least.
    pub reorder_quantity: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
