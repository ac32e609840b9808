//! Delimited text: records split by our own scanner over borrowed text. A quoted field that never ends costs its first
//! line, never the rest of the file, and never memory.

use super::{EachRow, Source, TableInfo, address, is_unwanted, text::Feed, unwanted_fault};
use crate::node::{DecodeFault, Row, Scalar};
use std::{borrow::Cow, ops::ControlFlow};

/// Bytes of a file.
pub const MAX_BYTES: usize = 2 * 1024 * 1024 * 1024;
/// Bytes of a cell, as UTF-8.
pub const MAX_FIELD: usize = 64 * 1024;
/// Cells of a row.
pub const MAX_COLUMNS: usize = 512;
/// Rows of a file.
pub const MAX_ROWS: u32 = 5_000_000;
/// Bytes of a record, as UTF-8.
pub const MAX_RECORD: usize = 1024 * 1024;
/// Rows taken up again after a quote without an end; each may cost a look at [`MAX_RECORD`] bytes.
pub const MAX_REPAIRS: u32 = 100;
/// Bytes looked at to find the delimiter.
const SAMPLE: usize = 64 * 1024;
/// Delimiters tried when the mapping names none; the first wins a tie.
const DELIMITERS: [char; 5] = [',', ';', '\t', '|', '，'];
const QUOTE: u8 = b'"';

/// Reads delimited text row by row; see [`super::table`].
pub(super) fn rows(
    source: Source<'_>,
    encoding: Option<&str>,
    delimiter: Option<char>,
    each: &mut EachRow<'_>,
) -> Result<TableInfo, DecodeFault> {
    if source.size() > MAX_BYTES as u64 {
        return Err(DecodeFault::fatal("document_too_large").arg("limit", MAX_BYTES).arg("bytes", source.size()));
    }
    let mut feed = Feed::new(source, encoding)?;
    while feed.window().len() < SAMPLE && feed.extend() {}
    let told = told_delimiter(feed.window());
    let chosen = delimiter.or(told.map(|(delimiter, _)| delimiter)).unwrap_or_else(|| guess(feed.window()));
    let mut reader = Reader { splitter: Splitter::new(chosen), line: 1, rows: 0, repairs: 0, feed };
    if let Some((_, length)) = told {
        reader.feed.advance(length);
        reader.line += 1;
    }
    reader.read(each)?;
    Ok(TableInfo {
        encoding: reader.feed.encoding(),
        delimiter: Some(chosen),
        rows: reader.rows,
        ..TableInfo::default()
    })
}

/// The line `sep=;` that Excel writes and obeys, with its length.
fn told_delimiter(text: &str) -> Option<(char, usize)> {
    let delimiter = text.strip_prefix("sep=")?.chars().next()?;
    let head = "sep=".len() + delimiter.len_utf8();
    match line_end(text.as_bytes().get(head..)?, true) {
        LineEnd::Bytes(length) => Some((delimiter, head + length)),
        LineEnd::None | LineEnd::Unsure => None,
    }
}

/// The delimiter that occurs in the most lines with the same count: titles above and totals below a table do not mislead it.
fn guess(text: &str) -> char {
    let mut counts: Vec<[u32; DELIMITERS.len()]> = Vec::new();
    let (mut line, mut quoted, mut fresh) = ([0; DELIMITERS.len()], false, true);
    for character in text.char_indices().take_while(|(at, _)| *at < SAMPLE).map(|(_, character)| character) {
        let which = DELIMITERS.iter().position(|&delimiter| delimiter == character);
        let ends_line = matches!(character, '\n' | '\r');
        if character == '"' && (quoted || fresh) {
            quoted = !quoted;
        } else if quoted {
            continue;
        } else if ends_line {
            counts.push(std::mem::take(&mut line));
        } else if let Some(which) = which {
            line[which] += 1;
        }
        fresh = ends_line || which.is_some();
    }
    counts.push(line);
    let score = |which: usize| {
        let mut seen: Vec<u32> = counts.iter().map(|line| line[which]).filter(|&count| count > 0).collect();
        seen.sort_unstable();
        seen.chunk_by(|a, b| a == b).map(|same| (same.len(), same[0])).max().unwrap_or_default()
    };
    let best = (0..DELIMITERS.len()).rev().max_by_key(|&which| score(which)).unwrap_or_default();
    DELIMITERS[best]
}

