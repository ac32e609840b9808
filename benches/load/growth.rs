//! T9, T10 and the start after a crash: what an order and a look cost when there are many orders already.

use super::{
    Asked, CONNECTIONS, WARM_UP, at_most, began,
    child::{Role, Running},
    copies::{self, DECIDED, STEP},
    database::{Database, Kind, LAST, Look, RELEASED},
    documents,
    record::Run,
    say,
    sender::{Line, quantile_ms, send},
    world,
};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tributary::clock::Stopwatch;

/// Numbers of new orders begin here, above those of every copy.
const NEW: u64 = 1 << 24;
/// Looks at each list.
const LOOKS: u64 = 200;
/// Pages gone through before a page far behind in a list that cannot be entered in its middle.
const PAGES: usize = 20;
/// Time without a new event after which a run has failed, and between two looks.
const STILL: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

/// A look that takes longer is repeated a few times only.
const LONG: Duration = Duration::from_millis(250);
const FEW: usize = 5;

/// What is looked at; words in braces are filled in, another one for each look.
const LISTS: [(&str, &str); 26] = [
    ("orders, first page", "/v1/orders?limit=100"),
    ("orders, a page far behind", "/v1/orders?limit=100&cursor={far}"),
    ("orders that stand still", "/v1/orders?limit=100&status=on_hold"),
    ("orders cancelled or on hold", "/v1/orders?limit=100&status=on_hold,cancelled"),
    ("orders delivered or released", "/v1/orders?limit=100&status=delivered,released"),
    ("orders, far behind by status", "/v1/orders?limit=100&status=delivered&cursor={far}"),
    ("orders by channel", "/v1/orders?limit=100&channel=bench"),
    ("orders by status and channel", "/v1/orders?limit=100&channel=bench&status=on_hold"),
    ("orders of a quiet channel", "/v1/orders?limit=100&channel=quiet"),
    ("orders by hold", "/v1/orders?limit=100&hold=awaiting_stock"),
    ("orders that wait for stock", "/v1/orders?limit=100&waiting=stock"),
    ("search by number", "/v1/orders?q=%23{number}"),
    ("search by phone", "/v1/orders?q=%2B31%2030%20555%20{phone}"),
    ("search by name", "/v1/orders?q=Anna%20Voorbeeld%20{person}"),
    ("one order", "/v1/orders/{order}"),
    ("its history", "/v1/orders/{order}/timeline"),
    ("deliveries, first page", "/v1/deliveries?limit=100"),
    ("deliveries, page 20", "/v1/deliveries?limit=100&cursor={deliveries}"),
    ("deliveries that wait", "/v1/deliveries?limit=100&state=waiting"),
    ("deliveries in quarantine", "/v1/deliveries?limit=100&state=quarantined"),
    ("deliveries superseded", "/v1/deliveries?limit=100&state=superseded"),
    ("deliveries of a quiet partner", "/v1/deliveries?limit=100&connector=quiet"),
    ("documents, first page", "/v1/documents?limit=100"),
    ("documents held", "/v1/documents?limit=100&state=held"),
    ("documents with rejects", "/v1/documents?limit=100&rejects=true"),
    ("documents of a quiet channel", "/v1/documents?limit=100&channel=quiet"),
];

/// T9, T10 and the start of T13 on one database.
pub(crate) async fn measure(asked: &Asked, kind: Kind) -> Result<Vec<Run>> {
    let full = asked.only.as_deref().is_some_and(|name| name == "T9" || name == "T10");
    let sizes: &[u64] = match (asked.quick || !full, asked.wants("T9")) {
        (true, true) => &[10_000, 100_000],
        (true, false) => &[100_000],
        (false, true) => &[10_000, 100_000, 1_000_000],
        (false, false) => &[1_000_000],
    };
    let mut runs = Vec::new();
    let mut first = None;
    for size in sizes {
        let house = House::with(kind, *size).await?;
        if asked.wants("T9") {
            let run = house.decide(asked, *size).await?;
            match first {
                None => {
                    first = Some(run.value);
                    runs.push(run);
                }
                Some(rate) => runs.push(run.against(rate, 0.85)),
            }
        }
        if asked.wants("T10") && Some(size) == sizes.last() {
            runs.extend(house.looks(*size).await?);
        }
        if Some(size) == sizes.last() {
            runs.push(house.crash(*size).await?);
        } else {
            house.close().await?;
        }
    }
    Ok(runs)
}

