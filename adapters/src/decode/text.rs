//! Encodings: which one a document is in, and its text, at once or piece by piece.

use super::source::{PIECE, Pieces, Source, Stored};
use crate::node::DecodeFault;
use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8};
use std::{borrow::Cow, collections::VecDeque};

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
    let (encoding, mark) = told(bytes, wanted)?;
    let bytes = bytes.get(mark..).unwrap_or_default();
    if let Some(encoding) = encoding.filter(|&encoding| encoding != UTF_8) {
        return Ok((encoding, bytes, None));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((UTF_8, bytes, Some(text))),
        Err(_) => Ok((encoding.unwrap_or_else(|| guess(bytes)), bytes, None)),
    }
}

/// The encoding a byte order mark or a label tells, and the bytes of the mark.
fn told(head: &[u8], wanted: Option<&str>) -> Result<(Option<&'static Encoding>, usize), DecodeFault> {
    match (Encoding::for_bom(head), wanted.map(str::trim)) {
        (Some((encoding, mark)), _) => Ok((Some(encoding), mark)),
        (None, None | Some("auto" | "")) => Ok((None, 0)),
        (None, Some(label)) => match Encoding::for_label_no_replacement(label.as_bytes()) {
            Some(encoding) => Ok((Some(encoding), 0)),
            None => Err(DecodeFault::fatal("unknown_encoding").was(label)),
        },
    }
}

/// By a sample: also of text whose sample is UTF-8 throughout, and then it is UTF-8.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = bytes.get(..TOLERANCE_SAMPLE).unwrap_or(bytes);
    let (mut broken, mut beyond_ascii, mut at) = (0, 0, 0);
    for chunk in sample.utf8_chunks() {
        at += chunk.valid().len() + chunk.invalid().len();
        // A character cut off by the sample's end is none.
        let cut =
            at == TOLERANCE_SAMPLE && std::str::from_utf8(chunk.invalid()).is_err_and(|e| e.error_len().is_none());
        broken += usize::from(!chunk.invalid().is_empty() && !cut);
        beyond_ascii += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
    }
    if broken * UTF8_TOLERANCE <= beyond_ascii { UTF_8 } else { GB18030 }
}

/// The text of a document as a window that moves forward. Valid UTF-8 in memory is one borrowed window; anything else is
/// decoded in pieces, and a malformed place becomes U+FFFD and is remembered, so that the row it is in can be refused.
pub(super) struct Feed<'a> {
    encoding: &'static Encoding,
    text: Cow<'a, str>,
    start: usize,
    rest: Rest<'a>,
    /// `None` once everything is decoded.
    decoder: Option<encoding_rs::Decoder>,
    /// Malformed places, as indexes into `text`.
    damage: VecDeque<usize>,
    /// The store gave no more.
    is_broken: bool,
}

enum Rest<'a> {
    Held(&'a [u8]),
    Stored(Pieces<'a>),
}

impl<'a> Feed<'a> {
    pub(super) fn new(source: Source<'a>, wanted: Option<&str>) -> Result<Self, DecodeFault> {
        match source {
            Source::Held(bytes) => Self::held(bytes, wanted),
            Source::Stored(stored) => Self::stored(stored, wanted),
            // A tape is played, not decoded.
            Source::Taped(_) => Self::held(&[], wanted),
        }
    }

    fn held(bytes: &'a [u8], wanted: Option<&str>) -> Result<Self, DecodeFault> {
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
        let (damage, rest) = (VecDeque::new(), Rest::Held(rest));
        Ok(Self { encoding, text, start: 0, rest, decoder, damage, is_broken: false })
    }

    fn stored(stored: &'a dyn Stored, wanted: Option<&str>) -> Result<Self, DecodeFault> {
        let (encoding, mark) = told(stored.head(), wanted)?;
        let encoding = encoding.unwrap_or_else(|| guess(stored.head()));
        let pieces = Pieces::open(stored, mark, encoding.is_ascii_compatible());
        Ok(Self {
            encoding,
            text: Cow::Owned(String::new()),
            start: 0,
            rest: Rest::Stored(pieces.map_err(|_| DecodeFault::fatal("document_unreadable"))?),
            decoder: Some(encoding.new_decoder_without_bom_handling()),
            damage: VecDeque::new(),
            is_broken: false,
        })
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

    /// The text has ended before its end, and what was in the window is gone.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
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

    /// Adds a piece to the window; false when there is no more.
    pub(super) fn extend(&mut self) -> bool {
        let Some(decoder) = &mut self.decoder else { return false };
        let text = self.text.to_mut();
        text.drain(..self.start);
        for at in &mut self.damage {
            *at -= self.start;
        }
        self.start = 0;
        let (piece, last) = match &mut self.rest {
            Rest::Held(rest) => {
                let (piece, after) = rest.split_at(PIECE.min(rest.len()));
                *rest = after;
                (piece, after.is_empty())
            }
            Rest::Stored(pieces) => match pieces.next() {
                Ok(next) => next,
                Err(_) => {
                    text.clear();
                    self.damage.clear();
                    (self.is_broken, self.decoder) = (true, None);
                    return false;
                }
            },
        };
        decode_piece(decoder, piece, last, text, &mut self.damage);
        if last {
            self.decoder = None;
        }
        true
    }
}

/// Decodes one piece to the end of `text`; malformed places become U+FFFD and are noted in `damage`.
fn decode_piece(
    decoder: &mut encoding_rs::Decoder,
    mut piece: &[u8],
    last: bool,
    text: &mut String,
    damage: &mut VecDeque<usize>,
) {
    loop {
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(piece.len()).unwrap_or(PIECE));
        let (result, read) = decoder.decode_to_string_without_replacement(piece, text, last);
        piece = &piece[read..];
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                damage.push_back(text.len());
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
}
