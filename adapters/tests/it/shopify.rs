//! Shopify webhooks: what each topic says. The mapping engine is played by a closure here; what it reads from an order is
//! tested with the mappings.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

use adapters::{
    channels::{
        self, Arrives, Sink,
        shopify::{self, Meaning, PLATFORM, TOPICS, meaning, statements},
    },
    sign,
};
use model::{
    money::Currency,
    port::inbound::{Document, Read, Summary},
    said::{Claimed, Content, Draft, Header, OrderKind, Payment, Reject, Said, Statement},
    time::{Instant, SourceTime},
};
use std::{collections::BTreeMap, ops::ControlFlow};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/shopify/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn order(attributes: &[(&str, &str)]) -> Said {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let draft: Draft = Content {
        header: Header {
            number: "#1001".to_owned(),
            kind: OrderKind::Regular,
            placed_at: SourceTime::utc(Instant(1)),
            currency: Currency::EUR,
            customer: "".into(),
            buyer: None,
            ship_to: None,
            bill_to: None,
            reference: String::new(),
            charges: Vec::new(),
            claimed: Claimed::default(),
            taxes_included: true,
            payment: Payment::default(),
            wished: None,
            desk: String::new(),
            attributes: attributes.iter().map(text).collect(),
        },
        items: Vec::new(),
    };
    let lineage = attributes.iter().map(|(name, _)| (format!("attributes.{name}"), format!("/{name}")));
    Said {
        external_id: "5600000000001".to_owned(),
        version: Some(7),
        what: Statement::Order(Box::new(draft)),
        lineage: lineage.chain([("number".to_owned(), "/name".to_owned())]).collect(),
    }
}

/// Everything a document says; `says` is what the mapping would read.
fn read_with(topic: &str, headers: &[(String, String)], bytes: &[u8], says: &[Read]) -> (Vec<Read>, Summary) {
    let doc = Document { topic, name: "", media_type: "application/json", headers, bytes, received_at: Instant(0) };
    let engine = |_: &Document<'_>, sink: Sink<'_>| {
        for item in says {
            if sink(item.clone()).is_break() {
                break;
            }
        }
        Summary { records: 42, ..Summary::default() }
    };
    let mut all = Vec::new();
    let summary = (PLATFORM.parse)(&doc, &engine, &mut |read| {
        all.push(read);
        ControlFlow::Continue(())
    });
    (all, summary)
}

fn read(topic: &str, bytes: &[u8]) -> Vec<Read> {
    read_with(topic, &[], bytes, &[]).0
}

/// Statements as `id: what`, rejects as `code at place`.
fn told(items: &[Read]) -> Vec<String> {
    items
        .iter()
        .map(|item| match item {
            Read::Said(said) => format!("{}: {}", said.external_id, what(&said.what)),
            Read::Reject(reject) => {
                format!("{} at {}", reject.code, reject.location.pointer.as_deref().unwrap_or("-"))
            }
        })
        .collect()
}

fn what(statement: &Statement) -> String {
    match statement {
        Statement::Order(_) => "order".to_owned(),
        Statement::Cancelled { reason } => format!("cancelled {reason}"),
        Statement::Deleted => "deleted".to_owned(),
        Statement::Refunded { amount, currency, .. } => format!("refunded {amount} {currency}"),
        Statement::Paid => "paid".to_owned(),
        Statement::Shipped { carrier, number } => format!("shipped {carrier} {number}"),
        Statement::Fetch => "fetch".to_owned(),
        Statement::Ignored { why } => format!("ignored {why}"),
    }
}

