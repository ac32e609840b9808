//! Workbooks. The look of [`super::prescan`] comes first; then only calamine's streaming cell reader, never its dense
//! range.
//!
//! What a cell is: a number is the stored float; a number under a date format is a date (a time of day alone falls on
//! 1899-12-31, or 1904-01-01); a formula is its stored value; a merged area has its value at its top left and nothing
//! elsewhere; a duration (`[h]:mm`) stays a float of days.

use super::{
    EachRow, MAX_COLUMNS, MAX_FIELD, SheetChoice, SheetName, TableInfo, address,
    prescan::{damaged, look},
    sheet_scan::SheetFacts,
    unwanted, unwanted_fault,
};
use crate::node::{DecodeFault, Row, Scalar};
use calamine::{Cell, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use std::{
    borrow::Cow,
    io::Cursor,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Rows of a sheet that hold something.
pub const MAX_ROWS: u32 = 200_000;
/// Days from the beginning to 9999-12-31, the last day Excel shows.
const MAX_SERIAL: f64 = 2_958_466.0;

type Book<'b> = Xlsx<Cursor<&'b [u8]>>;

/// Reads one sheet row by row; see [`super::table`].
pub(super) fn rows(bytes: &[u8], choice: &SheetChoice, each: &mut EachRow<'_>) -> Result<TableInfo, DecodeFault> {
    let facts = look(bytes)?;
    let mut book: Book<'_> = guarded(|| Xlsx::new(Cursor::new(bytes)))?.map_err(|error| damaged(&error))?;
    let sheets = worksheets(&book, facts)?;
    let (name, facts) = choose(&sheets, choice)?;
    let mut info = TableInfo {
        sheet: name.name.clone(),
        sheets: sheets.iter().map(|(name, _)| name.clone()).collect(),
        date1904: book.has_1904_epoch(),
        ..TableInfo::default()
    };
    let cells = guarded(|| book.worksheet_cells_reader(&name.name))?.map_err(|error| damaged(&error))?;
    info.rows = Sheet::new(facts, info.date1904).read(cells, each)?;
    Ok(info)
}

/// The parser is not ours; should it panic all the same, that is a damaged workbook.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, DecodeFault> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| DecodeFault::fatal("workbook_damaged"))
}

/// Worksheets with their facts, in the workbook's order.
fn worksheets(book: &Book<'_>, facts: Vec<Option<SheetFacts>>) -> Result<Vec<(SheetName, SheetFacts)>, DecodeFault> {
    let listed = book.sheets_metadata();
    if listed.len() != facts.len() {
        return Err(DecodeFault::fatal("workbook_damaged"));
    }
    let mut sheets: Vec<(SheetName, SheetFacts)> = Vec::new();
    for (sheet, facts) in listed.iter().zip(facts) {
        let Some(facts) = facts.filter(|_| sheet.typ == SheetType::WorkSheet) else { continue };
        if sheets.iter().any(|(other, _)| other.name == sheet.name) {
            return Err(DecodeFault::fatal("workbook_damaged").was(&sheet.name));
        }
        let visible = sheet.visible == SheetVisible::Visible;
        sheets.push((SheetName { name: sheet.name.clone(), visible }, facts));
    }
    Ok(sheets)
}

fn choose<'s>(
    sheets: &'s [(SheetName, SheetFacts)],
    choice: &SheetChoice,
) -> Result<&'s (SheetName, SheetFacts), DecodeFault> {
    let (found, wanted) = match choice {
        SheetChoice::First => {
            let mut visible = sheets.iter().filter(|(name, _)| name.visible);
            let filled = visible.clone().find(|(_, facts)| facts.filled);
            (filled.or_else(|| visible.next()), String::new())
        }
        SheetChoice::Named(wanted) => {
            let plain = |name: &str| name.trim().to_lowercase();
            let exact = sheets.iter().find(|(name, _)| name.name == *wanted);
            let similar = || sheets.iter().find(|(name, _)| plain(&name.name) == plain(wanted));
            (exact.or_else(similar), wanted.clone())
        }
        SheetChoice::Index(index) => (sheets.get(*index), index.to_string()),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = sheets.iter().map(|(name, _)| name.name.as_str()).collect();
        DecodeFault::fatal("sheet_missing").was(&wanted).arg("sheets", names.join(", "))
    })
}

/// The row being put together from cells.
struct Sheet<'f, 'b> {
    facts: &'f SheetFacts,
    date1904: bool,
    /// From 1; 0 before the first cell.
    number: u32,
    cells: Vec<Scalar<'b>>,
    fault: Option<DecodeFault>,
    rows: u32,
    odd_errors: usize,
}

impl<'f, 'b> Sheet<'f, 'b> {
    fn new(facts: &'f SheetFacts, date1904: bool) -> Self {
        Self { facts, date1904, number: 0, cells: Vec::new(), fault: None, rows: 0, odd_errors: 0 }
    }

    fn read(
        mut self,
        mut cells: XlsxCellReader<'b, Cursor<&[u8]>>,
        each: &mut EachRow<'_>,
    ) -> Result<u32, DecodeFault> {
        loop {
            let (row, column, value) = match guarded(|| cells.next_cell())? {
                Ok(Some(cell)) => self.located(cell),
                Ok(None) => {
                    let _end = self.finish(each)?;
                    return Ok(self.rows);
                }
                Err(XlsxError::CellError(error)) => self.odd_error(error)?,
                Err(error) => return Err(DecodeFault { row: Some(self.number), ..damaged(&error) }),
            };
            if value == Scalar::Null {
                continue;
            }
            if row < self.number {
                return Err(DecodeFault { row: Some(row), ..DecodeFault::fatal("rows_out_of_order") });
            }
            if row > self.number {
                if self.finish(each)?.is_break() {
                    return Ok(self.rows);
                }
                self.number = row;
            }
            self.put(column, value);
        }
    }

