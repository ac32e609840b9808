//! Bytes to rows of text cells, in the order of the kind's columns. A header that is not understood stops the whole
//! table: better nothing than a column read as another.

use super::{Column, Faults, Format, Kind, ROWS_MAX, Read, RowFault, fault, row::Row, sheet};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Bytes of one cell.
pub(super) const CELL_MAX: usize = 4_096;
/// Columns of a header.
const COLUMNS_MAX: usize = 200;
/// Headers that are named beside one that lacks.
const COLUMNS_TOLD: usize = 20;

/// The rows of a table.
#[derive(Debug)]
pub(super) struct Table {
    kind: Kind,
    records: Vec<Record>,
    faults: Faults,
    /// Rows whose cells could not even be read.
    unreadable: usize,
}

/// One row: a cell for each column of its kind, `None` where the table has no such column.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) row: u32,
    pub(super) cells: Vec<Option<String>>,
}

impl Table {
    pub(super) const fn of(kind: Kind, records: Vec<Record>, faults: Faults, unreadable: usize) -> Self {
        Self { kind, records, faults, unreadable }
    }

    pub(super) fn rows(&self) -> usize {
        self.records.len() + self.unreadable
    }

    /// Reads every row; `read` asks for its cells, and each that is wrong is a fault of the row.
    pub(super) fn read<T>(self, read: impl Fn(&mut Row<'_>) -> T) -> Read<T> {
        let mut good = Vec::with_capacity(self.records.len());
        let mut faults = self.faults;
        for record in &self.records {
            let mut row = Row::new(self.kind, record);
            let value = read(&mut row);
            match row.finish() {
                found if found.is_empty() => good.push((record.row, value)),
                found => faults.extend(found),
            }
        }
        Read { good, faults }
    }
}

/// Reads a table of `kind`.
///
/// # Errors
/// What makes the table unreadable as a whole.
pub(super) fn read(kind: Kind, format: Format, bytes: &[u8]) -> Result<Table, Vec<RowFault>> {
    if format == Format::Xlsx {
        return sheet::read(kind, bytes);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let mut fault = fault("bad_encoding", 0, "", "");
        fault.args.insert("place".to_owned(), error.valid_up_to().to_string());
        fault.args.insert("encoding".to_owned(), "utf-8".to_owned());
        vec![fault]
    })?;
    if text.trim().is_empty() {
        return Err(vec![fault("empty_file", 0, "", "")]);
    }
    match format {
        Format::Csv | Format::Xlsx => csv(kind, text),
        Format::Json => json(kind, text),
    }
}

pub(super) fn too_many_rows() -> Vec<RowFault> {
    let mut fault = fault("too_many_rows", 0, "", "");
    fault.args.insert("max".to_owned(), ROWS_MAX.to_string());
    vec![fault]
}

fn csv(kind: Kind, text: &str) -> Result<Table, Vec<RowFault>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        Some(Ok(header)) => header,
        Some(Err(_)) | None => return Err(vec![fault("empty_file", 0, "", "")]),
    };
    let header: Vec<&str> = header.iter().collect();
    let places = places(kind, &header)?;
    let mut table = Table { kind, records: Vec::new(), faults: Faults::default(), unreadable: 0 };
    for record in records {
        // The text is UTF-8 and the reader flexible: nothing else can be wrong with a record.
        let Ok(record) = record else { continue };
        let row = record.position().map_or(0, |p| u32::try_from(p.line()).unwrap_or(u32::MAX));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if table.rows() >= ROWS_MAX {
            return Err(too_many_rows());
        }
        match cells(row, &record, header.len(), &places) {
            Ok(cells) => table.records.push(Record { row, cells }),
            Err(fault) => {
                table.unreadable += 1;
                table.faults.push(fault);
            }
        }
    }
    Ok(table)
}

