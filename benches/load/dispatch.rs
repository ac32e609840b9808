//! T12: deliveries to a fast partner, and to many of whom some are dead. The partner's own notes are the judge: every
//! message once, each stream's in order.

use super::{
    Asked, CONNECTIONS, at_most,
    child::{Role, Running},
    database::{Database, Kind, Look},
    documents,
    partner::{self, Heard},
    record::{Run, Wanted},
    say,
    sender::{Line, quantile_ms, send},
    world,
};
use anyhow::{Result, bail};
use model::{
    codes::Connector,
    ids::{DeliveryId, OrderId},
    message::MessageKind,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tributary::{
    clock::Stopwatch,
    store::{
        Lane,
        deliveries::{self, NewDelivery},
    },
};

/// Messages of one order's stream; with the one of its fulfilment one exchange more an order.
const IN_STREAM: u32 = 3;
const ERP: &str = "erp";
/// Connectors of the bulkheads, and how many of them are dead when some are.
const MANY: usize = 100;
const DEAD: usize = 10;
/// Between two orders whose way from release to done is taken.
const APART: Duration = Duration::from_millis(20);
/// Time without anything new after which a run has failed.
const STILL: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);
/// Of the connectors that are alive; of all.
const WAITING: &str = "SELECT count(*) FROM deliveries WHERE state = 'waiting' AND connector < 'd'";
const WAITING_ERP: &str = "SELECT count(*) FROM deliveries WHERE state = 'waiting' AND connector = 'erp'";

/// All of T12 on one database.
pub(crate) async fn measure(asked: &Asked, kind: Kind) -> Result<Vec<Run>> {
    let orders = asked.orders() / 4;
    say(&format!("{}: {orders} released orders to be told of", kind.name()));
    let database = Database::fresh(kind).await?;
    world::fill(&database.url, documents::SKUS).await?;
    let server = Running::start(Role::Decide, &database.url)?;
    let requests = Arc::new(documents::webhooks(world::SECRET, 1, orders)?);
    send(server.address, &requests, CONNECTIONS).await?;
    database.look().await?.until_released(orders).await?;
    drop(server);
    let (address, heard) = partner::start()?;
    let fast = format!("http://{address}");
    let mut runs = vec![burst(&database, kind, orders, &fast, &heard).await?];
    runs.push(from_release(&database, kind, asked.quick, orders, &fast).await?);
    heard.take();
    runs.push(bulkheads(&database, kind, asked.quick, &fast, &heard).await?);
    database.remove().await?;
    Ok(runs)
}

/// How fast a backlog of four exchanges an order goes out.
async fn burst(database: &Database, kind: Kind, orders: u64, fast: &str, heard: &Heard) -> Result<Run> {
    queue(&database.url, &[ERP.to_owned()], 1..=orders, IN_STREAM - 1).await?;
    let count = orders * u64::from(IN_STREAM + 1);
    let mut look = database.look().await?;
    let server = Running::start_with(Role::Send, &database.url, &[(ERP.to_owned(), fast.to_owned())])?;
    let watch = Stopwatch::start();
    let seconds = until_done(&mut look, WAITING_ERP, &watch).await?;
    let each = server.processor_seconds() * 1e6 / count as f64;
    let memory = server.memory_mib("VmHWM");
    drop(server);
    judge(&heard.take(), orders, count)?;
    let value = count as f64 / seconds;
    say(&format!(
        "   {count} exchanges: {value:.0}/s, {each:.0} us of the server's processor time each; once and in order"
    ));
    Ok(Run {
        db: kind.name(),
        target: "T12",
        what: "exchanges with a fast partner",
        value,
        unit: "exchanges/s",
        wanted: Some(Wanted::AtLeast(3000.0)),
        rss_mib: memory,
        orders: Some(orders),
        ..Run::default()
    })
}

/// Every message once, and each order's in the order of their numbers.
fn judge(heard: &[String], orders: u64, count: u64) -> Result<()> {
    let mut known: HashMap<String, (u64, u32)> = HashMap::new();
    for order in 1..=orders {
        let stream = OrderId::of(world::CHANNEL, &order.to_string()).uuid();
        for number in 1..=IN_STREAM {
            known.insert(DeliveryId::of(ERP, stream, number).to_string(), (order, number));
        }
    }
    let mut last: HashMap<u64, u32> = HashMap::new();
    let mut seen: HashMap<&str, ()> = HashMap::with_capacity(heard.len());
    for key in heard {
        if seen.insert(key, ()).is_some() {
            bail!("the partner was told {key} twice");
        }
        if let Some((order, number)) = known.get(key) {
            let before = last.insert(*order, *number).unwrap_or(0);
            if before + 1 != *number {
                bail!("order {order}: message {number} came after {before}");
            }
        }
    }
    if heard.len() as u64 != count || last.values().any(|number| *number != IN_STREAM) || last.len() as u64 != orders {
        bail!("the partner was told {} messages of {count}", heard.len());
    }
    Ok(())
}

