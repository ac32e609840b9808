//! Lint of one field: its sources, its converter, what it is when there is nothing.

use super::Lint;
use crate::{
    mapping::{
        convert::{CONVERTERS, Convert, Converter, Setting},
        date::DayOrder,
        fields::{self, Kind, ORDER_KINDS, PAYMENT_METHODS, PAYMENT_STATES, Target},
        number::Mark,
        spec::{Atom, Fallback, Field, JoinPart, Source, Split, Take},
        toml_view::{Item, Keys},
        values::Values,
    },
    node::Scalar,
};
use chrono_tz::Tz;
use model::{money::Currency, said::args};
use std::{borrow::Cow, ops::Range, sync::Arc};

/// Alternatives one field may have.
const SOURCES_MAX: usize = 20;

impl Lint<'_, '_> {
    /// A field as the mapping writes it: a source, a list of alternatives, or a table of words.
    pub(super) fn field(&mut self, item: Item<'_>, target: Target, kind: Kind, name: String) -> Option<Field> {
        let convert = Convert::new(kind, Converter::of(kind)[0]);
        let Some(mut keys) = item.as_table() else {
            let sources = self.sources(item)?;
            return Some(Field {
                target,
                name,
                sources,
                split: None,
                table: None,
                otherwise: None,
                convert,
                per: None,
                beside: None,
                fallback: Fallback::Missing,
            });
        };
        let sources = self.field_sources(&mut keys);
        let split = self.split(&mut keys);
        let convert = self.convert(&mut keys, kind);
        let per = self.companion(&mut keys, "per", kind, &[Kind::Price]);
        let beside = self.companion(&mut keys, "currency", kind, &[Kind::Price, Kind::Money]);
        let table_item = keys.take("table");
        let table = table_item.and_then(|item| self.value_table(item, kind));
        let otherwise_item = keys.take("otherwise");
        let otherwise = otherwise_item.and_then(|item| item.literal(self.faults));
        if let (Some(item), None) = (otherwise_item, table_item) {
            self.fault(&item.span(), "needs", [("word", "otherwise".to_owned()), ("needed", "table".to_owned())]);
        }
        if let (Some(item), Some(word)) = (otherwise_item, &otherwise) {
            self.fits(&item.span(), word, &convert, "default_unfit");
        }
        let has_sources = sources.as_ref().map(|sources| !sources.is_empty());
        let fallback = self.fallback(&mut keys, has_sources, &convert);
        keys.finish(self.faults);
        let (sources, fallback) = (sources?, fallback?);
        Some(Field { target, name, sources, split, table, otherwise, convert, per, beside, fallback })
    }

    /// A place that goes with the field's own, where fields of this kind have one.
    fn companion(&mut self, keys: &mut Keys<'_>, word: &'static str, kind: Kind, fit: &[Kind]) -> Option<Atom> {
        let item = keys.take(word)?;
        if !fit.contains(&kind) {
            let fit = fit.iter().map(|kind| if *kind == Kind::Price { "price" } else { "money" }).collect::<Vec<_>>();
            self.fault(&item.span(), "option_unfit", [("option", word.to_owned()), ("fit", fit.join(", "))]);
            return None;
        }
        let written = item.text(self.faults)?;
        self.atom(written, &item.span(), false)
    }

    /// `from`, `join` or `sum`; none with `const`. `None` when they are wrong, which has been noted.
    fn field_sources(&mut self, keys: &mut Keys<'_>) -> Option<Vec<Source>> {
        let from = keys.take("from");
        let source = self.join_or_sum(keys);
        match (from, source) {
            (Some(from), None) => self.sources(from),
            (None, Some(sources)) => Some(sources),
            (None, None) => Some(Vec::new()),
            (Some(from), Some(_)) => {
                self.fault(&from.span(), "two_sources", [("words", "from, join, sum".to_owned())]);
                None
            }
        }
    }

    pub(super) fn join_or_sum(&mut self, keys: &mut Keys<'_>) -> Option<Vec<Source>> {
        let (join, with, sum) = (keys.take("join"), keys.take("with"), keys.take("sum"));
        if let (None, Some(with)) = (join, with) {
            self.fault(&with.span(), "needs", [("word", "with".to_owned()), ("needed", "join".to_owned())]);
        }
        match (join, sum) {
            (Some(item), None) => {
                let with = with.and_then(|with| with.text(self.faults)).unwrap_or(" ").to_owned();
                let parts = item.as_list().unwrap_or_else(|| vec![item]);
                let parts: Vec<JoinPart> = parts.into_iter().filter_map(|part| self.join_part(part)).collect();
                if parts.is_empty() {
                    self.fault(&item.span(), "no_source", [("words", "join".to_owned())]);
                }
                Some(vec![Source::Join { parts, with }])
            }
            (None, Some(item)) => {
                let atoms: Vec<Source> = item
                    .texts(self.faults)
                    .into_iter()
                    .filter_map(|source| self.atom(source, &item.span(), true))
                    .map(Source::Sum)
                    .collect();
                if self.is_table {
                    self.fault(&item.span(), "only_in_trees", [("word", "sum".to_owned())]);
                }
                Some(atoms)
            }
            (None, None) => None,
            (Some(_), Some(item)) => {
                self.fault(&item.span(), "two_sources", [("words", "join, sum".to_owned())]);
                Some(Vec::new())
            }
        }
    }

