//! People and firms. Every name is in this table, so that erasing it here erases it.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Lock, Role},
    entity::parties,
    party_marks::{self, By},
    rows::{self, Place},
};
use model::{ids::PartyId, party::Party, time::Instant};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Value};
use std::collections::{BTreeSet, HashMap};

/// Rows of a search at most.
pub const FOUND_MAX: usize = 200;

/// What we know of a party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known {
    Here(Box<Party>),
    Erased { at: Instant },
}

/// Stores parties; one whose id is there already is left as it is, erased ones too. Gives those that are erased.
///
/// # Errors
/// The database is gone.
pub async fn insert(tx: &Tx, parties: &[(PartyId, Party)]) -> Result<BTreeSet<PartyId>, StoreError> {
    let mut rows = parties.iter().map(|(id, party)| row(*id, party)).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| row.id);
    rows.dedup_by_key(|row| row.id);
    let count = rows.len() as u64;
    if bulk::insert::<parties::Entity>(tx, rows, Conflict::Keep).await? == count {
        party_marks::insert(tx, parties.iter().map(|(id, party)| (*id, party))).await?;
        return Ok(BTreeSet::new());
    }
    let ids: Vec<PartyId> = parties.iter().map(|(id, _)| *id).collect();
    let known = standing(tx, &ids).await?;
    let is_erased = |id: &PartyId| known.get(id) == Some(&true);
    // Those that were there before keep the marks they have.
    let here = parties.iter().filter(|(id, _)| !is_erased(id));
    party_marks::insert(tx, here.map(|(id, party)| (*id, party))).await?;
    Ok(ids.into_iter().filter(is_erased).collect())
}

/// Which of these are there, and whether they are erased.
async fn standing(conn: &impl ConnectionTrait, ids: &[PartyId]) -> Result<HashMap<PartyId, bool>, StoreError> {
    use parties::Column as C;
    let mut found = HashMap::new();
    for some in rows::uuids(ids.iter().copied()).chunks(bulk::IN_MAX) {
        let page: Vec<(uuid::Uuid, Option<i64>)> = parties::Entity::find()
            .select_only()
            .columns([C::Id, C::ErasedAt])
            .filter(C::Id.is_in(bulk::padded(some)))
            .into_tuple()
            .all(conn)
            .await?;
        found.extend(page.into_iter().map(|(id, erased)| (PartyId::from_uuid(id), erased.is_some())));
    }
    Ok(found)
}

/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn get(conn: &impl ConnectionTrait, ids: &[PartyId]) -> Result<HashMap<PartyId, Known>, StoreError> {
    let keys = bulk::each(rows::uuids(ids.iter().copied()));
    let found = bulk::find::<parties::Entity>(conn, &[parties::Column::Id], keys, Lock::No).await?;
    found.into_iter().map(|row| known(&row).map(|known| (PartyId::from_uuid(row.id), known))).collect()
}

/// Parties whose first phone is `text` (its digits), or whose name or mail is `text`; at most [`FOUND_MAX`].
///
/// # Errors
/// The database is gone.
pub async fn search(conn: &impl ConnectionTrait, text: &str) -> Result<Vec<PartyId>, StoreError> {
    let found = party_marks::find(conn, &By::any(text), FOUND_MAX).await?;
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

/// Forgets people for ever: nothing of them stays but the id their orders know. On SQLite the name leaves the file
/// with the next [`super::Store::checkpoint`]. The documents that named them are forgotten with
/// [`super::documents::forget`].
///
/// # Errors
/// The database is gone.
pub async fn erase(tx: &Tx, ids: &[PartyId], now: Instant) -> Result<(), StoreError> {
    use parties::Column as C;
    let known = get(tx, ids).await?;
    let here = known.iter().filter_map(|(id, known)| match known {
        Known::Here(party) => Some((*id, &**party)),
        Known::Erased { .. } => None,
    });
    party_marks::delete(tx, here).await?;
    let columns = [(C::Id, Role::Key), (C::Body, Role::Set), (C::ErasedAt, Role::Set)];
    let row = |id: &PartyId| vec![id.uuid().into(), Value::from(""), now.0.into()];
    bulk::update::<parties::Entity>(tx, &columns, ids.iter().map(row).collect()).await?;
    Ok(())
}

fn row(id: PartyId, party: &Party) -> Result<parties::Model, StoreError> {
    Ok(parties::Model { id: id.uuid(), body: rows::json(party)?, erased_at: None })
}

fn known(row: &parties::Model) -> Result<Known, StoreError> {
    match row.erased_at {
        Some(at) => Ok(Known::Erased { at: Instant(at) }),
        None => Ok(Known::Here(Place::new("parties", "body", &row.id).json(&row.body)?)),
    }
}
