//! A decided batch as rows, made before its transaction begins: a transaction only writes.

use super::{
    batch::{Batch, Prepared, Written},
    footprint::Footprint,
    run::{Outcome, counted},
};
use crate::{
    app::{Core, Listener},
    replenish,
    store::{
        StoreError,
        deliveries::NewDelivery,
        documents::Finished,
        journal::{self, Entry},
        orders::{self, SavedOrder},
        rows, said, work,
    },
};
use model::{
    ids::{OrderId, PartyId},
    message::MessageKind,
    order::{
        effects::{StockMove, Work, WorkKind},
        event::Happened,
        state::{Decision, Slot},
        status::{Status, status},
    },
    party::Party,
    port::inbound::Summary,
    rules::{checks::fingerprint, pricing::order_total},
    time::Instant,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// All there is to write, and what is answered once it is written.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) now: Instant,
    pub(super) outcomes: Vec<Vec<Outcome>>,
    pub(super) footprint: Arc<Footprint>,
    pub(super) keys: Vec<(model::codes::Channel, String, OrderId)>,
    pub(super) people: Vec<(PartyId, Party)>,
    pub(super) orders: orders::Rows,
    /// Orders that were not there before.
    pub(super) fresh: HashSet<OrderId>,
    pub(super) said: said::Rows,
    /// Documents of which the last statement is in.
    pub(super) finished: Vec<Finished>,
    pub(super) moves: Vec<StockMove>,
    pub(super) told: Vec<NewDelivery>,
    pub(super) works: Vec<work::Job>,
    pub(super) journal: journal::Rows,
}

impl Draft {
    /// Decides every job of a loaded batch and makes the rows.
    pub(super) fn new(core: &Core, jobs: &[Prepared], mut batch: Batch) -> Result<Self, StoreError> {
        let outcomes = batch.decide(jobs);
        let now = batch.facts.now;
        let changed = batch.written.orders.keys().filter_map(|id| batch.slots.get(id));
        let checks = replenish::jobs(&batch.facts, &batch.written.moves, changed);
        let Batch { keys, slots, words, written, .. } = batch;
        let derived = derived(&written.orders, &slots);
        let prints = derived.iter().map(|d| (d.id, d.fingerprint.clone()));
        let footprint = Arc::new(Footprint::new(keys.keys().cloned(), &written, prints));
        let saved: Vec<SavedOrder<'_>> = derived.iter().map(Derived::saved).collect();
        let entries: Vec<Entry<'_>> = written.journal.iter().map(entry).collect();
        Ok(Self {
            now,
            finished: finished(jobs, &outcomes),
            outcomes,
            footprint,
            keys: keys.into_iter().map(|((channel, id), order)| (channel, id, order)).collect(),
            people: people(jobs),
            orders: orders::rows(&saved, now)?,
            fresh: written.orders.iter().filter(|(_, was)| **was == 0).map(|(id, _)| *id).collect(),
            said: said::rows(written.words.keys().filter_map(|key| words.get(key)))?,
            told: tells(&core.listeners, &written, &slots, now)?,
            works: works(core, &written.works).chain(checks).collect(),
            journal: journal::rows(&entries)?,
            moves: written.moves,
        })
    }
}

fn entry((order, h): &(OrderId, Happened)) -> Entry<'_> {
    Entry { order: *order, event_no: h.no, at: h.at, actor: &h.actor, event: &h.event }
}

/// The people of all jobs, each once.
fn people(jobs: &[Prepared]) -> Vec<(PartyId, Party)> {
    let mut all: HashMap<PartyId, &Party> = HashMap::new();
    for job in jobs {
        let parties = match job {
            Prepared::Statements { parties, .. } => parties,
            Prepared::Command(job) => &job.parties,
        };
        all.extend(parties.iter().map(|(id, party)| (*id, party)));
    }
    let mut all: Vec<_> = all.into_iter().map(|(id, party)| (id, party.clone())).collect();
    all.sort_unstable_by_key(|(id, _)| *id);
    all
}

/// What an order's row wants beside its state: derived words and sums.
struct Derived<'a> {
    id: OrderId,
    slot: &'a Slot,
    was_events: u32,
    fingerprint: String,
    total: i64,
    status: &'static str,
}

impl<'a> Derived<'a> {
    fn saved(&self) -> SavedOrder<'_> {
        SavedOrder {
            slot: self.slot,
            was_events: self.was_events,
            fingerprint: &self.fingerprint,
            total: self.total,
            status: self.status,
        }
    }

    fn of(id: OrderId, slot: &'a Slot, was_events: u32) -> Self {
        let (fingerprint, total) = match slot.order() {
            // Ordering again what was cancelled is no duplicate.
            Some(order) if matches!(order.decision, Decision::Cancelled { .. }) => {
                (String::new(), order_total(order).minor)
            }
            Some(order) => (fingerprint(&order.content()), order_total(order).minor),
            None => (String::new(), 0),
        };
        Self { id, slot, was_events, fingerprint, total, status: status(slot).map_or("", Status::name) }
    }
}

fn derived<'a>(orders: &BTreeMap<OrderId, u32>, slots: &'a HashMap<OrderId, Slot>) -> Vec<Derived<'a>> {
    let one = |(id, was): (&OrderId, &u32)| slots.get(id).map(|slot| Derived::of(*id, slot, *was));
    orders.iter().filter_map(one).collect()
}

/// The documents whose last statement is among the jobs'.
fn finished(jobs: &[Prepared], outcomes: &[Vec<Outcome>]) -> Vec<Finished> {
    let one = |(prepared, outcomes): (&Prepared, &Vec<Outcome>)| {
        let Prepared::Statements { job, .. } = prepared else { return None };
        let finish = job.finish.as_ref()?;
        Some(Finished {
            id: job.document,
            epoch: job.epoch,
            state: finish.state,
            mapping: job.mapping.clone(),
            mapping_version: job.mapping_version,
            orders_good: finish.good,
            orders_bad: finish.bad,
            summary: Summary { outcomes: job.so_far.plus(counted(outcomes)), ..finish.summary.clone() },
        })
    };
    jobs.iter().zip(outcomes).filter_map(one).collect()
}

/// One delivery for each listener of each message, in the order things happened.
fn tells(
    listeners: &[Listener],
    written: &Written,
    slots: &HashMap<OrderId, Slot>,
    now: Instant,
) -> Result<Vec<NewDelivery>, StoreError> {
    let mut all = Vec::with_capacity(written.tells.len() * listeners.len());
    for tell in &written.tells {
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

/// Whether something is late is nobody's question when nobody would be told.
fn works(core: &Core, works: &[Work]) -> impl Iterator<Item = work::Job> {
    let late = core.listeners.iter().any(|listener| listener.kinds.contains(&MessageKind::FulfilmentLate));
    works.iter().filter(move |work| late || work.kind != WorkKind::CheckLate).map(job)
}

fn job(work: &Work) -> work::Job {
    let kind = match work.kind {
        WorkKind::ExpireReservation => crate::work::EXPIRE_RESERVATION,
        WorkKind::RetryAllocation => crate::work::RETRY_ALLOCATION,
        WorkKind::CheckLate => crate::work::CHECK_LATE,
    };
    work::Job { kind: kind.to_owned(), key: work.order.to_string(), due: work.due }
}