/// From an order's release to the end of its two deliveries, one order at a time.
async fn from_release(database: &Database, kind: Kind, quick: bool, known: u64, fast: &str) -> Result<Run> {
    let count = if quick { 100 } else { 300 };
    let mut look = database.look().await?;
    let server = Running::start_with(Role::Whole, &database.url, &[(ERP.to_owned(), fast.to_owned())])?;
    let since = tributary::clock::Clock::system().now();
    let mut line = Line::open(server.address).await?;
    for request in documents::webhooks(world::SECRET, 1 + known, count)? {
        line.exchange(&request).await?;
        tokio::time::sleep(APART).await;
    }
    look.until_released(known + count).await?;
    until_done(&mut look, WAITING_ERP, &Stopwatch::start()).await?;
    let waits = look.waits(since.0).await?;
    drop(server);
    if waits.len() as u64 != 2 * count {
        bail!("{count} orders have {} deliveries done, not two each", waits.len());
    }
    let mut run =
        at_most(kind, "T12", "release to done, one order at a time", quantile_ms(&waits, 990), "ms p99", 100.0);
    run.p50_ms = Some(quantile_ms(&waits, 500));
    run.p99_ms = Some(quantile_ms(&waits, 990));
    run.orders = Some(count);
    Ok(run)
}

/// Many connectors: all alive, and then some of them dead.
async fn bulkheads(database: &Database, kind: Kind, quick: bool, fast: &str, heard: &Heard) -> Result<Run> {
    let each = if quick { 100 } else { 300 };
    let mut rates = [0.0; 2];
    for (dead, rate) in [0, DEAD].into_iter().zip(&mut rates) {
        let dripping = format!("http://{}", partner::dripping()?);
        // The dead ones sort behind the living, so that these can be counted alone; with none dead they have nothing to tell.
        let name = |i: usize| if i < MANY - DEAD { format!("c{i:02}") } else { format!("dead{i:02}") };
        let url = |i: usize| match i {
            _ if i < MANY - DEAD => fast.to_owned(),
            _ if i.is_multiple_of(2) => world::NOBODY.to_owned(),
            _ => dripping.clone(),
        };
        let connectors: Vec<_> = (0..MANY).map(|i| (name(i), url(i))).collect();
        let told: Vec<String> = (0..MANY - DEAD + dead).map(name).collect();
        queue(&database.url, &told, 1..=each, 1).await?;
        let mut look = database.look().await?;
        let server = Running::start_with(Role::Send, &database.url, &connectors)?;
        let seconds = until_done(&mut look, WAITING, &Stopwatch::start()).await?;
        let count = each * (MANY - DEAD) as u64;
        *rate = count as f64 / seconds;
        let processor = server.processor_seconds() * 1e6 / count as f64;
        say(&format!("   {MANY} connectors, {dead} dead: {rate:.0} exchanges/s of the others, {processor:.0} us each"));
        drop(server);
        if heard.count() as u64 != count {
            bail!("the living were told {} messages of {count}", heard.count());
        }
        heard.take();
    }
    let run = Run {
        db: kind.name(),
        target: "T12",
        what: "10 of 100 connectors dead, the others",
        value: rates[1],
        unit: "exchanges/s",
        ..Run::default()
    };
    Ok(run.against(rates[0], 0.80))
}

/// Queues `more` messages for each of the connectors about each order.
async fn queue(url: &str, connectors: &[String], orders: std::ops::RangeInclusive<u64>, more: u32) -> Result<()> {
    let core = world::open(url, &[]).await?;
    let now = core.clock.now();
    let ids: Vec<OrderId> = orders.map(|order| OrderId::of(world::CHANNEL, &order.to_string())).collect();
    for some in ids.chunks(500) {
        let tx = core.store.begin(Lane::Work).await?;
        for connector in connectors {
            let new = |id: &OrderId| NewDelivery {
                connector: Connector::new(connector),
                stream: id.uuid(),
                order: *id,
                kind: MessageKind::OrderReleased,
                body: "{}".to_owned(),
                next_at: now,
            };
            let new: Vec<_> = some.iter().flat_map(|id| (0..more).map(move |_| new(id))).collect();
            deliveries::insert(&tx, &new, &std::collections::HashSet::new(), now).await?;
        }
        tx.commit().await?;
    }
    Ok(core.store.close().await?)
}

/// Seconds until nothing waits any more.
async fn until_done(look: &mut Look, waiting: &'static str, watch: &Stopwatch) -> Result<f64> {
    let (mut known, mut still) = (u64::MAX, Stopwatch::start());
    loop {
        let now = look.number(waiting).await?;
        if now == 0 {
            return Ok(watch.elapsed().as_secs_f64());
        }
        if now < known {
            (known, still) = (now, Stopwatch::start());
        }
        if still.elapsed() > STILL {
            bail!("{now} deliveries wait, and none went out for a minute");
        }
        tokio::time::sleep(LOOK).await;
    }
}
