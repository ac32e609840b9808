//! The real program as a child, and what is done to it. Only what was started here is ever signalled.

use super::line::Line;
use anyhow::{Context as _, Result, bail};
use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};
use tributary::clock::Stopwatch;

/// Time a debug build may take until it answers.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(10);

/// A promise the program breaks, and where and at which passing it dies: debug builds know these switches (`src/crash.rs`).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Broken {
    pub(crate) promise: Option<&'static str>,
    pub(crate) dies_at: Option<(&'static str, u64)>,
}

/// A running node; killed when dropped.
#[derive(Debug)]
pub(crate) struct Node {
    child: Child,
    log: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Node {
    /// Starts it and does not wait.
    pub(crate) fn launch(config: &Path, address: SocketAddr, broken: Broken) -> Result<Self> {
        let log = config.with_extension("log");
        let said = File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
        command.arg("serve").arg("--config").arg(config).env("TRIBUTARY_LOG", "warn").env("RUST_BACKTRACE", "0");
        command.env_remove("TRIBUTARY_UNSAFE").env_remove("TRIBUTARY_CRASH_AT");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        if let Some(promise) = broken.promise {
            command.env("TRIBUTARY_UNSAFE", promise);
        }
        if let Some(point) = broken.dies_at {
            command.env("TRIBUTARY_CRASH_AT", format!("{}:{}", point.0, point.1));
        }
        let child = command.spawn().context("starting the program")?;
        Ok(Self { child, log, address })
    }

    /// Starts it and waits until it answers.
    pub(crate) async fn start(config: &Path, address: SocketAddr, broken: Broken) -> Result<Self> {
        let mut node = Self::launch(config, address, broken)?;
        let watch = Stopwatch::start();
        while !node.answers().await {
            if let Some(status) = node.child.try_wait()? {
                bail!("the program ended with {status}: {}", node.said());
            }
            if watch.elapsed() > PATIENCE {
                bail!("the program does not answer: {}", node.said());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(node)
    }

    async fn answers(&self) -> bool {
        let ask = async {
            Line::open(self.address).await?.status(b"GET /health/ready HTTP/1.1\r\nhost: tributary\r\n\r\n").await
        };
        matches!(tokio::time::timeout(Duration::from_secs(1), ask).await, Ok(Ok(200)))
    }

    /// Its log, as far as it was written.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Result<()> {
        // It may be dead already.
        let _dead = self.child.kill();
        self.child.wait()?;
        Ok(())
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        let done = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        if !done.context("kill")?.success() {
            bail!("the program cannot be told {name}");
        }
        Ok(())
    }

    /// How it ended; `None` when it has not within `within`.
    pub(crate) async fn end(&mut self, within: Duration) -> Result<Option<ExitStatus>> {
        let watch = Stopwatch::start();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if watch.elapsed() > within {
                return Ok(None);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Nothing is left to do for one that cannot be killed.
        let _killed = self.kill();
    }
}
