//! One webhook, upload or fetched page; its bytes are in `document_bytes`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "documents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub channel: String,
    /// webhook | upload | import | callback.
    pub kind: String,
    /// The platform's topic, '' when it has none.
    pub topic: String,
    /// The file's name as sent, '' for a webhook.
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    /// JSON: [name, value] of the headers a channel may need later.
    pub headers: String,
    /// JSON: who brought it.
    pub actor: String,
    pub received_at: i64,
    /// receiving (parts still arrive) | received | done | held | erased.
    pub state: String,
    /// Name of the mapping last used, '' before.
    pub mapping: String,
    pub mapping_version: i32,
    pub orders_good: i32,
    pub orders_bad: i32,
    /// JSON: what was read (shape, encoding, header, counts, held reason).
    pub summary: String,
    /// Statements already committed; a crash resumes there.
    pub progress: i64,
    pub lease_owner: String,
    pub lease_until: i64,
    pub lease_epoch: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
