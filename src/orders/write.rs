//! Writes a decided batch in one transaction: orders, stock, deliveries, and last of all the journal.

use super::{
    batch::{Batch, Prepared, Written},
    run::{Outcome, counted},
};
use crate::{
    app::{Core, Listener},
    crash, replenish,
    store::{
        Lane, StoreError, Tx,
        deliveries::{self, NewDelivery},
        documents::{self, Finished},
        journal::{self, Entry},
        orders::{self, SavedOrder},
        parties, rejects, rows, said, stock, work,
    },
};
use model::{
    ids::{OrderId, PartyId},
    message::MessageKind,
    order::{
        effects::{StockMove, Tell, Work, WorkKind},
        state::{Decision, Slot},
        status::{Status, status},
    },
    party::Party,
    port::inbound::Summary,
    rules::{checks::fingerprint, pricing::order_total},
    time::{Instant, SECOND},
};
use std::collections::{BTreeSet, HashMap};

/// Lock order of every transaction: order keys, orders, fulfilments, stock, deliveries, journal counter.
pub(super) async fn write(
    core: &Core,
    jobs: &[Prepared],
    batch: Batch,
    outcomes: &[Vec<Outcome>],
) -> Result<(), StoreError> {
    let now = batch.facts.now;
    let changed = batch.written.orders.keys().filter_map(|id| batch.slots.get(id));
    let checks = replenish::jobs(&batch.facts, &batch.written.moves, changed);
    let Batch { keys, slots, words, written, .. } = batch;
    let tx = core.store.begin(Lane::Work).await?;
    if !keys.is_empty() {
        let wanted: Vec<_> = keys.iter().map(|((channel, id), order)| (channel.clone(), id.clone(), *order)).collect();
        let claimed = orders::claim_keys(&tx, &wanted).await?;
        if claimed.iter().ne(wanted.iter().map(|(_, _, order)| order)) {
            return Err(StoreError::Conflict("order key"));
        }
    }
    let erased = parties::insert(&tx, &people(jobs)).await?;
    let derived = derived(&written, &slots);
    let saved: Vec<SavedOrder<'_>> = derived
        .iter()
        .map(|d| SavedOrder {
            slot: d.slot,
            was_events: d.was_events,
            fingerprint: &d.fingerprint,
            total: d.total,
            status: d.status,
        })
        .collect();
    orders::save(&tx, &saved, now).await?;
    let said: Vec<_> = written.words.keys().filter_map(|key| words.get(key).cloned()).collect();
    said::put(&tx, &said).await?;
    documents(core, &tx, jobs, outcomes, now).await?;
    take_stock(&tx, &written.moves, now).await?;
    let told = tells(&core.listeners, &written.tells, &slots, now)?;
    deliveries::insert(&tx, &told, now).await?;
    // Whether something is late is nobody's question when nobody would be told.
    let asked = |kind| core.listeners.iter().any(|listener| listener.kinds.contains(&kind));
    let late = asked(MessageKind::FulfilmentLate);
    let works = written.works.iter().filter(|work| late || work.kind != WorkKind::CheckLate);
    let works: Vec<work::Job> = works.map(job).chain(checks).chain(to_forget(jobs, &erased, now)).collect();
    work::schedule(&tx, &works).await?;
    crash::point("orders.before_journal");
    let entries: Vec<Entry<'_>> = written
        .journal
        .iter()
        .map(|(order, h)| Entry { order: *order, event_no: h.no, at: h.at, actor: &h.actor, event: &h.event })
        .collect();
    let last = if entries.is_empty() { None } else { Some(journal::append(&tx, &entries).await?) };
    crash::point("orders.before_commit");
    tx.commit().await?;
    crash::point("orders.committed");
    if let Some(first) = last {
        let last = first + entries.len() as i64 - 1;
        core.journal.send_if_modified(|known| {
            let newer = last > *known;
            *known = last.max(*known);
            newer
        });
    }
    if !told.is_empty() {
        core.deliveries.notify_waiters();
    }
    Ok(())
}

/// Locks the levels that are taken from, and takes; the database refuses what is no longer there.
async fn take_stock(tx: &Tx, moves: &[StockMove], now: Instant) -> Result<(), StoreError> {
    let keys = moves.iter().map(|m| (m.sku.clone(), m.warehouse.clone())).collect();
    let locked = stock::lock(tx, &keys).await?;
    stock::apply_moves(tx, &locked, moves, now).await
}

