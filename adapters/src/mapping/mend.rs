//! What of a table waits to be mended: the rows of rejected orders, with what stands above them, so that the same mapping
//! reads them again.

use super::{
    ChannelDefaults, Mapping, block, open::Context, received, rows, scalar, scan, setting, spec::ReadAs, table_options,
};
use crate::{
    decode::{self, Source, Stored, TableOptions, Tape},
    node::{Row, Scalar},
};
use model::{
    port::inbound::{Document, Read},
    said::{Args, Location, Reject, Said},
};
use std::{
    collections::{BTreeSet, HashSet},
    ops::ControlFlow,
};

/// Name of the hidden sheet that says that a workbook mends a document. What holds for the whole file, its sums, is then
/// not asked for: it was checked there, and here are some of its rows.
pub const MARK: &str = "tributary-mends";
/// Header of the column with remedies; it is left out when a mended file is mended again.
pub const REMEDY: [&str; 2] = ["#remedy", "#修正建议"];
/// Rows mended at once; the orders after them wait for the next time.
const ROWS_MAX: usize = 20_000;

/// The part of a table that waits.
#[derive(Clone, PartialEq, Debug)]
pub struct Waiting {
    /// Name of the sheet it was read from; empty for text.
    pub sheet: String,
    pub header_row: u32,
    /// Records stand below this row.
    pub below: u32,
    /// Everything down to the header and the rows below it that are no records.
    pub above: Vec<Row<'static>>,
    /// The rows of rejected orders, in the file's order.
    pub rows: Vec<Row<'static>>,
    pub rejects: Vec<Reject>,
    /// The channel's ids of the orders that went through: a mended workbook leaves them as they are.
    pub gone: Vec<String>,
    /// Orders that were left out, because one of their rows cannot be written or there are too many.
    pub left_out: usize,
}

impl Mapping {
    /// The rows of `doc` that wait to be mended; `None` when the mapping reads no table, or the file as a whole waits for a
    /// person or cannot be read: then the file itself is to be corrected.
    pub fn waiting(&self, doc: &Document<'_>, defaults: &ChannelDefaults) -> Option<Waiting> {
        self.waiting_in(doc, doc.bytes.into(), defaults)
    }

    /// [`Self::waiting`] of a document that is not in memory; `doc.bytes` are not looked at.
    pub fn waiting_stored(
        &self,
        doc: &Document<'_>,
        stored: &dyn Stored,
        defaults: &ChannelDefaults,
    ) -> Option<Waiting> {
        match self.held(stored).ok()? {
            None => self.waiting_in(doc, Source::Stored(stored), defaults),
            Some(bytes) => self.waiting_in(doc, Source::Held(&bytes), defaults),
        }
    }

    fn waiting_in(&self, doc: &Document<'_>, source: Source<'_>, defaults: &ChannelDefaults) -> Option<Waiting> {
        let ReadAs::Table(read) = &self.spec.read else { return None };
        let options = table_options(read, source.head());
        let scanned = scan::scan(&self.spec, read, source, &options, &mut Tape::default());
        let shape = scanned.shape.as_ref().filter(|_| scanned.summary.held.is_none())?;
        let received = received(doc.received_at);
        let context =
            Context::new(&self.spec, read, shape, setting(defaults, shape.date1904), defaults.currency, &received);
        let mut rejects = Vec::new();
        let mut wanted = Wanted::default();
        // What went through with the file that this one mends, if it does, stays as it is too.
        let mut gone: Vec<String> = if scanned.mends { gone_before(source).into_iter().collect() } else { Vec::new() };
        let mut sink = |item: Read| {
            match item {
                Read::Reject(reject) => rejects.push(reject),
                Read::Said(said) => gone.push(said.external_id),
            }
            ControlFlow::Continue(())
        };
        rows::read_noting(&context, false, source, &options, &mut sink, &mut |rows| wanted.add(rows));
        let mut waiting = Waiting {
            sheet: shape.sheet.clone(),
            header_row: shape.header_row,
            below: shape.header_row + read.skip_rows,
            above: Vec::new(),
            rows: Vec::new(),
            rejects,
            gone,
            left_out: wanted.left_out,
        };
        // Read once before without a fatal fault; a row that cannot be decoded is in no wanted order.
        let _ = decode::table(source, &options, &mut |row| {
            let Ok(row) = row else { return ControlFlow::Continue(()) };
            if row.number <= waiting.below {
                waiting.above.push(block::kept(&row));
            } else if wanted.rows.contains(&row.number) {
                waiting.rows.push(block::kept(&row));
            }
            ControlFlow::Continue(())
        });
        forget_remedies(&mut waiting);
        Some(waiting)
    }
}

/// The channel's ids of the orders that went through with the file a workbook mends, as its hidden sheet lists them.
pub(super) fn gone_before(source: Source<'_>) -> HashSet<String> {
    let sheet = decode::SheetChoice::Named(MARK.to_owned());
    let options = TableOptions { format: decode::TableFormat::Xlsx { sheet } };
    let mut found = HashSet::new();
    // A workbook without the list, of an older program, mends as it did then.
    let _ = decode::table(source, &options, &mut |row| {
        // The first row says which document it mends.
        if let Some(row) = row.ok().filter(|row| row.number > 1) {
            found.extend(row.cells.iter().map(|cell| scalar::plain(cell).into_owned()));
        }
        ControlFlow::Continue(())
    });
    found
}

/// What is told of an order that did not wait: it stays as it is.
pub(super) fn not_mended(said: &Said) -> Reject {
    let at = Location::default();
    let (order_key, was) = (said.external_id.clone(), said.external_id.clone());
    Reject { order_key, location: at, field: String::new(), code: "not_mended".into(), was, args: Args::new() }
}

/// Rows that are wanted: those of whole orders only, so that no order comes back without some of its lines.
#[derive(Default)]
struct Wanted {
    rows: BTreeSet<u32>,
    left_out: usize,
}

impl Wanted {
    fn add(&mut self, rows: Option<&[u32]>) {
        match rows {
            Some(rows) if self.rows.len() + rows.len() <= ROWS_MAX => self.rows.extend(rows),
            Some(_) | None => self.left_out += 1,
        }
    }
}

/// Takes the column of an earlier mending out.
fn forget_remedies(waiting: &mut Waiting) {
    let header = waiting.above.iter().find(|row| row.number == waiting.header_row);
    let is_remedy = |cell: &Scalar<'_>| matches!(cell, Scalar::Text(text) if REMEDY.contains(&text.trim()));
    let Some(column) = header.and_then(|row| row.cells.iter().position(is_remedy)) else { return };
    for row in waiting.above.iter_mut().chain(&mut waiting.rows).filter(|row| row.cells.len() > column) {
        row.cells.remove(column);
    }
}
