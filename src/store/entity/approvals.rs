//! Signatures given and refused.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approvals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub round: i32,
    /// NULL when declined.
    pub step: Option<i32>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub approver: String,
    pub creator: String,
    /// approved | declined.
    pub decision: String,
    pub digest: String,
    pub at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
