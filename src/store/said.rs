//! What each channel said last about each of its orders: the base of the three-way diff.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Lock},
    entity::{orders, said},
    rows::{self, Place},
};
use model::{
    codes::Channel,
    ids::{DocumentId, OrderId},
    said::{Content, PartyRef},
};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, HashMap};

/// A channel's last word about one order.
#[derive(Clone, PartialEq, Debug)]
pub struct LastSaid {
    pub channel: Channel,
    pub external_id: String,
    pub order: OrderId,
    /// The source's own version, when it has one.
    pub version: Option<i64>,
    /// When it arrived, for sources without versions.
    pub arrival: i64,
    pub mapping_version: i32,
    pub document: DocumentId,
    /// `None`: it only spoke about the order and never stated it.
    pub content: Option<Content<PartyRef>>,
}

/// The last words about orders, by channel and the channel's id.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn get(
    conn: &impl ConnectionTrait,
    keys: &[(Channel, String)],
) -> Result<HashMap<(Channel, String), LastSaid>, StoreError> {
    let wanted = keys.iter().map(|(channel, id)| vec![channel.as_str().into(), id.as_str().into()]).collect();
    let columns = [said::Column::Channel, said::Column::ExternalId];
    let found = bulk::find::<said::Entity>(conn, &columns, wanted, Lock::No).await?;
    found.into_iter().map(|row| last_said(row).map(|s| ((s.channel.clone(), s.external_id.clone()), s))).collect()
}

/// The documents that spoke last of these orders.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn documents_of(
    conn: &impl ConnectionTrait,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, DocumentId>, StoreError> {
    let keys = bulk::each(rows::uuids(orders.iter().copied()));
    let found = bulk::find::<orders::Entity>(conn, &[orders::Column::Id], keys, Lock::No).await?;
    let keys: Vec<_> = found.into_iter().map(|order| (Channel::new(&order.channel), order.external_id)).collect();
    Ok(get(conn, &keys).await?.into_values().map(|said| (said.order, said.document)).collect())
}

/// Last words as rows, ready to be written.
#[derive(Debug, Default)]
pub struct Rows(Vec<said::Model>);

/// The rows of last words; of several about one order, the last counts.
///
/// # Errors
/// One cannot be written as JSON.
pub fn rows<'a>(said: impl IntoIterator<Item = &'a LastSaid>) -> Result<Rows, StoreError> {
    let mut latest: BTreeMap<(&Channel, &str), &LastSaid> = BTreeMap::new();
    for s in said {
        latest.insert((&s.channel, &s.external_id), s);
    }
    Ok(Rows(latest.into_values().map(row).collect::<Result<_, _>>()?))
}

/// Writes last words.
///
/// # Errors
/// The database is gone.
pub async fn put(tx: &Tx, rows: Rows) -> Result<(), StoreError> {
    bulk::insert::<said::Entity>(tx, rows.0, Conflict::Replace).await?;
    Ok(())
}

fn row(s: &LastSaid) -> Result<said::Model, StoreError> {
    Ok(said::Model {
        channel: s.channel.as_str().to_owned(),
        external_id: s.external_id.clone(),
        order_id: s.order.uuid(),
        source_version: s.version,
        arrival: s.arrival,
        mapping_version: s.mapping_version,
        document_id: s.document.uuid(),
        content: s.content.as_ref().map_or(Ok(String::new()), rows::json)?,
    })
}

fn last_said(row: said::Model) -> Result<LastSaid, StoreError> {
    let place = Place::new("said", "content", &row.external_id);
    Ok(LastSaid {
        content: if row.content.is_empty() { None } else { Some(place.json(&row.content)?) },
        channel: Channel::new(&row.channel),
        order: OrderId::from_uuid(row.order_id),
        version: row.source_version,
        arrival: row.arrival,
        mapping_version: row.mapping_version,
        document: DocumentId::from_uuid(row.document_id),
        external_id: row.external_id,
    })
}
