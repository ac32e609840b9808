//! Mending: the rows of a file that wait come back as a workbook with every fault marked in its cell, to be corrected and
//! brought to the same channel again.

use crate::{
    app::{ChannelRuntime, Core},
    intake::stored::StoredParts,
    store::{
        StoreError,
        documents::{Document, DocumentKind, DocumentState},
    },
    words::Language,
};
use adapters::{
    mapping::{MENDS, REMEDY, Waiting},
    node::{Row, Scalar},
};
use chrono::{Datelike as _, NaiveDateTime, Timelike as _};
use model::{port::inbound, said::Reject};
use rust_xlsxwriter::{Color, ExcelDateTime, Format, FormatBorder, Formula, Note, Workbook, Worksheet, XlsxError};
use std::{collections::BTreeMap, sync::Arc};
use tokio::runtime::Handle;

/// Characters of one cell, as Excel allows.
const CELL_MAX: usize = 32_767;
/// Characters of a note and of the remedies beside a row.
const NOTE_MAX: usize = 2_000;
/// Characters of a column's width.
const WIDTH: f64 = 16.0;
const REMEDY_WIDTH: f64 = 60.0;
/// Background of a cell that is wrong.
const WRONG: u32 = 0x00FF_C7CE;

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum NotMended {
    /// Nothing waits, or the file itself is to be corrected.
    #[error("nothing in the document can be mended row by row")]
    Nothing,
    /// Its bytes are gone.
    #[error("the document's bytes are gone")]
    Gone,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the workbook could not be written: {0}")]
    Xlsx(#[from] XlsxError),
}

/// The workbook of what waits in a document.
///
/// # Errors
/// Nothing can be mended, the bytes are gone, or the database is away.
pub async fn mend(core: &Arc<Core>, document: Document, language: Language) -> Result<Vec<u8>, NotMended> {
    match document.state {
        DocumentState::Receiving | DocumentState::Erased => return Err(NotMended::Gone),
        DocumentState::Received | DocumentState::Done | DocumentState::Held => {}
    }
    if !matches!(document.kind, DocumentKind::Upload | DocumentKind::Import) {
        return Err(NotMended::Nothing);
    }
    let channel = core.channels.get(document.channel.as_str()).cloned().ok_or(NotMended::Nothing)?;
    let (core, runtime) = (Arc::clone(core), Handle::current());
    let made = tokio::task::spawn_blocking(move || {
        let size = u64::try_from(document.size).unwrap_or(0);
        let stored = StoredParts::open(&core, &runtime, document.id, size)?;
        make(&channel, &document, &stored, language)
    });
    let made = made.await;
    made.unwrap_or_else(|error| {
        tracing::error!(%error, "a document could not be mended");
        Err(NotMended::Nothing)
    })
}

/// The name of a document's workbook.
pub fn name_of(document: &Document) -> String {
    let stem = document.name.rsplit_once('.').map_or(document.name.as_str(), |(stem, _)| stem);
    if stem.is_empty() { format!("{}-mended.xlsx", document.id) } else { format!("{stem}-mended.xlsx") }
}

fn make(
    channel: &Arc<ChannelRuntime>,
    document: &Document,
    stored: &StoredParts,
    language: Language,
) -> Result<Vec<u8>, NotMended> {
    let described = inbound::Document {
        topic: &document.topic,
        name: &document.name,
        media_type: &document.media_type,
        headers: &document.headers,
        bytes: &[],
        received_at: document.received_at,
    };
    let waiting = channel.mapping.waiting_stored(&described, stored, &channel.defaults);
    if let Some(fault) = stored.fault() {
        return Err(fault.into());
    }
    let waiting = waiting.ok_or(NotMended::Nothing)?;
    if waiting.rows.is_empty() {
        return Err(NotMended::Nothing);
    }
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    if !waiting.sheet.is_empty() {
        sheet.set_name(&waiting.sheet)?;
    }
    Page::new(&waiting, language).write(sheet)?;
    let mark = book.add_worksheet();
    mark.set_name(MENDS)?.set_very_hidden(true);
    mark.write_string(0, 0, document.id.to_string())?;
    for (row, id) in (1_u32..).zip(&waiting.gone) {
        mark.write_string(row, 0, id)?;
    }
    Ok(book.save_to_buffer()?)
}

/// The faults of one cell, or of one row, in words.
type Faults = BTreeMap<(u32, u16), Vec<String>>;

/// The sheet to be written; rows and columns count from 0.
struct Page<'w> {
    waiting: &'w Waiting,
    /// Where each row of the document is written.
    places: BTreeMap<u32, u32>,
    faults: Faults,
    /// The remedies beside each row.
    remedies: BTreeMap<u32, Vec<String>>,
    remedy_column: u16,
    language: Language,
}

impl<'w> Page<'w> {
    fn new(waiting: &'w Waiting, language: Language) -> Self {
        let mut places = BTreeMap::new();
        for row in &waiting.above {
            places.insert(row.number, row.number.saturating_sub(1));
        }
        for (at, row) in (waiting.below..).zip(&waiting.rows) {
            places.insert(row.number, at);
        }
        let width = waiting.above.iter().chain(&waiting.rows).map(|row| row.cells.len()).max().unwrap_or(0);
        let remedy_column = u16::try_from(width).unwrap_or(u16::MAX);
        let mut page =
            Self { waiting, places, faults: Faults::new(), remedies: BTreeMap::new(), remedy_column, language };
        for reject in &waiting.rejects {
            page.note(reject);
        }
        page
    }

