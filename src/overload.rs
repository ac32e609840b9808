//! Too much to do: what is not urgent waits while orders are not decided as fast as they come. The mode enters and leaves by
//! itself, each time only after a while, so that it does not flutter.

use crate::{app::Core, config, intake::Intake, orders::Runner};
use model::time::{Instant, SECOND};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Between two looks.
const EVERY: Duration = Duration::from_millis(100);
/// What leaves the mode is this share of what enters it.
const CALM: i64 = 4;

/// How much there is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Load {
    /// Microseconds the oldest order brought one by one waits to be decided.
    pub age: i64,
    /// Thousandths of the intake queue that are taken.
    pub intake_permille: usize,
}

/// Whether we are degraded, and since when the opposite could be said.
#[derive(Clone, Debug)]
pub struct Mode {
    limits: config::Overload,
    degraded: bool,
    otherwise_since: Option<Instant>,
}

impl Mode {
    pub const fn new(limits: config::Overload) -> Self {
        Self { limits, degraded: false, otherwise_since: None }
    }

    /// Takes note of the load; tells when the mode has changed to what.
    pub fn note(&mut self, load: Load, now: Instant) -> Option<bool> {
        let (age, permille) = (self.limits.undecided_millis * SECOND / 1000, self.limits.intake_permille);
        let otherwise = if self.degraded {
            load.age * CALM <= age && load.intake_permille * CALM as usize <= permille
        } else {
            load.age > age || load.intake_permille > permille
        };
        if !otherwise {
            self.otherwise_since = None;
            return None;
        }
        let since = *self.otherwise_since.get_or_insert(now);
        let long = if self.degraded { self.limits.leave_millis } else { self.limits.enter_millis };
        if now.since(since) < long * SECOND / 1000 {
            return None;
        }
        self.otherwise_since = None;
        self.degraded = !self.degraded;
        Some(self.degraded)
    }
}

/// Whether this node is degraded, for everybody to see.
#[derive(Debug, Default)]
pub struct Degraded(AtomicBool);

impl Degraded {
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Watches the queues as long as the program runs.
pub(crate) async fn watch(core: Arc<Core>, runner: Runner, intake: Intake) {
    let mut mode = Mode::new(core.config.overload.clone());
    loop {
        tokio::time::sleep(EVERY).await;
        let load = look(&core, &runner, &intake);
        let Some(degraded) = mode.note(load, core.clock.now()) else { continue };
        core.degraded.0.store(degraded, Ordering::Relaxed);
        let (oldest_millis, intake_permille) = (load.age / 1000, load.intake_permille);
        if degraded {
            tracing::warn!(oldest_millis, intake_permille, "degraded: lists, exports, quotes and the feed wait");
        } else {
            tracing::info!(oldest_millis, intake_permille, "no longer degraded: everything is served again");
        }
    }
}

fn look(core: &Core, runner: &Runner, intake: &Intake) -> Load {
    let oldest = [runner.oldest(), intake.parser.oldest()].into_iter().flatten().min();
    let age = oldest.map_or(0, |since| core.clock.now().since(since).max(0));
    Load { age, intake_permille: intake.permille() }
}
