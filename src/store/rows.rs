//! Turns rows into model values, and says so when it cannot.

use super::StoreError;
use model::{ids::Id, money::Currency, time::Instant};
use serde::{Serialize, de::DeserializeOwned, de::IntoDeserializer, de::value::StrDeserializer};
use uuid::Uuid;

/// A place in the database, for the complaint when it makes no sense.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub table: &'static str,
    pub column: &'static str,
    pub id: &'a dyn std::fmt::Display,
}

impl std::fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{} of {}", self.table, self.column, self.id)
    }
}

impl<'a> Place<'a> {
    pub const fn new(table: &'static str, column: &'static str, id: &'a dyn std::fmt::Display) -> Self {
        Self { table, column, id }
    }

    pub fn inconsistent(&self) -> StoreError {
        StoreError::Inconsistent { table: self.table, column: self.column, id: self.id.to_string() }
    }

    /// A value stored as JSON.
    ///
    /// # Errors
    /// The text is not such a value.
    pub fn json<T: DeserializeOwned>(&self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|_| self.inconsistent())
    }

    /// An enum stored by its name.
    ///
    /// # Errors
    /// No variant has this name.
    pub fn named<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        let name: StrDeserializer<'_, serde::de::value::Error> = name.into_deserializer();
        T::deserialize(name).map_err(|_| self.inconsistent())
    }

    /// A currency's code.
    ///
    /// # Errors
    /// It is none.
    pub fn currency(&self, code: &str) -> Result<Currency, StoreError> {
        code.parse().map_err(|_| self.inconsistent())
    }

    /// A number that is never negative.
    ///
    /// # Errors
    /// It is negative.
    pub fn count(&self, number: i32) -> Result<u32, StoreError> {
        u32::try_from(number).map_err(|_| self.inconsistent())
    }
}

/// A value as JSON text.
///
/// # Errors
/// It has map keys that are no text; ours have none.
pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    Ok(serde_json::to_string(value)?)
}

/// The name a unit variant is stored under: that of its JSON.
///
/// # Errors
/// It does not serialize to a text.
pub fn name<T: Serialize>(variant: &T) -> Result<String, StoreError> {
    match serde_json::to_value(variant)? {
        serde_json::Value::String(name) => Ok(name),
        other => Ok(other.to_string()),
    }
}

pub fn uuids<K>(ids: impl IntoIterator<Item = Id<K>>) -> Vec<Uuid> {
    ids.into_iter().map(Id::uuid).collect()
}

/// Numbers of ours are far below 2^31; more would mean a broken caller, and the end of the range says so visibly.
pub fn small(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

pub const fn instant(micros: Option<i64>) -> Option<Instant> {
    match micros {
        Some(at) => Some(Instant(at)),
        None => None,
    }
}
