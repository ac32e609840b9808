//! What was measured: as a table for people, as JSON for machines.

use anyhow::Result;
use serde::Serialize;

/// One figure. Absent means it does not apply.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Run {
    pub(crate) db: &'static str,
    pub(crate) target: &'static str,
    /// For people; the target's number is for machines.
    pub(crate) what: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ratio: Option<f64>,
    /// What the value or, where there is a limit, the ratio must reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wanted: Option<Wanted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p99_ms: Option<f64>,
    /// The most memory the server had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rss_mib: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) orders: Option<u64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}

impl Run {
    /// Beside the limit taken in the same run.
    pub(crate) fn against(mut self, limit: f64, at_least: f64) -> Self {
        self.limit = Some(limit);
        self.ratio = Some(self.value / limit);
        self.wanted = Some(Wanted::AtLeast(at_least));
        self
    }

    fn verdict(&self) -> String {
        let judged = self.ratio.unwrap_or(self.value);
        match self.wanted {
            None => String::new(),
            Some(Wanted::AtLeast(least)) => format!("{} (>= {least})", word(judged >= least)),
            Some(Wanted::AtMost(most)) => format!("{} (<= {most})", word(judged <= most)),
        }
    }
}

const fn word(reached: bool) -> &'static str {
    if reached { "reached" } else { "missed" }
}

#[derive(Debug, Serialize)]
struct Machine {
    cores: usize,
    cpu: String,
    memory_gib: f64,
    system: String,
}

impl Machine {
    fn this() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let value = |text: &str, name: &str| -> String {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_once(':').map_or("", |(_, value)| value).trim().to_owned()
        };
        let memory = value(&read("/proc/meminfo"), "MemTotal");
        let kib: f64 = memory.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or(0.0);
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            cpu: value(&read("/proc/cpuinfo"), "model name"),
            memory_gib: (kib / 1024.0 / 1024.0).round(),
            system: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    machine: Machine,
    runs: &'a [Run],
}

/// The whole run as one JSON object.
pub(crate) fn json(runs: &[Run]) -> Result<String> {
    Ok(serde_json::to_string_pretty(&Report { machine: Machine::this(), runs })?)
}

/// The table a stranger can read.
pub(crate) fn table(runs: &[Run]) -> String {
    let machine = Machine::this();
    let mut text = format!(
        "{} cores ({}), {} GiB, Linux {}; sender on the same machine\n\n",
        machine.cores, machine.cpu, machine.memory_gib, machine.system
    );
    let head = ["", "database", "what", "figure", "unit", "limit", "ratio", "target", "p50 ms", "p99 ms", "MiB"];
    let mut rows: Vec<Vec<String>> = vec![head.map(str::to_owned).to_vec()];
    rows.extend(runs.iter().map(row));
    let widths: Vec<usize> = (0..head.len())
        .map(|i| rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(i, (cell, width))| match i {
            0..=2 | 4 | 7 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn row(run: &Run) -> Vec<String> {
    let or_empty = |value: Option<f64>, digits: usize| value.map_or(String::new(), |v| format!("{v:.digits$}"));
    vec![
        run.target.to_owned(),
        run.db.to_owned(),
        run.what.to_owned(),
        figure(run.value),
        run.unit.to_owned(),
        run.limit.map_or(String::new(), figure),
        or_empty(run.ratio, 2),
        run.verdict(),
        or_empty(run.p50_ms, 2),
        or_empty(run.p99_ms, 2),
        or_empty(run.rss_mib, 0),
    ]
}

/// Whole numbers where there are many, three digits where there are few.
fn figure(value: f64) -> String {
    if value >= 1000.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}
