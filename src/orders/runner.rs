//! The node's one batch runner: jobs that wait while a batch is under way form the next batch, so batches grow with
//! load and shrink to one when idle.

use super::{
    run::{CommandJob, Outcome, Pipeline, StatementJob},
    turns::{self, Line, Told, Turns, weight},
};
use crate::{
    app::Core,
    turns::{Item, Sender},
};
use model::{codes::Channel, time::Instant};
use std::sync::{Arc, atomic::Ordering};
use tokio::{
    runtime::Handle,
    sync::{futures::Notified, oneshot},
};

/// A job and where its outcome goes.
#[derive(Debug)]
pub(super) enum Job {
    /// All statements of a document's chunk, committed together with the document's progress.
    Statements(StatementJob, oneshot::Sender<Result<Vec<Outcome>, RunError>>),
    Command(CommandJob, oneshot::Sender<Result<Outcome, RunError>>),
}

/// The runner will not take more now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the order runner is busy")]
struct Busy;

/// Why a job could not be carried out at all; it changed nothing and may be tried again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RunError {
    #[error("the database is not available: {0}")]
    Unavailable(String),
    #[error("{0}")]
    Fault(String),
}

/// A handle to the runner.
#[derive(Clone, Debug)]
pub struct Runner {
    core: Arc<Core>,
    jobs: Sender<Line, Job>,
    told: Arc<Told>,
    runtime: Handle,
}

impl Runner {
    /// Starts the runner on the current runtime; it ends when every handle is gone.
    pub fn start(core: Arc<Core>) -> Self {
        let (jobs, inbox) = crate::turns::queue(turns::ROOM);
        let told = Arc::new(Told::default());
        let turns = Turns::new(Arc::clone(&core), inbox, Arc::clone(&told));
        tokio::spawn(work(Arc::clone(&core), turns));
        Self { core, jobs, told, runtime: Handle::current() }
    }

    /// Carries a chunk of statements out; waits for a place in the queue.
    ///
    /// # Errors
    /// The database is away, or a fault of ours; nothing has changed then.
    pub async fn statements(&self, job: StatementJob) -> Result<Vec<Outcome>, RunError> {
        let (reply, outcome) = oneshot::channel();
        self.bring(Job::Statements(job, reply)).await?;
        outcome.await.map_err(|_| gone())?
    }

    /// Hands a chunk of statements to the runner from a thread outside the runtime.
    ///
    /// # Errors
    /// The runner has ended.
    pub fn statements_blocking(
        &self,
        job: StatementJob,
    ) -> Result<oneshot::Receiver<Result<Vec<Outcome>, RunError>>, RunError> {
        let (reply, outcome) = oneshot::channel();
        self.runtime.block_on(self.bring(Job::Statements(job, reply)))?;
        Ok(outcome)
    }

    /// Carries one command out; a full queue is an error at once.
    ///
    /// # Errors
    /// [`Busy`] as a fault, the database is away, or a fault of ours; nothing has changed then.
    pub async fn command(&self, job: CommandJob) -> Result<Outcome, RunError> {
        let (reply, outcome) = oneshot::channel();
        let (line, item) = self.item(Job::Command(job, reply));
        self.jobs.offer(line, item).map_err(|_| RunError::Unavailable(Busy.to_string()))?;
        outcome.await.map_err(|_| gone())?
    }

    async fn bring(&self, job: Job) -> Result<(), RunError> {
        let (line, item) = self.item(job);
        if self.jobs.bring(line, item).await { Ok(()) } else { Err(gone()) }
    }

    fn item(&self, job: Job) -> (Line, Item<Job>) {
        (Line::of(&job), Item { bytes: weight(&job), since: self.core.clock.now(), what: job })
    }

    /// Is there room for another document of this channel?
    pub(crate) fn has_room(&self, channel: &Channel) -> bool {
        self.jobs.has_room(&Line::Channel(channel.clone()))
    }

    /// Ends when jobs are taken up after this call.
    pub(crate) fn taken_up(&self) -> Notified<'_> {
        self.jobs.left()
    }

    /// How many statements of a large file to bring at once: fewer while others bring orders too.
    pub(crate) fn chunk(&self) -> usize {
        self.told.chunk.load(Ordering::Relaxed)
    }

    /// How many jobs wait.
    pub fn waiting(&self) -> usize {
        self.jobs.waiting()
    }

    /// Since when the oldest of the jobs that wait or are being decided does.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        let deciding = Some(Instant(self.told.deciding.load(Ordering::Relaxed))).filter(|since| since.0 > 0);
        [deciding, self.jobs.oldest()].into_iter().flatten().min()
    }
}

fn gone() -> RunError {
    RunError::Unavailable("the order runner has stopped".to_owned())
}

async fn work(core: Arc<Core>, mut turns: Turns) {
    let mut pipeline = Pipeline::new(core);
    while let Some(batch) = turns.next().await {
        pipeline.take(batch).await;
    }
}
