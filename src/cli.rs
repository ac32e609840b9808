//! The command line: thin commands over the same parts the server runs on.

mod check;
mod config_file;
mod connector;
mod document;
pub mod http;
mod import;
mod key;
pub mod language;
mod mapping;
mod master;
mod migrate;
mod openapi;
pub mod out;
mod replay;
mod sandbox;
mod serve;
mod server;
pub mod table;
mod verify;

pub(crate) use import::report::place;

use crate::{demo, telemetry};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Exit codes.
const FAILED: u8 = 1;
const USAGE: u8 = 2;

/// Tributary takes orders from every channel, decides what happens to each, and tells your partners.
#[derive(Debug, Parser)]
#[command(name = "tributary", version, arg_required_else_help = true, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  tributary demo                                            see everything work, in a new folder
  tributary check --config tributary.toml                   all mistakes at once, with file and line
  tributary serve --config tributary.toml                   run the gateway
  tributary key create --user mei --role order_desk         make an API key
  tributary import store-17-pos receipts.csv                bring a file in and say what became of it

Exit codes: 0 done, 1 failed, 2 wrong usage, or nothing to start a server with. Logging: TRIBUTARY_LOG=debug, TRIBUTARY_LOG_FORMAT=json (stderr).";

#[derive(Debug, Subcommand)]
enum Command {
    /// Read configuration, policies and mappings; print every mistake with file, line and column
    Check(check::Args),
    /// Try what a connector would send, without sending it
    Connector(connector::Args),
    /// Show the whole river with a partner world and an embedded database, in a new folder
    Demo(demo::Args),
    /// Get the rows of a file that wait, to be mended
    Document(document::Args),
    /// Bring files to a channel and say what became of every order in them
    Import(import::Args),
    /// Make, list and revoke API keys
    Key(key::Args),
    /// Try a mapping on a file without touching any database
    Mapping(mapping::Args),
    /// Import products, prices, customers, warehouses, carriers, rate cards or stock
    Master(master::Args),
    /// Bring the database's schema up to date
    Migrate(migrate::Args),
    /// Print the OpenAPI 3.1 description of the HTTP interface
    Openapi(openapi::Args),
    /// Read a stored document again with today's mapping
    Replay(replay::Args),
    /// Run a partner world (ERP, CRM, carrier, webhooks) that can be told to fail
    Sandbox(sandbox::Args),
    /// Run the gateway
    Serve(serve::Args),
    /// Check that the database obeys every invariant
    Verify(verify::Args),
}

/// Runs the command that was asked for.
pub fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => {
            // Help and version are asked for and no mistakes; nothing is to be done when even they cannot be printed.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    telemetry::start(command.usual_log());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let outcome = runtime.block_on(command.run());
    // Tasks that still run hold leases, which others take over; waiting for them would gain nothing.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    if error.is::<Wrong>() {
        eprintln!("{error}");
        return ExitCode::from(USAGE);
    }
    if error.is::<NotStarted>() {
        return ExitCode::from(USAGE);
    }
    if !error.is::<Said>() {
        eprintln!("tributary: {error:#}");
    }
    ExitCode::from(FAILED)
}

/// The command cannot be understood as it was given; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("tributary: {0}")]
struct Wrong(String);

/// A server cannot start as it was told to, and why has been printed already; exit code 2.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("nothing was started")]
struct NotStarted;

/// The command failed, and the reason has been printed already.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("failed")]
pub struct Said;

impl Command {
    /// What is logged when nobody says: a server's life, and of short commands only what goes wrong.
    const fn usual_log(&self) -> &'static str {
        match self {
            Self::Serve(_) | Self::Sandbox(_) => "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn",
            // The demo breaks connections on purpose.
            Self::Demo(_) => "error,actix_http=off",
            Self::Check(_)
            | Self::Connector(_)
            | Self::Document(_)
            | Self::Import(_)
            | Self::Key(_)
            | Self::Mapping(_)
            | Self::Master(_)
            | Self::Migrate(_)
            | Self::Openapi(_)
            | Self::Replay(_)
            | Self::Verify(_) => "warn",
        }
    }

    async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Check(args) => check::run(&args),
            Self::Connector(args) => connector::run(&args).await,
            Self::Demo(args) => demo::run(&args).await,
            Self::Document(args) => document::run(&args).await,
            Self::Import(args) => import::run(&args).await,
            Self::Key(args) => key::run(&args).await,
            Self::Mapping(args) => mapping::run(&args),
            Self::Master(args) => master::run(&args).await,
            Self::Migrate(args) => migrate::run(&args).await,
            Self::Openapi(args) => openapi::run(&args),
            Self::Replay(args) => replay::run(&args).await,
            Self::Sandbox(args) => sandbox::run(&args).await,
            Self::Serve(args) => serve::run(&args).await,
            Self::Verify(args) => verify::run(&args).await,
        }
    }
}
