//! Pass 2: reads the records and hands each order on as soon as its rows have ended.

use super::{
    open::{Context, Open},
    place,
    scan::{fault_reject, whole},
    spec::{RowSays, TableRead},
    table::{self, RowView, Sort},
};
use crate::{
    decode::{self, Source, TableOptions},
    node::{DecodeFault, Row},
};
use model::{
    port::inbound::Read,
    said::{Args, Location, Reject, args},
};
use std::{collections::HashMap, ops::ControlFlow};

/// Rejects one document gives; beyond that they are counted.
const REJECTS_MAX: usize = 10_000;
/// Row ranges a reject names.
const RANGES_MAX: usize = 20;

pub(super) type Sink<'k> = &'k mut dyn FnMut(Read) -> ControlFlow<()>;

/// Hears of the rows of each order that was rejected; `None` for one of which a row cannot be decoded.
pub(super) type Note<'k> = &'k mut dyn FnMut(Option<&[u32]>);

/// Reads all records into `sink`. With `withhold` only rejects are handed on: the file waits for a person.
pub(super) fn read(context: &Context<'_>, withhold: bool, source: Source<'_>, options: &TableOptions, sink: Sink<'_>) {
    read_noting(context, withhold, source, options, sink, &mut |_| {});
}

/// [`read`], with the rows of rejected orders told to `note`.
pub(super) fn read_noting(
    context: &Context<'_>,
    withhold: bool,
    source: Source<'_>,
    options: &TableOptions,
    sink: Sink<'_>,
    note: Note<'_>,
) {
    let mut rows = Rows {
        context,
        read: context.read,
        withhold,
        sink,
        note,
        open: Vec::new(),
        by_key: HashMap::new(),
        latest: None,
        scattered: Vec::new(),
        scattered_by_key: HashMap::new(),
        latest_scattered: None,
        bad_row: None,
        rejects: 0,
        stopped: false,
    };
    let outcome = decode::table(source, options, &mut |row| rows.row(row));
    if let Err(fault) = outcome {
        rows.reject(fault_reject(&fault, context.sheet()));
    }
    rows.finish();
}

struct Rows<'r, 'k> {
    context: &'r Context<'r>,
    read: &'r TableRead,
    withhold: bool,
    sink: Sink<'k>,
    note: Note<'k>,
    /// Orders whose rows have not ended: one, or all of them in an unsorted file.
    open: Vec<Open>,
    by_key: HashMap<String, usize>,
    /// The order of the row before.
    latest: Option<usize>,
    /// Orders whose rows are not together, with those rows; at most `SCATTERED_MAX`.
    scattered: Vec<(String, Vec<u32>)>,
    scattered_by_key: HashMap<String, usize>,
    /// The row before belongs to that one of them.
    latest_scattered: Option<usize>,
    /// The row before could not be decoded.
    bad_row: Option<u32>,
    rejects: usize,
    /// Nobody wants more.
    stopped: bool,
}

