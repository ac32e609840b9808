//! By what people are found: a few bits of a hash of each name, phone and mail.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "party_marks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub mark: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub party_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
