//! The lint of outgoing mappings: every mistake at once, each with its line and column.

mod head;

use super::{
    Body, Encoding, Field, List, Nothing, Outgoing,
    schema::{Entry, Kind, MESSAGE},
    shape::{Out, Shape, words},
};
use crate::mapping::{
    fault::{Fault, Faults, nearest},
    path::{Path, Step},
    toml_view::{self, Item, Keys},
    values::{Tables, Values},
};
use chrono::format::{Item as Format, StrftimeItems};
use chrono_tz::Tz;
use model::said::args;
use std::{ops::Range, sync::Arc};

/// Alternatives one field may have.
const SOURCES_MAX: usize = 20;
/// Lists inside lists.
const DEPTH_MAX: usize = 4;

struct Lint<'a, 'f> {
    faults: &'f mut Faults<'a>,
    tables: &'f Tables,
}

pub(super) fn read(file: &str, source: &str, tables: &Tables) -> Result<Outgoing, Vec<Fault>> {
    let mut faults = Faults::new(file, source);
    let table = toml_view::parse(source, &mut faults);
    if !faults.is_empty() {
        return Err(faults.into_sorted());
    }
    let mut keys = Keys::new(table.get_ref(), 0..0);
    let (name, version) = keys.head(&mut faults);
    let mut lint = Lint { faults: &mut faults, tables };
    let tells = lint.tells(&mut keys);
    let encoding = lint.encoding(&mut keys);
    let body = lint.body(&mut keys, &MESSAGE, 0);
    if encoding == Encoding::Form {
        lint.is_flat(&keys, &body);
    }
    keys.finish(&mut faults);
    match (name, version) {
        (Some(name), Some(version)) if faults.is_empty() => {
            Ok(Outgoing { name: name.to_owned(), version, tells, encoding, body })
        }
        _ => Err(faults.into_sorted()),
    }
}

impl Lint<'_, '_> {
    fn fault<const N: usize>(&mut self, span: &Range<usize>, code: &'static str, found: [(&str, String); N]) {
        self.faults.at(span, code, args(found));
    }

    fn unknown_word(&mut self, span: &Range<usize>, word: &str, known: &[&str]) {
        let mut found = args([("word", word.to_owned()), ("known", known.join(", "))]);
        if let Some(near) = nearest(word, known.iter().copied()) {
            found.insert("did_you_mean".to_owned(), near.to_owned());
        }
        self.faults.at(span, "unknown_word", found);
    }

    /// `[body]` and `[[lists]]` of one object; `here` is what stands at its entry.
    fn body(&mut self, keys: &mut Keys<'_>, here: &'static [Entry], depth: usize) -> Body {
        let mut body = Body::default();
        let mut places: Vec<Vec<String>> = Vec::new();
        let fields = keys.table("body", self.faults);
        let lists = keys.tables("lists", self.faults);
        if fields.is_none() && lists.is_empty() {
            keys.missing("body", self.faults);
        }
        if let Some(mut fields) = fields {
            for (name, span, item) in fields.rest() {
                let to = self.place(name, &span, &mut places);
                body.fields.extend(self.field(item, to, here));
            }
        }
        for list in lists {
            body.lists.extend(self.list(list, here, &mut places, depth));
        }
        body
    }

    fn list(
        &mut self,
        mut keys: Keys<'_>,
        here: &'static [Entry],
        places: &mut Vec<Vec<String>>,
        depth: usize,
    ) -> Option<List> {
        let (at, each) = (keys.take("at"), keys.take("each"));
        for (key, item) in [("at", at), ("each", each)] {
            if item.is_none() {
                keys.missing(key, self.faults);
            }
        }
        let found = each.and_then(|item| self.source(item, here).map(|found| (item, found)));
        let (below, each) = match found {
            Some((_, (path, Kind::List(below), _))) => (Some(below), Some(path)),
            Some((item, _)) => {
                self.fault(&item.span(), "bad_path", [("path", text(item)), ("why", "not_a_list".to_owned())]);
                (None, None)
            }
            None => (None, None),
        };
        if depth == DEPTH_MAX {
            self.fault(keys.span(), "bad_path", [("path", "lists".to_owned()), ("why", "too_deep".to_owned())]);
            return None;
        }
        // Without knowing what its entries are, its fields cannot be judged.
        let body = below.map(|below| self.body(&mut keys, below, depth + 1));
        if body.is_none() {
            for key in ["body", "lists"] {
                keys.take(key);
            }
        }
        let to = at.and_then(|item| {
            let name = item.text(self.faults)?;
            Some(self.place(name, &item.span(), places))
        });
        keys.finish(self.faults);
        Some(List { to: to?, each: each?, body: body? })
    }

    /// Where in the partner's object: names joined by dots. No two values may be at one place.
    fn place(&mut self, name: &str, span: &Range<usize>, places: &mut Vec<Vec<String>>) -> Vec<String> {
        let to: Vec<String> = name.split('.').map(str::to_owned).collect();
        if to.iter().any(String::is_empty) {
            self.fault(span, "bad_path", [("path", name.to_owned()), ("why", "empty_name".to_owned())]);
        }
        if let Some(other) = places.iter().find(|other| other.starts_with(&to) || to.starts_with(other)) {
            self.fault(span, "only_one_of", [("words", format!("{}, {name}", other.join(".")))]);
        }
        places.push(to.clone());
        to
    }

