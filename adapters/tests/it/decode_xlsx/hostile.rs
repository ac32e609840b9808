//! Workbooks made to break their reader.

use super::*;

/// Two cells, A1 and XFD1048576: 412 GB as a dense range.
#[test]
fn two_far_corners_cost_nothing() {
    let bytes = written(|book| {
        book.add_worksheet().write_string(0, 0, "first")?.write_string(1_048_575, 16_383, "last")?;
        Ok(())
    });
    let (rows, info) = read(&bytes, SheetChoice::First);
    assert_eq!(info.map(|info| info.rows), Ok(2));
    assert_eq!(rows[0].as_ref().map(|row| (row.number, row.cells.len())), Ok((1, 1)));
    let fault = rows[1].as_ref().expect_err("a fault");
    assert_eq!((fault.code, fault.row, fault.place.as_str()), ("too_many_columns", Some(1_048_576), "XFD1048576"));
    // Formats to the end of the sheet are no content.
    let bytes = sheet(r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>"#);
    assert_eq!(good(&bytes).len(), 1);
}

#[test]
fn what_is_no_workbook_is_refused() {
    let mut encrypted = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    encrypted.extend(std::iter::repeat_n(0, 600));
    let old = encrypted.clone();
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let whole = package(&[]);
    let ods = zipped(
        CompressionMethod::Stored,
        &[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<a/>")],
    );
    let book_lost: Vec<(&str, &[u8])> =
        vec![("_rels/.rels", PACKAGE.as_bytes()), ("xl/worksheets/sheet1.xml", SHEET.as_bytes())];
    let cases: [(&[u8], &str); 8] = [
        (b"", "not_a_workbook"),
        (b"a,b\n1,2\n", "not_a_workbook"),
        (b"PK\x03\x04 and no more", "not_a_workbook"),
        (&whole[..whole.len() / 2], "not_a_workbook"),
        (&encrypted, "workbook_encrypted"),
        (&old, "old_workbook"),
        (&ods, "not_a_workbook"),
        (&zipped(CompressionMethod::Stored, &book_lost), "not_a_workbook"),
    ];
    for (bytes, code) in cases {
        assert_eq!(refused(bytes).code, code);
    }
    assert_eq!(refused(&vec![0; decode::MAX_WORKBOOK_BYTES + 1]).code, "document_too_large");
    // Junk around a good archive does no harm.
    assert_eq!(good(&[b"junk", whole.as_slice(), b"junk"].concat()).len(), 1);
}

#[test]
fn hostile_parts_are_refused() {
    let sst = |attributes: &str| format!("<sst {attributes}><si><t>a</t></si></sst>");
    let doctype =
        |xml: &str| format!("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>{xml}");
    let attributes: String = (0..100_000).map(|number| format!(" a{number}=\"\"")).collect();
    let fonts = format!(
        "<styleSheet><fonts><font><name val=\"{}\"/></font></fonts><cellXfs>{}</cellXfs></styleSheet>",
        "f".repeat(50_000),
        "<xf fontId=\"0\"/>".repeat(10_000)
    );
    let brackets = format!("<styleSheet><numFmt formatCode=\"{}\"/></styleSheet>", "[".repeat(300));
    let wide: Vec<u8> = WORKBOOK.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&str, Vec<u8>, &str); 20] = [
        ("xl/sharedStrings.xml", sst("uniqueCount=\"4294967295\"").into(), "shared_strings_too_many"),
        ("xl/sharedStrings.xml", sst("count=\"99999999999999999999999\"").into(), "shared_strings_too_many"),
        (
            "xl/sharedStrings.xml",
            format!("<x>{}</x>", sst("uniqueCount=\"4294967295\"")).into(),
            "shared_strings_too_many",
        ),
        (
            "xl/sharedStrings.xml",
            format!("<sst><si><t>{}</t></si></sst>", "<a/>".repeat(300_000)).into(),
            "part_too_large",
        ),
        ("xl/workbook.xml", doctype(WORKBOOK).into(), "doctype"),
        ("[Content_Types].xml", doctype(CONTENT_TYPES).into(), "doctype"),
        ("xl/worksheets/sheet1.xml", doctype(SHEET).into(), "doctype"),
        ("docProps/app.xml", doctype("<x/>").into(), "doctype"),
        ("xl/workbook.xml", [b"\xff\xfe".as_slice(), &wide].concat(), "part_encoding"),
        ("xl/workbook.xml", wide, "part_encoding"),
        ("xl/worksheets/sheet1.xml", format!("<worksheet{attributes}/>").into(), "part_too_large"),
        ("xl/worksheets/sheet1.xml", "<a>".repeat(1_000_000).into(), "too_deep"),
        (
            "xl/worksheets/sheet1.xml",
            SHEET.replace("<v>1</v>", &format!("<v>{}</v>", "9".repeat(3_000_000))).into(),
            "part_too_large",
        ),
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r=\"".to_vec(), "workbook_damaged"),
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>".to_vec(), "workbook_damaged"),
        ("xl/styles.xml", fonts.into(), "styles_too_many"),
        ("xl/styles.xml", brackets.into(), "styles_too_many"),
        (
            "xl/workbook.xml",
            WORKBOOK
                .replace("<sheets>", &format!("<sheets>{}", "<sheet name=\"x\" r:id=\"rId1\"/>".repeat(200)))
                .into(),
            "too_many_sheets",
        ),
        ("xl/_rels/workbook.xml.rels", RELATIONS.replace("sheet1", "sheet9").into(), "sheet_missing"),
        ("../../escape.xml", b"<x/>".to_vec(), "part_name"),
    ];
    for (name, content, code) in cases {
        let head = String::from_utf8_lossy(&content[..content.len().min(60)]).into_owned();
        assert_eq!(refused(&package(&[(name, &content)])).code, code, "{name}: {head}");
    }
}

