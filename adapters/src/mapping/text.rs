//! Cleaning of text: blanks nobody sees, full-width forms, what Excel wraps around numbers, header words.

use std::borrow::Cow;

/// Blanks and marks that print nothing: spaces of all kinds, TAB, zero-width characters, byte order and direction marks.
pub(super) fn is_void(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_zero_width(c)
}

fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Text without blanks around it and without invisible characters inside; line breaks and spaces inside stay.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    // Invisible characters begin with one of these bytes; most text, Chinese included, has none of them.
    let suspicious = text.bytes().any(|b| b < 0x20 || matches!(b, 0x7F | 0xC2 | 0xE2 | 0xEF));
    let edge = |c: Option<char>| c.is_some_and(is_void);
    let at_edge = !begins_visibly(text) || edge(text.chars().next_back());
    let trimmed = if at_edge { text.trim_matches(is_void) } else { text };
    let drop = |c: char| is_zero_width(c) || (c.is_control() && !matches!(c, '\n' | '\t'));
    if suspicious && trimmed.chars().any(drop) {
        Cow::Owned(trimmed.chars().filter(|c| !drop(*c)).collect())
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// The first character can be seen; told by its first byte, which runs for every cell. False only means: look closer.
fn begins_visibly(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(0x21..=0x7E | 0xE4..=0xED | 0xF0..=0xF4))
}

/// Nothing to be seen.
pub(super) fn is_invisible(text: &str) -> bool {
    !begins_visibly(text) && text.chars().all(is_void)
}

/// What Excel users wrap around numbers to keep them text: `="0012"` and a leading apostrophe before a number.
pub(super) fn unwrapped(text: &str) -> &str {
    if let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return inner.trim_matches(is_void);
    }
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit() || "+-=.".contains(c)) => rest,
        Some(_) | None => text,
    }
}

/// The half-width form of a full-width character.
pub(super) fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{00A0}' | '\u{2007}' | '\u{2009}' | '\u{202F}' => ' ',
        '￥' => '¥',
        '−' | '–' => '-',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        other => other,
    }
}

/// A code of ours as it is compared: full-width letters, digits and signs of ASCII in their own width, all else as written.
pub fn narrow_code(text: &str) -> Cow<'_, str> {
    // A full-width form begins with this byte.
    if !text.as_bytes().contains(&0xEF) {
        return Cow::Borrowed(text);
    }
    let narrow = |c: char| if matches!(c, '\u{FF01}'..='\u{FF5E}') { half_width(c) } else { c };
    Cow::Owned(text.chars().map(narrow).collect())
}

/// Half-width characters throughout.
pub(super) fn narrow(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.chars().map(half_width).collect()) }
}

/// Half-width and lower case: how values are looked up.
pub(super) fn folded(text: &str) -> String {
    clean(text).chars().map(half_width).flat_map(char::to_lowercase).collect()
}

/// `text` is one of the folded `words`. This runs for every cell, so the first character decides for most.
pub(super) fn is_one_of(text: &str, words: &[String]) -> bool {
    let mut letters = text.chars();
    let first = if begins_visibly(text) { letters.next() } else { letters.find(|c| !is_void(*c)) };
    let Some(first) = first.map(first_letter) else { return false };
    words.iter().any(|word| word.starts_with(first) && *word == folded(text))
}

/// Words in header cells that say nothing about the column.
const HEADER_NOISE: [&str; 6] = ["(必填)", "(必填项)", "[必填]", "(选填)", "(required)", "(optional)"];

/// A header cell as it is compared: folded, without blanks, required marks and a colon at its end.
pub(super) fn header(text: &str) -> String {
    let mut word: String = folded(text).chars().filter(|c| !is_void(*c) && *c != '*').collect();
    for noise in HEADER_NOISE {
        if word.len() > noise.len() && word.contains(noise) {
            word = word.replace(noise, "");
        }
    }
    word.truncate(word.trim_end_matches(':').len());
    word
}

/// A header word without what stands in brackets (`单价(元)` is `单价`); `None` when there are none, or nothing else.
pub(super) fn without_brackets(word: &str) -> Option<String> {
    let mut bare = String::with_capacity(word.len());
    let mut depth = 0_u32;
    for c in word.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            other if depth == 0 => bare.push(other),
            _ => {}
        }
    }
    (!bare.is_empty() && bare.len() < word.len()).then_some(bare)
}

/// A row's opening word, e.g. `合计`, prepared for comparison.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    word: String,
}

impl Opening {
    pub(super) fn new(word: &str) -> Self {
        Self { word: header(word) }
    }

    /// The word may open a text with that first letter.
    pub(super) fn may_open(&self, first: char) -> bool {
        self.word.starts_with(first)
    }

    /// `text` begins with the word: `合 计：` does, `Total amount` does, `Totally Lamp` does not.
    pub(super) fn opens(&self, text: &str) -> bool {
        let mut letters =
            text.chars().map(half_width).flat_map(char::to_lowercase).filter(|c| !is_zero_width(*c)).peekable();
        for expected in self.word.chars() {
            while letters.peek().is_some_and(|c| is_void(*c)) {
                letters.next();
            }
            if letters.next() != Some(expected) {
                return false;
            }
        }
        !(self.word.ends_with(|c: char| c.is_ascii_alphanumeric()) && letters.next().is_some_and(char::is_alphanumeric))
    }
}

/// A character as words begin with it after folding.
pub(super) fn first_letter(c: char) -> char {
    // Chinese, Japanese and Korean have neither case nor another width here.
    if ('\u{3040}'..'\u{FE00}').contains(&c) {
        return c;
    }
    let narrow = half_width(c);
    if narrow.is_ascii() { narrow.to_ascii_lowercase() } else { narrow.to_lowercase().next().unwrap_or(narrow) }
}

/// At most `max` characters of `text`.
pub(super) fn cut(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(at, _)| &text[..at])
}
