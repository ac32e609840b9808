//! The tags of an XML part, one after another, from a stream that is counted while it is unpacked. Knows no entities and
//! builds nothing: it is what looks at a workbook's parts before a real parser may.

use super::word;
use crate::node::DecodeFault;
use std::io::Read;

/// Bytes read at a time.
const CHUNK: u64 = 64 * 1024;
/// Bytes of one tag.
const MAX_TAG: usize = 64 * 1024;
/// Bytes of text between two tags, and of one comment.
const MAX_TEXT: usize = 1024 * 1024;
/// Bytes that tell the kinds of markup apart: `<![CDATA[`.
const LONGEST_OPENING: usize = 9;
/// Elements inside each other.
const MAX_DEPTH: usize = 64;

/// Counts what is unpacked; shared by all parts of a workbook.
#[derive(Debug)]
pub(super) struct Budget {
    /// Bytes that may still be unpacked.
    pub(super) left: u64,
    /// Bytes unpacked for each packed one, beyond [`Budget::FREE`].
    pub(super) ratio: u64,
}

impl Budget {
    /// Bytes of a part that may be packed as tightly as they like.
    const FREE: u64 = 1024 * 1024;
}

/// A packed part while it is unpacked.
pub(super) struct Part<'b, R> {
    source: R,
    packed: u64,
    unpacked: u64,
    budget: &'b mut Budget,
    name: String,
}

impl<'b, R: Read> Part<'b, R> {
    pub(super) fn new(source: R, name: &str, packed: u64, budget: &'b mut Budget) -> Self {
        Self { source, packed, unpacked: 0, budget, name: name.to_owned() }
    }

    /// Appends what comes next; false at the end.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, DecodeFault> {
        let read = self.source.by_ref().take(CHUNK).read_to_end(buffer);
        let read = read.map_err(|error| self.fault("workbook_damaged").was(&error.to_string()))?;
        self.unpacked += read as u64;
        match self.budget.left.checked_sub(read as u64) {
            Some(left) => self.budget.left = left,
            None => return Err(self.fault("unpacked_too_large")),
        }
        if self.unpacked > Budget::FREE && self.unpacked / self.budget.ratio > self.packed {
            return Err(self.fault("suspicious_compression").arg("limit", self.budget.ratio));
        }
        Ok(read > 0)
    }

    /// Unpacks the rest only to count it.
    pub(super) fn drain(&mut self) -> Result<(), DecodeFault> {
        let mut buffer = Vec::new();
        while self.read(&mut buffer)? {
            buffer.clear();
        }
        Ok(())
    }

    fn fault(&self, code: &'static str) -> DecodeFault {
        DecodeFault::fatal(code).at(self.name.as_str())
    }
}

/// A tag with what stood before it.
pub(super) struct Tag<'t> {
    /// Text since the tag before, as in the file.
    pub(super) text: &'t [u8],
    /// Between the angle brackets.
    body: &'t [u8],
    /// Bytes of the part before the tag.
    pub(super) offset: u64,
}

impl<'t> Tag<'t> {
    pub(super) fn is_end(&self) -> bool {
        self.body.first() == Some(&b'/')
    }

    pub(super) fn is_empty(&self) -> bool {
        self.body.last() == Some(&b'/')
    }

    /// The element's name without its prefix.
    pub(super) fn name(&self) -> &'t [u8] {
        let body = self.body.strip_prefix(b"/").unwrap_or(self.body);
        let end = body.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'/').unwrap_or(body.len());
        local(&body[..end])
    }

    /// Attributes as written, `(name, value)`, entities untouched.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'t [u8], &'t [u8])> + use<'t> {
        let start = self.body.iter().position(u8::is_ascii_whitespace).unwrap_or(self.body.len());
        let mut rest = &self.body[start..];
        std::iter::from_fn(move || {
            let equals = rest.iter().position(|&byte| byte == b'=')?;
            let name = rest[..equals].trim_ascii();
            let value = rest[equals + 1..].trim_ascii_start();
            let quote = *value.first()?;
            let value = &value[1..];
            let end = value.iter().position(|&byte| byte == quote)?;
            rest = &value[end + 1..];
            Some((name, &value[..end]))
        })
    }

    pub(super) fn attribute(&self, wanted: &[u8]) -> Option<&'t [u8]> {
        self.attributes().find(|(name, _)| *name == wanted).map(|(_, value)| value)
    }
}

/// What stands behind the colon of a qualified name.
pub(super) fn local(name: &[u8]) -> &[u8] {
    name.rsplit(|&byte| byte == b':').next().unwrap_or(name)
}

/// What a part begins with.
pub(super) enum Opened<'b, R> {
    Xml(Tags<'b, R>),
    /// UTF-16: WPS Office writes its own additions so, and nobody what we read.
    Wide,
    Other,
}

pub(super) struct Tags<'b, R> {
    part: Part<'b, R>,
    buffer: Vec<u8>,
    /// Where the text before the next tag begins in the buffer.
    at: usize,
    /// Bytes of the part that have left the buffer.
    gone: u64,
    depth: usize,
}

