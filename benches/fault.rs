//! The fault campaign: the real program under load, one fault at a time, and what is left of what it acknowledged.
//!
//! `scripts/fault` runs it. What is done, and how to read the table: docs/faults.md.

#![recursion_limit = "256"] // one JSON document of 8 KB in one macro

#[path = "fault/campaign.rs"]
mod campaign;
#[path = "fault/cluster.rs"]
mod cluster;
#[allow(dead_code, reason = "the load bench uses the rest")]
#[path = "load/database.rs"]
mod database;
#[path = "fault/deeds.rs"]
mod deeds;
#[path = "fault/disks.rs"]
mod disks;
#[allow(dead_code, reason = "the load bench uses the rest")]
#[path = "load/documents.rs"]
mod documents;
#[path = "fault/faults.rs"]
mod faults;
#[path = "fault/files.rs"]
mod files;
#[path = "fault/forward.rs"]
mod forward;
#[path = "fault/judge.rs"]
mod judge;
#[path = "fault/ledger.rs"]
mod ledger;
#[allow(dead_code, reason = "the load bench uses the rest")]
#[path = "load/sender.rs"]
mod line;
#[path = "fault/node.rs"]
mod node;
#[path = "fault/permutations.rs"]
mod permutations;
#[path = "fault/postgres.rs"]
mod postgres;
#[path = "fault/record.rs"]
mod record;
#[path = "fault/sender.rs"]
mod sender;
#[path = "fault/site.rs"]
mod site;
#[path = "fault/trace.rs"]
mod trace;
#[allow(dead_code, reason = "the load bench uses the rest")]
#[path = "load/world.rs"]
mod world;

use anyhow::{Context as _, Result, bail};
use campaign::Campaign;
use database::Kind;
use faults::{ALL, Extent, Fault};
use judge::Verdict;
use record::{HEAD, Line, json, row, shown};
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// Times a control is run until it shows what it must.
const CONTROLS: u32 = 3;

/// What was asked for on the command line.
#[derive(Debug, Default)]
struct Asked {
    /// Few runs.
    quick: bool,
    /// The same, of few faults.
    brief: bool,
    only: Option<String>,
    db: Option<String>,
    json: Option<PathBuf>,
    /// Runs of each fault; 0 = as usual.
    runs: u64,
}

impl Asked {
    fn read() -> Result<Self> {
        let mut asked = Self::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => asked.quick = true,
                "--brief" => (asked.quick, asked.brief) = (true, true),
                "--only" => asked.only = Some(value()?),
                "--db" => asked.db = Some(value()?),
                "--json" => asked.json = Some(value()?.into()),
                "--runs" => asked.runs = value()?.parse()?,
                // What cargo adds.
                "--bench" => {}
                _ => bail!(
                    "{word} is unknown; there are --quick, --brief, --only NAME, --db sqlite|postgres, --runs N, --json FILE"
                ),
            }
        }
        let names = ALL.map(|(name, _)| name);
        match &asked.only {
            Some(name) if !names.contains(&name.as_str()) => bail!("--only knows {}", names.join(", ")),
            _ => Ok(asked),
        }
    }

    fn extent(&self, fault: Fault) -> Extent {
        let usual = fault.extent(self.quick);
        if self.runs > 0 { Extent { runs: self.runs, ..usual } } else { usual }
    }

    fn wants(&self, name: &str, fault: Fault, kind: Kind) -> bool {
        let is_left_out = match (&self.only, self.brief, self.quick) {
            (Some(only), ..) => only != name,
            (None, true, _) => !fault.is_brief_on(kind),
            (None, false, true) => !fault.is_quick_on(kind),
            (None, false, false) => false,
        };
        fault.on(kind) && !is_left_out && self.db.as_deref().is_none_or(|db| db == kind.name())
    }
}

