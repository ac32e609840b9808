//! The mapping engine: a TOML file says where each canonical field is and how its text becomes a value.
//!
//! *Architecture invariant:* a mapping has no conditions; what needs an `if` is Rust or a policy. The language is described
//! in `docs/mappings.md`. A mapping is linted once and compiled into a plan; reading a document resolves columns once a file,
//! borrows text until it is converted, and takes time linear in the document.

mod address;
mod apply;
mod block;
mod codes;
mod contact;
mod convert;
mod date;
mod draft;
mod expect;
mod fault;
mod fields;
mod header;
mod lineage;
mod lint;
mod mend;
mod notices;
mod number;
mod open;
mod outgoing;
mod path;
mod place;
mod rows;
mod scalar;
mod scan;
mod spec;
mod table;
mod text;
mod toml_view;
mod tree;
mod values;
mod wording;
mod zones;

pub use codes::{LINT_CODES, REJECT_CODES};
pub use fault::Fault;
pub use mend::{MARK as MENDS, REMEDY, Waiting};
pub use notices::{Notices, Tongue};
pub use outgoing::Outgoing;
pub use spec::Says;
pub use text::narrow_code;
pub use values::{Tables, Values};
pub use wording::Wording;

use crate::{
    decode::{self, SheetChoice, Source, Stored, TableOptions, Tape},
    node::{DecodeFault, Node, Scalar},
};
use chrono_tz::Tz;
use convert::Setting;
use model::{
    money::Currency,
    port::inbound::{Document, Read, Summary},
    said::{Args, Location},
    time::Instant,
};
use open::Context;
use spec::{Format, ReadAs, Sheet, Spec, TableRead, TreeFormat};
use std::{borrow::Cow, collections::HashSet, ops::ControlFlow, sync::Arc};

/// A linted mapping, ready to read documents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The name it gives itself; the file's name without `.toml`.
    pub name: String,
    /// Counts the changes of its file; a replay with a newer version may change an order.
    pub version: u32,
    spec: Arc<Spec>,
}

/// What the channel's configuration says where a document says nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelDefaults {
    /// `None`: every order must state its currency.
    pub currency: Option<Currency>,
    /// Of times without an offset.
    pub zone: Tz,
    /// Of addresses without a country, ISO 3166-1 alpha-2; also decides how phone numbers are checked.
    pub country: String,
}

/// The instant a text with a time of day means, the year first; without an offset of its own it is local time in `zone`,
/// and `None` where there is no zone either.
pub(crate) fn moment(text: &str, zone: Option<Tz>) -> Option<Instant> {
    let written = date::parse(text, date::DayOrder::Ymd).ok().filter(|written| written.time.is_some())?;
    let zone = if written.offset.is_some() { Some(Tz::UTC) } else { zone };
    zone.map(|zone| written.instant(zone).at)
}

/// The instant of seconds (or milliseconds, `per_second` 1000) since 1970.
pub(crate) fn unix_moment(number: i64, per_second: i64) -> Option<Instant> {
    date::from_unix(number, per_second, Tz::UTC).map(|found| found.at)
}

impl Mapping {
    /// Reads and lints a mapping file. `file` is only its name in faults.
    ///
    /// # Errors
    /// Every mistake in the file, in its order.
    pub fn read(file: &str, text: &str, tables: &Tables) -> Result<Self, Vec<Fault>> {
        lint::read(file, text, tables)
    }

    /// It reads rows of a table, not the values of one JSON or XML document.
    pub fn reads_tables(&self) -> bool {
        matches!(self.spec.read, ReadAs::Table(_))
    }

    /// What documents of this mapping say of each order.
    pub fn says(&self) -> Says {
        self.spec.says
    }

