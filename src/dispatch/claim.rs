//! One connector's task: lets calls fly as long as there are any, and takes turns at the database beside them.

use super::{
    breaker::Breaker,
    step::{self, Finished, Partner},
    turn::{self, Ended, Ready, Taken},
};
use crate::{
    app::Core,
    store::{
        Lane, StoreError,
        deliveries::{self, DeliveryState},
    },
};
use model::{port::outbound::Repeatable, time::Instant};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::task::{JoinError, JoinSet};

/// A delivery that was written without a word to us waits no longer than this.
const POLL: Duration = Duration::from_millis(500);
/// Deliveries claimed beyond those that may be on their way at once, at most: they fly while the next turn is taken.
const AHEAD_MAX: usize = 256;

struct Worker {
    core: Arc<Core>,
    partner: Arc<Partner>,
    in_flight: usize,
    breaker: Breaker,
    /// Claimed, and not begun.
    ready: VecDeque<Ready>,
    flying: JoinSet<Finished>,
    ended: Ended,
    /// As many as the last turn recorded are claimed ahead: a slow partner's would only wait with their leases running.
    ahead: usize,
    /// At most one turn at a time.
    turn: JoinSet<Result<Taken, StoreError>>,
    /// Something may be due that we did not look for.
    look: bool,
    /// The database failed us, and is left alone for a moment.
    rests: bool,
    /// When deliveries recorded here are due again, as far as that is before the next poll.
    soon: BinaryHeap<Reverse<Instant>>,
}

/// Serves one connector for ever.
pub(super) async fn work(core: Arc<Core>, partner: Arc<Partner>, in_flight: usize) {
    let mut worker = Worker::new(Arc::clone(&core), partner, in_flight);
    worker.take_over().await;
    let mut written = pin!(core.deliveries.notified());
    loop {
        worker.begin_turn();
        let pause = worker.pause();
        tokio::select! {
            Some(ended) = worker.flying.join_next() => worker.ended(ended),
            Some(taken) = worker.turn.join_next() => worker.taken(taken),
            () = written.as_mut() => {
                // Made before we look, so that what is written while we look wakes us.
                written.set(core.deliveries.notified());
                worker.look = true;
            }
            () = tokio::time::sleep(pause) => (worker.look, worker.rests) = (true, false),
        }
        while let Some(ended) = worker.flying.try_join_next() {
            worker.ended(ended);
        }
        worker.let_fly();
    }
}

impl Worker {
    fn new(core: Arc<Core>, partner: Arc<Partner>, in_flight: usize) -> Self {
        let breaker = Breaker::new(partner.backoff);
        Self {
            core,
            partner,
            in_flight,
            breaker,
            ready: VecDeque::new(),
            flying: JoinSet::new(),
            ended: Ended::default(),
            ahead: 0,
            turn: JoinSet::new(),
            look: true,
            rests: false,
            soon: BinaryHeap::new(),
        }
    }

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

    /// Takes a turn at the database when there is a reason to.
    fn begin_turn(&mut self) {
        let ended = !self.ended.is_empty();
        if self.rests || !self.turn.is_empty() || !(ended || self.look) {
            return;
        }
        let free = self.free(self.core.clock.now());
        if !ended && free == 0 {
            return;
        }
        self.look &= free == 0;
        let (core, partner) = (Arc::clone(&self.core), Arc::clone(&self.partner));
        self.turn.spawn(turn::take(core, partner, self.ended.clone(), free));
    }

    /// How many may be on their way at once now, and how many may be claimed in all.
    fn allowed(&mut self, now: Instant) -> (usize, usize) {
        let at_once = self.breaker.at_once(now);
        let flying = at_once.unwrap_or(usize::MAX).min(self.in_flight);
        // A crash between claim and call leaves the outcome unknown to us, which only some partners can be asked about.
        let may_wait = at_once.is_none() && self.partner.kind.repeatable() != Repeatable::Unsafe;
        let ahead = if may_wait { self.ahead.min(AHEAD_MAX) } else { 0 };
        let pace = self.partner.pace.ahead();
        (flying.min(pace), flying.saturating_add(ahead).min(pace))
    }

    /// How many more may be claimed now.
    fn free(&mut self, now: Instant) -> usize {
        let (_, claimed) = self.allowed(now);
        claimed.saturating_sub(self.flying.len() + self.ready.len())
    }

    /// Begins what may be begun; gives back what waits for a partner that is to be left alone.
    fn let_fly(&mut self) {
        if self.ready.is_empty() {
            return;
        }
        let now = self.core.clock.now();
        let (flying, claimed) = self.allowed(now);
        while self.flying.len() < flying
            && let Some(Ready { claimed, told, until, trace }) = self.ready.pop_front()
        {
            let (core, partner) = (Arc::clone(&self.core), Arc::clone(&self.partner));
            self.flying.spawn(step::attempt(core, partner, claimed, told, until, trace));
        }
        if self.breaker.at_once(now).is_some() {
            let keep = claimed.saturating_sub(self.flying.len()).min(self.ready.len());
            self.ended.extend(self.ready.drain(keep..).map(|ready| Finished::untouched(ready.claimed, now)));
        }
    }

    fn taken(&mut self, taken: Result<Result<Taken, StoreError>, JoinError>) {
        let taken = match taken {
            Ok(Ok(taken)) => taken,
            Ok(Err(error)) => {
                tracing::warn!(%error, connector = %self.partner.name, "deliveries wait for the database");
                (self.look, self.rests) = (true, true);
                return;
            }
            Err(error) => {
                // What it held is claimed again when its leases run out.
                tracing::error!(%error, connector = %self.partner.name, "a turn at the database broke off");
                (self.look, self.rests) = (true, true);
                return;
            }
        };
        let now = self.core.clock.now();
        self.ahead = taken.recorded;
        self.look |= taken.more;
        self.ready.extend(taken.ready);
        let poll = i64::try_from(POLL.as_micros()).unwrap_or(i64::MAX);
        self.soon.extend(taken.due.into_iter().filter(|at| *at < now.plus(poll)).map(Reverse));
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
        self.core.metrics.delivery(
            self.partner.name.as_str(),
            match finished.recorded.state {
                DeliveryState::Done => "done",
                DeliveryState::Waiting => "later",
                DeliveryState::Quarantined => "quarantined",
                DeliveryState::Superseded => "superseded",
            },
        );
        self.ended.push(finished);
    }

    /// Until the next look, when nothing happens before.
    fn pause(&mut self) -> Duration {
        if self.rests {
            return POLL;
        }
        let now = self.core.clock.now();
        while self.soon.peek().is_some_and(|Reverse(at)| *at <= now) {
            self.soon.pop();
            self.look = true;
        }
        if self.look && self.turn.is_empty() && self.free(now) > 0 {
            return Duration::ZERO;
        }
        let soon = self.soon.peek().map(|Reverse(at)| *at);
        let first = [soon, self.breaker.closed_until(now)].into_iter().flatten().min();
        first.map_or(POLL, |at| POLL.min(Duration::from_micros(u64::try_from(at.since(now)).unwrap_or(0))))
    }
}
