//! Stops calling a partner that fails, and begins again slowly.

use super::backoff::Backoff;
use model::time::{Instant, SECOND};
use std::collections::VecDeque;

/// Microseconds in which failures are counted.
pub const WINDOW: i64 = 30 * SECOND;
/// Fewest calls in the window that say anything.
pub const CALLS_MIN: usize = 10;
/// Thousandths of them that must fail.
pub const FAILURES_PERMILLE: usize = 700;
/// Failures in a row, however long they took.
pub const IN_A_ROW: u32 = 10;
/// Microseconds a partner is left alone (times the backoff's factor).
pub const OPEN: i64 = 30 * SECOND;
/// Calls at once in the last step of the slow start.
pub const PROBES_MAX: usize = 4;
/// Calls remembered; of more in a window the newest count.
const REMEMBERED_MAX: usize = 1024;

/// One connector's breaker. It is told what time it is.
#[derive(Clone, Debug)]
pub struct Breaker {
    backoff: Backoff,
    state: State,
    calls: VecDeque<(Instant, bool)>,
    failed_in_a_row: u32,
    /// The partner asked to be left alone until then.
    rests_until: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Closed,
    Open {
        until: Instant,
    },
    /// `at_once` calls may be on their way; as many must succeed.
    Probing {
        at_once: usize,
        succeeded: usize,
    },
}

impl Breaker {
    pub fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            state: State::Closed,
            calls: VecDeque::new(),
            failed_in_a_row: 0,
            rests_until: Instant(i64::MIN),
        }
    }

    /// How many may be on their way at once now; `None`: no limit of ours.
    pub fn at_once(&mut self, now: Instant) -> Option<usize> {
        if now < self.rests_until {
            return Some(0);
        }
        match self.state {
            State::Closed => None,
            State::Open { until } if now < until => Some(0),
            State::Open { .. } => {
                self.state = State::Probing { at_once: 1, succeeded: 0 };
                Some(1)
            }
            State::Probing { at_once, .. } => Some(at_once),
        }
    }

    /// When to look again, while nothing may be called.
    pub fn closed_until(&self, now: Instant) -> Option<Instant> {
        let open_until = match self.state {
            State::Open { until } => until,
            State::Closed | State::Probing { .. } => now,
        };
        Some(open_until.max(self.rests_until)).filter(|until| *until > now)
    }

    /// An attempt ended.
    pub fn note(&mut self, succeeded: bool, now: Instant) {
        self.failed_in_a_row = if succeeded { 0 } else { self.failed_in_a_row + 1 };
        match (self.state, succeeded) {
            // Begun before it opened.
            (State::Open { .. }, _) => {}
            (State::Probing { .. }, false) => self.open(now),
            (State::Probing { at_once, succeeded }, true) => self.step_up(at_once, succeeded + 1),
            (State::Closed, _) => {
                self.remember(succeeded, now);
                if self.is_failing() {
                    self.open(now);
                }
            }
        }
    }

    /// The partner asks to be left alone for so long, microseconds; what the backoff's factor makes of it.
    pub fn rest(&mut self, asked: i64, now: Instant) {
        self.rests_until = self.rests_until.max(now.plus(self.backoff.scaled(asked)));
    }

    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    fn open(&mut self, now: Instant) {
        self.state = State::Open { until: now.plus(self.backoff.scaled(OPEN)) };
        self.calls.clear();
        self.failed_in_a_row = 0;
    }

    fn step_up(&mut self, at_once: usize, succeeded: usize) {
        self.state = if succeeded < at_once {
            State::Probing { at_once, succeeded }
        } else if at_once < PROBES_MAX {
            State::Probing { at_once: at_once * 2, succeeded: 0 }
        } else {
            State::Closed
        };
    }

    fn remember(&mut self, succeeded: bool, now: Instant) {
        while self.calls.front().is_some_and(|(at, _)| now.since(*at) > WINDOW) || self.calls.len() >= REMEMBERED_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back((now, succeeded));
    }

    fn is_failing(&self) -> bool {
        let failed = self.calls.iter().filter(|(_, succeeded)| !succeeded).count();
        let many = self.calls.len() >= CALLS_MIN && failed * 1000 >= self.calls.len() * FAILURES_PERMILLE;
        many || self.failed_in_a_row >= IN_A_ROW
    }
}
