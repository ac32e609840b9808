//! How calm the house stays: waits below the peak (T4), a channel beside one that floods and beside a large file, and a burst.

use super::{
    Asked, CONNECTIONS,
    child::{Role, Running},
    database::{Database, Kind, Look, RELEASED},
    documents,
    open::{Came, arrive},
    record::{Run, Wanted},
    say,
    sender::{Line, quantile_ms, send},
    world,
};
use anyhow::{Result, ensure};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tributary::clock::Stopwatch;

/// Orders of the closed loop that finds the peak.
const PEAK_ORDERS: u64 = 6000;
/// Share of the peak that is asked of T4.
const SHARE: f64 = 0.6;
/// Orders a second of the quiet channel, and of the one that floods.
const QUIET: f64 = 20.0;
const FLOOD: f64 = 2000.0;
/// Rows of the file beside which the quiet channel is measured; each is an order.
const ROWS: usize = 50_000;
/// How much more than the peak a burst brings, and over how many connections.
const BURST: f64 = 10.0;
const BURST_CONNECTIONS: usize = 3000;
/// Pause between two looks at how far the quiet channel is.
const LOOK: Duration = Duration::from_millis(1);

const SECONDS_LONG: u64 = 15;
const SECONDS_QUICK: u64 = 8;
const BURST_SECONDS: u64 = 2;

/// A house in motion.
struct House {
    kind: Kind,
    database: Database,
    server: Running,
    look: Look,
    key: String,
    /// Number of the next order.
    next: u64,
    seconds: u64,
}

impl House {
    async fn open(asked: &Asked, kind: Kind) -> Result<Self> {
        let database = Database::fresh(kind).await?;
        world::fill(&database.url, documents::SKUS).await?;
        let key = world::key(&database.url).await?;
        let server = Running::start(Role::Decide, &database.url)?;
        let look = database.look().await?;
        let seconds = if asked.quick { SECONDS_QUICK } else { SECONDS_LONG };
        Ok(Self { kind, database, server, look, key, next: 1, seconds })
    }

    async fn close(self) -> Result<()> {
        drop((self.look, self.server));
        self.database.remove().await
    }

    fn orders(&mut self, channel: &str, count: u64) -> Result<Arc<Vec<Vec<u8>>>> {
        let first = self.next;
        self.next += count;
        Ok(Arc::new(documents::webhooks_of(channel, world::SECRET, first, count)?))
    }

    /// Decided orders a second, everything decided before it returns.
    async fn peak(&mut self) -> Result<f64> {
        for count in [PEAK_ORDERS / 4, PEAK_ORDERS] {
            let (requests, known) = (self.orders(world::CHANNEL, count)?, self.look.number(RELEASED).await?);
            let watch = Stopwatch::start();
            send(self.server.address, &requests, CONNECTIONS).await?;
            self.look.until_released(known + count).await?;
            if count == PEAK_ORDERS {
                let peak = count as f64 / watch.elapsed().as_secs_f64();
                say(&format!("   peak {peak:.0} decided orders/s"));
                return Ok(peak);
            }
        }
        Ok(0.0)
    }

    fn run(&self, target: &'static str, what: &'static str, value: f64, unit: &'static str) -> Run {
        Run { db: self.kind.name(), target, what, value, unit, ..Run::default() }
    }
}

/// T4, then the channel beside others, then the burst: what was asked for.
pub(crate) async fn measure(asked: &Asked, kind: Kind) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    if asked.wants("T4") {
        let mut house = House::open(asked, kind).await?;
        runs.extend(below_peak(&mut house).await?);
        house.close().await?;
    }
    if asked.wants("fair") {
        let mut house = House::open(asked, kind).await?;
        runs.extend(beside_others(&mut house).await?);
        house.close().await?;
    }
    if asked.wants("overload") {
        let mut house = House::open(asked, kind).await?;
        runs.extend(burst(&mut house).await?);
        house.close().await?;
    }
    Ok(runs)
}

/// T4: acknowledgements at 60 % of the peak.
async fn below_peak(house: &mut House) -> Result<Vec<Run>> {
    say(&format!("{}: open loop at {:.0} % of the peak", house.kind.name(), SHARE * 100.0));
    let rate = SHARE * house.peak().await?;
    let count = (rate * house.seconds as f64) as u64;
    let (requests, known) = (house.orders(world::CHANNEL, count)?, house.look.number(RELEASED).await?);
    let Came { taken, put_off, seconds } = arrive(house.server.address, &requests, rate, CONNECTIONS).await?;
    let late = Stopwatch::start();
    house.look.until_released(known + taken.len() as u64).await?;
    say(&format!(
        "   {count} orders at {rate:.0}/s in {seconds:.1} s, {} put off, all decided {:.2} s later",
        put_off.len(),
        late.elapsed().as_secs_f64()
    ));
    let at = |what, permille, most| Run {
        wanted: Some(Wanted::AtMost(most)),
        p50_ms: Some(quantile_ms(&taken, 500)),
        p99_ms: Some(quantile_ms(&taken, 990)),
        orders: Some(count),
        ..house.run("T4", what, quantile_ms(&taken, permille), "ms")
    };
    Ok(vec![at("acknowledgement at 60 % of the peak, p99", 990, 25.0), at("the same, p99.9", 999, 100.0)])
}

