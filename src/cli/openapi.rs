//! `tributary openapi`: the description of the HTTP interface.

use super::out;
use crate::web;
use anyhow::Result;

/// Print the OpenAPI 3.1 description of the HTTP interface
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tributary openapi > openapi.json

A running server shows the same at /openapi.json, and a page to try it at /docs.")]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Result<()> {
    out::line(&serde_json::to_string_pretty(&web::api::openapi())?);
    Ok(())
}
