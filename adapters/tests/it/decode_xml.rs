//! XML documents: the tree they give, and everything hostile that must end in a fault, soon and without memory.

use super::mapping::{europe, shipped};
use adapters::{
    decode::{
        CODES, MAX_XML_ATTRIBUTES, MAX_XML_BYTES, MAX_XML_DEPTH, MAX_XML_NAME, MAX_XML_NAMES, MAX_XML_TEXT,
        MAX_XML_VALUES, xml, xml_text,
    },
    node::{DecodeFault, Node, Scalar},
};
use model::{
    port::inbound::{Document, Read},
    said::Statement,
    time::Instant,
};
use std::{fmt::Write, ops::ControlFlow, path::Path, time::Duration};

/// The tree written as JSON would be.
fn shown(node: &Node<'_>) -> String {
    match node {
        Node::Scalar(Scalar::Text(text)) => format!("{text:?}"),
        Node::Scalar(other) => unreachable!("{other:?}"),
        Node::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        Node::Map(entries) => {
            let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key}:{}", shown(value))).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

fn fault(bytes: impl AsRef<[u8]>) -> DecodeFault {
    let text = xml_text(bytes.as_ref());
    let fault = match &text {
        Ok(text) => xml(&text.text).expect_err("a fault"),
        Err(fault) => fault.clone(),
    };
    assert!(CODES.contains(&fault.code), "{} is not listed", fault.code);
    assert!(fault.fatal);
    fault
}

#[test]
fn elements_attributes_and_text_become_a_tree() {
    let cases = [
        ("<a/>", r#"{a:""}"#),
        ("<a>  x  </a>", r#"{a:"  x  "}"#),
        ("<p:a xmlns:p='urn:x'><p:b>1</p:b></p:a>", r#"{a:{b:"1"}}"#),
        ("<a><b>1</b><c/><b>2</b><b>3</b></a>", r#"{a:{b:["1","2","3"],c:""}}"#),
        ("<a u='m' xml:lang='de'>1.0</a>", r#"{a:{@u:"m",@xml:lang:"de",#text:"1.0"}}"#),
        ("<a u='m'/>", r#"{a:{@u:"m",#text:""}}"#),
        ("<a u='m'>\n <b>1</b>\n</a>", r#"{a:{@u:"m",b:"1"}}"#),
        ("<a>so <b>1</b> so</a>", r##"{a:{b:"1",#text:"so  so"}}"##),
        ("<a>1 &lt; 2 &amp;&#38; &#x4e2d;<![CDATA[<x> & y]]></a>", r#"{a:"1 < 2 && 中<x> & y"}"#),
        ("<a u='&quot;&#10;x\ny'/>", r#"{a:{@u:"\"\nx y",#text:""}}"#),
        (
            "<?xml version='1.0'?><!-- c --><?go on?><!DOCTYPE a SYSTEM 'http://localhost/a.dtd'><a/><!-- d -->",
            r#"{a:""}"#,
        ),
        ("<!DOCTYPE a PUBLIC '-//X//Y' 'a.dtd'>\n<a/>", r#"{a:""}"#),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(&xml(text).expect(text)), expected, "{text}");
    }
}

#[test]
fn what_is_not_xml_is_told_with_its_place() {
    let cases = [
        ("", "empty_document", ""),
        (" \n", "empty_document", ""),
        ("order", "not_xml", ""),
        ("{\"a\": 1}", "not_xml", ""),
        ("<a><b></a>", "not_xml", "/a/b"),
        ("<a><b>", "not_xml", "/a/b"),
        ("<a><b", "not_xml", "/a"),
        ("<a/><b/>", "not_xml", ""),
        ("<a/>x", "not_xml", ""),
        ("</a>", "not_xml", ""),
        ("<a x=1/>", "not_xml", ""),
        ("<a x='1' x='2'/>", "not_xml", ""),
        ("<a>&</a>", "not_xml", "/a"),
        ("<a>&#0;</a>", "not_xml", "/a"),
        ("<a>&#1;</a>", "control_character", "/a"),
        ("<a>\u{1}</a>", "control_character", "/a"),
        ("<a>\0</a>", "nul_character", "/a"),
        ("<a u='\0'/>", "nul_character", ""),
        ("<a>&copy;</a>", "entity_unknown", "/a"),
        ("<a u='&copy;'/>", "entity_unknown", ""),
        ("<a/><!DOCTYPE a>", "not_xml", ""),
        ("<![CDATA[x]]><a/>", "not_xml", ""),
    ];
    for (text, code, place) in cases {
        let fault = fault(text);
        assert_eq!((fault.code, fault.place.as_str()), (code, place), "{text}");
        assert!(fault.args.contains_key("line") && fault.args.contains_key("column"), "{text}");
    }
}

#[test]
fn entities_are_never_declared() {
    let mut laughs = "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n<!ENTITY lol \"lol\">\n".to_owned();
    for n in 1..10 {
        let below = if n == 1 { "lol".to_owned() } else { format!("lol{}", n - 1) };
        writeln!(laughs, "<!ENTITY lol{n} \"{}\">", format!("&{below};").repeat(10)).expect("written");
    }
    laughs.push_str("]>\n<lolz>&lol9;</lolz>");
    for text in [
        laughs.as_str(),
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY % x SYSTEM \"http://localhost/x.dtd\"> %x;]><a/>",
        "<!DOCTYPE a SYSTEM 'a.dtd' [<!ELEMENT a ANY>]><a/>",
        "<!DOCTYPE a []><a/>",
        "<!DOCTYPE a [%x;]><a/>",
    ] {
        assert_eq!(fault(text).code, "doctype", "{text}");
    }
}

/// Runs `test` and says when it took too long for something hostile.
#[expect(clippy::disallowed_methods, reason = "hostile input must not take long; a test may look at the clock")]
fn soon(what: &str, test: impl FnOnce()) {
    let start = std::time::Instant::now();
    test();
    assert!(start.elapsed() < Duration::from_secs(10), "{what} took {:?}", start.elapsed());
}

#[test]
fn everything_has_a_limit() {
    soon("depth", || {
        let deep = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
        assert!(xml(&deep(MAX_XML_DEPTH)).is_ok());
        assert_eq!(fault(deep(MAX_XML_DEPTH + 1)).code, "too_deep");
        assert_eq!(fault("<a>".repeat(10_000)).code, "too_deep");
    });
    soon("attributes", || {
        let many = |n: usize| (0..n).fold("<a".to_owned(), |text, n| text + &format!(" x{n}='1'")) + "/>";
        assert!(xml(&many(MAX_XML_ATTRIBUTES)).is_ok());
        assert_eq!(fault(many(MAX_XML_ATTRIBUTES + 1)).code, "too_many_attributes");
        let spaces = (0..100_000).fold("<a".to_owned(), |mut text, n| {
            write!(text, " xmlns:p{n}='u'").expect("written");
            text
        });
        assert_eq!(fault(spaces + "/>").code, "too_many_attributes");
    });
    soon("values", || {
        let many = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n - 1));
        assert!(xml(&many(MAX_XML_VALUES)).is_ok());
        assert_eq!(fault(many(MAX_XML_VALUES + 1)).code, "too_many_values");
        let names = |n: usize| format!("<a>{}</a>", (0..n).map(|n| format!("<b{n}/>")).collect::<String>());
        assert!(xml(&names(MAX_XML_NAMES)).is_ok());
        assert_eq!(fault(names(100_000)).code, "too_many_values");
    });
    soon("texts", || {
        let text = |n: usize| format!("<a>{}</a>", "x".repeat(n));
        assert!(xml(&text(MAX_XML_TEXT)).is_ok());
        assert_eq!(fault(text(MAX_XML_TEXT + 1)).code, "string_too_long");
        let pieces = format!("<a>{}</a>", "<![CDATA[0123456789abcdef]]>".repeat(MAX_XML_TEXT / 16 + 1));
        assert_eq!(fault(pieces).code, "string_too_long");
        assert_eq!(fault(format!("<{}/>", "n".repeat(MAX_XML_NAME + 1))).code, "key_too_long");
        assert_eq!(fault(vec![b' '; MAX_XML_BYTES + 1]).code, "document_too_large");
    });
}

#[test]
fn encodings_are_read_as_declared() {
    let read = |bytes: &[u8]| {
        let text = xml_text(bytes)?;
        xml(&text.text).map(|node| (text.encoding.clone(), shown(&node)))
    };
    // 筒 is CDB2 there, 灯 B5C6.
    let gb = b"<?xml version='1.0' encoding=\"gb18030\"?><a>\xcd\xb2\xb5\xc6</a>";
    assert_eq!(read(gb), Ok(("gb18030".to_owned(), "{a:\"筒灯\"}".to_owned())));
    assert_eq!(fault(b"<?xml version='1.0' encoding='utf-8'?><a>\xcd\xb2\xb5\xc6</a>").code, "malformed_text");
    let wide = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let text = "<?xml version='1.0' encoding='UTF-16'?><a>筒灯</a>";
    for big in [false, true] {
        let expected = if big { "utf-16be" } else { "utf-16le" };
        assert_eq!(read(&wide(text, big)), Ok((expected.to_owned(), "{a:\"筒灯\"}".to_owned())));
        let marked = wide(&format!("\u{feff}{text}"), big);
        assert_eq!(read(&marked), Ok((expected.to_owned(), "{a:\"筒灯\"}".to_owned())));
    }
    // What is declared must be so.
    assert_eq!(fault(text).code, "malformed_text");
    assert_eq!(fault("<?xml version='1.0' encoding='ebcdic-xx'?><a/>").code, "unknown_encoding");
    assert_eq!(fault(b"<a>\xff</a>").code, "malformed_text");
    assert_eq!(read("\u{feff}<a/>".as_bytes()), Ok(("utf-8".to_owned(), "{a:\"\"}".to_owned())));
}

#[test]
fn half_a_document_is_no_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mappings/ubl-order/good.xml");
    let whole = std::fs::read(path).expect("a fixture");
    let end = whole.trim_ascii_end().len();
    for cut in (0..end).step_by(7) {
        let code = fault(&whole[..cut]).code;
        assert!(matches!(code, "not_xml" | "empty_document" | "malformed_text" | "entity_unknown"), "{cut}: {code}");
    }
}

/// The standard's own example orders, where they are at hand, as an upload or a webhook brings them.
#[test]
fn samples_go_through() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/ubl");
    let mapping = shipped("ubl-order");
    for (file, id, currency, lines) in [
        ("UBL-Order-2.0-Example.xml", "GT00978567/AEG012345", "GBP", 1),
        ("UBL-Order-2.1-Example.xml", "7300070011115/34", "SEK", 2),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(file)) else { continue };
        let doc =
            Document { topic: "", name: file, media_type: "", headers: &[], bytes: &bytes, received_at: Instant(0) };
        let mut read = Vec::new();
        mapping.read_document(&doc, &europe(), &mut |one| {
            read.push(one);
            ControlFlow::Continue(())
        });
        let [Read::Said(said)] = &read[..] else { unreachable!("{file}: {read:#?}") };
        let Statement::Order(draft) = &said.what else { unreachable!("{file}") };
        assert_eq!(
            (said.external_id.as_str(), draft.header.currency.as_str(), draft.items.len()),
            (id, currency, lines)
        );
        assert!(draft.header.ship_to.as_ref().is_some_and(|party| party.address.is_some()), "{file}");
        assert!(draft.items.iter().all(|item| !item.sku.is_empty() && item.unit_price.is_some()), "{file}");
    }
}
