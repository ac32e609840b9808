//! What every decoder gives and the mapping engine reads: scalars, trees, rows. Text is borrowed until converted, and
//! numbers keep their source text: 19.99 is never a float.

use chrono::NaiveDateTime;
use model::said::{Args, WAS_MAX};
use std::borrow::Cow;

/// One value as the document holds it.
#[derive(Clone, PartialEq, Debug)]
pub enum Scalar<'a> {
    /// Absent: JSON null, an empty cell.
    Null,
    Text(Cow<'a, str>),
    /// A number as the source wrote it (`19.90`, `1e3`, `12345678901234567890`).
    Number(Cow<'a, str>),
    /// A number a workbook stores as a binary float; `f64` exactly as stored, so that damage (over 2^53) can be seen.
    Float(f64),
    Bool(bool),
    /// A real date cell of a workbook; no zone.
    Date(NaiveDateTime),
    /// An error cell, e.g. `#REF!`.
    Error(Cow<'a, str>),
}

/// The key of an XML element's own text, beside its attributes.
pub const TEXT: &str = "#text";

/// A tree, as JSON and XML give it.
#[derive(Clone, PartialEq, Debug)]
pub enum Node<'a> {
    Scalar(Scalar<'a>),
    List(Vec<Node<'a>>),
    /// In the document's order; keys are unique (a repeated key is a decode fault).
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        match self {
            Self::Map(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            Self::Scalar(_) | Self::List(_) => None,
        }
    }
}

/// One row of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Row<'a> {
    /// As a person counts it in the file, from 1.
    pub number: u32,
    pub cells: Vec<Scalar<'a>>,
    /// Hidden or filtered out in the workbook.
    pub hidden: bool,
}

/// Why bytes could not be decoded. With a row the rest of the table may still be good.
#[derive(Clone, PartialEq, Debug)]
pub struct DecodeFault {
    /// Stable code, e.g. `not_json`, `not_a_workbook`, `field_too_long`.
    pub code: &'static str,
    pub row: Option<u32>,
    /// JSON pointer, cell address or byte offset, as fits; empty when unknown.
    pub place: String,
    pub was: String,
    pub args: Args,
    /// Nothing after it can be read.
    pub fatal: bool,
}

impl DecodeFault {
    /// Ends the decoding: nothing after it can be read.
    pub fn fatal(code: &'static str) -> Self {
        Self { code, row: None, place: String::new(), was: String::new(), args: Args::new(), fatal: true }
    }

    /// Costs one row; the rest of the table is still read.
    pub fn of_row(code: &'static str, row: u32) -> Self {
        Self { row: Some(row), fatal: false, ..Self::fatal(code) }
    }

    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = place.into();
        self
    }

    /// Keeps at most [`WAS_MAX`] characters of `text`, control characters as their pictures: a store that refuses NUL
    /// must be able to hold the fault about it.
    #[must_use]
    pub fn was(mut self, text: &str) -> Self {
        self.was = text.chars().take(WAS_MAX).map(picture).collect();
        self
    }

    #[must_use]
    pub fn arg(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }
}

/// `\u{0}` becomes `␀`, and so on to U+001F and DEL (Unicode block Control Pictures); other characters stay.
fn picture(character: char) -> char {
    match character {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(character),
        '\u{7f}' => '\u{2421}',
        _ => character,
    }
}
