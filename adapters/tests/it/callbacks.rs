//! Carriers' callbacks: a form in, reports and rejects out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

use adapters::{
    carriers::{self, kuaidi100},
    sign::{self, form},
};
use model::{
    port::inbound::{
        Callback, Document, TrackingReport,
        TrackingStatus::{self, *},
    },
    time::Instant,
};
use std::collections::BTreeSet;

const SALT: &[u8] = b"salt-for-tests";

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/kuaidi100/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn parse(body: &[u8]) -> Callback {
    let doc = Document {
        topic: "",
        name: "",
        media_type: "application/x-www-form-urlencoded",
        headers: &[],
        bytes: body,
        received_at: Instant(0),
    };
    (kuaidi100::CARRIER.parse)(&doc)
}

fn parse_param(param: &[u8]) -> Callback {
    parse(&form::write(&[("param", param)]))
}

fn read(name: &str) -> Callback {
    parse_param(&fixture(name))
}

fn only(callback: &Callback) -> &TrackingReport {
    assert_eq!(callback.rejects, []);
    assert_eq!(callback.reports.len(), 1);
    &callback.reports[0]
}

fn codes(callback: &Callback) -> Vec<&str> {
    callback.rejects.iter().map(|reject| reject.code.as_str()).collect()
}

fn statuses(report: &TrackingReport) -> Vec<TrackingStatus> {
    report.nodes.iter().map(|node| node.status).collect()
}

#[test]
fn a_full_history_comes_out_oldest_first_in_utc() {
    let callback = read("delivered");
    let report = only(&callback);
    assert_eq!((report.carrier.as_str(), report.number.as_str()), ("yuantong", "YT0000000000001"));
    assert_eq!(report.status, Delivered);
    assert_eq!(statuses(report), [PickedUp, InTransit, InTransit, OutForDelivery, Delivered]);
    // 17:30 in Beijing.
    assert_eq!(report.nodes[0].at.rfc3339(), "2026-11-20T09:30:00Z");
    assert_eq!(report.nodes[0].place, "广东,中山市");
    assert_eq!(report.nodes[4].code, "301");
    assert!(report.nodes.is_sorted_by_key(|node| node.at));
}

#[test]
fn the_callbacks_own_status_is_not_the_parcels() {
    for (name, status) in [("in_transit", InTransit), ("updateall", OutForDelivery), ("delivered", Delivered)] {
        assert_eq!(only(&read(name)).status, status, "{name}");
    }
    let aborted = read("abort");
    assert_eq!(codes(&aborted), ["tracking_aborted"]);
    assert_eq!(aborted.rejects[0].order_key, "YT0000000000001");
    assert_eq!(aborted.rejects[0].was, "3天查询无记录");
    assert_eq!(aborted.reports[0].status, InTransit);
    let nothing = read("abort_without_result");
    assert_eq!((codes(&nothing), nothing.reports.len()), (vec!["tracking_aborted"], 0));
}

#[test]
fn state_names_serve_where_no_code_is_sent() {
    assert_eq!(statuses(only(&read("basic_names_only"))), [PickedUp, OutForDelivery]);
}

#[test]
fn a_corrected_carrier_keeps_the_parcel_findable() {
    assert_eq!(only(&read("carrier_corrected")).carrier, "yuantong");
}

#[test]
fn an_international_parcel_has_one_history_from_two_lists() {
    let callback = read("international");
    let report = only(&callback);
    assert_eq!((report.carrier.as_str(), report.status), ("ems", Customs));
    assert_eq!(statuses(report), [PickedUp, InTransit, Customs]);

    let mut param: serde_json::Value = serde_json::from_slice(&fixture("international")).unwrap();
    param["destResult"]["nu"] = "3SABC0000001".into();
    let apart = parse_param(param.to_string().as_bytes());
    let numbers: Vec<_> = apart.reports.iter().map(|report| report.number.as_str()).collect();
    assert_eq!(numbers, ["LX000000000CN", "3SABC0000001"]);

    param["destResult"] = "".into();
    assert_eq!(only(&parse_param(param.to_string().as_bytes())).status, InTransit);
}

