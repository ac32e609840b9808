//! Pass 1: reads the whole table, writes nothing, and learns its shape: header, columns, block, where it ends, the sums it
//! states, and which orders' rows are not together.

use super::{
    block::{self, BlockCell},
    expect::Tallies,
    header::{self, Header},
    mend, place,
    spec::{Hidden, RowSays, Spec, TableRead},
    table::{self, ORDER_KEYS_MAX, RowView, SCATTERED_MAX, Shape, Sort, UNSORTED_ROWS_MAX},
    text,
};
use crate::{
    decode::{self, Source, TableOptions, Tape},
    node::{DecodeFault, Row, Scalar},
};
use model::{
    port::inbound::{Held, Summary},
    said::{Args, Location, Reject, WAS_MAX, args},
};
use std::{collections::HashSet, ops::ControlFlow};

/// What pass 1 tells: the summary, what is wrong with the file as a whole, and its shape when rows can be read.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) summary: Summary,
    pub(super) rejects: Vec<Reject>,
    pub(super) shape: Option<Shape>,
    /// It is a workbook that mends some rows of another file.
    pub(super) mends: bool,
}

/// Rows of a workbook are kept on `tape`, for pass 2.
pub(super) fn scan(
    spec: &Spec,
    read: &TableRead,
    source: Source<'_>,
    options: &TableOptions,
    tape: &mut Tape,
) -> Scanned {
    // In text, rows are counted as lines, and a cell may hold several; a workbook is a zip file.
    let is_workbook = source.head().starts_with(b"PK");
    let mut scan = Scan { counts_lines: !is_workbook, ..Scan::new(spec, read) };
    let outcome = decode::table(source, options, &mut |row| {
        if is_workbook {
            tape.note(&row);
        }
        scan.row(row)
    });
    if let (true, Ok(info)) = (is_workbook, &outcome) {
        tape.end(info);
    }
    match outcome {
        Ok(info) => {
            scan.summary.encoding = info.encoding;
            scan.mends = info.sheets.iter().any(|sheet| !sheet.visible && sheet.name == mend::MARK);
            scan.finish(info.sheet, info.date1904)
        }
        Err(fault) => {
            scan.fatal = Some(fault);
            scan.finish(String::new(), false)
        }
    }
}

/// The header is known and rows are records.
#[derive(Debug)]
struct Body {
    header_row: u32,
    header: Header,
    columns: Vec<Option<usize>>,
    faults: Vec<header::ColumnFault>,
    block: Vec<Option<BlockCell>>,
    end_row: Option<u32>,
    /// The first row below the end that looks like a record.
    after_end: Option<u32>,
}

#[derive(Debug)]
struct Scan<'s> {
    spec: &'s Spec,
    read: &'s TableRead,
    summary: Summary,
    fatal: Option<DecodeFault>,
    /// The first row that could not be decoded.
    broken: Option<DecodeFault>,
    /// Rows above the header, once for its search and once for the block.
    above: Vec<Row<'static>>,
    /// Row, number of header words found and those missing, of the row most like a header.
    nearest: Option<(u32, usize, String)>,
    body: Option<Body>,
    counts_lines: bool,
    /// It mends some rows of another file.
    mends: bool,
    /// The number of the row after the last one, unless blank rows lie between: decoders leave those out.
    next_row: u32,
    tallies: Tallies<'s>,
    current: Option<u64>,
    ended: HashSet<u64>,
    scattered: HashSet<u64>,
    /// The limit that ended the pass: code and limit.
    too_many: Option<(&'static str, usize)>,
}

/// Blank rows above the header do not count among those it must be within; these do, so that the search ends.
const ROWS_ABOVE_MAX: u32 = 10_000;

const NO_DATE: Scalar<'static> = Scalar::Null;

impl<'s> Scan<'s> {
    fn new(spec: &'s Spec, read: &'s TableRead) -> Self {
        Self {
            spec,
            read,
            summary: Summary::default(),
            fatal: None,
            broken: None,
            above: Vec::new(),
            nearest: None,
            body: None,
            counts_lines: false,
            mends: false,
            next_row: 0,
            tallies: Tallies::new(spec),
            current: None,
            ended: HashSet::new(),
            scattered: HashSet::new(),
            too_many: None,
        }
    }

    fn row(&mut self, row: Result<Row<'_>, DecodeFault>) -> ControlFlow<()> {
        match row {
            Ok(row) if self.body.is_some() => self.record(&row),
            Ok(row) => self.seek(&row),
            Err(fault) if fault.fatal => {
                self.fatal = Some(fault);
                ControlFlow::Break(())
            }
            // A single bad row is pass 2's to report.
            Err(fault) => {
                self.broken.get_or_insert(fault);
                ControlFlow::Continue(())
            }
        }
    }

