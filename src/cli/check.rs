//! `tributary check`: all mistakes at once.

use super::{
    config_file::{ConfigFile, count},
    out,
};
use anyhow::Result;

/// Read configuration, policies and mappings; print every mistake with file, line and column
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tributary check --config config/production.toml

Exits with 1 when there is a mistake; each is printed as file:line:column: words [code].")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let checked = args.config.checked()?;
    out::line(&format!(
        "No mistakes: {}, {}, {}, {}.",
        count(checked.channels.len(), "channel"),
        count(checked.config.carriers.len(), "callback"),
        count(checked.config.connectors.len(), "connector"),
        count(checked.policies.approval.rows().count(), "approval rule"),
    ));
    out::line(&format!("Policy set {}", checked.policies.hash));
    Ok(())
}
