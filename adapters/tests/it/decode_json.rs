//! JSON documents: what is read, what is refused, and where the fault is said to be.

use adapters::{
    decode::{self, json},
    node::{DecodeFault, Node, Scalar},
};
use std::{fmt::Write, path::Path};

/// The document written back, numbers as they were.
fn shown(node: &Node<'_>) -> String {
    match node {
        Node::Scalar(Scalar::Null) => "null".into(),
        Node::Scalar(Scalar::Bool(value)) => value.to_string(),
        Node::Scalar(Scalar::Number(text)) => text.to_string(),
        Node::Scalar(Scalar::Text(text)) => format!("{text:?}"),
        Node::Scalar(Scalar::Float(_) | Scalar::Date(_) | Scalar::Error(_)) => "never in JSON".into(),
        Node::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        Node::Map(entries) => {
            let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key:?}:{}", shown(value))).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

fn fault(bytes: impl AsRef<[u8]>) -> DecodeFault {
    let fault = json(bytes.as_ref()).expect_err("a fault");
    assert!(decode::CODES.contains(&fault.code), "{} is not listed", fault.code);
    assert!(fault.fatal);
    fault
}

#[test]
fn good_documents_are_read_as_written() {
    let cases = [
        ("null", "null"),
        (" true\n", "true"),
        ("\"x\"", "\"x\""),
        ("42", "42"),
        ("[]", "[]"),
        ("{ }", "{}"),
        ("\u{feff}{\"a\":1}", "{\"a\":1}"),
        ("{\"z\" : 1 ,\t\"a\":[ 2 , 3\r\n]}", "{\"z\":1,\"a\":[2,3]}"),
        ("{\"\":{\"\":0}}", "{\"\":{\"\":0}}"),
        (r#""\"\\\/\b\f\n\r\t""#, r#""\"\\/\u{8}\u{c}\n\r\t""#),
        (r#""\u5f20\u4E09 plain \uD842\uDFB7""#, "\"张三 plain 𠮷\""),
        ("\"张三😀 padded to more than eight bytes\"", "\"张三😀 padded to more than eight bytes\""),
        ("\"\u{7f}\u{2028}\"", "\"\\u{7f}\\u{2028}\""),
    ];
    for (document, expected) in cases {
        assert_eq!(json(document.as_bytes()).map(|node| shown(&node)), Ok(expected.to_owned()), "{document}");
    }
}

#[test]
fn numbers_keep_their_source_text() {
    for number in
        ["19.90", "0", "-0", "-0.0", "1e400", "1E+2", "1.5e-7", "12345678901234567890123", "0.10000000000000000"]
    {
        let document = format!("[{number}]");
        assert_eq!(json(document.as_bytes()).map(|node| shown(&node)), Ok(document.clone()));
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let cases = [
        ("", "empty_document", "", 1, 1),
        (" \n ", "empty_document", "", 2, 2),
        ("{\"a\":NaN}", "not_json", "/a", 1, 6),
        ("[Infinity]", "not_json", "/0", 1, 2),
        ("[-Infinity]", "not_json", "/0", 1, 3),
        ("[1,]", "not_json", "/1", 1, 4),
        ("{\"a\":1,}", "not_json", "", 1, 8),
        ("{'a':1}", "not_json", "", 1, 2),
        ("{a:1}", "not_json", "", 1, 2),
        ("[1 // no\n]", "not_json", "", 1, 4),
        ("{\"a\" 1}", "not_json", "", 1, 6),
        ("[1 2]", "not_json", "", 1, 4),
        ("[1", "not_json", "", 1, 3),
        ("[\n1,\n{\"é~/\":tru}]", "not_json", "/1/é~0~1", 3, 8),
        ("\"no end", "not_json", "", 1, 8),
        ("\"\\", "not_json", "", 1, 2),
        ("\"\\x41\"", "not_json", "", 1, 2),
        ("\"\\u12\"", "not_json", "", 1, 2),
        ("\"\\u12G4\"", "not_json", "", 1, 2),
        ("\"\\u+123\"", "not_json", "", 1, 2),
        ("01", "not_json", "", 1, 2),
        ("-", "not_json", "", 1, 2),
        ("+1", "not_json", "", 1, 1),
        (".5", "not_json", "", 1, 1),
        ("1.", "not_json", "", 1, 3),
        ("1e", "not_json", "", 1, 3),
        ("0x10", "not_json", "", 1, 2),
        ("{}{}", "not_json", "", 1, 3),
        ("{} x", "not_json", "", 1, 4),
        ("\u{a0}1", "not_json", "", 1, 1),
        ("truex", "not_json", "", 1, 5),
        ("]", "not_json", "", 1, 1),
        ("{\"qty\":1,\"qty\":100}", "duplicate_key", "/qty", 1, 20),
        ("{\"a\":{\"b\":1,\"\\u0062\":2}}", "duplicate_key", "/a/b", 1, 24),
        ("[\"\\uD800\"]", "lone_surrogate", "/0", 1, 3),
        ("[\"\\uDC00\"]", "lone_surrogate", "/0", 1, 3),
        ("[\"\\uD800\\u0041\"]", "lone_surrogate", "/0", 1, 3),
        ("{\"name\":\"a\\u0000b\"}", "nul_character", "/name", 1, 11),
        ("[\"a\nb\"]", "control_character", "/0", 1, 4),
        ("[\"a\tb\"]", "control_character", "/0", 1, 4),
        ("[\"12345678\0\"]", "control_character", "/0", 1, 11),
    ];
    for (document, code, place, line, column) in cases {
        let fault = fault(document);
        assert_eq!((fault.code, fault.place.as_str()), (code, place), "{document}");
        assert_eq!(
            (fault.args["line"].clone(), fault.args["column"].clone()),
            (line.to_string(), column.to_string()),
            "{document}"
        );
    }
}

#[test]
fn what_is_not_utf8_is_refused_with_its_offset() {
    let gbk = encoding_of("{\"收货人\":\"张三\"}");
    let cases: [(&[u8], &str); 7] = [
        (b"[\"\xC3\x28\"]", "2"),
        (b"[\"\xC0\xAF\"]", "2"),
        (b"[\"\xED\xA0\x80\"]", "2"),
        (b"[\"\xF5\x80\x80\x80\"]", "2"),
        (b"\xFF\xFE{\0}\0", "0"),
        (b"\xFE\xFF\0{\0}", "0"),
        (&gbk, "2"),
    ];
    for (document, offset) in cases {
        let fault = fault(document);
        assert_eq!((fault.code, fault.place.as_str()), ("malformed_text", offset), "{document:02x?}");
    }
    // UTF-16 without a mark is valid UTF-8 full of NUL, and still no JSON.
    assert_eq!(fault(b"{\0\"\0a\0").code, "not_json");
    // The same bytes are a good document once the sender's label is heard.
    let text = decode::text(&gbk, Some("gbk")).expect("GBK");
    assert_eq!(json(text.text.as_bytes()).map(|node| shown(&node)), Ok("{\"收货人\":\"张三\"}".into()));
}

/// The text in GBK, by its published code points.
fn encoding_of(text: &str) -> Vec<u8> {
    let known =
        [('收', [0xca, 0xd5]), ('货', [0xbb, 0xf5]), ('人', [0xc8, 0xcb]), ('张', [0xd5, 0xc5]), ('三', [0xc8, 0xfd])];
    let mut bytes = Vec::new();
    for character in text.chars() {
        match known.iter().find(|(known, _)| *known == character) {
            Some((_, pair)) => bytes.extend(pair),
            None => bytes.extend(character.to_string().bytes()),
        }
    }
    bytes
}

#[test]
fn every_limit_holds_at_its_edge() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(json(nested(decode::MAX_JSON_DEPTH).as_bytes()).is_ok());
    assert_eq!(fault(nested(decode::MAX_JSON_DEPTH + 1)).code, "too_deep");
    assert_eq!(fault("[".repeat(10_000)).code, "too_deep");
    assert_eq!(fault("{\"a\":".repeat(10_000)).code, "too_deep");

    let list = |values: usize| format!("[{}0]", "0,".repeat(values - 2));
    assert!(json(list(decode::MAX_JSON_VALUES).as_bytes()).is_ok());
    assert_eq!(fault(list(decode::MAX_JSON_VALUES + 1)).code, "too_many_values");
    assert_eq!(fault(list(1_000_000)).code, "too_many_values");

    let string = |length: usize| format!("\"{}\"", "x".repeat(length));
    assert!(json(string(decode::MAX_JSON_STRING).as_bytes()).is_ok());
    assert_eq!(fault(string(decode::MAX_JSON_STRING + 1)).code, "string_too_long");
    assert_eq!(fault(format!("\"\\n{}\"", "x".repeat(decode::MAX_JSON_STRING))).code, "string_too_long");
    assert_eq!(fault(format!("{{\"{}\":1}}", "k".repeat(decode::MAX_JSON_KEY + 1))).code, "key_too_long");
    assert_eq!(fault("9".repeat(decode::MAX_JSON_NUMBER + 1)).code, "number_too_long");
    assert_eq!(fault(" ".repeat(decode::MAX_JSON_BYTES + 1)).code, "document_too_large");
}

#[test]
fn repeated_keys_are_found_in_maps_of_any_size() {
    for keys in [2, 20, 63, 64, 65, 1_000, 100_000] {
        let mut document = String::from("{");
        for key in 0..keys {
            write!(document, "\"a common beginning {key} and end\":{key},").expect("text");
        }
        let repeated = format!("{document}\"a common beginning {} and end\":0}}", keys / 2);
        assert_eq!(fault(repeated).place, format!("/a common beginning {} and end", keys / 2));
        document.push_str("\"other\":0}");
        assert!(json(document.as_bytes()).is_ok(), "{keys} different keys");
    }
}

#[test]
fn every_prefix_of_a_document_is_refused_and_none_panics() {
    let document = r#"{"a":[1,-2.5e3,true,null,"x\u00e9\uD83D\uDE00"],"张三":{"b":"c"}}"#;
    for end in 0..document.len() {
        fault(&document.as_bytes()[..end]);
    }
    for at in 0..document.len() {
        for byte in [0, b'"', b'\\', b'{', b']', 0x80, 0xff] {
            let mut broken = document.as_bytes().to_vec();
            broken[at] = byte;
            let _any = json(&broken);
        }
    }
}

/// An independent judge: whatever the samples hold, serde_json reads the same.
#[test]
fn samples_are_read_as_serde_json_reads_them() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    let folders = std::fs::read_dir(samples).into_iter().flatten().flatten();
    for file in folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten()) {
        if file.path().extension().is_some_and(|extension| extension == "json") {
            let bytes = std::fs::read(file.path()).expect("sample");
            let (ours, theirs) = (json(&bytes), serde_json::from_slice::<serde_json::Value>(&bytes));
            let agree = match (&ours, &theirs) {
                (Ok(node), Ok(value)) => same(node, value),
                (ours, theirs) => ours.is_err() && theirs.is_err(),
            };
            assert!(agree, "{}: {ours:?} but {theirs:?}", file.path().display());
        }
    }
}

fn same(node: &Node<'_>, value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (node, value) {
        (Node::Scalar(Scalar::Null), Value::Null) => true,
        (Node::Scalar(Scalar::Bool(ours)), Value::Bool(theirs)) => ours == theirs,
        (Node::Scalar(Scalar::Number(ours)), Value::Number(theirs)) => ours.parse().ok() == theirs.as_f64(),
        (Node::Scalar(Scalar::Text(ours)), Value::String(theirs)) => ours == theirs,
        (Node::List(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Node::Map(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|((key, ours), (name, theirs))| key == name && same(ours, theirs))
        }
        _ => false,
    }
}
