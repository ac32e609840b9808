//! `tributary serve`: the gateway.

use super::{
    NotStarted, Said, Wrong,
    config_file::{Away, ConfigFile, open, shown},
};
use crate::{
    app::App,
    intake,
    store::{self, StoreError},
    web,
};
use anyhow::{Context as _, Result};
use std::{net::TcpListener, sync::Arc};

/// Run the gateway
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tributary serve                                   SQLite in ./tributary.db, http://127.0.0.1:8080
  tributary serve --config config/demo.toml         the demo company

Migrates the database, listens until SIGTERM or Ctrl-C, and logs to stderr. On SQLite one server a file. Exits with 2 when
it cannot start as it is configured, with 1 when the database is away or its disk fails.")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: &Args) -> Result<()> {
    let (app, listener) = ready(args).await.map_err(not_started)?;
    let core = Arc::clone(&app.core);
    tokio::select! {
        ended = web::server::run(app, listener) => ended.context("the server ended"),
        // Nobody is answered any more; whoever supervises us starts us again.
        () = core.store.disk_failed() => Err(StoreError::DiskFailed.into()),
    }
}

/// Everything a server needs before it answers anybody.
async fn ready(args: &Args) -> Result<(App, TcpListener)> {
    let checked = args.config.checked()?;
    let wanted = checked.config.server.listen.clone();
    let database = shown(&checked.config.database.url);
    // The database first: when it is served, the address is taken for the same reason.
    let core = open(checked, true).await?;
    let listener = TcpListener::bind(&wanted).with_context(|| {
        format!("{wanted} cannot be listened on; set server.listen to a free address, such as 127.0.0.1:8081")
    })?;
    web::server::check_address(&core, &listener)?;
    let address = listener.local_addr()?;
    let app = App::start(Arc::new(core))?;
    intake::folder::start(&app);
    let wanted = &app.core.config.metrics.listen;
    if !wanted.is_empty() {
        let listener = TcpListener::bind(wanted).with_context(|| {
            format!("{wanted} cannot be listened on; set metrics.listen to a free address, such as 127.0.0.1:9465")
        })?;
        web::metrics::start(app.clone(), listener)?;
        tracing::info!(address = wanted, "metrics are served");
    }
    eprintln!("tributary {} serves {database} on http://{address}", env!("CARGO_PKG_VERSION"));
    if store::keys::list(app.core.store.read()).await?.is_empty() {
        let again = args.config.again();
        eprintln!("There is no API key yet. In another terminal: tributary key create --user you --role admin{again}");
    }
    Ok((app, listener))
}

/// Nobody can help it by starting the same again, unless the database is only away.
fn not_started(error: anyhow::Error) -> anyhow::Error {
    if error.is::<Away>() {
        error
    } else if error.is::<Said>() {
        NotStarted.into()
    } else {
        Wrong(format!("{error:#}")).into()
    }
}
