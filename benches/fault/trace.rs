//! strace as a bad disk: fsync and fdatasync of a running process fail or take their time.

use anyhow::{Context as _, Result, bail};
use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tributary::clock::Stopwatch;

/// Time strace may take until it holds every thread.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lets go when it is dropped.
#[derive(Debug)]
pub(crate) struct Trace {
    child: Child,
}

impl Trace {
    /// What `inject` says, such as `error=EIO:when=1`, happens to the processes and to their children from now on; `when`
    /// counts for each thread.
    pub(crate) async fn attach(processes: &[u32], inject: &str) -> Result<Self> {
        let mut command = Command::new("strace");
        command.args(["-f", "-q", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e"]);
        command.arg(format!("inject=fsync,fdatasync:{inject}"));
        for process in processes {
            command.arg("-p").arg(process.to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut trace = Self { child: command.spawn().context("strace")? };
        let watch = Stopwatch::start();
        while !processes.iter().all(|process| is_held(*process)) {
            if trace.child.try_wait()?.is_some() || watch.elapsed() > PATIENCE {
                bail!("strace may not look at other processes here");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(trace)
    }

    /// Why it cannot be done here.
    pub(crate) async fn missing() -> Option<String> {
        if Command::new("strace").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            return Some("strace is not installed".to_owned());
        }
        let Ok(mut other) = Command::new("sleep").arg("9").spawn() else {
            return Some("no process can be started".to_owned());
        };
        let tried = Self::attach(&[other.id()], "delay_exit=1").await.map(drop);
        // It may be dead already.
        let _killed = other.kill();
        let _status = other.wait();
        tried.err().map(|error| error.to_string())
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        // It lets go of everything it holds, and ends.
        let _told = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status();
        let _ended = self.child.wait();
    }
}

/// Is every thread of the process held? One that is gone needs no holding.
fn is_held(process: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return true };
    threads.filter_map(Result::ok).all(|thread| {
        let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        !status.lines().any(|line| line.trim_end() == "TracerPid:\t0")
    })
}

/// A process and its children.
pub(crate) fn family(parent: u32) -> Result<Vec<u32>> {
    let is_child = |process: &u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|id| id.trim() == parent.to_string()))
    };
    let all = fs::read_dir("/proc").context("/proc")?;
    let all = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    Ok(std::iter::once(parent).chain(all.filter(is_child)).collect())
}