    /// Reads a document: statements and rejects go into `sink` as they are found, good and bad side by side.
    ///
    /// A table is read twice. When the first pass finds that the file as a whole cannot be trusted, `Summary::held` says why;
    /// statements are then withheld, and the rejects of its rows still come.
    pub fn read_document(
        &self,
        doc: &Document<'_>,
        defaults: &ChannelDefaults,
        sink: &mut dyn FnMut(Read) -> ControlFlow<()>,
    ) -> Summary {
        match &self.spec.read {
            ReadAs::Table(read) => self.read_table(read, doc, doc.bytes.into(), defaults, sink),
            ReadAs::Tree { format, .. } => {
                let read = match format {
                    TreeFormat::Json => decode::json(doc.bytes)
                        .map(|root| ("utf-8".to_owned(), self.read_tree(&root, doc.received_at, defaults, &mut *sink))),
                    TreeFormat::Xml => decode::xml_text(doc.bytes).and_then(|text| {
                        let root = decode::xml(&text.text)?;
                        Ok((text.encoding.clone(), self.read_tree(&root, doc.received_at, defaults, &mut *sink)))
                    }),
                };
                match read {
                    Ok((encoding, summary)) => Summary { encoding, ..summary },
                    Err(fault) => {
                        // Nobody wants more after the only reject.
                        let _ = sink(Read::Reject(scan::fault_reject(&fault, None)));
                        Summary::default()
                    }
                }
            }
        }
    }

    /// Reads a document that is not in memory; `doc.bytes` are not looked at. Rows of text are read piece by piece, a
    /// workbook and a tree, which are much smaller, as a whole.
    pub fn read_stored(
        &self,
        doc: &Document<'_>,
        stored: &dyn Stored,
        defaults: &ChannelDefaults,
        sink: &mut dyn FnMut(Read) -> ControlFlow<()>,
    ) -> Summary {
        match (self.held(stored), &self.spec.read) {
            (Ok(None), ReadAs::Table(read)) => self.read_table(read, doc, Source::Stored(stored), defaults, sink),
            (Ok(bytes), _) => {
                let bytes = bytes.unwrap_or_default();
                self.read_document(&Document { bytes: &bytes, ..*doc }, defaults, sink)
            }
            (Err(fault), _) => {
                // Nobody wants more after the only reject.
                let _ = sink(Read::Reject(scan::fault_reject(&fault, None)));
                Summary::default()
            }
        }
    }

    /// What of a stored document must be in memory as a whole; `None` when it is read piece by piece.
    fn held(&self, stored: &dyn Stored) -> Result<Option<Vec<u8>>, DecodeFault> {
        let limit = match &self.spec.read {
            ReadAs::Table(_) if decode::is_workbook(stored.head()) => decode::MAX_WORKBOOK_BYTES,
            ReadAs::Table(_) => return Ok(None),
            ReadAs::Tree { format: TreeFormat::Json, .. } => decode::MAX_JSON_BYTES,
            ReadAs::Tree { format: TreeFormat::Xml, .. } => decode::MAX_XML_BYTES,
        };
        decode::whole(stored, limit).map(Some)
    }

    /// Reads a tree somebody else has decoded. A mapping of tables finds nothing in it.
    pub fn read_tree(
        &self,
        root: &Node<'_>,
        received_at: Instant,
        defaults: &ChannelDefaults,
        sink: &mut dyn FnMut(Read) -> ControlFlow<()>,
    ) -> Summary {
        let ReadAs::Tree { records, .. } = &self.spec.read else { return Summary::default() };
        let received = received(received_at);
        let reader = tree::Reader {
            mapping: self,
            setting: setting(defaults, false),
            currency: defaults.currency,
            received: &received,
        };
        let found = tree::records(records, root);
        let code = match &found {
            None => Some("record_not_found"),
            Some(records) if records.is_empty() => Some("no_records"),
            Some(_) => None,
        };
        if let Some(code) = code {
            let location = Location { pointer: Some(String::new()), ..Location::default() };
            // Nobody wants more after the only reject.
            let _ = sink(Read::Reject(scan::whole(location, code, Args::new())));
        }
        let mut summary = Summary::default();
        for (pointer, record) in found.unwrap_or_default() {
            summary.records += 1;
            if reader.record(&pointer, record, sink).is_break() {
                break;
            }
        }
        summary
    }

