//! What a campaign has found, as a line for people and as JSON for machines.

use super::judge::Verdict;
use anyhow::Result;
use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) db: &'static str,
    pub(crate) runs: u64,
    pub(crate) acks: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Whatever else was not as it must be.
    pub(crate) wrong: Vec<String>,
    /// What else was seen.
    pub(crate) notes: Vec<String>,
    pub(crate) heal_s: f64,
    pub(crate) drain_s: f64,
    pub(crate) control_failed_as_it_must: bool,
    /// What the control showed.
    pub(crate) control: String,
}

impl Line {
    pub(crate) fn new(name: &'static str, db: &'static str) -> Self {
        Self { name, db, ..Self::default() }
    }

    /// A campaign that could not go on.
    pub(crate) fn broken(name: &'static str, db: &'static str, error: &anyhow::Error) -> Self {
        Self { wrong: vec![format!("{error:#}")], control: "not asked".to_owned(), ..Self::new(name, db) }
    }

    pub(crate) fn is_good(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.wrong.is_empty() && self.control_failed_as_it_must
    }
}

/// What a control has shown, in a few words.
pub(crate) fn shown(verdict: &Verdict) -> String {
    let mut words = Vec::new();
    if verdict.lost > 0 {
        words.push(format!("{} lost", verdict.lost));
    }
    if verdict.doubled > 0 {
        words.push(format!("{} doubled", verdict.doubled));
    }
    if !verdict.wrong.is_empty() {
        words.push(format!("{} wrong", verdict.wrong.len()));
    }
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

pub(crate) const HEAD: &str =
    "fault           database  runs   acks  lost  doubled  heal s  drain s  control               verdict";

pub(crate) fn row(line: &Line) -> String {
    let word = if line.control_failed_as_it_must { "found" } else { "MISSED" };
    let control = format!("{word}: {}", line.control);
    let verdict = if line.is_good() { "ok" } else { "FAILED" };
    let Line { name, db, runs, acks, lost, doubled, heal_s, drain_s, .. } = line;
    let mut text = format!(
        "{name:<15} {db:<8}  {runs:>4}  {acks:>5}  {lost:>4}  {doubled:>7}  {heal_s:>6.2}  {drain_s:>7.2}  {control:<20}  {verdict}"
    );
    for said in line.wrong.iter().chain(&line.notes) {
        text += &format!("\n    {said}");
    }
    text
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    faults: &'a [Line],
}

pub(crate) fn json(faults: &[Line]) -> Result<String> {
    Ok(serde_json::to_string_pretty(&Report { faults })?)
}
