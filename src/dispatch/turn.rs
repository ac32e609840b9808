//! One turn at the database: what ended is recorded and what is due is claimed, in one transaction; then what the claimed
//! ones have to tell is read, with one query a kind. Calls go on meanwhile.

use super::{
    brought,
    step::{Finished, Partner},
    view::{self, Told},
};
use crate::{
    app::Core,
    crash,
    store::{
        Lane, StoreError, Tx,
        deliveries::{self, ClaimedDelivery, DeliveryState},
        documents,
        exchanges::{self, Exchange},
        said,
    },
    traces::Trace,
};
use model::{
    ids::{DocumentId, OrderId},
    time::{Instant, SECOND},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Deliveries given back because their orders could not be read wait so long, microseconds.
const UNREAD_WAIT: i64 = SECOND;

/// A delivery that may be sent.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) claimed: ClaimedDelivery,
    pub(super) told: Told,
    /// End of its lease.
    pub(super) until: Instant,
    pub(super) trace: Option<Trace>,
}

/// What came of a turn.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) ready: Vec<Ready>,
    pub(super) recorded: usize,
    /// As many as asked for were due, so there may be more.
    pub(super) more: bool,
    /// When those recorded as waiting are due again.
    pub(super) due: Vec<Instant>,
}

/// What ended and is not recorded yet. Shared, so that what ends while a turn waits for the database goes along.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended(Arc<Mutex<Vec<Finished>>>);

impl Ended {
    pub(super) fn push(&self, finished: Finished) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(finished);
    }

    pub(super) fn extend(&self, finished: impl IntoIterator<Item = Finished>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(finished);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn take(&self) -> Vec<Finished> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Takes a turn that claims up to `free`. What ended stays when it could not be recorded.
pub(super) async fn take(
    core: Arc<Core>,
    partner: Arc<Partner>,
    ended: Ended,
    free: usize,
) -> Result<Taken, StoreError> {
    if ended.is_empty() && !deliveries::any_due(core.store.read(), &partner.name, core.clock.now()).await? {
        return Ok(Taken::default());
    }
    let tx = core.store.begin(Lane::Work).await?;
    let finished = ended.take();
    match write(&core, &partner, tx, &finished, free).await {
        Ok((claimed, until)) => {
            let waiting = finished.iter().map(|f| &f.recorded).filter(|r| r.state == DeliveryState::Waiting);
            let (recorded, due) = (finished.len(), waiting.map(|r| r.next_at).collect());
            let more = free > 0 && claimed.len() >= free;
            let ready = read(&core, &partner, &ended, claimed, until).await;
            Ok(Taken { ready, recorded, more, due })
        }
        Err(error) => {
            ended.extend(finished);
            Err(error)
        }
    }
}

async fn write(
    core: &Core,
    partner: &Partner,
    tx: Tx,
    finished: &[Finished],
    free: usize,
) -> Result<(Vec<ClaimedDelivery>, Instant), StoreError> {
    let now = core.clock.now();
    let until = now.plus(partner.lease);
    let follows = record(&tx, finished, now).await?;
    let claimed = if free > 0 {
        let limit = u64::try_from(free).unwrap_or(u64::MAX);
        deliveries::claim(&tx, &core.node, &partner.name, now, until, limit).await?
    } else {
        Vec::new()
    };
    if !finished.is_empty() {
        crash::point("dispatch.before_record");
    }
    tx.commit().await?;
    if !finished.is_empty() {
        crash::point("dispatch.recorded");
    }
    if follows {
        core.work.notify_waiters();
    }
    Ok((claimed, until))
}

/// Writes what ended; nothing of a delivery whose lease was lost. True when follow-up work was left.
async fn record(tx: &Tx, finished: &[Finished], now: Instant) -> Result<bool, StoreError> {
    if finished.is_empty() {
        return Ok(false);
    }
    let recorded: Vec<_> = finished.iter().map(|f| f.recorded.clone()).collect();
    let held = deliveries::record(tx, &recorded, now).await?;
    let of_held = || finished.iter().filter(|f| held.contains(&f.recorded.id));
    let told: Vec<Exchange> = of_held().flat_map(|f| f.exchanges.iter().cloned()).collect();
    exchanges::insert(tx, &told).await?;
    brought::write(tx, &of_held().filter_map(|f| f.brought.as_ref()).collect::<Vec<_>>(), now).await
}

/// Reads what the claimed ones have to tell; gives them back when that fails.
async fn read(
    core: &Core,
    partner: &Partner,
    ended: &Ended,
    claimed: Vec<ClaimedDelivery>,
    until: Instant,
) -> Vec<Ready> {
    if claimed.is_empty() {
        return Vec::new();
    }
    match view::messages(&core.store, &claimed, core.clock.now()).await {
        Ok(all) => {
            let traces = traces(core, &claimed).await;
            let ready = |(claimed, told): (ClaimedDelivery, Told)| {
                let trace = traces.get(&claimed.order).copied();
                Ready { claimed, told, until, trace }
            };
            claimed.into_iter().zip(all).map(ready).collect()
        }
        Err(error) => {
            tracing::warn!(%error, connector = %partner.name, "orders to be told could not be read");
            let again = core.clock.now().plus(UNREAD_WAIT);
            ended.extend(claimed.into_iter().map(|delivery| Finished::untouched(delivery, again)));
            Vec::new()
        }
    }
}

/// The traces of the documents that spoke last of the orders, when anybody wants to know.
async fn traces(core: &Core, claimed: &[ClaimedDelivery]) -> HashMap<OrderId, Trace> {
    if !core.traces.is_on() {
        return HashMap::new();
    }
    let mut orders: Vec<OrderId> = claimed.iter().map(|delivery| delivery.order).collect();
    orders.sort_unstable();
    orders.dedup();
    let db = core.store.read();
    let found = async {
        let of = said::documents_of(db, &orders).await?;
        let ids: Vec<_> = of.values().copied().collect();
        let headers: HashMap<_, _> =
            documents::by_ids(db, &ids).await?.into_iter().map(|document| (document.id, document.headers)).collect();
        let trace = |id: &DocumentId| headers.get(id).map(|headers| Trace::of(*id, headers));
        Ok::<_, StoreError>(of.iter().filter_map(|(order, id)| Some((*order, trace(id)?))).collect())
    };
    found.await.unwrap_or_else(|error: StoreError| {
        tracing::debug!(%error, "deliveries go without their traces");
        HashMap::new()
    })
}