impl<'b, R: Read> Tags<'b, R> {
    /// Begins a part; one that is not XML in bytes is unpacked to its end, to be counted.
    pub(super) fn open(mut part: Part<'b, R>) -> Result<Opened<'b, R>, DecodeFault> {
        let mut buffer = Vec::new();
        while buffer.len() < 4 && part.read(&mut buffer)? {}
        let wide = [b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"].iter().any(|mark| buffer.starts_with(*mark));
        let start = buffer.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&buffer).trim_ascii_start();
        if !wide && start.first() == Some(&b'<') {
            return Ok(Opened::Xml(Self { part, buffer, at: 0, gone: 0, depth: 0 }));
        }
        part.drain()?;
        Ok(if wide { Opened::Wide } else { Opened::Other })
    }

    /// Bytes unpacked so far.
    pub(super) fn unpacked(&self) -> u64 {
        self.part.unpacked
    }

    /// The next start, end or empty tag; comments, CDATA and processing instructions are passed over.
    pub(super) fn next(&mut self) -> Result<Option<Tag<'_>>, DecodeFault> {
        if self.at as u64 > CHUNK {
            self.buffer.drain(..self.at);
            self.gone += self.at as u64;
            self.at = 0;
        }
        loop {
            let text = self.at;
            let open = match self.buffer[text..].iter().position(|&byte| byte == b'<') {
                Some(length) => text + length,
                None => match self.find(text, b"<", MAX_TEXT)? {
                    Some(open) => open,
                    None => return Ok(None),
                },
            };
            while self.buffer.len() < open + LONGEST_OPENING && self.part.read(&mut self.buffer)? {}
            let head = &self.buffer[open + 1..];
            let passed = match head.first() {
                Some(b'!') if head.starts_with(b"!--") => self.find(open + 4, b"-->", MAX_TEXT)?.map(|end| end + 3),
                Some(b'!') if head.starts_with(b"![CDATA[") => {
                    self.find(open + 9, b"]]>", MAX_TEXT)?.map(|end| end + 3)
                }
                Some(b'!') => return Err(self.part.fault("doctype")),
                Some(b'?') => self.find(open + 2, b"?>", MAX_TAG)?.map(|end| end + 2),
                _ => return self.tag(text, open).map(Some),
            };
            self.at = passed.ok_or_else(|| self.part.fault("workbook_damaged"))?;
        }
    }

    /// The tag whose bracket is at `open`, after the text from `text`.
    fn tag(&mut self, text: usize, open: usize) -> Result<Tag<'_>, DecodeFault> {
        let close = loop {
            let body = &self.buffer[open + 1..];
            match closing(body) {
                Some(length) if length <= MAX_TAG => break open + 1 + length,
                None if body.len() <= MAX_TAG => {
                    if !self.part.read(&mut self.buffer)? {
                        return Err(self.part.fault("workbook_damaged"));
                    }
                }
                Some(_) | None => return Err(self.part.fault("part_too_large").arg("limit", MAX_TAG)),
            }
        };
        self.at = close + 1;
        let tag = Tag {
            text: &self.buffer[text..open],
            body: &self.buffer[open + 1..close],
            offset: self.gone + open as u64,
        };
        self.depth = depth_after(&tag, self.depth);
        if self.depth > MAX_DEPTH { Err(self.part.fault("too_deep")) } else { Ok(tag) }
    }

    /// Index of `needle` from `from`, at most `limit` bytes away; `None` at the end of the part.
    fn find(&mut self, from: usize, needle: &[u8], limit: usize) -> Result<Option<usize>, DecodeFault> {
        let mut at = from;
        loop {
            let first = |bytes: &[u8]| bytes.iter().position(|&byte| byte == needle[0]);
            while let Some(found) = self.buffer.get(at..).and_then(first) {
                at += found;
                if self.buffer[at..].starts_with(needle) {
                    return Ok(Some(at));
                }
                if self.buffer.len() - at < needle.len() {
                    break;
                }
                at += 1;
            }
            if self.buffer.len() - from.min(self.buffer.len()) > limit + CHUNK as usize {
                return Err(self.part.fault("part_too_large").arg("limit", limit));
            }
            at = at.max(self.buffer.len().saturating_sub(needle.len() - 1).max(from));
            if !self.part.read(&mut self.buffer)? {
                return Ok(None);
            }
        }
    }

    pub(super) fn fault(&self, code: &'static str) -> DecodeFault {
        self.part.fault(code)
    }
}

/// Index of the `>` that closes a tag; one may also stand inside an attribute's quotes.
fn closing(body: &[u8]) -> Option<usize> {
    let (mut at, mut quotes) = (0, 0);
    while let Some(eight) = word::word_at(body, at) {
        let ends = word::equal(eight, b'>');
        if word::equal(eight, b'\'') != 0 {
            break;
        }
        let doubles = word::equal(eight, b'"');
        if ends != 0 {
            quotes += word::count_before(doubles, ends);
            if quotes % 2 == 0 {
                return Some(at + word::first(ends));
            }
            break;
        }
        quotes += doubles.count_ones();
        at += 8;
    }
    closing_slowly(body)
}

/// The same for tags with single quotes, with `>` inside quotes, and at the end of what is unpacked.
fn closing_slowly(body: &[u8]) -> Option<usize> {
    let mut quote = 0;
    body.iter().position(|&byte| {
        if quote != 0 {
            if byte == quote {
                quote = 0;
            }
        } else if matches!(byte, b'"' | b'\'') {
            quote = byte;
        } else {
            return byte == b'>';
        }
        false
    })
}

fn depth_after(tag: &Tag<'_>, depth: usize) -> usize {
    match (tag.is_end(), tag.is_empty()) {
        (true, _) => depth.saturating_sub(1),
        (false, true) => depth,
        (false, false) => depth + 1,
    }
}
