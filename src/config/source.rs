//! Places in the operator's file, for mistakes that are found after it was read.

use toml::de::{DeTable, DeValue};

/// A configuration file as it was read.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file's name.
    pub place: String,
    pub text: String,
}

impl Source {
    /// Line and column, from 1, of the value at `path`, or of the innermost table on the way to it; `None` when even the
    /// first key is not there.
    pub fn locate(&self, path: &[&str]) -> Option<(u32, u32)> {
        let root = DeTable::parse(&self.text).ok()?;
        let (mut table, mut found) = (root.get_ref(), None);
        for step in path {
            let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == step) else { break };
            found = Some(match value.get_ref() {
                DeValue::Table(_) => key.span().start,
                _ => value.span().start,
            });
            let DeValue::Table(below) = value.get_ref() else { break };
            table = below;
        }
        let before = self.text.get(..found?)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some((count(before.matches('\n').count() + 1), count(before[line_start..].chars().count() + 1)))
    }
}
