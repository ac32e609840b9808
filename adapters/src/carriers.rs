//! Carriers and tracking services: one file each, in alphabetical order.
//!
//! The price of a new one: its file, its line in [`ALL`], its fixtures. One that signs and writes as many do needs no file
//! but a table in the configuration: [`signed`].

pub mod easypost;
pub mod kuaidi100;
pub mod signed;

use crate::sign::{self, Scheme, SignatureFault};
use model::{
    port::inbound::{Callback, Document, Reply},
    said::{Args, Location, Reject, WAS_MAX, args},
    time::Instant,
};

/// Everyone whose callbacks we understand, by name.
pub static ALL: [&Carrier; 2] = [&easypost::CARRIER, &kuaidi100::CARRIER];

/// Nodes read of one history; the newest are kept.
pub const NODES_MAX: usize = 500;
/// Characters kept of a node's text or place.
pub const TEXT_MAX: usize = 500;
/// Characters of a parcel's number or a carrier's code.
pub const CODE_MAX: usize = 64;

/// The carrier of that name, as the configuration writes it.
pub fn named(name: &str) -> Option<&'static Carrier> {
    ALL.into_iter().find(|carrier| carrier.name == name)
}

/// What is to be known of someone who calls back.
#[derive(Debug)]
pub struct Carrier {
    pub name: &'static str,
    pub scheme: Scheme,
    /// The key that the caller makes of the secret it was given.
    pub key: fn(&[u8]) -> Vec<u8>,
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
        let keys: Vec<Vec<u8>> = secrets.iter().map(|secret| (self.key)(secret)).collect();
        sign::verify(self.scheme, &keys, headers, body, now)
    }
}

/// Someone who calls back: known by name, or described by the configuration.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    Known(&'static Carrier),
    Signed(&'a signed::Form),
}

impl<'a> Caller<'a> {
    /// The caller of a configuration's `kind`; a form belongs to the kind [`signed::KIND`] and to no other.
    pub fn new(kind: &str, form: Option<&'a signed::Form>) -> Option<Self> {
        match (kind, form) {
            (signed::KIND, form) => form.map(Self::Signed),
            (name, None) => named(name).map(Self::Known),
            (_, Some(_)) => None,
        }
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Known(carrier) => carrier.name,
            Self::Signed(_) => signed::KIND,
        }
    }

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
        match self {
            Self::Known(carrier) => carrier.verify(secrets, headers, body, now),
            Self::Signed(form) => form.signature.verify(secrets, headers, body),
        }
    }

    /// Whether the secrets can be used; asked when the configuration is read.
    ///
    /// # Errors
    /// As [`sign::check_secrets`].
    pub fn check_secrets(&self, secrets: &[Vec<u8>]) -> Result<(), SignatureFault> {
        match self {
            Self::Known(carrier) => sign::check_secrets(carrier.scheme, secrets),
            Self::Signed(_) => sign::header::check_secrets(secrets),
        }
    }

    pub fn parse(&self, doc: &Document<'_>) -> Callback {
        match self {
            Self::Known(carrier) => (carrier.parse)(doc),
            Self::Signed(form) => form.parse(doc),
        }
    }

    /// What the caller wants to hear; see [`Carrier::reply`].
    pub fn reply(&self, durable: bool) -> Reply {
        match self {
            Self::Known(carrier) => (carrier.reply)(durable),
            Self::Signed(_) => plain_reply(durable),
        }
    }
}

/// For those who look at the status only.
fn plain_reply(durable: bool) -> Reply {
    let (status, body) = if durable { (200, r#"{"received":true}"#) } else { (503, r#"{"received":false}"#) };
    Reply { status, media_type: "application/json", body: body.to_owned() }
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// Something that is not in the form we know; `why` is a stable word.
fn bad(number: &str, pointer: &str, why: &str) -> Reject {
    Reject { args: args([("why", why.to_owned())]), ..reject(number, pointer, "bad_callback", "") }
}

fn reject(number: &str, pointer: &str, code: &str, was: &str) -> Reject {
    Reject {
        order_key: cut(number, CODE_MAX),
        location: Location { pointer: Some(pointer.to_owned()).filter(|p| !p.is_empty()), ..Location::default() },
        field: String::new(),
        code: code.to_owned(),
        was: cut(was, WAS_MAX),
        args: Args::new(),
    }
}
