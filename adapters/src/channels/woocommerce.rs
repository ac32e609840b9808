//! WooCommerce webhooks. Facts: woocommerce/woocommerce `class-wc-webhook.php`, and the REST API's order chapter.
//!
//! One attempt and no second one; after more than five failures in a row the shop switches the webhook off. The delivery id
//! is made of the webhook and the second, so two orders can share it: sameness is decided by content, as everywhere.
//! Background jobs deliver, so arrival order means nothing and `date_modified_gmt` decides. Amounts of lines are without tax,
//! whatever the shop shows its buyers.

use super::{Arrives, Engine, Platform, Sink, ignored, reject};
use crate::{
    decode,
    node::{Node, Scalar},
    sign::{Encoding, Scheme},
};
use model::{
    port::inbound::{Document, Read, Reply, Summary},
    said::{Draft, Location, PaymentMethod, PaymentState, Reject, Said, Statement},
};

pub static PLATFORM: Platform = Platform {
    name: "woocommerce",
    arrives: Arrives::AsWebhook,
    scheme: Some(Scheme::HmacSha256 { headers: &["x-wc-webhook-signature"], encoding: Encoding::Base64, prefix: "" }),
    key,
    ping,
    topic_headers: &["x-wc-webhook-topic"],
    kept_headers: &[
        "x-wc-webhook-delivery-id",
        "x-wc-webhook-event",
        "x-wc-webhook-id",
        "x-wc-webhook-resource",
        "x-wc-webhook-source",
        "x-wc-webhook-topic",
    ],
    // 200 to 302 count as taken.
    reply: Some(Reply { status: 200, media_type: "text/plain", body: String::new() }),
    parse,
};

/// What a topic means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Meaning {
    /// The body is the whole order.
    Order,
    /// The body is the whole order, which comes back out of the bin.
    Restored,
    /// The body is `{"id": ...}`: the order is gone.
    Deleted,
    Ignored,
}

const TOPICS: [(&str, Meaning); 4] = [
    ("order.created", Meaning::Order),
    ("order.deleted", Meaning::Deleted),
    ("order.restored", Meaning::Restored),
    ("order.updated", Meaning::Order),
];

