//! Identities. An id is made once, by the shell (documents) or derived (everything a decision makes), never random here.

use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, fmt, hash::Hash, marker::PhantomData};
use uuid::Uuid;

/// A UUID that knows what it identifies, so that an order's id cannot stand where a party's is due.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// Names the kinds of [`Id`].
pub mod kind {
    #[derive(Debug)]
    pub enum Order {}
    #[derive(Debug)]
    pub enum Party {}
    #[derive(Debug)]
    pub enum Document {}
    #[derive(Debug)]
    pub enum Fulfilment {}
    #[derive(Debug)]
    pub enum Delivery {}
    #[derive(Debug)]
    pub enum Replenishment {}
}

pub type OrderId = Id<kind::Order>;
pub type PartyId = Id<kind::Party>;
pub type DocumentId = Id<kind::Document>;
pub type FulfilmentId = Id<kind::Fulfilment>;
pub type DeliveryId = Id<kind::Delivery>;
pub type ReplenishmentId = Id<kind::Replenishment>;

/// The namespace under which Tributary derives ids (UUIDv5).
const NAMESPACE: Uuid = Uuid::from_u128(0x7472_6962_7574_6172_7900_0000_0000_0001);

impl<K> Id<K> {
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// The id that `parts` always gives: a replay finds the same one.
    pub fn derived(parts: &[&[u8]]) -> Self {
        let mut name = Vec::with_capacity(64);
        for part in parts {
            name.extend_from_slice(&(part.len() as u32).to_be_bytes());
            name.extend_from_slice(part);
        }
        Self::from_uuid(Uuid::new_v5(&NAMESPACE, &name))
    }
}

impl OrderId {
    /// One order for each order a channel speaks of.
    pub fn of(channel: &str, external_id: &str) -> Self {
        Self::derived(&[b"order", channel.as_bytes(), external_id.as_bytes()])
    }
}

impl FulfilmentId {
    /// The `ordinal`-th fulfilment planned by event number `event_no` of `order`.
    pub fn of(order: OrderId, event_no: u32, ordinal: usize) -> Self {
        Self::derived(&[b"fulfilment", order.uuid.as_bytes(), &event_no.to_be_bytes(), &(ordinal as u32).to_be_bytes()])
    }
}

impl DeliveryId {
    /// The delivery of message `number` of `stream` to `connector`; also its idempotency key at the partner, for ever.
    pub fn of(connector: &str, stream: Uuid, number: u32) -> Self {
        Self::derived(&[b"delivery", connector.as_bytes(), stream.as_bytes(), &number.to_be_bytes()])
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}
impl<K> std::str::FromStr for Id<K> {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self::from_uuid)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(serializer)
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from_uuid)
    }
}
