//! A document is there with the bytes that were acknowledged, and its key keeps a second one out.

use super::{PAGE, Report};
use crate::{
    intake::{IDEMPOTENCY_KEY, dedupe_hash, once_key},
    store::{
        StoreError,
        bulk::{self, Lock},
        documents::{DocumentKind, DocumentState, parts},
        entity::{document_keys, documents},
        rows::{self, Place},
    },
};
use model::ids::DocumentId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// Parts of a body in memory at once.
const PARTS: u64 = 16;

/// What the bytes of a stored document say of it.
struct Body {
    size: i64,
    sha256: Vec<u8>,
    dedupe_key: Vec<u8>,
}

pub(super) async fn check(db: &impl ConnectionTrait, report: &mut Report) -> Result<(), StoreError> {
    use documents::Column as C;
    // Of these the bytes are not there yet, or not any more.
    let bodiless = [rows::name(&DocumentState::Receiving)?, rows::name(&DocumentState::Erased)?];
    let mut after: Option<Uuid> = None;
    loop {
        let mut query = documents::Entity::find().order_by_asc(C::Id).limit(PAGE);
        if let Some(after) = after {
            query = query.filter(C::Id.gt(after));
        }
        let page = query.all(db).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        report.documents += page.len() as u64;
        let mut keys = Vec::with_capacity(page.len());
        for row in page.iter().filter(|row| !bodiless.contains(&row.state)) {
            let Some(body) = body(db, row, report).await? else { continue };
            report.unequal("document_size_differs", &row.id, body.size, row.size);
            report.unequal("document_hash_differs", &row.id, hex::encode(&body.sha256), hex::encode(&row.sha256));
            keys.push((row.id, body.dedupe_key));
        }
        check_keys(db, &keys, report).await?;
    }
}

/// Hashes the stored bytes; `None`, noted, when they cannot be read.
async fn body(
    db: &impl ConnectionTrait,
    row: &documents::Model,
    report: &mut Report,
) -> Result<Option<Body>, StoreError> {
    let (mut hash, mut key) = (Sha256::new(), dedupe_hash(&row.channel, &row.topic));
    let (mut size, mut first) = (0, 0);
    loop {
        let bytes = match parts(db, DocumentId::from_uuid(row.id), first, PARTS).await {
            Ok(bytes) => bytes,
            Err(error @ StoreError::Inconsistent { .. }) => {
                report.broken("document_bytes_unreadable", error);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if bytes.is_empty() {
            break;
        }
        hash.update(&bytes);
        key.update(&bytes);
        size += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        first += i32::try_from(PARTS).unwrap_or(i32::MAX);
    }
    let dedupe_key = own_key(row)?.unwrap_or_else(|| key.finalize().to_vec());
    Ok(Some(Body { size, sha256: hash.finalize().to_vec(), dedupe_key }))
}

/// The key of a document whose sender said what is the same.
fn own_key(row: &documents::Model) -> Result<Option<Vec<u8>>, StoreError> {
    if row.kind != rows::name(&DocumentKind::Api)? {
        return Ok(None);
    }
    let headers: Vec<(String, String)> = Place::new("documents", "headers", &row.id).json(&row.headers)?;
    let said = headers.into_iter().find(|(name, _)| name == IDEMPOTENCY_KEY);
    Ok(said.map(|(_, key)| once_key(&row.channel, &key).to_vec()))
}

async fn check_keys(
    db: &impl ConnectionTrait,
    keys: &[(Uuid, Vec<u8>)],
    report: &mut Report,
) -> Result<(), StoreError> {
    let column = [document_keys::Column::DedupeKey];
    let lookup = bulk::each(keys.iter().map(|(_, key)| key.clone()));
    let found = bulk::find::<document_keys::Entity>(db, &column, lookup, Lock::No).await?;
    let found: HashMap<Vec<u8>, Uuid> = found.into_iter().map(|row| (row.dedupe_key, row.document_id)).collect();
    for (document, key) in keys {
        match found.get(key) {
            None => report.broken("document_key_missing", document),
            Some(other) if other != document => {
                report.broken("document_doubled", format_args!("{document} is {other} again"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
