//! Mistakes in mapping files, each with its line and column.

use super::text;
use model::said::Args;
use std::ops::Range;

/// One mistake in a mapping or value table; words are in `locales/`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// Stable code, e.g. `unknown_key`.
    pub code: &'static str,
    pub args: Args,
}

/// Gathers the faults of one file.
#[derive(Debug)]
pub(super) struct Faults<'a> {
    file: &'a str,
    source: &'a str,
    found: Vec<Fault>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(file: &'a str, source: &'a str) -> Self {
        Self { file, source, found: Vec::new() }
    }

    /// Notes a fault at the bytes `span` of the source.
    pub(super) fn at(&mut self, span: &Range<usize>, code: &'static str, args: Args) {
        let before = self.source.get(..span.start).unwrap_or(self.source);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.found.push(Fault {
            file: self.file.to_owned(),
            line: count(before.matches('\n').count() + 1),
            column: count(before[line_start..].chars().count() + 1),
            code,
            args,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Fault> {
        self.found.sort_by_key(|fault| (fault.line, fault.column));
        self.found.dedup();
        self.found
    }
}

/// The word of `known` most like `word`, when one is near enough to be a slip of the pen.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(steps, candidate)| *steps <= candidate.chars().count().div_ceil(3).min(3))
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, drop or replace to make `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = text::folded(b).chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in text::folded(a).chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let step = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = step.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
