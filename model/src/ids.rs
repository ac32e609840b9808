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

    /// As [`Self::derived`], beside the ids that begin with `near`: a database keeps rows of neighbouring ids on one page, so
    /// what is written together should have ids that begin alike. The 74 bits behind tell them apart.
    pub fn derived_near(near: [u8; NEAR], parts: &[&[u8]]) -> Self {
        let mut bytes = *Self::derived(parts).uuid.as_bytes();
        bytes[..NEAR].copy_from_slice(&near);
        Self::from_uuid(Uuid::new_v8(bytes))
    }

    /// How this id begins, for ids that are to stand beside it.
    pub fn near(self) -> [u8; NEAR] {
        let [a, b, c, d, e, f, ..] = *self.uuid.as_bytes();
        [a, b, c, d, e, f]
    }
}

/// Bytes that neighbouring ids have in common, before the bits that say which form of UUID it is.
const NEAR: usize = 6;

impl OrderId {
    /// One order for each order a channel speaks of. A channel counts its orders in some way, so those that come one after
    /// another mostly have ids beside each other: one byte of the channel, then the number in the external id.
    pub fn of(channel: &str, external_id: &str) -> Self {
        let region = Self::derived(&[b"channel", channel.as_bytes()]).uuid.as_bytes()[0];
        let [.., a, b, c, d, e] = number_in(external_id).to_be_bytes();
        let parts: [&[u8]; 3] = [b"order", channel.as_bytes(), external_id.as_bytes()];
        Self::derived_near([region, a, b, c, d, e], &parts)
    }
}

/// The longest run of digits in `text` (of several the last) as a number; its highest bits fall away.
fn number_in(text: &str) -> u64 {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    let longest = runs.max_by_key(|run| run.len()).unwrap_or_default();
    longest.bytes().fold(0, |number: u64, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
}

impl FulfilmentId {
    /// The `ordinal`-th fulfilment planned by event number `event_no` of `order`.
    pub fn of(order: OrderId, event_no: u32, ordinal: usize) -> Self {
        let (event_no, ordinal) = (event_no.to_be_bytes(), (ordinal as u32).to_be_bytes());
        Self::derived_near(order.near(), &[b"fulfilment", order.uuid.as_bytes(), &event_no, &ordinal])
    }
}

impl DeliveryId {
    /// The delivery of message `number` of `stream` to `connector`; also its idempotency key at the partner, for ever.
    pub fn of(connector: &str, stream: Uuid, number: u32) -> Self {
        let near = Self::from_uuid(stream).near();
        Self::derived_near(near, &[b"delivery", connector.as_bytes(), stream.as_bytes(), &number.to_be_bytes()])
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
