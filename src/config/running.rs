//! How the house runs and what it tells of itself.

use serde::Deserialize;

/// Metrics for Prometheus.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Address and port of a listener of their own, e.g. `127.0.0.1:9464`; empty = none.
    pub listen: String,
    /// Listen beyond loopback: only our own network reaches it.
    pub inside: bool,
}

/// Traces for a collector.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// Where OTLP is taken as JSON over HTTP, e.g. `http://127.0.0.1:4318/v1/traces`; empty = none.
    pub endpoint: String,
}

/// When what is not urgent waits, and how much of it is served at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overload {
    /// Milliseconds the oldest order may wait to be decided.
    pub undecided_millis: i64,
    /// Thousandths of the intake queue that may be taken.
    pub intake_permille: usize,
    /// Milliseconds after which the degraded mode is entered, and left.
    pub enter_millis: i64,
    pub leave_millis: i64,
    /// Requests served at once: lists and records, exports and quotes, change feeds, uploads.
    pub lists: usize,
    pub exports: usize,
    pub feed: usize,
    pub uploads: usize,
}
