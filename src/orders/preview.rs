//! What a command would do: the very same facts and decision as for carrying it out, and nothing is written.

use super::{
    batch::{Batch, Prepared},
    run::{CommandJob, Outcome},
};
use crate::{app::Core, store::StoreError};
use model::order::{effects::Tell, event::Happened, refusal::Refusal, state::Slot};

/// What would come of a command.
#[derive(Debug)]
pub struct Preview {
    /// The order as it would stand.
    pub slot: Slot,
    /// The events that would be appended.
    pub happened: Vec<Happened>,
    /// What partners would be told.
    pub tells: Vec<Tell>,
}

/// Decides `job` on the order as it stands now. Between this and the command itself the world may change; the decision is
/// then taken anew.
///
/// # Errors
/// The database is away. The inner error is the refusal the command itself would meet.
pub async fn preview(core: &Core, job: CommandJob) -> Result<Result<Preview, Refusal>, StoreError> {
    let order = job.order;
    let jobs = [Prepared::Command(job)];
    let mut batch = Batch::load(core, &jobs).await?;
    let outcome = batch.decide(&jobs).pop().and_then(|mut all| all.pop());
    if let Some(Outcome::Refused { refusal, .. }) = outcome {
        return Ok(Err(refusal));
    }
    let slot = batch.slots.remove(&order).unwrap_or(Slot::Empty);
    let happened = batch.written.journal.into_iter().map(|(_, happened)| happened).collect();
    Ok(Ok(Preview { slot, happened, tells: batch.written.tells }))
}
