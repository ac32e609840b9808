//! Where the parser stumbled, in codes of ours: its own words are about tokens and rules of its grammar.

use super::{Mistake, NESTING_MAX, over};
use crate::said::args;
use cel::parser::ParseError;

/// How the parser names the end of the text.
const END: &str = "<EOF>";

/// Characters of what was found that are shown.
const SHOWN_MAX: usize = 30;

/// The first mistake; what the parser says behind it follows from it.
pub(super) fn first(text: &str, errors: &[ParseError]) -> Mistake {
    if let Some(deep) = errors.iter().find(|error| error.msg.contains("Recursion limit")) {
        return over(offset(text, deep), "nesting", NESTING_MAX);
    }
    // What it says of whole rules stands at their beginning, not where it stumbled.
    let told = |error: &&ParseError| !error.msg.contains("Incomplete");
    let first = errors.iter().filter(told).min_by_key(|error| offset(text, error)).or_else(|| errors.first());
    let Some(first) = first else { return mistake(0, "condition_syntax", text) };
    let at = offset(text, first);
    let message = first.msg.trim_start_matches("Syntax error: ");
    if let Some(found) = message.strip_prefix("token recognition error at: ") {
        let found = unquoted(found).trim();
        let code = if found.starts_with(['\'', '"']) { "condition_text_open" } else { "condition_sign" };
        return mistake(at, code, found);
    }
    if let Some((wanted, found)) = message.strip_prefix("missing ").and_then(|rest| rest.split_once(" at ")) {
        return expected(at, unquoted(found), wanted);
    }
    let input = ["mismatched input ", "extraneous input "].iter().find_map(|head| message.strip_prefix(head));
    if let Some((found, wanted)) = input.and_then(|rest| rest.rsplit_once(" expecting ")) {
        return expected(at, unquoted(found), wanted);
    }
    mistake(at, "condition_syntax", text.get(at..).unwrap_or_default())
}

/// `found` stands where one of `wanted`, as the parser lists them, should.
fn expected(at: usize, found: &str, wanted: &str) -> Mistake {
    if found == END {
        return Mistake { offset: at, code: "condition_ends_early", args: args([]) };
    }
    if wanted.contains("IDENTIFIER") {
        return mistake(at, "condition_value_wanted", found);
    }
    if wanted.contains("&&") || wanted.contains(END) {
        return mistake(at, "condition_operator_wanted", found);
    }
    let signs = wanted.trim_matches(['{', '}']).replace('\'', "");
    let mut missing = mistake(at, "condition_bracket_wanted", found);
    missing.args.insert("wanted".to_owned(), signs.replace(", ", " "));
    missing
}

fn mistake(offset: usize, code: &'static str, found: &str) -> Mistake {
    let found = found.chars().take(SHOWN_MAX).collect();
    Mistake { offset, code, args: args([("found", found)]) }
}

/// The parser puts what it found between two quotes, and escapes nothing.
fn unquoted(found: &str) -> &str {
    found.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(found)
}

/// Where it stumbled, in bytes; it counts lines and columns from 1, and says 0 when it does not know.
fn offset(text: &str, error: &ParseError) -> usize {
    let (line, column) = (error.pos.0.max(1) as usize, error.pos.1.max(1) as usize);
    let line_start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(line_start..).unwrap_or_default();
    line_start + rest.chars().take(column - 1).map(char::len_utf8).sum::<usize>()
}
