//! A strict RFC 8259 reader that borrows: strings without escapes and all numbers are slices of the document, and a
//! number keeps its source text. What parsers disagree about (repeated keys, lone surrogates) is refused, so that a
//! signed body means one thing only.

use super::word;
use crate::node::{DecodeFault, Node, Scalar};
use std::borrow::Cow;

/// Bytes of a document.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Lists and maps inside each other.
pub const MAX_DEPTH: usize = 64;
/// Values in a document, lists and maps included.
pub const MAX_VALUES: usize = 200_000;
/// Bytes of a string.
pub const MAX_STRING: usize = 1024 * 1024;
/// Bytes of a key.
pub const MAX_KEY: usize = 1024;
/// Characters of a number.
pub const MAX_NUMBER: usize = 256;
/// Characters of the document shown with a fault.
const EXCERPT: usize = 40;
/// Maps up to this many keys are searched for repeats by fingerprint, larger ones by sorting.
const SMALL_MAP: usize = 64;

/// Reads a JSON document.
///
/// # Errors
/// One fatal fault: `empty_document`, `document_too_large`, `malformed_text` (not UTF-8), `not_json` (argument `expected`),
/// `duplicate_key`, `too_deep`, `too_many_values`, `string_too_long`, `key_too_long`, `number_too_long`, `lone_surrogate`,
/// `nul_character`, `control_character`. The place is a JSON pointer; arguments give `offset`, `line` and `column`.
pub fn json(bytes: &[u8]) -> Result<Node<'_>, DecodeFault> {
    if bytes.len() > MAX_BYTES {
        return Err(DecodeFault::fatal("document_too_large").arg("limit", MAX_BYTES).arg("bytes", bytes.len()));
    }
    let text = super::text::decode_utf8(bytes)?;
    let mut reader = Reader { text, at: 0, values: 0, entries: Vec::new(), items: Vec::new() };
    reader.document().map_err(|slip| slip.fault(text))
}

/// A fault on its way out; each list and map it leaves adds a step to the path.
struct Slip {
    code: &'static str,
    expected: &'static str,
    offset: usize,
    /// Innermost step first.
    path: Vec<String>,
}

type Read<T> = Result<T, Box<Slip>>;

impl Slip {
    fn under(mut self: Box<Self>, step: &str) -> Box<Self> {
        self.path.push(step.replace('~', "~0").replace('/', "~1"));
        self
    }

    fn fault(&self, text: &str) -> DecodeFault {
        let before = text.get(..self.offset).unwrap_or(text);
        let after = text.get(self.offset..).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let pointer: String = self.path.iter().rev().flat_map(|step| ["/", step]).collect();
        let fault = DecodeFault::fatal(self.code)
            .at(pointer)
            .was(&after.chars().take(EXCERPT).collect::<String>())
            .arg("offset", self.offset)
            .arg("line", before.matches('\n').count() + 1)
            .arg("column", before[line_start..].chars().count() + 1);
        let fault = if self.code == "too_many_values" { fault.arg("max", MAX_VALUES) } else { fault };
        if self.expected.is_empty() { fault } else { fault.arg("expected", self.expected) }
    }
}

