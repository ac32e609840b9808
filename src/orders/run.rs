//! One batch: prepare once, then decide and write, again when another node was faster, alone when one job is at fault.

use super::{
    batch::{Batch, Prepared},
    draft::Draft,
    file,
    footprint::Footprint,
    runner::{Job, RunError},
    statement::{Asked, Settled, Version, asked},
    write,
};
use crate::{
    app::Core,
    store::{
        StoreError,
        documents::{self, DocumentState},
    },
    traces::Trace,
};
use model::{
    codes::Channel,
    ids::{DocumentId, OrderId, PartyId},
    order::{command::Command, decide::Identity, event::Actor, refusal::Refusal},
    party::Party,
    port::inbound::{Outcomes, Summary},
    said::{Reject, Said},
};
use std::{collections::HashSet, sync::Arc};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, spawn_blocking},
};

/// Tries of one batch while other nodes are faster.
const TRIES: u32 = 5;

/// Statements of one document, in its order.
#[derive(Clone, Debug)]
pub struct StatementJob {
    pub document: DocumentId,
    /// The document's lease epoch: a node that lost it writes nothing.
    pub epoch: i64,
    /// Where what is done with it is told, when anybody wants to know.
    pub trace: Option<Trace>,
    pub channel: Channel,
    /// Who brought the document: whoever uploads an order does not approve it.
    pub actor: Actor,
    pub arrival: i64,
    pub mapping: String,
    pub mapping_version: i32,
    pub said: Vec<Said>,
    /// Statements of the document committed once this job is.
    pub progress: i64,
    /// What became of the document's statements before this job's.
    pub so_far: Outcomes,
    pub rejects: Vec<Reject>,
    /// Number of the first of `rejects` in the document, from 1.
    pub first_reject: u32,
    /// Set on the document's last job.
    pub finish: Option<Finish>,
}

/// What is recorded of a document when its last statement is in.
#[derive(Clone, Debug)]
pub struct Finish {
    pub state: DocumentState,
    pub summary: Summary,
    pub good: u32,
    pub bad: u32,
}

/// One command on one order.
#[derive(Clone, Debug)]
pub struct CommandJob {
    pub order: OrderId,
    pub command: Command,
    pub actor: Actor,
    /// People the command refers to, to be filed with it.
    pub parties: Vec<(PartyId, Party)>,
}

/// What came of one statement or command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Events were appended; `events` is the number of the order's last one. `held`: it waits for a person now.
    Done { order: OrderId, events: u32, did: Did, held: bool },
    /// Understood, and nothing to change.
    Unchanged { order: OrderId, why: String },
    /// A person's command that could not be done.
    Refused { order: OrderId, refusal: Refusal },
}

/// What events did to an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Did {
    /// It was not there before.
    Created,
    Changed,
    /// Only noted that something older was said of it.
    NotedStale,
    /// Only noted that what was asked could not be done any more.
    NotedRefused,
}

/// The outcomes of a document's statements, counted.
pub fn counted(outcomes: &[Outcome]) -> Outcomes {
    let mut all = Outcomes::default();
    for outcome in outcomes {
        match outcome {
            Outcome::Done { did: Did::NotedStale, .. } | Outcome::Unchanged { .. } => all.unchanged += 1,
            Outcome::Done { did, held, .. } => {
                match did {
                    Did::Created => all.created += 1,
                    Did::NotedRefused => all.refused += 1,
                    Did::Changed | Did::NotedStale => all.changed += 1,
                }
                all.held += u32::from(*held);
            }
            Outcome::Refused { .. } => {}
        }
    }
    all
}

/// The batches of a node, one after the other: while one is written, the next is decided on what it will leave behind.
#[derive(Debug)]
pub(super) struct Pipeline {
    core: Arc<Core>,
    writing: Option<Writing>,
}

/// A batch on its way to the database.
#[derive(Debug)]
struct Writing {
    footprint: Arc<Footprint>,
    /// Whether it was committed as it was decided.
    done: JoinHandle<bool>,
}

