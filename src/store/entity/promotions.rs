//! Promotions: reductions we grant. Lists are joined by `;`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "promotions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    pub name: String,
    /// `percent`, `amount` or `buy_n_get_m`.
    pub kind: String,
    /// Parts per million, or minor units.
    pub value: i64,
    /// '' = any.
    pub currency: String,
    pub buy: i64,
    pub free: i64,
    pub skus: String,
    pub category: String,
    pub channels: String,
    pub customer_groups: String,
    /// A date, '' = always.
    pub valid_from: String,
    pub valid_to: String,
    pub min_amount: i64,
    pub min_quantity: i64,
    pub stackable: bool,
    pub priority: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
