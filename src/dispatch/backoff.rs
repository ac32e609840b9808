//! When a failed delivery is tried again.

use model::time::{HOUR, MINUTE, SECOND};

/// Before the first attempt, the second, and so on; 75 hours and 42 minutes in all.
pub const SCHEDULE: [i64; 12] = [
    0,
    5 * SECOND,
    30 * SECOND,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];

/// Attempts after which a person must look.
pub const ATTEMPTS_MAX: u32 = SCHEDULE.len() as u32;

/// Answers that make no sense after which a person must look: a quarter of an hour.
pub const SENSELESS_MAX: u32 = 5;

/// Longest time a partner may ask us to wait, microseconds.
pub const WAIT_MAX: i64 = 24 * HOUR;

/// Thousandths by which a pause is longer or shorter, so that what failed together is not tried together.
const JITTER_PERMILLE: i64 = 200;

/// How pauses are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backoff {
    /// Multiplies every pause, in thousandths: 1000 but in a demonstration.
    pub permille: i64,
}

impl Backoff {
    /// The pause after `attempts` failed ones, microseconds; `None` after the last. `asked` is what the partner asked for:
    /// never less than that, and never less than the schedule's, or a partner that is always busy would use up a delivery's
    /// attempts in minutes. `dice` is a number in 0..=1000.
    pub fn after(self, attempts: u32, asked: Option<i64>, dice: u64) -> Option<i64> {
        let planned = SCHEDULE.get(attempts as usize)?;
        let dice = i64::try_from(dice.min(1000)).unwrap_or(1000);
        let jitter = 1000 - JITTER_PERMILLE + 2 * JITTER_PERMILLE * dice / 1000;
        let planned = planned / 1000 * jitter;
        Some(self.scaled(planned.max(asked.unwrap_or(0).clamp(0, WAIT_MAX))))
    }

    /// A pause of this configuration.
    pub const fn scaled(self, micros: i64) -> i64 {
        (micros / 1000).saturating_mul(self.permille)
    }
}