/// What a status adds to an order; payments are the mapping's (`woocommerce-payment-state`). Plugins add statuses of their
/// own, which add nothing.
const STATUSES: [(&str, Adds); 6] = [
    ("auto-draft", Adds::Draft),
    ("cancelled", Adds::Cancelled("cancelled_by_channel")),
    ("checkout-draft", Adds::Draft),
    ("draft", Adds::Draft),
    // All of it was paid back: nothing of it may leave any more.
    ("refunded", Adds::Cancelled("refunded_by_channel")),
    ("trash", Adds::Deleted),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Adds {
    /// The order is still being written.
    Draft,
    /// For that reason.
    Cancelled(&'static str),
    Deleted,
}

/// Attributes in which the mapping hands over what is not the order's own: they change while it does not.
const STATUS: &str = "woo_status";
const REFUNDS: &str = "woo_refunds";
/// Specifications of a line that begin so are the shop's own notes.
const HIDDEN: char = '_';
/// Digits a webhook's number may have.
const NUMBER_DIGITS: usize = 20;

/// As WordPress decodes it (`wp_specialchars_decode`): its settings page stores `&` as `&amp;`.
fn key(secret: Vec<u8>) -> Vec<u8> {
    const ENTITIES: [(&str, &str); 6] =
        [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#039;", "'"), ("&#39;", "'")];
    let Ok(text) = std::str::from_utf8(&secret) else { return secret };
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        let found = ENTITIES.iter().find(|(written, _)| entity.starts_with(written)).unwrap_or(&("&", "&"));
        plain.push_str(before);
        plain.push_str(found.1);
        rest = &entity[found.0.len()..];
    }
    plain.push_str(rest);
    plain.into_bytes()
}

/// What the shop sends, without a signature, when a webhook is saved: `webhook_id=12`.
fn ping(body: &[u8]) -> bool {
    let number = body.strip_prefix(b"webhook_id=");
    number.is_some_and(|n| (1..=NUMBER_DIGITS).contains(&n.len()) && n.iter().all(u8::is_ascii_digit))
}

fn parse(doc: &Document<'_>, engine: Engine<'_>, sink: Sink<'_>) -> Summary {
    let meaning = TOPICS.iter().find(|(name, _)| *name == doc.topic).map_or(Meaning::Ignored, |(_, meaning)| *meaning);
    let read = match meaning {
        Meaning::Order | Meaning::Restored => return orders(meaning, doc, engine, sink),
        Meaning::Deleted => deleted(doc),
        Meaning::Ignored if doc.topic.is_empty() => {
            Read::Reject(Reject { field: "topic".to_owned(), ..reject("missing_field") })
        }
        Meaning::Ignored => Read::Said(ignored("unknown_topic")),
    };
    // Nobody wants more after the only thing read.
    let _ = sink(read);
    Summary { encoding: "utf-8".to_owned(), records: 1, ..Summary::default() }
}

fn orders(meaning: Meaning, doc: &Document<'_>, engine: Engine<'_>, sink: Sink<'_>) -> Summary {
    engine(doc, &mut |read| match read {
        Read::Said(said) => {
            // What was cancelled here stays so, and may have been told to partners: a person decides how it comes back.
            let restored = (meaning == Meaning::Restored)
                .then(|| Read::Reject(Reject { order_key: said.external_id.clone(), ..reject("order_restored") }));
            statements(said).into_iter().map(Read::Said).chain(restored).try_for_each(&mut *sink)
        }
        Read::Reject(_) => sink(read),
    })
}

/// Everything an order document says.
fn statements(mut order: Said) -> Vec<Said> {
    let Statement::Order(draft) = &mut order.what else { return vec![order] };
    let status = draft.header.attributes.remove(STATUS).unwrap_or_default();
    let refunds = draft.header.attributes.remove(REFUNDS).unwrap_or_default();
    mend(draft, &status, &refunds);
    let adds = STATUSES.iter().find(|(name, _)| *name == status).map(|(_, adds)| *adds);
    let (lineage, of_order) = std::mem::take(&mut order.lineage)
        .into_iter()
        .partition(|(field, _)| field.ends_with(STATUS) || field.ends_with(REFUNDS));
    order.lineage = of_order;
    let of_it = |what| Said { external_id: order.external_id.clone(), version: order.version, what, lineage };
    match adds {
        None => vec![order],
        Some(Adds::Draft) => vec![of_it(Statement::Ignored { why: "still_a_draft".to_owned() })],
        Some(Adds::Deleted) => vec![of_it(Statement::Deleted)],
        Some(Adds::Cancelled(reason)) => {
            let cancelled = of_it(Statement::Cancelled { reason: reason.to_owned() });
            vec![order, cancelled]
        }
    }
}

/// What the platform's words mean together.
fn mend(draft: &mut Draft, status: &str, refunds: &str) {
    let currency = draft.header.currency;
    for item in &mut draft.items {
        // A line is priced before its discount and totalled after it.
        let gross = item.unit_price.map(|price| price.times(item.quantity, currency).minor);
        if let (Some(gross), Some(total)) = (gross, item.total) {
            item.discount = gross.saturating_sub(total).max(0);
        }
        item.specification.retain(|specification| !specification.name.starts_with(HIDDEN));
    }
    let payment = &mut draft.header.payment;
    if payment.method == PaymentMethod::OnDelivery && payment.state == PaymentState::Paid && status != "completed" {
        // Processing means paid, but for orders that the carrier collects.
        payment.state = PaymentState::Pending;
    }
    if payment.state == PaymentState::Paid && !refunds.is_empty() {
        payment.state = PaymentState::PartlyRefunded;
    }
    let phones = draft.header.bill_to.as_ref().map(|party| party.phones.clone()).unwrap_or_default();
    if let Some(ship_to) = &mut draft.header.ship_to
        && ship_to.phones.is_empty()
    {
        // Shops ask for one phone number, beside the invoice's address.
        ship_to.phones = phones;
    }
}

fn deleted(doc: &Document<'_>) -> Read {
    let at = |pointer: &str| Location { pointer: Some(pointer.to_owned()), ..Location::default() };
    let body = match decode::json(doc.bytes) {
        Ok(body) => body,
        Err(fault) => {
            return Read::Reject(Reject {
                location: at(&fault.place),
                was: fault.was,
                args: fault.args,
                ..reject(fault.code)
            });
        }
    };
    match body.get("id") {
        Some(Node::Scalar(Scalar::Number(id) | Scalar::Text(id))) if !id.trim().is_empty() => Read::Said(Said {
            external_id: id.trim().to_owned(),
            // The body has no time of its own: it counts by its arrival.
            version: None,
            what: Statement::Deleted,
            lineage: [("external_id".to_owned(), "/id".to_owned())].into(),
        }),
        _ => {
            Read::Reject(Reject { location: at("/id"), field: "external_id".to_owned(), ..reject("missing_order_id") })
        }
    }
}
