//! One order of a table while its rows come in.

use super::{
    apply::{self, Bad, find},
    convert::{Setting, Value},
    draft::{Assembly, Line},
    fields::{Kind, OrderField, Target},
    spec::{Atom, Field, GroupBy, Says, Source, Spec, TableRead},
    table::{RowView, Shape},
    tree::{BAD_MAX, LINES_MAX},
};
use crate::node::{Row, Scalar};
use model::{
    money::Currency,
    said::{Args, Item, Location, Reject, Said, args},
};

/// What all rows of a file have in common.
#[derive(Debug)]
pub(super) struct Context<'c> {
    pub(super) spec: &'c Spec,
    pub(super) read: &'c TableRead,
    pub(super) shape: &'c Shape,
    pub(super) setting: Setting<'c>,
    /// The currency of the channel, when it has one.
    pub(super) currency: Option<Currency>,
    pub(super) received: &'c Scalar<'static>,
    fallbacks: Fallbacks,
}

/// Defaults and constants, read once a file; by field of the order, of a line. `None`: in every order anew.
#[derive(Debug)]
struct Fallbacks {
    order: Vec<Option<Value<'static>>>,
    items: Vec<Option<Value<'static>>>,
}

impl Fallbacks {
    fn new(spec: &Spec, setting: &Setting<'_>) -> Self {
        // An amount depends on its order's currency.
        let one = |field: &Field| match field.convert.kind {
            Kind::Money | Kind::Price => None,
            _ => apply::settle(field, setting).ok().flatten(),
        };
        Self { order: spec.order.iter().map(one).collect(), items: spec.items.iter().map(one).collect() }
    }
}

impl<'c> Context<'c> {
    pub(super) fn new(
        spec: &'c Spec,
        read: &'c TableRead,
        shape: &'c Shape,
        setting: Setting<'c>,
        currency: Option<Currency>,
        received: &'c Scalar<'static>,
    ) -> Self {
        let fallbacks = Fallbacks::new(spec, &setting);
        Self { spec, read, shape, setting, currency, received, fallbacks }
    }

    pub(super) fn view<'v, 'a>(&'v self, row: &'v Row<'a>) -> RowView<'v, 'a> {
        RowView {
            cells: &row.cells,
            columns: &self.shape.columns,
            block: &self.shape.block,
            received: self.received,
            empty: &self.spec.empty,
        }
    }

    pub(super) fn sheet(&self) -> Option<String> {
        (!self.shape.sheet.is_empty()).then(|| self.shape.sheet.clone())
    }

    /// Where a row's order key should be.
    pub(super) fn key_location(&self, row: u32) -> Location {
        let sources: &[Source] = match &self.read.group {
            GroupBy::File => &[],
            GroupBy::Source(sources) => sources,
        };
        self.shape.locate_missing(sources, row, &self.spec.block)
    }
}

