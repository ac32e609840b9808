//! How a document came, and how far it has come.

use serde::{Deserialize, Serialize};

/// How a document reached us.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Canonical orders, posted by the holder of a key.
    Api,
    Webhook,
    Upload,
    Import,
    Callback,
    /// A paper a partner made for a fulfilment; nobody reads orders from it.
    Attachment,
}

/// How far a document has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentState {
    /// Parts still arrive; nobody may read it.
    Receiving,
    /// Complete and durable, not yet (wholly) read.
    Received,
    Done,
    /// Waits for a person.
    Held,
    /// Its bytes are gone.
    Erased,
}
