//! Messages on their way to connectors.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub connector: String,
    /// Order or fulfilment.
    pub stream: Uuid,
    /// Place in its stream.
    pub number: i32,
    pub order_id: Uuid,
    /// The message's kind.
    pub kind: String,
    /// A newer one supersedes it while not begun.
    pub as_of: bool,
    /// JSON of the message, ids only.
    pub body: String,
    /// waiting | done | superseded | quarantined.
    pub state: String,
    pub attempts: i32,
    pub next_at: i64,
    pub lease_owner: String,
    pub lease_until: i64,
    pub lease_epoch: i64,
    /// JSON array of what the connector kept.
    pub kept: String,
    /// Stable code of the last failure, '' when none.
    pub error: String,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