struct Reader<'a> {
    feed: Feed<'a>,
    splitter: Splitter,
    /// Line of the next record, as an editor counts, from 1.
    line: u32,
    rows: u32,
    repairs: u32,
}

impl Reader<'_> {
    fn read(&mut self, each: &mut EachRow<'_>) -> Result<(), DecodeFault> {
        loop {
            let window = self.feed.window();
            let (length, lines, flow) = match self.splitter.split(window, self.feed.is_last()) {
                Cut::End if self.feed.is_broken() => return Err(DecodeFault::fatal("document_unreadable")),
                Cut::End => return Ok(()),
                Cut::More => {
                    self.feed.extend();
                    continue;
                }
                Cut::Blank { length } => (length, 1, ControlFlow::Continue(())),
                Cut::Record { length, lines } if self.splitter.is_empty() => (length, lines, ControlFlow::Continue(())),
                Cut::Record { length, lines } => {
                    self.rows += 1;
                    if self.rows > MAX_ROWS {
                        return Err(DecodeFault { row: Some(self.line), ..DecodeFault::fatal("too_many_rows") }
                            .arg("limit", MAX_ROWS));
                    }
                    let damaged = self.feed.is_damaged(length).then(|| self.feed.encoding());
                    (length, lines, each(self.splitter.row(window, self.line, damaged)))
                }
                Cut::Broken { code, length, lines } => {
                    self.rows += 1;
                    let limit = if code == "field_too_long" { MAX_FIELD } else { MAX_RECORD };
                    let fault = DecodeFault::of_row(code, self.line).was(window).arg("limit", limit);
                    let flow = each(Err(fault));
                    self.repair(length, lines)?;
                    (0, 0, flow)
                }
            };
            self.feed.advance(length);
            self.line = self.line.saturating_add(lines);
            if flow.is_break() {
                return Ok(());
            }
        }
    }

    /// Past `length` bytes with `lines` line ends, and then past the line they end in.
    fn repair(&mut self, length: usize, lines: u32) -> Result<(), DecodeFault> {
        self.repairs += 1;
        if self.repairs > MAX_REPAIRS {
            let fault = DecodeFault { row: Some(self.line), ..DecodeFault::fatal("too_many_broken_rows") };
            return Err(fault.arg("limit", MAX_REPAIRS));
        }
        self.feed.advance(length);
        self.line = self.line.saturating_add(lines);
        loop {
            let window = self.feed.window().as_bytes();
            let at = window.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(window.len());
            match line_end(&window[at..], self.feed.is_last()) {
                LineEnd::Bytes(length) => {
                    self.line = self.line.saturating_add(1);
                    self.feed.advance(at + length);
                    return Ok(());
                }
                LineEnd::None | LineEnd::Unsure => {
                    self.feed.advance(at);
                    if !self.feed.extend() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

enum LineEnd {
    None,
    Bytes(usize),
    /// A CR at the very end: an LF may follow.
    Unsure,
}

/// The line end `bytes` begin with: LF, CR LF, or CR alone.
fn line_end(bytes: &[u8], last: bool) -> LineEnd {
    match (bytes.first(), bytes.get(1)) {
        (Some(b'\r'), Some(b'\n')) => LineEnd::Bytes(2),
        (Some(b'\r'), None) if !last => LineEnd::Unsure,
        (Some(b'\r' | b'\n'), _) => LineEnd::Bytes(1),
        _ => LineEnd::None,
    }
}

/// What the beginning of a text is.
enum Cut {
    /// Nothing: the text is at its end.
    End,
    /// The text ends before the record does.
    More,
    /// An empty line.
    Blank { length: usize },
    /// A record of `lines` lines, its line end included in `length`.
    Record { length: usize, lines: u32 },
    /// No record; reading may go on after the line that `length` bytes (with `lines` line ends) lead into.
    Broken { code: &'static str, length: usize, lines: u32 },
}

/// A cell of the record: a range of the text, or of the scratch when it had to be put together.
struct Cell {
    from: usize,
    to: usize,
    scratch: bool,
}

struct Splitter {
    delimiter: String,
    /// Bytes at which the scan of a cell must look closer.
    special: [bool; 256],
    cells: Vec<Cell>,
    scratch: String,
    /// Line ends inside quotes.
    inner_lines: u32,
    too_many: bool,
    /// A cell holds a control character.
    unwanted: bool,
}

impl Splitter {
    fn new(delimiter: char) -> Self {
        let delimiter = delimiter.to_string();
        let mut special = [false; 256];
        for byte in u8::MIN..=u8::MAX {
            special[usize::from(byte)] =
                is_unwanted(byte) || matches!(byte, QUOTE | b'\r' | b'\n') || byte == delimiter.as_bytes()[0];
        }
        let (cells, scratch) = (Vec::new(), String::new());
        Self { delimiter, special, cells, scratch, inner_lines: 0, too_many: false, unwanted: false }
    }

    /// Splits the first record off `text`. `last`: nothing comes after `text`.
    fn split(&mut self, text: &str, last: bool) -> Cut {
        if text.is_empty() {
            return if last { Cut::End } else { Cut::More };
        }
        match line_end(text.as_bytes(), last) {
            LineEnd::Bytes(length) => return Cut::Blank { length },
            LineEnd::Unsure => return Cut::More,
            LineEnd::None => {}
        }
        self.cells.clear();
        self.scratch.clear();
        (self.inner_lines, self.too_many, self.unwanted) = (0, false, false);
        let mut at = 0;
        loop {
            let (cell, end) = match self.cell(text, at, last) {
                Ok(found) => found,
                Err(cut) => return cut,
            };
            if cell.to - cell.from > MAX_FIELD {
                return Cut::Broken { code: "field_too_long", length: end, lines: self.inner_lines };
            }
            if end > MAX_RECORD {
                return Cut::Broken { code: "record_too_long", length: end, lines: self.inner_lines };
            }
            if self.cells.len() < MAX_COLUMNS {
                self.cells.push(cell)
            } else {
                self.too_many = true
            }
            let rest = &text.as_bytes()[end..];
            match line_end(rest, last) {
                LineEnd::Bytes(length) => return Cut::Record { length: end + length, lines: self.inner_lines + 1 },
                LineEnd::Unsure => return Cut::More,
                LineEnd::None if rest.is_empty() => return Cut::Record { length: end, lines: self.inner_lines + 1 },
                LineEnd::None => at = end + self.delimiter.len(),
            }
        }
    }

    /// The cell at `at`, and where it ends: at a delimiter, a line end or the end of the document.
    fn cell(&mut self, text: &str, at: usize, last: bool) -> Result<(Cell, usize), Cut> {
        if text.as_bytes().get(at) == Some(&QUOTE) {
            return self.quoted(text, at + 1, last);
        }
        let end = self.plain(text, at, last)?;
        Ok((Cell { from: at, to: end, scratch: false }, end))
    }

    /// Index of the delimiter, line end or end of document after `at`; quotes are text here.
    fn plain(&mut self, text: &str, mut at: usize, last: bool) -> Result<usize, Cut> {
        let (bytes, start) = (text.as_bytes(), at);
        loop {
            while at < bytes.len() && !self.special[usize::from(bytes[at])] {
                at += 1;
            }
            let Some(&byte) = bytes.get(at) else { break };
            if matches!(byte, b'\r' | b'\n') || bytes[at..].starts_with(self.delimiter.as_bytes()) {
                return Ok(at);
            }
            self.unwanted |= is_unwanted(byte);
            at += 1;
        }
        if at - start > MAX_FIELD {
            return Err(Cut::Broken { code: "field_too_long", length: at, lines: self.inner_lines });
        }
        // A delimiter of several bytes is never cut: the window holds whole characters.
        if last { Ok(at) } else { Err(Cut::More) }
    }

    /// The cell whose text begins at `from`, behind its quote. What stands between the closing quote and the delimiter
    /// belongs to it, as in Excel.
    fn quoted(&mut self, text: &str, from: usize, last: bool) -> Result<(Cell, usize), Cut> {
        let bytes = text.as_bytes();
        let scratch_from = self.scratch.len();
        let (mut piece, mut at) = (from, from);
        loop {
            while at < bytes.len() && !self.special[usize::from(bytes[at])] {
                at += 1;
            }
            if at - from > 2 * MAX_FIELD {
                return Err(Cut::Broken { code: "unclosed_quote", length: 0, lines: 0 });
            }
            match bytes.get(at) {
                None if last => return Err(Cut::Broken { code: "unclosed_quote", length: 0, lines: 0 }),
                None => return Err(Cut::More),
                Some(&QUOTE) if bytes.get(at + 1) == Some(&QUOTE) => {
                    self.scratch.push_str(&text[piece..=at]);
                    at += 2;
                    piece = at;
                }
                Some(&QUOTE) if at + 1 == bytes.len() && !last => return Err(Cut::More),
                Some(&QUOTE) => break,
                Some(&byte) => {
                    let line_end = byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
                    self.inner_lines += u32::from(line_end);
                    self.unwanted |= is_unwanted(byte);
                    at += 1;
                }
            }
        }
        let end = self.plain(text, at + 1, last)?;
        if piece == from && end == at + 1 {
            return Ok((Cell { from, to: at, scratch: false }, end));
        }
        self.scratch.push_str(&text[piece..at]);
        self.scratch.push_str(&text[at + 1..end]);
        Ok((Cell { from: scratch_from, to: self.scratch.len(), scratch: true }, end))
    }

    fn text<'t>(&'t self, cell: &Cell, window: &'t str) -> &'t str {
        if cell.scratch { &self.scratch[cell.from..cell.to] } else { &window[cell.from..cell.to] }
    }

    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.from == cell.to)
    }

    /// The record last split off `window`.
    /// `damaged`: in which encoding something in it is malformed.
    fn row<'t>(&'t self, window: &'t str, number: u32, damaged: Option<String>) -> Result<Row<'t>, DecodeFault> {
        if self.too_many {
            return Err(DecodeFault::of_row("too_many_columns", number).arg("limit", MAX_COLUMNS));
        }
        if damaged.is_some() || self.unwanted {
            return Err(self.spoilt(window, number, damaged));
        }
        let scalar = |cell: &Cell| match self.text(cell, window) {
            "" => Scalar::Null,
            text => Scalar::Text(Cow::Borrowed(text)),
        };
        Ok(Row { number, cells: self.cells.iter().map(scalar).collect(), hidden: false })
    }

    /// The fault of the first cell with a malformed place or a control character.
    fn spoilt(&self, window: &str, number: u32, damaged: Option<String>) -> DecodeFault {
        let mut cells = self.cells.iter().map(|cell| self.text(cell, window)).enumerate();
        if let Some(encoding) = damaged {
            let fault = DecodeFault::of_row("malformed_text", number).arg("encoding", encoding);
            return match cells.find(|(_, text)| text.contains(char::REPLACEMENT_CHARACTER)) {
                Some((column, text)) => fault.at(address(number, column)).was(text),
                None => fault,
            };
        }
        match cells.find_map(|(column, text)| Some((column, text, super::unwanted(text)?))) {
            Some((column, text, found)) => unwanted_fault(found, number, column, text),
            None => DecodeFault::of_row("control_character", number),
        }
    }
}