#[test]
fn topics_mean_what_the_platform_documents() {
    let cases = [
        ("orders/create", Meaning::Order),
        ("orders/updated", Meaning::Order),
        ("orders/paid", Meaning::Order),
        ("orders/fulfilled", Meaning::Order),
        ("orders/partially_fulfilled", Meaning::Order),
        ("orders/cancelled", Meaning::OrderThenCancelled),
        ("orders/delete", Meaning::Deleted),
        ("orders/edited", Meaning::Edited),
        ("refunds/create", Meaning::Refund),
        ("fulfillments/create", Meaning::Fulfilment),
        ("customers/redact", Meaning::ForAPerson("personal_data_to_erase")),
        ("products/update", Meaning::Ignored("unknown_topic")),
        ("ORDERS/CREATE", Meaning::Ignored("unknown_topic")),
    ];
    for (topic, expected) in cases {
        assert_eq!(meaning(topic), expected, "{topic}");
    }
    let names: std::collections::BTreeSet<_> = TOPICS.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), TOPICS.len(), "each topic stands once");
}

#[test]
fn a_cancellation_is_lifted_out_of_the_order_whatever_the_topic() {
    let cancelled = [("cancelled_at", "2026-11-20T13:45:00+01:00"), ("cancel_reason", "customer"), ("tags", "vip")];
    for topic in ["orders/create", "orders/updated", "orders/paid", "orders/cancelled"] {
        let all = statements(topic, order(&cancelled));
        assert_eq!(all.len(), 2, "{topic}");
        let Statement::Order(draft) = &all[0].what else { panic!("{topic}") };
        assert_eq!(draft.header.attributes, BTreeMap::from([("tags".to_owned(), "vip".to_owned())]));
        assert_eq!(all[1].what, Statement::Cancelled { reason: "customer".to_owned() });
        assert_eq!((all[1].external_id.as_str(), all[1].version), ("5600000000001", Some(7)));
        assert_eq!(all[1].lineage["attributes.cancelled_at"], "/cancelled_at");
        assert!(all[0].lineage.contains_key("number") && !all[0].lineage.contains_key("attributes.cancelled_at"));
    }
    // Not cancelled: the mapping hands over an empty text or nothing.
    for attributes in [&[][..], &[("cancelled_at", "")][..], &[("cancel_reason", "")][..]] {
        assert_eq!(statements("orders/updated", order(attributes)).len(), 1);
    }
    // The topic alone is enough, and what is no order is left alone.
    assert_eq!(statements("orders/cancelled", order(&[])).len(), 2);
    let deleted = Said { what: Statement::Deleted, ..order(&[]) };
    assert_eq!(statements("orders/cancelled", deleted.clone()), [deleted]);
}

#[test]
fn orders_go_through_the_mapping_with_their_rejects() {
    let reject = Reject {
        order_key: "1".to_owned(),
        location: Default::default(),
        field: "items.quantity".to_owned(),
        code: "not_a_number".to_owned(),
        was: "four".to_owned(),
        args: Default::default(),
    };
    let says = [Read::Said(order(&[("cancelled_at", "x")])), Read::Reject(reject), Read::Said(order(&[]))];
    let (all, summary) = read_with("orders/create", &[], &fixture("orders_create"), &says);
    let expected = ["5600000000001: order", "5600000000001: cancelled ", "not_a_number at -", "5600000000001: order"];
    assert_eq!(told(&all), expected);
    assert_eq!(summary.records, 42, "the engine's own summary");
}

#[test]
fn nobody_is_told_more_than_wanted() {
    let says = [Read::Said(order(&[("cancelled_at", "x")])), Read::Said(order(&[]))];
    let engine = |_: &Document<'_>, sink: Sink<'_>| {
        let _ = says.iter().cloned().try_for_each(sink);
        Summary::default()
    };
    for (topic, name) in [("orders/create", "orders_create"), ("fulfillments/create", "fulfillments_create")] {
        let bytes = fixture(name);
        let doc = Document { topic, name: "", media_type: "", headers: &[], bytes: &bytes, received_at: Instant(0) };
        let mut count = 0;
        (PLATFORM.parse)(&doc, &engine, &mut |_| {
            count += 1;
            ControlFlow::Break(())
        });
        assert_eq!(count, 1, "{topic}");
    }
}

