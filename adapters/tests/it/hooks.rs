//! Webhooks of partners without a platform: signatures and topics as configuration describes them.

use super::mapping::{europe, shipped};
use adapters::{
    channels::topics::{Place, Topics},
    sign::{
        Encoding, SignatureFault,
        configured::{ALGORITHMS, Algorithm, Signature},
    },
};
use model::{
    port::inbound::{Document, Read},
    said::Statement,
    time::Instant,
};
use std::{collections::BTreeMap, ops::ControlFlow};

fn signature(algorithm: Algorithm, encoding: Encoding, prefix: &str) -> Signature {
    Signature { header: "x-hub-signature-256".to_owned(), algorithm, encoding, prefix: prefix.to_owned() }
}

fn headers(value: &str) -> Vec<(String, String)> {
    vec![("X-Hub-Signature-256".to_owned(), value.to_owned())]
}

/// RFC 2202 (MD5, SHA-1) and RFC 4231 (SHA-2): their second case, "Jefe".
#[test]
fn published_vectors_are_met() {
    let cases = [
        (Algorithm::Md5, "750c783e6ab0b503eaa86e310a5db738"),
        (Algorithm::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (Algorithm::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            Algorithm::Sha512,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ];
    assert_eq!(cases.map(|(algorithm, _)| algorithm), ALGORITHMS.map(|(_, algorithm)| algorithm));
    for (algorithm, expected) in cases {
        let signature = signature(algorithm, Encoding::Hex, "");
        let (name, value) = signature.sign(b"Jefe", b"what do ya want for nothing?");
        assert_eq!((name.as_str(), value.as_str()), ("x-hub-signature-256", expected));
    }
    // GitHub's documented example.
    let github = signature(Algorithm::Sha256, Encoding::Hex, "sha256=");
    let value = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(github.verify(&[b"It's a Secret to Everybody".to_vec()], &headers(value), b"Hello, World!"), Ok(()));
}

#[test]
fn only_what_is_configured_is_taken() {
    let secrets = [b"the new secret".to_vec(), b"the old secret".to_vec()];
    for (_, algorithm) in ALGORITHMS {
        for encoding in [Encoding::Hex, Encoding::Base64] {
            let ours = signature(algorithm, encoding, "v=");
            let value = ours.sign(&secrets[1], b"body").1;
            let check = |value: &str, body: &[u8]| ours.verify(&secrets, &headers(value), body);
            assert_eq!(check(&value, b"body"), Ok(()), "an older secret is live too");
            assert_eq!(check(&value, b"bodY"), Err(SignatureFault::Mismatch));
            assert_eq!(check(value.trim_start_matches("v="), b"body"), Err(SignatureFault::Malformed), "no prefix");
            assert_eq!(check(&value[..value.len() - 4], b"body"), Err(SignatureFault::Mismatch), "cut short");
            assert_eq!(check("", b"body"), Err(SignatureFault::Missing));
            assert_eq!(check("v=", b"body"), Err(SignatureFault::Mismatch), "nothing is no signature");
            assert_eq!(check("v=??", b"body"), Err(SignatureFault::Malformed));
            let twice = [headers(&value), headers(&value)].concat();
            assert_eq!(ours.verify(&secrets, &twice, b"body"), Err(SignatureFault::Twice));
            assert_eq!(ours.verify(&[], &headers(&value), b"body"), Err(SignatureFault::SecretMissing));
        }
    }
    let hex = signature(Algorithm::Sha256, Encoding::Hex, "");
    let upper = hex.sign(&secrets[0], b"body").1.to_ascii_uppercase();
    assert_eq!(hex.verify(&secrets, &headers(&upper), b"body"), Err(SignatureFault::Malformed));
    assert_eq!(hex.check_secrets(&[b"short".to_vec()]), Err(SignatureFault::SecretTooShort));
    assert_eq!(hex.check_secrets(&secrets), Ok(()));
}

fn read(at: Place, topic: &str, body: &str) -> Vec<String> {
    let mappings = BTreeMap::from([
        ("order.placed".to_owned(), shipped("partner-order")),
        ("order.cancelled".to_owned(), shipped("partner-cancel")),
    ]);
    let topics = Topics { at, mappings };
    let doc =
        Document { topic, name: "", media_type: "", headers: &[], bytes: body.as_bytes(), received_at: Instant(0) };
    let mut told = Vec::new();
    topics.read(&doc, &europe(), &mut |read| {
        told.push(match read {
            Read::Said(said) => match said.what {
                Statement::Order(_) => format!("{} order", said.external_id),
                Statement::Cancelled { reason } => format!("{} {reason}", said.external_id),
                Statement::Ignored { why } => why,
                other => format!("{other:?}"),
            },
            Read::Reject(reject) => format!("{} {}", reject.code, reject.location.pointer.unwrap_or_default()),
        });
        ControlFlow::Continue(())
    });
    told
}

#[test]
fn a_topic_chooses_its_mapping() {
    let order = r#"{"type":"order.placed","a/b":["x",{"~":"order.cancelled"}],"data":{"id":"P-1","placed_at":"2026-03-19T10:00:00Z","currency":"EUR","lines":[{"sku":"x","quantity":1}],"reason":"stop"}}"#;
    let pointer = |pointer: &str| Place::Pointer(pointer.to_owned());
    let cases: [(Place, &str, &str, &str); 10] = [
        (pointer("/type"), "", order, "P-1 order"),
        (pointer("/a~1b/1/~0"), "", order, "P-1 stop"),
        (pointer("/a~1b/0"), "", order, "unknown_topic"),
        (pointer("/kind"), "order.placed", order, "missing_field /kind"),
        (pointer("/data"), "", order, "missing_field /data"),
        (pointer("/type"), "", "{", "not_json "),
        (Place::Header("x-topic".to_owned()), "order.cancelled", order, "P-1 stop"),
        (Place::Header("x-topic".to_owned()), "order.placed", order, "P-1 order"),
        (Place::Header("x-topic".to_owned()), "order.archived", order, "unknown_topic"),
        (Place::Header("x-topic".to_owned()), "", order, "missing_field "),
    ];
    for (at, topic, body, expected) in cases {
        let told = read(at.clone(), topic, body);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0] == expected || (expected.ends_with(' ') && told[0].starts_with(expected)),
            "{at:?} {topic}: {told:?}"
        );
    }
}
