//! The elements of a worksheet: what they refer to must exist, and what the parser does not tell is kept.

use super::{part_scan::number, tags::Tag};

/// Cells of a sheet, empty ones included.
pub const MAX_CELLS: u32 = 5_000_000;
/// Bytes of one cell with its markup.
const MAX_CELL: u64 = 1024 * 1024;
/// Rows and columns of Excel.
const EXCEL_ROWS: u64 = 1_048_576;
const EXCEL_COLUMNS: u32 = 16_384;
/// Cells with an error the parser has no name for.
const MAX_ODD_ERRORS: usize = 100_000;
/// The errors it has names for.
const KNOWN_ERRORS: [&[u8]; 7] = [b"#DIV/0!", b"#N/A", b"#NAME?", b"#NULL!", b"#NUM!", b"#REF!", b"#VALUE!"];

#[derive(Debug, Default)]
pub(super) struct SheetFacts {
    /// Numbers of hidden rows, from 1, ascending.
    pub(super) hidden: Vec<u32>,
    /// A cell holds a value.
    pub(super) filled: bool,
    /// Row from 1 and column from 0 of cells with errors such as `#SPILL!`, in order.
    pub(super) odd_errors: Vec<(u32, u32)>,
    cells: u32,
    /// The open row, from 1, and the column of the open cell, from 0.
    row: u32,
    column: u32,
    cell_at: u64,
    is_error: bool,
}

impl SheetFacts {
    /// False when the element does not belong to a sheet.
    pub(super) fn see(&mut self, tag: &Tag<'_>) -> Result<bool, &'static str> {
        match (tag.name(), tag.is_end()) {
            (b"c", false) => self.cell(tag)?,
            (b"c", true) => {
                self.column += 1;
                self.span(tag)?;
            }
            (b"v" | b"t", true) => self.value(tag.text)?,
            (b"v" | b"f" | b"is", _) => self.span(tag)?,
            (b"row", false) => self.row(tag)?,
            (b"row", true) => self.column = 0,
            (b"dimension", false) => dimension(tag)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn row(&mut self, tag: &Tag<'_>) -> Result<(), &'static str> {
        let (mut stated, mut hidden) = (None, false);
        for (name, value) in tag.attributes() {
            match name {
                b"r" => stated = Some(value),
                b"hidden" => hidden = matches!(value, b"1" | b"true"),
                _ => {}
            }
        }
        self.row = match stated {
            Some(row) => reference(row).ok_or("bad_cell_reference")?.0,
            None => self.row.saturating_add(1),
        };
        self.column = 0;
        if hidden && self.hidden.last().is_none_or(|&last| last < self.row) {
            self.hidden.push(self.row);
        }
        Ok(())
    }

    fn cell(&mut self, tag: &Tag<'_>) -> Result<(), &'static str> {
        self.cells += 1;
        if self.cells > MAX_CELLS {
            return Err("too_many_cells");
        }
        self.cell_at = tag.offset;
        self.is_error = false;
        for (name, value) in tag.attributes() {
            match name {
                b"r" => match reference(value) {
                    Some((row, Some(column))) => (self.row, self.column) = (row, column),
                    _ => return Err("bad_cell_reference"),
                },
                b"t" => self.is_error = value == b"e",
                _ => {}
            }
        }
        if tag.is_empty() {
            self.column += 1;
        }
        Ok(())
    }

    /// The parser collects a cell's text in memory, whatever it is made of.
    fn span(&self, tag: &Tag<'_>) -> Result<(), &'static str> {
        if tag.offset - self.cell_at > MAX_CELL { Err("part_too_large") } else { Ok(()) }
    }

    fn value(&mut self, text: &[u8]) -> Result<(), &'static str> {
        self.filled |= !text.is_empty();
        if self.is_error && !text.is_empty() && !KNOWN_ERRORS.contains(&text) {
            if self.odd_errors.len() >= MAX_ODD_ERRORS {
                return Err("too_many_cells");
            }
            self.odd_errors.push((self.row, self.column));
        }
        Ok(())
    }
}

/// Row from 1 and column from 0 of `C12` or `12`; `None` when Excel has no such place.
fn reference(text: &[u8]) -> Option<(u32, Option<u32>)> {
    let digits = text.iter().position(u8::is_ascii_digit)?;
    let (letters, digits) = text.split_at(digits);
    let row = number(digits).filter(|row| digits.len() <= 7 && (1..=EXCEL_ROWS).contains(row))?;
    if letters.len() > 3 || !letters.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let place = |sum, letter: &u8| sum * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = letters.iter().fold(0, place);
    (column <= EXCEL_COLUMNS).then_some((u32::try_from(row).ok()?, column.checked_sub(1)))
}

/// The parser subtracts the beginning of the stated dimension from its end.
fn dimension(tag: &Tag<'_>) -> Result<(), &'static str> {
    let text = tag.attribute(b"ref").unwrap_or_default();
    let mut corners = text.split(|&byte| byte == b':').map(reference);
    let (first, last) = (corners.next().flatten(), corners.next());
    let fits = match (first, last) {
        (Some((_, Some(_))), None) => true,
        (Some((top, Some(left))), Some(Some((bottom, Some(right))))) => top <= bottom && left <= right,
        _ => false,
    };
    if fits && corners.next().is_none() { Ok(()) } else { Err("bad_cell_reference") }
}
