//! One part of a workbook, looked at element by element. Every part is held to every rule, whatever it is called: the
//! parser finds shared strings by a name and would not mind finding them in a sheet.

use super::{
    sheet_scan::SheetFacts,
    tags::{Opened, Part, Tag, Tags, local},
};
use crate::node::DecodeFault;
use std::io::Read;

/// Sheets of a workbook.
pub const MAX_SHEETS: usize = 200;
/// Shared strings, stated or counted.
pub const MAX_SHARED_STRINGS: u64 = 1_000_000;
/// Bytes of all shared strings, unpacked.
const MAX_SHARED_BYTES: u64 = 96 * 1024 * 1024;
/// Bytes of one shared string with its markup.
const MAX_SHARED_STRING: u64 = 1024 * 1024;
/// Cell formats; Excel allows 65,490.
const MAX_FORMATS: u64 = 100_000;
/// Bytes of all cell formats: the parser copies font, fill and border into each.
const MAX_FORMAT_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of a number format, as written; Excel allows 255 characters.
const MAX_NUMBER_FORMAT: usize = 1_000;
/// Opening brackets of a number format: the parser counts them in one byte.
const MAX_BRACKETS: usize = 50;
/// Digits of a count or row number.
const MAX_DIGITS: usize = 12;
/// Relations of one part.
const MAX_RELATIONS: usize = 20_000;
/// Bytes of the workbook part, its relations, styles and theme, each: the parser keeps them in memory.
const MAX_SMALL_PART: u64 = 8 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct PartFacts {
    /// Local name of the root element; empty when the part is not XML.
    pub(super) root: Vec<u8>,
    /// In UTF-16, so nothing was looked at: the parser must not read it either.
    pub(super) wide: bool,
    pub(super) sheet: SheetFacts,
    /// Relation ids of the sheets, in order.
    pub(super) sheet_ids: Vec<String>,
    pub(super) relations: Vec<Relation>,
}

#[derive(Debug)]
pub(super) struct Relation {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) target: String,
}

/// Unpacks a part and looks at each of its elements.
pub(super) fn scan<R: Read>(part: Part<'_, R>) -> Result<PartFacts, DecodeFault> {
    let mut facts = PartFacts::default();
    let mut tags = match Tags::open(part)? {
        Opened::Xml(tags) => tags,
        Opened::Wide => return Ok(PartFacts { wide: true, ..facts }),
        Opened::Other => return Ok(facts),
    };
    let mut elements = Elements::default();
    let mut limit = u64::MAX;
    loop {
        let seen = match tags.next()? {
            None => return Ok(facts),
            Some(tag) => {
                if facts.root.is_empty() {
                    facts.root = tag.name().to_vec();
                    limit = size_limit(&facts.root);
                }
                match facts.sheet.see(&tag) {
                    Ok(true) => Ok(()),
                    Ok(false) => elements.see(&tag, &mut facts),
                    Err(fault) => Err(fault),
                }
            }
        };
        seen.map_err(|code| tags.fault(code))?;
        if tags.unpacked() > limit {
            return Err(tags.fault("part_too_large").arg("limit", limit));
        }
    }
}

fn size_limit(root: &[u8]) -> u64 {
    match root {
        b"sst" => MAX_SHARED_BYTES,
        b"workbook" | b"Relationships" | b"styleSheet" | b"theme" => MAX_SMALL_PART,
        _ => u64::MAX,
    }
}

/// What is counted over all elements of a part.
#[derive(Default)]
struct Elements {
    shared_strings: u64,
    string_at: u64,
    formats: u64,
    /// Where the outermost open font, fill or border began.
    look_at: Option<(Vec<u8>, u64)>,
    /// Bytes of the longest font, fill, border or number format.
    longest_look: u64,
}