/// Entries and items wait on two shared stacks until their map or list ends, so that each is allocated once, in its
/// final size.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
    entries: Vec<(Cow<'a, str>, Node<'a>)>,
    items: Vec<Node<'a>>,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Read<Node<'a>> {
        self.space();
        if self.at == self.text.len() {
            return Err(self.slip("empty_document"));
        }
        let node = self.value(0)?;
        self.space();
        if self.at < self.text.len() {
            return Err(self.expected("end"));
        }
        Ok(node)
    }

    fn value(&mut self, depth: usize) -> Read<Node<'a>> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.slip("too_many_values"));
        }
        match self.peek() {
            Some(b'"') => Ok(Node::Scalar(Scalar::Text(self.string(MAX_STRING, "string_too_long")?))),
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Scalar::Bool(true)),
            Some(b'f') => self.word("false", Scalar::Bool(false)),
            Some(b'n') => self.word("null", Scalar::Null),
            _ => Err(self.expected("value")),
        }
    }

    fn map(&mut self, depth: usize) -> Read<Node<'a>> {
        self.enter(depth)?;
        let start = self.entries.len();
        if self.take(b'}') {
            return Ok(Node::Map(Vec::new()));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.expected("key"));
            }
            let key = self.string(MAX_KEY, "key_too_long")?;
            self.space();
            if !self.take(b':') {
                return Err(self.expected("colon"));
            }
            self.space();
            match self.value(depth + 1) {
                Ok(value) => self.entries.push((key, value)),
                Err(slip) => return Err(slip.under(&key)),
            }
            self.space();
            if self.take(b',') {
                self.space();
            } else if self.take(b'}') {
                break;
            } else {
                return Err(self.expected("comma_or_brace"));
            }
        }
        let entries = self.entries.split_off(start);
        match repeated(&entries) {
            Some(key) => Err(self.slip("duplicate_key").under(key)),
            None => Ok(Node::Map(entries)),
        }
    }

    fn list(&mut self, depth: usize) -> Read<Node<'a>> {
        self.enter(depth)?;
        let start = self.items.len();
        if self.take(b']') {
            return Ok(Node::List(Vec::new()));
        }
        loop {
            match self.value(depth + 1) {
                Ok(value) => self.items.push(value),
                Err(slip) => return Err(slip.under(&(self.items.len() - start).to_string())),
            }
            self.space();
            if self.take(b',') {
                self.space();
            } else if self.take(b']') {
                return Ok(Node::List(self.items.split_off(start)));
            } else {
                return Err(self.expected("comma_or_bracket"));
            }
        }
    }

    /// Past the opening bracket, unless it is one too deep.
    fn enter(&mut self, depth: usize) -> Read<()> {
        if depth >= MAX_DEPTH {
            return Err(self.slip("too_deep"));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    fn word(&mut self, word: &'static str, value: Scalar<'a>) -> Read<Node<'a>> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.expected("value"));
        }
        self.at += word.len();
        Ok(Node::Scalar(value))
    }

    fn number(&mut self) -> Read<Node<'a>> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return Err(self.expected("digit"));
        }
        if self.take(b'.') && self.digits() == 0 {
            return Err(self.expected("digit"));
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(self.expected("digit"));
            }
        }
        if self.at - start > MAX_NUMBER {
            self.at = start;
            return Err(self.slip("number_too_long"));
        }
        Ok(Node::Scalar(Scalar::Number(Cow::Borrowed(&self.text[start..self.at]))))
    }

    fn digits(&mut self) -> usize {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn string(&mut self, limit: usize, too_long: &'static str) -> Read<Cow<'a, str>> {
        let start = self.at + 1;
        let stop = plain_end(self.text.as_bytes(), start);
        let string = match self.text.as_bytes().get(stop) {
            Some(b'"') => Cow::Borrowed(&self.text[start..stop]),
            _ => Cow::Owned(self.escaped(start, stop)?),
        };
        if string.len() > limit {
            return Err(self.slip(too_long));
        }
        self.at = if let Cow::Borrowed(_) = string { stop + 1 } else { self.at };
        Ok(string)
    }

    /// The string from `start`, whose first byte that is not plain is at `stop`; leaves behind the closing quote.
    fn escaped(&mut self, start: usize, stop: usize) -> Read<String> {
        let mut string = String::new();
        let (mut from, mut stop) = (start, stop);
        loop {
            string.push_str(&self.text[from..stop]);
            self.at = stop;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                Some(_) => return Err(self.slip("control_character")),
                None => return Err(self.expected("quote")),
            }
            from = self.at;
            stop = plain_end(self.text.as_bytes(), from);
        }
    }

    fn escape(&mut self) -> Read<char> {
        let character = match self.rest().get(1) {
            Some(b'u') => return self.unicode(),
            Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.expected("escape")),
        };
        self.at += 2;
        Ok(character)
    }

    /// `\uXXXX`, or two of them for a character beyond U+FFFF.
    fn unicode(&mut self) -> Read<char> {
        let high = self.hex(self.at)?;
        let (code, length) = match high {
            0 => return Err(self.slip("nul_character")),
            0xd800..=0xdbff if self.rest().get(6..8) == Some(b"\\u") => match self.hex(self.at + 6)? {
                low @ 0xdc00..=0xdfff => (0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12),
                _ => return Err(self.slip("lone_surrogate")),
            },
            _ => (high, 6),
        };
        let character = char::from_u32(code).ok_or_else(|| self.slip("lone_surrogate"))?;
        self.at += length;
        Ok(character)
    }

    /// The four hex digits of the `\u` at `at`.
    fn hex(&self, at: usize) -> Read<u32> {
        let digits = self.text.as_bytes().get(at + 2..at + 6).unwrap_or_default();
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let code = digits.iter().try_fold(0, |code, byte| digit(byte).map(|digit| code * 16 + digit));
        code.filter(|_| digits.len() == 4).ok_or_else(|| self.expected("escape"))
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn slip(&self, code: &'static str) -> Box<Slip> {
        Box::new(Slip { code, expected: "", offset: self.at, path: Vec::new() })
    }

    fn expected(&self, expected: &'static str) -> Box<Slip> {
        Box::new(Slip { expected, ..*self.slip("not_json") })
    }
}

/// Index of the first quote, backslash or control character from `at`; the length of `bytes` when there is none.
fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(eight) = word::word_at(bytes, at) {
        let found = word::equal(eight, b'"') | word::equal(eight, b'\\') | word::below(eight, 0x20);
        if found != 0 {
            return at + word::first(found);
        }
        at += 8;
    }
    let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    let tail = bytes.get(at..).unwrap_or_default();
    at + tail.iter().position(special).unwrap_or(tail.len())
}

/// A key that occurs twice. Linear for what orders look like, `n log n` for what attackers send.
fn repeated<'n>(entries: &'n [(Cow<'_, str>, Node<'_>)]) -> Option<&'n str> {
    if entries.len() > SMALL_MAP {
        let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
        keys.sort_unstable();
        return keys.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    }
    let mut seen = [0_u64; 4];
    for (index, (key, _)) in entries.iter().enumerate() {
        let mark = fingerprint(key.as_bytes());
        let (word, bit) = (usize::from(mark >> 6), 1 << (mark & 63));
        if seen[word] & bit != 0 && entries[..index].iter().any(|(other, _)| other == key) {
            return Some(key);
        }
        seen[word] |= bit;
    }
    None
}

/// Eight bits of a key, from its length and both ends.
fn fingerprint(key: &[u8]) -> u8 {
    let fold = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte));
    let head = key.first_chunk::<8>().map_or_else(|| fold(key), |chunk| u64::from_le_bytes(*chunk));
    let tail = key.last_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let mixed = (head ^ tail.rotate_left(23) ^ key.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as u8
}