/// One quiet channel: alone, beside a channel that floods, beside a large file.
async fn beside_others(house: &mut House) -> Result<Vec<Run>> {
    say(&format!("{}: {QUIET} orders/s of one channel, alone and beside others", house.kind.name()));
    house.peak().await?;
    let alone = quiet(house).await?;
    let count = (FLOOD * house.seconds as f64) as u64;
    let (requests, to) = (house.orders(world::CHANNEL, count)?, house.server.address);
    let flood = tokio::spawn(async move { arrive(to, &requests, FLOOD, CONNECTIONS).await });
    let flooded = quiet(house).await?;
    let came = flood.await??;
    say(&format!(
        "   the flood: {count} orders, {} taken, {} put off, in {:.1} s",
        came.taken.len(),
        came.put_off.len(),
        came.seconds
    ));
    until_still(&mut house.look).await?;
    let (file, key, to) = (documents::file(ROWS), house.key.clone(), house.server.address);
    upload(to, &key, &file).await?;
    let filed = quiet(house).await?;
    let imported = house.look.number(IMPORTED).await?;
    say(&format!("   the file: {imported} of {ROWS} orders were decided when the quiet channel was done"));
    ensure!(imported > 0, "the file was not read beside the quiet channel");
    ensure!((imported as usize) < ROWS, "the file was too small: it was read before the quiet channel was done");
    let run = |what, waits: &[u32], limit: &[u32]| {
        let (p99, quiet) = (quantile_ms(waits, 990), quantile_ms(limit, 990));
        let most = if std::ptr::eq(waits, limit) { None } else { Some(Wanted::AtMost(2.0 * quiet)) };
        let p50 = Some(quantile_ms(waits, 500));
        Run { wanted: most, p50_ms: p50, p99_ms: Some(p99), ..house.run("fair", what, p99, "ms p99") }
    };
    Ok(vec![
        run("quiet channel alone, acknowledged", &alone.acked, &alone.acked),
        run("beside a flood", &flooded.acked, &alone.acked),
        run("beside a large file", &filed.acked, &alone.acked),
        run("quiet channel alone, decided", &alone.decided, &alone.decided),
        run("beside a flood", &flooded.decided, &alone.decided),
        run("beside a large file", &filed.decided, &alone.decided),
    ])
}

/// What the quiet channel saw; microseconds from the moment each order was due, rising.
struct Quiet {
    acked: Vec<u32>,
    decided: Vec<u32>,
}

async fn quiet(house: &mut House) -> Result<Quiet> {
    let count = (QUIET * house.seconds as f64) as u64;
    let requests = house.orders(world::QUIET, count)?;
    let (to, known) = (house.server.address, house.look.number(OF_QUIET).await?);
    let watch = Stopwatch::start();
    let sending = tokio::spawn(async move { arrive(to, &requests, QUIET, 16).await });
    let mut decided = Vec::new();
    while (decided.len() as u64) < count {
        let seen = house.look.number(OF_QUIET).await? - known;
        while (decided.len() as u64) < seen {
            let due = decided.len() as f64 / QUIET;
            decided.push(((watch.elapsed().as_secs_f64() - due) * 1e6).max(0.0) as u32);
        }
        ensure!(watch.elapsed().as_secs() < 10 * house.seconds, "{seen} of {count} orders were decided in time");
        tokio::time::sleep(LOOK).await;
    }
    let came = sending.await??;
    ensure!(came.put_off.is_empty(), "{} orders of the quiet channel were put off", came.put_off.len());
    decided.sort_unstable();
    Ok(Quiet { acked: came.taken, decided })
}

const OF_QUIET: &str = "SELECT count(*) FROM order_keys WHERE channel = 'quiet'";
const IMPORTED: &str = "SELECT count(*) FROM order_keys WHERE channel = 'till'";
const UNDECIDED: &str = "SELECT count(*) FROM documents WHERE state = 'received'";

/// Waits until nothing is left to decide.
async fn until_still(look: &mut Look) -> Result<()> {
    while look.number(UNDECIDED).await? > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn upload(to: SocketAddr, key: &str, file: &[u8]) -> Result<()> {
    let head = format!(
        "POST /v1/channels/till/uploads HTTP/1.1\r\nhost: tributary\r\nauthorization: Bearer {key}\r\n\
         content-type: text/csv\r\nx-file-name: till.csv\r\ncontent-length: {}\r\n\r\n",
        file.len()
    );
    Line::open(to).await?.exchange(&[head.as_bytes(), file].concat()).await?;
    Ok(())
}

/// Ten times the peak for a moment.
async fn burst(house: &mut House) -> Result<Vec<Run>> {
    say(&format!("{}: a burst of {BURST} times the peak", house.kind.name()));
    let rate = BURST * house.peak().await?;
    let count = (rate * BURST_SECONDS as f64) as u64;
    let (requests, known) = (house.orders(world::CHANNEL, count)?, house.look.number(RELEASED).await?);
    let watch = Stopwatch::start();
    let came = arrive(house.server.address, &requests, rate, BURST_CONNECTIONS).await?;
    let taken = came.taken.len() as u64;
    house.look.until_released(known + taken).await?;
    let drained = watch.elapsed().as_secs_f64();
    let share = came.put_off.len() as f64 / count as f64;
    say(&format!(
        "   {count} orders due at {rate:.0}/s came in {:.1} s; {taken} taken, all decided after {drained:.1} s",
        came.seconds
    ));
    let of_503 = Run {
        wanted: Some(Wanted::AtMost(50.0)),
        p50_ms: Some(quantile_ms(&came.put_off, 500)),
        p99_ms: Some(quantile_ms(&came.put_off, 990)),
        ..house.run("overload", "time to a 503, p99", quantile_ms(&came.put_off, 990), "ms")
    };
    Ok(vec![
        Run {
            orders: Some(count),
            ..house.run("overload", "taken in the burst", taken as f64 / came.seconds, "documents/s")
        },
        house.run("overload", "answered 503", share, "share"),
        of_503,
        house.run("overload", "from the first arrival to the last decision", drained, "s"),
    ])
}