    /// One source or a list of alternatives; `?` behind one says that the other parts are enough.
    fn join_part(&mut self, item: Item<'_>) -> Option<JoinPart> {
        let mut part = JoinPart { atoms: Vec::new(), optional: false };
        for written in item.texts(self.faults) {
            let (source, optional) = written.strip_suffix('?').map_or((written, false), |source| (source, true));
            part.optional |= optional;
            part.atoms.extend(self.atom(source, &item.span(), true));
        }
        (!part.atoms.is_empty()).then_some(part)
    }

    /// One source or a list of alternatives; an alternative may be a table with `join` or `sum`.
    pub(super) fn sources(&mut self, item: Item<'_>) -> Option<Vec<Source>> {
        let list = item.as_list().unwrap_or_else(|| vec![item]);
        if list.is_empty() || list.len() > SOURCES_MAX {
            self.fault(&item.span(), "no_source", [("max", SOURCES_MAX.to_string())]);
            return None;
        }
        let mut sources = Vec::with_capacity(list.len());
        for item in list {
            if let Some(mut keys) = item.as_table() {
                match self.join_or_sum(&mut keys) {
                    Some(found) => sources.extend(found),
                    None => keys.missing("join", self.faults),
                }
                keys.finish(self.faults);
            } else if let Some(written) = item.text(self.faults) {
                sources.extend(self.atom(written, &item.span(), false).map(Source::One));
            }
        }
        Some(sources)
    }

    /// One place in the document: a column, `@label`, `@received`, or a path.
    fn atom(&mut self, written: &str, span: &Range<usize>, each: bool) -> Option<Atom> {
        if written == "@received" {
            return Some(Atom::Received);
        }
        if let Some(name) = written.strip_prefix('@') {
            if let Some(n) = self.block.iter().position(|label| label.name == name) {
                self.block_used[n] = true;
                return Some(Atom::Block(n));
            }
            let known: Vec<String> = self.block.iter().map(|label| label.name.clone()).collect();
            self.unknown_word(span, name, &known.iter().map(String::as_str).collect::<Vec<_>>());
            return None;
        }
        if self.is_table {
            if crate::mapping::text::header(written).is_empty() {
                self.fault(span, "no_source", [("source", written.to_owned())]);
                return None;
            }
            return Some(Atom::Column(self.column(written)));
        }
        let path =
            self.path(written).and_then(|path| if path.has_each() && !each { Err("list_here") } else { Ok(path) });
        path.map(Atom::Path)
            .map_err(|why| self.fault(span, "bad_path", [("path", written.to_owned()), ("why", why.to_owned())]))
            .ok()
    }

    fn split(&mut self, keys: &mut Keys<'_>) -> Option<Split> {
        let (by, take) = (keys.take("split"), keys.take("take"));
        let Some(by) = by else {
            if let Some(take) = take {
                self.fault(&take.span(), "needs", [("word", "take".to_owned()), ("needed", "split".to_owned())]);
            }
            return None;
        };
        let text = by.text(self.faults).filter(|text| !text.is_empty())?;
        let take = match take {
            None => Take::Nth(1),
            Some(item) => match (item.as_text(), item.as_index()) {
                (Some("first"), _) => Take::Nth(1),
                (Some("last"), _) => Take::Last,
                (Some("rest"), _) => Take::Rest,
                (None, Some(n)) if n >= 1 => Take::Nth(n),
                (word, _) => {
                    self.unknown_word(&item.span(), word.unwrap_or_default(), &["first", "last", "rest", "1, 2, ..."]);
                    return None;
                }
            },
        };
        Some(Split { by: text.to_owned(), take })
    }

    /// `as` and its options.
    fn convert(&mut self, keys: &mut Keys<'_>, kind: Kind) -> Convert {
        let allowed = Converter::of(kind);
        let mut convert = Convert::new(kind, allowed[0]);
        if let Some(item) = keys.take("as")
            && let Some(word) = item.text(self.faults)
        {
            match fields::word(&CONVERTERS, word) {
                Some(converter) if allowed.contains(&converter) => convert.converter = converter,
                Some(_) => {
                    let fit: Vec<&str> =
                        CONVERTERS.iter().filter(|(_, c)| allowed.contains(c)).map(|(name, _)| *name).collect();
                    let found = args([("converter", word.to_owned()), ("fit", fit.join(", "))]);
                    self.faults.at(&item.span(), "converter_unfit", found);
                }
                None => self.unknown_word(&item.span(), word, &fields::names(&CONVERTERS)),
            }
        }
        for option in ["max", "decimal", "format", "zone", "lenient"] {
            if !convert.converter.options().contains(&option)
                && let Some(item) = keys.take(option)
            {
                let known = convert.converter.options().join(", ");
                self.fault(&item.span(), "option_unfit", [("option", option.to_owned()), ("fit", known)]);
            }
        }
        self.options(keys, &mut convert);
        convert
    }

