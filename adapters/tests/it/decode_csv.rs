//! Delimited text: rows with the numbers an editor shows, and faults that cost one row.

use adapters::{
    decode::{self, TableFormat, TableInfo, TableOptions},
    node::{DecodeFault, Scalar},
};
use std::{ops::ControlFlow, path::Path};

/// A row for comparison: number, then cells, an empty one as `∅`; or number, code and place of its fault.
#[derive(PartialEq, Debug)]
enum Seen {
    Row(u32, Vec<String>),
    Fault(u32, &'static str, String),
}

fn row<const N: usize>(number: u32, cells: [&str; N]) -> Seen {
    Seen::Row(number, cells.map(str::to_owned).to_vec())
}

fn fault(number: u32, code: &'static str, place: &str) -> Seen {
    Seen::Fault(number, code, place.to_owned())
}

fn read_as(
    bytes: &[u8],
    encoding: Option<&str>,
    delimiter: Option<char>,
) -> (Vec<Seen>, Result<TableInfo, DecodeFault>) {
    let format = TableFormat::Csv { encoding: encoding.map(str::to_owned), delimiter };
    let mut seen = Vec::new();
    let info = decode::table(bytes, &TableOptions { format }, &mut |read| {
        seen.push(match read {
            Ok(read) => {
                let shown = |cell: &Scalar<'_>| match cell {
                    Scalar::Text(text) => text.to_string(),
                    Scalar::Null => "∅".to_owned(),
                    other => format!("never in text: {other:?}"),
                };
                Seen::Row(read.number, read.cells.iter().map(shown).collect())
            }
            Err(fault) => {
                assert!(decode::CODES.contains(&fault.code) && !fault.fatal, "{fault:?}");
                assert!(!fault.was.contains('\0'), "a store that refuses NUL must hold the fault");
                Seen::Fault(fault.row.expect("a row"), fault.code, fault.place)
            }
        });
        ControlFlow::Continue(())
    });
    if let Ok(info) = &info {
        assert_eq!(info.rows as usize, seen.len());
    }
    (seen, info)
}

fn rows(bytes: impl AsRef<[u8]>) -> Vec<Seen> {
    let (seen, info) = read_as(bytes.as_ref(), None, None);
    info.expect("a readable table");
    seen
}

fn refused(bytes: impl AsRef<[u8]>) -> DecodeFault {
    let fault = read_as(bytes.as_ref(), None, None).1.expect_err("a fatal fault");
    assert!(decode::CODES.contains(&fault.code) && fault.fatal, "{fault:?}");
    fault
}

#[test]
fn records_are_split_as_excel_splits_them() {
    let cases: [(&str, Vec<Seen>); 20] = [
        ("", vec![]),
        ("\u{feff}", vec![]),
        ("\r\n\r\n", vec![]),
        ("a,b", vec![row(1, ["a", "b"])]),
        ("a,b\n", vec![row(1, ["a", "b"])]),
        ("\u{feff}a,b\r\n1,2\r\n", vec![row(1, ["a", "b"]), row(2, ["1", "2"])]),
        ("a,b\r1,2\r", vec![row(1, ["a", "b"]), row(2, ["1", "2"])]),
        ("a\r\rb\n\nc\r\n\r\nd", vec![row(1, ["a"]), row(3, ["b"]), row(5, ["c"]), row(7, ["d"])]),
        ("a,\n,b\n", vec![row(1, ["a", "∅"]), row(2, ["∅", "b"])]),
        ("a,b\n,,\n\"\"\nc\n", vec![row(1, ["a", "b"]), row(4, ["c"])]),
        ("a,b,c\n1\n1,2,3,4\n", vec![row(1, ["a", "b", "c"]), row(2, ["1"]), row(3, ["1", "2", "3", "4"])]),
        ("\"a,b\",\"c\"\"d\"\n", vec![row(1, ["a,b", "c\"d"])]),
        ("\"\"\"\",\"\"\"a\"\"\"\n", vec![row(1, ["\"", "\"a\""])]),
        ("\"a\"b,c\"d\",\"e\" ,f\n", vec![row(1, ["ab", "c\"d\"", "e ", "f"])]),
        ("\"a\nb\r\nc\rd\",x\ny\n", vec![row(1, ["a\nb\r\nc\rd", "x"]), row(5, ["y"])]),
        (" a , b \n", vec![row(1, [" a ", " b "])]),
        ("a,b\u{2028}c\n", vec![row(1, ["a", "b\u{2028}c"])]),
        ("=\"00123\",\t00123\n", vec![row(1, ["=\"00123\"", "\t00123"])]),
        ("\"=\"\"00123\"\"\",'0012\n", vec![row(1, ["=\"00123\"", "'0012"])]),
        ("a,b\nc,d\u{1a}", vec![row(1, ["a", "b"]), row(2, ["c", "d"])]),
    ];
    for (text, expected) in cases {
        assert_eq!(rows(text), expected, "{text:?}");
        // The same through the window that is decoded in chunks.
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        if !text.contains(['\u{1a}', '\u{feff}']) {
            assert_eq!(rows(&utf16), expected, "{text:?} as UTF-16");
        }
    }
}

