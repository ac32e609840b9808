//! `tributary sandbox`: a partner world to try things against.

use crate::sandbox;
use anyhow::{Context as _, Result};
use std::net::TcpListener;

/// Run a partner world (ERP, CRM, carrier, webhooks) that can be told to fail
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tributary sandbox --listen 127.0.0.1:9900
  tributary serve --config config/demo.toml         its connectors point there

How to make a partner fail, stall or lose its answers, and how to see what it received: docs/sandbox.md.")]
pub(super) struct Args {
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:9900", value_name = "ADDRESS")]
    listen: String,
}

pub(super) async fn run(args: &Args) -> Result<()> {
    let listener = TcpListener::bind(&args.listen).with_context(|| format!("{} cannot be listened on", args.listen))?;
    eprintln!("The partners listen on http://{} until Ctrl-C.", listener.local_addr()?);
    sandbox::run(listener).await.context("the sandbox ended")
}
