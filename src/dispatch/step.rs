//! One attempt at one delivery: ask the connector for the next step, send, keep what it learned, ask again.

use super::{
    backoff::{ATTEMPTS_MAX, Backoff, SENSELESS_MAX},
    brought::Brought,
    pace::Pace,
    redact::People,
    send::Transport,
    view::Told,
};
use crate::{
    app::Core,
    clock::Stopwatch,
    crash, entropy,
    store::{
        Lane, StoreError,
        deliveries::{self, ClaimedDelivery, DeliveryState, Recorded},
        exchanges::{self, Exchange},
    },
    traces::{self, Trace},
};
use adapters::{
    connectors::{self, Connector, answer::SENSELESS},
    mapping::Wording,
};
use model::{
    codes,
    port::outbound::{Answer, Failure, KEPT_MAX, Kept, Message, Outcome, Repeatable, Request, Step},
    said::{Args, args},
    time::{Instant, SECOND},
};
use std::sync::Arc;

/// Calls of one attempt; a connector that wants more is going round in circles.
pub(super) const CALLS_MAX: usize = 8;
/// Of a lease, what is left for recording when the last call ends, microseconds.
const LEASE_MARGIN: i64 = SECOND;
/// Shortest and longest time a connector may wait between two calls, microseconds.
const WAIT: (i64, i64) = (SECOND / 10, super::backoff::WAIT_MAX);

/// What came of an exchange that was no failure: another call, or the end.
const NEXT: &str = "next";
const DONE: &str = "done";

const MESSAGE_BROKEN: &str = "message_broken";
const OUTCOME_UNKNOWN: &str = "outcome_unknown";

/// Everything that is to be known of a configured connector.
#[derive(Debug)]
pub(super) struct Partner {
    pub(super) name: codes::Connector,
    pub(super) kind: &'static dyn Connector,
    pub(super) transport: Transport,
    pub(super) wording: Arc<Wording>,
    pub(super) pace: Arc<Pace>,
    pub(super) backoff: Backoff,
    /// Microseconds.
    pub(super) lease: i64,
}

/// An attempt that ended, to be recorded.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) recorded: Recorded,
    pub(super) exchanges: Vec<Exchange>,
    /// What it tells about the partner; `None`: nothing.
    pub(super) partner_works: Option<bool>,
    /// Microseconds the partner asked to be left alone.
    pub(super) rest: Option<i64>,
    /// Parcels and papers, recorded together with the end.
    pub(super) brought: Option<Brought>,
}

/// How an attempt ended.
enum End {
    Done,
    Failed(Failure),
    /// Nobody knows whether it was done, and asking is not possible.
    OutcomeUnknown,
    /// Go on later without counting it: the connector waits, or the lease is too short for another call.
    Again {
        at: Instant,
    },
}

impl Finished {
    /// Gives a delivery back as it was claimed.
    pub(super) fn untouched(claimed: ClaimedDelivery, next_at: Instant) -> Self {
        // A mark that an earlier call was interrupted would go with the lease.
        let kept = if claimed.interrupted { connectors::keep_interrupted(&claimed.kept) } else { claimed.kept };
        let ClaimedDelivery { id, epoch, attempts, .. } = claimed;
        let state = DeliveryState::Waiting;
        let recorded = Recorded { id, epoch, state, attempts, kept, error: String::new(), next_at };
        Self { recorded, exchanges: Vec::new(), partner_works: None, rest: None, brought: None }
    }
}

/// Makes one attempt. `lease_until`: no call goes on beyond it.
pub(super) async fn attempt(
    core: Arc<Core>,
    partner: Arc<Partner>,
    claimed: ClaimedDelivery,
    told: Told,
    lease_until: Instant,
    trace: Option<Trace>,
) -> Finished {
    let (began, trace) = (core.clock.now(), trace.map(|trace| (trace, entropy::bytes::<8>())));
    let people = told.as_ref().map_or_else(|_| People::nobody(), People::of).and(partner.transport.hidden());
    let attempts = claimed.attempts + u32::from(claimed.interrupted);
    let mut attempt = Attempt {
        core: &core,
        partner: &partner,
        kept: claimed.kept.clone(),
        claimed: &claimed,
        people,
        attempts,
        lease_until,
        exchanges: Vec::new(),
        last_call: None,
        answered: false,
        brought: None,
        trace,
    };
    let end = match told {
        Ok(message) => attempt.run(&partner.wording.prepared(message)).await,
        Err(why) => End::Failed(message_broken(why)),
    };
    let finished = attempt.finish(end);
    if let Some((trace, span)) = trace {
        let attributes = vec![("connector", partner.name.to_string()), ("order", claimed.order.to_string())];
        core.traces.told(trace, span, (began, core.clock.now()), attributes);
    }
    finished
}

fn message_broken(why: &str) -> Failure {
    Failure::Broken { code: MESSAGE_BROKEN.to_owned(), args: args([("why", why.to_owned())]) }
}

