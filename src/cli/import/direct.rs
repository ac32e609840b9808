//! Importing into a database that nobody serves: the application runs here until the document is done.

use super::{
    Progress,
    report::{self, Came, Fault},
    until,
};
use crate::{
    app::{App, Core},
    cli::Wrong,
    intake::{Arrival, DocumentKind, spool::Spooled},
    setup::Checked,
    store::{
        documents::{self, DocumentState},
        rejects,
    },
    words::Language,
};
use adapters::channels::Arrives;
use anyhow::{Context as _, Result, anyhow};
use model::{ids::DocumentId, order::event::Actor};
use std::path::Path;

/// The channel must be there and take files.
pub(super) fn check_channel(checked: &Checked, channel: &str) -> Result<()> {
    let takes_files = |code: &&String| checked.channels[*code].platform.arrives == Arrives::AsFile;
    let known: Vec<&str> = checked.channels.keys().filter(takes_files).map(String::as_str).collect();
    if known.contains(&channel) {
        return Ok(());
    }
    let problem = if known.is_empty() {
        format!("`{channel}` takes no files: no channel of this configuration does. Name one with --config FILE.")
    } else {
        format!("`{channel}` is no channel that takes files; there are: {}", known.join(", "))
    };
    Err(Wrong(problem).into())
}

/// Stores a file and waits until it was read.
pub(super) async fn bring(
    app: &App,
    channel: &str,
    name: &str,
    file: &Path,
    language: Language,
    show: impl Fn(i64),
) -> Result<Came> {
    let arrival = Arrival {
        channel: channel.into(),
        kind: DocumentKind::Import,
        topic: String::new(),
        name: name.to_owned(),
        media_type: mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream").to_owned(),
        headers: Vec::new(),
        actor: Actor::System,
        bytes: Vec::new(),
    };
    let spooled = spooled(app, &arrival, file).await.with_context(|| format!("{} cannot be read", file.display()))?;
    let accepted = app.intake.accept_file(arrival, spooled).await?;
    let came = wait(&app.core, accepted.document, language, show).await?;
    Ok(Came { duplicate: accepted.duplicate, ..came })
}

/// The file as the intake takes it.
async fn spooled(app: &App, arrival: &Arrival, file: &Path) -> std::io::Result<Spooled> {
    let file = tokio::fs::File::open(file).await?;
    app.intake.spool(&arrival.channel, &arrival.topic).gather(file).await
}

/// Waits for a stored document.
pub(in crate::cli) async fn wait(
    core: &Core,
    document: DocumentId,
    language: Language,
    show: impl Fn(i64),
) -> Result<Came> {
    until(async || ask(core, document, language).await, show).await
}

async fn ask(core: &Core, id: DocumentId, language: Language) -> Result<Progress> {
    let db = core.store.read();
    let found = documents::by_id(db, id).await?.ok_or_else(|| anyhow!("document {id} is gone"))?;
    match found.state {
        DocumentState::Receiving | DocumentState::Received => return Ok(Progress::Reading(found.progress)),
        DocumentState::Done | DocumentState::Held | DocumentState::Erased => {}
    }
    let outcomes = found.summary.as_ref().map(|summary| summary.outcomes).unwrap_or_default();
    let held = found.summary.and_then(|summary| summary.held).map(|held| held.code);
    let rejected = rejects::list(db, id, 0, report::SHOWN).await?;
    Ok(Progress::Ended(Came {
        name: found.name,
        document: id.to_string(),
        duplicate: false,
        held: held.filter(|_| found.state == DocumentState::Held),
        good: found.orders_good.into(),
        bad: found.orders_bad.into(),
        outcomes,
        faults: rejected.into_iter().map(|numbered| fault(numbered, language)).collect(),
        faults_in_all: rejects::count(db, id).await?,
    }))
}

fn fault(numbered: rejects::Numbered, language: Language) -> Fault {
    let reject = numbered.reject;
    let words = language.say_reject(&reject);
    Fault {
        order: reject.order_key,
        location: reject.location,
        code: reject.code,
        was: reject.was,
        detail: if words.detail.is_empty() { words.title } else { words.detail },
        remedy: words.remedy,
    }
}
