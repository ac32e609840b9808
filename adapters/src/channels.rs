//! Channels: one file a platform, in alphabetical order.
//!
//! A platform's file holds its facts as data and, as code, only what a mapping cannot say. The price of a new platform:
//! its file, its line in [`ALL`], its fixtures. A new channel of a platform that is here already is configuration and a mapping.

pub mod file;
pub mod shopify;
pub mod topics;
pub mod webhook;
pub mod woocommerce;

use crate::sign::Scheme;
use model::{
    port::inbound::{Document, Read, Reply, Summary},
    said::{Location, Reject, Said, Statement},
};
use std::ops::ControlFlow;

/// Every platform, by name.
pub static ALL: [&Platform; 4] = [&file::PLATFORM, &shopify::PLATFORM, &webhook::PLATFORM, &woocommerce::PLATFORM];

/// The platform of that name, as channel configuration writes it.
pub fn named(name: &str) -> Option<&'static Platform> {
    ALL.into_iter().find(|platform| platform.name == name)
}

/// Takes what is read; `Break` means that nobody wants more.
pub type Sink<'s> = &'s mut dyn FnMut(Read) -> ControlFlow<()>;

/// The mapping engine with the channel's mapping and defaults: reads the orders a document states.
pub type Engine<'e> = &'e dyn Fn(&Document<'_>, Sink<'_>) -> Summary;

/// What is to be known of a platform.
#[derive(Debug)]
pub struct Platform {
    pub name: &'static str,
    pub arrives: Arrives,
    /// `None`: no signature; the caller's API key says who it is.
    pub scheme: Option<Scheme>,
    /// The key that signs, of a secret as it is configured.
    pub key: fn(Vec<u8>) -> Vec<u8>,
    /// An unsigned body that only asks whether somebody is there: it is answered like any other, and nothing is kept.
    pub ping: fn(&[u8]) -> bool,
    /// Headers that may name the topic, lower case; the first that is there counts.
    pub topic_headers: &'static [&'static str],
    /// Headers kept with the document, lower case: delivery ids (of help only, sameness is decided by content), times, the
    /// sender's own name.
    pub kept_headers: &'static [&'static str],
    /// What the platform wants to hear once the document is durable; `None`: our own answer, with the document's address.
    pub reply: Option<Reply>,
    /// Reads a document: statements and rejects, good and bad side by side. Same document and mapping, same answer.
    pub parse: fn(&Document<'_>, Engine<'_>, Sink<'_>) -> Summary,
}

impl Platform {
    /// The topic the request names, empty when it names none.
    pub fn topic<'h>(&self, headers: &'h [(String, String)]) -> &'h str {
        self.topic_headers.iter().find_map(|name| header(headers, name)).unwrap_or_default()
    }

    /// The headers worth keeping with the document, names in lower case.
    pub fn kept(&self, headers: &[(String, String)]) -> Vec<(String, String)> {
        let keep = |name: &str| self.kept_headers.iter().any(|kept| kept.eq_ignore_ascii_case(name));
        headers
            .iter()
            .filter(|(name, _)| keep(name))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .collect()
    }
}

/// How documents of a platform come to us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrives {
    /// Uploaded or imported by someone with a key.
    AsFile,
    /// Posted by the platform.
    AsWebhook,
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Nothing to do with any order, hence without an id.
fn ignored(why: &str) -> Said {
    Said {
        external_id: String::new(),
        version: None,
        what: Statement::Ignored { why: why.to_owned() },
        lineage: Default::default(),
    }
}

/// A reject of the document as a whole.
fn reject(code: &str) -> Reject {
    Reject {
        order_key: String::new(),
        location: Location::default(),
        field: String::new(),
        code: code.to_owned(),
        was: String::new(),
        args: Default::default(),
    }
}
