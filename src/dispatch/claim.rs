//! One connector's task: records what ended and claims what is due, in one transaction, then waits for what comes first.

use super::{
    breaker::Breaker,
    brought,
    step::{self, Finished, Partner},
    view,
};
use crate::{
    app::Core,
    crash,
    store::{
        Lane, StoreError,
        deliveries::{self, ClaimedDelivery, DeliveryState},
        exchanges::{self, Exchange},
    },
};
use model::time::{Instant, SECOND};
use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc, time::Duration};
use tokio::task::{JoinError, JoinSet};

/// A delivery that was written without a word to us waits no longer than this.
const POLL: Duration = Duration::from_millis(500);
/// Deliveries given back because their orders could not be read wait so long, microseconds.
const UNREAD_WAIT: i64 = SECOND;

struct Worker {
    core: Arc<Core>,
    partner: Arc<Partner>,
    in_flight: usize,
    breaker: Breaker,
    flying: JoinSet<Finished>,
    /// Ended and not recorded yet.
    finished: Vec<Finished>,
    /// When deliveries recorded here are due again, as far as that is before the next poll.
    soon: BinaryHeap<Reverse<Instant>>,
}

/// Serves one connector for ever.
pub(super) async fn work(core: Arc<Core>, partner: Arc<Partner>, in_flight: usize) {
    let breaker = Breaker::new(partner.backoff);
    let (flying, finished, soon) = (JoinSet::new(), Vec::new(), BinaryHeap::new());
    let mut worker = Worker { core: Arc::clone(&core), partner, in_flight, breaker, flying, finished, soon };
    worker.take_over().await;
    loop {
        // Made before we look, so that what is written while we look wakes us.
        let written = core.deliveries.notified();
        let pause = match worker.turn().await {
            Ok(()) => worker.pause(),
            Err(error) => {
                tracing::warn!(%error, connector = %worker.partner.name, "deliveries wait for the database");
                POLL
            }
        };
        tokio::select! {
            () = written => {}
            () = tokio::time::sleep(pause) => {}
            Some(ended) = worker.flying.join_next() => worker.ended(ended),
        }
        while let Some(ended) = worker.flying.try_join_next() {
            worker.ended(ended);
        }
    }
}

impl Worker {
    /// Alone on the database, every lease is a dead process's.
    async fn take_over(&self) {
        if !self.core.store.is_exclusive() {
            return;
        }
        while let Err(error) = self.take_leases().await {
            tracing::warn!(%error, "leases of the process before could not be taken over");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn take_leases(&self) -> Result<(), StoreError> {
        let now = self.core.clock.now();
        let tx = self.core.store.begin(Lane::Work).await?;
        deliveries::take_over(&tx, &self.partner.name, now).await?;
        tx.commit().await
    }

    async fn turn(&mut self) -> Result<(), StoreError> {
        let now = self.core.clock.now();
        let free = self.free(now);
        let due = free > 0 && deliveries::any_due(self.core.store.read(), &self.partner.name, now).await?;
        if !due && self.finished.is_empty() {
            return Ok(());
        }
        let until = now.plus(self.partner.lease);
        let tx = self.core.store.begin(Lane::Work).await?;
        let follows = self.record(&tx, now).await?;
        let claimed = if free > 0 {
            let limit = u64::try_from(free).unwrap_or(u64::MAX);
            deliveries::claim(&tx, &self.core.node, &self.partner.name, now, until, limit).await?
        } else {
            Vec::new()
        };
        if !self.finished.is_empty() {
            crash::point("dispatch.before_record");
        }
        tx.commit().await?;
        if !self.finished.is_empty() {
            crash::point("dispatch.recorded");
        }
        if follows {
            self.core.work.notify_waiters();
        }
        self.remember_soon(now);
        self.begin(claimed, until).await;
        Ok(())
    }

    /// How many more may be claimed now.
    fn free(&mut self, now: Instant) -> usize {
        let allowed = self.breaker.at_once(now).unwrap_or(usize::MAX);
        let allowed = allowed.min(self.in_flight).min(self.partner.pace.ahead());
        allowed.saturating_sub(self.flying.len())
    }

    /// Writes what ended; nothing of a delivery whose lease was lost. True when follow-up work was left.
    async fn record(&self, tx: &crate::store::Tx, now: Instant) -> Result<bool, StoreError> {
        if self.finished.is_empty() {
            return Ok(false);
        }
        let recorded: Vec<_> = self.finished.iter().map(|f| f.recorded.clone()).collect();
        let held = deliveries::record(tx, &recorded, now).await?;
        let of_held = || self.finished.iter().filter(|f| held.contains(&f.recorded.id));
        let told: Vec<Exchange> = of_held().flat_map(|f| f.exchanges.iter().cloned()).collect();
        exchanges::insert(tx, &told).await?;
        brought::write(tx, &of_held().filter_map(|f| f.brought.as_ref()).collect::<Vec<_>>(), now).await
    }

    fn remember_soon(&mut self, now: Instant) {
        let poll = i64::try_from(POLL.as_micros()).unwrap_or(i64::MAX);
        for finished in self.finished.drain(..) {
            let recorded = finished.recorded;
            if recorded.state == DeliveryState::Waiting && recorded.next_at < now.plus(poll) {
                self.soon.push(Reverse(recorded.next_at));
            }
        }
        while self.soon.peek().is_some_and(|Reverse(at)| *at <= now) {
            self.soon.pop();
        }
    }

    /// Reads what the claimed ones have to tell and lets them fly.
    async fn begin(&mut self, claimed: Vec<ClaimedDelivery>, until: Instant) {
        if claimed.is_empty() {
            return;
        }
        match view::messages(&self.core.store, &claimed, self.core.clock.now()).await {
            Ok(messages) => {
                for (delivery, told) in claimed.into_iter().zip(messages) {
                    let (core, partner) = (Arc::clone(&self.core), Arc::clone(&self.partner));
                    self.flying.spawn(step::attempt(core, partner, delivery, told, until));
                }
            }
            Err(error) => {
                tracing::warn!(%error, connector = %self.partner.name, "orders to be told could not be read");
                let again = self.core.clock.now().plus(UNREAD_WAIT);
                self.finished.extend(claimed.into_iter().map(|delivery| Finished::untouched(delivery, again)));
            }
        }
    }

    fn ended(&mut self, ended: Result<Finished, JoinError>) {
        let finished = match ended {
            Ok(finished) => finished,
            Err(error) => {
                // Its lease runs out, and it is tried again as one that was interrupted.
                tracing::error!(%error, connector = %self.partner.name, "an attempt at a delivery broke off");
                return;
            }
        };
        let now = self.core.clock.now();
        let was_open = self.breaker.is_open();
        if let Some(works) = finished.partner_works {
            self.breaker.note(works, now);
        }
        if let Some(asked) = finished.rest {
            self.breaker.rest(asked, now);
        }
        if self.breaker.is_open() && !was_open {
            tracing::warn!(connector = %self.partner.name, "a partner fails and is left alone for a while");
        }
        self.finished.push(finished);
    }

    /// Until the next turn, when nothing happens before.
    fn pause(&self) -> Duration {
        if !self.finished.is_empty() {
            return Duration::ZERO;
        }
        let now = self.core.clock.now();
        let soon = self.soon.peek().map(|Reverse(at)| *at);
        let first = [soon, self.breaker.closed_until(now)].into_iter().flatten().min();
        first.map_or(POLL, |at| POLL.min(Duration::from_micros(u64::try_from(at.since(now)).unwrap_or(0))))
    }
}
