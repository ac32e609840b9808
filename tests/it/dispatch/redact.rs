//! What is recorded of an exchange in XML or in bytes shows nobody.

use model::port::outbound::{Answer, Outcome};
use tributary::dispatch::redact::People;

fn recorded(body: &[u8]) -> String {
    let outcome = Outcome::Http { status: 200, headers: vec![], body: body.to_vec() };
    let people = People::nobody().and(["Müller & Söhne <Berlin>".to_owned()]);
    let told = people.answer(&Answer { name: "find", outcome }, None);
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    told["body"].as_str().expect("text").to_owned()
}

#[test]
fn people_in_xml_are_masked_by_element_and_by_name() {
    for (body, told) in [
        ("<b><name>Anna</name><sku>L</sku></b>", "<b><name>***</name><sku>L</sku></b>"),
        ("<b><name lang=\"nl\">Anna</name></b>", "<b><name lang=\"nl\">***</name></b>"),
        ("<b><address><city>Ulm</city></address></b>", "<b><address>***</address></b>"),
        ("<b><label>JVBERi0x</label><number>7</number></b>", "<b><label>***</label><number>7</number></b>"),
        ("<b><name/><phone></phone></b>", "<b><name/><phone>***</phone></b>"),
        ("<b><for>Müller &amp; Söhne &lt;Berlin&gt;</for></b>", "<b><for>***</for></b>"),
        // Cut off: it cannot be told where the name ends.
        ("<b><name>Ann", "<b><name>***"),
        ("a < b and <", "a < b and <"),
    ] {
        assert_eq!(recorded(body.as_bytes()), told, "{body}");
    }
}

#[test]
fn of_papers_and_pictures_only_the_size_is_told() {
    assert_eq!(recorded(b"%PDF-1.4 Anna"), "[13 bytes]");
    assert_eq!(recorded(b"\x89PNG\0Anna"), "[9 bytes]");
    assert_eq!(recorded(b"\xd6\xd0"), "\u{fffd}\u{fffd}", "a page in another encoding is shown as far as it can be");
}