impl Pipeline {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self { core, writing: None }
    }

    /// Decides jobs, and has them written once the batch before is; each is answered when it is written.
    pub(super) async fn take(&mut self, jobs: Vec<Job>) {
        let core = Arc::clone(&self.core);
        let Ok((prepared, replies)) = spawn_blocking(move || prepare_all(&core, jobs)).await else {
            // Whoever waits sees its answer's sender go.
            tracing::error!("jobs could not be prepared");
            return;
        };
        let before = self.writing.as_ref().map(|writing| Arc::clone(&writing.footprint)).unwrap_or_default();
        let mut drafted = draft(&self.core, &prepared, &before).await;
        let stands = match self.writing.take() {
            Some(writing) => writing.done.await.unwrap_or(false),
            None => true,
        };
        if !stands || matches!(drafted, Ok(None)) {
            drafted = draft(&self.core, &prepared, &Footprint::default()).await;
        }
        let first = drafted.and_then(|draft| draft.ok_or(StoreError::Conflict("batch")));
        let footprint = match &first {
            Ok(draft) => Arc::clone(&draft.footprint),
            Err(_) => Arc::new(Footprint::unknown()),
        };
        let done = tokio::spawn(carry_out(Arc::clone(&self.core), prepared, replies, first));
        self.writing = Some(Writing { footprint, done });
    }
}

/// Writes what was drafted, or decides again, and answers each job; gives whether it was written as drafted.
async fn carry_out(
    core: Arc<Core>,
    jobs: Arc<Vec<Prepared>>,
    replies: Vec<Reply>,
    drafted: Result<Draft, StoreError>,
) -> bool {
    let written = match drafted {
        Ok(draft) => write::write(&core, &jobs, draft).await,
        Err(error) => Err(error),
    };
    match written {
        Ok(outcomes) => {
            answer(replies, outcomes.into_iter().map(Ok));
            return true;
        }
        Err(error) => start_over(&core, jobs, replies, error).await,
    }
    false
}

/// Decides and writes again what could not be written, and answers each job.
async fn start_over(core: &Arc<Core>, jobs: Arc<Vec<Prepared>>, replies: Vec<Reply>, first: StoreError) {
    let (mut jobs, mut replies) = (jobs, replies);
    let mut written = again(core, &jobs, first).await;
    while let Err(error) = &written
        && is_lost(error)
    {
        let all = jobs.len();
        (jobs, replies) = without_lost(core, jobs, replies, error).await;
        // None is lost any more: whichever is at fault is found alone.
        if jobs.len() == all {
            break;
        }
        written = patiently(core, &jobs).await;
    }
    match written {
        Ok(outcomes) => answer(replies, outcomes.into_iter().map(Ok)),
        Err(error) if error.is_unavailable() || jobs.len() == 1 => {
            let error = told(&error);
            answer(replies, jobs.iter().map(|_| Err(error.clone())));
        }
        // One job makes the batch fail: each goes alone, so that only that one does not.
        Err(error) => {
            tracing::warn!(%error, jobs = jobs.len(), "a batch failed and is run job by job");
            for (job, reply) in jobs.iter().zip(replies) {
                let alone = Arc::new(vec![Prepared::clone(job)]);
                let outcome = patiently(core, &alone).await;
                let outcome = outcome.map(|mut o| o.pop().unwrap_or_default()).map_err(|e| told(&e));
                reply.send(outcome);
            }
        }
    }
}

/// Somebody else has the lease of a document by now: trying again would not help.
fn is_lost(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict(documents::LEASE))
}

/// The jobs but for those whose documents somebody else has leased, who are told so.
async fn without_lost(
    core: &Core,
    jobs: Arc<Vec<Prepared>>,
    replies: Vec<Reply>,
    error: &StoreError,
) -> (Arc<Vec<Prepared>>, Vec<Reply>) {
    let ids: Vec<DocumentId> = jobs.iter().filter_map(lease).map(|(document, _)| document).collect();
    // Nobody is told anything while we do not know.
    let Ok(found) = documents::by_ids(core.store.read(), &ids).await else { return (jobs, replies) };
    let held: HashSet<(DocumentId, i64)> = found.into_iter().map(|found| (found.id, found.lease_epoch)).collect();
    let (mut rest, mut waiting) = (Vec::new(), Vec::new());
    for (job, reply) in jobs.iter().zip(replies) {
        if lease(job).is_none_or(|lease| held.contains(&lease)) {
            rest.push(Prepared::clone(job));
            waiting.push(reply);
        } else {
            reply.send(Err(told(error)));
        }
    }
    tracing::warn!(lost = jobs.len() - rest.len(), jobs = jobs.len(), "documents are read by others by now");
    (Arc::new(rest), waiting)
}

/// The document of a job, and the lease it was read under.
fn lease(job: &Prepared) -> Option<(DocumentId, i64)> {
    match job {
        Prepared::Statements { job, .. } => Some((job.document, job.epoch)),
        Prepared::Command(_) => None,
    }
}

fn told(error: &StoreError) -> RunError {
    if error.is_unavailable() || error.is_retryable() {
        RunError::Unavailable(error.to_string())
    } else {
        RunError::Fault(error.to_string())
    }
}