/// A value of the order, its source and the row that gave it.
type Kept = (Value<'static>, usize, u32);

/// An order's rejects, with its key and its rows.
pub(super) type Refused = (String, Vec<u32>, Vec<Reject>);

#[derive(Debug)]
pub(super) struct Open {
    pub(super) key: String,
    rows: Vec<u32>,
    setting_currency: Option<Currency>,
    /// By field of the order.
    values: Vec<Option<Kept>>,
    /// The first row's texts, by field of the order; empty when there was none.
    first_texts: Vec<String>,
    /// Fields already rejected, by field of the order.
    failed: Vec<bool>,
    items: Vec<Item>,
    /// The source the first line took, by field of a line.
    line_sources: Vec<Option<usize>>,
    /// Lines that took another: field, line from 0, source, row.
    exceptions: Vec<(usize, usize, usize, u32)>,
    bad: Vec<Reject>,
}

impl Open {
    pub(super) fn new(context: &Context<'_>, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            rows: Vec::new(),
            setting_currency: None,
            values: vec![None; context.spec.order.len()],
            first_texts: vec![String::new(); context.spec.order.len()],
            failed: vec![false; context.spec.order.len()],
            items: Vec::new(),
            line_sources: vec![None; context.spec.items.len()],
            exceptions: Vec::new(),
            bad: Vec::new(),
        }
    }

    /// Makes room for the next order, keeping the buffers.
    pub(super) fn restart(&mut self, key: &str) {
        key.clone_into(&mut self.key);
        self.rows.clear();
        self.setting_currency = None;
        self.values.fill(None);
        self.first_texts.iter_mut().for_each(String::clear);
        self.failed.fill(false);
        self.items.clear();
        self.line_sources.fill(None);
        self.exceptions.clear();
        self.bad.clear();
    }

    pub(super) fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    pub(super) fn add(&mut self, context: &Context<'_>, row: u32, view: &RowView<'_, '_>) {
        let is_first = self.rows.is_empty();
        self.rows.push(row);
        let mut setting = context.setting.with(self.setting_currency.unwrap_or(context.setting.currency));
        for (n, field) in context.spec.order.iter().enumerate() {
            if !is_first && self.repeats(n, field, view) {
                continue;
            }
            match find(field, view, &setting) {
                Ok(None) => {}
                Ok(Some((value, source))) => {
                    if is_first && source == 0 {
                        self.remember(n, field, view);
                    }
                    self.keep(context, n, field, (value, source, row));
                }
                Err(bad) if self.failed[n] => drop(bad),
                Err(bad) => {
                    self.failed[n] = true;
                    self.note(context, field, bad, row);
                }
            }
            if is_first && field.target == Target::Order(OrderField::Currency) {
                self.settle_currency(context, n, field);
                setting = setting.with(self.setting_currency.unwrap_or(setting.currency));
            }
        }
        if !context.spec.items.is_empty() {
            self.line(context, row, view, &setting);
        }
    }

    /// Keeps the text of the first row's value, so that a row that repeats it need not be read.
    fn remember(&mut self, n: usize, field: &Field, view: &RowView<'_, '_>) {
        if let Some(text) = text_of_one(field, view) {
            self.first_texts[n].push_str(text);
        }
    }

    /// The row says the same as the first, letter by letter.
    fn repeats(&self, n: usize, field: &Field, view: &RowView<'_, '_>) -> bool {
        let known = self.first_texts[n].as_str();
        !known.is_empty() && text_of_one(field, view) == Some(known)
    }

    /// Amounts of the order's first row already need its currency.
    fn settle_currency(&mut self, context: &Context<'_>, n: usize, field: &Field) {
        let value = match &self.values[n] {
            Some((Value::Currency(currency), ..)) => Some(*currency),
            Some(_) | None => match settle(field, &context.fallbacks.order[n], &context.setting) {
                Ok(Some(Value::Currency(currency))) => Some(currency),
                Ok(_) | Err(_) => None,
            },
        };
        self.setting_currency = value;
    }

    /// Keeps the first row's value; a later row may repeat it or leave it empty.
    fn keep(&mut self, context: &Context<'_>, n: usize, field: &Field, (value, source, row): (Value<'_>, usize, u32)) {
        match &self.values[n] {
            None => self.values[n] = Some((value.into_owned(), source, row)),
            Some((known, ..)) if *known == value => {}
            Some((.., first)) => {
                if !self.failed[n] {
                    self.failed[n] = true;
                    let found = args([("first_row", first.to_string())]);
                    let (code, was) = ("order_rows_disagree", text_of(&value));
                    let bad = Bad { code, was, args: found, source: Some(source), beside: None };
                    self.note(context, field, bad, row);
                }
            }
        }
    }

    fn line(&mut self, context: &Context<'_>, row: u32, view: &RowView<'_, '_>, setting: &Setting<'_>) {
        if self.items.len() >= LINES_MAX {
            if self.items.len() == LINES_MAX {
                self.note_row(context, row, "too_many_items");
            }
            return;
        }
        let mut line = Line::new();
        for (n, field) in context.spec.items.iter().enumerate() {
            let outcome = match find(field, view, setting) {
                Ok(Some((value, source))) => {
                    match self.line_sources[n] {
                        None => self.line_sources[n] = Some(source),
                        Some(known) if known == source => {}
                        Some(_) => self.exceptions.push((n, self.items.len(), source, row)),
                    }
                    Ok(Some(value))
                }
                Ok(None) => settle(field, &context.fallbacks.items[n], setting),
                Err(bad) => Err(bad),
            };
            match outcome {
                Ok(Some(value)) => line.set(field, value),
                Ok(None) => {}
                Err(bad) => self.note(context, field, bad, row),
            }
        }
        let ordinal = self.items.len() + 1;
        self.items.push(line.item(context.spec, ordinal));
    }

    /// Notes a fault of a field.
    fn note(&mut self, context: &Context<'_>, field: &Field, bad: Bad, row: u32) {
        if self.bad.len() >= BAD_MAX {
            return;
        }
        let (shape, labels) = (context.shape, &context.spec.block);
        let location = match bad.source {
            Some(n) => shape.locate(bad.beside.as_deref().or_else(|| field.sources.get(n)), row, labels),
            None => shape.locate_missing(&field.sources, row, labels),
        };
        // One cell may feed several fields; it is mended once.
        if self.bad.iter().any(|known| known.code == bad.code && known.location == location) {
            return;
        }
        self.bad.push(Reject {
            order_key: String::new(),
            location,
            field: field.name.clone(),
            code: bad.code.to_owned(),
            was: bad.was,
            args: bad.args,
        });
    }

    /// Notes what stops the order.
    pub(super) fn refuse(&mut self, reject: Reject) {
        if self.bad.len() < BAD_MAX {
            self.bad.push(reject);
        }
    }

    /// Notes that a row as a whole stops the order.
    pub(super) fn note_row(&mut self, context: &Context<'_>, row: u32, code: &str) {
        if self.bad.len() >= BAD_MAX {
            return;
        }
        let found = if code == "too_many_items" { args([("max", LINES_MAX.to_string())]) } else { Args::new() };
        let location = Location { sheet: context.sheet(), row: Some(row), ..Location::default() };
        self.bad.push(super::scan::whole(location, code, found));
    }

    /// The order, or everything that is wrong with it.
    pub(super) fn close(&mut self, context: &Context<'_>) -> Result<Said, Refused> {
        let first_row = self.rows.first().copied().unwrap_or(0);
        let setting = context.setting.with(self.setting_currency.unwrap_or(context.setting.currency));
        let unknown = self.setting_currency.or(context.currency).is_none() && !self.failed_currency(context);
        if unknown && self.has_rows() && context.spec.says == Says::Order {
            let location = Location { sheet: context.sheet(), row: Some(first_row), ..Location::default() };
            let reject = super::scan::whole(location, "missing_field", Args::new());
            self.bad.push(Reject { field: "currency".to_owned(), ..reject });
        }
        let mut assembly = Assembly::new(context.spec, setting.currency);
        let lineage = if self.bad.is_empty() { self.lineage(context) } else { Default::default() };
        for (n, field) in context.spec.order.iter().enumerate() {
            let settled = match self.values[n].take() {
                Some((value, ..)) => Ok(Some(value)),
                None if self.failed[n] || self.rows.is_empty() => Ok(None),
                None => settle(field, &context.fallbacks.order[n], &setting),
            };
            match settled {
                Ok(Some(value)) => assembly.set(field, value),
                Ok(None) => {}
                Err(bad) => self.note(context, field, bad, first_row),
            }
        }
        if self.bad.is_empty() {
            let items = std::mem::take(&mut self.items);
            return Ok(assembly.said(items, setting.country, lineage));
        }
        Err((std::mem::take(&mut self.key), std::mem::take(&mut self.rows), std::mem::take(&mut self.bad)))
    }

    /// The currency is there but cannot be read: that is the fault, not that it is missing.
    fn failed_currency(&self, context: &Context<'_>) -> bool {
        let at = context.spec.order.iter().position(|field| field.target == Target::Order(OrderField::Currency));
        at.is_some_and(|n| self.failed[n])
    }

    fn lineage(&self, context: &Context<'_>) -> std::collections::BTreeMap<String, String> {
        let rows = spans(&self.rows);
        let mut entries: Vec<(String, String)> = Vec::with_capacity(self.values.len() + self.line_sources.len());
        for (field, kept) in context.spec.order.iter().zip(&self.values) {
            if let Some((_, source, row)) = kept {
                entries.push((field.name.clone(), context.shape.lineage(&field.sources[*source], &[(*row, *row)])));
            }
        }
        for (field, source) in context.spec.items.iter().zip(&self.line_sources) {
            if let Some(source) = source {
                entries.push((field.name.clone(), context.shape.lineage(&field.sources[*source], &rows)));
            }
        }
        for (n, line, source, row) in &self.exceptions {
            let field = &context.spec.items[*n];
            let tail = field.name.strip_prefix("items.").unwrap_or(&field.name);
            let place = context.shape.lineage(&field.sources[*source], &[(*row, *row)]);
            entries.push((format!("items[{line}].{tail}"), place));
        }
        entries.into_iter().collect()
    }
}

