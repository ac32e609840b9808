//! The event's JSON. Everything may be missing or null.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(default, deserialize_with = "text")]
    pub(super) description: String,
    /// A tracker, or whatever else the event is about.
    #[serde(default)]
    pub(super) result: Value,
}

#[derive(Deserialize)]
pub(super) struct Tracker {
    #[serde(default, rename = "tracking_code", deserialize_with = "text")]
    pub(super) number: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) carrier: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) status: String,
    /// One by one, so that a broken node costs only itself.
    #[serde(default, rename = "tracking_details", deserialize_with = "entries")]
    pub(super) details: Vec<Value>,
}

#[derive(Deserialize)]
pub(super) struct Detail {
    #[serde(default, rename = "datetime", deserialize_with = "text")]
    pub(super) at: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) status_detail: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) message: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) description: String,
    #[serde(default, rename = "tracking_location", deserialize_with = "location")]
    pub(super) place: Place,
}

#[derive(Deserialize, Default)]
pub(super) struct Place {
    #[serde(default, deserialize_with = "text")]
    city: String,
    #[serde(default, deserialize_with = "text")]
    state: String,
    #[serde(default, deserialize_with = "text")]
    country: String,
}

impl Tracker {
    /// `None` for anything but an object of this shape.
    pub(super) fn read(value: &Value) -> Option<Self> {
        value.is_object().then(|| Self::deserialize(value).ok()).flatten()
    }
}

impl Detail {
    /// `None` for anything but an object of this shape.
    pub(super) fn read(value: &Value) -> Option<Self> {
        value.is_object().then(|| Self::deserialize(value).ok()).flatten()
    }

    /// The service's own word, and the finer one behind it: `in_transit.departed_facility`.
    pub(super) fn code(&self) -> String {
        match self.status_detail.as_str() {
            "" | "unknown" => self.status.clone(),
            detail => format!("{}.{detail}", self.status),
        }
    }
}

impl Place {
    pub(super) fn line(&self) -> String {
        let parts = [&self.city, &self.state, &self.country].map(|part| part.trim());
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn location<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
    Option::<Place>::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    Option::<Vec<Value>>::deserialize(deserializer).map(Option::unwrap_or_default)
}