/// WPS Office writes an addition of its own in UTF-16; no parser of ours reads it.
#[test]
fn a_part_nobody_reads_may_be_in_any_encoding() {
    let wide: Vec<u8> = "\u{feff}<!DOCTYPE a><a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(good(&package(&[("customXml/item1.xml", &wide)])).len(), 1);
    for name in ["xl/sharedStrings.xml", "xl/styles.xml", "XL/Theme/theme1.xml"] {
        assert_eq!(refused(&package(&[(name, &wide)])).code, "part_encoding", "{name}");
    }
    assert_eq!(refused(&package(&[("xl/worksheets/sheet1.xml", &wide)])).code, "sheet_missing");
}

#[test]
fn references_to_nowhere_are_refused() {
    for reference in
        ["A0", "ZZZZ1", "XFE1", "A1048577", "A4294967296", "A99999999999", "1", "A", "", "A-1", "\u{4e00}1"]
    {
        let bytes = sheet(&format!("<row r=\"1\"><c r=\"{reference}\"><v>1</v></c></row>"));
        assert_eq!(refused(&bytes).code, "bad_cell_reference", "{reference}");
    }
    for row in ["0", "4294967295", "99999999999999999999", "-1", "x"] {
        let bytes = sheet(&format!("<row r=\"{row}\"><c><v>1</v></c></row>"));
        assert_eq!(refused(&bytes).code, "bad_cell_reference", "{row}");
    }
    for dimension in ["B2:A1", "A0", "A1:B2:C3", "A1:ZZZZZZZZZZZ9", ""] {
        let xml = SHEET.replace("<sheetData>", &format!("<dimension ref=\"{dimension}\"/><sheetData>"));
        let bytes = package(&[("xl/worksheets/sheet1.xml", xml.as_bytes())]);
        assert_eq!(refused(&bytes).code, "bad_cell_reference", "{dimension}");
    }
    assert_eq!(refused(&sheet(r#"<row><c t="s"><v>7</v></c></row>"#)).code, "workbook_damaged");
    assert_eq!(refused(&sheet(r#"<row><c t="n"><v>x</v></c></row>"#)).code, "workbook_damaged");
    let bytes = sheet(r#"<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>"#);
    assert_eq!(refused(&bytes).code, "rows_out_of_order");
}

#[test]
fn bombs_do_not_go_off() {
    let row = format!(r#"<row><c t="inlineStr"><is><t>{}</t></is></c></row>"#, "order ".repeat(1_000));
    let xml = format!("<worksheet><sheetData>{}</sheetData></worksheet>", row.repeat(1_500));
    let bomb = zipped(CompressionMethod::Deflated, &complete(&[("xl/worksheets/sheet1.xml", xml.as_bytes())]));
    assert!(bomb.len() < 50_000 && xml.len() > 9_000_000);
    assert_eq!(refused(&bomb).code, "suspicious_compression");
    let entry = find(&bomb, b"xl/worksheets/sheet1.xml");
    // Stated sizes are not believed: too small a lie does not hide the bomb, too large a one is no bargain.
    let mut small = bomb.clone();
    small[entry + 24..entry + 28].copy_from_slice(&10_u32.to_le_bytes());
    assert!(["suspicious_compression", "workbook_damaged"].contains(&refused(&small).code));
    let mut large = package(&[]);
    let entry = find(&large, b"xl/workbook.xml");
    large[entry + 24..entry + 28].copy_from_slice(&0x0fff_ffff_u32.to_le_bytes());
    assert_eq!(refused(&large).code, "unpacked_too_large");
}

/// Offset of the central record that names this part.
fn find(bytes: &[u8], name: &[u8]) -> usize {
    let starts = |at: &usize| bytes[*at..].starts_with(b"PK\x01\x02") && bytes[*at + 46..].starts_with(name);
    (0..bytes.len()).find(starts).expect("the record")
}

#[test]
fn directories_that_lie_are_refused() {
    let names: Vec<String> = (0..=decode::MAX_PARTS).map(|number| format!("xl/media/{number}.png")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert_eq!(refused(&package(&parts)).code, "too_many_parts");
    assert_eq!(refused(&package(&[("XL/WORKBOOK.XML", WORKBOOK.as_bytes())])).code, "duplicate_part");
    // The same name twice: written as another name of the same length, then patched in both records.
    let mut twice = package(&[("xl/workbooq.xml", WORKBOOK.as_bytes())]);
    while let Some(at) = twice.windows(15).position(|window| window == b"xl/workbooq.xml") {
        twice[at..at + 15].copy_from_slice(b"xl/workbook.xml");
    }
    assert_eq!(refused(&twice).code, "duplicate_part");
    // Two entries of the directory share the bytes of one part.
    let mut shared = package(&[("xl/worksheets/sheet2.xml", SHEET.as_bytes())]);
    let first = find(&shared, b"xl/worksheets/sheet1.xml");
    let second = find(&shared, b"xl/worksheets/sheet2.xml");
    let offset: [u8; 4] = shared[first + 42..first + 46].try_into().expect("four bytes");
    shared[second + 42..second + 46].copy_from_slice(&offset);
    assert_eq!(refused(&shared).code, "overlapping_parts");
    // An entry under a password.
    let mut locked = package(&[]);
    let entry = find(&locked, b"xl/workbook.xml");
    locked[entry + 8] |= 1;
    assert_eq!(refused(&locked).code, "workbook_encrypted");
}

#[test]
fn damaged_workbooks_never_panic() {
    let good = written(|book| {
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "订单号")?.write_number(1, 0, 1.5)?.write_boolean(2, 2, true)?;
        Ok(())
    });
    for at in (0..good.len()).step_by(13) {
        let mut broken = good.clone();
        broken[at] ^= 0x55;
        let _any = read(&broken, SheetChoice::First);
    }
    for end in (0..good.len()).step_by(211) {
        let _any = read(&good[..end], SheetChoice::First);
    }
    let xml = SHEET.as_bytes();
    for at in 0..xml.len() {
        for byte in *b"<>/\"&!?\0 \xff" {
            let mut broken = xml.to_vec();
            broken[at] = byte;
            let _any = read(&package(&[("xl/worksheets/sheet1.xml", &broken)]), SheetChoice::First);
        }
    }
}

#[test]
fn too_many_rows_end_the_reading() {
    let mut rows = String::new();
    for number in 1..=decode::MAX_SHEET_ROWS + 1 {
        rows.push_str(&format!("<row><c><v>{}</v></c></row>", u64::from(number) * 2_654_435_761 % 1_000_003));
    }
    let (seen, info) = read(&sheet(&rows), SheetChoice::First);
    assert_eq!((seen.len(), info.map_err(|fault| fault.code)), (decode::MAX_SHEET_ROWS as usize, Err("too_many_rows")));
}
