//! The load bench: what the product does on this machine, beside what the machine can do, taken in the same run.
//!
//! `scripts/bench` runs it. Figures and their meaning: docs/performance.md.

#![recursion_limit = "256"] // one JSON document of 8 KB in one macro

#[path = "load/calm.rs"]
mod calm;
#[path = "load/child.rs"]
mod child;
#[path = "load/copies.rs"]
mod copies;
#[path = "load/database.rs"]
mod database;
#[path = "load/dispatch.rs"]
mod dispatch;
#[path = "load/documents.rs"]
mod documents;
#[path = "load/feed.rs"]
mod feed;
#[path = "load/files.rs"]
mod files;
#[path = "load/growth.rs"]
mod growth;
mod limit;
#[path = "load/open.rs"]
mod open;
#[path = "load/partner.rs"]
mod partner;
#[path = "load/pure.rs"]
mod pure;
#[path = "load/record.rs"]
mod record;
#[path = "load/sender.rs"]
mod sender;
#[path = "load/world.rs"]
mod world;

use anyhow::{Context as _, Result, bail};
use child::{Role, Running};
use database::{DELIVERIES, Database, EVENTS, Kind, LAST, Look, RELEASED};
use record::{Run, Wanted};
use sender::{Line, Sent, quantile_ms, send};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tributary::clock::Stopwatch;

/// Keep-alive connections of the closed loop.
const CONNECTIONS: usize = 256;
/// Orders sent before a figure is taken.
const WARM_UP: u64 = 1000;
/// Documents sent before T1 is taken: what waits to be decided, as nothing is, is full then and costs no more.
const FILL_UP: u64 = 6000;
/// Names `--only` knows.
const NAMES: [&str; 15] =
    ["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "T13", "fair", "overload"];

/// What was asked for on the command line.
#[derive(Debug, Default)]
struct Asked {
    quick: bool,
    only: Option<String>,
    db: Option<String>,
    json: Option<PathBuf>,
    /// Orders of T1, T2 and T7; 0 = as usual.
    orders: u64,
    role: Option<String>,
}

impl Asked {
    fn read() -> Result<Self> {
        let mut asked = Self::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => asked.quick = true,
                "--only" => asked.only = Some(value()?),
                "--db" => asked.db = Some(value()?),
                "--json" => asked.json = Some(value()?.into()),
                "--orders" => asked.orders = value()?.parse()?,
                "--role" => asked.role = Some(value()?),
                // What cargo adds.
                "--bench" => {}
                _ => bail!(
                    "{word} is unknown; there are --quick, --only NAME, --db sqlite|postgres, --orders N, --json FILE"
                ),
            }
        }
        match &asked.only {
            Some(name) if !NAMES.contains(&name.as_str()) => bail!("--only knows {}", NAMES.join(", ")),
            _ => Ok(asked),
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == name)
    }

    fn orders(&self) -> u64 {
        match (self.orders, self.quick) {
            (0, true) => 20_000,
            (0, false) => 60_000,
            (n, _) => n,
        }
    }

    fn databases(&self) -> Vec<Kind> {
        let wanted = |kind: &Kind| self.db.as_deref().is_none_or(|db| db == kind.name());
        let mut kinds = vec![Kind::Sqlite];
        if database::postgres().is_some() {
            kinds.push(Kind::Postgres);
        }
        kinds.retain(wanted);
        kinds
    }
}

