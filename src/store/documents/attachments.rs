//! Papers that partners made for fulfilments: labels. They are documents like any other, with bytes, hash and retention.

use super::{DocumentState, NewDocument, bytes, claim_keys, head, read};
use crate::store::{
    StoreError, Tx,
    bulk::{self, Conflict},
    entity::{document_bytes, documents},
};
use model::ids::{DocumentId, FulfilmentId};

/// Stores papers made for fulfilments. They are done when they arrive; of a paper that is there already the first stays.
///
/// # Errors
/// The database is gone.
pub async fn attach(tx: &Tx, papers: Vec<NewDocument>) -> Result<(), StoreError> {
    for paper in papers {
        let is_new = read::by_id(tx, paper.id).await?.is_none();
        let key = vec![(paper.dedupe_key, paper.id)];
        if !is_new || claim_keys(tx, key).await?.iter().any(|stored| stored.duplicate_of.is_some()) {
            continue;
        }
        let (head, body) = head(paper, DocumentState::Done)?;
        let parts = bytes::rows(DocumentId::from_uuid(head.id), 0, body.parts);
        bulk::insert::<documents::Entity>(tx, vec![head], Conflict::Refuse).await?;
        bulk::insert::<document_bytes::Entity>(tx, parts, Conflict::Refuse).await?;
    }
    Ok(())
}

/// The document of a fulfilment's paper of that kind: derived, so that it is found without a table of its own.
pub fn attachment_id(kind: &str, fulfilment: FulfilmentId) -> DocumentId {
    DocumentId::from_uuid(uuid::Uuid::new_v5(&fulfilment.uuid(), kind.as_bytes()))
}
