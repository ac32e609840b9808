//! The real server as a child process, and how it ends.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;

/// Time a debug server may take to open its database, and to die of what kills it.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the server is to end.
#[derive(Debug)]
pub(super) enum End {
    /// By its own hand, at this crash point.
    Point { point: &'static str, passing: u32 },
    /// By ours, after so many acknowledgements.
    Killed { after: usize },
}

/// A running server; killed when dropped.
pub(super) struct Server {
    child: Child,
    said: Arc<Mutex<String>>,
    /// `None`: it ended before it listened.
    pub(super) address: Option<SocketAddr>,
}

impl Server {
    /// Starts it and waits until it listens or is dead.
    pub(super) async fn start(config: &Path, end: Option<&End>, broken_promise: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
        command.arg("serve").arg("--config").arg(config).stdin(Stdio::null()).stdout(Stdio::null());
        command.env("TRIBUTARY_LOG", "warn").env_remove("TRIBUTARY_LOG_FORMAT").stderr(Stdio::piped());
        if let Some(End::Point { point, passing }) = end {
            command.env("TRIBUTARY_CRASH_AT", format!("{point}:{passing}"));
        }
        if let Some(promise) = broken_promise {
            command.env("TRIBUTARY_UNSAFE", promise);
        }
        let mut child = command.spawn().expect("the server starts");
        let lines = BufReader::new(child.stderr.take().expect("its standard error"));
        let (found, address) = oneshot::channel();
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        std::thread::spawn(move || listen(lines, &heard, found));
        let mut server = Self { child, said, address: None };
        let listens = tokio::time::timeout(PATIENCE, address).await;
        server.address = listens.unwrap_or_else(|_| panic!("the server does not listen\n{}", server.said())).ok();
        server
    }

    /// Everything it said so far.
    pub(super) fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// kill -9.
    pub(super) fn kill(&mut self) {
        self.child.kill().expect("the child can be killed");
    }

    /// Waits for its death.
    pub(super) async fn dies(&mut self, of: &End) {
        let death = async {
            while self.child.try_wait().expect("a child of ours").is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let died = tokio::time::timeout(PATIENCE, death).await;
        assert!(died.is_ok(), "it never came to {of:?}\n{}", self.said());
        let status = self.child.try_wait().expect("a child of ours").expect("it is dead");
        assert_eq!(status.code(), None, "a crash, not an end: {status}\n{}", self.said());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Reads until the child's end; the line that names the address is told once.
fn listen(lines: impl BufRead, said: &Mutex<String>, found: oneshot::Sender<SocketAddr>) {
    let mut found = Some(found);
    for line in lines.lines().map_while(Result::ok) {
        let address = line.split_once(" on http://").and_then(|(_, address)| address.trim().parse().ok());
        if let Some((address, found)) = address.and_then(|address| Some((address, found.take()?))) {
            // Nobody waits any more when the test failed.
            let _told = found.send(address);
        }
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_str(&line);
        said.push('\n');
    }
}
