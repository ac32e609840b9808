//! What a partner made for a fulfilment: parcels whose callbacks are to find it, and papers. Written in the transaction
//! that records the delivery's end.

use crate::{
    intake::dedupe_hash,
    store::{
        StoreError, Tx,
        deliveries::ClaimedDelivery,
        documents::{self, DocumentKind, NewDocument, Packed},
        shipments, work,
    },
    work::{MATCH_PARCEL, match_parcel_key},
};
use model::{
    codes::{Carrier, Channel, Connector},
    ids::{FulfilmentId, OrderId},
    order::event::{Actor, Parcel},
    port::outbound::{Attachment, Message, Receipt},
    time::Instant,
};
use sha2::{Digest, Sha256};

/// Characters of a parcel's number.
const NUMBER_MAX: usize = 64;

/// Parcels and papers of one fulfilment.
#[derive(Clone, Debug)]
pub(super) struct Brought {
    connector: Connector,
    order: OrderId,
    fulfilment: FulfilmentId,
    parcels: Vec<Parcel>,
    papers: Vec<Paper>,
}

/// A paper, packed outside the transaction.
#[derive(Clone, Debug)]
struct Paper {
    kind: &'static str,
    media_type: String,
    body: Packed,
    sha256: [u8; 32],
    dedupe_key: [u8; 32],
}

impl Brought {
    /// `None` when the receipt brings nothing, or there is no fulfilment it could belong to.
    pub(super) fn of(
        connector: &Connector,
        claimed: &ClaimedDelivery,
        told: &Message,
        receipt: Receipt,
    ) -> Option<Self> {
        let carrier = Carrier::new(&told.fulfilment.as_ref()?.carrier);
        let plain = |n: &String| !n.is_empty() && n.len() <= NUMBER_MAX && n.chars().all(|c| c.is_ascii_graphic());
        let parcel = |number| Parcel { carrier: carrier.clone(), number };
        let fulfilment = FulfilmentId::from_uuid(claimed.stream);
        let parcels: Vec<Parcel> = receipt.parcels.into_iter().filter(plain).map(parcel).collect();
        let paper = |attachment: Attachment| paper(connector, fulfilment, &attachment);
        let papers: Vec<Paper> = receipt.attachments.into_iter().map(paper).collect();
        let brings = !parcels.is_empty() || !papers.is_empty();
        let (connector, order) = (connector.clone(), claimed.order);
        brings.then_some(Self { connector, order, fulfilment, parcels, papers })
    }
}

fn paper(connector: &Connector, fulfilment: FulfilmentId, attachment: &Attachment) -> Paper {
    let topic = topic(attachment.kind, fulfilment);
    let mut key = dedupe_hash(connector.as_str(), &topic);
    key.update(&attachment.bytes);
    Paper {
        kind: attachment.kind,
        media_type: attachment.media_type.clone(),
        body: documents::pack(&attachment.bytes),
        sha256: Sha256::digest(&attachment.bytes).into(),
        dedupe_key: key.finalize().into(),
    }
}

/// What links a paper to its fulfilment.
fn topic(kind: &str, fulfilment: FulfilmentId) -> String {
    format!("{kind} {fulfilment}")
}

/// Writes what came; true when follow-up work was scheduled.
pub(super) async fn write(tx: &Tx, all: &[&Brought], now: Instant) -> Result<bool, StoreError> {
    let mut jobs = Vec::new();
    for one in all {
        let linked: Vec<_> = one.parcels.iter().map(|p| (p.clone(), one.order, one.fulfilment)).collect();
        // Their carrier spoke first; the order hears it from the follow-up work.
        for parked in shipments::link(tx, &linked, now).await? {
            let key = match_parcel_key(&parked.parcel);
            jobs.push(work::Job { kind: MATCH_PARCEL.to_owned(), key, due: now });
        }
        let papers = one.papers.iter().map(|paper| document(one, paper, now)).collect();
        documents::attach(tx, papers).await?;
    }
    work::schedule(tx, &jobs).await?;
    Ok(!jobs.is_empty())
}

fn document(brought: &Brought, paper: &Paper, now: Instant) -> NewDocument {
    NewDocument {
        id: documents::attachment_id(paper.kind, brought.fulfilment),
        channel: Channel::new(brought.connector.as_str()),
        kind: DocumentKind::Attachment,
        topic: topic(paper.kind, brought.fulfilment),
        name: format!("{}-{}.pdf", paper.kind, brought.fulfilment),
        media_type: paper.media_type.clone(),
        headers: Vec::new(),
        actor: Actor::Partner { name: brought.connector.to_string() },
        received_at: now,
        body: paper.body.clone(),
        sha256: paper.sha256,
        dedupe_key: paper.dedupe_key,
        lease_owner: String::new(),
        lease_until: now,
    }
}
