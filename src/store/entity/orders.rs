//! The head of an order; its lines are in `order_lines`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub channel: String,
    pub external_id: String,
    pub number: String,
    pub kind: String,
    /// Derived, for filters only.
    pub status: String,
    /// '' when the buyer is not a known customer.
    pub customer: String,
    pub currency: String,
    pub total: i64,
    pub priority: i32,
    pub placed_at: i64,
    pub buyer: Option<Uuid>,
    pub ship_to: Option<Uuid>,
    /// Rows of order_lines that belong to it.
    pub line_count: i32,
    /// Sameness of two orders: buyer, destination and lines, hashed; '' when awaited.
    pub fingerprint: String,
    /// Number of the order's last event; the optimistic version.
    pub events: i32,
    /// JSON of the head: everything but the lines.
    pub body: String,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
