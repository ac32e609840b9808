//! Documents that are not in memory: read piece by piece, they say what they say when read at once.

use crate::mapping::shipped;
use adapters::{
    decode::{self, HEAD, Source, Stored, TableOptions},
    mapping::ChannelDefaults,
};
use encoding_rs::GB18030;
use model::{
    money::Currency,
    port::inbound::{Document, Read, Summary},
    time::Instant,
};
use std::{
    fmt::Write as _,
    io::{self, Cursor},
    ops::ControlFlow,
};

/// Bytes a piece has; the texts here are longer, so that pieces end in the middle of everything.
const PIECE: usize = 256 * 1024;
const HEADER: &str = "单号,交易时间,商品编码,数量,单价,金额,支付方式,收货人,电话,地址,备注\n";

#[derive(Debug)]
struct Shelf {
    bytes: Vec<u8>,
    /// Bytes after which reading breaks off.
    breaks: u64,
}

impl Shelf {
    fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), breaks: u64::MAX }
    }
}

impl Stored for Shelf {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn head(&self) -> &[u8] {
        &self.bytes[..HEAD.min(self.bytes.len())]
    }

    fn open(&self) -> io::Result<Box<dyn io::Read + '_>> {
        let whole = Cursor::new(&self.bytes);
        if self.breaks >= self.size() {
            return Ok(Box::new(whole));
        }
        Ok(Box::new(io::Read::chain(io::Read::take(whole, self.breaks), Broken)))
    }
}

struct Broken;

impl io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }
}

fn document(bytes: &[u8]) -> Document<'_> {
    Document { topic: "", name: "receipts.csv", media_type: "", headers: &[], bytes, received_at: Instant(0) }
}

fn defaults() -> ChannelDefaults {
    ChannelDefaults { currency: Some(Currency::CNY), zone: chrono_tz::Asia::Shanghai, country: "CN".to_owned() }
}

fn at_once(bytes: &[u8]) -> (Vec<Read>, Summary) {
    let mut found = Vec::new();
    let summary = shipped("pos-cn-csv").read_document(&document(bytes), &defaults(), &mut |read| {
        found.push(read);
        ControlFlow::Continue(())
    });
    (found, summary)
}

fn in_pieces(shelf: &Shelf) -> (Vec<Read>, Summary) {
    let mut found = Vec::new();
    let summary = shipped("pos-cn-csv").read_stored(&document(&[]), shelf, &defaults(), &mut |read| {
        found.push(read);
        ControlFlow::Continue(())
    });
    (found, summary)
}

/// `count` receipts of two rows whose notes hold quotes, line ends and characters of all lengths; one row in the middle
/// is broken, one order comes back after its end, and the totals are below.
fn receipts(count: u32, pad: usize) -> String {
    let mut text = HEADER.to_owned();
    let mut row = |n: u32, quantity: &str, note: &str| {
        writeln!(
            text,
            "L{n:05},2026-03-02 10:12:05,LT-{n},{quantity},24.00,24.00,微信,顾客{n},1380000{n:04},浙江省杭州市西湖区文三路{n}号,\"{note}\""
        )
        .expect("text");
    };
    let note = "轻拿“轻放”,\n𠮷é\"\"急\"\"".repeat(12);
    for n in 1..=count {
        row(n, "1", &format!("{}{note}", "x".repeat(if n == 1 { pad } else { 0 })));
        row(n, if n == count / 2 { "一打" } else { "1" }, "");
    }
    row(3, "1", "late");
    let rows = 2 * count + 1;
    writeln!(text, "合计,,,{rows},,{}.00,,,,,", 24 * rows).expect("text");
    text
}

#[test]
fn pieces_end_in_the_middle_of_anything() {
    for pad in 0..5 {
        let text = receipts(1200, pad);
        assert!(text.len() > 2 * PIECE);
        let (chinese, ..) = GB18030.encode(&text);
        for bytes in [text.as_bytes(), &chinese] {
            let shelf = Shelf::of(bytes);
            let (pieces, summary) = in_pieces(&shelf);
            assert!((pieces, summary) == at_once(bytes), "{pad}");
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let text = receipts(1200, 3);
    let (chinese, ..) = GB18030.encode(&text);
    let (found, summary) = in_pieces(&Shelf::of(&chinese));
    assert_eq!((summary.encoding.as_str(), summary.records), ("gb18030", 2401));
    let rejects: Vec<String> = found
        .iter()
        .filter_map(|read| if let Read::Reject(reject) = read { Some(reject) } else { None })
        .map(|reject| format!("{} {} {:?}", reject.order_key, reject.code, reject.location.cell))
        .collect();
    let line = |order: u32, place: u32| 2 + (order - 1) * 14 + place;
    let broken = format!("L00600 not_a_number Some(\"D{}\")", line(600, 13));
    assert!(rejects.contains(&broken), "{broken}: {rejects:?}");
    assert!(rejects.iter().any(|reject| reject.starts_with("L00003 rows_not_together")), "{rejects:?}");
}

#[test]
fn end_marks_are_no_text_wherever_a_piece_ends() {
    for (marks, rest) in [(1, ""), (700, ""), (PIECE / 2, ""), (3, "L9,x\n")] {
        let mut bytes = receipts(1200, 0).into_bytes();
        // The first mark is the last byte of a piece.
        let filled = bytes.len().next_multiple_of(PIECE) - 1;
        bytes.resize(filled, b'\n');
        bytes.extend(std::iter::repeat_n(0x1a, marks));
        bytes.extend(rest.as_bytes());
        let rows = |source: Source<'_>| {
            let mut rows = Vec::new();
            let info = decode::table(source, &TableOptions::default(), &mut |row| {
                rows.push(format!("{row:?}"));
                ControlFlow::Continue(())
            });
            (rows, info)
        };
        assert!(rows(Source::Held(&bytes)) == rows(Source::Stored(&Shelf::of(&bytes))), "{marks} {rest}");
    }
}

#[test]
fn a_disk_that_fails_ends_the_document_and_no_row_is_half() {
    let bytes = receipts(1200, 0).into_bytes();
    let breaks = (PIECE + PIECE / 2) as u64;
    let shelf = Shelf { breaks, bytes: bytes.clone() };
    let (found, _) = in_pieces(&shelf);
    assert!(matches!(found.as_slice(), [Read::Reject(reject)] if reject.code == "document_unreadable"), "{found:?}");
    // Below the mapping, every row that came is one of the whole document.
    let (mut whole, mut some) = (Vec::new(), Vec::new());
    let options = TableOptions::default();
    let keep = |rows: &mut Vec<String>, row: String| {
        rows.push(row);
        ControlFlow::Continue(())
    };
    decode::table(bytes.as_slice(), &options, &mut |row| keep(&mut whole, format!("{row:?}"))).expect("a table");
    let fault = decode::table(Source::Stored(&shelf), &options, &mut |row| keep(&mut some, format!("{row:?}")));
    assert_eq!(fault.expect_err("it broke").code, "document_unreadable");
    assert!(!some.is_empty() && whole.starts_with(&some));
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.resize(decode::MAX_WORKBOOK_BYTES + 1, 0);
    let (found, _) = in_pieces(&Shelf { bytes, breaks: 0 });
    let [Read::Reject(reject)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((reject.code.as_str(), reject.args["limit"].as_str()), ("document_too_large", "52428800"));
}
