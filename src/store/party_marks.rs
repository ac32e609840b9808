//! By what people are found. The words themselves stand in no index: pages that an index has split keep copies of its keys
//! where nothing overwrites them, and a name must be gone when it is erased. A mark is 32 bits of a hash, so that one left
//! behind fits many names; whoever is found by marks is looked at before they are told.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict},
    entity::{parties, party_marks},
    rows::Place,
};
use model::{ids::PartyId, party::Party};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// Candidates that are looked at for one search.
const LOOK_MAX: u64 = 10_000;
/// People marked in one transaction when a database of an older program is opened.
const CHUNK: u64 = 2_000;

/// What a person is found by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum By {
    /// The name, of a firm without one the firm's.
    Name(String),
    /// The first phone's digits.
    Phone(String),
    /// The first mail address.
    Email(String),
}

impl By {
    /// Everything a person is found by.
    pub(super) fn of(party: &Party) -> BTreeSet<Self> {
        let name = if party.name.is_empty() { &party.company } else { &party.name };
        let phone = party.phones.first().map(|phone| digits(phone)).unwrap_or_default();
        let email = party.emails.first().cloned().unwrap_or_default();
        [Self::Name(name.clone()), Self::Phone(phone), Self::Email(email)]
            .into_iter()
            .filter(|by| by.is_filled())
            .collect()
    }

    /// Everything that a text may be: a name, a phone, a mail.
    pub(super) fn any(text: &str) -> BTreeSet<Self> {
        let text = text.trim().to_owned();
        let all = [Self::Phone(digits(&text)), Self::Email(text.clone()), Self::Name(text)];
        all.into_iter().filter(|by| by.is_filled()).collect()
    }

    const fn text(&self) -> &String {
        let (Self::Name(text) | Self::Phone(text) | Self::Email(text)) = self;
        text
    }

    fn is_filled(&self) -> bool {
        !self.text().is_empty()
    }

    fn mark(&self) -> i64 {
        let kind: &[u8] = match self {
            Self::Name(_) => b"name",
            Self::Phone(_) => b"phone",
            Self::Email(_) => b"email",
        };
        let hash = Sha256::new().chain_update(kind).chain_update([0]).chain_update(self.text()).finalize();
        i64::from(u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]))
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Marks people, so that they are found.
///
/// # Errors
/// The database is gone.
pub(super) async fn insert<'p>(
    tx: &Tx,
    people: impl IntoIterator<Item = (PartyId, &'p Party)>,
) -> Result<(), StoreError> {
    let keys = people.into_iter().flat_map(keys_of).collect::<BTreeSet<_>>();
    let rows = keys.into_iter().map(|(mark, party_id)| party_marks::Model { mark, party_id }).collect();
    bulk::insert::<party_marks::Entity>(tx, rows, Conflict::Keep).await?;
    Ok(())
}

/// Takes the marks of people off.
///
/// # Errors
/// The database is gone.
pub(super) async fn delete<'p>(
    tx: &Tx,
    people: impl IntoIterator<Item = (PartyId, &'p Party)>,
) -> Result<(), StoreError> {
    use party_marks::Column as C;
    let keys = people.into_iter().flat_map(keys_of);
    let rows = keys.map(|(mark, party)| vec![mark.into(), party.into()]).collect();
    bulk::delete::<party_marks::Entity>(tx, &[C::Mark, C::PartyId], rows).await?;
    Ok(())
}

fn keys_of((id, party): (PartyId, &Party)) -> Vec<(i64, uuid::Uuid)> {
    By::of(party).iter().map(|by| (by.mark(), id.uuid())).collect()
}

/// Those of whom any of `wanted` is true, by their ids; at most `limit`.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub(super) async fn find(
    conn: &impl ConnectionTrait,
    wanted: &BTreeSet<By>,
    limit: usize,
) -> Result<Vec<(PartyId, Party)>, StoreError> {
    use party_marks::Column as C;
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<uuid::Uuid> = party_marks::Entity::find()
        .select_only()
        .column(C::PartyId)
        .filter(C::Mark.is_in(wanted.iter().map(By::mark)))
        .order_by_asc(C::PartyId)
        .limit(LOOK_MAX)
        .into_tuple()
        .all(conn)
        .await?;
    let ids: BTreeSet<uuid::Uuid> = ids.into_iter().collect();
    let rows = bulk::find::<parties::Entity>(conn, &[parties::Column::Id], bulk::each(ids), bulk::Lock::No).await?;
    let mut found = Vec::new();
    for row in rows.into_iter().filter(|row| row.erased_at.is_none()) {
        let party: Party = Place::new("parties", "body", &row.id).json(&row.body)?;
        // Many names have the same mark.
        if !By::of(&party).is_disjoint(wanted) {
            found.push((PartyId::from_uuid(row.id), party));
        }
    }
    found.sort_by_key(|(id, _)| *id);
    found.truncate(limit);
    Ok(found)
}

/// Marks everybody in a database that an older program has written; does nothing in any other.
///
/// # Errors
/// The database is gone.
pub async fn mark_all(store: &super::Store) -> Result<(), StoreError> {
    let db = store.read();
    if party_marks::Entity::find().one(db).await?.is_some() {
        return Ok(());
    }
    let mut after = uuid::Uuid::nil();
    loop {
        let page = parties::Entity::find()
            .filter(parties::Column::Id.gt(after))
            .order_by_asc(parties::Column::Id)
            .limit(CHUNK)
            .all(db)
            .await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        let mut people = Vec::new();
        for row in page.iter().filter(|row| row.erased_at.is_none()) {
            let party: Party = Place::new("parties", "body", &row.id).json(&row.body)?;
            people.push((PartyId::from_uuid(row.id), party));
        }
        let tx = store.begin(super::Lane::Work).await?;
        insert(&tx, people.iter().map(|(id, party)| (*id, party))).await?;
        tx.commit().await?;
    }
}
