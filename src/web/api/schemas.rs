//! The shapes of answers. They are written by hand beside the code that makes the answers; a test holds real answers
//! against them.

use serde_json::Value;

const TEXT: &str = include_str!("schemas.json");

/// Name -> JSON schema (2020-12).
pub(super) fn answers() -> Value {
    // Part of the program: a test reads it.
    serde_json::from_str(TEXT).unwrap_or_default()
}
