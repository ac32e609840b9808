//! Webhooks of anybody who signs as Standard Webhooks asks and whose body is what the mapping describes.

use super::{Arrives, Platform};
use crate::sign::Scheme;

pub static PLATFORM: Platform = Platform {
    name: "webhook",
    arrives: Arrives::AsWebhook,
    scheme: Some(Scheme::StandardWebhooks),
    key: |secret| secret,
    ping: |_| false,
    topic_headers: &[],
    kept_headers: &["webhook-id", "webhook-timestamp"],
    reply: None,
    parse: |doc, engine, sink| engine(doc, sink),
};
