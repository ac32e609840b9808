//! What is done to a program under load; its disk has its own file.

use super::{
    campaign::Campaign,
    faults::Extent,
    files::Files,
    judge::untold,
    permutations,
    postgres::{Hoard, Server},
};
use anyhow::{Context as _, Result};
use std::time::Duration;
use tributary::{
    clock::Stopwatch,
    crash, entropy,
    sandbox::{Mode, Partner},
};

/// Time a node may take to end in good order.
const DRAIN: Duration = Duration::from_secs(25);
/// Longer than a delivery's lease and a document's (`Site`).
const PAST_LEASE: Duration = Duration::from_secs(4);
/// Longer than a node waits for a connection.
pub(super) const GIVEN_UP: Duration = Duration::from_secs(3);
const AT_ONCE: usize = 100;
/// Requests a partner answers badly where a number is given.
pub(super) const BADLY: u32 = 24;
/// Time in which a node comes to a crash point.
const COMES: Duration = Duration::from_secs(60);

pub(super) async fn kill(to: &mut Campaign) -> Result<()> {
    to.nodes[0].kill()?;
    let mended = Stopwatch::start();
    to.restart().await?;
    to.heals(mended).await
}

/// The control of kill -9: a node that acknowledges before its commit, and dies before that.
pub(super) async fn dies(to: &mut Campaign) -> Result<()> {
    to.load();
    to.nodes[0].end(DRAIN).await?.context("it never died")?;
    to.runs += 1;
    Ok(())
}

/// SIGTERM: it ends by itself in time, and everybody whose request it had is answered. The control kills it instead.
pub(super) async fn drain(to: &mut Campaign, control: bool) -> Result<()> {
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

pub(super) async fn same(to: &mut Campaign, extent: Extent) -> Result<()> {
    for order in 1..=extent.runs {
        to.same(order, AT_ONCE).await?;
        to.runs += 1;
    }
    Ok(())
}

pub(super) async fn postgres(to: &mut Campaign, away: Duration) -> Result<()> {
    let server = Server::ours().context("PostgreSQL is not ours to stop")?;
    // Others of this runtime wait meanwhile on purpose or on the server itself.
    tokio::task::block_in_place(|| server.crash())?;
    tokio::time::sleep(away).await;
    tokio::task::block_in_place(|| server.start())?;
    to.heals(Stopwatch::start()).await
}

/// One of two nodes stands still past its leases with calls to the partner under way, and goes on as if nothing were.
pub(super) async fn stopped_node(to: &mut Campaign) -> Result<()> {
    to.site.partners.faults(Partner::Erp, Mode::Drip, BADLY);
    to.until_acks(10).await?;
    to.nodes[0].signal("STOP")?;
    tokio::time::sleep(PAST_LEASE).await;
    to.nodes[0].signal("CONT")?;
    let mended = Stopwatch::start();
    to.site.partners.faults(Partner::Erp, Mode::Drip, 0);
    to.heals(mended).await
}

pub(super) async fn partner(to: &mut Campaign, mode: Mode, times: u32, lasts: Duration) -> Result<()> {
    to.site.partners.faults(Partner::Erp, mode, times);
    to.until_acks(10).await?;
    tokio::time::sleep(lasts).await;
    to.site.partners.faults(Partner::Erp, mode, 0);
    to.heals(Stopwatch::start()).await
}

pub(super) async fn no_connections(to: &mut Campaign, lasts: Duration) -> Result<()> {
    let put_off = to.put_off();
    Hoard::take().await?.hold(lasts).await?;
    if to.put_off() == put_off {
        to.wrong.push("nobody noticed that there are no connections".to_owned());
    }
    to.heals(Stopwatch::start()).await
}

/// A node that dies at each crash point there is, while everything comes that may come; the list is the program's own.
pub(super) async fn commit_points(to: &mut Campaign) -> Result<()> {
    if to.files.is_none() {
        to.files = Some(Files::start(&to.site, to.site.nodes[0].1).await?);
    }
    for point in crash::POINTS {
        to.nodes[0].kill()?;
        to.launch_dying(point, 1 + entropy::below(2))?;
        match to.nodes[0].end(COMES).await? {
            Some(status) if status.code().is_none() => {}
            Some(status) => to.wrong.push(format!("it ended with {status} before {point}")),
            None => to.wrong.push(format!("it never came to {point}")),
        }
        let mended = Stopwatch::start();
        to.restart().await?;
        to.heals(mended).await?;
    }
    Ok(())
}

/// The primary dies, and its standby takes over. Of the control the standby has heard nothing for a while.
pub(super) async fn standby(to: &mut Campaign, control: bool) -> Result<()> {
    let pair = to.site.pair.as_mut().context("there is no pair")?;
    pair.protect().await?;
    if control {
        pair.cut_off().await?;
        to.until_acks(10).await?;
    }
    let mended = Stopwatch::start();
    let pair = to.site.pair.as_mut().context("there is no pair")?;
    tokio::task::block_in_place(|| pair.fail_over())?;
    to.heals(mended).await
}

pub(super) async fn permutations(to: &mut Campaign, runs: u64, control: bool) -> Result<()> {
    permutations::inflict(to, runs, control).await
}
