//! Whose jobs the runner takes next: channels in turn, people and carriers as one of them, and the chunks of large files
//! in batches of their own, so that an order waits for one chunk at most.

use super::runner::Job;
use crate::{
    app::Core,
    clock::Stopwatch,
    traces::{self, Trace},
    turns::{Pace, Receiver, Room},
};
use model::{codes::Channel, time::Instant};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Statements and commands in one transaction: at most, and at least where so many wait.
const BATCH_MAX: usize = 256;
const BATCH_MIN: usize = 16;
/// Time a batch takes while several bring.
const MOMENT: Duration = Duration::from_millis(20);
/// Jobs that may wait, and what they weigh together, in statements.
pub(super) const ROOM: Room = Room { items: 4096, bytes: 16 * 1024 };

/// Who brings jobs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Line {
    /// People, carriers and follow-up work.
    Desk,
    Channel(Channel),
    /// Chunks of a document too large for one.
    File(Channel),
}

impl Line {
    pub(super) fn of(job: &Job) -> Self {
        match job {
            Job::Command(..) => Self::Desk,
            Job::Statements(job, _) if job.finish.is_some() && job.progress <= BATCH_MAX as i64 => {
                Self::Channel(job.channel.clone())
            }
            Job::Statements(job, _) => Self::File(job.channel.clone()),
        }
    }

    const fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

/// How heavy a job is: its statements.
pub(super) fn weight(job: &Job) -> usize {
    match job {
        Job::Statements(job, _) => job.said.len().max(1),
        Job::Command(..) => 1,
    }
}

/// What the runner tells about itself.
#[derive(Debug)]
pub(super) struct Told {
    /// Statements of a file to bring at once.
    pub(super) chunk: AtomicUsize,
    /// Since when the oldest job being decided is known, microseconds; 0 = none is.
    pub(super) deciding: AtomicI64,
}

impl Default for Told {
    fn default() -> Self {
        Self { chunk: AtomicUsize::new(BATCH_MAX), deciding: AtomicI64::new(0) }
    }
}

#[derive(Debug)]
pub(super) struct Turns {
    inbox: Receiver<Line, Job>,
    pace: Pace<Line>,
    told: Arc<Told>,
    core: Arc<Core>,
    files_first: bool,
    /// Weight of the batch that was given out last, and when.
    given: Given,
}

/// A batch that was given out.
#[derive(Debug)]
struct Given {
    weight: usize,
    watch: Stopwatch,
    commands: u64,
    /// When the documents came whose last statements are in it, microseconds.
    documents: Vec<i64>,
    traces: Vec<Trace>,
    began: Instant,
}

impl Given {
    fn nothing() -> Self {
        Self {
            weight: 0,
            watch: Stopwatch::start(),
            commands: 0,
            documents: Vec::new(),
            traces: Vec::new(),
            began: Instant(0),
        }
    }

    fn add(&mut self, job: &Job) {
        self.weight += weight(job);
        if let Job::Statements(job, _) = job {
            self.traces.extend(job.trace);
        }
        match job {
            Job::Command(..) => self.commands += 1,
            Job::Statements(job, _) if job.finish.is_some() => self.documents.push(job.arrival),
            Job::Statements(..) => {}
        }
    }
}

impl Turns {
    pub(super) fn new(core: Arc<Core>, inbox: Receiver<Line, Job>, told: Arc<Told>) -> Self {
        let pace = Pace::new(BATCH_MIN, BATCH_MAX, MOMENT);
        Self { inbox, pace, told, core, files_first: false, given: Given::nothing() }
    }

    /// The next batch; asked again when that one is done. `None` when there will be none.
    pub(super) async fn next(&mut self) -> Option<Vec<Job>> {
        self.done();
        loop {
            let files_first = self.files_first;
            let first = self.inbox.try_recv(|line| line.is_file() == files_first);
            let Some((line, item)) = first.or_else(|| self.inbox.try_recv(|_| true)) else {
                if self.inbox.more().await {
                    continue;
                }
                return None;
            };
            let of_files = line.is_file();
            let mut since = item.since;
            let mut given = Given::nothing();
            given.add(&item.what);
            let mut batch = vec![item.what];
            self.pace.saw(&line);
            let most = self.pace.at_once();
            while given.weight < most
                && let Some((line, item)) = self.inbox.try_recv(|line| line.is_file() == of_files)
            {
                given.add(&item.what);
                since = since.min(item.since);
                self.pace.saw(&line);
                batch.push(item.what);
            }
            self.files_first = !of_files;
            self.told.chunk.store(self.pace.at_once(), Ordering::Relaxed);
            self.told.deciding.store(since.0, Ordering::Relaxed);
            self.given = Given { watch: Stopwatch::start(), began: self.core.clock.now(), ..given };
            return Some(batch);
        }
    }

    fn done(&mut self) {
        let given = std::mem::replace(&mut self.given, Given::nothing());
        if given.weight == 0 {
            return;
        }
        let (took, metrics) = (given.watch.elapsed(), &self.core.metrics);
        self.pace.took(given.weight, took);
        self.told.deciding.store(0, Ordering::Relaxed);
        metrics.batch((given.weight as u64).saturating_sub(given.commands), given.commands, took);
        let now = self.core.clock.now();
        for trace in given.traces {
            self.core.traces.did(trace, traces::DECIDE, (given.began, now), Vec::new());
        }
        given.documents.iter().for_each(|came| metrics.decided(now.0 - came));
    }
}