#[test]
fn bad_nodes_are_rejects_beside_the_good_ones() {
    let callback = read("bad_nodes");
    let places: Vec<_> =
        callback.rejects.iter().map(|r| (r.code.as_str(), r.location.pointer.as_deref().unwrap_or(""))).collect();
    assert_eq!(
        places,
        [
            ("not_a_date", "/param/lastResult/data/1/ftime"),
            ("bad_callback", "/param/lastResult/data/2"),
            ("not_a_date", "/param/lastResult/data/3/time"),
            ("tracking_code_unknown", "/param/lastResult/data/4"),
        ]
    );
    assert!(callback.rejects.iter().all(|reject| reject.order_key == "YT0000000000001"));
    let report = &callback.reports[0];
    // Same second: as the sender ordered them. The strange state is kept with its code and not guessed.
    assert_eq!(statuses(report), [PickedUp, Unknown, Delivered]);
    assert_eq!(report.nodes[1].code, "777");
}

#[test]
fn whatever_arrives_is_answered_with_rejects_never_a_panic() {
    let many: String = (0..40).map(|n| format!("a{n}=1&")).collect();
    let cases: [(&[u8], &str, &str); 18] = [
        (b"", "bad_callback", "param_missing"),
        (b"sign=ABC", "bad_callback", "param_missing"),
        (b"param", "bad_callback", "not_an_object"),
        (b"param=", "bad_callback", "not_an_object"),
        (b"param=null", "bad_callback", "not_an_object"),
        (b"param=%5B%5D", "bad_callback", "not_an_object"),
        (b"param=%7B", "bad_callback", "json:1:1"),
        (b"param=%7B%7D", "bad_callback", "parcel_missing"),
        (b"param=%7B%7Dx", "bad_callback", "json:1:3"),
        (b"param=%", "bad_callback", "form_escape_malformed"),
        (b"param=%zz", "bad_callback", "form_escape_malformed"),
        (b"param=1&param=2", "bad_callback", "form_field_twice"),
        (many.as_bytes(), "bad_callback", "form_too_many_fields"),
        (b"param={\"lastResult\":[\"x\"]}", "bad_callback", "shape"),
        (b"param={\"lastResult\":{\"nu\":{}}}", "bad_callback", "shape"),
        (b"param={\"lastResult\":{\"data\":\"x\"}}", "bad_callback", "shape"),
        (b"param={\"lastResult\":{\"nu\":\"\",\"data\":[1]}}", "bad_callback", "number_unusable"),
        (b"param={\"lastResult\":{\"nu\":\"\xff\"}}", "bad_callback", "json"),
    ];
    for (body, code, why) in cases {
        let callback = parse(body);
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        assert_eq!(callback.reports, [], "{shown}");
        assert_eq!(codes(&callback)[0], code, "{shown}");
        let found = &callback.rejects[0].args["why"];
        assert!(found.starts_with(why), "{shown}: {found}");
    }
}

