//! Tests of the translators: bytes in, values out.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod callbacks;
mod connectors;
mod decode_csv;
mod decode_json;
mod decode_xlsx;
mod decode_xml;
mod easypost;
mod hooks;
mod lint;
mod mapping;
mod notices;
mod outgoing;
mod shopify;
mod signatures;
mod signed;
mod stored;
mod woocommerce;
