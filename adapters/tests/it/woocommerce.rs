//! WooCommerce webhooks: what each topic and each status says, read with the mapping that is shipped.

use super::mapping::{europe, shipped};
use adapters::{
    channels::woocommerce::PLATFORM,
    sign::{self, SignatureFault},
};
use model::{
    money::UnitPrice,
    port::inbound::{Document, Read, Summary},
    said::{Draft, PaymentState, Statement},
    time::Instant,
};
use std::ops::ControlFlow;

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/woocommerce/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn read(topic: &str, bytes: &[u8]) -> Vec<Read> {
    let mapping = shipped("woocommerce-order");
    let defaults = europe();
    let doc = Document { topic, name: "", media_type: "", headers: &[], bytes, received_at: Instant(0) };
    let mut all = Vec::new();
    let engine = |doc: &Document<'_>, sink: adapters::channels::Sink<'_>| -> Summary {
        mapping.read_document(doc, &defaults, sink)
    };
    (PLATFORM.parse)(&doc, &engine, &mut |read| {
        all.push(read);
        ControlFlow::Continue(())
    });
    all
}

/// Statements as `id: what`, rejects as `code at place`.
fn told(items: &[Read]) -> Vec<String> {
    let one = |item: &Read| match item {
        Read::Said(said) => {
            let what = match &said.what {
                Statement::Order(draft) => format!("order {:?}", draft.header.payment.state).to_lowercase(),
                Statement::Cancelled { reason } => reason.clone(),
                Statement::Deleted => "deleted".to_owned(),
                Statement::Ignored { why } => format!("ignored {why}"),
                other => format!("{other:?}"),
            };
            format!("{}: {what}", said.external_id)
        }
        Read::Reject(reject) => format!("{} at {}", reject.code, reject.location.pointer.as_deref().unwrap_or("-")),
    };
    items.iter().map(one).collect()
}

fn draft(items: &[Read]) -> &Draft {
    match items {
        [Read::Said(said), ..] => match &said.what {
            Statement::Order(draft) => draft,
            other => unreachable!("{other:?}"),
        },
        other => unreachable!("{other:?}"),
    }
}

/// The body of an order with other words in it.
fn with(changes: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from_utf8(fixture("order_created")).expect("text");
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    text.into_bytes()
}

#[test]
fn topics_say_what_they_say() {
    let cases: [(&str, &str, &[&str]); 12] = [
        ("order.created", "order_created", &["812: order paid"]),
        ("order.updated", "order_updated", &["812: order paid"]),
        ("order.updated", "order_cancelled", &["812: order voided", "812: cancelled_by_channel"]),
        ("order.updated", "order_refunded", &["812: order refunded", "812: refunded_by_channel"]),
        ("order.updated", "order_partly_refunded", &["812: order partlyrefunded"]),
        ("order.created", "order_on_delivery", &["812: order pending"]),
        ("order.restored", "order_restored", &["812: order paid", "order_restored at -"]),
        ("order.deleted", "order_deleted", &["812: deleted"]),
        ("order.created", "order_created_not_json", &["not_json at -"]),
        ("", "order_created", &["missing_field at -"]),
        ("product.updated", "order_created", &[": ignored unknown_topic"]),
        ("action.woocommerce_add_to_cart", "order_created", &[": ignored unknown_topic"]),
    ];
    for (topic, name, expected) in cases {
        assert_eq!(told(&read(topic, &fixture(name))), expected, "{topic} {name}");
    }
}

#[test]
fn statuses_are_payments_and_statements() {
    let cases: [(&str, &[&str]); 9] = [
        ("pending", &["812: order pending"]),
        ("on-hold", &["812: order pending"]),
        ("completed", &["812: order paid"]),
        ("failed", &["812: order voided"]),
        ("trash", &["812: deleted"]),
        ("draft", &["812: ignored still_a_draft"]),
        ("auto-draft", &["812: ignored still_a_draft"]),
        ("checkout-draft", &["812: ignored still_a_draft"]),
        ("packed-by-a-plugin", &["812: order unknown"]),
    ];
    for (status, expected) in cases {
        let body = with(&[("\"status\":\"processing\"", &format!("\"status\":\"{status}\""))]);
        assert_eq!(told(&read("order.updated", &body)), expected, "{status}");
    }
}

#[test]
fn lines_are_priced_before_their_discount_and_never_by_a_float() {
    let items = read("order.created", &fixture("order_created"));
    let draft = draft(&items);
    let lines: Vec<_> = draft.items.iter().map(|i| (i.sku.as_str(), i.unit_price, i.discount, i.total)).collect();
    assert_eq!(
        lines,
        [
            ("LT-DL-0003", Some(UnitPrice(5_950_000)), 595, Some(1785)),
            // 17.95 for three.
            ("4711", Some(UnitPrice(5_983_333)), 0, Some(1795)),
        ]
    );
    let specification: Vec<_> =
        draft.items[0].specification.iter().map(|s| (s.name.as_str(), s.value.as_str())).collect();
    assert_eq!(specification, [("Colour", "White")], "neither the shop's own notes nor a program's");
    let ship_to = draft.header.ship_to.as_ref().expect("a place to ship to");
    assert_eq!(ship_to.phones, ["+31307654321"], "shops ask for one number");
    assert!(draft.header.attributes.keys().all(|name| !matches!(name.as_str(), "woo_status" | "woo_refunds")));
    let [Read::Said(said)] = &items[..] else { unreachable!("{items:?}") };
    assert_eq!(said.version, Some(1_795_166_431_000_000), "2026-11-20T09:20:31Z");
    let handed_over = |field: &&String| field.ends_with("woo_status") || field.ends_with("woo_refunds");
    assert_eq!(said.lineage.keys().find(handed_over), None);
}