#[test]
fn formulas_and_doubtful_numbers_stay_text() {
    for cell in [
        "=HYPERLINK(1)",
        "=cmd|'/c calc'!A1",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "＝1",
        "1.38E+10",
        "１２３",
        "¥1 000",
        "（100）",
    ] {
        assert_eq!(read_as(cell.as_bytes(), None, Some(';')).0, vec![row(1, [cell])]);
    }
}

#[test]
fn the_delimiter_is_found() {
    let cases = [
        ("a,b\n1,2\n", ','),
        ("a;b;c\n1,5;2,5;3\n2,5;3,5;4\n", ';'),
        ("a\tb\n1\t2\n", '\t'),
        ("a|b\n1|2\n", '|'),
        ("订单号，数量\n1，2\n", '，'),
        ("订单号,备注\n1,红色，大号，急\n2,蓝色，小号\n", ','),
        ("only one column\n1\n", ','),
        ("月报;导出\n门店，17号\n\na,b,c\n1,2,3\n4,5,6\n合计\n", ','),
        ("a,b\n\"x;y;z\",1\n\"x;y;z\",2\n", ','),
        ("size,note\n5\",x;y\n6\",x;y\n", ','),
        ("sep=;\na;b\n1,1;2\n", ';'),
    ];
    for (text, expected) in cases {
        let info = read_as(text.as_bytes(), None, None).1.expect("a table");
        assert_eq!(info.delimiter, Some(expected), "{text:?}");
    }
    assert_eq!(rows("sep=|\r\na|b\r\n"), vec![row(2, ["a", "b"])]);
    assert_eq!(rows("订单号，数量\n\"a，b\"，2\n"), vec![row(1, ["订单号", "数量"]), row(2, ["a，b", "2"])]);
    assert_eq!(read_as(b"a;b,c\n", None, Some(',')).0, vec![row(1, ["a;b", "c"])]);
}

#[test]
fn the_encoding_is_found_or_obeyed() {
    let text = "订单号,收货人\n1,张三𠮷\n";
    let expected = vec![row(1, ["订单号", "收货人"]), row(2, ["1", "张三𠮷"])];
    let gb18030 = [
        &b"\xb6\xa9\xb5\xa5\xba\xc5,\xca\xd5\xbb\xf5\xc8\xcb\n"[..],
        b"1,\xd5\xc5\xc8\xfd\x95\x34\xb2\x35\n", // the last four bytes are U+20BB7
    ]
    .concat();
    let wide = |mark: &[u8], unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect()
    };
    let cases: [(Vec<u8>, Option<&str>, &str); 9] = [
        (text.into(), None, "utf-8"),
        (text.into(), Some("UTF-8"), "utf-8"),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), Some("gb18030"), "utf-8"),
        (gb18030.clone(), None, "gb18030"),
        (gb18030.clone(), Some("auto"), "gb18030"),
        (gb18030, Some("gb2312"), "gbk"),
        (wide(b"\xff\xfe", u16::to_le_bytes), None, "utf-16le"),
        (wide(b"\xfe\xff", u16::to_be_bytes), None, "utf-16be"),
        (wide(b"", u16::to_le_bytes), Some("utf-16le"), "utf-16le"),
    ];
    for (bytes, wanted, encoding) in cases {
        let (seen, info) = read_as(&bytes, wanted, None);
        assert_eq!(
            (seen, info.expect("a table").encoding),
            (expectation(&expected), encoding.to_owned()),
            "{wanted:?}"
        );
    }
    assert_eq!(read_as(b"caf\xe9\n", Some("latin1"), None).0, vec![row(1, ["café"])]);
    assert_eq!(read_as(b"\xb1i\xa4T\n", Some("big5"), None).0, vec![row(1, ["張三"])]);
    assert_eq!(read_as(b"a\n", Some("klingon"), None).1.expect_err("a fault").code, "unknown_encoding");
}

