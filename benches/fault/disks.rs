//! What is done to the disk below a program under load.

use super::{campaign::Campaign, database::Kind, line::quantile_ms, postgres::Server, trace};
use anyhow::{Context as _, Result};
use std::{io::Write as _, time::Duration};
use tributary::clock::Stopwatch;

/// Time in which a node ends whose disk has failed; and in which the control, which goes on, is seen to do so.
const ENDS: Duration = Duration::from_secs(60);
const GOES_ON: Duration = Duration::from_secs(5);
/// What the program's own end says: it cannot go on.
const FAILURE: i32 = 1;
/// An fsync takes so much longer, microseconds.
const SLOW: &str = "delay_exit=200000";
/// The first fsync of every thread fails.
const FAILS: &str = "error=EIO:when=1";

/// A file takes the rest of the disk and goes away again.
pub(super) async fn full(to: &mut Campaign, lasts: Duration) -> Result<()> {
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
    up_again(to).await?;
    to.heals(Stopwatch::start()).await
}

/// PostgreSQL comes back by itself, or is started again when it gave up.
async fn up_again(to: &Campaign) -> Result<()> {
    let Some(own) = &to.site.own else { return Ok(()) };
    tokio::task::block_in_place(|| if own.server.runs() { Ok(()) } else { own.server.start() })
}

/// Nobody knows any more what is on the disk: the program must end, so that it is started again.
pub(super) async fn fsync_error(to: &mut Campaign, lasts: Duration, control: bool) -> Result<()> {
    if to.site.kind == Kind::Postgres {
        return postgres_fsync_error(to, lasts).await;
    }
    let bad = trace::Trace::attach(&[to.nodes[0].pid()], FAILS).await?;
    let ended = to.nodes[0].end(if control { GOES_ON } else { ENDS }).await?;
    drop(bad);
    let mended = Stopwatch::start();
    match ended {
        None => to.wrong.push("it went on after a failed fsync".to_owned()),
        Some(status) if status.code() == Some(FAILURE) => to.restart().await?,
        Some(status) => {
            to.wrong.push(format!("it ended with {status}"));
            to.restart().await?;
        }
    }
    to.heals(mended).await
}

async fn postgres_fsync_error(to: &mut Campaign, lasts: Duration) -> Result<()> {
    let server = Server::ours().context("PostgreSQL is not ours to break")?;
    let bad = trace::Trace::attach(&trace::family(server.postmaster()?)?, FAILS).await?;
    tokio::time::sleep(lasts).await;
    drop(bad);
    tokio::task::block_in_place(|| {
        if server.runs() {
            server.crash()?;
        }
        server.start()
    })?;
    to.heals(Stopwatch::start()).await
}

pub(super) async fn fsync_slow(to: &mut Campaign, lasts: Duration) -> Result<()> {
    let processes = match to.site.kind {
        Kind::Sqlite => vec![to.nodes[0].pid()],
        Kind::Postgres => trace::family(Server::ours().context("PostgreSQL is not ours to slow down")?.postmaster()?)?,
    };
    let before = to.p99();
    let slow = trace::Trace::attach(&processes, SLOW).await?;
    to.until_acks(10).await?;
    tokio::time::sleep(lasts).await;
    let during = to.p99();
    drop(slow);
    to.notes
        .push(format!("p99 of an acknowledgement: {before:.0} ms, {during:.0} ms while each fsync took 200 ms longer"));
    to.heals(Stopwatch::start()).await
}

impl Campaign {
    /// Milliseconds in which 99 of 100 acknowledgements came since this was asked last.
    fn p99(&self) -> f64 {
        let mut waits: Vec<u32> = self.senders.iter().flat_map(|sender| sender.told.take_waits()).collect();
        waits.sort_unstable();
        quantile_ms(&waits, 990)
    }
}
