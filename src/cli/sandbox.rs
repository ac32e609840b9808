//! `tributary sandbox`: a partner world to try things against.

use crate::sandbox;
use anyhow::{Context as _, Result};
use std::net::TcpListener;

/// Run a partner world (ERP, CRM, carrier, webhooks, text messages, mail) that can be told to fail
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tributary sandbox --listen 127.0.0.1:9900
  tributary serve --config config/demo.toml         its connectors point there

How to make a partner fail, stall or lose its answers, and how to see what it received: docs/sandbox.md.")]
pub(super) struct Args {
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:9900", value_name = "ADDRESS")]
    listen: String,
    /// Take mail over SMTP on this address too, e.g. 127.0.0.1:2525
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,
}

pub(super) async fn run(args: &Args) -> Result<()> {
    let listener = TcpListener::bind(&args.listen).with_context(|| format!("{} cannot be listened on", args.listen))?;
    let mail = match &args.mail {
        Some(address) => Some(TcpListener::bind(address).with_context(|| format!("{address} cannot be listened on"))?),
        None => None,
    };
    eprintln!("The partners listen on http://{} until Ctrl-C.", listener.local_addr()?);
    sandbox::run(listener, mail).await.context("the sandbox ended")
}