/// The text in the first column of a field, when it is text.
fn text_of_one<'v>(field: &Field, view: &'v RowView<'_, '_>) -> Option<&'v str> {
    let Some(Source::One(Atom::Column(n))) = field.sources.first() else { return None };
    match view.columns.get(*n).copied().flatten().and_then(|column| view.cells.get(column)) {
        Some(Scalar::Text(text)) => Some(text),
        Some(_) | None => None,
    }
}

/// What a field is when nothing was found: known already, or worked out now.
fn settle(field: &Field, known: &Option<Value<'static>>, setting: &Setting<'_>) -> Result<Option<Value<'static>>, Bad> {
    if known.is_some() { Ok(known.clone()) } else { apply::settle(field, setting) }
}

/// Ranges of row numbers.
fn spans(rows: &[u32]) -> Vec<(u32, u32)> {
    let mut spans: Vec<(u32, u32)> = Vec::with_capacity(1);
    for row in rows {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *row => *last = *row,
            Some(_) | None => spans.push((*row, *row)),
        }
    }
    spans
}

/// A value as a reject shows it.
fn text_of(value: &Value<'_>) -> String {
    let text = match value {
        Value::Text(text) => text.to_string(),
        Value::Quantity(quantity) => quantity.decimal(),
        Value::Price(price) => price.decimal(),
        Value::Minor(minor) => minor.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.rfc3339(),
        Value::Version(version) => version.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Currency(currency) => currency.to_string(),
        Value::Phones(phones) => phones.join(", "),
        Value::Address(address) => {
            format!("{}{}{}{}", address.region, address.city, address.district, address.street)
        }
        Value::OrderKind(kind) => format!("{kind:?}"),
        Value::Method(method) => format!("{method:?}"),
        Value::State(state) => format!("{state:?}"),
    };
    super::text::cut(&text, model::said::WAS_MAX).to_owned()
}
