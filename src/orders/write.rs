//! Writes a drafted batch in one transaction: orders, stock, deliveries, and last of all the journal.

use super::{
    batch::Prepared,
    draft::Draft,
    run::{Outcome, counted},
};
use crate::{
    app::Core,
    crash,
    store::{Lane, StoreError, Tx, deliveries, documents, journal, orders, parties, rejects, said, stock, work},
};
use model::{
    ids::{OrderId, PartyId},
    order::effects::StockMove,
    time::{Instant, SECOND},
};
use std::collections::{BTreeSet, HashSet};

/// Lock order of every transaction: order keys, orders, fulfilments, stock, deliveries, journal counter.
pub(super) async fn write(core: &Core, jobs: &[Prepared], draft: Draft) -> Result<Vec<Vec<Outcome>>, StoreError> {
    let now = draft.now;
    let tx = core.store.begin(Lane::Work).await?;
    if !draft.keys.is_empty() {
        let claimed = orders::claim_keys(&tx, &draft.keys).await?;
        if claimed.iter().ne(draft.keys.iter().map(|(_, _, order)| order)) {
            return Err(StoreError::Conflict("order key"));
        }
    }
    let erased = parties::insert(&tx, &draft.people).await?;
    orders::save(&tx, draft.orders).await?;
    said::put(&tx, draft.said).await?;
    documents::finish(&tx, &draft.finished).await?;
    unfinished(core, &tx, jobs, &draft.outcomes, now).await?;
    take_stock(&tx, &draft.moves, &draft.fresh, now).await?;
    deliveries::insert(&tx, &draft.told, &draft.fresh, now).await?;
    let works: Vec<work::Job> = draft.works.into_iter().chain(to_forget(jobs, &erased, now)).collect();
    work::schedule(&tx, &works).await?;
    crash::point("orders.before_journal");
    let written = journal::append(&tx, draft.journal).await?;
    crash::point("orders.before_commit");
    let mut committed = draft.footprint.hold().await;
    tx.commit().await?;
    *committed = true;
    drop(committed);
    crash::point("orders.committed");
    if let Some(last) = written {
        core.journal.send_if_modified(|known| {
            let newer = last > *known;
            *known = last.max(*known);
            newer
        });
    }
    if !draft.told.is_empty() {
        core.deliveries.notify_waiters();
    }
    Ok(draft.outcomes)
}

/// Locks the levels that are taken from, and takes; the database refuses what is no longer there.
async fn take_stock(tx: &Tx, moves: &[StockMove], fresh: &HashSet<OrderId>, now: Instant) -> Result<(), StoreError> {
    let keys = moves.iter().map(|m| (m.sku.clone(), m.warehouse.clone())).collect();
    let locked = stock::lock(tx, &keys).await?;
    stock::apply_moves(tx, &locked, moves, fresh, now).await
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

/// The rejects of the jobs' documents, and how far those are read that go on.
async fn unfinished(
    core: &Core,
    tx: &Tx,
    jobs: &[Prepared],
    outcomes: &[Vec<Outcome>],
    now: Instant,
) -> Result<(), StoreError> {
    for (prepared, outcomes) in jobs.iter().zip(outcomes) {
        let Prepared::Statements { job, .. } = prepared else { continue };
        if !job.rejects.is_empty() {
            rejects::insert(tx, job.document, job.first_reject, &job.rejects, now).await?;
        }
        if job.finish.is_none() {
            let until = now.plus(core.config.intake.lease_seconds * SECOND);
            let outcomes = job.so_far.plus(counted(outcomes));
            documents::read_on(tx, job.document, job.epoch, job.progress, until, outcomes).await?;
        }
    }
    Ok(())
}
