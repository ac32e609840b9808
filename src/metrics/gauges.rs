//! What is looked up when somebody asks: how much waits, how old it is, how large the database's log is.

use crate::{
    app::App,
    store::{StoreError, deliveries},
};
use model::time::Instant;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use std::sync::atomic::AtomicU64;

type Seconds = Gauge<f64, AtomicU64>;

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Lane {
    lane: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Standing {
    connector: String,
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Partner {
    connector: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Pool {
    pool: &'static str,
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Version {
    version: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Gauges {
    build: Family<Version, Gauge>,
    degraded: Gauge,
    intake_queue: Gauge,
    parse_queue: Family<Lane, Gauge>,
    order_queue: Gauge,
    oldest_undecided: Seconds,
    deliveries: Family<Standing, Gauge>,
    oldest_delivery: Family<Partner, Seconds>,
    connections: Family<Pool, Gauge>,
    wal: Gauge,
    spans_dropped: Gauge,
}

impl Gauges {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let gauges = Self::default();
        gauges.build.get_or_create(&Version { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "Which build this is", gauges.build.clone());
        registry.register("degraded", "1 while lists, exports, quotes and feeds wait", gauges.degraded.clone());
        registry.register("intake_queue", "Documents that wait for their commit", gauges.intake_queue.clone());
        registry.register("parse_queue", "Documents that wait to be read", gauges.parse_queue.clone());
        registry.register("order_queue", "Jobs that wait to be decided", gauges.order_queue.clone());
        let about = "Time the oldest order brought one by one waits to be decided";
        registry.register("oldest_undecided_seconds", about, gauges.oldest_undecided.clone());
        registry.register("deliveries_open", "Deliveries that are not done", gauges.deliveries.clone());
        let about = "Age of the oldest delivery that waits";
        registry.register("oldest_delivery_seconds", about, gauges.oldest_delivery.clone());
        registry.register("database_connections", "Connections of the pools", gauges.connections.clone());
        registry.register("sqlite_wal_bytes", "Size of SQLite's write-ahead log", gauges.wal.clone());
        registry.register("spans_dropped", "Spans the collector never got", gauges.spans_dropped.clone());
        gauges
    }

    async fn look(&self, app: &App) {
        let (core, parser) = (&app.core, &app.intake.parser);
        let now = core.clock.now();
        self.degraded.set(i64::from(core.degraded.is_on()));
        self.intake_queue.set(count(app.intake.waiting()));
        for (lane, waiting) in parser.waiting() {
            self.parse_queue.get_or_create(&Lane { lane }).set(count(waiting));
        }
        self.order_queue.set(count(app.runner.waiting()));
        let oldest = [app.runner.oldest(), parser.oldest()].into_iter().flatten().min();
        self.oldest_undecided.set(oldest.map_or(0.0, |since| age(since, now)));
        for (pool, size, idle) in core.store.connections() {
            self.connections.get_or_create(&Pool { pool, state: "idle" }).set(count(idle));
            self.connections.get_or_create(&Pool { pool, state: "used" }).set(count(size.saturating_sub(idle)));
        }
        self.wal.set(core.store.wal_bytes().map_or(0, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)));
        self.spans_dropped.set(i64::try_from(core.traces.dropped()).unwrap_or(i64::MAX));
        if let Err(error) = self.look_up(app, now).await {
            tracing::warn!(%error, "deliveries could not be counted for the metrics");
        }
    }

    /// What only the database knows; as it was while the database is away.
    async fn look_up(&self, app: &App, now: Instant) -> Result<(), StoreError> {
        let db = app.core.store.read();
        let (counts, oldest) = (deliveries::counts(db).await?, deliveries::oldest(db).await?);
        for connector in app.core.config.connectors.keys() {
            for (state, named) in [
                (deliveries::DeliveryState::Waiting, "waiting"),
                (deliveries::DeliveryState::Quarantined, "quarantined"),
            ] {
                let found = counts.iter().find(|c| c.connector.as_str() == connector && c.state == state);
                let standing = Standing { connector: connector.clone(), state: named };
                self.deliveries.get_or_create(&standing).set(found.map_or(0, |found| found.count));
            }
            let since = oldest.iter().find(|(of, _)| of.as_str() == connector).map(|(_, since)| *since);
            let partner = Partner { connector: connector.clone() };
            self.oldest_delivery.get_or_create(&partner).set(since.map_or(0.0, |since| age(since, now)));
        }
        Ok(())
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn age(since: Instant, now: Instant) -> f64 {
    now.since(since).max(0) as f64 / 1e6
}

/// Everything, as it is now, in OpenMetrics' text form.
pub async fn text(app: &App) -> String {
    let metrics = &app.core.metrics;
    app.core.config.connectors.keys().for_each(|connector| metrics.know_connector(connector));
    metrics.gauges.look(app).await;
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _written = encode(&mut text, &metrics.registry);
    text
}
