//! Shopify webhooks. Facts: shopify.dev/docs/apps/build/webhooks (verify-deliveries, delivery-structure, best-practices,
//! ignore-duplicates) and /docs/api/webhooks (topics and sample bodies).
//!
//! Order topics carry the whole order, which the mapping reads; a retry carries the *original* order, so arrival order means
//! nothing and `updated_at` decides. The other bodies are small and read here.

mod notice;

use super::{Arrives, Engine, Platform, Sink, ignored, reject};
use crate::sign::{Encoding, Scheme};
use model::{
    port::inbound::{Document, Read, Reply, Summary},
    said::{Reject, Said, Statement},
};

pub static PLATFORM: Platform = Platform {
    name: "shopify",
    arrives: Arrives::AsWebhook,
    // Base64 over the raw body with the app's client secret; after a rotation old and new secret sign for up to an hour.
    scheme: Some(Scheme::HmacSha256 {
        headers: &["x-shopify-hmac-sha256", "shopify-hmac-sha256"],
        encoding: Encoding::Base64,
        prefix: "",
    }),
    key: |secret| secret,
    ping: |_| false,
    topic_headers: &["x-shopify-topic", "shopify-topic"],
    kept_headers: &[
        "shopify-api-version",
        "shopify-event-id",
        "shopify-shop-domain",
        "shopify-topic",
        "shopify-triggered-at",
        "shopify-webhook-id",
        "x-shopify-api-version",
        "x-shopify-event-id",
        "x-shopify-shop-domain",
        "x-shopify-test",
        "x-shopify-topic",
        "x-shopify-triggered-at",
        "x-shopify-webhook-id",
    ],
    // Any 2xx counts; the whole exchange has five seconds.
    reply: Some(Reply { status: 200, media_type: "text/plain", body: String::new() }),
    parse,
};

/// What a topic means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// The body is the whole order.
    Order,
    /// The body is the whole order, and it is cancelled.
    OrderThenCancelled,
    /// The body is `{"id": ...}`: the order is gone.
    Deleted,
    /// The body names what was added and removed: the order has to be fetched.
    Edited,
    /// The body is a refund, with its transactions.
    Refund,
    /// The body is a fulfilment made at the platform.
    Fulfilment,
    /// A person has to act on it; the code says why.
    ForAPerson(&'static str),
    /// Of no interest; the code says why.
    Ignored(&'static str),
}

/// Topics with a meaning of their own; all others are ignored.
pub const TOPICS: [(&str, Meaning); 17] = [
    ("customers/data_request", Meaning::ForAPerson("personal_data_asked_for")),
    ("customers/redact", Meaning::ForAPerson("personal_data_to_erase")),
    ("fulfillments/create", Meaning::Fulfilment),
    ("fulfillments/update", Meaning::Fulfilment),
    ("orders/cancelled", Meaning::OrderThenCancelled),
    ("orders/create", Meaning::Order),
    ("orders/delete", Meaning::Deleted),
    ("orders/edited", Meaning::Edited),
    ("orders/fulfilled", Meaning::Order),
    ("orders/paid", Meaning::Order),
    ("orders/partially_fulfilled", Meaning::Order),
    ("orders/updated", Meaning::Order),
    ("refunds/create", Meaning::Refund),
    ("shop/redact", Meaning::ForAPerson("personal_data_to_erase")),
    ("app/uninstalled", Meaning::ForAPerson("channel_disconnected")),
    // The next `orders/updated` says the same of the order.
    ("order_transactions/create", Meaning::Ignored("said_by_another_topic")),
    ("orders/risk_assessment_changed", Meaning::Ignored("unknown_topic")),
];

/// What a document of that topic says.
pub fn meaning(topic: &str) -> Meaning {
    let known = TOPICS.iter().find(|(name, _)| *name == topic);
    known.map_or(Meaning::Ignored("unknown_topic"), |(_, meaning)| *meaning)
}

/// Attributes in which the mapping hands over what an order document says of its cancellation.
pub const CANCELLED_AT: &str = "cancelled_at";
pub const CANCEL_REASON: &str = "cancel_reason";

/// Everything an order document says: the order itself and, when it carries `cancelled_at` (whatever its topic) or comes
/// as a cancellation, that it is cancelled. The two attributes are taken out of the order.
pub fn statements(topic: &str, mut order: Said) -> Vec<Said> {
    let Statement::Order(draft) = &mut order.what else { return vec![order] };
    let at = draft.header.attributes.remove(CANCELLED_AT).filter(|text| !text.is_empty());
    let reason = draft.header.attributes.remove(CANCEL_REASON).unwrap_or_default();
    let (lineage, of_order) = std::mem::take(&mut order.lineage)
        .into_iter()
        .partition(|(field, _)| field.ends_with(CANCELLED_AT) || field.ends_with(CANCEL_REASON));
    order.lineage = of_order;
    if at.is_none() && meaning(topic) != Meaning::OrderThenCancelled {
        return vec![order];
    }
    let cancelled = Said {
        external_id: order.external_id.clone(),
        version: order.version,
        what: Statement::Cancelled { reason },
        lineage,
    };
    vec![order, cancelled]
}

fn parse(doc: &Document<'_>, engine: Engine<'_>, sink: Sink<'_>) -> Summary {
    let read = match meaning(doc.topic) {
        _ if doc.topic.is_empty() => {
            vec![Read::Reject(Reject { field: "topic".to_owned(), ..reject("missing_field") })]
        }
        Meaning::Order | Meaning::OrderThenCancelled => return orders(doc, engine, sink),
        // Older shops put the whole order into `orders/edited`.
        Meaning::Edited => match notice::edited(doc) {
            Some(read) => read,
            None => return orders(doc, engine, sink),
        },
        Meaning::Deleted => notice::deleted(doc),
        Meaning::Refund => notice::refund(doc),
        Meaning::Fulfilment => notice::fulfilment(doc),
        Meaning::ForAPerson(code) => vec![Read::Reject(reject(code))],
        Meaning::Ignored(why) => vec![Read::Said(ignored(why))],
    };
    for item in read {
        if sink(item).is_break() {
            break;
        }
    }
    Summary { encoding: "utf-8".to_owned(), records: 1, ..Summary::default() }
}

fn orders(doc: &Document<'_>, engine: Engine<'_>, sink: Sink<'_>) -> Summary {
    engine(doc, &mut |read| match read {
        Read::Said(said) => statements(doc.topic, said).into_iter().map(Read::Said).try_for_each(&mut *sink),
        Read::Reject(_) => sink(read),
    })
}