    fn note(&mut self, reject: &Reject) {
        let Some(row) = reject.location.row.and_then(|row| self.places.get(&row).copied()) else { return };
        let mut known = reject.args.clone();
        for (name, value) in [("was", &reject.was), ("field", &reject.field), ("order_key", &reject.order_key)] {
            known.entry(name.to_owned()).or_insert_with(|| value.clone());
        }
        let words = self.language.say(&reject.code, &known);
        let column = reject.location.cell.as_deref().map_or(0, column_of);
        let said = format!("{}\n{}\n{}", words.title, words.detail, words.remedy);
        self.faults.entry((row, column)).or_default().push(said.trim().to_owned());
        let place = reject.location.column.clone().unwrap_or_else(|| reject.field.clone());
        let remedy = if words.remedy.is_empty() { words.detail } else { words.remedy };
        self.remedies.entry(row).or_default().push(format!("{place}: {remedy}"));
    }

    fn write(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        // What people type into these columns stays what they typed: no long number is shortened.
        let typed = Format::new().set_num_format("@");
        for column in 0..self.remedy_column {
            sheet.set_column_format(column, &typed)?;
            sheet.set_column_width(column, WIDTH)?;
        }
        sheet.set_column_width(self.remedy_column, REMEDY_WIDTH)?;
        for row in self.waiting.above.iter().chain(&self.waiting.rows) {
            let Some(at) = self.places.get(&row.number).copied() else { continue };
            self.row(sheet, at, row)?;
        }
        for ((row, column), said) in &self.faults {
            sheet.insert_note(*row, *column, &Note::new(cut(&said.join("\n\n"), NOTE_MAX)).set_author("Tributary"))?;
        }
        let header = self.places.get(&self.waiting.header_row).copied().unwrap_or(0);
        let title = if self.language == Language::Chinese { REMEDY[1] } else { REMEDY[0] };
        sheet.write_string_with_format(header, self.remedy_column, title, &Format::new().set_bold())?;
        let wrapped = Format::new().set_text_wrap();
        for (row, said) in &self.remedies {
            sheet.write_string_with_format(*row, self.remedy_column, cut(&said.join("\n"), NOTE_MAX), &wrapped)?;
        }
        Ok(())
    }

    fn row(&self, sheet: &mut Worksheet, at: u32, row: &Row<'_>) -> Result<(), XlsxError> {
        for (column, cell) in (0_u16..).zip(&row.cells) {
            let format = if self.faults.contains_key(&(at, column)) {
                Format::new().set_background_color(Color::RGB(WRONG)).set_border(FormatBorder::Thin)
            } else {
                Format::new()
            };
            write(sheet, at, column, cell, format)?;
        }
        // A value that is not there at all is marked too.
        let width = u16::try_from(row.cells.len()).unwrap_or(u16::MAX);
        for (_, column) in self.faults.keys().filter(|(row, column)| *row == at && *column >= width) {
            let marked = Format::new().set_background_color(Color::RGB(WRONG)).set_num_format("@");
            sheet.write_blank(at, *column, &marked)?;
        }
        Ok(())
    }
}

/// One cell as it was: a text stays text, whatever it looks like.
fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &Scalar<'_>, format: Format) -> Result<(), XlsxError> {
    match cell {
        Scalar::Null => sheet.write_blank(row, column, &format.set_num_format("@"))?,
        Scalar::Text(text) | Scalar::Number(text) => written(sheet, row, column, text, format)?,
        Scalar::Float(number) => sheet.write_number_with_format(row, column, *number, &format)?,
        Scalar::Bool(flag) => sheet.write_boolean_with_format(row, column, *flag, &format)?,
        Scalar::Date(at) => match excel(*at) {
            Some(date) => {
                let format = format.set_num_format("yyyy-mm-dd hh:mm:ss");
                sheet.write_datetime_with_format(row, column, &date, &format)?
            }
            None => written(sheet, row, column, &at.to_string(), format)?,
        },
        // Still an error when it is read again, until somebody mends it.
        Scalar::Error(error) => {
            let formula = Formula::new("=NA()").set_result(error.as_ref());
            sheet.write_formula_with_format(row, column, formula, &format)?
        }
    };
    Ok(())
}

fn written<'s>(
    sheet: &'s mut Worksheet,
    row: u32,
    column: u16,
    text: &str,
    format: Format,
) -> Result<&'s mut Worksheet, XlsxError> {
    let format = format.set_num_format("@");
    // Without the quote the cell would become a formula as soon as somebody edits it.
    let format = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format.set_quote_prefix() } else { format };
    sheet.write_string_with_format(row, column, text, &format)
}

fn excel(at: NaiveDateTime) -> Option<ExcelDateTime> {
    let year = u16::try_from(at.year()).ok()?;
    let part = |n: u32| u8::try_from(n).ok();
    let day = ExcelDateTime::from_ymd(year, part(at.month())?, part(at.day())?).ok()?;
    day.and_hms(u16::from(part(at.hour())?), part(at.minute())?, f64::from(at.second())).ok()
}

/// The column of an address such as `AB12`, from 0.
fn column_of(address: &str) -> u16 {
    let letters = address.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.fold(0_u32, |n, letter| n.saturating_mul(26).saturating_add(u32::from(letter - b'A') + 1));
    u16::try_from(number.saturating_sub(1)).unwrap_or(0)
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max.min(CELL_MAX)).collect()
}
