//! Value tables: the source's words and ours, shared by mappings.

use super::{
    fault::{Fault, Faults},
    text,
    toml_view::{self, Keys},
};
use model::said::args;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Entries a value table may have.
const ENTRIES_MAX: usize = 20_000;

/// One table: a source's word -> ours. Words are compared after folding (width, case, blanks around).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Values {
    entries: HashMap<String, String>,
}

impl Values {
    pub(super) fn get(&self, word: &str) -> Option<&str> {
        self.entries.get(word).or_else(|| self.entries.get(&text::folded(word))).map(String::as_str)
    }

    /// Our words, each once, in order.
    pub(super) fn results(&self) -> Vec<&str> {
        let mut found: Vec<&str> = self.entries.values().map(String::as_str).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// All value tables by name.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// With the file each is in.
    by_name: BTreeMap<String, (Arc<Values>, String)>,
}

impl Tables {
    /// Reads a value table and adds it under the name it gives itself.
    ///
    /// ```toml
    /// name = "payment-method-cn"
    /// [values]
    /// prepaid = ["微信", "支付宝"]     # ours = theirs, one or many
    /// ```
    ///
    /// # Errors
    /// All mistakes of the file.
    pub fn add(&mut self, file: &str, source: &str) -> Result<(), Vec<Fault>> {
        let mut faults = Faults::new(file, source);
        let table = toml_view::parse(source, &mut faults);
        let mut keys = Keys::new(table.get_ref(), 0..0);
        keys.take("about");
        let name = keys.text("name", &mut faults);
        if name.is_none() {
            keys.missing("name", &mut faults);
        }
        let mut values = Values::default();
        match keys.table("values", &mut faults) {
            Some(entries) => read_values(entries, &mut values, &mut faults),
            None => keys.missing("values", &mut faults),
        }
        keys.finish(&mut faults);
        if let Some(name) = name
            && let Some((_, first)) = self.by_name.insert(name.to_owned(), (Arc::new(values), file.to_owned()))
        {
            faults.at(&(0..0), "table_twice", args([("table", name.to_owned()), ("first", first)]));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults.into_sorted()) }
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<Values>> {
        self.by_name.get(name).map(|(values, _)| Arc::clone(values))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

fn read_values(mut entries: Keys<'_>, values: &mut Values, faults: &mut Faults<'_>) {
    for (ours, span, theirs) in entries.rest() {
        for word in theirs.texts(faults) {
            if values.entries.insert(text::folded(word), ours.to_owned()).is_some_and(|before| before != ours) {
                faults.at(&theirs.span(), "word_twice", args([("word", word.to_owned())]));
            }
        }
        if values.entries.len() > ENTRIES_MAX {
            faults.at(&span, "table_too_long", args([("max", ENTRIES_MAX.to_string())]));
            return;
        }
    }
}
