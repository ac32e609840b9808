//! What is measured runs in a process of its own: this program again, with a role, so that its memory is its own.

use super::{limit, world};
use anyhow::{Context as _, Result, bail};
use model::order::event::Actor;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    process::{Child, ChildStdin, Command, Stdio},
    sync::Arc,
};
use tributary::{
    app::{App, Core},
    clock::Stopwatch,
    dispatch,
    intake::{Arrival, DocumentKind, Intake},
    orders::Runner,
    web,
};

/// What a child is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    LimitRaw,
    LimitWhole,
    /// The product, but nothing behind the acknowledgement runs.
    Accept,
    /// The product: all but sending to partners.
    Decide,
    /// The product: nothing but sending to partners.
    Send,
    /// The product.
    Whole,
    /// The product without sending, bringing the file named in the third line.
    Import,
}

const ROLES: [(&str, Role); 7] = [
    ("limit-raw", Role::LimitRaw),
    ("limit-whole", Role::LimitWhole),
    ("accept", Role::Accept),
    ("decide", Role::Decide),
    ("send", Role::Send),
    ("whole", Role::Whole),
    ("import", Role::Import),
];

/// A running child; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// Closed to end the child.
    _stdin: Option<ChildStdin>,
    pub(crate) address: SocketAddr,
    /// Since it was started.
    pub(crate) watch: Stopwatch,
    /// MiB when it had started and not begun its import.
    pub(crate) rested: Option<f64>,
}

impl Running {
    /// Starts a child on the database of `url`.
    ///
    /// # Errors
    /// It does not begin to listen.
    pub(crate) fn start(role: Role, url: &str) -> Result<Self> {
        Self::start_with(role, url, &[])
    }

    /// Starts a child with these connectors, each with its address.
    ///
    /// # Errors
    /// It does not begin to listen.
    pub(crate) fn start_with(role: Role, url: &str, connectors: &[(String, String)]) -> Result<Self> {
        let name = ROLES.iter().find(|(_, known)| *known == role).map_or("", |(name, _)| name);
        let watch = Stopwatch::start();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--role", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the server's process")?;
        let mut stdin = child.stdin.take();
        // Not as an argument: an address may hold a password.
        if let Some(stdin) = &mut stdin {
            writeln!(stdin, "{url}")?;
            writeln!(stdin, "{}", serde_json::to_string(connectors)?)?;
        }
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let address = line.trim().parse().with_context(|| format!("the {name} process said `{line}`"))?;
        Ok(Self { child, _stdin: stdin, address, watch, rested: None })
    }

    /// Starts a child that brings the file at `path` by itself.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(crate) fn importing(role: Role, url: &str, path: &std::path::Path) -> Result<Self> {
        let mut running = Self::start(role, url)?;
        running.rested = running.memory_mib("VmRSS");
        writeln!(running._stdin.as_mut().context("no input")?, "{}", path.display())?;
        Ok(running)
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(mut self) -> Result<()> {
        Ok(self.child.kill()?)
    }

    /// A figure of `/proc/<pid>/status`, in MiB: `VmRSS` (now), `VmHWM` (at most).
    pub(crate) fn memory_mib(&self, name: &str) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
    }

    /// KiB the process has had written to disk since it began (`/proc/<pid>/io`); a PostgreSQL server's are its own.
    pub(crate) fn written_kib(&self) -> f64 {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.child.id())).unwrap_or_default();
        let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
        line.and_then(|bytes| bytes.trim().parse::<f64>().ok()).map_or(0.0, |bytes| bytes / 1024.0)
    }

    /// Seconds of processor time the process has used, user and system.
    pub(crate) fn processor_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // Behind the name in brackets: field 14 and 15 of the whole, in hundredths of a second.
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').skip(11).take(2);
        fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self._stdin.take());
        let _gone = self.child.wait();
    }
}

/// Plays the role called `name` until the parent closes our input.
///
/// # Errors
/// An unknown role, or what the role needs is not there.
pub(crate) fn play(name: &str) -> Result<()> {
    let Some((_, role)) = ROLES.iter().find(|(known, _)| *known == name) else { bail!("there is no role {name}") };
    let url = line()?;
    let connectors: Vec<(String, String)> = serde_json::from_str(&line()?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Never driven: what is spawned on it waits for ever.
    let asleep = tokio::runtime::Builder::new_current_thread().build()?;
    let (role, handle) = (*role, asleep.handle().clone());
    runtime.spawn(async move {
        if let Err(error) = serve(role, &url, &connectors, &handle).await {
            eprintln!("{error:#}");
            std::process::abort();
        }
    });
    if role == Role::Import {
        let _told = FILE.set(line()?);
    }
    // The parent holds the other end open as long as it needs us.
    let _closed = std::io::stdin().lock().read_to_end(&mut Vec::new());
    runtime.shutdown_background();
    Ok(())
}

/// The file to be brought, once it is told.
static FILE: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// A line of our input; nothing after it is taken.
pub(crate) fn line() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Brings the file that is told, as `tributary import` does.
async fn bring(intake: &Intake) -> Result<()> {
    let path = loop {
        match FILE.get() {
            Some(path) => break path,
            None => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
        }
    };
    let file = tokio::fs::File::open(path).await?;
    let spooled = intake.spool(&world::STORES.into(), "").gather(file).await?;
    let arrival = Arrival {
        channel: world::STORES.into(),
        kind: DocumentKind::Import,
        topic: String::new(),
        name: "rows.csv".to_owned(),
        media_type: "text/csv".to_owned(),
        headers: Vec::new(),
        actor: Actor::System,
        bytes: Vec::new(),
    };
    intake.accept_file(arrival, spooled).await?;
    Ok(())
}

async fn serve(role: Role, url: &str, connectors: &[(String, String)], asleep: &tokio::runtime::Handle) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let rows = match role {
        Role::LimitRaw => limit::Rows::OneRaw,
        Role::LimitWhole => limit::Rows::WholeOrder,
        Role::Accept | Role::Decide | Role::Send | Role::Whole | Role::Import => {
            let core = match role {
                Role::Import => world::open_with(&world::files_config(url, world::NOBODY)).await?,
                _ => world::open(url, connectors).await?,
            };
            let core = Arc::new(core);
            return product(role, core, asleep, listener).await;
        }
    };
    println!("{address}");
    limit::serve(url, rows, world::SECRET, listener).await
}

async fn product(role: Role, core: Arc<Core>, asleep: &tokio::runtime::Handle, listener: TcpListener) -> Result<()> {
    let address = listener.local_addr()?;
    let runner = {
        let _entered = (role == Role::Accept).then(|| asleep.enter());
        Runner::start(Arc::clone(&core))
    };
    // Put together by hand: where nothing is sent, no partner is part of the figure.
    let intake = Intake::start(&core, &runner);
    if matches!(role, Role::Send | Role::Whole) {
        dispatch::start(&core)?;
    }
    let (_handle, served) = web::start(App { core, runner, intake: intake.clone() }, listener)?;
    println!("{address}");
    if role == Role::Import {
        bring(&intake).await?;
    }
    Ok(served.await??)
}
