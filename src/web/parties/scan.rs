//! Looks through the documents of channels for those that speak of certain orders. A document that changed nothing (the
//! same order said again, a notice of payment) names the buyer all the same.

use crate::{
    app::{ChannelRuntime, Core},
    store::{
        StoreError,
        documents::{self, Document, DocumentFilter, DocumentState},
    },
};
use model::{
    codes::Channel,
    ids::DocumentId,
    port::inbound::{self, Read},
    said::Statement,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::Arc,
};

/// Documents looked through in one channel, newest first.
const SCAN_MAX: usize = 5_000;
/// Bytes of a document that is looked into here; larger ones are files, and an order of a file names its file.
const SIZE_MAX: i64 = 16 * 1024 * 1024;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The channels' own ids of the person's orders.
    pub(super) orders: BTreeSet<(Channel, String)>,
    /// The person's names, phones and mails, for documents that speak of no order.
    pub(super) names: Vec<String>,
}

/// Bytes of a name, phone or mail that tell one person from others.
const NAME_MIN: usize = 5;

/// Documents that were found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) documents: BTreeSet<DocumentId>,
    /// All documents there are were looked through.
    pub(super) complete: bool,
}

/// Documents that speak of the person, but for those `known` already.
///
/// # Errors
/// The database is away.
pub(super) async fn documents(core: &Core, wanted: &Wanted, known: &BTreeSet<DocumentId>) -> Result<Found, StoreError> {
    let mut by_channel: BTreeMap<&Channel, BTreeSet<String>> = BTreeMap::new();
    for (channel, id) in &wanted.orders {
        by_channel.entry(channel).or_default().insert(id.clone());
    }
    let mut found = Found { documents: BTreeSet::new(), complete: true };
    for (code, orders) in by_channel {
        let marks = Arc::new(Marks { orders, names: wanted.names.clone() });
        match core.channels.get(code.as_str()) {
            Some(channel) => in_channel(core, channel, &marks, known, &mut found).await?,
            // Nobody can read its documents any more.
            None => found.complete = false,
        }
    }
    Ok(found)
}

/// What marks a document of one channel.
#[derive(Debug)]
struct Marks {
    orders: BTreeSet<String>,
    names: Vec<String>,
}

async fn in_channel(
    core: &Core,
    channel: &Arc<ChannelRuntime>,
    marks: &Arc<Marks>,
    known: &BTreeSet<DocumentId>,
    found: &mut Found,
) -> Result<(), StoreError> {
    let db = core.store.read();
    let mut filter =
        DocumentFilter { channel: Some(channel.code.clone()), limit: documents::PAGE_MAX, ..DocumentFilter::default() };
    let mut looked_at = 0;
    loop {
        let page = documents::list(db, &filter).await?;
        let Some(last) = page.last() else { return Ok(()) };
        filter.before = Some((last.received_at, last.id));
        for document in page {
            if known.contains(&document.id) || document.state == DocumentState::Erased {
                continue;
            }
            if looked_at >= SCAN_MAX {
                found.complete = false;
                return Ok(());
            }
            looked_at += 1;
            let id = document.id;
            if document.size <= SIZE_MAX && speaks_of(core, channel, marks, document).await? {
                found.documents.insert(id);
            }
        }
    }
}

/// Reads a stored document again, off the async threads.
async fn speaks_of(
    core: &Core,
    channel: &Arc<ChannelRuntime>,
    marks: &Arc<Marks>,
    document: Document,
) -> Result<bool, StoreError> {
    let Some(bytes) = documents::bytes(core.store.read(), document.id).await? else { return Ok(false) };
    let (channel, marks) = (Arc::clone(channel), Arc::clone(marks));
    let reading = tokio::task::spawn_blocking(move || is_marked(&channel, &marks, &document, &bytes)).await;
    // A document that cannot be read is taken to speak of them: forgetting it is the safe side.
    Ok(reading.unwrap_or(true))
}

fn is_marked(channel: &ChannelRuntime, marks: &Marks, document: &Document, bytes: &[u8]) -> bool {
    let kind = document.kind;
    let document = inbound::Document {
        topic: &document.topic,
        name: &document.name,
        media_type: &document.media_type,
        headers: &document.headers,
        bytes,
        received_at: document.received_at,
    };
    let (mut named, mut understood) = (false, false);
    channel.parse(kind, &document, &mut |read| {
        let id = match &read {
            Read::Said(said) => {
                understood |= !matches!(said.what, Statement::Ignored { .. });
                &said.external_id
            }
            Read::Reject(reject) => &reject.order_key,
        };
        named |= marks.orders.contains(id);
        if named { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    // One that speaks of other orders is theirs, even when somebody in it has the same name.
    named || (!understood && marks.names.iter().any(|name| holds(bytes, name)))
}

fn holds(bytes: &[u8], name: &str) -> bool {
    name.len() >= NAME_MIN && bytes.windows(name.len()).any(|window| window == name.as_bytes())
}
