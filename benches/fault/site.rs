//! Where a fault happens: a new database with master data, partners in this process, a configuration for each node.

use super::{
    database::{self, Database, Kind},
    ledger::Ledger,
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

/// A file system of its own in memory, so that it can be full; unmounted when dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) folder: PathBuf,
}

impl Disk {
    /// # Errors
    /// Nobody may mount here.
    pub(crate) fn mount(folder: PathBuf, mib: u32) -> Result<Self> {
        std::fs::create_dir(&folder)?;
        let size = format!("size={mib}m,mode=700");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tributary-fault"]).arg(&folder).output()?;
        anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(Self { folder })
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
    pub(crate) disk: Option<Disk>,
    folder: TempDir,
}

impl Site {
    /// With `nodes` nodes' configurations; on a disk of `disk` MiB where a number is given.
    pub(crate) async fn prepare(kind: Kind, nodes: usize, forgetful: bool, disk: Option<u32>) -> Result<Self> {
        let folder = database::folder()?;
        let disk = disk.map(|mib| Disk::mount(folder.path().join("disk"), mib)).transpose()?;
        let database = match &disk {
            Some(disk) => Database::sqlite_in(&disk.folder),
            None => Database::fresh(kind).await?,
        };
        world::fill(&database.url, ARTICLES).await?;
        let options = sandbox::Options { forgetful, ..sandbox::Options::default() };
        let partners = sandbox::start(TcpListener::bind("127.0.0.1:0")?, options)?;
        let ledger = Ledger::new(folder.path())?;
        let mut site = Self { database, partners, ledger, nodes: Vec::new(), disk, folder };
        for number in 0..nodes {
            site.configure(number)?;
        }
        Ok(site)
    }

    /// Leases are short, and so are pauses: what a dead node held is free only when they end.
    fn configure(&mut self, number: usize) -> Result<()> {
        // The same port after every start; free now, and nobody is told of it but us.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let text = format!(
            "[server]\nlisten = \"{address}\"\nworkers = 2\n[intake]\nlease_seconds = 2\n\
             [dispatch]\nlease_seconds = 3\nbackoff_permille = 5\n{}",
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
