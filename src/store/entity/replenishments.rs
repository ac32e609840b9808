//! What is to be bought because stock is short.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "replenishments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub sku: String,
    pub warehouse: String,
    pub quantity: i64,
    /// JSON: what was seen when it was proposed.
    pub reasons: String,
    /// proposed | approved | pushed | received | dismissed.
    pub state: String,
    /// It stands for a shortage that lasts: no other is proposed meanwhile.
    pub covers: bool,
    /// JSON: who decided last.
    pub actor: String,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
