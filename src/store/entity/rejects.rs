//! One fault found in a document.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rejects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub no: i32,
    /// The order's key in the document, '' when unknown.
    pub order_key: String,
    pub code: String,
    pub field: String,
    /// JSON: record, row, column, cell, pointer.
    pub location: String,
    /// What was there; emptied when the person is erased.
    pub was: String,
    /// JSON: typed arguments of the message.
    pub args: String,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
