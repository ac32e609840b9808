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
    /// Faults found in it.
    rejects: u64,
    /// It was read to its end, and nothing of it was taken.
    turned_back: bool,
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
    pub(super) fn of(d: stored::Document, rejects: u64) -> Self {
        // A document that is broken as a whole names no order, so the orders alone do not tell.
        let turned_back =
            matches!(d.state, DocumentState::Done | DocumentState::Held) && d.orders_good == 0 && rejects > 0;
        Self {
            rejects,
            turned_back,
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
        let words = language.say_reject(&r);
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
