//! `tributary migrate`: the schema brought up to date.

use super::{
    config_file::{ConfigFile, is_served, open, shown},
    out,
};
use anyhow::{Result, bail};

/// Bring the database's schema up to date
#[derive(Debug, clap::Args)]
#[command(
    after_help = "`tributary serve` does this by itself at its start; run it apart when a deployment wants the two steps \
apart. Each step works while the code before it still runs."
)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: &Args) -> Result<()> {
    let checked = args.config.checked()?;
    let url = shown(&checked.config.database.url);
    if is_served(&checked.config) {
        bail!("{url} is served by a running Tributary, which migrated it when it started. Stop it to migrate further.");
    }
    open(checked, false).await?;
    out::line(&format!("{url} is up to date."));
    Ok(())
}
