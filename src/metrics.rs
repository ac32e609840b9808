//! What the program counts and measures of itself, in the form Prometheus reads. Labels are names from the configuration and
//! codes of ours, so that there are few; no people, no secrets. What each means: docs/operations.md.

mod gauges;

pub use gauges::text;

use gauges::Gauges;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use std::time::Duration;

/// What every name begins with.
const PREFIX: &str = "tributary";
/// Bounds of times, seconds: from half a millisecond to a minute.
const TIMES: [f64; 15] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];
/// Bounds of how many are taken at once.
const SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Document {
    channel: String,
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Delivery {
    connector: String,
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Code {
    code: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Asked {
    by: &'static str,
}

/// Everything that is counted. Cheap where orders pass: an atomic number each, found by its labels.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    documents: Family<Document, Counter>,
    decided: Family<Asked, Counter>,
    deliveries: Family<Delivery, Counter>,
    errors: Family<Code, Counter>,
    ack: Histogram,
    commit: Histogram,
    commit_size: Histogram,
    decide: Histogram,
    batch: Histogram,
    batch_size: Histogram,
    gauges: Gauges,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let gauges = Gauges::new(&mut registry);
        let (times, sizes) = (|| Histogram::new(TIMES), || Histogram::new(SIZES));
        let metrics = Self {
            registry: Registry::default(),
            documents: Family::default(),
            decided: Family::default(),
            deliveries: Family::default(),
            errors: Family::default(),
            ack: times(),
            commit: times(),
            commit_size: sizes(),
            decide: times(),
            batch: times(),
            batch_size: sizes(),
            gauges,
        };
        registry.register("documents", "Documents at the door", metrics.documents.clone());
        registry.register("decided", "Statements and commands decided", metrics.decided.clone());
        registry.register("deliveries", "Attempts at deliveries that ended", metrics.deliveries.clone());
        registry.register("errors", "Problems answered", metrics.errors.clone());
        let histograms = [
            ("ack_seconds", "From a small document's last byte to its acknowledgement", &metrics.ack),
            ("intake_commit_seconds", "One commit of documents", &metrics.commit),
            ("intake_batch_documents", "Documents in one commit", &metrics.commit_size),
            ("decision_seconds", "From a document's arrival to the decision of its orders", &metrics.decide),
            ("order_batch_seconds", "One batch of decisions, written", &metrics.batch),
            ("order_batch_statements", "Statements and commands in one batch", &metrics.batch_size),
        ];
        for (name, help, histogram) in histograms {
            registry.register(name, help, histogram.clone());
        }
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// A document came in: `accepted`, `duplicate`, or was turned away: `refused`.
    pub(crate) fn document(&self, channel: &str, outcome: &'static str) {
        self.documents.get_or_create(&Document { channel: channel.to_owned(), outcome }).inc();
    }

    /// A small document was acknowledged.
    pub(crate) fn acknowledged(&self, after: Duration) {
        self.ack.observe(after.as_secs_f64());
    }

    /// Documents were committed together.
    pub(crate) fn committed(&self, count: usize, took: Duration) {
        self.commit.observe(took.as_secs_f64());
        self.commit_size.observe(count as f64);
    }

    /// A batch was decided and written, or failed.
    pub(crate) fn batch(&self, statements: u64, commands: u64, took: Duration) {
        self.decided.get_or_create(&Asked { by: "statement" }).inc_by(statements);
        self.decided.get_or_create(&Asked { by: "command" }).inc_by(commands);
        self.batch.observe(took.as_secs_f64());
        self.batch_size.observe((statements + commands) as f64);
    }

    /// A document's orders were decided, so many microseconds after it came.
    pub(crate) fn decided(&self, micros: i64) {
        self.decide.observe(micros.max(0) as f64 / 1e6);
    }

    /// An attempt at a delivery ended: `done`, `later` or `quarantined`.
    pub(crate) fn delivery(&self, connector: &str, outcome: &'static str) {
        self.deliveries.get_or_create(&Delivery { connector: connector.to_owned(), outcome }).inc();
    }

    /// Shows a connector from the start, with nothing counted yet.
    fn know_connector(&self, connector: &str) {
        for outcome in ["done", "later", "quarantined"] {
            drop(self.deliveries.get_or_create(&Delivery { connector: connector.to_owned(), outcome }));
        }
    }

    /// A problem was answered.
    pub(crate) fn error(&self, code: &str) {
        self.errors.get_or_create(&Code { code: code.to_owned() }).inc();
    }
}
