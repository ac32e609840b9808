//! Documents and rejects as callers see them.

use crate::{
    store::{documents as stored, rejects},
    words::Language,
};
use model::{
    codes::Channel,
    ids::DocumentId,
    port::inbound::Summary,
    said::{Args, Location},
};
use serde::Serialize;
use stored::{DocumentKind, DocumentState};

/// A document without its bytes.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    document: DocumentId,
    channel: Channel,
    kind: DocumentKind,
    topic: String,
    name: String,
    media_type: String,
    /// Bytes.
    size: i64,
    sha256: String,
    received_at: String,
    state: DocumentState,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<Mapping>,
    orders: Orders,
    /// What was learned of the document as a whole; absent before it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Summary>,
    /// Statements committed so far.
    progress: i64,
}

/// The mapping it was last read with.
#[derive(Debug, Serialize)]
struct Mapping {
    name: String,
    version: i32,
}

/// How many orders in it were good and how many were turned back.
#[derive(Debug, Serialize)]
struct Orders {
    good: u32,
    bad: u32,
}

impl Document {
    pub(super) fn of(d: stored::Document) -> Self {
        Self {
            document: d.id,
            channel: d.channel,
            kind: d.kind,
            topic: d.topic,
            name: d.name,
            media_type: d.media_type,
            size: d.size,
            sha256: hex::encode(d.sha256),
            received_at: d.received_at.rfc3339(),
            state: d.state,
            mapping: (!d.mapping.is_empty()).then_some(Mapping { name: d.mapping, version: d.mapping_version }),
            orders: Orders { good: d.orders_good, bad: d.orders_bad },
            summary: d.summary,
            progress: d.progress,
        }
    }
}

/// One fault, in words.
#[derive(Debug, Serialize)]
pub(in crate::web) struct Reject {
    no: u32,
    code: String,
    title: String,
    detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    order_key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    field: String,
    location: Location,
    was: String,
    args: Args,
}

impl Reject {
    pub(in crate::web) fn of(numbered: rejects::Numbered, language: Language) -> Self {
        let (no, r) = (numbered.no, numbered.reject);
        let mut known = r.args.clone();
        // The words of every reject may name these.
        for (name, value) in [("was", &r.was), ("field", &r.field), ("order_key", &r.order_key)] {
            known.entry(name.to_owned()).or_insert_with(|| value.clone());
        }
        let words = language.say(&r.code, &known);
        Self {
            no,
            code: r.code,
            title: words.title,
            detail: words.detail,
            remedy: words.remedy,
            order_key: r.order_key,
            field: r.field,
            location: r.location,
            was: r.was,
            args: r.args,
        }
    }
}
