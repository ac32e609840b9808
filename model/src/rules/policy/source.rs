//! One policy file: its text, and where in it a mistake is.

use super::PolicyFault;
use crate::said::Args;
use toml::Spanned;

#[derive(Debug)]
pub(crate) struct Source<'t> {
    pub(crate) name: &'t str,
    pub(crate) text: &'t str,
}

impl Source<'_> {
    /// A fault at a byte of the file.
    pub(crate) fn fault(&self, offset: usize, code: &str, args: Args) -> PolicyFault {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        PolicyFault {
            file: self.name.to_owned(),
            line: count(line),
            column: count(column),
            code: code.to_owned(),
            args,
        }
    }

    /// Where in the file the byte `within` of a string value is; the value's beginning when that cannot be told.
    pub(crate) fn inside(&self, value: &Spanned<String>, within: usize) -> usize {
        let span = value.span();
        let places = self.text.get(span.clone()).map(places).unwrap_or_default();
        let decoded = value.get_ref().len();
        match places.get(within) {
            Some(place) if places.len() == decoded + 1 => span.start + place,
            Some(_) | None => span.start,
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// For each byte of a TOML string's value, and for its end, the byte of `raw` (quotes included) that it comes from.
fn places(raw: &str) -> Vec<usize> {
    let long = raw.starts_with("\"\"\"") || raw.starts_with("'''");
    let quotes = if long { 3 } else { 1 };
    let end = raw.len().saturating_sub(quotes);
    // TOML drops a newline right after the opening quotes of a long string.
    let newline = if long && raw[quotes..].starts_with("\r\n") {
        2
    } else {
        usize::from(long && raw[quotes..].starts_with('\n'))
    };
    let mut places = Vec::with_capacity(raw.len());
    let mut at = quotes + newline;
    while let Some(next) = raw.get(at..end).and_then(|rest| rest.chars().next()) {
        let (written, meant) = match next {
            '\\' if raw.starts_with('"') => escape(&raw[at..end]),
            other => (other.len_utf8(), other.len_utf8()),
        };
        places.extend(std::iter::repeat_n(at, meant));
        at += written;
    }
    places.push(end);
    places
}

/// Bytes an escape takes as written, and bytes it means.
fn escape(rest: &str) -> (usize, usize) {
    let code = |digits: usize| {
        let hex = rest.get(2..2 + digits).unwrap_or_default();
        let meant = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
        (2 + digits, meant.map_or(1, char::len_utf8))
    };
    match rest.as_bytes().get(1) {
        Some(b'u') => code(4),
        Some(b'U') => code(8),
        Some(b'x') => code(2),
        // A backslash at a line's end swallows the white space that follows.
        Some(b' ' | b'\t' | b'\r' | b'\n') => {
            (1 + rest[1..].len() - rest[1..].trim_start_matches([' ', '\t', '\r', '\n']).len(), 0)
        }
        Some(_) | None => (2, 1),
    }
}