#[test]
fn an_order_that_nobody_ships_has_no_place_to_ship_to() {
    let body = with(&[
        (
            "\"shipping\":{\"first_name\":\"Greta\",\"last_name\":\"Lindner\",\"company\":\"Praxis Lindner\"",
            "\"shipping\":{\"first_name\":\"\",\"last_name\":\"\",\"company\":\"\"",
        ),
        (
            "\"address_1\":\"Singel 21\",\"address_2\":\"2. Stock\",\"city\":\"Utrecht\"",
            "\"address_1\":\"\",\"address_2\":\"\",\"city\":\"\"",
        ),
        ("\"postcode\":\"3511 CD\",\"country\":\"NL\"", "\"postcode\":\"\",\"country\":\"\""),
    ]);
    let items = read("order.created", &body);
    assert!(draft(&items).header.ship_to.is_none());
    assert_eq!(draft(&items).header.payment.state, PaymentState::Paid);
}

#[test]
fn a_deletion_without_an_order_is_a_reject() {
    for (body, expected) in [
        (r#"{"id":12345678901234567890123}"#, "12345678901234567890123: deleted"),
        (r#"{"id":"77"}"#, "77: deleted"),
        ("{}", "missing_order_id at /id"),
        (r#"{"id":null}"#, "missing_order_id at /id"),
        (r#"{"id":1,"id":2}"#, "duplicate_key at "),
        ("[1]", "missing_order_id at /id"),
        ("", "empty_document at "),
    ] {
        let told = told(&read("order.deleted", body.as_bytes()));
        assert!(told.len() == 1 && told[0].starts_with(expected), "{body}: {told:?}");
    }
}

#[test]
fn the_secret_signs_as_wordpress_decodes_it() {
    let scheme = PLATFORM.scheme.expect("a scheme");
    for (configured, typed) in [
        ("salt & pepper", "salt & pepper"),
        ("salt &amp; pepper", "salt & pepper"),
        ("&lt;a&gt; &quot;b&quot; &#039;c&#039;", "<a> \"b\" 'c'"),
        ("&amp;amp;&nbsp;&", "&amp;&nbsp;&"),
    ] {
        let body = fixture("order_created");
        let signed = sign::sign(scheme, &[typed.as_bytes().to_vec()], "", Instant(0), &body).expect("signed");
        assert_eq!(signed.headers[0].0, "x-wc-webhook-signature");
        let key = (PLATFORM.key)(configured.as_bytes().to_vec());
        assert_eq!(
            sign::verify(scheme, std::slice::from_ref(&key), &signed.headers, &body, Instant(0)),
            Ok(()),
            "{configured}"
        );
        let other = [&body[..], b" "].concat();
        let forged = sign::verify(scheme, &[key], &signed.headers, &other, Instant(0));
        assert_eq!(forged, Err(SignatureFault::Mismatch));
    }
}

#[test]
fn only_the_ping_is_a_ping() {
    assert!((PLATFORM.ping)(b"webhook_id=12"));
    for body in [
        &b""[..],
        b"webhook_id=",
        b"webhook_id=12&x=1",
        b"webhook_id=1234567890123456789012",
        b"{\"id\":1}",
        b"webhook_id=a",
    ] {
        assert!(!(PLATFORM.ping)(body), "{}", String::from_utf8_lossy(body));
    }
}

/// The platform's own example orders, where they are at hand, each as a webhook would bring it.
#[test]
fn samples_go_through() {
    let folder = format!("{}/../../shared/samples/woocommerce", env!("CARGO_MANIFEST_DIR"));
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut orders = 0;
    for path in
        entries.map(|entry| entry.expect("an entry").path()).filter(|p| p.extension().is_some_and(|e| e == "json"))
    {
        let bytes = std::fs::read(&path).expect("a sample");
        let Ok(found) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
            let told = told(&read("order.created", &bytes));
            assert!(told.len() == 1 && !told[0].contains("order"), "{}: {told:?}", path.display());
            continue;
        };
        let several = found.as_array().cloned().unwrap_or_else(|| vec![found]);
        // Answers of other resources have no status.
        for order in several.iter().filter(|order| order["status"].is_string() && order["line_items"].is_array()) {
            let items = read("order.updated", order.to_string().as_bytes());
            assert_eq!(told(&items).len(), 1, "{}: {:?}", path.display(), told(&items));
            assert_eq!(draft(&items).header.currency.as_str(), order["currency"].as_str().expect("a currency"));
            orders += 1;
        }
    }
    assert!(orders >= 3, "{orders}");
}