impl Rows<'_, '_> {
    fn row(&mut self, row: Result<Row<'_>, DecodeFault>) -> ControlFlow<()> {
        let shape = self.context.shape;
        match row {
            Err(fault) => {
                let inside =
                    fault.row.is_none_or(|row| row > shape.header_row && shape.end_row.is_none_or(|end| row < end));
                if inside {
                    self.bad_row = fault.row;
                    self.reject(fault_reject(&fault, self.context.sheet()));
                }
            }
            Ok(row) if row.number <= shape.header_row + self.read.skip_rows => {}
            Ok(row) if shape.end_row.is_some_and(|end| row.number >= end) => return ControlFlow::Break(()),
            Ok(row) => {
                if table::sort(self.read, &row) == Sort::Record {
                    self.record(&row);
                }
            }
        }
        if self.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn record(&mut self, row: &Row<'_>) {
        let view = self.context.view(row);
        let key = table::group_key(&self.read.group, &view);
        match table::says(self.read, &view) {
            Ok(RowSays::Order) => {}
            Ok(RowSays::Ignored) => return,
            Ok(RowSays::Refund) => return self.refund(key.as_deref().unwrap_or_default(), row.number),
            Err((word, source)) => {
                let location = self.context.shape.locate(Some(source), row.number, &self.context.spec.block);
                let unknown = Reject { was: word.into_owned(), ..whole(location, "not_in_table", Args::new()) };
                match key.as_deref().and_then(|key| self.order_of(key)) {
                    Some(order) => self.open[order].refuse(unknown),
                    None => self.reject(unknown),
                }
                return;
            }
        }
        let bad_before = self.bad_row.take();
        match key {
            Some(key) => match self.order_of(&key) {
                Some(order) => self.add(order, row.number, &view, bad_before),
                None => self.scatter(&key, row.number),
            },
            None if self.read.fill_down => match (self.latest, self.latest_scattered) {
                (Some(order), _) => self.add(order, row.number, &view, bad_before),
                (None, Some(n)) => self.scattered[n].1.push(row.number),
                (None, None) => self.no_key(row.number),
            },
            None => self.no_key(row.number),
        }
    }

    /// The open order of that key, opened if need be; `None` when its rows are not together.
    fn order_of(&mut self, key: &str) -> Option<usize> {
        if let Some(order) = self.latest
            && self.open[order].key == key
        {
            return Some(order);
        }
        if self.read.unsorted {
            if let Some(order) = self.by_key.get(key) {
                self.latest = Some(*order);
                return self.latest;
            }
            self.by_key.insert(key.to_owned(), self.open.len());
            self.open.push(Open::new(self.context, key));
            self.latest = Some(self.open.len() - 1);
            return self.latest;
        }
        self.close_latest();
        self.latest_scattered = None;
        if !self.context.shape.scattered.is_empty() && self.context.shape.scattered.contains(&table::hash(key)) {
            return None;
        }
        match self.open.first_mut() {
            Some(order) => order.restart(key),
            None => self.open.push(Open::new(self.context, key)),
        }
        self.latest = Some(0);
        self.latest
    }

    fn add(&mut self, order: usize, row: u32, view: &RowView<'_, '_>, bad_before: Option<u32>) {
        let continued = self.open[order].has_rows();
        if let Some(bad) = bad_before.filter(|_| continued) {
            // The row that could not be decoded stands among this order's rows.
            self.open[order].note_row(self.context, bad, "row_unreadable");
        }
        self.open[order].add(self.context, row, view);
    }

    fn scatter(&mut self, key: &str, row: u32) {
        let n = *self.scattered_by_key.entry(key.to_owned()).or_insert(self.scattered.len());
        if n == self.scattered.len() {
            self.scattered.push((key.to_owned(), Vec::new()));
        }
        self.scattered[n].1.push(row);
        self.latest_scattered = Some(n);
    }

    /// Goods and money that went back: no part of a sale, and not to be lost.
    fn refund(&mut self, key: &str, row: u32) {
        let location = Location { sheet: self.context.sheet(), row: Some(row), ..Location::default() };
        self.reject(Reject { order_key: key.to_owned(), ..whole(location, "refund_row", Args::new()) });
    }

    /// A row that does not say which order it belongs to.
    fn no_key(&mut self, row: u32) {
        (self.note)(Some(&[row]));
        let reject = whole(self.context.key_location(row), "missing_field", Args::new());
        self.reject(Reject { field: "external_id".to_owned(), ..reject });
    }

    fn close_latest(&mut self) {
        if let Some(order) = self.latest.take() {
            self.close(order);
        }
    }

    fn close(&mut self, order: usize) {
        match self.open[order].close(self.context) {
            Ok(said) => {
                if !self.withhold {
                    self.stopped |= (self.sink)(Read::Said(said)).is_break();
                }
            }
            Err((key, rows, rejects)) => {
                let is_whole = !rejects.iter().any(|reject| reject.code == "row_unreadable");
                (self.note)(is_whole.then_some(rows.as_slice()));
                for mut reject in rejects {
                    let waiting = rows.iter().copied().filter(|row| Some(*row) != reject.location.row);
                    let waiting = place::ranges(waiting, RANGES_MAX);
                    if !waiting.is_empty() {
                        reject.args.insert("rows".to_owned(), waiting);
                    }
                    reject.order_key.clone_from(&key);
                    self.reject(reject);
                }
            }
        }
    }

    fn reject(&mut self, reject: Reject) {
        self.rejects += 1;
        if self.rejects <= REJECTS_MAX && !self.stopped {
            self.stopped |= (self.sink)(Read::Reject(reject)).is_break();
        }
    }

    fn finish(mut self) {
        if self.stopped {
            return;
        }
        if self.read.unsorted {
            for order in 0..self.open.len() {
                self.close(order);
            }
        } else {
            self.close_latest();
        }
        for (key, rows) in std::mem::take(&mut self.scattered) {
            (self.note)(Some(&rows));
            let location = self.context.key_location(rows.first().copied().unwrap_or(0));
            let reject = whole(location, "rows_not_together", args([("rows", place::ranges(rows, RANGES_MAX))]));
            self.reject(Reject { field: "external_id".to_owned(), was: key.clone(), order_key: key, ..reject });
        }
        if self.rejects > REJECTS_MAX {
            let more = self.rejects - REJECTS_MAX;
            let location = Location { sheet: self.context.sheet(), ..Location::default() };
            self.rejects = 0;
            self.reject(whole(location, "more_rejects", args([("count", more.to_string())])));
        }
    }
}
