//! Where goods leave from.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "warehouses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    pub name: String,
    pub country: String,
    pub region: String,
    pub city: String,
    pub postcode: String,
    /// Microdegrees.
    pub latitude: i64,
    pub longitude: i64,
    /// IANA.
    pub zone: String,
    /// Local minute of the day.
    pub cutoff_minute: i32,
    /// Fulfilments a day, 0 = unlimited.
    pub daily_capacity: i32,
    pub active: bool,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