fn main() -> Result<ExitCode> {
    let asked = Asked::read()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let lines = runtime.block_on(all(&asked));
    if let Some(path) = &asked.json {
        std::fs::write(path, json(&lines)?).with_context(|| path.display().to_string())?;
    }
    let bad = lines.iter().filter(|line| !line.is_good()).count();
    println!("{} campaigns, {bad} failed", lines.len());
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// In order; when it is to be quick what is done to the common PostgreSQL at the same time as the rest.
async fn all(asked: &Asked) -> Vec<Line> {
    println!("{HEAD}");
    let faults = |kind: Kind, is_apart: bool| {
        let wanted =
            move |(name, fault): &(&str, Fault)| fault.is_apart() == is_apart && asked.wants(name, *fault, kind);
        ALL.into_iter().filter(wanted).map(move |(name, fault)| (name, fault, kind))
    };
    let one = faults(Kind::Sqlite, false).chain(faults(Kind::Postgres, true)).collect();
    let (one, other) = (lane(asked, one), lane(asked, faults(Kind::Postgres, false).collect()));
    let (mut lines, more) = if asked.quick { tokio::join!(one, other) } else { (one.await, other.await) };
    lines.extend(more);
    lines
}

/// One fault at a time.
async fn lane(asked: &Asked, faults: Vec<(&'static str, Fault, Kind)>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, fault, kind) in faults {
        if let Some(why) = missing(fault, kind).await {
            println!("{name:<15} {:<8}  skipped: {why}", kind.name());
            continue;
        }
        // One that cannot go on fails; the others are still asked.
        let line = one(asked, name, fault, kind).await.unwrap_or_else(|error| Line::broken(name, kind.name(), &error));
        println!("{}", row(&line));
        lines.push(line);
    }
    lines
}

/// What is not here that the fault needs.
async fn missing(fault: Fault, kind: Kind) -> Option<String> {
    if kind == Kind::Postgres && database::postgres().is_none() {
        return Some("there is no PostgreSQL".to_owned());
    }
    let private = postgres::Server::ours();
    if kind == Kind::Postgres && fault.breaks_postgres() && private.is_none() {
        return Some("this PostgreSQL is not ours to break".to_owned());
    }
    match fault {
        Fault::DiskFull | Fault::PostgresFull => {
            let folder = || database::folder().and_then(|folder| site::Disk::mount(folder.path().join("disk"), 1));
            folder().err().map(|error| format!("no disk of its own can be had: {error}"))
        }
        Fault::FsyncError | Fault::FsyncSlow => trace::Trace::missing().await,
        _ => None,
    }
}

/// A fault and its control, each on a new database.
async fn one(asked: &Asked, name: &'static str, fault: Fault, kind: Kind) -> Result<Line> {
    let extent = asked.extent(fault);
    let told = || format!("{name} on {}", kind.name());
    let (campaign, verdict) = campaign(fault, kind, extent, false).await.with_context(told)?;
    let mut line = Line {
        runs: campaign.runs,
        acks: campaign.acks(),
        lost: verdict.lost,
        doubled: verdict.doubled,
        wrong: verdict.wrong,
        notes: campaign.notes.clone(),
        heal_s: campaign.heal,
        drain_s: campaign.drain,
        ..Line::new(name, kind.name())
    };
    campaign.remove().await?;
    let runs = if fault == Fault::Permutations { extent.runs } else { 1 };
    let once = Extent { runs, lasts: extent.lasts.min(Duration::from_secs(3)) };
    // Whether it shows at once may hang on a moment; a control that has to show it again has not lost its worth.
    for _ in 0..CONTROLS {
        let (control, verdict) =
            self::campaign(fault, kind, once, true).await.with_context(|| told() + ", the control")?;
        control.remove().await?;
        line.control_failed_as_it_must = fault.shows(kind).seen(&verdict);
        line.control = shown(&verdict);
        if line.control_failed_as_it_must {
            break;
        }
    }
    Ok(line)
}

async fn campaign(fault: Fault, kind: Kind, extent: Extent, control: bool) -> Result<(Campaign, Verdict)> {
    let mut campaign = Campaign::prepare(kind, fault.needs(kind, control)).await?;
    fault.inflict(&mut campaign, extent, control).await?;
    let heal = !(control && fault.control_stays_broken());
    campaign.judged(heal).await
}
