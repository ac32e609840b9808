//! The rows of a workbook as they were read, to be read once more: unpacking and parsing it takes longer than all else.

use super::{EachRow, TableInfo};
use crate::node::{DecodeFault, Row, Scalar};
use chrono::NaiveDateTime;
use std::borrow::Cow;

/// Bytes a tape may hold; a longer one is given up, and the workbook is read twice.
const MAX_BYTES: usize = 96 * 1024 * 1024;

/// A cell; of texts, where they end in the tape's text. Sixteen bytes.
#[derive(Debug)]
enum Kept {
    Null,
    Text(usize),
    Number(usize),
    Error(usize),
    Float(f64),
    Bool(bool),
    Date(Box<NaiveDateTime>),
}

/// A row: its number, whether it is hidden and its cells, or the place of its fault.
#[derive(Debug)]
enum Line {
    Row { number: u32, hidden: bool, cells: usize },
    Fault(usize),
}

#[derive(Debug, Default)]
pub struct Tape {
    text: String,
    cells: Vec<Kept>,
    lines: Vec<Line>,
    faults: Vec<DecodeFault>,
    info: Option<TableInfo>,
    is_too_long: bool,
}

impl Tape {
    pub(crate) fn note(&mut self, row: &Result<Row<'_>, DecodeFault>) {
        if self.is_too_long {
            return;
        }
        match row {
            Ok(row) => {
                for cell in &row.cells {
                    let kept = self.kept(cell);
                    self.cells.push(kept);
                }
                self.lines.push(Line::Row { number: row.number, hidden: row.hidden, cells: row.cells.len() });
            }
            Err(fault) => {
                self.lines.push(Line::Fault(self.faults.len()));
                self.faults.push(fault.clone());
            }
        }
        if self.text.len() + self.cells.len() * size_of::<Kept>() > MAX_BYTES {
            *self = Self { is_too_long: true, ..Self::default() };
        }
    }

    /// The table came to its end.
    pub(crate) fn end(&mut self, info: &TableInfo) {
        self.info = (!self.is_too_long && info.rows as usize == self.lines.len()).then(|| info.clone());
    }

    /// All of the table is on it.
    pub(crate) fn is_whole(&self) -> bool {
        self.info.is_some()
    }

    fn kept(&mut self, cell: &Scalar<'_>) -> Kept {
        let mut text = |text: &str| {
            self.text.push_str(text);
            self.text.len()
        };
        match cell {
            Scalar::Null => Kept::Null,
            Scalar::Text(written) => Kept::Text(text(written)),
            Scalar::Number(number) => Kept::Number(text(number)),
            Scalar::Error(error) => Kept::Error(text(error)),
            Scalar::Float(value) => Kept::Float(*value),
            Scalar::Bool(value) => Kept::Bool(*value),
            Scalar::Date(at) => Kept::Date(Box::new(*at)),
        }
    }

    /// Hands the rows over again.
    pub(super) fn play(&self, each: &mut EachRow<'_>) -> TableInfo {
        let (mut at, mut cells) = (0, self.cells.iter());
        let mut text = |to: &usize| {
            let found = self.text.get(at..*to).unwrap_or_default();
            at = *to;
            Cow::Borrowed(found)
        };
        let mut scalar = |kept: &Kept| match kept {
            Kept::Null => Scalar::Null,
            Kept::Text(to) => Scalar::Text(text(to)),
            Kept::Number(to) => Scalar::Number(text(to)),
            Kept::Error(to) => Scalar::Error(text(to)),
            Kept::Float(value) => Scalar::Float(*value),
            Kept::Bool(value) => Scalar::Bool(*value),
            Kept::Date(at) => Scalar::Date(**at),
        };
        for line in &self.lines {
            let flow = match line {
                Line::Row { number, hidden, cells: count } => {
                    let cells = cells.by_ref().take(*count).map(&mut scalar).collect();
                    each(Ok(Row { number: *number, cells, hidden: *hidden }))
                }
                Line::Fault(n) => match self.faults.get(*n) {
                    Some(fault) => each(Err(fault.clone())),
                    None => continue,
                },
            };
            if flow.is_break() {
                break;
            }
        }
        self.info.clone().unwrap_or_default()
    }
}
