//! Callers described by the configuration alone.

use adapters::{
    carriers::{
        Caller,
        signed::{Form, FormMistake, KIND},
    },
    sign::SignatureFault,
};
use model::{
    port::inbound::{Callback, Document, TrackingStatus::*},
    time::Instant,
};

const SECRET: &[u8] = b"secret of the parcels";

fn read(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/signed/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn form() -> Form {
    toml::from_slice(&read("form.toml")).unwrap()
}

fn parse(form: &Form, bytes: &[u8]) -> Callback {
    let headers = &[];
    let media_type = "application/json";
    let doc = Document { topic: "", name: "", media_type, headers, bytes, received_at: Instant(0) };
    Caller::new(KIND, Some(form)).unwrap().parse(&doc)
}

fn keys(found: &[FormMistake]) -> Vec<(&str, &str)> {
    found.iter().map(|m| (m.key, m.code)).collect()
}

#[test]
fn a_history_is_read_by_its_pointers() {
    let form = form();
    assert_eq!(form.lint(), []);
    let callback = parse(&form, &read("good_history.json"));
    assert_eq!(callback.rejects, []);
    let report = &callback.reports[0];
    assert_eq!((report.carrier.as_str(), report.number.as_str()), ("blue", "PH0000000001"));
    assert_eq!(report.status, Delivered);
    let nodes: Vec<_> = report.nodes.iter().map(|n| (n.status, n.code.as_str(), n.at.rfc3339())).collect();
    let at = |text: &str| text.to_owned();
    assert_eq!(nodes, [(InTransit, "T", at("2025-11-17T14:42:13Z")), (Delivered, "D", at("2025-11-19T19:31:00Z")),]);
    assert_eq!((report.nodes[1].place.as_str(), report.nodes[1].text.as_str()), ("Austin", "Left at the door"));
}

#[test]
fn a_scan_that_cannot_be_read_costs_only_itself() {
    let callback = parse(&form(), &read("bad_scans.json"));
    let codes: Vec<_> = callback.rejects.iter().map(|r| (r.code.as_str(), r.location.pointer.as_deref())).collect();
    assert_eq!(
        codes,
        [
            ("tracking_code_unknown", Some("/data/scans/0/code")),
            ("not_a_date", Some("/data/scans/1/when")),
            ("not_a_date", Some("/data/scans/2/when")),
        ]
    );
    assert_eq!((callback.reports[0].status, callback.reports[0].nodes.len()), (Unknown, 1));
    assert_eq!(parse(&form(), b"{}").rejects[0].args["why"], "number_unusable");
    assert_eq!(parse(&form(), b"{").rejects[0].code, "bad_callback");
}

#[test]
fn one_node_a_body_with_a_time_as_text() {
    let one: Form = toml::from_str(
        r#"
        number = "/no"
        carrier_code = "blue"
        status = "/state"
        at = "/at"
        zone = "Asia/Shanghai"
        statuses = { "签收" = "delivered" }
        signature = { header = "sign", algorithm = "sha256_with_secret", encoding = "hex" }"#,
    )
    .unwrap();
    assert_eq!(one.lint(), []);
    let body = r#"{"no":90071992547409931,"state":"签收","at":"2026-11-22 16:33:19"}"#;
    let callback = parse(&one, body.as_bytes());
    assert_eq!(callback.rejects, []);
    assert_eq!(callback.reports[0].number, "90071992547409931");
    assert_eq!(callback.reports[0].nodes[0].at.rfc3339(), "2026-11-22T08:33:19Z");
    let without = Form { zone: String::new(), ..one };
    assert_eq!(parse(&without, body.as_bytes()).rejects[0].code, "not_a_date");
}

#[test]
fn the_signature_is_the_one_described() {
    let form = form();
    let caller = Caller::new(KIND, Some(&form)).unwrap();
    let body = read("good_history.json");
    let value = form.signature.sign(SECRET, &body);
    let verify = |name: &str, value: &str, body: &[u8]| {
        caller.verify(&[SECRET.to_vec()], &[(name.to_owned(), value.to_owned())], body, Instant(0))
    };
    assert_eq!(verify("x-parcels-signature", &value, &body), Ok(()));
    assert_eq!(verify("x-parcels-signature", &value, b"{}"), Err(SignatureFault::Mismatch));
    assert_eq!(verify("x-parcels-signature", &value["sha256=".len()..], &body), Err(SignatureFault::Malformed));
    assert_eq!(verify("x-other", &value, &body), Err(SignatureFault::Missing));
    assert_eq!(caller.check_secrets(&[b"short".to_vec()]), Err(SignatureFault::SecretTooShort));
    // sha256("abc/key"), as sha256sum gives it.
    let form: Form = Form {
        signature: toml::from_str("header = \"sign\"\nalgorithm = \"sha256_with_secret\"\nencoding = \"hex\"").unwrap(),
        ..form.clone()
    };
    assert_eq!(form.signature.sign(b"key", b"abc"), "bf138da6b63b58a832b2e1639f29515f30840ba5e682cce5a1c219a0d5a5896f");
}

#[test]
fn mistakes_in_a_form_are_found_without_a_document() {
    let mut wrong = form();
    wrong.signature.header = "X Signature".to_owned();
    wrong.number = "data.no".to_owned();
    wrong.text = "/a~2".to_owned();
    wrong.carrier_code = "blue".to_owned();
    wrong.zone = "Beijing".to_owned();
    wrong.statuses.clear();
    assert_eq!(
        keys(&wrong.lint()),
        [
            ("signature.header", "callback_form_header"),
            ("number", "callback_form_pointer"),
            ("text", "callback_form_pointer"),
            ("carrier", "callback_form_carrier"),
            ("zone", "unknown_zone"),
            ("statuses", "callback_form_statuses"),
        ]
    );
    let text = String::from_utf8(read("form.toml")).unwrap().replace("\"delivered\"", "\"arrived\"");
    assert!(toml::from_str::<Form>(&text).is_err());
    assert!(Caller::new(KIND, None).is_none() && Caller::new("kuaidi100", Some(&wrong)).is_none());
}