fn expectation(rows: &[Seen]) -> Vec<Seen> {
    let copy = |seen: &Seen| match seen {
        Seen::Row(number, cells) => Seen::Row(*number, cells.clone()),
        Seen::Fault(number, code, place) => Seen::Fault(*number, code, place.clone()),
    };
    rows.iter().map(copy).collect()
}

#[test]
fn malformed_text_costs_its_row_only() {
    let utf8 = "订单号,收货人\n1,李四\n2,\u{1}\n3,王五\n".replace('\u{1}', "X").into_bytes();
    let broken: Vec<u8> = utf8.iter().map(|&byte| if byte == b'X' { 0xff } else { byte }).collect();
    let expected = vec![
        row(1, ["订单号", "收货人"]),
        row(2, ["1", "李四"]),
        fault(3, "malformed_text", "B3"),
        row(4, ["3", "王五"]),
    ];
    assert_eq!(rows(&broken), expected);
    assert_eq!(read_as(&broken, Some("utf-8"), None).0, expected);
    // A half-written upload: the last character is cut.
    let cut = "订单号,收货人\n1,李四\n2,王五".as_bytes();
    assert_eq!(rows(&cut[..cut.len() - 1]).last(), Some(&fault(3, "malformed_text", "B3")));
    // A line of UTF-8 in a GB18030 file: 0xFF is in neither.
    assert_eq!(
        read_as(b"\xd5\xc5,1\n\xff,2\n\xc8\xfd,3\n", Some("gb18030"), None).0,
        vec![row(1, ["张", "1"]), fault(2, "malformed_text", "A2"), row(3, ["三", "3"])]
    );
    // A lead byte before a line end does not swallow it.
    assert_eq!(read_as(b"a\x81\nb\n", Some("gb18030"), None).0, vec![fault(1, "malformed_text", "A1"), row(2, ["b"])]);
}

#[test]
fn control_characters_cost_their_row_only() {
    assert_eq!(
        rows("a,b\n1,x\0y\n2,ok\n"),
        vec![row(1, ["a", "b"]), fault(2, "nul_character", "B2"), row(3, ["2", "ok"])]
    );
    assert_eq!(
        rows("a\n\u{1b}[31m\nb\u{7f}\n"),
        vec![row(1, ["a"]), fault(2, "control_character", "A2"), fault(3, "control_character", "A3")]
    );
    assert_eq!(rows("a,\"q\u{8}\"\n"), vec![fault(1, "control_character", "B1")]);
    assert_eq!(rows("a\u{1a}b\nc\n\u{1a}\u{1a}"), vec![fault(1, "control_character", "A1"), row(2, ["c"])]);
    assert_eq!(rows("a,\"x\ty\"\n"), vec![row(1, ["a", "x\ty"])]);
}

#[test]
fn an_unclosed_quote_costs_its_line_only() {
    assert_eq!(rows("a,b\n1,\"x\n2,y\n"), vec![row(1, ["a", "b"]), fault(2, "unclosed_quote", ""), row(3, ["2", "y"])]);
    let mut big = String::from("a,b\r\n1,\"open\r\n");
    for number in 0..40_000 {
        big.push_str(&format!("{number},some text that fills the line\r\n"));
    }
    let seen = rows(&big);
    assert_eq!(
        seen[..3],
        [row(1, ["a", "b"]), fault(2, "unclosed_quote", ""), row(3, ["0", "some text that fills the line"])]
    );
    assert_eq!(seen.last(), Some(&row(40_002, ["39999", "some text that fills the line"])));
    // The same with a window: GB18030 text is decoded in chunks.
    let (seen, info) = read_as(big.as_bytes(), Some("gb18030"), None);
    assert_eq!((seen.len(), info.map(|info| info.rows)), (40_002, Ok(40_002)));
}

