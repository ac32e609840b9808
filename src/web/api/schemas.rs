//! The shapes of answers, and of bodies that no type of ours reads. They are written by hand beside the code that makes
//! the answers; a test holds real answers against them.

use serde_json::{Map, Value};

/// Answers, and orders as they are brought.
const TEXTS: [&str; 2] = [include_str!("schemas.json"), include_str!("orders.json")];

/// Name -> JSON schema (2020-12).
pub(super) fn written() -> Map<String, Value> {
    // Part of the program: a test reads them.
    TEXTS.iter().flat_map(|text| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default()).collect()
}