#[test]
fn small_bodies_are_read_here() {
    let cases: [(&str, &str, &[&str]); 8] = [
        ("orders/delete", "orders_delete", &["5600000000002: deleted"]),
        ("orders/edited", "orders_edited", &["5600000000001: fetch"]),
        ("refunds/create", "refunds_create", &["5600000000001: refunded 1685 EUR"]),
        ("refunds/create", "refunds_create_without_money", &["5600000000001: ignored no_money_refunded"]),
        (
            "fulfillments/create",
            "fulfillments_create",
            &["5600000000001: shipped DHL JVGL05550001", "5600000000001: shipped DHL JVGL05550002"],
        ),
        ("fulfillments/update", "fulfillments_update_cancelled", &["5600000000001: ignored nothing_shipped"]),
        ("customers/redact", "customers_redact", &["personal_data_to_erase at -"]),
        ("products/update", "orders_create", &[": ignored unknown_topic"]),
    ];
    for (topic, name, expected) in cases {
        assert_eq!(told(&read(topic, &fixture(name))), expected, "{topic} {name}");
    }
}

#[test]
fn an_edit_that_carries_the_order_is_an_order() {
    let (all, _) = read_with("orders/edited", &[], &fixture("orders_updated"), &[Read::Said(order(&[]))]);
    assert_eq!(told(&all), ["5600000000001: order"]);
}

#[test]
fn a_deletion_is_as_new_as_its_header_says() {
    for name in ["X-Shopify-Triggered-At", "shopify-triggered-at"] {
        let headers = [(name.to_owned(), "2026-11-20T12:30:00.123456Z".to_owned())];
        let (all, _) = read_with("orders/delete", &headers, &fixture("orders_delete"), &[]);
        let [Read::Said(said)] = &all[..] else { panic!("{all:?}") };
        assert_eq!(said.version, Some(1_795_177_800_123_456), "{name}");
        assert_eq!(said.lineage["external_id"], "/id");
    }
    let [Read::Said(said)] = &read("orders/delete", &fixture("orders_delete"))[..] else { panic!() };
    assert_eq!(said.version, None);
}

