//! A TOML table as the lint reads it: each key is taken once, what is left over is a fault.

use super::fault::{Faults, nearest};
use model::said::args;
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// One value with the bytes it stands at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'t> {
    value: &'t Spanned<DeValue<'t>>,
}

/// The keys of one table, in the order of the file.
#[derive(Debug)]
pub(super) struct Keys<'t> {
    entries: Vec<(&'t str, Range<usize>, Item<'t>, bool)>,
    span: Range<usize>,
    asked: Vec<&'static str>,
}

impl<'t> Keys<'t> {
    pub(super) fn new(table: &'t DeTable<'t>, span: Range<usize>) -> Self {
        let mut entries: Vec<_> =
            table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), Item { value }, false)).collect();
        entries.sort_by_key(|(_, at, _, _)| at.start);
        Self { entries, span, asked: Vec::new() }
    }

    pub(super) const fn nothing() -> Self {
        Self { entries: Vec::new(), span: 0..0, asked: Vec::new() }
    }

    pub(super) fn span(&self) -> &Range<usize> {
        &self.span
    }

    /// The key stands there, right or wrong.
    pub(super) fn was_there(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, ..)| *name == key)
    }

    /// Takes the value of `key`; remembers that the key is known.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Item<'t>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let entry = self.entries.iter_mut().find(|(name, ..)| *name == key)?;
        entry.3 = true;
        Some(entry.2)
    }

    /// Takes every key not yet taken: `(name, where the name stands, value)`.
    pub(super) fn rest(&mut self) -> Vec<(&'t str, Range<usize>, Item<'t>)> {
        self.entries
            .iter_mut()
            .filter(|entry| !entry.3)
            .map(|entry| {
                entry.3 = true;
                (entry.0, entry.1.clone(), entry.2)
            })
            .collect()
    }

    /// Notes a fault for every key nobody asked for.
    pub(super) fn finish(self, faults: &mut Faults<'_>) {
        for (name, span, _, _) in self.entries.iter().filter(|entry| !entry.3) {
            let mut found = args([("key", (*name).to_owned()), ("known", self.asked.join(", "))]);
            if let Some(near) = nearest(name, self.asked.iter().copied()) {
                found.insert("did_you_mean".to_owned(), near.to_owned());
            }
            faults.at(span, "unknown_key", found);
        }
    }

    pub(super) fn text(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<&'t str> {
        self.take(key)?.text(faults)
    }

    pub(super) fn flag(&mut self, key: &'static str, faults: &mut Faults<'_>) -> bool {
        let Some(item) = self.take(key) else { return false };
        match item.value.get_ref() {
            DeValue::Boolean(flag) => *flag,
            _ => {
                item.wrong("true or false", faults);
                false
            }
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn count(&mut self, key: &'static str, least: u32, most: u32, faults: &mut Faults<'_>) -> Option<u32> {
        let item = self.take(key)?;
        let number = item.value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        match number {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                item.wrong(&format!("a whole number from {least} to {most}"), faults);
                None
            }
        }
    }

    /// One text or a list of texts.
    pub(super) fn texts(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Vec<&'t str> {
        self.take(key).map(|item| item.texts(faults)).unwrap_or_default()
    }

    pub(super) fn table(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<Keys<'t>> {
        self.take(key)?.table(faults)
    }

    /// The entries of a list of tables; none when the key is absent.
    pub(super) fn tables(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Vec<Keys<'t>> {
        let Some(item) = self.take(key) else { return Vec::new() };
        match item.value.get_ref() {
            DeValue::Array(list) => list.iter().filter_map(|value| Item { value }.table(faults)).collect(),
            _ => {
                item.wrong("a list of tables", faults);
                Vec::new()
            }
        }
    }

    /// Notes that a key that must be there is not.
    /// What every mapping begins with: its name and version, both required, and what it is about.
    pub(super) fn head(&mut self, faults: &mut Faults<'_>) -> (Option<&'t str>, Option<u32>) {
        let name = self.text("name", faults);
        let version = self.count("version", 1, u32::MAX, faults);
        for (key, missing) in [("name", name.is_none()), ("version", version.is_none())] {
            if missing {
                self.missing(key, faults);
            }
        }
        self.take("about");
        (name, version)
    }

    pub(super) fn missing(&self, key: &str, faults: &mut Faults<'_>) {
        faults.at(&self.span, "missing_key", args([("key", key.to_owned())]));
    }
}

impl<'t> Item<'t> {
    pub(super) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Text without complaint when it is something else.
    pub(super) fn as_text(&self) -> Option<&'t str> {
        self.value.get_ref().as_str()
    }

    pub(super) fn as_list(&self) -> Option<Vec<Self>> {
        self.value.get_ref().as_array().map(|list| list.iter().map(|value| Item { value }).collect())
    }

    pub(super) fn as_table(&self) -> Option<Keys<'t>> {
        self.value.get_ref().as_table().map(|table| Keys::new(table, self.span()))
    }

    pub(super) fn as_index(&self) -> Option<usize> {
        self.value.get_ref().as_integer().and_then(|n| usize::from_str_radix(n.as_str(), n.radix()).ok())
    }

    pub(super) fn text(&self, faults: &mut Faults<'_>) -> Option<&'t str> {
        let found = self.as_text();
        if found.is_none() {
            self.wrong("text", faults);
        }
        found
    }

    pub(super) fn texts(&self, faults: &mut Faults<'_>) -> Vec<&'t str> {
        match (self.as_text(), self.as_list()) {
            (Some(one), _) => vec![one],
            (None, Some(list)) => list.iter().filter_map(|item| item.text(faults)).collect(),
            (None, None) => {
                self.wrong("text or a list of texts", faults);
                Vec::new()
            }
        }
    }

    pub(super) fn table(&self, faults: &mut Faults<'_>) -> Option<Keys<'t>> {
        let found = self.as_table();
        if found.is_none() {
            self.wrong("a table", faults);
        }
        found
    }

    /// A literal value written as text, number or truth value, as text.
    pub(super) fn literal(&self, faults: &mut Faults<'_>) -> Option<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            DeValue::Integer(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                self.wrong("text, a number or true/false", faults);
                None
            }
        }
    }

    pub(super) fn wrong(&self, expected: &str, faults: &mut Faults<'_>) {
        let found = self.value.get_ref().type_str().to_owned();
        faults.at(&self.span(), "wrong_type", args([("expected", expected.to_owned()), ("found", found)]));
    }
}

/// Parses TOML; every syntax error is a fault `toml` with the parser's words.
pub(super) fn parse<'t>(source: &'t str, faults: &mut Faults<'_>) -> Spanned<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(source);
    for error in errors {
        faults.at(&error.span().unwrap_or(0..0), "toml", args([("message", error.message().to_owned())]));
    }
    table
}