fn job(work: &Work) -> work::Job {
    let kind = match work.kind {
        WorkKind::ExpireReservation => crate::work::EXPIRE_RESERVATION,
        WorkKind::RetryAllocation => crate::work::RETRY_ALLOCATION,
        WorkKind::CheckLate => crate::work::CHECK_LATE,
    };
    work::Job { kind: kind.to_owned(), key: work.order.to_string(), due: work.due }
}

/// Documents that name somebody who was erased: what they are for is done, so that they are forgotten again.
fn to_forget(jobs: &[Prepared], erased: &BTreeSet<PartyId>, now: Instant) -> Vec<work::Job> {
    let names_them = |job: &&Prepared| match job {
        Prepared::Statements { parties, .. } => parties.iter().any(|(id, _)| erased.contains(id)),
        Prepared::Command(_) => false,
    };
    let named = jobs.iter().filter(names_them).filter_map(|job| match job {
        Prepared::Statements { job, .. } => Some(job.document.to_string()),
        Prepared::Command(_) => None,
    });
    named.map(|key| work::Job { kind: crate::work::FORGET_DOCUMENT.to_owned(), key, due: now }).collect()
}

/// The people of all jobs, each once.
fn people(jobs: &[Prepared]) -> Vec<(PartyId, Party)> {
    let mut all: HashMap<PartyId, Party> = HashMap::new();
    for job in jobs {
        let parties = match job {
            Prepared::Statements { parties, .. } => parties,
            Prepared::Command(job) => &job.parties,
        };
        all.extend(parties.iter().cloned());
    }
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_unstable_by_key(|(id, _)| *id);
    all
}

/// What `orders::save` wants beside the state: derived words and sums.
struct Derived<'a> {
    slot: &'a Slot,
    was_events: u32,
    fingerprint: String,
    total: i64,
    status: &'static str,
}

fn derived<'a>(written: &Written, slots: &'a HashMap<OrderId, Slot>) -> Vec<Derived<'a>> {
    let one = |(id, was): (&OrderId, &u32)| {
        let slot = slots.get(id)?;
        let (fingerprint, total) = match slot.order() {
            // Ordering again what was cancelled is no duplicate.
            Some(order) if matches!(order.decision, Decision::Cancelled { .. }) => {
                (String::new(), order_total(order).minor)
            }
            Some(order) => (fingerprint(&order.content()), order_total(order).minor),
            None => (String::new(), 0),
        };
        let status = status(slot).map_or("", Status::name);
        Some(Derived { slot, was_events: *was, fingerprint, total, status })
    };
    written.orders.iter().filter_map(one).collect()
}

async fn documents(
    core: &Core,
    tx: &Tx,
    jobs: &[Prepared],
    outcomes: &[Vec<Outcome>],
    now: Instant,
) -> Result<(), StoreError> {
    let mut finished = Vec::new();
    for (prepared, outcomes) in jobs.iter().zip(outcomes) {
        let Prepared::Statements { job, .. } = prepared else { continue };
        if !job.rejects.is_empty() {
            rejects::insert(tx, job.document, job.first_reject, &job.rejects, now).await?;
        }
        let outcomes = job.so_far.plus(counted(outcomes));
        match &job.finish {
            Some(finish) => finished.push(Finished {
                id: job.document,
                epoch: job.epoch,
                state: finish.state,
                mapping: job.mapping.clone(),
                mapping_version: job.mapping_version,
                orders_good: finish.good,
                orders_bad: finish.bad,
                summary: Summary { outcomes, ..finish.summary.clone() },
            }),
            None => {
                let until = now.plus(core.config.intake.lease_seconds * SECOND);
                documents::read_on(tx, job.document, job.epoch, job.progress, until, outcomes).await?;
            }
        }
    }
    documents::finish(tx, &finished).await
}

/// One delivery for each listener of each message, in the order things happened.
fn tells(
    listeners: &[Listener],
    tells: &[Tell],
    slots: &HashMap<OrderId, Slot>,
    now: Instant,
) -> Result<Vec<NewDelivery>, StoreError> {
    let mut all = Vec::with_capacity(tells.len() * listeners.len());
    for tell in tells {
        let body = rows::json(&serde_json::json!({ "fulfilment": tell.fulfilment }))?;
        let stream = tell.fulfilment.map_or_else(|| tell.order.uuid(), |f| f.uuid());
        let channel = slots.get(&tell.order).and_then(Slot::order).map(|order| &order.channel);
        for listener in listeners.iter().filter(|l| l.hears(tell.kind, channel)) {
            all.push(NewDelivery {
                connector: listener.connector.as_str().into(),
                stream,
                order: tell.order,
                kind: tell.kind,
                body: body.clone(),
                next_at: now,
            });
        }
    }
    Ok(all)
}
