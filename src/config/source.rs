//! Places in the operator's file, for mistakes that are found after it was read.

use super::Mistake;
use toml::de::{DeTable, DeValue};

/// The code of a key that nobody knows: it has no value worth a place.
pub(super) const UNKNOWN_KEY: &str = "unknown_key";

/// A configuration file as it was read.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file's name.
    pub place: String,
    pub text: String,
    /// The keys whose values could not be read, and were left out or stand for something else.
    pub faulty: Vec<Vec<String>>,
}

impl Source {
    /// A mistake at `path`, with its line where the file has it.
    pub fn mistake(&self, path: &[&str], code: &str, problem: &str) -> Mistake {
        let (line, column) = self.find(path, code == UNKNOWN_KEY).unwrap_or_default();
        Mistake {
            file: self.place.clone(),
            line,
            column,
            code: code.to_owned(),
            problem: format!("{}: {problem}", path.join(".")),
            path: path.iter().map(|&key| key.to_owned()).collect(),
            args: None,
        }
    }

    /// Was the value at `path`, or one around or inside it, not to be read? What follows from that is no mistake of its own.
    pub fn is_faulty<S: AsRef<str>>(&self, path: &[S]) -> bool {
        let same = |keys: &[String]| keys.iter().zip(path).all(|(key, other)| key == other.as_ref());
        !path.is_empty() && self.faulty.iter().any(|keys| same(keys))
    }

    /// Line and column, from 1, of the value at `path` (or of its key), or of the innermost table on the way to it; `None`
    /// when even the first key is not there.
    fn find(&self, path: &[&str], key_itself: bool) -> Option<(u32, u32)> {
        let root = DeTable::parse(&self.text).ok()?;
        let (mut table, mut found) = (root.get_ref(), None);
        for step in path {
            let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == step) else { break };
            found = Some(match value.get_ref() {
                DeValue::Table(_) => key.span().start,
                _ if key_itself => key.span().start,
                _ => value.span().start,
            });
            let DeValue::Table(below) = value.get_ref() else { break };
            table = below;
        }
        found.and_then(|at| self.line_and_column(at))
    }

    /// Line and column, from 1, of a byte of the file.
    pub(super) fn line_and_column(&self, at: usize) -> Option<(u32, u32)> {
        let before = self.text.get(..at)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some((count(before.matches('\n').count() + 1), count(before[line_start..].chars().count() + 1)))
    }
}