/// A conflict with another writer starts the batch over with fresh facts.
async fn again(
    core: &Arc<Core>,
    jobs: &Arc<Vec<Prepared>>,
    first: StoreError,
) -> Result<Vec<Vec<Outcome>>, StoreError> {
    let mut error = first;
    for tries in 1..TRIES {
        if !is_retryable(&error) {
            break;
        }
        tracing::debug!(%error, tries, "a batch starts over");
        let pause = std::time::Duration::from_millis(crate::entropy::below(10 << tries));
        tokio::time::sleep(pause).await;
        match attempt(core, jobs).await {
            Err(next) => error = next,
            done => return done,
        }
    }
    Err(error)
}

/// Decides and writes, again while other writers are faster.
async fn patiently(core: &Arc<Core>, jobs: &Arc<Vec<Prepared>>) -> Result<Vec<Vec<Outcome>>, StoreError> {
    match attempt(core, jobs).await {
        Err(error) => again(core, jobs, error).await,
        done => done,
    }
}

async fn attempt(core: &Arc<Core>, jobs: &Arc<Vec<Prepared>>) -> Result<Vec<Vec<Outcome>>, StoreError> {
    match draft(core, jobs, &Footprint::default()).await? {
        Some(draft) => write::write(core, jobs, draft).await,
        None => Err(StoreError::Conflict("batch")),
    }
}

/// Loads and decides, as if the batch `before` were written; nothing when its end has to be waited for.
async fn draft(core: &Arc<Core>, jobs: &Arc<Vec<Prepared>>, before: &Footprint) -> Result<Option<Draft>, StoreError> {
    let Some(batch) = Batch::load_after(core, jobs, before).await? else { return Ok(None) };
    let (core, jobs) = (Arc::clone(core), Arc::clone(jobs));
    spawn_blocking(move || Draft::new(&core, &jobs, batch)).await?.map(Some)
}

/// Another writer was faster; also when it took stock that we thought was there, and the database said so.
fn is_retryable(error: &StoreError) -> bool {
    (error.is_retryable() && !is_lost(error)) || error.is_unlawful()
}

/// Where an outcome goes.
pub(super) enum Reply {
    Statements(oneshot::Sender<Result<Vec<Outcome>, RunError>>),
    Command(oneshot::Sender<Result<Outcome, RunError>>),
}

impl Reply {
    /// A caller who no longer waits is no fault.
    fn send(self, outcome: Result<Vec<Outcome>, RunError>) {
        match self {
            Self::Statements(to) => drop(to.send(outcome)),
            Self::Command(to) => {
                let missing = || RunError::Fault("a command without an outcome".to_owned());
                drop(to.send(outcome.and_then(|mut all| all.pop().ok_or_else(missing))));
            }
        }
    }
}

fn answer(replies: Vec<Reply>, outcomes: impl Iterator<Item = Result<Vec<Outcome>, RunError>>) {
    for (reply, outcome) in replies.into_iter().zip(outcomes) {
        reply.send(outcome);
    }
}

fn prepare_all(core: &Core, jobs: Vec<Job>) -> (Arc<Vec<Prepared>>, Vec<Reply>) {
    let (prepared, replies) = jobs.into_iter().map(|job| prepare(core, job)).unzip();
    (Arc::new(prepared), replies)
}

/// Files the people of a job away, once, however often the batch is tried.
fn prepare(core: &Core, job: Job) -> (Prepared, Reply) {
    match job {
        Job::Command(job, reply) => (Prepared::Command(job), Reply::Command(reply)),
        Job::Statements(mut job, reply) => {
            let mut parties = Vec::new();
            let said = std::mem::take(&mut job.said);
            let settled = said.into_iter().map(|said| settle(core, &job, said, &mut parties)).collect();
            (Prepared::Statements { job, settled, parties }, Reply::Statements(reply))
        }
    }
}

fn settle(core: &Core, job: &StatementJob, said: Said, parties: &mut Vec<(PartyId, Party)>) -> Settled {
    let id = OrderId::of(job.channel.as_str(), &said.external_id);
    let what = match said.external_id.as_str() {
        "" => Asked::Nothing { why: "no_order".to_owned() },
        _ => asked(said.what, |draft| file::settle(&core.party_key, id, draft, parties)),
    };
    Settled {
        identity: Identity { id, channel: job.channel.clone(), external_id: said.external_id },
        version: Version { source: said.version, arrival: job.arrival, mapping: job.mapping_version },
        document: job.document,
        what,
    }
}