#[test]
fn bad_bodies_are_rejects() {
    let cases: [(&str, &str, &str); 19] = [
        ("", "{}", "missing_field at -"),
        ("orders/delete", "", "not_json at -"),
        ("orders/delete", "{", "not_json at -"),
        ("orders/delete", "{}", "unexpected_shape at -"),
        ("orders/delete", "[1]", "unexpected_shape at -"),
        ("orders/delete", "null", "unexpected_shape at -"),
        ("orders/delete", r#"{"id":1,"id":2}"#, "unexpected_shape at -"),
        ("orders/delete", r#"{"id":1} {"id":2}"#, "not_json at -"),
        ("orders/delete", r#"{"id":null}"#, "missing_order_id at /id"),
        ("orders/delete", r#"{"id":{}}"#, "missing_order_id at /id"),
        ("orders/delete", r#"{"id":""}"#, "missing_order_id at /id"),
        ("orders/delete", r#"{"id":true}"#, "missing_order_id at /id"),
        ("orders/edited", r#"{"order_edit":{"order_id":[]}}"#, "missing_order_id at /order_edit/order_id"),
        ("refunds/create", r#"{"transactions":[]}"#, "unexpected_shape at -"),
        ("refunds/create", &refund("1.234", "EUR"), "not_a_number at /transactions/0/amount"),
        ("refunds/create", &refund("-1", "EUR"), "negative_amount at /transactions/0/amount"),
        ("refunds/create", &refund("x", "EUR"), "not_a_number at /transactions/0/amount"),
        ("refunds/create", &refund("1", "€"), "bad_currency at /transactions/0/amount"),
        ("fulfillments/create", r#"{"order_id":1,"status":5}"#, "unexpected_shape at -"),
    ];
    for (topic, body, expected) in cases {
        assert_eq!(told(&read(topic, body.as_bytes())), [expected], "{topic} {body}");
    }
}

fn refund(amount: &str, currency: &str) -> String {
    format!(
        r#"{{"order_id":1,"transactions":[{{"kind":"refund","status":"success","amount":"{amount}","currency":"{currency}"}}]}}"#
    )
}

#[test]
fn ids_and_amounts_keep_every_digit() {
    let [Read::Said(said)] = &read("orders/delete", br#"{"id":12345678901234567890123}"#)[..] else { panic!() };
    assert_eq!(said.external_id, "12345678901234567890123");
    let number = r#"{"order_id":"A-1","transactions":[{"kind":"refund","status":"success","amount":0.10,"currency":"EUR"},
        {"kind":"refund","status":"success","amount":"0.20","currency":"EUR"}]}"#;
    assert_eq!(told(&read("refunds/create", number.as_bytes())), ["A-1: refunded 30 EUR"]);
    let mixed = number.replace(r#""0.20","currency":"EUR""#, r#""0.20","currency":"USD""#);
    assert_eq!(told(&read("refunds/create", mixed.as_bytes())), ["currencies_mixed at /transactions/1/amount"]);
}

#[test]
fn lists_have_limits() {
    let one = r#"{"kind":"refund","status":"success","amount":"1.00","currency":"EUR"}"#;
    let body = |count| format!(r#"{{"order_id":1,"transactions":[{}]}}"#, vec![one; count].join(","));
    assert_eq!(told(&read("refunds/create", body(100).as_bytes())), ["1: refunded 10000 EUR"]);
    assert_eq!(told(&read("refunds/create", body(101).as_bytes())), ["too_many_values at /transactions"]);
    let numbers = vec![r#""T""#; 101].join(",");
    let body = format!(r#"{{"order_id":1,"status":"success","tracking_numbers":[{numbers}]}}"#);
    assert_eq!(told(&read("fulfillments/create", body.as_bytes())), ["too_many_values at /tracking_numbers"]);
    let body = r#"{"order_id":1,"status":"success","tracking_company":null,"tracking_number":null}"#;
    assert_eq!(told(&read("fulfillments/create", body.as_bytes())), ["1: shipped  "]);
}

#[test]
fn both_header_families_are_understood() {
    let secrets = [b"client-secret-for-tests".to_vec()];
    let body = fixture("orders_create");
    let scheme = PLATFORM.scheme.unwrap();
    let signed = sign::sign(scheme, &secrets, "", Instant(0), &body).unwrap();
    for name in ["X-Shopify-Hmac-SHA256", "Shopify-Hmac-Sha256"] {
        let headers = [(name.to_owned(), signed.headers[0].1.clone())];
        assert_eq!(sign::verify(scheme, &secrets, &headers, &body, Instant(0)), Ok(()), "{name}");
    }
    for name in ["X-Shopify-Topic", "Shopify-Topic"] {
        assert_eq!(PLATFORM.topic(&[(name.to_owned(), "orders/create".to_owned())]), "orders/create");
    }
    assert_eq!(PLATFORM.topic(&[]), "");
    let sent = [("X-Shopify-Webhook-Id", "w"), ("Authorization", "secret"), ("X-Shopify-Event-Id", "e")];
    let kept = PLATFORM.kept(&sent.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-shopify-webhook-id", "x-shopify-event-id"]);
}

#[test]
fn platforms_are_listed_in_order_and_found_by_name() {
    let names: Vec<_> = channels::ALL.iter().map(|platform| platform.name).collect();
    assert!(names.is_sorted());
    assert!(names.iter().all(|name| channels::named(name).is_some()));
    assert!(channels::named("").is_none());
    for platform in channels::ALL {
        // Who posts without being asked must prove who it is.
        assert_eq!(platform.scheme.is_some(), platform.arrives == Arrives::AsWebhook, "{}", platform.name);
        assert!(platform.kept_headers.is_sorted());
    }
    let reply = shopify::PLATFORM.reply.as_ref().unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
}
