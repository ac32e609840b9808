//! Lint of `[read]`, `[block]` and `[expect]`.

use super::Lint;
use crate::mapping::{
    fields::{self, Kind},
    path::Path,
    spec::{
        Atom, ColumnName, Counted, Expect, Field, Format, GroupBy, Hidden, Label, ROW_SAYS, ReadAs, Sheet, Side,
        Source, Stated, TableRead, TreeFormat,
    },
    text::Opening,
    toml_view::{Item, Keys},
    values::Values,
};

/// Rows a header may be looked for in, unless the mapping says otherwise, and at most.
const HEADER_WITHIN: u32 = 50;
const HEADER_WITHIN_MAX: u32 = 500;
/// Rows below the header that may be skipped.
const SKIP_ROWS_MAX: u32 = 100;

const FORMATS: [(&str, bool); 5] = [("json", false), ("xml", false), ("csv", true), ("xlsx", true), ("table", true)];

impl Lint<'_, '_> {
    /// The format reads rows. Notes a missing or unknown format.
    pub(super) fn is_table(&mut self, read: &mut Keys<'_>) -> bool {
        let found = self.one_of(read, "format", &FORMATS);
        if found.is_none() && !read.was_there("format") {
            read.missing("format", self.faults);
        }
        found.unwrap_or(false)
    }

    /// `[read]`, its format known and `empty` taken.
    pub(super) fn reading(&mut self, mut keys: Keys<'_>) -> ReadAs {
        let read = if self.is_table { ReadAs::Table(self.table_read(&mut keys)) } else { self.tree_read(&mut keys) };
        keys.finish(self.faults);
        read
    }

    fn tree_read(&mut self, keys: &mut Keys<'_>) -> ReadAs {
        let mut records = Vec::new();
        if let Some(item) = keys.take("record") {
            for text in item.texts(self.faults) {
                match self.path(text) {
                    Ok(path) if !path.has_each() => records.push(path),
                    Ok(_) => self.bad_path(item, text, "list_here"),
                    Err(why) => self.bad_path(item, text, why),
                }
            }
        }
        if records.is_empty() {
            records.push(Path { loose: self.is_xml, ..Path::default() });
        }
        ReadAs::Tree { format: if self.is_xml { TreeFormat::Xml } else { TreeFormat::Json }, records }
    }

    fn bad_path(&mut self, item: Item<'_>, path: &str, why: &str) {
        self.fault(&item.span(), "bad_path", [("path", path.to_owned()), ("why", why.to_owned())]);
    }

    fn table_read(&mut self, keys: &mut Keys<'_>) -> TableRead {
        let format = self.table_format(keys);
        let header = self.header_words(keys);
        if header.is_empty() && !keys.was_there("header") {
            keys.missing("header", self.faults);
        }
        let within = keys.count("header_within", 1, HEADER_WITHIN_MAX, self.faults).unwrap_or(HEADER_WITHIN);
        let openings = |words: Vec<&str>| words.into_iter().map(Opening::new).collect();
        let hidden = [("read", Hidden::Read), ("skip", Hidden::Skip), ("hold", Hidden::Hold)];
        TableRead {
            format,
            header,
            header_within: within,
            skip_rows: keys.count("skip_rows", 0, SKIP_ROWS_MAX, self.faults).unwrap_or(0),
            until: openings(keys.texts("until", self.faults)),
            skip: openings(keys.texts("skip", self.faults)),
            blank_ends: self.one_of(keys, "blank", &[("skip", false), ("end", true)]).unwrap_or(false),
            hidden: self.one_of(keys, "hidden", &hidden).unwrap_or_default(),
            says: self.row_says(keys),
            group: self.group_by(keys),
            fill_down: keys.flag("fill_down", self.faults),
            unsorted: keys.flag("unsorted", self.faults),
        }
    }