    fn field(&mut self, item: Item<'_>, to: Vec<String>, here: &'static [Entry]) -> Option<Field> {
        let Some(mut keys) = item.as_table() else {
            let (from, kind, absent) = self.sources(item, here)?;
            if absent {
                self.fault(&item.span(), "may_be_absent", [("path", text(item))]);
            }
            let shape = if matches!(kind, Kind::Text) { Shape::Text } else { Shape::AsIs };
            return Some(Field { to, from, table: None, shape, nothing: Nothing::Wrong });
        };
        let (constant, from) = (keys.take("const"), keys.take("from"));
        let field = match (constant, from) {
            (Some(constant), None) => literal(constant, self.faults).map(|out| constant_field(to, out)),
            (None, Some(from)) => self.mapped(&mut keys, from, to, here),
            (None, None) => {
                self.fault(&item.span(), "no_source", []);
                for key in ["as", "table", "otherwise", "optional", "default", "zone", "format"] {
                    keys.take(key);
                }
                None
            }
            (Some(_), Some(from)) => {
                self.fault(&from.span(), "two_sources", [("words", "const, from".to_owned())]);
                None
            }
        };
        keys.finish(self.faults);
        field
    }

    fn mapped(
        &mut self,
        keys: &mut Keys<'_>,
        from: Item<'_>,
        to: Vec<String>,
        here: &'static [Entry],
    ) -> Option<Field> {
        let sources = self.sources(from, here);
        let kind = sources.as_ref().map(|(_, kind, _)| *kind);
        let shape = self.shape(keys, kind);
        let table = self.table(keys, kind);
        let optional = keys.flag("optional", self.faults);
        let default = keys.take("default");
        if let (true, Some(default)) = (optional, default) {
            self.fault(&default.span(), "only_one_of", [("words", "optional, default".to_owned())]);
        }
        let nothing = match default.map(|item| literal(item, self.faults)) {
            Some(value) => Nothing::Default(value?),
            None if optional => Nothing::LeftOut,
            None => Nothing::Wrong,
        };
        let (from_paths, _, absent) = sources?;
        if absent && nothing == Nothing::Wrong {
            self.fault(&from.span(), "may_be_absent", [("path", text(from))]);
        }
        Some(Field { to, from: from_paths, table, shape: shape?, nothing })
    }

    /// Alternatives of one kind; the last says whether nothing may be there.
    fn sources(&mut self, item: Item<'_>, here: &'static [Entry]) -> Option<(Vec<Path>, Kind, bool)> {
        let items = item.as_list().unwrap_or_else(|| vec![item]);
        if items.is_empty() || items.len() > SOURCES_MAX {
            self.fault(&item.span(), "no_source", []);
            return None;
        }
        let (mut paths, mut kinds, mut absent) = (Vec::new(), Vec::new(), true);
        for item in items {
            let (path, kind, may_be_absent) = self.source(item, here)?;
            paths.push(path);
            kinds.push((kind, item.span()));
            absent &= may_be_absent;
        }
        let (first, _) = kinds.first().cloned()?;
        for (kind, span) in &kinds {
            if words(*kind) != words(first) {
                self.fault(
                    span,
                    "converter_unfit",
                    [("converter", words(*kind)[0].to_owned()), ("fit", words(first).join(", "))],
                );
            }
        }
        Some((paths, first, absent))
    }

    /// One path: what is there, and whether it may be absent.
    fn source(&mut self, item: Item<'_>, here: &'static [Entry]) -> Option<(Path, Kind, bool)> {
        let written = item.text(self.faults)?;
        let path = match Path::parse(written) {
            Ok(path) if !path.has_each() && !path.steps.is_empty() => path,
            Ok(_) => {
                self.fault(&item.span(), "bad_path", [("path", written.to_owned()), ("why", "one_value".to_owned())]);
                return None;
            }
            Err(why) => {
                self.fault(&item.span(), "bad_path", [("path", written.to_owned()), ("why", why.to_owned())]);
                return None;
            }
        };
        let mut kind = Kind::Object(if path.from_record { &MESSAGE } else { here });
        let mut absent = false;
        for step in &path.steps {
            match (step, kind) {
                (Step::Key(key), Kind::Object(entries)) => match entries.iter().find(|entry| entry.name == key) {
                    Some(entry) => {
                        kind = entry.kind;
                        absent |= entry.absent;
                    }
                    None => {
                        let known: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
                        self.unknown_word(&item.span(), key, &known);
                        return None;
                    }
                },
                (Step::Index(_), Kind::Texts) => (kind, absent) = (Kind::Text, true),
                (Step::Index(_), Kind::List(entries)) => (kind, absent) = (Kind::Object(entries), true),
                _ => {
                    let why = "nothing_below".to_owned();
                    self.fault(&item.span(), "bad_path", [("path", written.to_owned()), ("why", why)]);
                    return None;
                }
            }
        }
        Some((path, kind, absent))
    }