/// Where each column of the kind is in the header.
pub(super) fn places(kind: Kind, header: &[&str]) -> Result<Vec<Option<usize>>, Vec<RowFault>> {
    let mut faults = Vec::new();
    if header.len() > COLUMNS_MAX {
        let mut fault = fault("too_many_columns", 1, "", "");
        fault.args.insert("limit".to_owned(), COLUMNS_MAX.to_string());
        return Err(vec![fault]);
    }
    let mut places = vec![None; kind.columns().len()];
    for (at, cell) in header.iter().enumerate() {
        match column(kind, cell) {
            Some(no) if places[no].is_none() => places[no] = Some(at),
            Some(_) => faults.push(of_column("column_twice", cell)),
            None => faults.push(of_column("unknown_column", cell)),
        }
    }
    let missing = kind.columns().iter().zip(&places).filter(|(column, place)| column.must && place.is_none());
    let found = header.iter().map(|cell| cell.trim()).take(COLUMNS_TOLD).collect::<Vec<_>>().join(", ");
    faults.extend(missing.map(|(column, _)| {
        let mut fault = of_column("column_not_found", column.name);
        fault.args.insert("columns".to_owned(), column.name.to_owned());
        fault.args.insert("found".to_owned(), found.clone());
        fault
    }));
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}

/// The number of the column that this header names.
fn column(kind: Kind, header: &str) -> Option<usize> {
    let header = header.trim();
    let names = |column: &Column| column.name.eq_ignore_ascii_case(header) || column.chinese.contains(&header);
    kind.columns().iter().position(names)
}

fn of_column(code: &str, column: &str) -> RowFault {
    let mut fault = fault(code, 1, column.trim(), column);
    fault.args.insert("column".to_owned(), column.trim().to_owned());
    fault
}

fn cells(
    row: u32,
    record: &csv::StringRecord,
    width: usize,
    places: &[Option<usize>],
) -> Result<Vec<Option<String>>, RowFault> {
    let uneven = |mut uneven: RowFault| {
        uneven.args.insert("cells".to_owned(), record.len().to_string());
        uneven.args.insert("columns".to_owned(), width.to_string());
        uneven
    };
    if record.len() < width {
        return Err(uneven(fault("row_too_short", row, "", "")));
    }
    if record.iter().skip(width).any(|cell| !cell.trim().is_empty()) {
        return Err(uneven(fault("row_too_long", row, "", "")));
    }
    if record.iter().any(|cell| cell.len() > CELL_MAX) {
        return Err(cell_too_long(row));
    }
    let cell = |at: &Option<usize>| at.and_then(|at| record.get(at)).map(|cell| cell.trim().to_owned());
    Ok(places.iter().map(cell).collect())
}

pub(super) fn cell_too_long(row: u32) -> RowFault {
    let mut fault = fault("field_too_long", row, "", "");
    fault.args.insert("limit".to_owned(), CELL_MAX.to_string());
    fault
}

fn json(kind: Kind, text: &str) -> Result<Table, Vec<RowFault>> {
    let objects: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| {
        let mut fault = fault("not_json", 0, "", "");
        fault.args.insert("why".to_owned(), error.to_string());
        vec![fault]
    })?;
    if objects.len() > ROWS_MAX {
        return Err(too_many_rows());
    }
    let mut table = Table { kind, records: Vec::new(), faults: Faults::default(), unreadable: 0 };
    for (row, object) in (1_u32..).zip(objects) {
        match object_cells(kind, row, object) {
            Ok(cells) => table.records.push(Record { row, cells }),
            Err(faults) => {
                table.unreadable += 1;
                table.faults.extend(faults);
            }
        }
    }
    Ok(table)
}

fn object_cells(kind: Kind, row: u32, object: &RawValue) -> Result<Vec<Option<String>>, Vec<RowFault>> {
    let object: BTreeMap<String, &RawValue> =
        serde_json::from_str(object.get()).map_err(|_| vec![fault("not_an_object", row, "", object.get())])?;
    let mut cells = vec![None; kind.columns().len()];
    let mut faults = Vec::new();
    for (name, value) in object {
        match (column(kind, &name), cell(value)) {
            (Some(no), Some(text)) if text.len() <= CELL_MAX => cells[no] = Some(text),
            (Some(_), Some(_)) => faults.push(cell_too_long(row)),
            (Some(_), None) => faults.push(fault("not_text", row, &name, value.get())),
            (None, _) => {
                let mut unknown = of_column("unknown_column", &name);
                unknown.row = row;
                faults.push(unknown);
            }
        }
    }
    if faults.is_empty() { Ok(cells) } else { Err(faults) }
}

/// A plain value as its source writes it: a number is never read as a float. `None` for a list or an object.
fn cell(value: &RawValue) -> Option<String> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(text).ok().map(|text| text.trim().to_owned()),
        Some(b'n') => Some(String::new()),
        Some(b'[' | b'{') | None => None,
        Some(_) => Some(text.to_owned()),
    }
}
