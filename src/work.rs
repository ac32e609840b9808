//! Follow-up work: what one transaction leaves for another. Done under a lease, so a crash repeats it; each kind is
//! harmless when repeated.

use crate::{
    app::Core,
    held::{self, TAKE_UP_HELD},
    orders::{CommandJob, Outcome, RunError, Runner},
    replenish::{self, CHECK_REORDER},
    store::{
        Lane, StoreError,
        documents::{self, DocumentState},
        orders, shipments, work,
    },
    tracking,
    transit::{self, COUNT_TRANSIT},
};
use model::{
    codes::Carrier,
    ids::{FulfilmentId, OrderId},
    order::{
        command::Command,
        event::{Actor, Parcel},
    },
    time::SECOND,
};
use std::{sync::Arc, time::Duration};

/// Kinds of work, as stored; keys are an order id, an order and a fulfilment id, a carrier and a number, a sku.
pub const CHECK_LATE: &str = "check_late";
pub const EXPIRE_RESERVATION: &str = "expire_reservation";
pub const FORGET_DOCUMENT: &str = "forget_document";
pub const LOSE_STOCK: &str = "lose_stock";
pub const MATCH_PARCEL: &str = "match_parcel";
pub const RETRY_ALLOCATION: &str = "retry_allocation";
pub const RETRY_BACKORDERS: &str = "retry_backorders";

const EVERY: Duration = Duration::from_millis(500);
const LEASE: i64 = 30 * SECOND;
const LIMIT: u64 = 64;
/// Backordered orders taken up for one sku at a time, in order of priority.
const BACKORDERS_MAX: u64 = 500;

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Run(#[from] RunError),
}

pub(crate) async fn work(core: Arc<Core>, runner: Runner) {
    while let Err(error) = take_over(&core).await {
        tracing::warn!(%error, "work of the process before could not be taken over");
        tokio::time::sleep(EVERY).await;
    }
    loop {
        match round(&core, &runner).await {
            Ok(0) => {
                let _ended = tokio::time::timeout(EVERY, core.work.notified()).await;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "follow-up work waits");
                tokio::time::sleep(EVERY).await;
            }
        }
    }
}

/// Alone on the database, every lease is a dead process's.
async fn take_over(core: &Core) -> Result<(), StoreError> {
    if !core.store.is_exclusive() {
        return Ok(());
    }
    let tx = core.store.begin(Lane::Work).await?;
    work::take_over(&tx).await?;
    tx.commit().await
}

async fn round(core: &Core, runner: &Runner) -> Result<usize, Fault> {
    let now = core.clock.now();
    if !work::any_due(core.store.read(), now).await? {
        return Ok(0);
    }
    let until = now.plus(LEASE);
    let tx = core.store.begin(Lane::Work).await?;
    let due = work::claim(&tx, now, until, LIMIT).await?;
    tx.commit().await?;
    for job in &due {
        match job.kind.as_str() {
            CHECK_LATE => check_late(runner, &job.key).await?,
            CHECK_REORDER => replenish::check(core, &job.key).await?,
            COUNT_TRANSIT => transit::count(core, &job.key).await?,
            EXPIRE_RESERVATION => expire(runner, &job.key).await?,
            FORGET_DOCUMENT => forget_document(core, &job.key).await?,
            LOSE_STOCK => lose_stock(runner, &job.key).await?,
            MATCH_PARCEL => match_parcel(core, runner, &job.key).await?,
            RETRY_ALLOCATION => retry_allocation(runner, &job.key).await?,
            RETRY_BACKORDERS => retry_backorders(core, runner, &job.key).await?,
            TAKE_UP_HELD => held::take_up(core, runner, &job.key).await?,
            kind => tracing::warn!(kind, "work of a newer program is left to it"),
        }
    }
    let tx = core.store.begin(Lane::Work).await?;
    work::done(&tx, &due, until).await?;
    tx.commit().await?;
    Ok(due.len())
}

async fn command(runner: &Runner, order: OrderId, command: Command) -> Result<Outcome, RunError> {
    runner.command(CommandJob { order, command, actor: Actor::System, parties: vec![] }).await
}

async fn expire(runner: &Runner, key: &str) -> Result<(), Fault> {
    if let Ok(order) = key.parse() {
        command(runner, order, Command::ExpireReservation).await?;
    }
    Ok(())
}

/// A promised day went by.
async fn check_late(runner: &Runner, key: &str) -> Result<(), Fault> {
    if let Ok(order) = key.parse() {
        command(runner, order, Command::CheckLate).await?;
    }
    Ok(())
}

/// A document names somebody who was erased before it came. It has been read: its bytes go too, and are gone from the file.
async fn forget_document(core: &Core, key: &str) -> Result<(), Fault> {
    let Ok(id) = key.parse() else { return Ok(()) };
    let found = documents::by_id(core.store.read(), id).await?;
    let tx = core.store.begin(Lane::Work).await?;
    match found.map(|document| document.state) {
        // A large file is still being read.
        Some(DocumentState::Receiving | DocumentState::Received) => {
            let due = core.clock.now().plus(LEASE);
            let again = work::Job { kind: FORGET_DOCUMENT.to_owned(), key: key.to_owned(), due };
            work::schedule(&tx, &[again]).await?;
            tx.commit().await?;
        }
        Some(DocumentState::Done | DocumentState::Held) => {
            documents::forget(&tx, &[id]).await?;
            tx.commit().await?;
            core.store.checkpoint().await?;
        }
        Some(DocumentState::Erased) | None => tx.commit().await?,
    }
    Ok(())
}

/// Warehouses that were full have a new day.
async fn retry_allocation(runner: &Runner, key: &str) -> Result<(), Fault> {
    if let Ok(order) = key.parse() {
        command(runner, order, Command::StockArrived).await?;
    }
    Ok(())
}

/// Stock of one sku came in: orders that wait for it, the most important first.
async fn retry_backorders(core: &Core, runner: &Runner, sku: &str) -> Result<(), Fault> {
    for order in orders::backordered(core.store.read(), &[sku], BACKORDERS_MAX).await? {
        command(runner, order, Command::StockArrived).await?;
    }
    // Only now is it known what is still wanted.
    replenish::check(core, sku).await?;
    Ok(())
}

/// A count fell below what was reserved: this reservation gives way and is planned anew.
async fn lose_stock(runner: &Runner, key: &str) -> Result<(), Fault> {
    let Some((order, fulfilment)) = key.split_once(' ') else { return Ok(()) };
    if let (Ok(order), Ok(fulfilment)) = (order.parse(), fulfilment.parse()) {
        command(runner, order, Command::LoseStock { fulfilments: vec![fulfilment] }).await?;
    }
    Ok(())
}

/// A parcel of which its carrier had spoken before anybody knew whose it is.
async fn match_parcel(core: &Core, runner: &Runner, key: &str) -> Result<(), Fault> {
    let Some((carrier, number)) = key.split_once(' ') else { return Ok(()) };
    let parcel = Parcel { carrier: Carrier::new(carrier), number: number.to_owned() };
    for shipment in shipments::get(core.store.read(), &[parcel]).await? {
        tracking::tell(runner, &shipment).await?;
        transit::schedule(core, &shipment).await?;
    }
    Ok(())
}

/// The key of [`MATCH_PARCEL`] work.
pub fn match_parcel_key(parcel: &Parcel) -> String {
    format!("{} {}", parcel.carrier, parcel.number)
}

/// The key of [`LOSE_STOCK`] work.
pub fn lose_stock_key(order: OrderId, fulfilment: FulfilmentId) -> String {
    format!("{order} {fulfilment}")
}
