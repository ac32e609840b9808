//! The tables of all policy files: each setting at most once over all files, rows in the order of file and line.

use super::{FILE_BYTES_MAX, PolicyFault, source::Source};
use crate::said::args;
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

/// Tables that may appear once.
const ONCE: [&str; 6] = ["allocation", "authority", "carrier", "checks", "pricing", "priority"];
/// The table that may appear many times, as `[[approval]]`.
const ROWS: &str = "approval";

/// One table and the file it stands in.
#[derive(Debug)]
pub(crate) struct Table<'t> {
    pub(crate) source: &'t Source<'t>,
    pub(crate) name: &'t str,
    pub(crate) value: Spanned<DeValue<'t>>,
    /// Where it begins.
    pub(crate) offset: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Tables<'t> {
    pub(crate) once: BTreeMap<String, Table<'t>>,
    pub(crate) rows: Vec<Table<'t>>,
    /// Some file could not be read, so what is missing may only be hidden.
    pub(crate) incomplete: bool,
}

impl<'t> Tables<'t> {
    pub(crate) fn collect(sources: &'t [Source<'t>], faults: &mut Vec<PolicyFault>) -> Self {
        let mut tables = Self::default();
        for source in sources {
            tables.file(source, faults);
        }
        tables
    }

    fn file(&mut self, source: &'t Source<'t>, faults: &mut Vec<PolicyFault>) {
        if source.text.len() > FILE_BYTES_MAX {
            faults.push(source.fault(0, "file_too_big", args([("max", FILE_BYTES_MAX.to_string())])));
            self.incomplete = true;
            return;
        }
        let (document, errors) = DeTable::parse_recoverable(source.text);
        if !errors.is_empty() {
            // What the parser made of a broken file would only cause mistakes that are none.
            let place = |e: &toml::de::Error| e.span().map_or(0, |span| span.start);
            let problem = |e: &toml::de::Error| args([("problem", e.message().to_owned())]);
            faults.extend(errors.iter().map(|e| source.fault(place(e), "toml_syntax", problem(e))));
            self.incomplete = true;
            return;
        }
        for (key, value) in document.into_inner() {
            self.table(source, key.span().start, key.into_inner().as_ref(), value, faults);
        }
    }

    fn table(
        &mut self,
        source: &'t Source<'t>,
        offset: usize,
        name: &str,
        value: Spanned<DeValue<'t>>,
        faults: &mut Vec<PolicyFault>,
    ) {
        match (ONCE.iter().find(|known| **known == name), value) {
            (Some(known), value) if value.get_ref().is_table() => {
                let table = Table { source, name: known, value, offset };
                if let Some(first) = self.once.get(name) {
                    let place = first.source.fault(first.offset, "", args([]));
                    let first = format!("{}:{}", place.file, place.line);
                    let what = args([("table", name.to_owned()), ("first", first)]);
                    faults.push(source.fault(offset, "table_twice", what));
                } else {
                    self.once.insert(name.to_owned(), table);
                }
            }
            (None, value) if name == ROWS && value.get_ref().is_array() => self.rows(source, value, faults),
            (None, _) if name != ROWS => {
                let known = format!("{}, [[{ROWS}]]", ONCE.map(|table| format!("[{table}]")).join(", "));
                let what = args([("table", name.to_owned()), ("known", known)]);
                faults.push(source.fault(offset, "unknown_table", what));
            }
            (once, _) => {
                let wanted = if once.is_some() { format!("[{name}]") } else { format!("[[{name}]]") };
                faults.push(source.fault(offset, "wrong_table_form", args([("wanted", wanted)])));
            }
        }
    }

    fn rows(&mut self, source: &'t Source<'t>, value: Spanned<DeValue<'t>>, faults: &mut Vec<PolicyFault>) {
        let DeValue::Array(rows) = value.into_inner() else { return };
        for value in rows {
            let offset = value.span().start;
            if value.get_ref().is_table() {
                self.rows.push(Table { source, name: ROWS, value, offset });
            } else {
                faults.push(source.fault(offset, "wrong_table_form", args([("wanted", format!("[[{ROWS}]]"))])));
            }
        }
    }

    /// The settings of one table; their defaults when no file has it.
    pub(crate) fn settings<T: DeserializeOwned + Default>(&self, name: &str, faults: &mut Vec<PolicyFault>) -> T {
        self.once.get(name).and_then(|table| table.read(faults)).unwrap_or_default()
    }
}

impl Table<'_> {
    /// Reads the table as `T`. Serde stops at the first mistake, so each faulty key is noted, taken out, and the rest
    /// read again: every mistake is reported at once.
    pub(crate) fn read<T: for<'de> Deserialize<'de>>(&self, faults: &mut Vec<PolicyFault>) -> Option<T> {
        let mut value = self.value.clone();
        let mut found = 0;
        loop {
            let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(settings) => return (found == 0).then_some(settings),
                Err(error) => error,
            };
            let offset = error.span().map_or(self.offset, |span| span.start);
            let culprit = take_out(&mut value, offset);
            // After the first, a mistake at no key is only the want of a key that was taken out.
            if culprit || found == 0 {
                let what = args([("table", self.name.to_owned()), ("problem", error.message().to_owned())]);
                faults.push(self.source.fault(offset, "bad_field", what));
            }
            if !culprit {
                return None;
            }
            found += 1;
        }
    }
}

/// Takes the entry that covers the byte `offset` out of a table; false when none does.
fn take_out(value: &mut Spanned<DeValue<'_>>, offset: usize) -> bool {
    let DeValue::Table(entries) = value.get_mut() else { return false };
    let covers = |span: std::ops::Range<usize>| span.start <= offset && offset < span.end;
    let culprit = entries.iter().find(|(key, value)| covers(key.span()) || covers(value.span()));
    let Some(name) = culprit.map(|(key, _)| key.get_ref().to_string()) else { return false };
    entries.remove(name.as_str()).is_some()
}
