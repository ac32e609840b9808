//! What is done to PostgreSQL: the private server of `scripts/fault` is stopped and started, connections are used up.

use super::database::postgres;
use anyhow::{Context as _, Result, bail};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use tributary::{clock::Stopwatch, config::environment};

/// A server of ours: `pg_ctl`, its data folder, its log, who owns them (empty: we do), and its address.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pg_ctl: String,
    pub(crate) data: String,
    log: String,
    owner: String,
    pub(crate) url: String,
}

impl Server {
    /// The private server of `scripts/fault`; `None` for a server of somebody else's, which is not ours to stop.
    pub(crate) fn ours() -> Option<Self> {
        let text = environment("TRIBUTARY_FAULT_POSTGRES")?;
        let mut parts = text.split('|').map(str::to_owned);
        let (pg_ctl, data, log) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { pg_ctl, data, log, owner: parts.next().unwrap_or_default(), url: postgres()? })
    }

    /// A server of the same programs and the same owner, with its data in `data` and listening on `port`.
    pub(crate) fn like(&self, data: &Path, port: u16) -> Result<Self> {
        let (before, rest) = self.url.rsplit_once('@').context("an address without a user")?;
        let (_, name) = rest.split_once('/').context("an address without a database")?;
        let data = data.display().to_string();
        let url = format!("{before}@127.0.0.1:{port}/{name}");
        Ok(Self { log: format!("{data}.log"), data, url, ..self.clone() })
    }

    /// The folder this server's own is in, its owner's.
    pub(crate) fn folder(&self) -> Result<&Path> {
        Path::new(&self.data).parent().context("a folder without a parent")
    }

    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// As a crash would: no checkpoint, nothing said to anybody.
    pub(crate) fn crash(&self) -> Result<()> {
        self.control(&["-m", "immediate", "stop"])
    }

    /// Returns when it answers.
    pub(crate) fn start(&self) -> Result<()> {
        self.control(&["-l", &self.log, "start"])
    }

    pub(crate) fn runs(&self) -> bool {
        self.control(&["status"]).is_ok()
    }

    /// The process that all the others are children of.
    pub(crate) fn postmaster(&self) -> Result<u32> {
        let file = Path::new(&self.data).join("postmaster.pid");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(text.lines().next().unwrap_or_default().trim().parse()?)
    }

    pub(crate) fn control(&self, words: &[&str]) -> Result<()> {
        self.call("pg_ctl", &[&["-D", &self.data, "-w", "-t", "60"], words].concat())
    }

    /// Runs a program of this PostgreSQL as its owner.
    pub(crate) fn call(&self, program: &str, words: &[&str]) -> Result<()> {
        let path = Path::new(&self.pg_ctl).with_file_name(program);
        let mut command = if self.owner.is_empty() {
            Command::new(&path)
        } else {
            let mut command = Command::new("runuser");
            command.args(["-u", &self.owner, "--"]).arg(&path);
            command
        };
        command.args(words).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if !command.status().with_context(|| program.to_owned())?.success() {
            bail!("{program} {words:?} failed; the log is {}", self.log);
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
