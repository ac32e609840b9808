//! PostgreSQL servers of one campaign alone: one on a disk of its own, or a primary, its standby and the way to them.

use super::{forward::Forward, postgres::Server};
use anyhow::{Context as _, Result, bail};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::{
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tributary::clock::Stopwatch;

/// Time in which a standby has everything its primary has.
const PATIENCE: Duration = Duration::from_secs(20);
/// Small, so that it starts quickly and a small disk holds it.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'\nshared_buffers = '32MB'\nmax_wal_size = '64MB'\nmin_wal_size = '32MB'\n\
     wal_level = 'replica'\n";

/// A running server with its data in a folder of its own; both are gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl Cluster {
    /// A new one, in `folder` when given, which must be empty.
    pub(crate) fn make(folder: Option<&Path>) -> Result<Self> {
        let ours = Server::ours().context("there is no PostgreSQL of ours")?;
        let port = free_port()?;
        let server = ours.like(&folder.map_or_else(|| beside(&ours), |folder| Ok(folder.to_owned()))?, port)?;
        let (user, password) = user(&server.url)?;
        let secret = ours.folder()?.join("password");
        anyhow::ensure!(std::fs::read_to_string(&secret)?.trim() == password, "not the password of this PostgreSQL");
        let secret = secret.display().to_string();
        let words = ["-D", &server.data, "-U", user, "--pwfile", &secret, "--auth=scram-sha-256", "--encoding=UTF8"];
        server.call("initdb", &[&words[..], &["--locale=C", "--no-sync"]].concat())?;
        let cluster = Self { server, port };
        cluster.set(SETTINGS)?;
        cluster.begin()?;
        Ok(cluster)
    }

    /// A standby of this one that follows it under the name s1.
    fn standby(&self) -> Result<Self> {
        let ours = Server::ours().context("there is no PostgreSQL of ours")?;
        let port = free_port()?;
        let server = ours.like(&beside(&ours)?, port)?;
        let words = ["-D", &server.data, "-d", &self.server.url, "-R", "-X", "stream", "-c", "fast", "--no-sync"];
        server.call("pg_basebackup", &words)?;
        let cluster = Self { server, port };
        let (user, password) = user(&self.server.url)?;
        let from = self.port;
        // Once promoted it must not wait for a standby of its own.
        cluster.set(&format!(
            "synchronous_standby_names = ''\n\
             primary_conninfo = 'host=127.0.0.1 port={from} user={user} password={password} application_name=s1'\n"
        ))?;
        cluster.begin()?;
        Ok(cluster)
    }

    fn begin(&self) -> Result<()> {
        self.set(&format!("port = {}\nunix_socket_directories = ''\n", self.port))?;
        self.server.start()
    }

    /// Appends settings; the last one counts.
    fn set(&self, settings: &str) -> Result<()> {
        // The file is there and stays its owner's.
        let file = Path::new(&self.server.data).join("postgresql.auto.conf");
        Ok(std::fs::OpenOptions::new().append(true).open(file)?.write_all(settings.as_bytes())?)
    }

    fn set_now(&self, settings: &str) -> Result<()> {
        self.set(settings)?;
        self.server.control(&["reload"])
    }

    /// kill -9 of the process all others are children of; they end by themselves.
    fn kill(&self) -> Result<()> {
        let pid = self.server.postmaster()?.to_string();
        anyhow::ensure!(Command::new("kill").args(["-9", &pid]).status()?.success(), "it cannot be killed");
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may have been killed; what is left of its folder is removed with its parent's.
        let _stopped = self.server.crash();
        let _removed = std::fs::remove_dir_all(&self.server.data);
    }
}

/// A primary and its standby behind one address.
#[derive(Debug)]
pub(crate) struct Pair {
    primary: Cluster,
    standby: Option<Cluster>,
    pub(crate) forward: Forward,
    is_synchronous: bool,
}

impl Pair {
    /// A commit of the primary waits for the standby when `is_synchronous`.
    pub(crate) async fn make(is_synchronous: bool) -> Result<Self> {
        let primary = tokio::task::block_in_place(|| Cluster::make(None))?;
        let forward = Forward::start().await?;
        forward.lead_to(Some(primary.port));
        let mut pair = Self { primary, standby: None, forward, is_synchronous };
        pair.protect().await?;
        Ok(pair)
    }

    /// The address of whoever is the primary.
    pub(crate) fn url(&self) -> Result<String> {
        let (user, password) = user(&self.primary.server.url)?;
        Ok(format!("postgres://{user}:{password}@{}/postgres", self.forward.address))
    }

    /// Gives the primary a standby when it has none.
    pub(crate) async fn protect(&mut self) -> Result<()> {
        if self.standby.is_some() {
            return Ok(());
        }
        self.standby = Some(tokio::task::block_in_place(|| self.primary.standby())?);
        self.until_followed().await?;
        if self.is_synchronous {
            self.primary.set_now("synchronous_standby_names = 'ANY 1 (s1)'\n")?;
            self.until("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'").await?;
        }
        Ok(())
    }

    /// The standby has what there is, and hears of nothing more.
    pub(crate) async fn cut_off(&self) -> Result<()> {
        self.until_followed().await?;
        let standby = self.standby.as_ref().context("there is no standby")?;
        standby.set_now("primary_conninfo = ''\n")?;
        self.until("SELECT CASE count(*) WHEN 0 THEN 1::bigint ELSE 0 END FROM pg_stat_replication").await
    }

    /// The primary dies, and the standby is the primary from now on.
    pub(crate) fn fail_over(&mut self) -> Result<()> {
        self.primary.kill()?;
        // Its orphans talk to nobody any more.
        self.forward.lead_to(None);
        let standby = self.standby.take().context("there is no standby")?;
        standby.server.control(&["promote"])?;
        self.forward.lead_to(Some(standby.port));
        self.primary = standby;
        Ok(())
    }

    async fn until_followed(&self) -> Result<()> {
        self.until(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn >= pg_current_wal_lsn()",
        )
        .await
    }

    /// Waits until the primary answers with a number that is not 0.
    async fn until(&self, sql: &'static str) -> Result<()> {
        let mut primary = PgConnection::connect(&self.primary.server.url).await?;
        let watch = Stopwatch::start();
        while sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut primary).await? == 0 {
            if watch.elapsed() > PATIENCE {
                bail!("never true: {sql}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(primary.close().await?)
    }
}

/// A database of its own on `server`, its address.
pub(crate) async fn database(server: &Server) -> Result<String> {
    let mut to = PgConnection::connect(&server.url).await?;
    to.execute(AssertSqlSafe("CREATE DATABASE campaign")).await?;
    to.close().await?;
    let (base, _) = server.url.rsplit_once('/').context("an address without a database")?;
    Ok(format!("{base}/campaign"))
}

/// Name and password of an address.
fn user(url: &str) -> Result<(&str, &str)> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (user, _) = rest.rsplit_once('@').context("an address without a user")?;
    user.split_once(':').context("an address without a password")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A folder that is not there yet, where the owner of `ours` may make it.
fn beside(ours: &Server) -> Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    Ok(ours.folder()?.join(format!("own-{}", NEXT.fetch_add(1, Ordering::SeqCst))))
}
