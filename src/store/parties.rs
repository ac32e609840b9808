//! People and firms. Every name is in this table, so that erasing it here erases it.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Lock, Role},
    entity::parties,
    rows::{self, Place},
};
use model::{ids::PartyId, party::Party, time::Instant};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Value, sea_query::Expr};
use std::collections::HashMap;

/// Rows of a search at most.
pub const FOUND_MAX: u64 = 200;

/// What we know of a party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known {
    Here(Box<Party>),
    Erased { at: Instant },
}

/// Stores parties; one whose id is there already is left as it is, erased ones too.
///
/// # Errors
/// The database is gone.
pub async fn insert(tx: &Tx, parties: &[(PartyId, Party)]) -> Result<(), StoreError> {
    let mut rows = parties.iter().map(|(id, party)| row(*id, party)).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| row.id);
    bulk::insert::<parties::Entity>(tx, rows, Conflict::Keep).await?;
    Ok(())
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
    let text = text.trim();
    if text.is_empty() {
        return Ok(vec![]);
    }
    // The literal halves are those of the partial indexes.
    let is = |column: parties::Column, value: &str, filled: &'static str| {
        Condition::all().add(column.eq(value)).add(Expr::cust(filled))
    };
    let mut wanted = Condition::any().add(is(parties::Column::Name, text, "name <> ''")).add(is(
        parties::Column::Email,
        text,
        "email <> ''",
    ));
    let phone = digits(text);
    if !phone.is_empty() {
        wanted = wanted.add(is(parties::Column::Phone, &phone, "phone <> ''"));
    }
    let found: Vec<uuid::Uuid> = parties::Entity::find()
        .select_only()
        .column(parties::Column::Id)
        .filter(wanted)
        .limit(FOUND_MAX)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().map(PartyId::from_uuid).collect())
}

/// Forgets people for ever: nothing of them stays but the id their orders know. On SQLite the name leaves the file
/// with the next [`super::Store::checkpoint`]. The documents that named them are forgotten with
/// [`super::documents::forget`].
///
/// # Errors
/// The database is gone.
pub async fn erase(tx: &Tx, ids: &[PartyId], now: Instant) -> Result<(), StoreError> {
    use parties::Column as C;
    let columns = [
        (C::Id, Role::Key),
        (C::Name, Role::Set),
        (C::Phone, Role::Set),
        (C::Email, Role::Set),
        (C::Body, Role::Set),
        (C::ErasedAt, Role::Set),
    ];
    let empty = || Value::from("");
    let row = |id: &PartyId| vec![id.uuid().into(), empty(), empty(), empty(), empty(), now.0.into()];
    bulk::update::<parties::Entity>(tx, &columns, ids.iter().map(row).collect()).await?;
    Ok(())
}

fn row(id: PartyId, party: &Party) -> Result<parties::Model, StoreError> {
    let name = if party.name.is_empty() { &party.company } else { &party.name };
    Ok(parties::Model {
        id: id.uuid(),
        name: name.clone(),
        phone: party.phones.first().map(|phone| digits(phone)).unwrap_or_default(),
        email: party.emails.first().cloned().unwrap_or_default(),
        body: rows::json(party)?,
        erased_at: None,
    })
}

fn known(row: &parties::Model) -> Result<Known, StoreError> {
    match row.erased_at {
        Some(at) => Ok(Known::Erased { at: Instant(at) }),
        None => Ok(Known::Here(Place::new("parties", "body", &row.id).json(&row.body)?)),
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