#[test]
fn lists_and_texts_have_limits() {
    let node = r#"{"ftime":"2026-11-20 17:30:00","statusCode":"0","context":"x"}"#;
    let nodes = vec![node; kuaidi100::NODES_MAX + 1].join(",");
    let callback = parse_param(format!(r#"{{"lastResult":{{"nu":"1","state":"0","data":[{nodes}]}}}}"#).as_bytes());
    assert_eq!(codes(&callback), ["too_many_values"]);
    assert_eq!(callback.reports[0].nodes.len(), kuaidi100::NODES_MAX);

    let long = "长".repeat(5000);
    let body = format!(
        r#"{{"lastResult":{{"nu":"1","data":[{{"ftime":"2026-11-20 17:30:00","context":"{long}","areaName":"{long}"}}]}}}}"#
    );
    let callback = parse_param(body.as_bytes());
    let node = &only(&callback).nodes[0];
    assert_eq!((node.text.chars().count(), node.place.chars().count()), (kuaidi100::TEXT_MAX, kuaidi100::TEXT_MAX));
    let number = "9".repeat(kuaidi100::CODE_MAX + 1);
    let callback = parse_param(format!(r#"{{"lastResult":{{"nu":"{number}"}}}}"#).as_bytes());
    assert_eq!(codes(&callback)[0], "bad_callback");
}

#[test]
fn an_unknown_state_alarms_once() {
    let node = r#"{"ftime":"2026-11-20 17:30:00","statusCode":"999"}"#;
    let callback =
        parse_param(format!(r#"{{"lastResult":{{"nu":"1","state":"999","data":[{node},{node}]}}}}"#).as_bytes());
    assert_eq!(codes(&callback), ["tracking_code_unknown"]);
    assert_eq!(callback.reports[0].status, Unknown);
}

#[test]
fn each_state_stands_once_and_means_what_the_table_says() {
    let codes: BTreeSet<_> = kuaidi100::states::STATES.iter().map(|(code, _, _)| code).collect();
    let names: BTreeSet<_> = kuaidi100::states::STATES.iter().map(|(_, name, _)| name).collect();
    assert_eq!((codes.len(), names.len()), (kuaidi100::states::STATES.len(), kuaidi100::states::STATES.len()));
    let documented = [
        ("0", Some(InTransit)),
        ("1", Some(PickedUp)),
        ("2", Some(Exception)),
        ("3", Some(Delivered)),
        ("4", Some(Returned)),
        ("5", Some(OutForDelivery)),
        ("6", Some(Returning)),
        ("7", Some(InTransit)),
        ("8", Some(Customs)),
        ("14", Some(Returning)),
        ("1002", Some(InTransit)),
        ("501", Some(AvailableForPickup)),
        ("签收", Some(Delivered)),
        (" 3 ", Some(Delivered)),
        ("9", None),
        ("03", None),
        ("", None),
    ];
    for (code, status) in documented {
        assert_eq!(kuaidi100::states::common(code), status, "{code}");
    }
}

#[test]
fn numbers_may_stand_where_text_is_due() {
    let body = r#"{"status":"polling","lastResult":{"nu":12345678901234567890,"com":null,"state":3,"data":null}}"#;
    let callback = parse_param(body.as_bytes());
    let report = only(&callback);
    assert_eq!(
        (report.number.as_str(), report.carrier.as_str(), report.status),
        ("12345678901234567890", "", Delivered)
    );
}

#[test]
fn a_signed_callback_is_taken_and_answered_as_documented() {
    let carrier = carriers::named("kuaidi100").unwrap();
    let secrets = [SALT.to_vec()];
    let param = fixture("delivered");
    let signed = sign::sign(carrier.scheme, &secrets, "", Instant(0), &param).unwrap();
    assert_eq!(carrier.verify(&secrets, &[], &signed.body, Instant(0)), Ok(()));
    assert_eq!(parse(&signed.body).reports.len(), 1);
    assert!(carrier.scheme.weak());

    let reply = (carrier.reply)(true);
    assert_eq!((reply.status, reply.media_type), (200, "application/json"));
    assert_eq!(reply.body, r#"{"result":true,"returnCode":"200","message":"成功"}"#);
    let again: serde_json::Value = serde_json::from_str(&(carrier.reply)(false).body).unwrap();
    assert_eq!((&again["result"], &again["returnCode"]), (&false.into(), &"500".into()));
}

#[test]
fn forms_keep_bytes_as_they_were() {
    // GBK percent-encoding is bytes, not text; a plus is a space and %2B a plus.
    let form = form::read(b"name=%d5%C5%c8%fd&sum=1+1%2B1&empty&last=%00").unwrap();
    assert_eq!(form.get("name"), Some(&[0xd5, 0xc5, 0xc8, 0xfd][..]));
    assert_eq!(form.get("sum"), Some(&b"1 1+1"[..]));
    assert_eq!(form.get("empty"), Some(&b""[..]));
    assert_eq!(form.get("last"), Some(&b"\0"[..]));
    assert_eq!(form.get("nothing"), None);
    let value: Vec<u8> = (0..=255).collect();
    let written = form::write(&[("all bytes", &value), ("x", b"y")]);
    let back = form::read(&written).unwrap();
    assert_eq!((back.get("all bytes"), back.get("x")), (Some(&value[..]), Some(&b"y"[..])));
}

#[test]
fn carriers_are_listed_in_order_and_found_by_name() {
    let names: Vec<_> = carriers::ALL.iter().map(|carrier| carrier.name).collect();
    assert!(names.is_sorted());
    assert!(names.iter().all(|name| carriers::named(name).is_some()));
    assert!(carriers::named("kdniao").is_none());
}