/// A server on a database with as many orders as wanted.
struct House {
    kind: Kind,
    database: Database,
    server: Running,
    key: String,
    /// Of each order.
    events: u64,
}

impl House {
    async fn with(kind: Kind, orders: u64) -> Result<Self> {
        say(&format!("{}: a house of {orders} orders", kind.name()));
        let database = Database::fresh(kind).await?;
        world::fill(&database.url, documents::SKUS).await?;
        let key = world::key(&database.url).await?;
        let server = Running::start(Role::Decide, &database.url)?;
        let mut look = database.look().await?;
        let requests = Arc::new(documents::webhooks(world::SECRET, 1, DECIDED)?);
        send(server.address, &requests, CONNECTIONS).await?;
        look.until_released(DECIDED).await?;
        let events = look.number(LAST).await? / DECIDED;
        drop((look, server));
        let watch = Stopwatch::start();
        copies::fill(kind, &database.url, orders).await?;
        say(&format!("   copied in {:.0} s", watch.elapsed().as_secs_f64()));
        let server = Running::start(Role::Decide, &database.url)?;
        Ok(Self { kind, database, server, key, events })
    }

    /// T9: as T2, beside the orders that are there.
    async fn decide(&self, asked: &Asked, size: u64) -> Result<Run> {
        let count = asked.orders() / 3;
        let warm = Arc::new(documents::webhooks(world::SECRET, NEW, WARM_UP)?);
        let requests = Arc::new(documents::webhooks(world::SECRET, NEW + WARM_UP, count)?);
        let mut look = self.database.look().await?;
        self.sent(&mut look, &warm).await?;
        let known = look.number(RELEASED).await?;
        let (written, worked) = (self.server.written_kib(), self.server.processor_seconds());
        let watch = Stopwatch::start();
        let waits = self.sent(&mut look, &requests).await?;
        let seconds = watch.elapsed().as_secs_f64();
        let each = (self.server.processor_seconds() - worked) * 1e6 / count as f64;
        let kib = (self.server.written_kib() - written) / count as f64;
        let value = count as f64 / seconds;
        say(&format!(
            "   beside {size} orders {count} more at {value:.0}/s; each took {each:.0} us of the server's processor time and \
             {kib:.1} KiB of its writing"
        ));
        let released = look.number(RELEASED).await? - known;
        if released != count {
            bail!("{released} of {count} orders were released");
        }
        Ok(Run {
            db: self.kind.name(),
            target: "T9",
            what: "decided beside others",
            value,
            unit: "orders/s",
            p50_ms: Some(quantile_ms(&waits, 500)),
            p99_ms: Some(quantile_ms(&waits, 990)),
            rss_mib: self.server.memory_mib("VmHWM"),
            orders: Some(size),
            ..Run::default()
        })
    }

    /// Sends orders and waits until all are decided, without counting what is there; gives the acknowledgements' waits.
    async fn sent(&self, look: &mut Look, requests: &Arc<Vec<Vec<u8>>>) -> Result<Vec<u32>> {
        let mut known = look.number(LAST).await?;
        let all = known + self.events * requests.len() as u64;
        let sent = send(self.server.address, requests, CONNECTIONS).await?;
        let mut watch = Stopwatch::start();
        while known < all {
            tokio::time::sleep(LOOK).await;
            let now = look.number(LAST).await?;
            if now > known {
                (known, watch) = (now, Stopwatch::start());
            }
            if watch.elapsed() > STILL {
                bail!("{} events are missing, and no more come", all - known);
            }
        }
        Ok(sent.waits)
    }