fn main() -> Result<()> {
    let asked = Asked::read()?;
    if let Some(role) = &asked.role {
        if role == files::READ {
            return files::play(&child::line()?);
        }
        return child::play(role);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let runs = runtime.block_on(measure(&asked))?;
    println!("\n{}", record::table(&runs));
    if let Some(path) = &asked.json {
        std::fs::write(path, record::json(&runs)?).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

async fn measure(asked: &Asked) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    if asked.wants("T8") {
        say("deciding in memory");
        runs.extend(pure::measure()?);
    }
    if asked.wants("T5") {
        say("reading a CSV");
        runs.push(files::csv_read(asked.quick)?);
    }
    if asked.wants("T6") {
        say("reading a workbook");
        runs.push(files::xlsx_read(asked.quick)?);
    }
    for kind in asked.databases() {
        if asked.wants("T7") {
            runs.extend(files::imported(asked.quick, asked.orders, kind).await?);
        }
        if asked.wants("T1") {
            runs.push(accept(asked, kind).await?);
        }
        if asked.wants("T2") || asked.wants("T3") || asked.wants("T13") {
            runs.extend(river(asked, kind).await?);
        }
        if asked.wants("T11") {
            runs.extend(feed::measure(asked, kind).await?);
        }
        if asked.wants("T12") {
            runs.extend(dispatch::measure(asked, kind).await?);
        }
        if asked.wants("T9") || asked.wants("T10") {
            runs.extend(growth::measure(asked, kind).await?);
        }
        runs.extend(calm::measure(asked, kind).await?);
    }
    Ok(runs)
}

fn say(what: &str) {
    println!("-- {what}");
}

/// The rate of the bare pipe, and of the acknowledgements.
async fn limit(asked: &Asked, kind: Kind, role: Role) -> Result<f64> {
    say(&format!("{}: the bare pipe, {role:?}", kind.name()));
    let database = Database::fresh(kind).await?;
    let server = Running::start(role, &database.url)?;
    let sent = burst(&server, asked.orders()).await?;
    say(&format!(
        "   {:.0}/s, p50 {:.1} ms; each took {:.0} us of processor time and {:.1} KiB of writing",
        sent.per_second(),
        quantile_ms(&sent.waits, 500),
        server.processor_seconds() * 1e6 / (asked.orders() + FILL_UP) as f64,
        server.written_kib() / (asked.orders() + FILL_UP) as f64
    ));
    drop(server);
    database.remove().await?;
    Ok(sent.per_second())
}

/// Sends `count` new orders, after others that warm up.
async fn burst(server: &Running, count: u64) -> Result<Sent> {
    let warm = Arc::new(documents::webhooks(world::SECRET, 1, FILL_UP)?);
    let requests = Arc::new(documents::webhooks(world::SECRET, 1 + FILL_UP, count)?);
    send(server.address, &warm, CONNECTIONS).await?;
    send(server.address, &requests, CONNECTIONS).await
}

/// T1: nothing behind the acknowledgement runs.
async fn accept(asked: &Asked, kind: Kind) -> Result<Run> {
    let limit = limit(asked, kind, Role::LimitRaw).await?;
    say(&format!("{}: accept", kind.name()));
    let database = Database::fresh(kind).await?;
    world::fill(&database.url, documents::SKUS).await?;
    let server = Running::start(Role::Accept, &database.url)?;
    let sent = burst(&server, asked.orders()).await?;
    let run = Run {
        db: kind.name(),
        target: "T1",
        what: "durable accept",
        value: sent.per_second(),
        unit: "documents/s",
        p50_ms: Some(quantile_ms(&sent.waits, 500)),
        p99_ms: Some(quantile_ms(&sent.waits, 990)),
        rss_mib: server.memory_mib("VmHWM"),
        orders: Some(asked.orders()),
        ..Run::default()
    };
    drop(server);
    database.remove().await?;
    Ok(run.against(limit, 0.70))
}

/// T13, T3 and T2 on one server, from its start to its last decision.
async fn river(asked: &Asked, kind: Kind) -> Result<Vec<Run>> {
    let bare = if asked.wants("T2") { Some(limit(asked, kind, Role::LimitWhole).await?) } else { None };
    say(&format!("{}: the whole river", kind.name()));
    let database = Database::fresh(kind).await?;
    world::fill(&database.url, documents::SKUS).await?;
    let server = Running::start(Role::Decide, &database.url)?;
    let mut runs = Vec::new();
    let began = began(&server).await?;
    if asked.wants("T13") {
        tokio::time::sleep(Duration::from_secs(2)).await;
        runs.push(at_most(kind, "T13", "start to first 2xx", began, "s", 0.5));
        runs.push(at_most(kind, "T13", "idle memory", server.memory_mib("VmRSS").unwrap_or(0.0), "MiB", 40.0));
    }
    let mut look = database.look().await?;
    let alone = if asked.quick { 100 } else { 300 };
    if asked.wants("T3") {
        runs.extend(lone(&server, &mut look, kind, alone).await?);
    }
    if let Some(bare) = bare {
        let known = look.number(RELEASED).await?;
        runs.push(decided(asked, &server, &mut look, kind, known).await?.against(bare, 0.40));
    }
    drop((look, server));
    database.remove().await?;
    Ok(runs)
}

fn at_most(kind: Kind, target: &'static str, what: &'static str, value: f64, unit: &'static str, most: f64) -> Run {
    let wanted = Some(Wanted::AtMost(most));
    Run { db: kind.name(), target, what, value, unit, wanted, ..Run::default() }
}

/// Seconds from the process's start until it answers.
async fn began(server: &Running) -> Result<f64> {
    let mut line = Line::open(server.address).await?;
    line.exchange(b"GET /health/ready HTTP/1.1\r\nhost: tributary\r\n\r\n").await?;
    Ok(server.watch.elapsed().as_secs_f64())
}

/// T3: one webhook at a time, nothing else going on.
async fn lone(server: &Running, look: &mut Look, kind: Kind, count: u64) -> Result<Vec<Run>> {
    say(&format!("{}: {count} webhooks, one at a time", kind.name()));
    let first = 1_000_000_000;
    let requests = documents::webhooks(world::SECRET, first, count)?;
    let mut line = Line::open(server.address).await?;
    let (mut acked, mut decided) = (Vec::new(), Vec::new());
    let known = look.number(RELEASED).await?;
    for request in &requests {
        let before = look.number(LAST).await?;
        let watch = Stopwatch::start();
        line.exchange(request).await?;
        acked.push(u32::try_from(watch.micros())?);
        // All events of an order come with its commit.
        while look.number(LAST).await? == before {
            tokio::task::yield_now().await;
        }
        decided.push(u32::try_from(watch.micros())?);
    }
    look.until_released(known + count).await?;
    acked.sort_unstable();
    decided.sort_unstable();
    let run = |what, waits: &[u32], value: f64, unit, most| Run {
        db: kind.name(),
        target: "T3",
        what,
        value,
        unit,
        wanted: Some(Wanted::AtMost(most)),
        p50_ms: Some(quantile_ms(waits, 500)),
        p99_ms: Some(quantile_ms(waits, 990)),
        orders: Some(count),
        ..Run::default()
    };
    Ok(vec![
        run("lone webhook to acknowledgement", &acked, quantile_ms(&acked, 500), "ms p50", 2.0),
        run("lone webhook to decided", &decided, quantile_ms(&decided, 990), "ms p99", 25.0),
    ])
}

/// T2: from the first byte sent to the last order decided.
async fn decided(asked: &Asked, server: &Running, look: &mut Look, kind: Kind, known: u64) -> Result<Run> {
    let count = asked.orders();
    let warm = Arc::new(documents::webhooks(world::SECRET, 1, WARM_UP)?);
    let requests = Arc::new(documents::webhooks(world::SECRET, 1 + WARM_UP, count)?);
    send(server.address, &warm, CONNECTIONS).await?;
    look.until_released(known + WARM_UP).await?;
    let (deliveries, events) = (look.number(DELIVERIES).await?, look.number(EVENTS).await?);
    say(&format!("{}: {count} orders over {CONNECTIONS} connections", kind.name()));
    let (written, worked) = (server.written_kib(), server.processor_seconds());
    let watch = Stopwatch::start();
    let sent = send(server.address, &requests, CONNECTIONS).await?;
    say(&format!("   all acknowledged after {:.1} s ({:.0}/s)", sent.seconds, sent.per_second()));
    look.until_released(known + WARM_UP + count).await?;
    let seconds = watch.elapsed().as_secs_f64();
    say(&format!(
        "   each took {:.0} us of the server's processor time and {:.1} KiB of its writing",
        (server.processor_seconds() - worked) * 1e6 / count as f64,
        (server.written_kib() - written) / count as f64
    ));
    let deliveries = look.number(DELIVERIES).await? - deliveries;
    let events = look.number(EVENTS).await? - events;
    say(&format!(
        "   all decided after {seconds:.1} s: {events} events, {deliveries} deliveries, {} put off",
        sent.put_off
    ));
    if deliveries != 2 * count {
        bail!("{count} orders have {deliveries} deliveries, not two each");
    }
    Ok(Run {
        db: kind.name(),
        target: "T2",
        what: "decided orders",
        value: count as f64 / seconds,
        unit: "orders/s",
        p50_ms: Some(quantile_ms(&sent.waits, 500)),
        p99_ms: Some(quantile_ms(&sent.waits, 990)),
        rss_mib: server.memory_mib("VmHWM"),
        orders: Some(count),
        ..Run::default()
    })
}
