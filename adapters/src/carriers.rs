//! Carriers and tracking services: one file each, in alphabetical order.
//!
//! The price of a new one: its file, its line in [`ALL`], its fixtures.

pub mod kuaidi100;

use crate::sign::{self, Scheme, SignatureFault};
use model::{
    port::inbound::{Callback, Document, Reply},
    time::Instant,
};

/// Everyone whose callbacks we understand, by name.
pub static ALL: [&Carrier; 1] = [&kuaidi100::CARRIER];

/// The carrier of that name, as the callback's address writes it.
pub fn named(name: &str) -> Option<&'static Carrier> {
    ALL.into_iter().find(|carrier| carrier.name == name)
}

/// What is to be known of someone who calls back.
#[derive(Debug)]
pub struct Carrier {
    pub name: &'static str,
    pub scheme: Scheme,
    /// Reads a callback: reports and rejects, good and bad side by side. Same document, same answer.
    pub parse: fn(&Document<'_>) -> Callback,
    /// What the caller wants to hear: `true` once the callback is durable, whatever is in it; `false` to be called again.
    pub reply: fn(bool) -> Reply,
}

impl Carrier {
    /// Whether the callback was signed with one of `secrets`.
    ///
    /// # Errors
    /// As [`sign::verify`].
    pub fn verify(
        &self,
        secrets: &[Vec<u8>],
        headers: &[(String, String)],
        body: &[u8],
        now: Instant,
    ) -> Result<(), SignatureFault> {
        sign::verify(self.scheme, secrets, headers, body, now)
    }
}
