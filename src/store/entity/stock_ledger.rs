//! Every change of stock and its cause.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_ledger")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub sku: String,
    pub warehouse: String,
    pub at: i64,
    /// count | goods_in | reserve | unreserve | ship | shortage.
    pub kind: String,
    pub on_hand_change: i64,
    pub reserved_change: i64,
    pub shortage_change: i64,
    pub order_id: Option<Uuid>,
    pub fulfilment_id: Option<Uuid>,
    /// '' or the document or caller a count came from.
    pub cause: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
