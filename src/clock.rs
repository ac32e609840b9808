//! The one address of time. Everything else is told what time it is.

use model::time::Instant;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Tells the time: the system's, one that runs ahead of it in the demo, or a hand-set one in tests.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    set_by_hand: Option<Arc<AtomicI64>>,
    /// Microseconds before the system's.
    ahead: Option<Arc<AtomicI64>>,
}

impl Clock {
    pub const fn system() -> Self {
        Self { set_by_hand: None, ahead: None }
    }

    /// A clock that stands still until it is moved.
    pub fn standing_at(at: Instant) -> Self {
        Self { set_by_hand: Some(Arc::new(AtomicI64::new(at.0))), ahead: None }
    }

    /// The system's clock, until it is moved; then it goes on from there.
    pub fn movable() -> Self {
        Self { set_by_hand: None, ahead: Some(Arc::new(AtomicI64::new(0))) }
    }

    /// Moves a standing or a movable clock; a system clock cannot be moved.
    pub fn advance(&self, micros: i64) {
        if let Some(at) = self.set_by_hand.as_ref().or(self.ahead.as_ref()) {
            at.fetch_add(micros, Ordering::SeqCst);
        }
    }

    pub fn now(&self) -> Instant {
        let read = |at: &Arc<AtomicI64>| at.load(Ordering::SeqCst);
        let ahead = self.ahead.as_ref().map_or(0, read);
        self.set_by_hand.as_ref().map_or_else(|| system_now().plus(ahead), |at| Instant(read(at)))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one address of wall-clock time")]
fn system_now() -> Instant {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
}

/// Measures how long something took; never goes back.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one address of monotonic time")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub fn elapsed(self) -> std::time::Duration {
        self.0.elapsed()
    }

    pub fn micros(self) -> i64 {
        i64::try_from(self.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}
