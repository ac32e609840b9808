//! Erases a person: everything that names them goes, everything that was decided stays. First all there is to erase is
//! found, without a transaction; then it goes in one, so that a crash leaves either all of it or none.

use super::scan::{self, Found, Wanted};
use crate::{
    app::Core,
    store::{
        Lane, StoreError,
        bulk::Lock,
        documents, erasure, exchanges,
        house::{self, Audited},
        journal, order_places, orders,
        parties::{self, Known},
    },
    web::orders::spoken_in,
};
use model::{
    ids::{DocumentId, OrderId, PartyId},
    order::{
        event::Actor,
        state::{Order, Slot},
    },
};
use serde_json::json;
use std::collections::BTreeSet;

/// What was erased.
#[derive(Clone, Copy, Debug)]
pub(super) struct Erased {
    /// The same person, as each order knew them.
    pub(super) parties: usize,
    pub(super) orders: usize,
    /// Documents whose bytes are gone; they may have named others too.
    pub(super) documents: usize,
    /// `false`: there were more documents than could be looked through. Erasing again goes on.
    pub(super) complete: bool,
}

/// Erases everything that names this person; `None` when there is no such party.
///
/// # Errors
/// The database is away; nothing is erased then.
pub(super) async fn person(core: &Core, id: PartyId, actor: Actor) -> Result<Option<Erased>, StoreError> {
    let db = core.store.read();
    let same = erasure::same_person(db, id).await?;
    if same.is_empty() {
        return Ok(None);
    }
    let last = journal::last(db).await?;
    let orders = order_places::of_parties(db, &same, last).await?;
    let Found { documents, complete } = documents_of(core, &same, &orders).await?;
    let told = erasure::told(db, &orders).await?;
    let erased = Erased { parties: same.len(), orders: orders.len(), documents: documents.len(), complete };
    let now = core.clock.now();
    let ids: Vec<DocumentId> = documents.into_iter().collect();
    let tx = core.store.begin(Lane::Work).await?;
    documents::forget(&tx, &ids).await?;
    parties::erase(&tx, &same, now).await?;
    erasure::blank_tracking(&tx, &orders).await?;
    exchanges::delete_of(&tx, &told).await?;
    let detail = json!({ "parties": erased.parties, "orders": erased.orders, "documents": erased.documents });
    let (action, target) = ("party_erased".to_owned(), id.to_string());
    house::audit(&tx, &[Audited { at: now, actor, action, target, detail: detail.to_string() }]).await?;
    tx.commit().await?;
    core.store.checkpoint().await?;
    Ok(Some(erased))
}

/// Every document that spoke of these orders: those their history names, carriers' callbacks, and those that changed
/// nothing and so left no trace in any history.
async fn documents_of(core: &Core, same: &[PartyId], orders: &BTreeSet<OrderId>) -> Result<Found, StoreError> {
    let db = core.store.read();
    let ids: Vec<OrderId> = orders.iter().copied().collect();
    let slots = orders::load(db, &ids, Lock::No).await?;
    let placed: Vec<&Order> = slots.values().filter_map(Slot::order).collect();
    let mut documents = erasure::callbacks(db, orders).await?;
    documents.extend(labels(core, &placed).await?);
    for order in &placed {
        let history = journal::of_order(db, order.id).await?;
        documents.extend(spoken_in(core, order, &history).await?);
    }
    let keys = placed.iter().map(|order| (order.channel.clone(), order.external_id.clone())).collect();
    let wanted = Wanted { orders: keys, names: names(core, same).await? };
    let found = scan::documents(core, &wanted, &documents).await?;
    documents.extend(found.documents);
    Ok(Found { documents, complete: found.complete })
}

/// Labels of these orders' parcels.
async fn labels(core: &Core, placed: &[&Order]) -> Result<Vec<DocumentId>, StoreError> {
    let fulfilments = placed.iter().flat_map(|order| &order.fulfilments);
    let ids: Vec<DocumentId> = fulfilments.map(|f| documents::attachment_id("label", f.id)).collect();
    Ok(documents::by_ids(core.store.read(), &ids).await?.into_iter().map(|document| document.id).collect())
}

async fn names(core: &Core, same: &[PartyId]) -> Result<Vec<String>, StoreError> {
    let known = parties::get(core.store.read(), same).await?;
    let mut names = BTreeSet::new();
    for party in known.into_values() {
        if let Known::Here(party) = party {
            names.insert(party.name);
            names.extend(party.phones);
            names.extend(party.emails);
        }
    }
    Ok(names.into_iter().collect())
}
