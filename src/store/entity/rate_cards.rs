//! What carrying costs.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_cards")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub carrier: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    /// '*' = from any.
    #[sea_orm(primary_key, auto_increment = false)]
    pub warehouse: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub country: String,
    /// '*' = any.
    #[sea_orm(primary_key, auto_increment = false)]
    pub region: String,
    /// '*' = any.
    #[sea_orm(primary_key, auto_increment = false)]
    pub city: String,
    /// The card's own name of the zone.
    pub zone: String,
    pub currency: String,
    pub first_g: i64,
    pub first_price: i64,
    pub step_g: i64,
    pub step_price: i64,
    /// Cubic centimetres a kilogram, 0 = weight only.
    pub volumetric_divisor: i64,
    /// 0 = no limit.
    pub max_weight_g: i64,
    pub min_days: i32,
    pub max_days: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
