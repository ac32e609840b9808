//! Carriers' callbacks: the parcel's history is kept, whatever its order; the order hears what is news to it. A parcel
//! nobody has told us of is parked and matched later.

use crate::{
    app::Core,
    intake::parse::Task,
    orders::{CommandJob, Finish, Outcome, RunError, Runner, StatementJob},
    store::{
        Lane, StoreError,
        documents::DocumentState,
        shipments::{self, NewTracking, Shipment},
    },
    transit,
};
use model::{
    codes::Carrier,
    ids::DocumentId,
    order::{
        command::Command,
        event::{Actor, Parcel},
    },
    port::inbound::{Document, Outcomes, Summary, TrackingReport},
    time::Instant,
};
use std::sync::Arc;

/// Reads a stored callback and passes it on.
pub(crate) async fn take(core: Arc<Core>, runner: Runner, task: Task) {
    if let Err(error) = taken(&core, &runner, &task).await {
        // Its lease runs out and it is read again; a node told twice is one row.
        tracing::error!(%error, document = %task.document, "a callback could not be taken in");
    }
}

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("its carrier `{0}` is not configured any more")]
    Unconfigured(String),
}

async fn taken(core: &Core, runner: &Runner, task: &Task) -> Result<(), Fault> {
    let unconfigured = || Fault::Unconfigured(task.channel.to_string());
    let config = core.config.carriers.get(task.channel.as_str()).ok_or_else(unconfigured)?;
    let carrier = config.caller().ok_or_else(unconfigured)?;
    let document = Document {
        topic: &task.topic,
        name: &task.name,
        media_type: &task.media_type,
        headers: &task.headers,
        bytes: &task.bytes,
        received_at: task.received_at,
    };
    let callback = carrier.parse(&document);
    for report in &callback.reports {
        let code = config.codes.get(&report.carrier).unwrap_or(&report.carrier);
        let parcel = Parcel { carrier: Carrier::new(code), number: report.number.clone() };
        if let Some(shipment) = record(core, task.document, &parcel, report).await? {
            tell(runner, &shipment).await?;
            transit::schedule(core, &shipment).await?;
        }
    }
    let (good, bad) = (callback.reports.len(), callback.rejects.len());
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    runner
        .statements(StatementJob {
            document: task.document,
            epoch: task.epoch,
            trace: None,
            channel: task.channel.clone(),
            actor: task.actor.clone(),
            arrival: task.received_at.0,
            mapping: config.kind.clone(),
            mapping_version: 1,
            said: Vec::new(),
            progress: 0,
            so_far: Outcomes::default(),
            rejects: callback.rejects,
            first_reject: 1,
            finish: Some(Finish {
                state: DocumentState::Done,
                summary: Summary { records: count(good), ..Summary::default() },
                good: count(good),
                bad: count(bad),
            }),
        })
        .await?;
    Ok(())
}

/// Keeps every node of the history once; gives the parcel as it now stands.
async fn record(
    core: &Core,
    document: DocumentId,
    parcel: &Parcel,
    report: &TrackingReport,
) -> Result<Option<Shipment>, StoreError> {
    let now = core.clock.now();
    // A history that has not begun is older than any: our own clock would outrank the carrier's first word.
    let begun = if report.status.moving() { now } else { Instant(0) };
    let status_at = report.nodes.iter().map(|n| n.at).max().unwrap_or(begun);
    let (parcel, status, nodes) = (parcel.clone(), report.status, report.nodes.clone());
    let tx = core.store.begin(Lane::Work).await?;
    let known = shipments::put(&tx, &[NewTracking { parcel, status, status_at, nodes, document }], now).await?;
    tx.commit().await?;
    Ok(known.into_iter().next())
}

/// Tells the order a parcel belongs to what its newest state is; a parked parcel waits.
///
/// # Errors
/// The database is away.
pub(crate) async fn tell(runner: &Runner, shipment: &Shipment) -> Result<(), RunError> {
    let Some((order, fulfilment)) = shipment.belongs_to else { return Ok(()) };
    let (parcel, status, at) = (shipment.parcel.clone(), shipment.status, shipment.status_at);
    let actor = Actor::Partner { name: parcel.carrier.to_string() };
    let command = Command::Track { fulfilment, parcel, status, at };
    let outcome = runner.command(CommandJob { order, command, actor, parties: vec![] }).await?;
    if let Outcome::Refused { refusal, .. } = outcome {
        tracing::debug!(code = refusal.code, %order, "a carrier's word changed nothing");
    }
    Ok(())
}