    /// `says = { from = "Event Type", table = "..." }`: the table's results are our words for what rows say.
    fn row_says(&mut self, keys: &mut Keys<'_>) -> Option<(Vec<Source>, std::sync::Arc<Values>)> {
        let item = keys.take("says")?;
        let mut keys = item.table(self.faults)?;
        let from = keys.take("from").and_then(|item| self.sources(item));
        let table = keys.take("table");
        for (key, missing) in [("from", from.is_none()), ("table", table.is_none())] {
            if missing && !keys.was_there(key) {
                keys.missing(key, self.faults);
            }
        }
        keys.finish(self.faults);
        let table_item = table?;
        let table = self.table_named(table_item)?;
        for word in table.results() {
            if fields::word(&ROW_SAYS, word).is_none() {
                let known = fields::names(&ROW_SAYS).join(", ");
                let found = [("value", word.to_owned()), ("why", "not_a_known_word".to_owned()), ("known", known)];
                self.fault(&table_item.span(), "table_unfit", found);
            }
        }
        Some((from?, table))
    }

    fn table_format(&mut self, keys: &mut Keys<'_>) -> Format {
        let encoding = keys.text("encoding", self.faults).map(str::to_owned);
        let delimiter = keys.take("delimiter").and_then(|item| {
            let text = item.text(self.faults)?;
            let mut letters = text.chars();
            let found = letters.next().filter(|_| letters.next().is_none());
            if found.is_none() {
                self.fault(&item.span(), "not_one_character", [("word", text.to_owned())]);
            }
            found
        });
        let sheet = keys.take("sheet").map(|item| self.sheet(item));
        let format = keys.take("format").and_then(|item| item.as_text());
        match format {
            Some("csv") => {
                if sheet.is_some() {
                    self.fault(
                        keys.span(),
                        "option_unfit",
                        [("option", "sheet".to_owned()), ("fit", "xlsx".to_owned())],
                    );
                }
                Format::Csv { encoding, delimiter }
            }
            Some("xlsx") => {
                if encoding.is_some() || delimiter.is_some() {
                    let option = "encoding, delimiter".to_owned();
                    self.fault(keys.span(), "option_unfit", [("option", option), ("fit", "csv".to_owned())]);
                }
                Format::Xlsx { sheet: sheet.unwrap_or(Sheet::First) }
            }
            Some(_) | None => {
                if sheet.is_some() || encoding.is_some() || delimiter.is_some() {
                    let option = "sheet, encoding, delimiter".to_owned();
                    self.fault(keys.span(), "option_unfit", [("option", option), ("fit", "csv, xlsx".to_owned())]);
                }
                Format::Auto
            }
        }
    }

    fn sheet(&mut self, item: Item<'_>) -> Sheet {
        match (item.as_index(), item.as_text()) {
            (Some(n), _) if n >= 1 => Sheet::Nth(n),
            (None, Some("first")) => Sheet::First,
            (None, Some(name)) => Sheet::Named(name.to_owned()),
            (Some(_), _) | (None, None) => {
                item.wrong("a sheet's name, or its number from 1", self.faults);
                Sheet::First
            }
        }
    }

    /// `header = ["订单号", ["数量", "Qty"]]`
    fn header_words(&mut self, keys: &mut Keys<'_>) -> Vec<Vec<ColumnName>> {
        let Some(item) = keys.take("header") else { return Vec::new() };
        let list = item.as_list().unwrap_or_else(|| vec![item]);
        let words: Vec<Vec<ColumnName>> = list
            .iter()
            .map(|word| word.texts(self.faults).into_iter().map(ColumnName::new).collect::<Vec<_>>())
            .filter(|words| !words.is_empty())
            .collect();
        if words.is_empty() {
            self.fault(&item.span(), "no_source", [("word", "header".to_owned())]);
        }
        words
    }

    fn group_by(&mut self, keys: &mut Keys<'_>) -> GroupBy {
        let Some(item) = keys.take("group_by") else {
            keys.missing("group_by", self.faults);
            return GroupBy::File;
        };
        if item.as_text() == Some("@file") {
            return GroupBy::File;
        }
        let sources = match item.as_table() {
            None => self.sources(item),
            Some(mut keys) => {
                let joined = self.join_or_sum(&mut keys);
                if joined.is_none() {
                    keys.missing("join", self.faults);
                }
                keys.finish(self.faults);
                joined
            }
        };
        sources.map_or(GroupBy::File, GroupBy::Source)
    }

