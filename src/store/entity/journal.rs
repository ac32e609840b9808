//! All events in commit order.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub order_id: Uuid,
    pub event_no: i32,
    pub name: String,
    pub version: i32,
    pub at: i64,
    pub actor: String,
    pub body: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
