//! Conditions of policy rows: a checked subset of CEL over one order.
//!
//! The `cel` crate only parses. What it parsed is checked against a declared table of variables and functions and
//! becomes a typed tree of our own, so that evaluating it cannot fail, costs nanoseconds and holds no surprise: a wrong
//! name or type is a mistake at load, at its place in the file, never at three in the morning on an order.

mod check;
mod evaluate;
mod syntax;
mod tree;
mod variables;
mod view;

pub use evaluate::{Answer, Unsure};
pub use view::{LineView, View};
pub(crate) use view::{kind, payment_method};

use crate::said::{Args, args};

/// Longest condition, bytes.
pub const CONDITION_BYTES_MAX: usize = 1000;

/// Brackets inside each other; the parser takes up to 150 KB of stack for each.
pub const NESTING_MAX: u16 = 8;

/// Operators and dots of one condition; bounds the depth of a chain such as `1 + 1 + 1 ...`.
pub const OPERATORS_MAX: usize = 100;

/// Mistakes of the parser that one condition reports at most.
const SYNTAX_MISTAKES_MAX: u32 = 8;

/// A condition that passed every check.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    test: tree::Test,
}

/// One mistake in a condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// Where, in bytes from the condition's beginning.
    pub offset: usize,
    /// Stable code, see `docs/policies.md`.
    pub code: &'static str,
    pub args: Args,
}

impl Condition {
    /// Parses and checks.
    ///
    /// # Errors
    /// Every mistake found, in the order of the text; of one that cannot be parsed the first, as the rest follows from it.
    pub fn read(text: &str) -> Result<Self, Vec<Mistake>> {
        if let Some(mistake) = too_big(text) {
            return Err(vec![mistake]);
        }
        // An environment without macros leaves `exists` and `all` as the calls they are written as.
        let parser = cel::Env::default()
            .parser()
            .enable_optional_syntax(false)
            .max_recursion_depth(NESTING_MAX)
            .error_recovery_limit(SYNTAX_MISTAKES_MAX);
        match parser.parse_with_source_info(text) {
            Ok((tree, places)) => check::check(&tree, &places).map(|test| Self { test }),
            Err(errors) => Err(vec![syntax::first(text, &errors.errors)]),
        }
    }

    /// Does the order fulfil it? Total: what cannot be known is said in the answer.
    pub fn ask(&self, order: &View<'_>) -> Answer {
        evaluate::ask(&self.test, order)
    }
}

/// Caps that keep the recursive parser within its stack, checked on the text before it runs. (It counts brackets itself.)
fn too_big(text: &str) -> Option<Mistake> {
    if text.len() > CONDITION_BYTES_MAX {
        return Some(over(0, "bytes", CONDITION_BYTES_MAX));
    }
    let mut operators = 0_usize;
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'.' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!' | b'&' | b'|' => operators += 1,
            _ => {}
        }
        if operators > OPERATORS_MAX {
            return Some(over(offset, "operators", OPERATORS_MAX));
        }
    }
    None
}

fn over(offset: usize, what: &str, max: impl ToString) -> Mistake {
    Mistake { offset, code: "condition_too_big", args: args([("what", what.to_owned()), ("max", max.to_string())]) }
}
