//! The faults: what each does to a program under load, and what its control breaks so that the campaign must find it.

use super::{
    campaign::{Campaign, Needs},
    database::Kind,
    judge::{Verdict, untold},
    node::Broken,
    postgres::{Hoard, Server},
};
use anyhow::{Context as _, Result};
use std::{io::Write as _, time::Duration};
use tributary::{
    clock::Stopwatch,
    sandbox::{Mode, Partner},
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Kill,
    Drain,
    Same,
    PostgresCrash,
    PostgresStop,
    TwoNodes,
    PartnerDown,
    LostAnswers,
    Garbage,
    Drip,
    DiskFull,
    NoConnections,
}

/// What the control must show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shows {
    Lost,
    Doubled,
    Wrong,
}

impl Shows {
    pub(crate) fn seen(self, verdict: &Verdict) -> bool {
        match self {
            Self::Lost => verdict.lost > 0,
            Self::Doubled => verdict.doubled > 0,
            Self::Wrong => !verdict.wrong.is_empty(),
        }
    }
}

use Fault::*;

pub(crate) const ALL: [(&str, Fault); 12] = [
    ("kill", Kill),
    ("drain", Drain),
    ("same-webhook", Same),
    ("postgres-crash", PostgresCrash),
    ("postgres-stop", PostgresStop),
    ("two-nodes", TwoNodes),
    ("partner-down", PartnerDown),
    ("lost-answers", LostAnswers),
    ("garbage", Garbage),
    ("drip", Drip),
    ("disk-full", DiskFull),
    ("no-connections", NoConnections),
];

/// How long things last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) runs: u64,
    /// Of what lasts: a stop, a full disk, a partner's trouble.
    pub(crate) lasts: Duration,
}

/// MiB of the disk that is filled, beside the program's own 16.
const DISK_MIB: u32 = 48;
/// Time a node may take to end in good order.
const DRAIN: Duration = Duration::from_secs(25);
/// Longer than a delivery's lease and a document's (`Site`).
const PAST_LEASE: Duration = Duration::from_secs(4);
/// Longer than a node waits for a connection.
const GIVEN_UP: Duration = Duration::from_secs(3);
const AT_ONCE: usize = 100;
/// Requests a partner answers badly where a number is given.
const BADLY: u32 = 24;

impl Fault {
    pub(crate) const fn on(self, kind: Kind) -> bool {
        match self {
            PostgresCrash | PostgresStop | TwoNodes | NoConnections => matches!(kind, Kind::Postgres),
            DiskFull => matches!(kind, Kind::Sqlite),
            Kill | Drain | Same | PartnerDown | LostAnswers | Garbage | Drip => true,
        }
    }

    /// Also on PostgreSQL when it is to be quick: what partners do is the same on both.
    pub(crate) const fn is_quick_on(self, kind: Kind) -> bool {
        !matches!((self, kind), (Garbage | Drip, Kind::Postgres))
    }

    /// What it needs; with what its control breaks.
    pub(crate) fn needs(self, control: bool) -> Needs {
        let nodes = if self == TwoNodes { 2 } else { 1 };
        let disk = (self == DiskFull).then_some(DISK_MIB);
        let needs = Needs { nodes, disk, ..Needs::default() };
        if !control {
            return needs;
        }
        let promise = |promise| Needs { broken: Broken { promise: Some(promise), dies_at: None }, ..needs };
        match self {
            Kill => {
                let dies_at = Some("intake.before_commit:8");
                Needs { broken: Broken { promise: Some("ack_before_commit"), dies_at }, ..needs }
            }
            PostgresCrash | PostgresStop | DiskFull | NoConnections => promise("ack_before_commit"),
            Same => promise("take_twice"),
            PartnerDown | Garbage => promise("believe_partners"),
            TwoNodes | LostAnswers | Drip => Needs { forgetful: true, ..needs },
            Drain => needs,
        }
    }

    pub(crate) const fn shows(self) -> Shows {
        match self {
            Kill | PostgresCrash | PostgresStop | DiskFull | NoConnections | PartnerDown | Garbage => Shows::Lost,
            Same | TwoNodes | LostAnswers | Drip => Shows::Doubled,
            Drain => Shows::Wrong,
        }
    }