    /// T10: what people look at.
    async fn looks(&self, size: u64) -> Result<Vec<Run>> {
        let mut asks = Asks { line: Line::open(self.server.address).await?, key: self.key.clone() };
        let known = Known::of(&mut asks, size).await?;
        let mut runs = Vec::new();
        for (what, path) in LISTS {
            let mut waits = Vec::new();
            for i in 0..LOOKS {
                let watch = Stopwatch::start();
                asks.ask(&known.path(path, i)).await.context(what)?;
                waits.push(u32::try_from(watch.micros())?);
                // What takes so long each is known by a few.
                if watch.elapsed() > LONG && waits.len() >= FEW {
                    break;
                }
            }
            waits.sort_unstable();
            let p99 = quantile_ms(&waits, 990);
            let mut run = at_most(self.kind, "T10", what, p99, "ms p99", 50.0);
            (run.p50_ms, run.p99_ms, run.orders) = (Some(quantile_ms(&waits, 500)), Some(p99), Some(size));
            runs.push(run);
        }
        Ok(runs)
    }

    /// T13: killed in the middle of its work, then started.
    async fn crash(self, size: u64) -> Result<Run> {
        let requests = Arc::new(documents::webhooks(world::SECRET, 2 * NEW, 2000)?);
        let address = self.server.address;
        let sending = tokio::spawn(async move { send(address, &requests, CONNECTIONS).await });
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.server.kill()?;
        // It fails: its server is gone.
        let _cut = sending.await;
        let server = Running::start(Role::Whole, &self.database.url)?;
        let mut run = at_most(self.kind, "T13", "start to first 2xx after kill -9", began(&server).await?, "s", 2.0);
        run.orders = Some(size);
        drop(server);
        self.database.remove().await?;
        Ok(run)
    }

    async fn close(self) -> Result<()> {
        drop(self.server);
        self.database.remove().await
    }
}

/// What the paths of [`LISTS`] are filled with.
struct Known {
    size: u64,
    /// Ids, by the number of the look.
    orders: Vec<String>,
    /// The cursor of a page in the middle of all orders, and of one of deliveries.
    far: String,
    deliveries: String,
}

impl Known {
    async fn of(asks: &mut Asks, size: u64) -> Result<Self> {
        let mut orders = Vec::new();
        for i in 0..LOOKS {
            let found = asks.get(&format!("/v1/orders?q=%23{}", number(size, i))).await?;
            let id = found["items"][0]["id"].as_str();
            orders.push(id.with_context(|| format!("order {} is not found", number(size, i)))?.to_owned());
        }
        let middle = asks.get(&format!("/v1/orders?q=%23{}", number(size, size / DECIDED / 2))).await?;
        let middle = middle["items"][0]["placed_at"].as_str().context("no time")?.replace('+', "%2B");
        let page = asks.get(&format!("/v1/orders?limit=1&placed_to={middle}")).await?;
        let far = page["next"].as_str().context("no page behind the middle")?.to_owned();
        let deliveries = asks.behind("/v1/deliveries?limit=100").await?;
        Ok(Self { size, orders, far, deliveries })
    }

    fn path(&self, path: &str, i: u64) -> String {
        let person = person(i);
        path.replace("{far}", &self.far)
            .replace("{deliveries}", &self.deliveries)
            .replace("{order}", self.orders.get(i as usize).map_or("", String::as_str))
            .replace("{number}", &number(self.size, i).to_string())
            .replace("{person}", &person.to_string())
            .replace("{phone}", &format!("{:04}", person % 10_000))
    }
}

/// One of the orders decided for real.
const fn person(i: u64) -> u64 {
    i * 7919 % DECIDED + 1
}

/// The number of one of its copies, or its own.
const fn number(size: u64, i: u64) -> u64 {
    (i % (size / DECIDED)) * STEP + person(i)
}

/// Somebody with a key who looks.
struct Asks {
    line: Line,
    key: String,
}

impl Asks {
    async fn ask(&mut self, path: &str) -> Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: tributary\r\nauthorization: Bearer {}\r\n\r\n", self.key);
        // Told to come back: what was asked took too long, and that is the figure.
        self.line.exchange(request.as_bytes()).await?;
        Ok(())
    }

    async fn get(&mut self, path: &str) -> Result<Value> {
        self.ask(path).await?;
        Ok(serde_json::from_slice(self.line.body())?)
    }

    /// The cursor of a page some pages behind.
    async fn behind(&mut self, path: &str) -> Result<String> {
        let mut cursor = String::new();
        for _ in 0..PAGES {
            let page = self.get(&format!("{path}&cursor={cursor}")).await?;
            cursor = page["next"].as_str().context("too few pages")?.to_owned();
        }
        Ok(cursor)
    }
}
