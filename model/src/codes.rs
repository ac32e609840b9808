//! Codes people give to things: a sku, a warehouse, a carrier. Cheap to clone, ordered, never empty by accident.

use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, cmp::Ordering, fmt, hash::Hash, marker::PhantomData, sync::Arc};

/// A short text that knows what it names.
pub struct Code<K> {
    text: Arc<str>,
    kind: PhantomData<fn() -> K>,
}

/// Names the kinds of [`Code`].
pub mod kind {
    #[derive(Debug)]
    pub enum Sku {}
    #[derive(Debug)]
    pub enum Channel {}
    #[derive(Debug)]
    pub enum Warehouse {}
    #[derive(Debug)]
    pub enum Carrier {}
    #[derive(Debug)]
    pub enum Service {}
    #[derive(Debug)]
    pub enum Customer {}
    #[derive(Debug)]
    pub enum Group {}
    #[derive(Debug)]
    pub enum Unit {}
    #[derive(Debug)]
    pub enum Connector {}
    #[derive(Debug)]
    pub enum User {}
    #[derive(Debug)]
    pub enum Role {}
}

/// A stock keeping unit: the seller's own article number.
pub type Sku = Code<kind::Sku>;
/// Where orders come from, e.g. `shopify-eu`.
pub type Channel = Code<kind::Channel>;
pub type Warehouse = Code<kind::Warehouse>;
pub type Carrier = Code<kind::Carrier>;
/// A carrier's product, e.g. `standard`, `express`.
pub type Service = Code<kind::Service>;
pub type Customer = Code<kind::Customer>;
/// A customer group of the price book; empty means every group.
pub type Group = Code<kind::Group>;
/// A unit of measure, e.g. `pcs`, `box`.
pub type Unit = Code<kind::Unit>;
pub type Connector = Code<kind::Connector>;
pub type User = Code<kind::User>;
pub type Role = Code<kind::Role>;

impl<K> Code<K> {
    pub fn new(text: &str) -> Self {
        Self { text: Arc::from(text), kind: PhantomData }
    }
    pub fn as_str(&self) -> &str {
        &self.text
    }
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl<K> From<&str> for Code<K> {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
impl<K> From<String> for Code<K> {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}
impl<K> Default for Code<K> {
    fn default() -> Self {
        Self::new("")
    }
}
impl<K> Borrow<str> for Code<K> {
    fn borrow(&self) -> &str {
        &self.text
    }
}
impl<K> Clone for Code<K> {
    fn clone(&self) -> Self {
        Self { text: Arc::clone(&self.text), kind: PhantomData }
    }
}
impl<K> PartialEq for Code<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl<K> PartialEq<str> for Code<K> {
    fn eq(&self, other: &str) -> bool {
        &*self.text == other
    }
}
impl<K> PartialEq<&str> for Code<K> {
    fn eq(&self, other: &&str) -> bool {
        &*self.text == *other
    }
}
impl<K> Eq for Code<K> {}
impl<K> PartialOrd for Code<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Code<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}
impl<K> Hash for Code<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
impl<K> fmt::Debug for Code<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
impl<K> fmt::Display for Code<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
impl<K> Serialize for Code<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
impl<'de, K> Deserialize<'de> for Code<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer).map(|text| Self::new(&text))
    }
}
