//! EasyPost's callbacks: an event in, reports and rejects out.

use adapters::{
    carriers::easypost::{CARRIER, STATES},
    sign::{self, SignatureFault},
};
use model::{
    port::inbound::{Callback, Document, TrackingStatus::*},
    time::Instant,
};

const SECRET: &[u8] = "sécret of the fixtures".as_bytes();

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/easypost/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn parse(bytes: &[u8]) -> Callback {
    (CARRIER.parse)(&Document {
        topic: "",
        name: "",
        media_type: "application/json",
        headers: &[],
        bytes,
        received_at: Instant(0),
    })
}

fn codes(callback: &Callback) -> Vec<(&str, Option<&str>)> {
    callback.rejects.iter().map(|r| (r.code.as_str(), r.location.pointer.as_deref())).collect()
}

#[test]
fn an_event_restates_the_whole_history() {
    let callback = parse(&fixture("good_delivered"));
    assert_eq!(callback.rejects, []);
    let report = &callback.reports[0];
    assert_eq!((report.carrier.as_str(), report.number.as_str()), ("FedEx", "EP000000000001"));
    assert_eq!(report.status, Delivered);
    let statuses: Vec<_> = report.nodes.iter().map(|node| node.status).collect();
    assert_eq!(statuses, [InfoReceived, InTransit, InTransit, OutForDelivery, Delivered]);
    assert_eq!(report.nodes[2].code, "in_transit.departed_facility");
    assert_eq!((report.nodes[2].place.as_str(), report.nodes[0].place.as_str()), ("RENO, NV, US", "US"));
    assert_eq!(report.nodes[4].at.rfc3339(), "2026-11-19T19:31:00Z");
}

#[test]
fn every_state_stands_once_and_a_return_has_only_begun() {
    assert!(STATES.is_sorted_by_key(|(name, _)| name));
    assert_eq!(parse(&fixture("good_returning")).reports[0].status, Returning);
    let created = parse(&fixture("good_created"));
    assert_eq!((created.rejects.len(), created.reports[0].status, created.reports[0].nodes.len()), (0, Unknown, 0));
}

#[test]
fn other_events_are_ignored_and_say_why() {
    let callback = parse(&fixture("ignored_batch"));
    assert_eq!(callback.reports, []);
    assert_eq!(codes(&callback), [("callback_ignored", Some("/description"))]);
    assert_eq!(callback.rejects[0].args["event"], "batch.updated");
}

#[test]
fn a_bad_node_costs_only_itself() {
    let callback = parse(&fixture("bad_details"));
    let at = |n: u32, field: &str| format!("/result/tracking_details/{n}{field}");
    let wanted =
        [("bad_callback", at(1, "")), ("not_a_date", at(2, "/datetime")), ("tracking_code_unknown", at(3, "/status"))];
    let wanted: Vec<_> = wanted.iter().map(|(code, place)| (*code, Some(place.as_str()))).collect();
    assert_eq!(codes(&callback), wanted);
    assert_eq!(callback.reports[0].nodes.len(), 3);
    assert_eq!(codes(&parse(&fixture("bad_number"))), [("bad_callback", Some("/result/tracking_code"))]);
    assert_eq!(codes(&parse(&fixture("bad_result"))), [("bad_callback", Some("/result"))]);
    for broken in [&b"{\"description\":"[..], b"[]", b"{}", b"\xff", b""] {
        assert_eq!(codes(&parse(broken)), [("bad_callback", None)]);
    }
}

#[test]
fn the_signature_covers_the_bytes_as_they_came() {
    let body = fixture("good_delivered");
    let sign_with = |key: &[u8]| sign::sign(CARRIER.scheme, &[key.to_vec()], "", Instant(0), &body).unwrap().headers;
    let sent = sign_with("se\u{301}cret of the fixtures".as_bytes());
    let verify =
        |headers: &[(String, String)], body: &[u8]| CARRIER.verify(&[SECRET.to_vec()], headers, body, Instant(0));
    assert_eq!(verify(&sent, &body), Ok(()));
    // Signed with the secret as it is typed, or over the same JSON written again.
    assert_eq!(verify(&sign_with(SECRET), &body), Err(SignatureFault::Mismatch));
    let again = String::from_utf8(body.clone()).unwrap().replace("614.4", "614.40");
    assert_eq!(verify(&sent, again.as_bytes()), Err(SignatureFault::Mismatch));
    assert_eq!(verify(&[], &body), Err(SignatureFault::Missing));
}

#[test]
fn the_services_own_sample_is_taken_where_it_is_at_hand() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples/easypost/event-body_webhook-fixture.json");
    let Ok(file) = std::fs::read(path) else { return };
    let body = file.strip_suffix(b"\n").unwrap_or(&file);
    let value = "hmac-sha256-hex=38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db";
    let sent = [("x-hmac-signature".to_owned(), value.to_owned())];
    assert_eq!(CARRIER.verify(&["sécret".as_bytes().to_vec()], &sent, body, Instant(0)), Ok(()));
    let callback = parse(body);
    assert_eq!(callback.rejects, []);
    assert_eq!((callback.reports[0].nodes.len(), callback.reports[0].status), (7, InTransit));
}
