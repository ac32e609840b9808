//! An XML reader that gives the tree the mapping engine knows from JSON. Prefixes are left out, for every sender chooses its
//! own; entities are not known, and nothing is ever fetched.
//!
//! An element with text alone is that text. Any other is a map of its attributes (`@unitCode`), its children (a list where one
//! comes again) and its text ([`TEXT`]). Attributes keep a prefix, namespaces are left out.

use super::text::{self, Text};
use crate::node::{DecodeFault, Node, Scalar, TEXT};
use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};
use std::borrow::Cow;

/// Bytes of a document.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Elements inside each other.
pub const MAX_DEPTH: usize = 64;
/// Elements and attributes of a document.
pub const MAX_VALUES: usize = 200_000;
/// Attributes of an element, namespaces included.
pub const MAX_ATTRIBUTES: usize = 64;
/// Different names among an element's children and attributes.
pub const MAX_NAMES: usize = 320;
/// Bytes of an element's text, or of an attribute's value; pictures of paper orders are inside their XML.
pub const MAX_TEXT: usize = 4 * 1024 * 1024;
/// Bytes of a name.
pub const MAX_NAME: usize = 256;
/// Characters of the document shown with a fault.
const EXCERPT: usize = 40;
/// Bytes in which a declaration ends.
const DECLARATION: usize = 256;

/// The text of a document: by its byte order mark, else as its first bytes or its declaration say, else UTF-8.
///
/// # Errors
/// `document_too_large`, `unknown_encoding`, or `malformed_text` when the bytes are not in the encoding.
pub fn xml_text(bytes: &[u8]) -> Result<Text<'_>, DecodeFault> {
    if bytes.len() > MAX_BYTES {
        return Err(DecodeFault::fatal("document_too_large").arg("limit", MAX_BYTES).arg("bytes", bytes.len()));
    }
    let head = bytes.get(..bytes.len().min(DECLARATION)).unwrap_or_default();
    let wanted = match head {
        [b'<', 0, ..] => "utf-16le".to_owned(),
        [0, b'<', ..] => "utf-16be".to_owned(),
        _ => declared(head).unwrap_or_else(|| "utf-8".to_owned()),
    };
    if head.starts_with(b"<?xml") && wanted.to_ascii_lowercase().starts_with("utf-16") {
        // Its declaration could not be read if that were so.
        return Err(DecodeFault::fatal("malformed_text").arg("encoding", wanted));
    }
    text::decode(bytes, Some(&wanted))
}

/// The encoding that `<?xml ... encoding="..."?>` names.
fn declared(head: &[u8]) -> Option<String> {
    let declaration = head.strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).position(|two| two == b"?>")?;
    let declaration = std::str::from_utf8(&declaration[..end]).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split_once(quote).map(|(label, _)| label.to_owned())
}

/// Reads an XML document; the root element stands in a map under its name.
///
/// # Errors
/// One fatal fault: `empty_document`, `not_xml` (argument `expected` where it is known), `doctype` (an internal subset; a
/// reference to an outside one is skipped), `entity_unknown`, `too_deep`, `too_many_values`, `too_many_attributes`,
/// `key_too_long`, `string_too_long`, `nul_character`, `control_character`. The place is the path of the element; arguments
/// give `offset`, `line` and `column`.
pub fn xml(text: &str) -> Result<Node<'_>, DecodeFault> {
    let mut reader = Reader::from_str(text);
    let mut tree = Tree { open: Vec::new(), root: None, values: 0 };
    loop {
        let before = reader.buffer_position();
        let read = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => tree.take(event),
            Err(_) => return Err(tree.fault(*Slip::new("not_xml"), text, reader.error_position())),
        };
        read.map_err(|slip| tree.fault(*slip, text, before))?;
    }
    let end = reader.buffer_position();
    match tree.root.take() {
        _ if !tree.open.is_empty() => Err(tree.fault(*Slip::expected("an end tag"), text, end)),
        Some(root) => Ok(root),
        None if text.trim().is_empty() => Err(tree.fault(*Slip::new("empty_document"), text, end)),
        None => Err(tree.fault(*Slip::expected("an element"), text, end)),
    }
}

/// A fault without its place.
struct Slip {
    code: &'static str,
    expected: &'static str,
    was: String,
}

impl Slip {
    fn new(code: &'static str) -> Box<Self> {
        Box::new(Self { code, expected: "", was: String::new() })
    }

    fn expected(expected: &'static str) -> Box<Self> {
        Box::new(Self { code: "not_xml", expected, was: String::new() })
    }

    fn of(code: &'static str, was: &str) -> Box<Self> {
        Box::new(Self { code, expected: "", was: was.chars().take(EXCERPT).collect() })
    }
}

type Taken = Result<(), Box<Slip>>;

struct Open<'a> {
    name: String,
    entries: Vec<(Cow<'a, str>, Node<'a>)>,
    /// It has children, not only attributes.
    is_parent: bool,
    text: Cow<'a, str>,
}

struct Tree<'a> {
    open: Vec<Open<'a>>,
    root: Option<Node<'a>>,
    values: usize,
}