    fn options(&mut self, keys: &mut Keys<'_>, convert: &mut Convert) {
        convert.max = keys.count("max", 1, 100_000, self.faults).unwrap_or(0) as usize;
        convert.lenient = keys.flag("lenient", self.faults);
        if let Some(mark) = self.one_of(keys, "decimal", &[(".", Mark::Point), (",", Mark::Comma)]) {
            convert.mark = mark;
        }
        let orders = [("ymd", DayOrder::Ymd), ("dmy", DayOrder::Dmy), ("mdy", DayOrder::Mdy)];
        if let Some(order) = self.one_of(keys, "format", &orders) {
            convert.order = order;
        }
        if let Some(item) = keys.take("zone")
            && let Some(word) = item.text(self.faults)
        {
            match word.parse::<Tz>() {
                Ok(zone) => convert.zone = Some(zone),
                Err(_) => self.unknown_word(&item.span(), word, &["Asia/Shanghai", "Europe/Berlin", "UTC"]),
            }
        }
    }

    /// The value of a word from a closed list.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        keys: &mut Keys<'_>,
        key: &'static str,
        list: &[(&'static str, T)],
    ) -> Option<T> {
        let item = keys.take(key)?;
        let word = item.text(self.faults)?;
        let found = fields::word(list, word);
        if found.is_none() {
            self.unknown_word(&item.span(), word, &fields::names(list));
        }
        found
    }

    fn value_table(&mut self, item: Item<'_>, kind: Kind) -> Option<Arc<Values>> {
        let table = self.table_named(item)?;
        let convert = Convert::new(kind, Converter::of(kind)[0]);
        for word in table.results() {
            self.fits(&item.span(), word, &convert, "table_unfit");
        }
        Some(table)
    }

    pub(super) fn table_named(&mut self, item: Item<'_>) -> Option<Arc<Values>> {
        let name = item.text(self.faults)?;
        let table = self.tables.get(name);
        if table.is_none() {
            let known: Vec<&str> = self.tables.names().collect();
            let mut found = args([("table", name.to_owned()), ("known", known.join(", "))]);
            if let Some(near) = crate::mapping::fault::nearest(name, known) {
                found.insert("did_you_mean".to_owned(), near.to_owned());
            }
            self.faults.at(&item.span(), "unknown_table", found);
        }
        table
    }

    /// `const`, `default`, `optional`, or nothing: then it must be there. `has_sources` is `None` when they are wrong.
    fn fallback(&mut self, keys: &mut Keys<'_>, has_sources: Option<bool>, convert: &Convert) -> Option<Fallback> {
        let (constant, default) = (keys.take("const"), keys.take("default"));
        let optional = keys.flag("optional", self.faults);
        let given = usize::from(constant.is_some()) + usize::from(default.is_some()) + usize::from(optional);
        if given > 1 {
            self.fault(keys.span(), "only_one_of", [("words", "const, default, optional".to_owned())]);
            return None;
        }
        match (constant, has_sources) {
            (None, Some(false)) => {
                self.fault(keys.span(), "no_source", [("words", "from, join, sum, const".to_owned())]);
                return None;
            }
            (Some(item), Some(true)) => {
                self.fault(&item.span(), "two_sources", [("words", "const, from".to_owned())]);
                return None;
            }
            (Some(_), Some(false)) | (None, Some(true)) | (_, None) => {}
        }
        match (constant, default) {
            (Some(item), _) => Some(Fallback::Const(self.literal(item, convert)?)),
            (None, Some(item)) => Some(Fallback::Default(self.literal(item, convert)?)),
            (None, None) if optional => Some(Fallback::Empty),
            (None, None) => Some(Fallback::Missing),
        }
    }

    fn literal(&mut self, item: Item<'_>, convert: &Convert) -> Option<String> {
        let text = item.literal(self.faults)?;
        self.fits(&item.span(), &text, convert, "default_unfit");
        Some(text)
    }

    /// The converter takes a value the mapping itself gives.
    fn fits(&mut self, span: &Range<usize>, text: &str, convert: &Convert, code: &'static str) {
        let setting = Setting { currency: Currency::CNY, digits: 2, zone: Tz::UTC, country: "", date1904: false };
        if let Err(fail) = convert.read(&Scalar::Text(Cow::Borrowed(text)), &setting) {
            let mut found = args([("value", text.to_owned()), ("why", fail.code.to_owned())]);
            let words = match convert.kind {
                Kind::OrderType => fields::names(&ORDER_KINDS),
                Kind::PaymentMethod => fields::names(&PAYMENT_METHODS),
                Kind::PaymentState => fields::names(&PAYMENT_STATES),
                _ => Vec::new(),
            };
            if !words.is_empty() {
                found.insert("known".to_owned(), words.join(", "));
            }
            self.faults.at(span, code, found);
        }
    }
}
