//! Where values came from: canonical field -> place. Lines share one entry a field; a line that took another source than
//! the first has an entry of its own.

use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Lineage {
    entries: Vec<(String, String)>,
    /// The source the first line with that field took.
    first: Vec<(String, usize)>,
}

impl Lineage {
    pub(super) fn add(&mut self, name: &str, place: impl FnOnce() -> String) {
        self.entries.push((name.to_owned(), place()));
    }

    /// The n-th line's (from 0) value of `name`, from that source: `any` is the place in all lines, `own` in this one.
    pub(super) fn add_line(
        &mut self,
        name: &str,
        n: usize,
        source: usize,
        any: impl FnOnce() -> String,
        own: impl FnOnce() -> String,
    ) {
        match self.first.iter().find(|(known, _)| known == name) {
            None => {
                self.first.push((name.to_owned(), source));
                self.entries.push((name.to_owned(), any()));
            }
            Some((_, known)) if *known == source => {}
            Some(_) => {
                let tail = name.strip_prefix("items.").unwrap_or(name);
                self.entries.push((format!("items[{n}].{tail}"), own()));
            }
        }
    }

    /// Entries by field; several places of one field in one text.
    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        let mut map = BTreeMap::new();
        for (name, place) in self.entries {
            map.entry(name)
                .and_modify(|known: &mut String| {
                    known.push_str(", ");
                    known.push_str(&place);
                })
                .or_insert(place);
        }
        map
    }
}
