//! What many replies share: pages with an opaque cursor, addresses of documents.

use super::problem::Problem;
use crate::intake::NotAccepted;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::ids::DocumentId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Version of what is inside a cursor; a cursor of another version is refused, never guessed at.
const CURSOR_VERSION: u8 = 1;
/// Characters of a cursor at most.
const CURSOR_MAX: usize = 1024;
/// Rows of a page when the caller does not say, and at most.
pub const PAGE_DEFAULT: u32 = 50;
pub const PAGE_MAX: u32 = 100;

/// One page of a list. `next` is the cursor of the page after it, absent on the last one.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of `items`, which were asked for with one more than `size` so that we know whether there are further
    /// ones; `place` gives the cursor's content for the last item shown.
    pub fn cut<C: Serialize>(mut items: Vec<T>, size: u32, place: impl FnOnce(&T) -> C) -> Self {
        let more = items.len() > size as usize;
        items.truncate(size as usize);
        let next = items.last().filter(|_| more).map(|last| encode_cursor(&place(last)));
        Self { items, next }
    }

    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor<T> {
    v: u8,
    at: T,
}

/// Where a list goes on, as text without meaning to anybody but us.
pub fn encode_cursor<T: Serialize>(at: &T) -> String {
    // Cursors hold numbers and strings only, which JSON can always write.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&Cursor { v: CURSOR_VERSION, at }).unwrap_or_default())
}

/// The place a cursor speaks of.
///
/// # Errors
/// `invalid_cursor` for a text that [`encode_cursor`] did not make for this list.
pub fn decode_cursor<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let invalid = || Problem::bad_request("invalid_cursor");
    if text.len() > CURSOR_MAX {
        return Err(invalid());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
    let cursor: Cursor<Value> = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    // None of ours has a NUL, and a database would stumble over it.
    if cursor.v != CURSOR_VERSION || has_nul(&cursor.at) {
        return Err(invalid());
    }
    serde_json::from_value(cursor.at).map_err(|_| invalid())
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        // Cursors have none of these below them.
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The place a list goes on after; an empty cursor is none, so that a caller may always send what it keeps.
///
/// # Errors
/// As [`decode_cursor`].
pub fn place_of<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    cursor.filter(|text| !text.is_empty()).map(decode_cursor).transpose()
}

/// The page size a caller asked for, within bounds.
///
/// # Errors
/// `invalid_filter` for 0 or more than [`PAGE_MAX`].
pub fn page_size(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(PAGE_DEFAULT),
        Some(limit) if (1..=PAGE_MAX).contains(&limit) => Ok(limit),
        Some(limit) => {
            let problem = Problem::bad_request("invalid_filter").at("limit");
            Err(problem.with("field", "limit").with("value", limit).with("max", PAGE_MAX))
        }
    }
}

impl From<NotAccepted> for Problem {
    fn from(error: NotAccepted) -> Self {
        match error {
            NotAccepted::Full => Self::overloaded(),
            NotAccepted::Unavailable(_) => {
                tracing::warn!(%error, "a document was turned away");
                Self::unavailable()
            }
        }
    }
}

/// Where a document's fate can be followed.
pub fn document_address(document: DocumentId) -> String {
    format!("/v1/documents/{document}")
}