    /// Does it, as often as `extent` says. Afterwards nothing is broken any more, but for the control of `Kill`.
    pub(crate) async fn inflict(self, to: &mut Campaign, extent: Extent, control: bool) -> Result<()> {
        match self {
            Same => return same(to, extent).await,
            Kill if control => return dies(to).await,
            _ => to.load(),
        }
        for _ in 0..extent.runs {
            to.under_load().await?;
            match self {
                Kill => kill(to).await?,
                Drain => drain(to, control).await?,
                // Away so long that what was acknowledged early is surely given up.
                PostgresCrash if control => postgres(to, GIVEN_UP).await?,
                PostgresCrash => postgres(to, Duration::ZERO).await?,
                PostgresStop => postgres(to, extent.lasts).await?,
                TwoNodes => stopped_node(to).await?,
                PartnerDown => partner(to, Mode::Fail, u32::MAX, extent.lasts).await?,
                Garbage => partner(to, Mode::Garbage, u32::MAX, extent.lasts).await?,
                LostAnswers => partner(to, Mode::ApplyAndLose, BADLY, extent.lasts).await?,
                Drip => partner(to, Mode::Drip, BADLY, extent.lasts).await?,
                DiskFull => full(to, extent.lasts).await?,
                NoConnections => no_connections(to, extent.lasts).await?,
                Same => {}
            }
        }
        to.until_acks(10).await
    }
}

async fn kill(to: &mut Campaign) -> Result<()> {
    to.nodes[0].kill()?;
    let mended = Stopwatch::start();
    to.restart().await?;
    to.heals(mended).await
}

/// The control of kill -9: a node that acknowledges before its commit, and dies before that.
async fn dies(to: &mut Campaign) -> Result<()> {
    to.load();
    to.nodes[0].end(DRAIN).await?.context("it never died")?;
    to.runs += 1;
    Ok(())
}

/// SIGTERM: it ends by itself in time, and everybody whose request it had is answered. The control kills it instead.
async fn drain(to: &mut Campaign, control: bool) -> Result<()> {
    if control {
        to.nodes[0].kill()?;
    } else {
        to.nodes[0].signal("TERM")?;
    }
    match to.nodes[0].end(DRAIN).await? {
        None => to.wrong.push(format!("it did not end within {} s of SIGTERM", DRAIN.as_secs())),
        Some(status) if status.success() => {}
        Some(status) => to.wrong.push(format!("it ended with {status}")),
    }
    // An answer that is on its way reaches the ledger.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let untold = untold(&to.site).await?;
    if untold > 0 {
        to.wrong.push(format!("{untold} documents were stored and their senders not answered"));
    }
    let mended = Stopwatch::start();
    to.restart().await?;
    to.heals(mended).await
}

async fn same(to: &mut Campaign, extent: Extent) -> Result<()> {
    for order in 1..=extent.runs {
        to.same(order, AT_ONCE).await?;
        to.runs += 1;
    }
    Ok(())
}

async fn postgres(to: &mut Campaign, away: Duration) -> Result<()> {
    let server = Server::ours().context("PostgreSQL is not ours to stop")?;
    // Others of this runtime wait meanwhile on purpose or on the server itself.
    tokio::task::block_in_place(|| server.crash())?;
    tokio::time::sleep(away).await;
    tokio::task::block_in_place(|| server.start())?;
    to.heals(Stopwatch::start()).await
}

/// One of two nodes stands still past its leases with calls to the partner under way, and goes on as if nothing were.
async fn stopped_node(to: &mut Campaign) -> Result<()> {
    to.site.partners.faults(Partner::Erp, Mode::Drip, BADLY);
    to.until_acks(10).await?;
    to.nodes[0].signal("STOP")?;
    tokio::time::sleep(PAST_LEASE).await;
    to.nodes[0].signal("CONT")?;
    let mended = Stopwatch::start();
    to.site.partners.faults(Partner::Erp, Mode::Drip, 0);
    to.heals(mended).await
}

async fn partner(to: &mut Campaign, mode: Mode, times: u32, lasts: Duration) -> Result<()> {
    to.site.partners.faults(Partner::Erp, mode, times);
    to.until_acks(10).await?;
    tokio::time::sleep(lasts).await;
    to.site.partners.faults(Partner::Erp, mode, 0);
    to.heals(Stopwatch::start()).await
}

/// A file takes the rest of the disk and goes away again.
async fn full(to: &mut Campaign, lasts: Duration) -> Result<()> {
    let put_off = to.put_off();
    let ballast = to.site.disk.as_ref().context("no disk of its own")?.folder.join("ballast");
    let mut file = std::fs::File::create(&ballast)?;
    let (chunk, watch) = (vec![1_u8; 64 * 1024], Stopwatch::start());
    while watch.elapsed() < lasts {
        // Until the disk is full, and again when the program gave some of it back.
        while file.write_all(&chunk).is_ok() {}
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    if to.put_off() == put_off {
        to.wrong.push("nobody noticed that the disk was full".to_owned());
    }
    drop(file);
    std::fs::remove_file(&ballast)?;
    to.heals(Stopwatch::start()).await
}

async fn no_connections(to: &mut Campaign, lasts: Duration) -> Result<()> {
    let put_off = to.put_off();
    Hoard::take().await?.hold(lasts).await?;
    if to.put_off() == put_off {
        to.wrong.push("nobody noticed that there are no connections".to_owned());
    }
    to.heals(Stopwatch::start()).await
}