impl Elements {
    fn see(&mut self, tag: &Tag<'_>, facts: &mut PartFacts) -> Result<(), &'static str> {
        match tag.name() {
            b"sst" => stated_strings(tag),
            b"si" => self.shared_string(tag),
            b"xf" if !tag.is_end() => {
                self.formats += 1;
                self.weigh()
            }
            name @ (b"font" | b"fill" | b"border") => self.look(name, tag),
            b"numFmt" if !tag.is_end() => self.number_format(tag),
            b"sheet" if !tag.is_end() => sheet(tag, facts),
            b"Relationship" if !tag.is_end() => relation(tag, facts),
            _ => Ok(()),
        }
    }

    fn shared_string(&mut self, tag: &Tag<'_>) -> Result<(), &'static str> {
        if !tag.is_end() {
            self.shared_strings += 1;
            self.string_at = tag.offset;
        } else if tag.offset - self.string_at > MAX_SHARED_STRING {
            return Err("part_too_large");
        }
        if self.shared_strings > MAX_SHARED_STRINGS { Err("shared_strings_too_many") } else { Ok(()) }
    }

    fn look(&mut self, name: &[u8], tag: &Tag<'_>) -> Result<(), &'static str> {
        match &self.look_at {
            None if !tag.is_end() && !tag.is_empty() => self.look_at = Some((name.to_vec(), tag.offset)),
            Some((open, start)) if tag.is_end() && open == name => {
                self.longest_look = self.longest_look.max(tag.offset - start);
                self.look_at = None;
            }
            Some((_, start)) => self.longest_look = self.longest_look.max(tag.offset - start),
            None => {}
        }
        self.weigh()
    }

    fn number_format(&mut self, tag: &Tag<'_>) -> Result<(), &'static str> {
        let format = tag.attribute(b"formatCode").unwrap_or_default();
        let brackets = format.iter().filter(|&&byte| byte == b'[').count();
        if format.len() > MAX_NUMBER_FORMAT || brackets > MAX_BRACKETS {
            return Err("styles_too_many");
        }
        self.longest_look = self.longest_look.max(format.len() as u64);
        self.weigh()
    }

    fn weigh(&self) -> Result<(), &'static str> {
        let fits = self.formats <= MAX_FORMATS && self.formats * self.longest_look <= MAX_FORMAT_BYTES;
        if fits { Ok(()) } else { Err("styles_too_many") }
    }
}

/// The parser reserves memory for as many strings as the part states.
fn stated_strings(tag: &Tag<'_>) -> Result<(), &'static str> {
    for (name, value) in tag.attributes() {
        let is_count = matches!(local(name), b"count" | b"uniqueCount");
        if is_count && number(value).is_none_or(|stated| stated > MAX_SHARED_STRINGS) {
            return Err("shared_strings_too_many");
        }
    }
    Ok(())
}

/// `None` also for a number of more than [`MAX_DIGITS`] digits.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let add = |sum: u64, digit: &u8| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0'));
    if digits.is_empty() || digits.len() > MAX_DIGITS { None } else { digits.iter().try_fold(0, add) }
}

fn sheet(tag: &Tag<'_>, facts: &mut PartFacts) -> Result<(), &'static str> {
    // The parser takes the last attribute called `id` in any namespace.
    let id = tag.attributes().filter(|(name, _)| local(name) == b"id").last();
    if facts.sheet_ids.len() >= MAX_SHEETS {
        return Err("too_many_sheets");
    }
    facts.sheet_ids.push(id.map(|(_, value)| owned(value)).unwrap_or_default());
    Ok(())
}

fn relation(tag: &Tag<'_>, facts: &mut PartFacts) -> Result<(), &'static str> {
    if facts.relations.len() >= MAX_RELATIONS {
        return Err("too_many_parts");
    }
    let value = |name: &[u8]| tag.attribute(name).map(owned).unwrap_or_default();
    facts.relations.push(Relation { id: value(b"Id"), kind: value(b"Type"), target: value(b"Target") });
    Ok(())
}

fn owned(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
