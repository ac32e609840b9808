//! Held orders whose cause may be gone are taken up again: by themselves when master data was mended, or when a person asks for
//! all that one hold stops. Page by page, the most important first, so that new orders never wait behind them for long.

use crate::{
    app::Core,
    orders::{CommandJob, Outcome, RunError, Runner},
    store::{
        Lane, StoreError,
        order_lists::{self, HeldPlace},
        work::{self, Job},
    },
};
use futures_util::future::join_all;
use model::{
    order::{command::Command, decide::BY_MASTER_DATA, event::Actor},
    time::{Instant, SECOND},
};

/// The kind of the work, as stored; its key is [`FIRST`], or the place a page begins after.
pub(crate) const TAKE_UP_HELD: &str = "take_up_held";
const FIRST: &str = "first";

/// Orders of one page: a quarter of a batch, so that whatever comes in meanwhile has room beside them.
pub(crate) const PAGE: u64 = 64;
/// Imports that follow each other this closely are followed by one round.
const PAUSE: i64 = SECOND / 2;

/// What came of one page.
pub(crate) struct Page {
    pub(crate) asked: usize,
    pub(crate) changed: usize,
    /// Where the next one begins; `None`: this was the last.
    pub(crate) next: Option<HeldPlace>,
}

/// The work that mended master data leaves: one round, for however many imports.
pub(crate) fn after_mending(now: Instant) -> Job {
    Job { kind: TAKE_UP_HELD.to_owned(), key: FIRST.to_owned(), due: now.plus(PAUSE) }
}

/// One page of the round, and the work for the next one.
///
/// # Errors
/// The database is away; the page may simply be repeated.
pub(crate) async fn take_up(core: &Core, runner: &Runner, key: &str) -> Result<(), RunError> {
    let after = if key == FIRST {
        // Master data was written by another node, perhaps.
        core.worlds.forget().await;
        None
    } else {
        let Ok(after) = serde_json::from_str(key) else { return Ok(()) };
        Some(after)
    };
    let holds: Vec<String> = BY_MASTER_DATA.map(str::to_owned).to_vec();
    let page = page(core, runner, &holds, after.as_ref(), &Actor::System).await?;
    tracing::debug!(asked = page.asked, changed = page.changed, "held orders were looked at again");
    go_on(core, key, page.next).await.map_err(|error| RunError::Unavailable(error.to_string()))
}

/// A round that begins takes the place of one under way: it comes by everything that one has not seen yet.
async fn go_on(core: &Core, key: &str, next: Option<HeldPlace>) -> Result<(), StoreError> {
    let tx = core.store.begin(Lane::Work).await?;
    if key == FIRST {
        work::drop_others(&tx, TAKE_UP_HELD, FIRST).await?;
    }
    if let Some(next) = next {
        let key = serde_json::to_string(&next)?;
        work::schedule(&tx, &[Job { kind: TAKE_UP_HELD.to_owned(), key, due: core.clock.now() }]).await?;
    }
    tx.commit().await
}

/// Asks the orders of one page that one of `holds` stops.
///
/// # Errors
/// The database is away. An order that cannot be decided by a fault of ours is left behind, with a word in the log.
pub(crate) async fn page(
    core: &Core,
    runner: &Runner,
    holds: &[String],
    after: Option<&HeldPlace>,
    actor: &Actor,
) -> Result<Page, RunError> {
    let found = order_lists::held(core.store.read(), holds, after, PAGE).await;
    let found = found.map_err(|error| RunError::Unavailable(error.to_string()))?;
    let ask = |place: &HeldPlace| {
        let command = Command::TakeUp { holds: holds.to_vec() };
        runner.command(CommandJob { order: place.id, command, actor: actor.clone(), parties: vec![] })
    };
    let mut changed = 0;
    for outcome in join_all(found.iter().map(ask)).await {
        match outcome {
            Ok(Outcome::Done { .. }) => changed += 1,
            Ok(Outcome::Unchanged { .. } | Outcome::Refused { .. }) => {}
            Err(RunError::Fault(error)) => tracing::error!(%error, "a held order cannot be decided"),
            Err(away @ RunError::Unavailable(_)) => return Err(away),
        }
    }
    let full = found.len() as u64 == PAGE;
    Ok(Page { asked: found.len(), changed, next: found.into_iter().last().filter(|_| full) })
}
