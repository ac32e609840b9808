//! Rows of the price book that are one customer's alone.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contract_prices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub sku: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// '' = every group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_group: String,
    /// '' = every channel.
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub min_quantity: i64,
    pub unit_price: i64,
    /// A date, '' = always.
    #[sea_orm(primary_key, auto_increment = false)]
    pub valid_from: String,
    pub valid_to: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
