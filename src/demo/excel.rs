//! What a person does with a workbook: read it, type into some of its cells, save it.

use anyhow::{Context as _, Result};
use calamine::{Reader as _, Xlsx};
use std::io::{Cursor, Read as _};

/// The cells of the first sheet as texts; the first row is the sheet's first that has any.
pub(super) fn cells(workbook: &[u8]) -> Result<Vec<Vec<String>>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook))?;
    let sheet = book.worksheet_range_at(0).context("a workbook without a sheet")??;
    Ok(sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect())
}

/// The workbook as somebody saves it who typed these texts (row, column) into its first sheet; hidden sheets stay hidden.
pub(super) fn corrected(workbook: &[u8], typed: &[(u32, u16, &str)]) -> Result<Vec<u8>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook))?;
    let mut saved = rust_xlsxwriter::Workbook::new();
    for (number, name) in book.sheet_names().into_iter().enumerate() {
        let found = book.worksheet_range(&name)?;
        let sheet = saved.add_worksheet();
        sheet.set_name(&name)?.set_hidden(number > 0);
        let (top, left) = found.start().unwrap_or_default();
        for (row, column, cell) in found.used_cells() {
            let (row, column) = (top + u32::try_from(row)?, u16::try_from(left as usize + column)?);
            sheet.write_string(row, column, cell.to_string())?;
        }
        for (row, column, text) in typed.iter().filter(|_| number == 0) {
            sheet.write_string(*row, *column, *text)?;
        }
    }
    Ok(saved.save_to_buffer()?)
}

/// A workbook of one sheet of texts.
pub(super) fn table(rows: &[&[&str]]) -> Result<Vec<u8>> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (number, row) in rows.iter().enumerate() {
        for (column, text) in row.iter().enumerate() {
            sheet.write_string(u32::try_from(number)?, u16::try_from(column)?, *text)?;
        }
    }
    Ok(book.save_to_buffer()?)
}

/// How many cells of the first sheet have a note.
pub(super) fn notes(workbook: &[u8]) -> Result<usize> {
    let mut parts = zip::ZipArchive::new(Cursor::new(workbook))?;
    let mut notes = String::new();
    parts.by_name("xl/comments1.xml")?.read_to_string(&mut notes)?;
    Ok(notes.matches("<comment ").count())
}
