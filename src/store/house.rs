//! The house's own things: settings, policies, readers of the journal, running nodes, the audit trail.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict},
    entity::{audit, consumers, nodes, policies, settings},
    rows,
    rows::Place,
};
use model::{
    order::event::Actor,
    time::{DAY, Instant},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

/// Rows of a list at most.
pub const PAGE_MAX: u64 = 200;

/// A value of this installation, such as the key its cursors are signed with.
///
/// # Errors
/// The database is gone.
pub async fn setting(conn: &impl ConnectionTrait, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(settings::Entity::find_by_id(name.to_owned()).one(conn).await?.map(|row| row.value))
}

/// Stores `value` unless there is one already; gives the one that counts.
///
/// # Errors
/// The database is gone.
pub async fn setting_or(tx: &Tx, name: &str, value: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let row = settings::Model { name: name.to_owned(), value };
    bulk::insert::<settings::Entity>(tx, vec![row], Conflict::Keep).await?;
    setting(tx, name).await?.ok_or_else(|| Place::new("settings", "value", &name).inconsistent())
}

/// Keeps the text of a policy set under its hash, so that history can be judged again by it.
///
/// # Errors
/// The database is gone.
pub async fn keep_policy(tx: &Tx, hash: &str, body: &str, now: Instant) -> Result<(), StoreError> {
    let row = policies::Model { hash: hash.to_owned(), body: body.to_owned(), first_used_at: now.0 };
    bulk::insert::<policies::Entity>(tx, vec![row], Conflict::Keep).await?;
    Ok(())
}

/// # Errors
/// The database is gone.
pub async fn policy(conn: &impl ConnectionTrait, hash: &str) -> Result<Option<String>, StoreError> {
    Ok(policies::Entity::find_by_id(hash.to_owned()).one(conn).await?.map(|row| row.body))
}

/// How far a reader of the journal has come; 0 when it never read.
///
/// # Errors
/// The database is gone.
pub async fn consumer(conn: &impl ConnectionTrait, name: &str) -> Result<i64, StoreError> {
    Ok(consumers::Entity::find_by_id(name.to_owned()).one(conn).await?.map_or(0, |row| row.seq))
}

/// # Errors
/// The database is gone.
pub async fn consumed(tx: &Tx, name: &str, seq: i64, now: Instant) -> Result<(), StoreError> {
    let row = consumers::Model { name: name.to_owned(), seq, updated_at: now.0 };
    bulk::insert::<consumers::Entity>(tx, vec![row], Conflict::Replace).await?;
    Ok(())
}

/// A node not heard of for so long is forgotten, microseconds; its name never comes back.
const NODE_FORGOTTEN: i64 = DAY;

/// Says that a node lives, and forgets those long gone.
///
/// # Errors
/// The database is gone.
pub async fn heartbeat(tx: &Tx, node: &str, started_at: Instant, now: Instant) -> Result<(), StoreError> {
    let row = nodes::Model { name: node.to_owned(), started_at: started_at.0, heartbeat_at: now.0 };
    bulk::insert::<nodes::Entity>(tx, vec![row], Conflict::Replace).await?;
    let gone = nodes::Column::HeartbeatAt.lt(now.plus(-NODE_FORGOTTEN).0);
    nodes::Entity::delete_many().filter(gone).exec(tx).await?;
    Ok(())
}

/// Nodes heard of since `since`; what a partner's pace is divided by.
///
/// # Errors
/// The database is gone.
pub async fn live_nodes(conn: &impl ConnectionTrait, since: Instant) -> Result<u64, StoreError> {
    Ok(nodes::Entity::find().filter(nodes::Column::HeartbeatAt.gte(since.0)).count(conn).await?)
}

/// What a privileged caller did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audited {
    pub at: Instant,
    pub actor: Actor,
    /// Stable code, e.g. `key_created`, `party_erased`.
    pub action: String,
    /// Id of what it was done to.
    pub target: String,
    /// JSON; no people.
    pub detail: String,
}

/// # Errors
/// The database is gone.
pub async fn audit(tx: &Tx, entries: &[Audited]) -> Result<(), StoreError> {
    let row = |a: &Audited| -> Result<audit::Model, StoreError> {
        Ok(audit::Model {
            id: 0,
            at: a.at.0,
            actor: rows::json(&a.actor)?,
            action: a.action.clone(),
            target: a.target.clone(),
            detail: a.detail.clone(),
        })
    };
    let rows = entries.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    bulk::insert::<audit::Entity>(tx, rows, Conflict::Refuse).await?;
    Ok(())
}

/// The trail, newest first, before entry number `before` when given; with their numbers.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn audit_list(
    conn: &impl ConnectionTrait,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<(i64, Audited)>, StoreError> {
    let mut query = audit::Entity::find().order_by_desc(audit::Column::Id).limit(limit.min(PAGE_MAX));
    if let Some(before) = before {
        query = query.filter(audit::Column::Id.lt(before));
    }
    let audited = |row: audit::Model| -> Result<(i64, Audited), StoreError> {
        let actor = Place::new("audit", "actor", &row.id).json(&row.actor)?;
        let at = Instant(row.at);
        Ok((row.id, Audited { at, actor, action: row.action, target: row.target, detail: row.detail }))
    };
    query.all(conn).await?.into_iter().map(audited).collect()
}
