//! The bytes of a document: cut into parts, each compressed when that helps.

use crate::store::{StoreError, entity::document_bytes, rows::Place};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use model::ids::DocumentId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::io::{Read, Write};

/// Bytes of one part at most, before compression.
pub const PART_MAX: usize = 256 * 1024;

/// Parts of a body that are read at once, so that it is not in memory twice.
const PARTS_AT_ONCE: usize = 16;

/// Bytes from which compression is tried.
const COMPRESS_FROM: usize = 512;

const PLAIN: &str = "plain";
const DEFLATE: &str = "deflate";

/// A part as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    codec: &'static str,
    bytes: Vec<u8>,
}

/// A body ready to be stored.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Packed {
    /// Bytes before compression.
    pub size: i64,
    pub parts: Vec<Part>,
}

/// Cuts and compresses a body. Takes processor time: call it before the transaction begins.
pub fn pack(body: &[u8]) -> Packed {
    Packed {
        size: i64::try_from(body.len()).unwrap_or(i64::MAX),
        parts: body.chunks(PART_MAX).map(pack_part).collect(),
    }
}

fn pack_part(bytes: &[u8]) -> Part {
    if bytes.len() > COMPRESS_FROM
        && let Some(packed) = deflate(bytes)
        && packed.len() < bytes.len()
    {
        return Part { codec: DEFLATE, bytes: packed };
    }
    Part { codec: PLAIN, bytes: bytes.to_vec() }
}

/// `None` never happens: writing into memory does not fail.
fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// The whole body; `None` when the document has no bytes (any more). Memory grows with the body: see [`parts`].
///
/// # Errors
/// A part cannot be unpacked.
pub async fn bytes(conn: &impl ConnectionTrait, id: DocumentId) -> Result<Option<Vec<u8>>, StoreError> {
    let mut body = Vec::new();
    for first in (0..).step_by(PARTS_AT_ONCE) {
        let rows =
            query(id).filter(document_bytes::Column::Part.gte(first)).limit(PARTS_AT_ONCE as u64).all(conn).await?;
        if rows.is_empty() {
            return Ok((first > 0).then_some(body));
        }
        for row in rows {
            unpack(row, &mut body)?;
        }
    }
    Ok(Some(body))
}

/// `count` parts from number `first` on, joined; empty after the last.
///
/// # Errors
/// A part cannot be unpacked.
pub async fn parts(conn: &impl ConnectionTrait, id: DocumentId, first: i32, count: u64) -> Result<Vec<u8>, StoreError> {
    let rows = query(id).filter(document_bytes::Column::Part.gte(first)).limit(count).all(conn).await?;
    let mut body = Vec::new();
    for row in rows {
        unpack(row, &mut body)?;
    }
    Ok(body)
}

fn query(id: DocumentId) -> sea_orm::Select<document_bytes::Entity> {
    document_bytes::Entity::find()
        .filter(document_bytes::Column::DocumentId.eq(id.uuid()))
        .order_by_asc(document_bytes::Column::Part)
}

fn unpack(row: document_bytes::Model, body: &mut Vec<u8>) -> Result<(), StoreError> {
    let place = Place::new("document_bytes", "bytes", &row.document_id);
    match row.codec.as_str() {
        PLAIN => body.extend_from_slice(&row.bytes),
        DEFLATE => {
            // A damaged part cannot grow beyond what a part may hold.
            let mut part = DeflateDecoder::new(row.bytes.as_slice()).take(PART_MAX as u64);
            part.read_to_end(body).map_err(|_| place.inconsistent())?;
        }
        _ => return Err(Place { column: "codec", ..place }.inconsistent()),
    }
    Ok(())
}

pub(super) fn rows(id: DocumentId, first: i32, parts: Vec<Part>) -> Vec<document_bytes::Model> {
    let row = |(part, p): (i32, Part)| document_bytes::Model {
        document_id: id.uuid(),
        part,
        codec: p.codec.to_owned(),
        bytes: p.bytes,
    };
    (first..).zip(parts).map(row).collect()
}
