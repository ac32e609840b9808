//! T11: the change feed, read by one poller from the beginning, and by ten of them beside full load.

use super::{
    Asked, CONNECTIONS, at_most,
    child::{Role, Running},
    database::{Database, EVENTS, Kind, Look, RELEASED},
    documents,
    record::{Run, Wanted},
    say,
    sender::{Line, send},
    world,
};
use anyhow::{Context as _, Result, bail};
use model::time::Instant;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;
use tributary::{
    clock::Stopwatch,
    keys,
    store::{
        Lane,
        keys::{ApiKey, create},
    },
};

const POLLERS: usize = 10;
/// Rounds without and with pollers, in turns: what the machine does meanwhile hits both alike.
const ROUNDS: u64 = 2;
/// Time after the load in which the pollers must have heard everything, and between two looks whether they have.
const STILL: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);
/// Events of one page asked for.
const LIMIT: u32 = 5000;

/// All of T11 on one database.
pub(crate) async fn measure(asked: &Asked, kind: Kind) -> Result<Vec<Run>> {
    say(&format!("{}: the change feed", kind.name()));
    let database = Database::fresh(kind).await?;
    world::fill(&database.url, documents::SKUS).await?;
    let key = key(&database.url).await?;
    let server = Running::start(Role::Decide, &database.url)?;
    let mut look = database.look().await?;
    let each = asked.orders() / 4;
    let mut known = 0;
    let warm = load(&server, &mut look, &mut known, each).await?;
    say(&format!("   {each} orders to warm up: {:.0}/s", warm.rate));
    let (mut without, mut with) = (Load::default(), Load::default());
    for _ in 0..ROUNDS {
        without.add(&load(&server, &mut look, &mut known, each).await?);
        let heard = Arc::new(AtomicU64::new(0));
        let before = look.number(EVENTS).await?;
        let mut pollers = pollers(server.address, &key, &heard).await?;
        with.add(&load(&server, &mut look, &mut known, each).await?);
        let meanwhile = heard.load(Ordering::Relaxed);
        let all = POLLERS as u64 * (look.number(EVENTS).await? - before);
        until_heard(&mut pollers, &heard, all).await?;
        pollers.shutdown().await;
        say(&format!("   {POLLERS} pollers heard {meanwhile} events meanwhile, and {all} in all"));
    }
    say(&format!(
        "   an order took {:.0} us of the server's processor time without pollers, {:.0} with",
        without.processor / ROUNDS as f64,
        with.processor / ROUNDS as f64
    ));
    let mut runs = vec![history(&server, &mut look, kind, &key).await?];
    let beside = at_most(kind, "T11", "orders decided beside 10 pollers", with.rate / ROUNDS as f64, "orders/s", 0.0);
    runs.push(beside.against(without.rate / ROUNDS as f64, 0.90));
    drop((look, server));
    database.remove().await?;
    Ok(runs)
}

/// A key that may read the feed.
async fn key(url: &str) -> Result<String> {
    let core = world::open(url, &[]).await?;
    let made = keys::make(&core.pepper);
    let key = ApiKey {
        id: made.id.clone(),
        user: "erp".into(),
        role: "erp".into(),
        channel: None,
        secret_hash: made.hash.to_vec(),
        created_at: Instant(0),
        expires_at: None,
        revoked_at: None,
    };
    let tx = core.store.begin(Lane::Work).await?;
    create(&tx, &key).await?;
    tx.commit().await?;
    core.store.close().await?;
    Ok(made.text)
}

/// Orders decided a second, and the server's processor time of one, microseconds.
#[derive(Debug, Default)]
struct Load {
    rate: f64,
    processor: f64,
}

impl Load {
    fn add(&mut self, other: &Self) {
        self.rate += other.rate;
        self.processor += other.processor;
    }
}

