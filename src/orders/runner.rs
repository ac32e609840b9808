//! The node's one batch runner: jobs that wait while a batch is under way form the next batch, so batches grow with
//! load and shrink to one when idle.

use super::run::{CommandJob, Line, Outcome, StatementJob};
use crate::app::Core;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Statements and commands in one transaction, at most.
const BATCH_MAX: usize = 256;
/// Jobs that may wait; more are refused.
const QUEUE: usize = 4096;

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
    jobs: mpsc::Sender<Job>,
}

impl Runner {
    /// Starts the runner on the current runtime; it ends when every handle is gone.
    pub fn start(core: Arc<Core>) -> Self {
        let (jobs, inbox) = mpsc::channel(QUEUE);
        tokio::spawn(work(core, inbox));
        Self { jobs }
    }

    /// Carries a chunk of statements out; waits for a place in the queue.
    ///
    /// # Errors
    /// The database is away, or a fault of ours; nothing has changed then.
    pub async fn statements(&self, job: StatementJob) -> Result<Vec<Outcome>, RunError> {
        let (reply, outcome) = oneshot::channel();
        self.jobs.send(Job::Statements(job, reply)).await.map_err(|_| gone())?;
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
        self.jobs.blocking_send(Job::Statements(job, reply)).map_err(|_| gone())?;
        Ok(outcome)
    }

    /// Carries one command out; a full queue is an error at once.
    ///
    /// # Errors
    /// [`Busy`] as a fault, the database is away, or a fault of ours; nothing has changed then.
    pub async fn command(&self, job: CommandJob) -> Result<Outcome, RunError> {
        let (reply, outcome) = oneshot::channel();
        self.jobs.try_send(Job::Command(job, reply)).map_err(|_| RunError::Unavailable(Busy.to_string()))?;
        outcome.await.map_err(|_| gone())?
    }
}

fn gone() -> RunError {
    RunError::Unavailable("the order runner has stopped".to_owned())
}

async fn work(core: Arc<Core>, mut inbox: mpsc::Receiver<Job>) {
    let mut line = Line::new(core);
    let mut waiting = Vec::new();
    while let Some(first) = inbox.recv().await {
        let mut size = weight(&first);
        waiting.push(first);
        while size < BATCH_MAX {
            let Ok(next) = inbox.try_recv() else { break };
            size += weight(&next);
            waiting.push(next);
        }
        line.take(std::mem::take(&mut waiting)).await;
    }
}

fn weight(job: &Job) -> usize {
    match job {
        Job::Statements(job, _) => job.said.len().max(1),
        Job::Command(..) => 1,
    }
}
