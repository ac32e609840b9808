use super::{RECEIVED, china, mapping, read};
use adapters::{
    mapping::{MENDS, Mapping, Waiting},
    node::Scalar,
};
use model::port::inbound::Document;
use rust_xlsxwriter::Workbook;

/// The totals row must be there, and the data on the second sheet when it is a workbook.
fn till(format: &str) -> Mapping {
    mapping(&format!(
        r#"
name = "till"
version = 1
[read]
{format}
header = ["No", "Qty"]
until = "Total"
group_by = "No"
[order]
external_id = "No"
placed_at = "At"
[items]
sku = "Article"
quantity = "Qty"
[expect]
quantity = {{ sum = "items.quantity" }}
"#
    ))
}

const FILE: &str = "No,At,Article,Qty\n1,2026-03-02,A,1\n2,someday,A,1\n2,someday,B,1\n3,2026-03-02,A,1\nTotal,,,4\n";

fn waiting(mapping: &Mapping, bytes: &[u8]) -> Option<Waiting> {
    let doc = Document { topic: "", name: "", media_type: "", headers: &[], bytes, received_at: RECEIVED };
    mapping.waiting(&doc, &china())
}

/// What waits as a workbook; with the hidden sheet that says so, or without it.
fn workbook(waiting: &Waiting, marked: bool) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (n, row) in (0_u32..).zip(waiting.above.iter().chain(&waiting.rows)) {
        for (column, cell) in (0_u16..).zip(&row.cells) {
            if let Scalar::Text(text) = cell {
                sheet.write_string(n, column, text.replace("someday", "2026-03-02")).expect("a cell");
            }
        }
    }
    if marked {
        book.add_worksheet().set_name(MENDS).expect("a name").set_very_hidden(true);
    }
    book.save_to_buffer().expect("a workbook")
}

#[test]
fn the_sums_of_the_whole_file_are_not_asked_of_its_mended_rows() {
    let csv = till("format = \"csv\"");
    let found = waiting(&csv, FILE.as_bytes()).expect("something waits");
    assert_eq!(found.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [3, 4]);
    assert_eq!((found.rejects.len(), found.left_out), (1, 0), "{:?}", found.rejects);

    let unmarked = read(&csv, &workbook(&found, false));
    assert_eq!(unmarked.summary.held.map(|held| held.code).as_deref(), Some("expected_figure_missing"));
    for mapping in [csv, till("format = \"xlsx\"\nsheet = 2")] {
        let mended = read(&mapping, &workbook(&found, true));
        assert_eq!(mended.summary.held, None);
        assert_eq!((mended.keys(), mended.draft(0).items.len()), (vec!["2"], 2), "{:?}", mended.rejects);
    }
}

#[test]
fn nothing_comes_back_of_a_file_held_as_a_whole_nor_half_an_order() {
    let csv = till("format = \"csv\"");
    assert_eq!(waiting(&csv, FILE.replace(",4", ",5").as_bytes()), None);
    let broken = FILE.replace("2,someday,B,1", "2,someday,B\u{1},1\n2,someday,C,1");
    let found = waiting(&csv, broken.as_bytes()).expect("a table");
    assert_eq!((found.rows.len(), found.left_out), (0, 1), "{found:?}");
}
