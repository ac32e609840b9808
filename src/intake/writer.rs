//! Group commit: documents that arrive while a commit is under way share the next one. No artificial delay.

use super::{Accepted, NotAccepted, Waiting, parse::Parser};
use crate::{
    app::Core,
    clock::Stopwatch,
    crash, entropy,
    store::{
        Lane, StoreError,
        documents::{self, NewDocument, Stored},
    },
    turns::{Pace, Receiver},
};
use model::{codes::Channel, time::SECOND};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// Documents in one commit: at most, and at least where so many wait; and their bytes, at most.
const BATCH_MAX: usize = 256;
const BATCH_MIN: usize = 16;
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Time a commit takes while several channels bring.
const MOMENT: Duration = Duration::from_millis(5);

pub(super) async fn work(core: Arc<Core>, mut inbox: Receiver<Channel, Waiting>, parser: Parser) {
    let mut pace = Pace::new(BATCH_MIN, BATCH_MAX, MOMENT);
    while let Some((channel, first)) = inbox.recv().await {
        pace.saw(&channel);
        let (most, mut bytes) = (pace.at_once(), first.bytes);
        let mut batch = vec![first.what];
        while batch.len() < most
            && bytes < BATCH_BYTES_MAX
            && let Some((channel, next)) = inbox.try_recv(|_| true)
        {
            pace.saw(&channel);
            bytes += next.bytes;
            batch.push(next.what);
        }
        let (count, watch) = (batch.len(), Stopwatch::start());
        commit(&core, batch, &parser).await;
        pace.took(count, watch.elapsed());
        core.metrics.committed(count, watch.elapsed());
    }
}

async fn commit(core: &Core, mut batch: Vec<Waiting>, parser: &Parser) {
    let now = core.clock.now();
    let lease_until = now.plus(core.config.intake.lease_seconds * SECOND);
    let new = |w: &Waiting| NewDocument {
        id: entropy::document_id(now),
        channel: w.arrival.channel.clone(),
        kind: w.arrival.kind,
        topic: w.arrival.topic.clone(),
        name: w.arrival.name.clone(),
        media_type: w.arrival.media_type.clone(),
        headers: w.arrival.headers.clone(),
        actor: w.arrival.actor.clone(),
        received_at: now,
        body: documents::pack(&w.arrival.bytes),
        sha256: w.sha256,
        dedupe_key: w.dedupe_key,
        lease_owner: core.node.clone(),
        lease_until,
    };
    let new: Vec<NewDocument> = batch.iter().map(new).collect();
    if crash::is_unsafe("ack_before_commit") {
        acknowledge_early(&mut batch, &new).await;
    }
    match store(core, new).await {
        Ok(stored) => {
            crash::point("intake.committed");
            for (waiting, stored) in batch.into_iter().zip(stored) {
                let duplicate = stored.duplicate_of.is_some();
                let document = stored.duplicate_of.unwrap_or(stored.id);
                // A sender who has gone will send again and be told it is a duplicate.
                drop(waiting.reply.send(Ok(Accepted { document, duplicate })));
                if !duplicate {
                    parser.hand_on(stored.id, now, waiting.arrival);
                }
            }
        }
        Err(error) => {
            tracing::error!(%error, documents = batch.len(), "documents could not be stored");
            let refusal = NotAccepted::Unavailable(error.to_string());
            for waiting in batch {
                drop(waiting.reply.send(Err(refusal.clone())));
            }
        }
    }
}

/// What must never be: the crash stories show with it that they would notice.
async fn acknowledge_early(batch: &mut [Waiting], new: &[NewDocument]) {
    for (waiting, new) in batch.iter_mut().zip(new) {
        let (nobody, _) = oneshot::channel();
        let reply = std::mem::replace(&mut waiting.reply, nobody);
        drop(reply.send(Ok(Accepted { document: new.id, duplicate: false })));
    }
    // The answers leave before the commit begins.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
}

async fn store(core: &Core, new: Vec<NewDocument>) -> Result<Vec<Stored>, StoreError> {
    let tx = core.store.begin(Lane::Intake).await?;
    let stored = documents::insert_new(&tx, new).await?;
    crash::point("intake.before_commit");
    tx.commit().await?;
    Ok(stored)
}