    /// Row from 1, column from 0, value.
    fn located(&self, cell: Cell<DataRef<'b>>) -> (u32, usize, Scalar<'b>) {
        let (row, column) = cell.get_position();
        (row.saturating_add(1), column as usize, self.scalar(cell))
    }

    /// An error the parser has no name for, such as `#SPILL!`: it tells the text only, so the place is the next one the
    /// look noted.
    fn odd_error(&mut self, error: String) -> Result<(u32, usize, Scalar<'b>), DecodeFault> {
        let place = self.facts.odd_errors.get(self.odd_errors);
        self.odd_errors += 1;
        match place {
            Some(&(row, column)) => Ok((row, column as usize, Scalar::Error(Cow::Owned(error)))),
            None => Err(DecodeFault::fatal("workbook_damaged").was(&error)),
        }
    }

    fn put(&mut self, column: usize, value: Scalar<'b>) {
        let place = || address(self.number, column);
        let fault = if column >= MAX_COLUMNS {
            Some(DecodeFault::of_row("too_many_columns", self.number).at(place()).arg("limit", MAX_COLUMNS))
        } else if self.cells.get(column).is_some_and(|there| *there != Scalar::Null) {
            Some(DecodeFault::of_row("duplicate_cell", self.number).at(place()))
        } else {
            self.text_fault(column, &value)
        };
        if column < MAX_COLUMNS {
            if self.cells.len() <= column {
                self.cells.resize(column + 1, Scalar::Null);
            }
            self.cells[column] = value;
        }
        if self.fault.is_none() {
            self.fault = fault;
        }
    }

    fn text_fault(&self, column: usize, value: &Scalar<'_>) -> Option<DecodeFault> {
        let Scalar::Text(text) = value else { return None };
        if text.len() > MAX_FIELD {
            let fault = DecodeFault::of_row("field_too_long", self.number).at(address(self.number, column));
            return Some(fault.was(text).arg("limit", MAX_FIELD));
        }
        unwanted(text).map(|found| unwanted_fault(found, self.number, column, text))
    }

    /// Hands the row over, if there is one.
    fn finish(&mut self, each: &mut EachRow<'_>) -> Result<ControlFlow<()>, DecodeFault> {
        if self.number == 0 {
            return Ok(ControlFlow::Continue(()));
        }
        self.rows += 1;
        if self.rows > MAX_ROWS {
            let fault = DecodeFault { row: Some(self.number), ..DecodeFault::fatal("too_many_rows") };
            return Err(fault.arg("limit", MAX_ROWS));
        }
        let width = self.cells.len();
        let cells = std::mem::replace(&mut self.cells, Vec::with_capacity(width));
        let hidden = self.facts.hidden.binary_search(&self.number).is_ok();
        Ok(each(match self.fault.take() {
            Some(fault) => Err(fault),
            None => Ok(Row { number: self.number, cells, hidden }),
        }))
    }

    fn scalar(&self, cell: Cell<DataRef<'b>>) -> Scalar<'b> {
        match cell.get_value() {
            DataRef::SharedString("") | DataRef::Empty => Scalar::Null,
            DataRef::SharedString(text) => Scalar::Text(Cow::Borrowed(text)),
            DataRef::String(text) if text.is_empty() => Scalar::Null,
            DataRef::String(text) | DataRef::DurationIso(text) => Scalar::Text(Cow::Owned(text.clone())),
            DataRef::DateTimeIso(text) => {
                iso(text).map_or_else(|| Scalar::Text(Cow::Owned(text.clone())), Scalar::Date)
            }
            DataRef::Int(number) => Scalar::Number(Cow::Owned(number.to_string())),
            DataRef::Float(number) => Scalar::Float(*number),
            DataRef::Bool(value) => Scalar::Bool(*value),
            DataRef::DateTime(date) => self.date(date).map_or_else(|| Scalar::Float(date.as_f64()), Scalar::Date),
            DataRef::Error(error) => Scalar::Error(Cow::Owned(error.to_string())),
        }
    }

    /// `None` for a duration and for days Excel itself cannot show: before the beginning, after 9999, and 1900-02-29,
    /// which its 1900 system counts and the calendar does not.
    fn date(&self, date: &ExcelDateTime) -> Option<NaiveDateTime> {
        let serial = date.as_f64();
        if date.is_duration() || !(0.0..MAX_SERIAL).contains(&serial) {
            return None;
        }
        let beginning = match (self.date1904, serial) {
            (true, _) => NaiveDate::from_ymd_opt(1904, 1, 1),
            (false, ..60.0) => NaiveDate::from_ymd_opt(1899, 12, 31),
            (false, 60.0..61.0) => None,
            (false, _) => NaiveDate::from_ymd_opt(1899, 12, 30),
        }?;
        let milliseconds = (serial * 86_400_000.0).round() as i64;
        beginning.and_hms_opt(0, 0, 0)?.checked_add_signed(TimeDelta::milliseconds(milliseconds))
    }
}

/// An ISO 8601 date, with or without a time of day; no zone.
fn iso(text: &str) -> Option<NaiveDateTime> {
    let day = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
    text.parse::<NaiveDateTime>().ok().or_else(day)
}