impl<'a> Tree<'a> {
    fn take(&mut self, event: Event<'a>) -> Taken {
        match event {
            Event::Start(start) => self.start(&start),
            Event::Empty(start) => {
                self.start(&start)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(text.xml10_content()),
            Event::CData(text) => {
                if self.open.is_empty() {
                    return Err(Slip::expected("an element"));
                }
                self.text(text.xml10_content())
            }
            Event::GeneralRef(reference) => self.reference(&reference),
            Event::DocType(doctype) => {
                let late = self.root.is_some() || !self.open.is_empty();
                // Entities are declared between brackets; what stands outside the document is not asked for.
                match doctype.contains('[') {
                    true => Err(Slip::new("doctype")),
                    false if late => Err(Slip::expected("an element")),
                    false => Ok(()),
                }
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Taken {
        if self.open.is_empty() && self.root.is_some() {
            return Err(Slip::expected("the end"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Slip::new("too_deep"));
        }
        self.count()?;
        let name = named(start.local_name().as_ref())?;
        let mut entries = Vec::new();
        for (n, attribute) in start.attributes().enumerate() {
            if n == MAX_ATTRIBUTES {
                return Err(Slip::new("too_many_attributes"));
            }
            let attribute = attribute.map_err(|_| Slip::expected("an attribute"))?;
            let key = attribute.key.as_ref();
            if key == "xmlns" || key.starts_with("xmlns:") {
                continue;
            }
            self.count()?;
            let key = format!("@{}", named(key)?);
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|_| Slip::of("entity_unknown", &attribute.value))?.into_owned();
            checked(&value)?;
            entries.push((Cow::Owned(key), Node::Scalar(Scalar::Text(Cow::Owned(value)))));
        }
        self.open.push(Open { name, entries, is_parent: false, text: Cow::Borrowed("") });
        Ok(())
    }

    fn end(&mut self) -> Taken {
        // Unmatched end tags are the reader's to find.
        let Some(Open { name, mut entries, is_parent, text }) = self.open.pop() else { return Ok(()) };
        let node = if entries.is_empty() {
            Node::Scalar(Scalar::Text(text))
        } else {
            // Text around children is mostly their indentation.
            if !is_parent || !text.trim().is_empty() {
                entries.push((Cow::Borrowed(TEXT), Node::Scalar(Scalar::Text(text))));
            }
            Node::Map(entries)
        };
        match self.open.last_mut() {
            Some(parent) => parent.add(name, node),
            None => {
                self.root = Some(Node::Map(vec![(Cow::Owned(name), node)]));
                Ok(())
            }
        }
    }

    fn text(&mut self, more: Cow<'a, str>) -> Taken {
        checked(&more)?;
        let Some(open) = self.open.last_mut() else {
            return if more.trim().is_empty() { Ok(()) } else { Err(Slip::expected("an element")) };
        };
        if open.text.is_empty() {
            open.text = more;
        } else {
            open.text.to_mut().push_str(&more);
        }
        if open.text.len() > MAX_TEXT { Err(Slip::new("string_too_long")) } else { Ok(()) }
    }

    fn reference(&mut self, reference: &BytesRef<'a>) -> Taken {
        let character = reference.resolve_char_ref().map_err(|_| Slip::of("not_xml", reference))?;
        match (character, resolve_predefined_entity(reference)) {
            (Some(character), _) => self.text(Cow::Owned(character.to_string())),
            (None, Some(known)) => self.text(Cow::Borrowed(known)),
            (None, None) => Err(Slip::of("entity_unknown", reference)),
        }
    }

    fn count(&mut self) -> Taken {
        self.values += 1;
        if self.values > MAX_VALUES { Err(Slip::new("too_many_values")) } else { Ok(()) }
    }

    fn fault(&self, slip: Slip, text: &str, offset: u64) -> DecodeFault {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
        let before = text.get(..offset).unwrap_or(text);
        let after = text.get(offset..).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let path: String = self.open.iter().flat_map(|open| ["/", open.name.as_str()]).collect();
        let was = if slip.was.is_empty() { after.chars().take(EXCERPT).collect() } else { slip.was };
        let fault = DecodeFault::fatal(slip.code)
            .at(path)
            .was(&was)
            .arg("offset", offset)
            .arg("line", before.matches('\n').count() + 1)
            .arg("column", before[line_start..].chars().count() + 1);
        let fault = if slip.code == "too_many_values" { fault.arg("max", MAX_VALUES) } else { fault };
        if slip.expected.is_empty() { fault } else { fault.arg("expected", slip.expected) }
    }
}

impl<'a> Open<'a> {
    fn add(&mut self, name: String, node: Node<'a>) -> Taken {
        self.is_parent = true;
        let full = self.entries.len() >= MAX_NAMES;
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, Node::List(list))) => list.push(node),
            Some((_, first)) => {
                let before = std::mem::replace(first, Node::List(Vec::new()));
                *first = Node::List(vec![before, node]);
            }
            None if full => return Err(Slip::new("too_many_values")),
            None => self.entries.push((Cow::Owned(name), node)),
        }
        Ok(())
    }
}

fn named(name: &str) -> Result<String, Box<Slip>> {
    if name.len() > MAX_NAME { Err(Slip::of("key_too_long", name)) } else { Ok(name.to_owned()) }
}

fn checked(text: &str) -> Taken {
    if text.len() > MAX_TEXT {
        return Err(Slip::new("string_too_long"));
    }
    match super::unwanted(text) {
        None => Ok(()),
        Some('\0') => Err(Slip::of("nul_character", text)),
        Some(_) => Err(Slip::of("control_character", text)),
    }
}
