//! Signatures: published vectors, and everything that must not pass. One test a group of cases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

use adapters::{
    carriers, channels,
    sign::{
        Encoding, Scheme,
        SignatureFault::{self, *},
        check_secrets, sign, verify,
    },
};
use model::time::{Instant, SECOND};
use std::collections::BTreeSet;

type Judged = Result<(), SignatureFault>;
type Pairs<'a> = &'a [(&'a str, &'a str)];

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TS: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const GOOD: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const HMAC: Scheme = Scheme::HmacSha256 { headers: &["x-sign", "new-sign"], encoding: Encoding::Base64, prefix: "" };
const FORM: Scheme = Scheme::Md5Form { field: "param", signature: "sign" };

fn secrets(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn standard(id: &str, timestamp: &str, signature: &str) -> Vec<(String, String)> {
    headers(&[("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)])
}

fn at(seconds: i64) -> Instant {
    Instant(seconds * SECOND)
}

fn judge(headers: &[(String, String)], body: &[u8]) -> Judged {
    verify(Scheme::StandardWebhooks, &secrets(&[SECRET]), headers, body, at(TS))
}

/// A header under the HMAC scheme with the secret `hush-hush`.
fn hmac(value: &str, body: &[u8]) -> Judged {
    verify(HMAC, &secrets(&["hush-hush"]), &headers(&[("x-sign", value)]), body, at(0))
}

fn hmac_of(body: &[u8]) -> String {
    let signed = sign(HMAC, &secrets(&["hush-hush"]), "", at(0), body).unwrap();
    signed.headers[0].1.clone()
}

#[test]
fn standard_webhooks_vectors() {
    let gbk = [0x7b, 0x22, 0xca, 0xd5, 0xbb, 0xf5, 0xc8, 0xcb, 0x22, 0x3a, 0x22, 0xd5, 0xc5, 0xc8, 0xfd, 0x22, 0x7d];
    let cases: [(&[u8], &str); 6] = [
        (BODY, GOOD),
        (b"", "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A="),
        (b"{\"test\": 2432232314}\n", "v1,FIt3hYjPQCdyuyMOw+0dZwwjGRAx1Il4CsgdFnOmrcc="),
        (r#"{"收货人":"张三"}"#.as_bytes(), "v1,SuOMG2raV0gJfa4XuuXQqoILqZ2CrVtmlFIIvsxq9aM="),
        (&gbk, "v1,lrh41Vh8euWo5ecZP7gGt1/4s+vv6IvcCcxnvdHznPw="),
        (b"{\"a\":\"\0\"}", "v1,vFrZtuShcNiJkqfSqMyYMcwr8rpvmccEf8qz664Yles="),
    ];
    for (body, signature) in cases {
        assert_eq!(judge(&standard(ID, "1614265330", signature), body), Ok(()), "{signature}");
        let signed = sign(Scheme::StandardWebhooks, &secrets(&[SECRET]), ID, at(TS), body).unwrap();
        assert_eq!(signed.headers, standard(ID, "1614265330", signature));
        assert_eq!(&*signed.body, body);
    }
    let second = secrets(&["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]);
    let body = br#"{"email":"test@example.com","username":"test_user"}"#;
    let sent =
        standard("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "1649367553", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    assert_eq!(verify(Scheme::StandardWebhooks, &second, &sent, body, at(1_649_367_553)), Ok(()));
}

#[test]
fn hmac_vectors() {
    // RFC 4231, test case 2 (its key is shorter than what we accept as configuration, not as mathematics).
    let hex = Scheme::HmacSha256 { headers: &["s"], encoding: Encoding::Hex, prefix: "sha256=" };
    let value = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let body = b"what do ya want for nothing?";
    assert_eq!(verify(hex, &secrets(&["Jefe"]), &headers(&[("S", value)]), body, at(0)), Ok(()));
    let cases = [
        (value.to_ascii_uppercase(), Malformed),
        (value.replace("ec38", "EC38"), Malformed),
        (value.replace("sha256=", ""), Malformed),
        (value.replace("ec38", "ec39"), Mismatch),
        (value[..value.len() - 2].to_owned(), Malformed),
    ];
    for (value, fault) in cases {
        assert_eq!(verify(hex, &secrets(&["Jefe"]), &headers(&[("s", &value)]), body, at(0)), Err(fault), "{value}");
    }
}

#[test]
fn a_carriers_published_fixture_passes_where_it_is_at_hand() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples/easypost/event-body_webhook-fixture.json");
    let Ok(file) = std::fs::read(path) else { return };
    let body = file.strip_suffix(b"\n").unwrap_or(&file);
    let scheme =
        Scheme::HmacSha256 { headers: &["x-hmac-signature"], encoding: Encoding::Hex, prefix: "hmac-sha256-hex=" };
    let value = "hmac-sha256-hex=38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db";
    // The sender normalises its secret to NFKD.
    let secret = secrets(&["se\u{301}cret"]);
    let sent = headers(&[("X-Hmac-Signature", value)]);
    assert_eq!(verify(scheme, &secret, &sent, body, at(0)), Ok(()));
    assert_eq!(verify(scheme, &secret, &sent, &file, at(0)), Err(Mismatch));
}

#[test]
fn headers_missing_empty_or_twice() {
    let full = standard(ID, "1614265330", GOOD);
    let without = |name: &str| full.iter().filter(|(n, _)| n != name).cloned().collect::<Vec<_>>();
    let twice = |name: &str| {
        let mut doubled = full.clone();
        doubled.extend(full.iter().find(|(n, _)| n == name).cloned());
        doubled
    };
    let cases = [
        (vec![], DeliveryIdMissing),
        (without("webhook-id"), DeliveryIdMissing),
        (without("webhook-timestamp"), TimestampMissing),
        (without("webhook-signature"), Missing),
        (standard("", "1614265330", GOOD), DeliveryIdMissing),
        (standard(ID, "", GOOD), TimestampMissing),
        (standard(ID, "1614265330", ""), Missing),
        (twice("webhook-id"), Twice),
        (twice("webhook-timestamp"), Twice),
        (twice("webhook-signature"), Twice),
    ];
    for (sent, fault) in cases {
        assert_eq!(judge(&sent, BODY), Err(fault), "{sent:?}");
    }
    let good = hmac_of(BODY);
    let cases: [(Pairs, Judged); 7] = [
        (&[], Err(Missing)),
        (&[("x-sign", "")], Err(Missing)),
        (&[("X-Sign", &good)], Ok(())),
        (&[("x-sign", &good), ("X-SIGN", &good)], Err(Twice)),
        (&[("new-sign", &good)], Ok(())),
        (&[("x-sign", "nonsense"), ("new-sign", &good)], Ok(())),
        (&[("other", &good)], Err(Missing)),
    ];
    for (sent, expected) in cases {
        let judged = verify(HMAC, &secrets(&["hush-hush"]), &headers(sent), BODY, at(0));
        assert_eq!(judged, expected, "{sent:?}");
    }
}

#[test]
fn only_the_raw_bytes_count() {
    let good = hmac_of(br#"{"price": "19.90"}"#);
    assert_eq!(hmac(&good, br#"{"price": "19.90"}"#), Ok(()));
    let altered: [&[u8]; 7] = [
        br#"{"price":"19.90"}"#,
        br#"{"price": "19.9"}"#,
        b"{\"price\": \"19.90\"}\n",
        b"{\"price\": \"19.90\"}\r\n",
        b"\xef\xbb\xbf{\"price\": \"19.90\"}",
        br#"{"price": "19.91"}"#,
        b"",
    ];
    for body in altered {
        assert_eq!(hmac(&good, body), Err(Mismatch), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn malformed_signatures() {
    let good = hmac_of(BODY);
    let url_safe = good.replace('+', "-").replace('/', "_");
    let hex = "g0hM9SsE".repeat(8);
    let cases = [
        (good[..8].to_owned(), Malformed),
        (good.trim_end_matches('=').to_owned(), Malformed),
        (format!("{good}="), Malformed),
        (format!("{good} "), Malformed),
        (format!(" {good}"), Malformed),
        (format!("{good},{good}"), Malformed),
        (hex, Malformed),
        ("undefined".to_owned(), Malformed),
        ("签名".to_owned(), Malformed),
        (good.to_ascii_lowercase(), Mismatch),
    ];
    for (value, fault) in cases {
        let judged = hmac(&value, BODY);
        // A changed letter may also make the last group of base64 invalid.
        assert!(judged == Err(fault) || judged == Err(Malformed), "{value}: {judged:?}");
    }
    if url_safe != good {
        assert_eq!(hmac(&url_safe, BODY), Err(Malformed));
    }
    let bare = GOOD.strip_prefix("v1,").unwrap();
    for list in ["v1,", "v1", ",", bare, "v1;abc", "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="] {
        assert_eq!(judge(&standard(ID, "1614265330", list), BODY), Err(Malformed), "{list}");
    }
}

#[test]
fn lists_of_signatures() {
    let wrong = "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=";
    let asymmetric = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    let nine = [wrong; 9].join(" ");
    let cases = [
        (format!("{wrong} {GOOD}"), Ok(())),
        (format!("{asymmetric} {GOOD}"), Ok(())),
        (format!("v1,bad {GOOD}"), Ok(())),
        (format!("{nine} {GOOD}"), Ok(())),
        (format!("{nine} {wrong} {GOOD}"), Err(TooMany)),
        (vec![wrong; 10_000].join(" "), Err(TooMany)),
        (wrong.to_owned(), Err(Mismatch)),
        // No algorithm but ours: another version is no signature at all.
        (GOOD.replace("v1,", "v2,"), Err(Malformed)),
        (GOOD.replace("v1,", "v1a,"), Err(Malformed)),
        (asymmetric.to_owned(), Err(Malformed)),
    ];
    for (list, expected) in cases {
        assert_eq!(judge(&standard(ID, "1614265330", &list), BODY), expected, "{:.80}", list);
    }
}

#[test]
fn timestamps_are_written_one_way() {
    for text in [
        "now",
        "-1614265330",
        "+1614265330",
        "01614265330",
        "1614265330.0",
        "1614265330000",
        " 1614265330",
        "1_614_265_330",
        "１６１４２６５３３０",
        "-9223372036854775808",
        "9223372036854775808",
    ] {
        assert_eq!(judge(&standard(ID, text, GOOD), BODY), Err(TimestampMalformed), "{text}");
    }
    assert_eq!(judge(&standard(ID, "0", GOOD), BODY), Err(TimestampOutsideWindow));
    assert_eq!(judge(&standard(ID, "999999999999", GOOD), BODY), Err(TimestampOutsideWindow));
}

#[test]
fn the_window_is_five_minutes_both_ways() {
    let sent = standard(ID, "1614265330", GOOD);
    let secret = secrets(&[SECRET]);
    let second = SECOND;
    let cases = [
        (0, Ok(())),
        (second, Ok(())),
        (299 * second, Ok(())),
        (300 * second, Ok(())),
        (-300 * second, Ok(())),
        (300 * second + 1, Err(TimestampOutsideWindow)),
        (301 * second, Err(TimestampOutsideWindow)),
        (-301 * second, Err(TimestampOutsideWindow)),
    ];
    for (later, expected) in cases {
        let judged = verify(Scheme::StandardWebhooks, &secret, &sent, BODY, at(TS).plus(later));
        assert_eq!(judged, expected, "{later} microseconds later");
    }
    for now in [Instant(i64::MIN), Instant(i64::MAX)] {
        let judged = verify(Scheme::StandardWebhooks, &secret, &sent, BODY, now);
        assert_eq!(judged, Err(TimestampOutsideWindow));
    }
}

#[test]
fn ids_cannot_move_the_boundary() {
    let long = "m".repeat(10_000);
    for id in ["a.1", ".", "msg 1", "msg\n1", "消息", &long] {
        assert_eq!(judge(&standard(id, "1614265330", GOOD), BODY), Err(DeliveryIdMalformed), "{id:.20}");
        let signed = sign(Scheme::StandardWebhooks, &secrets(&[SECRET]), id, at(TS), BODY);
        assert_eq!(signed, Err(DeliveryIdMalformed), "we do not send it either");
    }
    // `a` + `1.` and body `x` are the bytes of `a`, `1` and body `.x`; only one reading exists.
    let signed = sign(Scheme::StandardWebhooks, &secrets(&[SECRET]), "a", at(TS), b"x").unwrap();
    assert_eq!(judge(&signed.headers, b".x"), Err(Mismatch));
}

#[test]
fn secrets_are_bound_to_their_endpoint_and_rotate() {
    let old = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let sent = standard(ID, "1614265330", GOOD);
    let scheme = Scheme::StandardWebhooks;
    let unpadded = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNA";
    let cases: [(&[&str], Judged); 9] = [
        (&[SECRET], Ok(())),
        (&[SECRET.strip_prefix("whsec_").unwrap()], Ok(())),
        (&[old, SECRET], Ok(())),
        (&[SECRET, old], Ok(())),
        (&[old], Err(Mismatch)),
        (&[unpadded], Err(Mismatch)),
        (&[], Err(SecretMissing)),
        (&["", SECRET], Err(SecretMissing)),
        (&[old, SECRET, old], Err(SecretsTooMany)),
    ];
    for (live, expected) in cases {
        assert_eq!(verify(scheme, &secrets(live), &sent, BODY, at(TS)), expected, "{live:?}");
    }
    let both = sign(scheme, &secrets(&[SECRET, old]), ID, at(TS), BODY).unwrap();
    for live in [SECRET, old] {
        assert_eq!(verify(scheme, &secrets(&[live]), &both.headers, BODY, at(TS)), Ok(()), "{live}");
    }
    // Signed by someone who has no key: with nothing, or with what a missing variable prints as.
    for guess in ["undefined", "null", "0"] {
        let forged = sign(HMAC, &secrets(&[guess]), "", at(0), BODY).unwrap();
        assert_eq!(verify(HMAC, &secrets(&["hush-hush"]), &forged.headers, BODY, at(0)), Err(Mismatch), "{guess}");
    }
    assert_eq!(verify(HMAC, &secrets(&[""]), &headers(&[("x-sign", "x")]), BODY, at(0)), Err(SecretMissing));
}

#[test]
fn secrets_are_checked_when_the_configuration_is_read() {
    let cases: [(Scheme, &[&str], Judged); 10] = [
        (Scheme::StandardWebhooks, &[SECRET], Ok(())),
        (Scheme::StandardWebhooks, &["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNA"], Ok(())),
        (Scheme::StandardWebhooks, &["whsec_c2hvcnQ="], Err(SecretTooShort)),
        (Scheme::StandardWebhooks, &["whsec_!!!"], Err(SecretMalformed)),
        (Scheme::StandardWebhooks, &["whsec_"], Err(SecretMissing)),
        (HMAC, &["hush-hush"], Ok(())),
        (HMAC, &["hush"], Err(SecretTooShort)),
        (HMAC, &["hush-hush", "hush"], Err(SecretTooShort)),
        (HMAC, &[], Err(SecretMissing)),
        (FORM, &[""], Err(SecretMissing)),
    ];
    for (scheme, live, expected) in cases {
        assert_eq!(check_secrets(scheme, &secrets(live)), expected, "{live:?}");
    }
}

#[test]
fn form_signatures_cover_the_decoded_field() {
    // RFC 1321: MD5("abc"), here the field `ab` and the salt `c`.
    let salt = secrets(&["c"]);
    let sign_of_abc = "900150983CD24FB0D6963F7D28E17F72";
    let cases: [(String, Judged); 17] = [
        (format!("param=ab&sign={sign_of_abc}"), Ok(())),
        (format!("sign={sign_of_abc}&param=ab"), Ok(())),
        (format!("param=%61b&sign={sign_of_abc}"), Ok(())),
        (format!("&param=ab&&sign={sign_of_abc}&more="), Ok(())),
        (format!("param=ab&sign={}", sign_of_abc.to_ascii_lowercase()), Err(Malformed)),
        (format!("param=ab&sign={}", &sign_of_abc[..8]), Err(Malformed)),
        (format!("param=ab&sign={sign_of_abc}%20"), Err(Malformed)),
        (format!("param=ab+&sign={sign_of_abc}"), Err(Mismatch)),
        (format!("param=AB&sign={sign_of_abc}"), Err(Mismatch)),
        // The salt comes last, so text behind it cannot be the field's.
        (format!("param=abc&sign={sign_of_abc}"), Err(Mismatch)),
        (format!("param=ab&param=xx&sign={sign_of_abc}"), Err(Twice)),
        (format!("param=ab&sign={sign_of_abc}&sign={sign_of_abc}"), Err(Twice)),
        (format!("sign={sign_of_abc}"), Err(Malformed)),
        ("param=ab".to_owned(), Err(Missing)),
        ("param=ab&sign=".to_owned(), Err(Missing)),
        (String::new(), Err(Missing)),
        (format!("param=%&sign={sign_of_abc}"), Err(Malformed)),
    ];
    for (body, expected) in cases {
        assert_eq!(verify(FORM, &salt, &[], body.as_bytes(), at(0)), expected, "{body}");
    }
}

#[test]
fn every_scheme_in_use_takes_what_it_signs() {
    let platforms = channels::ALL.iter().filter_map(|platform| platform.scheme);
    let schemes: Vec<Scheme> = platforms.chain(carriers::ALL.iter().map(|carrier| carrier.scheme)).collect();
    for scheme in schemes {
        let live = secrets(&[SECRET]);
        assert_eq!(check_secrets(scheme, &live), Ok(()));
        let signed = sign(scheme, &live, ID, at(TS), BODY).unwrap();
        assert_eq!(verify(scheme, &live, &signed.headers, &signed.body, at(TS)), Ok(()), "{scheme:?}");
        let mut altered = signed.body.to_vec();
        altered.push(b'x');
        assert!(verify(scheme, &live, &signed.headers, &altered, at(TS)).is_err(), "{scheme:?}");
        assert!(
            verify(
                scheme,
                &secrets(&["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]),
                &signed.headers,
                &signed.body,
                at(TS)
            )
            .is_err()
        );
    }
}

#[test]
fn codes_are_stable_and_differ() {
    let codes: BTreeSet<_> = SignatureFault::ALL.iter().map(|fault| fault.code()).collect();
    assert_eq!(codes.len(), SignatureFault::ALL.len());
    assert!(codes.contains("signature_mismatch") && codes.contains("timestamp_outside_window"));
}
