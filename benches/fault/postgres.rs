//! What is done to PostgreSQL: the private server of `scripts/fault` is stopped and started, connections are used up.

use super::database::postgres;
use anyhow::{Context as _, Result, bail};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{
    process::{Command, Stdio},
    time::Duration,
};
use tributary::{clock::Stopwatch, config::environment};

/// The private server: `pg_ctl`, its data folder, its log, and who owns them (empty: we do).
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pg_ctl: String,
    data: String,
    log: String,
    owner: String,
}

impl Server {
    /// As `scripts/fault` says; `None` for a server of somebody else's, which is not ours to stop.
    pub(crate) fn ours() -> Option<Self> {
        let text = environment("TRIBUTARY_FAULT_POSTGRES")?;
        let mut parts = text.split('|').map(str::to_owned);
        let (pg_ctl, data, log) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { pg_ctl, data, log, owner: parts.next().unwrap_or_default() })
    }

    /// As a crash would: no checkpoint, nothing said to anybody.
    pub(crate) fn crash(&self) -> Result<()> {
        self.run(&["-m", "immediate", "stop"])
    }

    /// Returns when it answers.
    pub(crate) fn start(&self) -> Result<()> {
        self.run(&["-l", &self.log, "start"])
    }

    fn run(&self, words: &[&str]) -> Result<()> {
        let mut command = if self.owner.is_empty() {
            Command::new(&self.pg_ctl)
        } else {
            let mut command = Command::new("runuser");
            command.args(["-u", &self.owner, "--", &self.pg_ctl]);
            command
        };
        command.args(["-D", &self.data, "-w", "-t", "60"]).args(words).current_dir("/");
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !done.context("pg_ctl")?.success() {
            bail!("pg_ctl {words:?} failed; its log is {}", self.log);
        }
        Ok(())
    }
}

/// Every connection PostgreSQL has, taken from our nodes and held.
#[derive(Debug)]
pub(crate) struct Hoard {
    held: Vec<PgConnection>,
}

/// Connections held at most.
const HOARD_MAX: usize = 1000;

impl Hoard {
    /// Ends the nodes' connections and takes what is free until nothing is.
    pub(crate) async fn take() -> Result<Self> {
        let url = postgres().context("TRIBUTARY_TEST_POSTGRES is not set")?;
        let mut held = Vec::new();
        while held.len() < HOARD_MAX {
            match PgConnection::connect(&url).await {
                Ok(connection) => held.push(connection),
                Err(_) if held.is_empty() => bail!("PostgreSQL has no connection for the campaign"),
                Err(_) => {
                    let Some(first) = held.first_mut() else { break };
                    let ended = first.execute(END).await?.rows_affected();
                    if ended == 0 {
                        return Ok(Self { held });
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        bail!("PostgreSQL has more than {HOARD_MAX} connections")
    }

    /// Holds them so long, and ends what a node got all the same.
    pub(crate) async fn hold(mut self, lasts: Duration) -> Result<()> {
        let (url, watch) = (postgres().context("TRIBUTARY_TEST_POSTGRES is not set")?, Stopwatch::start());
        while watch.elapsed() < lasts {
            if let Some(first) = self.held.first_mut() {
                first.execute(END).await?;
            }
            if self.held.len() < HOARD_MAX {
                self.held.extend(PgConnection::connect(&url).await.ok());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tributary'";