#[test]
fn every_limit_holds_at_its_edge() {
    let wide = |cells: usize| format!("{}x\nok\n", "x,".repeat(cells - 1));
    assert!(matches!(&rows(wide(decode::MAX_COLUMNS))[0], Seen::Row(1, cells) if cells.len() == decode::MAX_COLUMNS));
    assert_eq!(rows(wide(decode::MAX_COLUMNS + 1)), vec![fault(1, "too_many_columns", ""), row(2, ["ok"])]);
    assert_eq!(rows(wide(16_385)), vec![fault(1, "too_many_columns", ""), row(2, ["ok"])]);

    for (open, close) in [("", ""), ("\"", "\"")] {
        let long = |length: usize| format!("a,{open}{}{close},b\nok\n", "y".repeat(length));
        assert!(matches!(&rows(long(decode::MAX_FIELD))[0], Seen::Row(1, _)));
        assert_eq!(rows(long(decode::MAX_FIELD + 1)), vec![fault(1, "field_too_long", ""), row(2, ["ok"])]);
    }
    let spaces = format!("a,{}\nok,1\n", " ".repeat(5_000_000));
    assert_eq!(rows(&spaces), vec![fault(1, "field_too_long", ""), row(2, ["ok", "1"])]);
    assert_eq!(read_as(spaces.as_bytes(), Some("gb18030"), None).0, rows(&spaces));

    let record = format!("{}\nok\n", format!("{},", "z".repeat(60_000)).repeat(20));
    assert_eq!(rows(record), vec![fault(1, "record_too_long", ""), row(2, ["ok"])]);

    // Each line opens a quote that the next line's quote does not close.
    let hostile = "\"x\",\"".to_owned() + &"y".repeat(200_000) + "\n";
    assert_eq!(refused(hostile.repeat(102)).code, "too_many_broken_rows");
}

#[test]
fn files_that_only_call_themselves_text_are_told() {
    let cases: [(&[u8], &str); 9] = [
        (b"PK\x03\x04....", "zip"),
        (b"%PDF-1.7\n", "pdf"),
        (b"MZ\x90\x00\x03", "exe"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
        (b"\xef\xbb\xbf <HTML><body>", "html"),
        (b"<!DOCTYPE html><p>", "html"),
        (b"<table><tr><td>", "html"),
        (b"<?xml version=\"1.0\"?><a/>", "xml"),
    ];
    for (bytes, found) in cases {
        let fault = refused(bytes);
        assert_eq!((fault.code, fault.args["found"].as_str()), ("wrong_format", found));
    }
}

#[test]
fn a_reader_may_stop_early() {
    let mut seen = 0;
    let info = decode::table(b"a\nb\nc\n".as_slice(), &TableOptions::default(), &mut |_| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((seen, info.map(|info| info.rows)), (2, Ok(2)));
}

#[test]
fn damaged_bytes_never_panic() {
    let good = "订单号,\"收\"\"货\n人\",x\r\n1,张三,\"2\"\r\n".as_bytes();
    for at in 0..good.len() {
        for byte in [0, b'"', b',', b'\r', b'\n', 0x1a, 0x80, 0xff] {
            let mut broken = good.to_vec();
            broken[at] = byte;
            for encoding in [None, Some("utf-8"), Some("gb18030"), Some("utf-16le"), Some("big5")] {
                let _any = read_as(&broken, encoding, None);
                let _cut = read_as(&broken[..at], encoding, None);
            }
        }
    }
}

#[test]
fn chinese_samples_are_read() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/cn_csv");
    let cases = [
        ("cn_alipay_records.csv", "gb18030", 25, "交易时间"),
        ("cn_icbc_debit_v2.csv", "utf-8", 7, "交易日期"),
        ("cn_jd_records.csv", "utf-8", 22, "交易时间"),
        ("cn_meituan_records.csv", "utf-8", 20, "交易创建时间"),
    ];
    for (file, encoding, line, header) in cases {
        let Ok(bytes) = std::fs::read(samples.join(file)) else { continue };
        let (seen, info) = read_as(&bytes, None, None);
        let info = info.expect("a table");
        assert_eq!((info.encoding.as_str(), info.delimiter), (encoding, Some(',')), "{file}");
        let is_header =
            |seen: &Seen| matches!(seen, Seen::Row(number, cells) if *number == line && cells[0].trim() == header);
        assert!(seen.iter().any(is_header), "{file}: {seen:#?}");
        assert!(!seen.iter().any(|seen| matches!(seen, Seen::Fault(..))), "{file}: {seen:#?}");
    }
}