    /// `[block]`: name = label text, list of label texts, or `{ label, at }`.
    pub(super) fn block(&mut self, keys: &mut Keys<'_>) {
        let Some(item) = keys.take("block") else { return };
        let Some(mut table) = item.table(self.faults) else { return };
        if !self.is_table {
            self.fault(&item.span(), "only_in_tables", [("word", "block".to_owned())]);
        }
        for (name, span, item) in table.rest() {
            let (words, at) = match item.as_table() {
                None => (item.texts(self.faults), Side::Right),
                Some(mut keys) => {
                    let words = keys.texts("label", self.faults);
                    let at = self.one_of(&mut keys, "at", &[("right", Side::Right), ("below", Side::Below)]);
                    keys.finish(self.faults);
                    (words, at.unwrap_or_default())
                }
            };
            if words.is_empty() || name == "received" {
                self.fault(&span, "no_source", [("label", name.to_owned())]);
            }
            let words = words.into_iter().map(ColumnName::new).collect();
            self.block.push(Label { name: name.to_owned(), words, at });
            self.block_used.push(false);
        }
    }

    /// `[expect]`: name = { sum | count, footer | block, optional }.
    pub(super) fn expect(&mut self, keys: &mut Keys<'_>, items: &[Field]) -> Vec<Expect> {
        let Some(item) = keys.take("expect") else { return Vec::new() };
        let Some(mut table) = item.table(self.faults) else { return Vec::new() };
        if !self.is_table {
            self.fault(&item.span(), "only_in_tables", [("word", "expect".to_owned())]);
            return Vec::new();
        }
        let mut found = Vec::new();
        for (name, _, item) in table.rest() {
            if let Some(keys) = item.table(self.faults) {
                found.extend(self.expectation(name, keys, items));
            }
        }
        found
    }

    fn expectation(&mut self, name: &str, mut keys: Keys<'_>, items: &[Field]) -> Option<Expect> {
        let sum = keys.take("sum");
        let count = self.one_of(&mut keys, "count", &[("records", Counted::Records), ("orders", Counted::Orders)]);
        let counted = match (sum, count) {
            (Some(item), None) => Some(Counted::Sum(self.summed(item, items)?)),
            (None, count) => count,
            (Some(_), Some(_)) => None,
        };
        let (footer, block) = (keys.take("footer"), keys.take("block"));
        let stated = match (footer, block, counted) {
            (Some(item), None, _) => {
                let columns = item.texts(self.faults).into_iter().map(|column| self.column(column)).collect();
                Some(Stated::Footer(columns))
            }
            (None, Some(item), _) => self.label(item),
            (None, None, Some(Counted::Sum(n))) => Some(Stated::Footer(columns_of(&items[n]))),
            (None, None, _) | (Some(_), Some(_), _) => None,
        };
        let optional = keys.flag("optional", self.faults);
        if counted.is_none() || (stated.is_none() && block.is_none()) {
            let words = "sum or count; footer or block".to_owned();
            self.fault(keys.span(), "expectation_unclear", [("expectation", name.to_owned()), ("words", words)]);
        }
        keys.finish(self.faults);
        Some(Expect { name: name.to_owned(), counted: counted?, stated: stated?, optional })
    }

    /// A line's field that holds a number and comes from columns: an unreadable cell in it is a reject of its own.
    fn summed(&mut self, item: Item<'_>, items: &[Field]) -> Option<usize> {
        let word = item.text(self.faults)?;
        let fits = |field: &Field| {
            matches!(field.convert.kind, Kind::Quantity | Kind::Money | Kind::Price) && !columns_of(field).is_empty()
        };
        let found = items.iter().position(|field| field.name == word && fits(field));
        if found.is_none() {
            let known: Vec<&str> = items.iter().filter(|field| fits(field)).map(|field| field.name.as_str()).collect();
            self.unknown_word(&item.span(), word, &known);
        }
        found
    }

    fn label(&mut self, item: Item<'_>) -> Option<Stated> {
        let word = item.text(self.faults)?;
        let name = word.strip_prefix('@').unwrap_or(word);
        let found = self.block.iter().position(|label| label.name == name);
        match found {
            Some(n) => self.block_used[n] = true,
            None => {
                let known: Vec<String> = self.block.iter().map(|label| label.name.clone()).collect();
                self.unknown_word(&item.span(), word, &known.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
        found.map(Stated::Block)
    }
}

/// The columns a field is read from as they stand.
fn columns_of(field: &Field) -> Vec<usize> {
    let column = |source: &Source| if let Source::One(Atom::Column(n)) = source { Some(*n) } else { None };
    field.sources.iter().filter_map(column).collect()
}
