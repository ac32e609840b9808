//! Turns at the one write connection of SQLite: intake first, work not starved.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// Who wants to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// Somebody waits for an acknowledgement.
    Intake,
    /// Decisions, deliveries, everything else.
    Work,
}

/// Intake turns in a row after which a waiting worker gets one.
const INTAKE_RUN: u32 = 4;

#[derive(Debug, Default)]
pub(super) struct Lanes {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    busy: bool,
    given: u64,
    /// Intake turns since work had one.
    run: u32,
    intake: VecDeque<oneshot::Sender<Turn>>,
    work: VecDeque<oneshot::Sender<Turn>>,
}

/// The right to write; given on when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    lanes: Arc<Lanes>,
}

impl Lanes {
    /// Waits for a turn. Giving up (dropping the future) loses nothing: a turn already given is passed on.
    pub(super) async fn turn(self: &Arc<Self>, lane: Lane) -> Turn {
        let waiting = {
            let mut queue = self.lock();
            queue.given += 1;
            if !queue.busy {
                queue.busy = true;
                return Turn { lanes: Arc::clone(self) };
            }
            let (give, waiting) = oneshot::channel();
            match lane {
                Lane::Intake => queue.intake.push_back(give),
                Lane::Work => queue.work.push_back(give),
            }
            waiting
        };
        // The sender lives in the queue until it is used, so receiving cannot fail while the lanes exist.
        waiting.await.unwrap_or_else(|_| Turn { lanes: Arc::clone(self) })
    }

    /// How many turns there were.
    pub(super) fn given(&self) -> u64 {
        self.lock().given
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let work_is_due = self.run >= INTAKE_RUN && !self.work.is_empty();
        if !work_is_due && let Some(next) = self.intake.pop_front() {
            self.run += 1;
            return Some(next);
        }
        self.run = 0;
        self.work.pop_front()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.lanes.lock();
            let next = queue.next();
            queue.busy = next.is_some();
            next
        };
        // Whoever gave up waiting drops the turn it is sent, which passes it on again.
        if let Some(next) = next {
            let _given_up = next.send(Turn { lanes: Arc::clone(&self.lanes) });
        }
    }
}