struct Attempt<'a> {
    core: &'a Core,
    partner: &'a Partner,
    claimed: &'a ClaimedDelivery,
    people: People,
    kept: Vec<Kept>,
    /// Before this one.
    attempts: u32,
    lease_until: Instant,
    exchanges: Vec<Exchange>,
    /// The call whose answer has not been judged yet.
    last_call: Option<(Instant, i64, Request, Answer)>,
    /// The partner has answered at least once.
    answered: bool,
    brought: Option<Brought>,
    /// The order's trace, and this attempt's span in it.
    trace: Option<(Trace, [u8; 8])>,
}

impl Attempt<'_> {
    async fn run(&mut self, message: &Message) -> End {
        let connector = self.partner.kind;
        let is_unsafe = connector.repeatable() == Repeatable::Unsafe;
        if self.claimed.interrupted {
            self.kept = connectors::keep_interrupted(&self.kept);
        }
        // With no attempt behind it, a person has looked and sent it again.
        if is_unsafe && connectors::in_doubt(&self.kept) && self.attempts > 0 {
            return End::OutcomeUnknown;
        }
        let mut answer: Option<Answer> = None;
        for _ in 0..CALLS_MAX {
            let step = self.partner.wording.step(connector, message, &self.kept, answer.as_ref());
            self.judge(&step);
            let request = match step {
                Step::Call(request) if self.partner.transport.carries(&request) => request,
                Step::Call(_) => return End::Failed(message_broken("no_transport")),
                Step::Wait(micros) => {
                    let wait = self.partner.backoff.scaled(micros).clamp(WAIT.0, WAIT.1);
                    return End::Again { at: self.core.clock.now().plus(wait) };
                }
                Step::Done(receipt) => {
                    self.keep_receipt(receipt.kept.clone());
                    self.brought = Brought::of(&self.partner.name, self.claimed, message, receipt);
                    return End::Done;
                }
                // What must never be: the fault campaign shows with it that it would notice.
                Step::Failed(_) if crash::is_unsafe("believe_partners") => return End::Done,
                Step::Failed(failure) => return End::Failed(failure),
            };
            if answer.is_some() && !self.mark_begun().await {
                return End::Again { at: self.core.clock.now() };
            }
            let Some(got) = self.call(request, message).await else { return End::Again { at: self.core.clock.now() } };
            self.kept = connectors::keep(connector, message, &self.kept, &got);
            if is_unsafe && matches!(got.outcome, Outcome::Unknown { .. }) {
                return End::OutcomeUnknown;
            }
            if kept_size(&self.kept) > KEPT_MAX {
                return End::Failed(message_broken("kept_too_much"));
            }
            answer = Some(got);
        }
        End::Failed(message_broken("too_many_calls"))
    }

    /// Makes a call outside any transaction; `None` when the lease would end before it.
    async fn call(&mut self, mut request: Request, message: &Message) -> Option<Answer> {
        let partner = self.partner;
        request.hurry(partner.lease - 2 * LEASE_MARGIN);
        if let (Some((trace, span)), Request::Http(request)) = (&self.trace, &mut request) {
            request.headers.push((traces::HEADER.to_owned(), trace.header(*span)));
        }
        partner.pace.turn().await;
        let at = self.core.clock.now();
        if self.lease_until.since(at) < request.deadline() + LEASE_MARGIN {
            return None;
        }
        let watch = Stopwatch::start();
        let outcome = partner.transport.send(&request, &message.key, at).await;
        crash::point("dispatch.sent");
        self.answered |= matches!(outcome, Outcome::Http { .. } | Outcome::Done | Outcome::Failed(_));
        let answer = Answer { name: request.name(), outcome };
        self.last_call = Some((at, watch.micros(), request, answer.clone()));
        Some(answer)
    }

    /// Notes the exchange whose answer led to `step`.
    fn judge(&mut self, step: &Step) {
        match step {
            Step::Call(_) | Step::Wait(_) => self.note(NEXT, None),
            Step::Done(_) => self.note(DONE, None),
            Step::Failed(Failure::Later { code, .. }) => self.note(code, Some(Args::new())),
            Step::Failed(Failure::Refused { code, args } | Failure::Broken { code, args }) => {
                self.note(code, Some(args.clone()));
            }
        }
    }

    /// `outcome` is a stable code; `failure` its arguments, for the words.
    fn note(&mut self, outcome: &str, failure: Option<Args>) {
        let Some((at, took, request, answer)) = self.last_call.take() else { return };
        let failure = failure.map(|mut args| {
            args.insert("connector".to_owned(), self.partner.name.to_string());
            args
        });
        self.exchanges.push(Exchange {
            delivery: self.claimed.id,
            attempt: self.attempts + 1,
            at,
            took,
            request: self.people.call(&request),
            answer: self.people.answer(&answer, failure.as_ref()),
            outcome: outcome.to_owned(),
        });
    }

    fn keep_receipt(&mut self, news: Vec<Kept>) {
        self.kept.retain(|old| news.iter().all(|new| new.name != old.name));
        self.kept.extend(news);
    }

    /// Before a further call of this attempt: what is known so far becomes durable, with the mark that a call was begun.
    /// False when it could not be written or the lease is lost.
    async fn mark_begun(&mut self) -> bool {
        let marked = Recorded {
            kept: connectors::keep_interrupted(&self.kept),
            ..self.recorded(DeliveryState::Waiting, "", self.attempts + 1, self.lease_until)
        };
        match self.write(marked).await {
            Ok(held) => {
                self.exchanges.clear();
                held
            }
            Err(error) => {
                tracing::warn!(%error, delivery = %self.claimed.id, "a delivery could not be marked as begun");
                false
            }
        }
    }

    async fn write(&self, marked: Recorded) -> Result<bool, StoreError> {
        let now = self.core.clock.now();
        let tx = self.core.store.begin(Lane::Work).await?;
        let held = deliveries::record(&tx, &[marked], now).await?;
        if held.is_empty() {
            return Ok(false);
        }
        exchanges::insert(&tx, &self.exchanges).await?;
        tx.commit().await?;
        Ok(true)
    }

    fn recorded(&self, state: DeliveryState, error: &str, attempts: u32, next_at: Instant) -> Recorded {
        let ClaimedDelivery { id, epoch, .. } = *self.claimed;
        Recorded { id, epoch, state, attempts, kept: self.kept.clone(), error: error.to_owned(), next_at }
    }

    fn finish(mut self, end: End) -> Finished {
        let now = self.core.clock.now();
        let made = self.attempts + 1;
        let (recorded, partner_works, rest) = match end {
            End::Done => (self.recorded(DeliveryState::Done, "", made, now), Some(true), None),
            End::Again { at } => {
                let works = self.answered.then_some(true);
                (self.recorded(DeliveryState::Waiting, "", self.attempts, at), works, None)
            }
            End::OutcomeUnknown => {
                self.note(OUTCOME_UNKNOWN, Some(Args::new()));
                (self.quarantined(OUTCOME_UNKNOWN, now), self.last_failed(), None)
            }
            End::Failed(Failure::Later { code, after }) => (self.later(&code, after, now), Some(false), after),
            End::Failed(Failure::Refused { code, .. }) => (self.quarantined(&code, now), Some(true), None),
            End::Failed(Failure::Broken { code, .. }) if SENSELESS.contains(&code.as_str()) => {
                (self.senseless(&code, now), Some(false), None)
            }
            End::Failed(Failure::Broken { code, .. }) => {
                let works = (code != MESSAGE_BROKEN).then_some(false);
                (self.quarantined(&code, now), works, None)
            }
        };
        Finished { recorded, exchanges: self.exchanges, partner_works, rest, brought: self.brought }
    }

    /// Whether the call just made says something bad about the partner.
    fn last_failed(&self) -> Option<bool> {
        (!self.exchanges.is_empty()).then_some(false)
    }

    fn later(&self, code: &str, after: Option<i64>, now: Instant) -> Recorded {
        let made = self.attempts + 1;
        match self.partner.backoff.after(made, after, entropy::below(1001)) {
            Some(pause) if made < ATTEMPTS_MAX => {
                tracing::info!(delivery = %self.claimed.id, connector = %self.partner.name, code, "a delivery waits");
                self.recorded(DeliveryState::Waiting, code, made, now.plus(pause))
            }
            Some(_) | None => self.quarantined(code, now),
        }
    }

    /// The partner, or something before it, talks nonsense: often only for a while. Where repeating does no harm it is tried
    /// some more times before a person is called.
    fn senseless(&mut self, code: &str, now: Instant) -> Recorded {
        if self.partner.kind.repeatable() == Repeatable::Unsafe {
            return self.quarantined(code, now);
        }
        let (kept, count) = connectors::keep_senseless(&self.kept, self.attempts == 0);
        self.kept = kept;
        match self.partner.backoff.after(count, None, entropy::below(1001)) {
            Some(pause) if count < SENSELESS_MAX && self.attempts + 1 < ATTEMPTS_MAX => {
                tracing::info!(delivery = %self.claimed.id, connector = %self.partner.name, code, "a delivery waits");
                self.recorded(DeliveryState::Waiting, code, self.attempts + 1, now.plus(pause))
            }
            Some(_) | None => self.quarantined(code, now),
        }
    }

    fn quarantined(&self, code: &str, now: Instant) -> Recorded {
        let (delivery, order) = (self.claimed.id, self.claimed.order);
        tracing::warn!(%delivery, %order, connector = %self.partner.name, code, "a delivery needs a person");
        self.recorded(DeliveryState::Quarantined, code, self.attempts + 1, now)
    }
}

fn kept_size(kept: &[Kept]) -> usize {
    kept.iter().map(|fact| fact.name.len() + fact.value.len()).sum()
}