    /// `as` with its options.
    fn shape(&mut self, keys: &mut Keys<'_>, kind: Option<Kind>) -> Option<Shape> {
        let (word, zone, format) = (keys.take("as"), keys.take("zone"), keys.take("format"));
        let kind = kind?;
        let fit = words(kind);
        let name = word.map_or(Some(fit[0]), |item| item.text(self.faults))?;
        if let Some(item) = word.filter(|_| !fit.contains(&name)) {
            self.fault(&item.span(), "converter_unfit", [("converter", name.to_owned()), ("fit", fit.join(", "))]);
            return None;
        }
        for (option, item, fits) in
            [("zone", zone, ["date", "format"].as_slice()), ("format", format, ["format"].as_slice())]
        {
            if let Some(item) = item.filter(|_| !fits.contains(&name)) {
                self.fault(&item.span(), "option_unfit", [("option", option.to_owned()), ("fit", fits.join(", "))]);
            }
        }
        let zone = match zone {
            Some(item) => Some(self.zone(item)?),
            None => None,
        };
        Some(match (name, kind) {
            ("number", Kind::Amount | Kind::Decimal) => Shape::Number,
            ("text", Kind::Texts) => Shape::Joined,
            ("text", _) => Shape::Text,
            ("minor_units", _) => Shape::Minor,
            ("integer", _) => Shape::Integer,
            ("date", Kind::Time) => Shape::Date(zone),
            ("unix_s", _) => Shape::UnixS,
            ("unix_ms", _) => Shape::UnixMs,
            ("format", _) => match format {
                Some(item) => Shape::Format(self.format(item, kind)?, zone),
                None => {
                    keys.missing("format", self.faults);
                    return None;
                }
            },
            _ => Shape::AsIs,
        })
    }

    fn zone(&mut self, item: Item<'_>) -> Option<Tz> {
        let written = item.text(self.faults)?;
        let zone = written.parse().ok();
        if zone.is_none() {
            self.fault(&item.span(), "default_unfit", [("value", written.to_owned()), ("why", "no_zone".to_owned())]);
        }
        zone
    }

    /// A date has no hours.
    fn format(&mut self, item: Item<'_>, kind: Kind) -> Option<String> {
        let written = item.text(self.faults)?;
        let sample = chrono::NaiveDate::default();
        let understood = StrftimeItems::new(written).all(|part| part != Format::Error);
        let mut shown = String::new();
        let has_time = std::fmt::write(&mut shown, format_args!("{}", sample.format(written))).is_err();
        if !understood || (has_time && matches!(kind, Kind::Date)) {
            self.fault(&item.span(), "default_unfit", [("value", written.to_owned()), ("why", "no_format".to_owned())]);
            return None;
        }
        Some(written.to_owned())
    }

    /// `table`: our word to the partner's; `otherwise` for those that are not in it.
    fn table(&mut self, keys: &mut Keys<'_>, kind: Option<Kind>) -> Option<(Arc<Values>, Option<String>)> {
        let (item, otherwise) = (keys.take("table"), keys.take("otherwise"));
        let Some(item) = item else {
            if let Some(otherwise) = otherwise {
                let (word, needed) = ("otherwise".to_owned(), "table".to_owned());
                self.fault(&otherwise.span(), "needs", [("word", word), ("needed", needed)]);
            }
            return None;
        };
        let name = item.text(self.faults)?;
        if !kind.is_none_or(|kind| matches!(kind, Kind::Text)) {
            self.fault(&item.span(), "option_unfit", [("option", "table".to_owned()), ("fit", "text".to_owned())]);
        }
        let found = self.tables.get(name);
        if found.is_none() {
            let known: Vec<&str> = self.tables.names().collect();
            self.fault(&item.span(), "unknown_table", [("table", name.to_owned()), ("known", known.join(", "))]);
        }
        let otherwise = otherwise.and_then(|item| item.literal(self.faults));
        Some((found?, otherwise))
    }
}

fn constant_field(to: Vec<String>, value: Out) -> Field {
    Field { to, from: Vec::new(), table: None, shape: Shape::AsIs, nothing: Nothing::Default(value) }
}

/// A constant keeps its type: text, whole number, true or false.
fn literal(item: Item<'_>, faults: &mut Faults<'_>) -> Option<Out> {
    if let Some(text) = item.as_text() {
        return Some(Out::Text(text.to_owned()));
    }
    let written = item.literal(faults)?;
    // TOML has numbers that JSON has not: inf, nan.
    if serde_json::from_str::<serde_json::Value>(&written).is_err() {
        item.wrong("text, true, false or a plain number", faults);
        return None;
    }
    Some(Out::Raw(written))
}

/// What is written there, for a fault's words.
fn text(item: Item<'_>) -> String {
    let texts = item.as_list().unwrap_or_else(|| vec![item]);
    texts.iter().filter_map(Item::as_text).collect::<Vec<_>>().join(" | ")
}
