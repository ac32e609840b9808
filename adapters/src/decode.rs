//! Decoders: bytes to nodes and rows, with a limit on everything.
//!
//! [`json()`] and [`xml()`] give a tree, [`table`] gives rows one after another. All are total: any bytes end in values and faults,
//! never in a panic, a hang or memory without a named limit.

mod csv;
mod json;
mod part_scan;
mod prescan;
mod sheet_scan;
mod source;
mod tags;
mod tape;
mod text;
mod word;
mod xlsx;
mod xml;

pub(crate) use self::source::whole;
pub use self::{
    csv::{
        MAX_BYTES as MAX_CSV_BYTES, MAX_COLUMNS, MAX_FIELD, MAX_RECORD as MAX_CSV_RECORD, MAX_REPAIRS,
        MAX_ROWS as MAX_CSV_ROWS,
    },
    json::{
        MAX_BYTES as MAX_JSON_BYTES, MAX_DEPTH as MAX_JSON_DEPTH, MAX_KEY as MAX_JSON_KEY,
        MAX_NUMBER as MAX_JSON_NUMBER, MAX_STRING as MAX_JSON_STRING, MAX_VALUES as MAX_JSON_VALUES, json,
    },
    part_scan::{MAX_SHARED_STRINGS, MAX_SHEETS},
    prescan::{MAX_BYTES as MAX_WORKBOOK_BYTES, MAX_PARTS, MAX_RATIO, MAX_UNPACKED},
    sheet_scan::MAX_CELLS,
    source::{HEAD, Source, Stored, head},
    tape::Tape,
    text::{Text, decode as text},
    xlsx::MAX_ROWS as MAX_SHEET_ROWS,
    xml::{
        MAX_ATTRIBUTES as MAX_XML_ATTRIBUTES, MAX_BYTES as MAX_XML_BYTES, MAX_DEPTH as MAX_XML_DEPTH,
        MAX_NAME as MAX_XML_NAME, MAX_NAMES as MAX_XML_NAMES, MAX_TEXT as MAX_XML_TEXT, MAX_VALUES as MAX_XML_VALUES,
        xml, xml_text,
    },
};
use crate::node::{DecodeFault, Row};
use std::ops::ControlFlow;

/// How a table is to be read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TableOptions {
    pub format: TableFormat,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum TableFormat {
    Csv {
        /// A label of the WHATWG encoding standard (`utf-8`, `gb18030`, `gbk`, `big5`, `utf-16le`, `latin1`); `None` and
        /// `auto` find out: byte order mark, else valid UTF-8, else GB18030. A byte order mark always wins.
        encoding: Option<String>,
        /// `None` finds out among `,` `;` tab `|` and the full-width `，`.
        delimiter: Option<char>,
    },
    Xlsx {
        sheet: SheetChoice,
    },
    /// By the first bytes: a workbook (its first visible sheet with data), else text.
    #[default]
    Auto,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum SheetChoice {
    /// The first visible worksheet that holds a value; the first visible one when none does.
    #[default]
    First,
    /// By name, visible or not; letter case and spaces around it do not matter.
    Named(String),
    /// Place among the worksheets of the workbook, hidden ones included, from 0.
    Index(usize),
}

/// What was learnt about the table as a whole.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TableInfo {
    /// Lower-case name of the encoding; empty for a workbook.
    pub encoding: String,
    /// The delimiter used; `None` for a workbook.
    pub delimiter: Option<char>,
    /// The sheet read; empty for text.
    pub sheet: String,
    /// All worksheets of the workbook, in order.
    pub sheets: Vec<SheetName>,
    /// Rows handed over, faulty ones included.
    pub rows: u32,
    /// The workbook counts days from 1904; [`crate::node::Scalar::Date`] already allows for it.
    pub date1904: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SheetName {
    pub name: String,
    pub visible: bool,
}

/// Takes rows one after another; `Break` ends the reading early, without a fault.
pub type EachRow<'f> = dyn FnMut(Result<Row<'_>, DecodeFault>) -> ControlFlow<()> + 'f;

/// Reads a table. A row with a fault goes to `each` as `Err` and the next row follows.
///
/// Rows without any content are not handed over, but counted in the numbers of those after them. Cells stay as written,
/// spaces, tabs and Excel's text form `="00123"` included; cleaning is the mapping's business. An empty cell is
/// [`crate::node::Scalar::Null`]. Rows may differ in length.
///
/// # Errors
/// A fatal fault, after which nothing more can be read. Rows handed over before it were good as far as they went.
pub fn table<'s>(
    source: impl Into<Source<'s>>,
    options: &TableOptions,
    each: &mut EachRow<'_>,
) -> Result<TableInfo, DecodeFault> {
    let source = source.into();
    if let Source::Taped(tape) = source {
        return Ok(tape.play(each));
    }
    match &options.format {
        TableFormat::Csv { encoding, delimiter } => {
            refuse_foreign(source.head())?;
            csv::rows(source, encoding.as_deref(), *delimiter, each)
        }
        TableFormat::Xlsx { sheet } => workbook(source, sheet, each),
        TableFormat::Auto if is_workbook(source.head()) => workbook(source, &SheetChoice::First, each),
        TableFormat::Auto => {
            refuse_foreign(source.head())?;
            csv::rows(source, None, None, each)
        }
    }
}

