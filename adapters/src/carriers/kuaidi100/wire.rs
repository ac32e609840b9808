//! The JSON in `param`. Everything may be missing, and numbers may come as text or the other way round.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Param {
    /// Of the subscription: `polling`, `shutdown`, `abort`, `updateall`.
    #[serde(default, deserialize_with = "text")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) message: String,
    /// `1`: the carrier was corrected.
    #[serde(default, deserialize_with = "text")]
    pub(super) auto_check: String,
    /// The carrier we registered.
    #[serde(default, rename = "comOld", deserialize_with = "text")]
    pub(super) carrier_before: String,
    #[serde(default, rename = "lastResult", deserialize_with = "list")]
    pub(super) last: Option<List>,
    /// The destination country's list of an international parcel.
    #[serde(default, rename = "destResult", deserialize_with = "list")]
    pub(super) abroad: Option<List>,
}

#[derive(Deserialize)]
pub(super) struct List {
    #[serde(default, rename = "nu", deserialize_with = "text")]
    pub(super) number: String,
    #[serde(default, rename = "com", deserialize_with = "text")]
    pub(super) carrier: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) state: String,
    /// One by one, so that a broken node costs only itself.
    #[serde(default, rename = "data", deserialize_with = "entries")]
    pub(super) nodes: Vec<Value>,
}

#[derive(Deserialize)]
pub(super) struct Node {
    #[serde(default, deserialize_with = "text")]
    pub(super) time: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) ftime: String,
    #[serde(default, rename = "context", deserialize_with = "text")]
    pub(super) text: String,
    /// The state's name; its code is only there in the extended result.
    #[serde(default, rename = "status", deserialize_with = "text")]
    pub(super) name: String,
    #[serde(default, rename = "statusCode", deserialize_with = "text")]
    pub(super) code: String,
    #[serde(default, rename = "areaName", deserialize_with = "text")]
    pub(super) place: String,
}

impl Node {
    /// `None` for anything but an object of this shape.
    pub(super) fn read(value: &Value) -> Option<Self> {
        value.is_object().then(|| Self::deserialize(value).ok()).flatten()
    }
}

/// An object, nothing, or empty text in its place.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<List>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        object @ Value::Object(_) => List::deserialize(object).map(Some).map_err(D::Error::custom),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(D::Error::custom("an object is due"))
        }
    }
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(D::Error::custom("text or a number is due")),
    }
}

fn entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    Option::<Vec<Value>>::deserialize(deserializer).map(Option::unwrap_or_default)
}
