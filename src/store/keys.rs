//! API keys: who may call, known by a hash of their secret.

use super::{StoreError, Tx, entity::api_keys, rows};
use model::{
    codes::{Channel, Role, User},
    time::Instant,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

/// Keys listed at most.
pub const KEYS_MAX: u64 = 1000;

/// An API key; the secret itself is nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    /// Public part.
    pub id: String,
    pub user: User,
    pub role: Role,
    /// The only channel it may post to; `None` = not bound to one.
    pub channel: Option<Channel>,
    pub secret_hash: Vec<u8>,
    pub created_at: Instant,
    pub expires_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
}

impl ApiKey {
    /// Neither revoked nor expired.
    pub fn is_live(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }
}

/// # Errors
/// There is a key with this id ([`StoreError::is_duplicate`]), or the database is gone.
pub async fn create(tx: &Tx, key: &ApiKey) -> Result<(), StoreError> {
    let row = api_keys::Model {
        id: key.id.clone(),
        user_name: key.user.as_str().to_owned(),
        role: key.role.as_str().to_owned(),
        channel: key.channel.as_ref().map_or(String::new(), |c| c.as_str().to_owned()),
        secret_hash: key.secret_hash.clone(),
        created_at: key.created_at.0,
        expires_at: key.expires_at.map(|at| at.0),
        revoked_at: key.revoked_at.map(|at| at.0),
    };
    api_keys::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// # Errors
/// The database is gone.
pub async fn by_id(conn: &impl ConnectionTrait, id: &str) -> Result<Option<ApiKey>, StoreError> {
    Ok(api_keys::Entity::find_by_id(id.to_owned()).one(conn).await?.map(api_key))
}

/// All keys, oldest first.
///
/// # Errors
/// The database is gone.
pub async fn list(conn: &impl ConnectionTrait) -> Result<Vec<ApiKey>, StoreError> {
    let rows = api_keys::Entity::find()
        .order_by_asc(api_keys::Column::CreatedAt)
        .order_by_asc(api_keys::Column::Id)
        .limit(KEYS_MAX)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(api_key).collect())
}

/// Revokes a key; `false` when there is no such live key.
///
/// # Errors
/// The database is gone.
pub async fn revoke(tx: &Tx, id: &str, now: Instant) -> Result<bool, StoreError> {
    let done = api_keys::Entity::update_many()
        .col_expr(api_keys::Column::RevokedAt, Expr::value(now.0))
        .filter(api_keys::Column::Id.eq(id))
        .filter(api_keys::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

fn api_key(row: api_keys::Model) -> ApiKey {
    ApiKey {
        id: row.id,
        user: User::new(&row.user_name),
        role: Role::new(&row.role),
        channel: (!row.channel.is_empty()).then(|| Channel::new(&row.channel)),
        secret_hash: row.secret_hash,
        created_at: Instant(row.created_at),
        expires_at: rows::instant(row.expires_at),
        revoked_at: rows::instant(row.revoked_at),
    }
}
