//! Encodings: which one a document is in, and its text, at once or piece by piece.

use crate::node::DecodeFault;
use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8};
use std::{borrow::Cow, collections::VecDeque};

/// Bytes decoded at a time, so that memory does not grow with the file.
const CHUNK: usize = 256 * 1024;
/// A text that is UTF-8 but for a few broken characters stays UTF-8: at most one broken place for this many good
/// characters beyond ASCII. In Chinese GB18030 text about one character in eight looks like UTF-8 by chance.
const UTF8_TOLERANCE: usize = 4;
/// Bytes looked at for that count.
const TOLERANCE_SAMPLE: usize = 1024 * 1024;

/// A decoded document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text<'a> {
    /// Lower-case name in the WHATWG encoding standard, e.g. `gb18030`.
    pub encoding: String,
    pub text: Cow<'a, str>,
}

/// Decodes a whole document. `wanted` is a WHATWG label, `auto` or `None`; a byte order mark always wins and is removed.
///
/// # Errors
/// `unknown_encoding`, or `malformed_text` when the bytes are not in the encoding; both fatal.
pub fn decode<'a>(bytes: &'a [u8], wanted: Option<&str>) -> Result<Text<'a>, DecodeFault> {
    let (encoding, bytes, whole) = detect(bytes, wanted)?;
    if encoding == UTF_8 {
        let text = whole.map_or_else(|| decode_utf8(bytes), Ok)?;
        return Ok(Text { encoding: name(encoding), text: Cow::Borrowed(text) });
    }
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(Text { encoding: name(encoding), text }),
        None => Err(DecodeFault::fatal("malformed_text").arg("encoding", name(encoding))),
    }
}

/// The text of a document that must be UTF-8; a byte order mark is removed.
pub(super) fn decode_utf8(bytes: &[u8]) -> Result<&str, DecodeFault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let rest = bytes.get(at..).unwrap_or_default();
        let shown: String = rest.iter().take(8).map(|byte| format!("{byte:02X} ")).collect();
        let fault = DecodeFault::fatal("malformed_text").at(at.to_string()).was(shown.trim_end());
        fault.arg("encoding", "utf-8").arg("offset", at)
    })
}

pub(super) fn name(encoding: &'static Encoding) -> String {
    encoding.name().to_ascii_lowercase()
}

/// The encoding, the bytes without their byte order mark, and the text when that is nothing but the bytes.
type Detected<'a> = (&'static Encoding, &'a [u8], Option<&'a str>);

fn detect<'a>(bytes: &'a [u8], wanted: Option<&str>) -> Result<Detected<'a>, DecodeFault> {
    let (encoding, bytes) = match (Encoding::for_bom(bytes), wanted.map(str::trim)) {
        (Some((encoding, mark)), _) => (Some(encoding), bytes.get(mark..).unwrap_or_default()),
        (None, None | Some("auto" | "")) => (None, bytes),
        (None, Some(label)) => match Encoding::for_label_no_replacement(label.as_bytes()) {
            Some(encoding) => (Some(encoding), bytes),
            None => return Err(DecodeFault::fatal("unknown_encoding").was(label)),
        },
    };
    if let Some(encoding) = encoding.filter(|&encoding| encoding != UTF_8) {
        return Ok((encoding, bytes, None));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((UTF_8, bytes, Some(text))),
        Err(_) => Ok((encoding.unwrap_or_else(|| guess(bytes)), bytes, None)),
    }
}

/// Of text that is not quite UTF-8.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = bytes.get(..TOLERANCE_SAMPLE).unwrap_or(bytes);
    let (mut broken, mut beyond_ascii) = (0, 0);
    for chunk in sample.utf8_chunks() {
        broken += usize::from(!chunk.invalid().is_empty());
        beyond_ascii += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
    }
    if broken * UTF8_TOLERANCE <= beyond_ascii { UTF_8 } else { GB18030 }
}

/// The text of a document as a window that moves forward. Valid UTF-8 is one borrowed window; anything else is decoded
/// in chunks, and a malformed place becomes U+FFFD and is remembered, so that the row it is in can be refused.
pub(super) struct Feed<'a> {
    encoding: &'static Encoding,
    text: Cow<'a, str>,
    start: usize,
    rest: &'a [u8],
    /// `None` once everything is decoded.
    decoder: Option<encoding_rs::Decoder>,
    /// Malformed places, as indexes into `text`.
    damage: VecDeque<usize>,
}

impl<'a> Feed<'a> {
    pub(super) fn new(bytes: &'a [u8], wanted: Option<&str>) -> Result<Self, DecodeFault> {
        let (encoding, mut bytes, whole) = detect(bytes, wanted)?;
        if encoding.is_ascii_compatible() {
            // The end mark of old systems, which some tills still write.
            while let Some(shorter) = bytes.strip_suffix(b"\x1a") {
                bytes = shorter;
            }
        }
        let (text, rest, decoder) = match whole {
            Some(text) => (Cow::Borrowed(text.trim_end_matches('\u{1a}')), &bytes[..0], None),
            None => (Cow::Borrowed(""), bytes, Some(encoding.new_decoder_without_bom_handling())),
        };
        Ok(Self { encoding, text, start: 0, rest, decoder, damage: VecDeque::new() })
    }

    pub(super) fn encoding(&self) -> String {
        name(self.encoding)
    }

    pub(super) fn window(&self) -> &str {
        &self.text[self.start..]
    }

    /// Nothing comes after the window.
    pub(super) fn is_last(&self) -> bool {
        self.decoder.is_none()
    }

    /// Something in the next `length` bytes of the window was malformed.
    pub(super) fn is_damaged(&self, length: usize) -> bool {
        self.damage.front().is_some_and(|&at| at < self.start + length)
    }

    pub(super) fn advance(&mut self, length: usize) {
        self.start = (self.start + length).min(self.text.len());
        while self.damage.front().is_some_and(|&at| at < self.start) {
            self.damage.pop_front();
        }
    }

    /// Adds a chunk to the window; false when there is no more.
    pub(super) fn extend(&mut self) -> bool {
        let Some(decoder) = &mut self.decoder else { return false };
        let text = self.text.to_mut();
        text.drain(..self.start);
        for at in &mut self.damage {
            *at -= self.start;
        }
        self.start = 0;
        let (mut chunk, rest) = self.rest.split_at(CHUNK.min(self.rest.len()));
        loop {
            text.reserve(decoder.max_utf8_buffer_length_without_replacement(chunk.len()).unwrap_or(CHUNK));
            let (result, read) = decoder.decode_to_string_without_replacement(chunk, text, rest.is_empty());
            chunk = &chunk[read..];
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    self.damage.push_back(text.len());
                    text.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
        self.rest = rest;
        if rest.is_empty() {
            self.decoder = None;
        }
        true
    }
}