    fn read_table(
        &self,
        read: &TableRead,
        doc: &Document<'_>,
        source: Source<'_>,
        defaults: &ChannelDefaults,
        sink: &mut dyn FnMut(Read) -> ControlFlow<()>,
    ) -> Summary {
        if decode::is_misnamed_workbook(doc.name, source) {
            // Nobody wants more after the only reject.
            let _ = sink(Read::Reject(scan::fault_reject(&DecodeFault::fatal("not_a_workbook"), None)));
            return Summary::default();
        }
        let options = table_options(read, source.head());
        let mut tape = Tape::default();
        let scanned = scan::scan(&self.spec, read, source, &options, &mut tape);
        for reject in scanned.rejects {
            if sink(Read::Reject(reject)).is_break() {
                return scanned.summary;
            }
        }
        if let Some(shape) = &scanned.shape {
            let received = received(doc.received_at);
            let setting = setting(defaults, shape.date1904);
            let context = Context::new(&self.spec, read, shape, setting, defaults.currency, &received);
            let gone = if scanned.mends { mend::gone_before(source) } else { HashSet::new() };
            let mut sink = |item: Read| match item {
                Read::Said(said) if gone.contains(&said.external_id) => sink(Read::Reject(mend::not_mended(&said))),
                item => sink(item),
            };
            let source = if tape.is_whole() { Source::Taped(&tape) } else { source };
            rows::read(&context, scanned.summary.held.is_some(), source, &options, &mut sink);
        }
        scanned.summary
    }
}

/// A cell as a person reads it, for tables that no mapping describes; empty when there is nothing.
///
/// # Errors
/// The code of what a spreadsheet has damaged: a formula's error, a number too long for it.
pub fn cell_text(cell: &Scalar<'_>) -> Result<String, &'static str> {
    match cell {
        Scalar::Error(_) => Err("error_cell"),
        Scalar::Float(value) if value.abs() >= number::FLOAT_EXACT => Err("digits_lost"),
        Scalar::Null | Scalar::Text(_) | Scalar::Number(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Date(_) => {
            Ok(scalar::plain(cell).into_owned())
        }
    }
}

fn received(at: Instant) -> Scalar<'static> {
    Scalar::Text(Cow::Owned(at.rfc3339()))
}

/// Amounts whose order has no currency are read with two decimals; such an order is rejected for its currency.
fn setting(defaults: &ChannelDefaults, date1904: bool) -> Setting<'_> {
    let currency = defaults.currency.unwrap_or(Currency::CNY);
    Setting { currency, digits: currency.digits(), zone: defaults.zone, country: &defaults.country, date1904 }
}

/// How the table is to be read. A workbook is one whatever the mapping says of text: mended rows of a text file come back
/// as a workbook, and its data is then on its first sheet.
fn table_options(read: &TableRead, bytes: &[u8]) -> TableOptions {
    let first = decode::TableFormat::Xlsx { sheet: SheetChoice::First };
    let format = match &read.format {
        Format::Auto => decode::TableFormat::Auto,
        Format::Csv { .. } if bytes.starts_with(b"PK\x03\x04") => first,
        Format::Csv { encoding, delimiter } => {
            decode::TableFormat::Csv { encoding: encoding.clone(), delimiter: *delimiter }
        }
        Format::Xlsx { sheet: Sheet::Nth(_) } if is_mended(bytes) => first,
        Format::Xlsx { sheet } => decode::TableFormat::Xlsx {
            sheet: match sheet {
                Sheet::First => SheetChoice::First,
                Sheet::Named(name) => SheetChoice::Named(name.clone()),
                Sheet::Nth(n) => SheetChoice::Index(n.saturating_sub(1)),
            },
        },
    };
    TableOptions { format }
}

fn is_mended(bytes: &[u8]) -> bool {
    let options = TableOptions { format: decode::TableFormat::Xlsx { sheet: SheetChoice::First } };
    let info = decode::table(bytes, &options, &mut |_| ControlFlow::Break(()));
    info.is_ok_and(|info| info.sheets.iter().any(|sheet| !sheet.visible && sheet.name == mend::MARK))
}