/// A workbook is read from memory: its directory is at its end.
fn workbook(source: Source<'_>, sheet: &SheetChoice, each: &mut EachRow<'_>) -> Result<TableInfo, DecodeFault> {
    match source {
        Source::Held(bytes) => xlsx::rows(bytes, sheet, each),
        Source::Taped(tape) => Ok(tape.play(each)),
        Source::Stored(stored) => xlsx::rows(&whole(stored, MAX_WORKBOOK_BYTES)?, sheet, each),
    }
}

/// The first bytes are those of a workbook.
pub(crate) fn is_workbook(head: &[u8]) -> bool {
    matches!(sniff(head), Some("zip" | "ole"))
}

/// A file that only calls itself text. Web pages are told too: many systems save an HTML table as `.xls` or `.csv`.
fn refuse_foreign(bytes: &[u8]) -> Result<(), DecodeFault> {
    match sniff(bytes) {
        Some(found) => Err(DecodeFault::fatal("wrong_format").arg("found", found)),
        None => Ok(()),
    }
}

/// A file called a workbook whose bytes are none, nor text either. Text with a wrong name is read as what it is.
pub fn is_misnamed_workbook<'s>(name: &str, source: impl Into<Source<'s>>) -> bool {
    const ENDINGS: [&str; 2] = [".xlsx", ".xlsm"];
    let (name, source) = (name.trim().to_ascii_lowercase(), source.into());
    let bytes = source.head();
    let head = bytes.get(..BINARY_SAMPLE).unwrap_or(bytes);
    // The head of a stored text may end within a character.
    let is_whole = source.size() == bytes.len() as u64;
    let is_binary = || head.iter().any(|&byte| is_unwanted(byte)) || (is_whole && text(bytes, None).is_err());
    ENDINGS.iter().any(|ending| name.ends_with(ending)) && sniff(bytes).is_none() && is_binary()
}

/// Bytes looked at to tell text from other files.
const BINARY_SAMPLE: usize = 4096;

/// What the first bytes say the file is; `None` for what may be text.
fn sniff(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 8] = [
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (&prescan::OLE_MAGIC, "ole"),
        (b"%PDF-", "pdf"),
        (b"MZ\x90\x00", "exe"),
        (b"\x7fELF", "exe"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x89PNG", "png"),
    ];
    if let Some((_, found)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(found);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let starts = |word: &[u8]| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    if starts(b"<html") || starts(b"<!doctype") || starts(b"<table") {
        return Some("html");
    }
    starts(b"<?xml").then_some("xml")
}

/// The address a spreadsheet shows: row from 1, column from 0; `address(12, 2)` is `C12`.
pub fn address(row: u32, column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{row}")
}

/// The first character of a cell that no order may hold: NUL (PostgreSQL refuses it) and the other control characters
/// but tab and line ends.
fn unwanted(text: &str) -> Option<char> {
    text.bytes().find(|&byte| is_unwanted(byte)).map(char::from)
}

fn is_unwanted(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f
}

fn unwanted_fault(found: char, row: u32, column: usize, cell: &str) -> DecodeFault {
    let code = if found == '\0' { "nul_character" } else { "control_character" };
    DecodeFault::of_row(code, row)
        .at(address(row, column))
        .was(cell)
        .arg("character", format!("U+{:04X}", u32::from(found)))
}

/// Every code a decoder may give; `locales/` must have words for each.
pub const CODES: [&str; 46] = [
    "bad_cell_reference",
    "control_character",
    "doctype",
    "document_too_large",
    "document_unreadable",
    "duplicate_cell",
    "duplicate_key",
    "duplicate_part",
    "empty_document",
    "entity_unknown",
    "field_too_long",
    "key_too_long",
    "lone_surrogate",
    "malformed_text",
    "not_a_workbook",
    "not_json",
    "not_xml",
    "nul_character",
    "number_too_long",
    "old_workbook",
    "overlapping_parts",
    "part_encoding",
    "part_name",
    "part_too_large",
    "record_too_long",
    "rows_out_of_order",
    "shared_strings_too_many",
    "sheet_missing",
    "string_too_long",
    "styles_too_many",
    "suspicious_compression",
    "too_deep",
    "too_many_attributes",
    "too_many_broken_rows",
    "too_many_cells",
    "too_many_columns",
    "too_many_parts",
    "too_many_rows",
    "too_many_sheets",
    "too_many_values",
    "unclosed_quote",
    "unknown_encoding",
    "unpacked_too_large",
    "workbook_damaged",
    "workbook_encrypted",
    "wrong_format",
];