    /// Looks for the header row.
    fn seek(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        if !header::may_be_header(row) {
            let more = row.number < ROWS_ABOVE_MAX;
            return if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        }
        let found = Header::new(row);
        let missing = found.missing(self.read);
        if missing.is_empty() {
            let (columns, faults) = found.resolve(self.spec, self.read);
            self.summary.header_row = Some(row.number);
            self.summary.columns = found.written();
            let stop = !faults.is_empty();
            let block = block::find(&self.spec.block, &self.above);
            self.above = Vec::new();
            let header_row = row.number;
            self.body =
                Some(Body { header_row, header: found, columns, faults, block, end_row: None, after_end: None });
            return if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        }
        let have = self.read.header.len() - missing.len();
        if self.nearest.as_ref().is_none_or(|(_, best, _)| have > *best) {
            let words = missing.iter().filter_map(|words| words.first()).map(|word| word.written.as_str());
            self.nearest = Some((row.number, have, words.collect::<Vec<_>>().join(", ")));
        }
        self.above.push(block::kept(row));
        if self.above.len() >= self.read.header_within as usize {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn record(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        let Some(body) = &mut self.body else { return ControlFlow::Continue(()) };
        if row.number <= body.header_row + self.read.skip_rows {
            return ControlFlow::Continue(());
        }
        self.summary.hidden += u32::from(row.hidden);
        if self.read.blank_ends {
            let blank_before = self.next_row != 0 && row.number > self.next_row;
            if blank_before && body.end_row.is_none() {
                body.end_row = Some(self.next_row);
            }
            self.next_row = row.number + 1 + if self.counts_lines { inner_lines(row) } else { 0 };
        }
        let sort = table::sort(self.read, row);
        let view = RowView {
            cells: &row.cells,
            columns: &body.columns,
            block: &body.block,
            received: &NO_DATE,
            empty: &self.spec.empty,
        };
        if body.end_row.is_some() {
            if sort == Sort::Ends {
                self.tallies.footer(row, &body.columns);
            }
            let record = sort == Sort::Record && table::looks_like_record(self.spec, self.read, &view);
            if record && body.after_end.is_none() {
                body.after_end = Some(row.number);
            }
            return ControlFlow::Continue(());
        }
        match sort {
            Sort::Blank | Sort::LeftOut | Sort::Hidden => {}
            Sort::Ends => {
                self.tallies.footer(row, &body.columns);
                body.end_row = Some(row.number);
            }
            Sort::Record if matches!(table::says(self.read, &view), Ok(RowSays::Ignored)) => {}
            Sort::Record if matches!(table::says(self.read, &view), Ok(RowSays::Refund)) => self.summary.records += 1,
            Sort::Record => {
                self.summary.records += 1;
                self.tallies.add(&view);
                let key = table::group_key(&self.read.group, &view).map(|key| table::hash(&key));
                return self.key(key);
            }
        }
        ControlFlow::Continue(())
    }

    /// Notes the order a row belongs to.
    fn key(&mut self, key: Option<u64>) -> ControlFlow<()> {
        // A row that does not say belongs to the order above, or is rejected alone.
        let Some(key) = key else { return ControlFlow::Continue(()) };
        if self.current != Some(key) {
            if let Some(before) = self.current.replace(key) {
                self.ended.insert(before);
            }
            if self.ended.contains(&key) && !self.read.unsorted {
                self.scattered.insert(key);
            }
            let too_many = if self.ended.len() >= ORDER_KEYS_MAX {
                Some(("too_many_orders", ORDER_KEYS_MAX))
            } else if self.scattered.len() > SCATTERED_MAX {
                Some(("unsorted_file", SCATTERED_MAX))
            } else {
                None
            };
            if too_many.is_some() {
                self.too_many = too_many;
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn finish(mut self, sheet: String, date1904: bool) -> Scanned {
        let mut rejects = Vec::new();
        self.summary.sheet.clone_from(&sheet);
        let sheet_name = (!sheet.is_empty()).then(|| sheet.clone());
        let at = |row: Option<u32>, cell: Option<String>| Location {
            sheet: sheet_name.clone(),
            row,
            cell,
            ..Location::default()
        };
        if let Some(fault) = self.fatal.take() {
            rejects.push(fault_reject(&fault, sheet_name));
            return Scanned { summary: self.summary, rejects, shape: None, mends: self.mends };
        }
        let Some(mut body) = self.body.take() else {
            // The row that could not be decoded may be the header, or what hides it.
            if let Some(fault) = self.broken.take() {
                rejects.push(fault_reject(&fault, sheet_name));
                return Scanned { summary: self.summary, rejects, shape: None, mends: self.mends };
            }
            let (code, found) = self.no_header();
            rejects.push(whole(at(self.nearest.as_ref().map(|(row, ..)| *row), None), code, found));
            if code == "header_not_found" {
                self.hold(code, rejects[0].args.clone());
            }
            return Scanned { summary: self.summary, rejects, shape: None, mends: self.mends };
        };
        for fault in std::mem::take(&mut body.faults) {
            let cell = fault.cell.map(|letters| format!("{letters}{}", body.header_row));
            self.hold(fault.code, fault.args.clone());
            let reject = whole(at(Some(body.header_row), cell), fault.code, fault.args);
            rejects.push(Reject { field: fault.field, ..reject });
        }
        if let Some((code, max)) = self.too_many {
            let found = args([("max", max.to_string())]);
            self.hold(code, found.clone());
            rejects.push(whole(at(None, None), code, found));
        }
        if !rejects.is_empty() {
            return Scanned { summary: self.summary, rejects, shape: None, mends: self.mends };
        }
        // Records there are none because of a row that could not be decoded are that row's fault.
        if self.summary.records == 0 && self.broken.is_none() {
            rejects.push(whole(at(Some(body.header_row), None), "no_records", Args::new()));
        }
        self.holds(&body);
        let shape = self.shape(body, sheet, date1904);
        let orders = self.ended.len() + usize::from(self.current.is_some());
        let differences = self.tallies.differences(self.summary.records, orders, &shape);
        let mends = self.mends;
        for (code, found, location) in differences.into_iter().filter(|_| !mends) {
            self.hold(code, found.clone());
            let was = found.get("stated").cloned().unwrap_or_default();
            rejects.push(Reject { was, ..whole(location, code, found) });
        }
        Scanned { summary: self.summary, rejects, shape: Some(shape), mends }
    }

    /// What makes a person look at the whole file.
    fn holds(&mut self, body: &Body) {
        if let (Some(row), Some(end)) = (body.after_end, body.end_row) {
            self.hold("rows_after_end", args([("row", row.to_string()), ("end_row", end.to_string())]));
        }
        if self.read.hidden == Hidden::Hold && self.summary.hidden > 0 {
            self.hold("hidden_rows", args([("count", self.summary.hidden.to_string())]));
        }
        if self.read.unsorted && self.summary.records > UNSORTED_ROWS_MAX {
            self.hold("too_many_unsorted_rows", args([("max", UNSORTED_ROWS_MAX.to_string())]));
        }
    }

    fn shape(&mut self, body: Body, sheet: String, date1904: bool) -> Shape {
        let headers = body.header.written();
        Shape {
            sheet,
            header_row: body.header_row,
            letters: (0..headers.len()).map(place::letters).collect(),
            headers,
            columns: body.columns,
            block: body.block,
            end_row: body.end_row,
            scattered: std::mem::take(&mut self.scattered),
            date1904,
        }
    }

    fn no_header(&self) -> (&'static str, Args) {
        match &self.nearest {
            None => ("empty_file", Args::new()),
            Some((row, _, missing)) => {
                let within = self.read.header_within.to_string();
                let found = args([("nearest_row", row.to_string()), ("missing", missing.clone()), ("within", within)]);
                ("header_not_found", found)
            }
        }
    }

    /// The first reason to hold the file is the one told.
    fn hold(&mut self, code: &str, args: Args) {
        if self.summary.held.is_none() {
            self.summary.held = Some(Held { code: code.to_owned(), args });
        }
    }
}

/// Line breaks inside a row's cells.
fn inner_lines(row: &Row<'_>) -> u32 {
    let count = |cell: &Scalar<'_>| if let Scalar::Text(text) = cell { text.matches('\n').count() } else { 0 };
    u32::try_from(row.cells.iter().map(count).sum::<usize>()).unwrap_or(u32::MAX / 2)
}

/// A reject of the document as a whole.
pub(super) fn whole(location: Location, code: &str, args: Args) -> Reject {
    Reject { order_key: String::new(), location, field: String::new(), code: code.to_owned(), was: String::new(), args }
}

/// A decoder's fault as a reject.
pub(super) fn fault_reject(fault: &DecodeFault, sheet: Option<String>) -> Reject {
    let is_pointer = fault.place.starts_with('/');
    let place = (!fault.place.is_empty()).then(|| fault.place.clone());
    let (pointer, cell) = if is_pointer { (place, None) } else { (None, place) };
    Reject {
        order_key: String::new(),
        location: Location { sheet, row: fault.row, cell, pointer, column: None },
        field: String::new(),
        code: fault.code.to_owned(),
        was: text::cut(&fault.was, WAS_MAX).to_owned(),
        args: fault.args.clone(),
    }
}
