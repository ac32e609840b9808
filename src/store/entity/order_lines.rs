//! One line of an order.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i32,
    pub sku: String,
    pub ordered: i64,
    pub open: i64,
    pub cancelled: i64,
    pub backordered: i64,
    pub reserved: i64,
    pub released: i64,
    pub shipped: i64,
    pub delivered: i64,
    pub returned: i64,
    /// JSON of the line's commercial part.
    pub body: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
