//! Rejects: the faults found in a document.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict},
    entity::rejects,
    rows::{self, Place},
};
use model::{ids::DocumentId, said::Reject, time::Instant};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Rows of a list at most.
pub const PAGE_MAX: u64 = 1000;

/// A reject with its number in the document, from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Numbered {
    pub no: u32,
    pub reject: Reject,
}

/// Writes rejects numbered from `first` on. Writing the same number again (a resumed document) replaces it.
///
/// # Errors
/// The database is gone.
pub async fn insert(
    tx: &Tx,
    document: DocumentId,
    first: u32,
    found: &[Reject],
    now: Instant,
) -> Result<(), StoreError> {
    let row = |(no, r): (u32, &Reject)| -> Result<rejects::Model, StoreError> {
        Ok(rejects::Model {
            document_id: document.uuid(),
            no: rows::small(no),
            order_key: r.order_key.clone(),
            code: r.code.clone(),
            field: r.field.clone(),
            location: rows::json(&r.location)?,
            was: r.was.clone(),
            args: rows::json(&r.args)?,
            created_at: now.0,
        })
    };
    let rows = (first..).zip(found).map(row).collect::<Result<Vec<_>, _>>()?;
    bulk::insert::<rejects::Entity>(tx, rows, Conflict::Replace).await?;
    Ok(())
}

/// The rejects of a document after number `after`, at most `limit` (and [`PAGE_MAX`]).
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn list(
    conn: &impl ConnectionTrait,
    document: DocumentId,
    after: u32,
    limit: u64,
) -> Result<Vec<Numbered>, StoreError> {
    let found = rejects::Entity::find()
        .filter(rejects::Column::DocumentId.eq(document.uuid()))
        .filter(rejects::Column::No.gt(rows::small(after)))
        .order_by_asc(rejects::Column::No)
        .limit(limit.min(PAGE_MAX))
        .all(conn)
        .await?;
    found.into_iter().map(numbered).collect()
}

/// How many rejects a document has.
///
/// # Errors
/// The database is gone.
pub async fn count(conn: &impl ConnectionTrait, document: DocumentId) -> Result<u64, StoreError> {
    Ok(rejects::Entity::find().filter(rejects::Column::DocumentId.eq(document.uuid())).count(conn).await?)
}

/// How many rejects each of these documents has; those without any are absent.
///
/// # Errors
/// The database is gone.
pub async fn counts(
    conn: &impl ConnectionTrait,
    documents: &[DocumentId],
) -> Result<HashMap<DocumentId, u64>, StoreError> {
    use rejects::Column as C;
    let rows: Vec<(uuid::Uuid, i64)> = rejects::Entity::find()
        .select_only()
        .column(C::DocumentId)
        .column_as(C::No.count(), "count")
        .filter(C::DocumentId.is_in(rows::uuids(documents.iter().copied())))
        .group_by(C::DocumentId)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, count)| (DocumentId::from_uuid(id), count.unsigned_abs())).collect())
}

/// Forgets the rejects of a document that is read again.
///
/// # Errors
/// The database is gone.
pub async fn delete_of(tx: &Tx, document: DocumentId) -> Result<(), StoreError> {
    rejects::Entity::delete_many().filter(rejects::Column::DocumentId.eq(document.uuid())).exec(tx).await?;
    Ok(())
}

fn numbered(row: rejects::Model) -> Result<Numbered, StoreError> {
    let place = |column| Place::new("rejects", column, &row.document_id);
    Ok(Numbered {
        no: place("no").count(row.no)?,
        reject: Reject {
            location: place("location").json(&row.location)?,
            args: place("args").json(&row.args)?,
            order_key: row.order_key,
            field: row.field,
            code: row.code,
            was: row.was,
        },
    })
}
