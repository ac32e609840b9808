//! Importing through a running server.

use super::{
    Progress,
    report::{Came, Fault},
    until,
};
use crate::cli::http::Caller;
use anyhow::Result;
use serde_json::Value;
use std::path::Path;

/// Uploads a file and waits until the server has read it.
pub(super) async fn bring(caller: &Caller, channel: &str, name: &str, file: &Path, show: impl Fn(i64)) -> Result<Came> {
    let (document, duplicate) = caller.upload_file(channel, name, file).await?;
    let came = wait(caller, &document, show).await?;
    Ok(Came { duplicate, ..came })
}

/// Waits for a document that the server has.
pub(in crate::cli) async fn wait(caller: &Caller, document: &str, show: impl Fn(i64)) -> Result<Came> {
    until(async || ask(caller, document).await, show).await
}

async fn ask(caller: &Caller, id: &str) -> Result<Progress> {
    let document = caller.get(&format!("/v1/documents/{id}")).await?.good()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let state = text(&document["state"]);
    if matches!(state.as_str(), "receiving" | "received") {
        return Ok(Progress::Reading(document["progress"].as_i64().unwrap_or(0)));
    }
    let rejects = caller.get(&format!("/v1/documents/{id}/rejects?limit={}", super::report::SHOWN)).await?.good()?;
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    Ok(Progress::Ended(Came {
        name: text(&document["name"]),
        document: id.to_owned(),
        duplicate: false,
        held: (state == "held").then(|| text(&document["summary"]["held"]["code"])),
        good: number(&document["orders"]["good"]),
        bad: number(&document["orders"]["bad"]),
        outcomes: serde_json::from_value(document["summary"]["outcomes"].clone()).unwrap_or_default(),
        faults: rejects["items"].as_array().into_iter().flatten().map(fault).collect(),
        faults_in_all: number(&document["rejects"]),
    }))
}

fn fault(reject: &Value) -> Fault {
    let text = |name: &str| reject[name].as_str().unwrap_or_default().to_owned();
    Fault {
        order: text("order_key"),
        location: serde_json::from_value(reject["location"].clone()).unwrap_or_default(),
        code: text("code"),
        was: text("was"),
        detail: text("detail"),
        remedy: text("remedy"),
    }
}
