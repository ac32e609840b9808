//! The first sheet of a workbook as a table: its first row is the header, under the decoder's own limits.

use super::{
    Faults, Kind, ROWS_MAX, RowFault, fault,
    table::{self, Record, Table},
};
use adapters::{
    decode::{self, SheetChoice, TableFormat, TableOptions},
    mapping::cell_text,
    node::{DecodeFault, Row, Scalar},
};
use std::ops::ControlFlow;

/// What was understood so far.
struct Sheet {
    kind: Kind,
    /// The header's cells and, for each column of the kind, its place among them.
    header: Option<(Vec<String>, Vec<Option<usize>>)>,
    records: Vec<Record>,
    faults: Faults,
    unreadable: usize,
    /// What makes the table unreadable as a whole.
    fatal: Vec<RowFault>,
}

/// Reads a workbook's first visible sheet that holds something.
///
/// # Errors
/// What makes the table unreadable as a whole.
pub(super) fn read(kind: Kind, bytes: &[u8]) -> Result<Table, Vec<RowFault>> {
    let mut sheet =
        Sheet { kind, header: None, records: Vec::new(), faults: Faults::default(), unreadable: 0, fatal: Vec::new() };
    let options = TableOptions { format: TableFormat::Xlsx { sheet: SheetChoice::First } };
    let read = decode::table(bytes, &options, &mut |row| match row {
        Ok(row) => sheet.row(&row),
        Err(unread) => {
            sheet.unreadable += 1;
            sheet.faults.push(of_decoder(&unread));
            ControlFlow::Continue(())
        }
    });
    match read {
        Err(unread) => Err(vec![of_decoder(&unread)]),
        Ok(_) if !sheet.fatal.is_empty() => Err(sheet.fatal),
        Ok(_) if sheet.header.is_none() => Err(vec![fault("empty_file", 0, "", "")]),
        Ok(_) => Ok(Table::of(kind, sheet.records, sheet.faults, sheet.unreadable)),
    }
}

impl Sheet {
    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        if row.cells.iter().all(|cell| text(cell).is_ok_and(|text| text.is_empty())) {
            return ControlFlow::Continue(());
        }
        let Some((header, places)) = &self.header else { return self.head(row) };
        if self.records.len() + self.unreadable >= ROWS_MAX {
            self.fatal = table::too_many_rows();
            return ControlFlow::Break(());
        }
        match cells(row, header, places) {
            Ok(cells) => self.records.push(Record { row: row.number, cells }),
            Err(faults) => {
                self.unreadable += 1;
                self.faults.extend(faults);
            }
        }
        ControlFlow::Continue(())
    }

    fn head(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        let mut names: Vec<String> = row.cells.iter().map(|cell| text(cell).unwrap_or_default()).collect();
        // Cells that were only formatted are no columns.
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        let found = table::places(self.kind, &names.iter().map(String::as_str).collect::<Vec<_>>());
        match found {
            Ok(places) => {
                self.header = Some((names, places));
                ControlFlow::Continue(())
            }
            Err(faults) => {
                self.fatal = faults.into_iter().map(|fault| RowFault { row: row.number, ..fault }).collect();
                ControlFlow::Break(())
            }
        }
    }
}

fn cells(row: &Row<'_>, header: &[String], places: &[Option<usize>]) -> Result<Vec<Option<String>>, Vec<RowFault>> {
    let mut faults = Vec::new();
    let beyond = row.cells.iter().skip(header.len()).any(|cell| !matches!(cell, Scalar::Null));
    if beyond {
        let mut long = fault("row_too_long", row.number, "", "");
        long.args.insert("cells".to_owned(), row.cells.len().to_string());
        long.args.insert("columns".to_owned(), header.len().to_string());
        faults.push(long);
    }
    let mut found = Vec::with_capacity(places.len());
    for place in places {
        // A row ends with its last filled cell; what is missing is empty.
        let cell = place.map(|at| (at, row.cells.get(at).unwrap_or(&Scalar::Null)));
        found.push(match cell.map(|(at, cell)| (at, cell, text(cell))) {
            None => None,
            Some((_, _, Ok(text))) if text.len() <= table::CELL_MAX => Some(text),
            Some((_, _, Ok(_))) => {
                faults.push(table::cell_too_long(row.number));
                None
            }
            Some((at, cell, Err(code))) => {
                let was = match cell {
                    Scalar::Error(error) => error.to_string(),
                    Scalar::Float(number) => number.to_string(),
                    _ => String::new(),
                };
                faults.push(fault(code, row.number, &header[at], &was));
                None
            }
        });
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn text(cell: &Scalar<'_>) -> Result<String, &'static str> {
    cell_text(cell).map(|text| text.trim().to_owned())
}

fn of_decoder(unread: &DecodeFault) -> RowFault {
    let found = fault(unread.code, unread.row.unwrap_or(0), &unread.place, &unread.was);
    RowFault { args: unread.args.clone(), ..found }
}
