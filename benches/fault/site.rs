//! Where a fault happens: a new database with master data, partners in this process, a configuration for each node.

use super::{
    campaign::Needs,
    cluster::{self, Cluster, Pair},
    database::{self, Database, Kind},
    files,
    ledger::Ledger,
    postgres::Server,
    sender::ARTICLES,
    world,
};
use anyhow::{Context as _, Result};
use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::Command,
};
use tempfile::TempDir;
use tributary::{
    sandbox::{self, Sandbox},
    store::{Store, StoreOptions},
};

/// Where the database is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Place {
    #[default]
    Usual,
    /// SQLite on a disk of its own.
    Disk { mib: u32 },
    /// A PostgreSQL with a disk of its own.
    PostgresDisk { mib: u32 },
    /// A PostgreSQL and its standby.
    Pair { is_synchronous: bool },
}

/// A file system of its own in memory, so that it can be full; unmounted when dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) folder: PathBuf,
}

impl Disk {
    /// # Errors
    /// Nobody may mount here.
    pub(crate) fn mount(folder: PathBuf, mib: u32) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let size = format!("size={mib}m,mode=700");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tributary-fault"]).arg(&folder).output()?;
        anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(Self { folder })
    }

    fn give_to(&self, owner: &str) -> Result<()> {
        anyhow::ensure!(Command::new("chown").arg(owner).arg(&self.folder).status()?.success(), "chown failed");
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Who still uses it was ended before; `-l` should one be slow.
        let _done = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}

#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) database: Database,
    pub(crate) partners: Sandbox,
    pub(crate) ledger: Ledger,
    pub(crate) nodes: Vec<(PathBuf, SocketAddr)>,
    pub(crate) kind: Kind,
    pub(crate) pair: Option<Pair>,
    pub(crate) own: Option<Cluster>,
    // Below what is on it.
    pub(crate) disk: Option<Disk>,
    folder: TempDir,
}

impl Site {
    pub(crate) async fn prepare(kind: Kind, needs: &Needs) -> Result<Self> {
        let folder = database::folder()?;
        let (mut disk, mut own, mut pair) = (None, None, None);
        let database = match needs.place {
            Place::Usual => Database::fresh(kind).await?,
            Place::Disk { mib } => {
                let disk = disk.insert(Disk::mount(folder.path().join("disk"), mib)?);
                Database::sqlite_in(&disk.folder)
            }
            Place::PostgresDisk { mib } => {
                let ours = Server::ours().context("there is no PostgreSQL of ours")?;
                let disk = disk.insert(Disk::mount(ours.folder()?.join("disk"), mib)?);
                disk.give_to(ours.owner())?;
                let made = tokio::task::block_in_place(|| Cluster::make(Some(&disk.folder.join("data"))))?;
                Database::at(cluster::database(&own.insert(made).server).await?)
            }
            Place::Pair { is_synchronous } => Database::at(pair.insert(Pair::make(is_synchronous).await?).url()?),
        };
        world::fill(&database.url, ARTICLES).await?;
        let options = sandbox::Options { forgetful: needs.forgetful, ..sandbox::Options::default() };
        let partners = sandbox::start(TcpListener::bind("127.0.0.1:0")?, options)?;
        let ledger = Ledger::new(folder.path())?;
        let mut site = Self { database, partners, ledger, nodes: Vec::new(), kind, pair, own, disk, folder };
        std::fs::create_dir(site.inbox())?;
        for number in 0..needs.nodes.max(1) {
            site.configure(number, needs)?;
        }
        Ok(site)
    }

    /// The folder that files are put into.
    pub(crate) fn inbox(&self) -> PathBuf {
        self.folder.path().join("inbox")
    }

    /// Leases are short, and so are pauses: what a dead node held is free only when they end.
    fn configure(&mut self, number: usize, needs: &Needs) -> Result<()> {
        // The same port after every start; free now, and nobody is told of it but us.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let text = format!(
            "[server]\nlisten = \"{address}\"\nworkers = 2\n[intake]\nlease_seconds = 2\n\
             [dispatch]\nlease_seconds = 3\nbackoff_permille = 5\n{}\n{}",
            if needs.files { files::config(&self.inbox()) } else { String::new() },
            world::config(&self.database.url, &self.partners.url())
        );
        let path = self.folder.path().join(format!("node-{number}.toml"));
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        self.nodes.push((path, address));
        Ok(())
    }

    /// The database, as anybody may look at it.
    pub(crate) async fn open(&self) -> Result<Store> {
        let options =
            StoreOptions { url: self.database.url.clone(), readers: 1, connections: 3, ..StoreOptions::default() };
        Ok(Store::open(&options).await?)
    }
}