async fn load(server: &Running, look: &mut Look, known: &mut u64, count: u64) -> Result<Load> {
    let requests = Arc::new(documents::webhooks(world::SECRET, 1 + *known, count)?);
    let (worked, watch) = (server.processor_seconds(), Stopwatch::start());
    send(server.address, &requests, CONNECTIONS).await?;
    *known += count;
    look.until_released(*known).await?;
    let rate = count as f64 / watch.elapsed().as_secs_f64();
    Ok(Load { rate, processor: (server.processor_seconds() - worked) * 1e6 / count as f64 })
}

/// Pollers that follow the feed, each from where it stands now.
async fn pollers(server: SocketAddr, key: &str, heard: &Arc<AtomicU64>) -> Result<JoinSet<Result<()>>> {
    let mut end = Poller::open(server, key).await?;
    while end.turn("").await? > 0 {}
    let mut pollers = JoinSet::new();
    for _ in 0..POLLERS {
        let mut poller = Poller { next: end.next.clone(), ..Poller::open(server, key).await? };
        let heard = Arc::clone(heard);
        pollers.spawn(async move {
            loop {
                heard.fetch_add(poller.turn("&wait=30").await? as u64, Ordering::Relaxed);
            }
        });
    }
    Ok(pollers)
}

/// Waits until the pollers have heard everything; none of them may end.
async fn until_heard(pollers: &mut JoinSet<Result<()>>, heard: &AtomicU64, all: u64) -> Result<()> {
    let watch = Stopwatch::start();
    while heard.load(Ordering::Relaxed) < all {
        if let Some(ended) = pollers.try_join_next() {
            ended?.context("a poller gave up")?;
        }
        if watch.elapsed() > STILL {
            bail!("the pollers heard {} of {all} events", heard.load(Ordering::Relaxed));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// One poller from the beginning to the end; it must hear every event.
async fn history(server: &Running, look: &mut Look, kind: Kind, key: &str) -> Result<Run> {
    let released = look.number(RELEASED).await?;
    let mut poller = Poller::open(server.address, key).await?;
    let (worked, watch) = (server.processor_seconds(), Stopwatch::start());
    let mut heard = 0;
    loop {
        match poller.turn("").await? {
            0 => break,
            some => heard += some,
        }
    }
    let seconds = watch.elapsed().as_secs_f64();
    let written = look.number(EVENTS).await?;
    if heard as u64 != written {
        bail!("the poller heard {heard} of {written} events");
    }
    let value = heard as f64 / seconds;
    let each = (server.processor_seconds() - worked) * 1e6 / heard as f64;
    say(&format!(
        "   one poller heard {heard} events at {value:.0}/s, {each:.1} us of the server's processor time each"
    ));
    Ok(Run {
        db: kind.name(),
        target: "T11",
        what: "events read by one poller",
        value,
        unit: "events/s",
        wanted: Some(Wanted::AtLeast(50_000.0)),
        rss_mib: server.memory_mib("VmHWM"),
        orders: Some(released),
        ..Run::default()
    })
}

/// Keeps `next` and comes back with it.
struct Poller {
    line: Line,
    key: String,
    next: String,
}

impl Poller {
    async fn open(server: SocketAddr, key: &str) -> Result<Self> {
        Ok(Self { line: Line::open(server).await?, key: key.to_owned(), next: String::new() })
    }

    /// Asks once; gives the number of events heard.
    async fn turn(&mut self, more: &str) -> Result<usize> {
        let request = format!(
            "GET /v1/changes?limit={LIMIT}&after={}{more} HTTP/1.1\r\nhost: tributary\r\nauthorization: Bearer {}\r\n\r\n",
            self.next, self.key
        );
        self.line.exchange(request.as_bytes()).await?;
        let body = self.line.body();
        let end = body.strip_suffix(b"\"}").context("a page without an end")?;
        let at = end.iter().rposition(|byte| *byte == b'"').context("a page without a cursor")?;
        self.next = String::from_utf8(end[at + 1..].to_vec())?;
        // Not parsed, so that the poller costs the machine little: each item begins like this, and data never does.
        Ok(body.windows(ITEM.len()).filter(|window| *window == ITEM).count())
    }
}

const ITEM: &[u8] = b"{\"cursor\":";
