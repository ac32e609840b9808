//! One promise of the language after another, on small tables and trees.

use super::{Outcome, china, mapping, read, read_with, shipped};
use adapters::mapping::ChannelDefaults;
use model::{money::Currency, said::PaymentMethod};
use serde_json::json;

/// A mapping of a CSV with the columns every order needs; `more` adds to it, `items` to its lines.
fn table_mapping(read: &str, order: &str, items: &str, rest: &str) -> String {
    format!(
        r#"
name = "test"
version = 1
[read]
format = "csv"
header = ["No", "Sku"]
group_by = "No"
{read}
[order]
external_id = "No"
placed_at = {{ from = "Date", default = "2026-01-01" }}
{order}
[items]
sku = "Sku"
quantity = {{ from = "Qty", default = "1" }}
{items}
{rest}
"#
    )
}

fn simple(csv: &str) -> Outcome {
    read(&mapping(&table_mapping("", "", "", "")), csv.as_bytes())
}

#[test]
fn one_bad_row_of_a_thousand_costs_one_order() {
    let mut csv = "No,Date,Sku,Qty\n".to_owned();
    for n in 1..=1000 {
        let quantity = if n == 617 { "many".to_owned() } else { n.to_string() };
        csv.push_str(&format!("O-{n},2026-01-02,LT-DL-0012,{quantity}\n"));
    }
    let outcome = simple(&csv);
    assert_eq!((outcome.said.len(), outcome.codes()), (999, vec!["not_a_number"]));
    let reject = &outcome.rejects[0];
    assert_eq!(
        (reject.order_key.as_str(), reject.was.as_str(), reject.field.as_str()),
        ("O-617", "many", "items.quantity")
    );
    assert_eq!((reject.location.row, reject.location.cell.as_deref()), (Some(618), Some("D618")));
    assert_eq!(outcome.summary.records, 1000);
}

#[test]
fn a_bad_row_rejects_its_order_and_names_the_rows_that_wait() {
    let outcome = simple("No,Sku,Qty\nA,x,1\nA,y,?\nA,z,1\n\nA,w,2\nB,x,1\n");
    assert_eq!(outcome.keys(), ["B"]);
    assert_eq!(outcome.rejects[0].args["rows"], "2, 4, 6");
}

#[test]
fn rows_of_one_order_are_together_unless_the_mapping_says_otherwise() {
    let csv = "No,Sku\nA,x\nB,x\nA,y\nC,x\nB,y\n";
    let outcome = simple(csv);
    assert_eq!((outcome.keys(), outcome.codes()), (vec!["C"], vec!["rows_not_together", "rows_not_together"]));
    assert_eq!(outcome.rejects[0].args["rows"], "2, 4");
    let unsorted = read(&mapping(&table_mapping("unsorted = true", "", "", "")), csv.as_bytes());
    assert_eq!(unsorted.keys(), ["A", "B", "C"]);
    assert_eq!(unsorted.draft(0).items.len(), 2);
    assert_eq!(unsorted.said[0].lineage["items.sku"], "B2, B4");
}

#[test]
fn order_columns_repeat_or_stay_empty_or_disagree() {
    let mapping = mapping(&table_mapping("", r#"customer = { from = "Customer", optional = true }"#, "", ""));
    let outcome = read(&mapping, b"No,Customer,Sku\nA,,x\nA,C1,y\nA,C1,z\nB,C1,x\nB,C2,y\n");
    assert_eq!(outcome.draft(0).header.customer, "C1");
    assert_eq!(outcome.codes(), ["order_rows_disagree"]);
    assert_eq!((outcome.rejects[0].was.as_str(), outcome.rejects[0].args["first_row"].as_str()), ("C2", "5"));
    assert_eq!(outcome.rejects[0].location.cell.as_deref(), Some("B6"));
}

#[test]
fn an_empty_order_number_goes_down_only_when_the_mapping_says_so() {
    let csv = "No,Sku\nA,x\n,y\n";
    let strict = simple(csv);
    assert_eq!((strict.keys(), strict.codes()), (vec!["A"], vec!["missing_field"]));
    let filled = read(&mapping(&table_mapping("fill_down = true", "", "", "")), csv.as_bytes());
    assert_eq!(filled.only().items.len(), 2);
}

#[test]
fn a_table_begins_at_its_header_and_ends_at_its_totals() {
    let mapping = mapping(&table_mapping(r#"until = ["合计", "Total"]"#, "", "", ""));
    let titled = "Sales of March,,\n,,\nNo,Sku,Qty\nA,x,1\n,,\nB,x,1\n 合 计：,,2\nprinted today,,\n";
    let outcome = read(&mapping, titled.as_bytes());
    assert_eq!((outcome.keys(), outcome.summary.header_row, outcome.summary.records), (vec!["A", "B"], Some(3), 2));
    let another = read(&mapping, b"No,Sku,Qty\nTotally,x,1\nTotal 5,,\n");
    assert_eq!(another.keys(), ["Totally"], "a word that only begins so is no totals row");
}

#[test]
fn records_below_the_end_hold_the_file() {
    let mapping = mapping(&table_mapping(r#"until = "合计""#, "", "", ""));
    let outcome = read(&mapping, "No,Sku,Qty\nA,x,1\n合计,,1\nB,x,1\n".as_bytes());
    let held = outcome.summary.held.expect("held");
    assert_eq!((held.code.as_str(), held.args["row"].as_str(), outcome.said.len()), ("rows_after_end", "4", 0));
}

#[test]
fn a_blank_row_may_end_the_table() {
    let mapping = mapping(&table_mapping("blank = \"end\"", "", "", ""));
    let outcome = read(&mapping, b"No,Sku,Note\nA,x,\"two\nlines\"\nB,x,\n\nremarks,,\n");
    assert_eq!((outcome.keys(), &outcome.summary.held), (vec!["A", "B"], &None));
}

#[test]
fn subtotal_rows_and_rows_below_the_header_are_left_out() {
    let mapping = mapping(&table_mapping("skip = \"小计\"\nskip_rows = 1", "", "", ""));
    let outcome = read(&mapping, "No,Sku,Qty\n(text),(text),(pcs)\nA,x,1\n小计,,1\nB,x,1\n".as_bytes());
    assert_eq!((outcome.keys(), outcome.codes()), (vec!["A", "B"], vec![]));
}

#[test]
fn headers_match_after_normalisation() {
    let mapping = mapping(&table_mapping("", "", r#"total = { from = ["金额", "Amount"], optional = true }"#, ""));
    for header in
        ["金额", " 金 额 ", "*金额（必填）", "金额(元)", "金额：", "ＡＭＯＵＮＴ", "Amount [CNY]", "金额\u{200B}"]
    {
        let outcome = read(&mapping, format!("No*,Sku,\"{header}\"\nA,x,12.50\n").as_bytes());
        assert_eq!(outcome.only().items[0].total, Some(1250), "{header}");
    }
    // A name written in full is meant; a name without brackets that fits two columns is refused.
    let exact = read(&mapping, "No,Sku,金额(含税),金额\nA,x,2,1\n".as_bytes());
    assert_eq!(exact.only().items[0].total, Some(100));
    let twice = read(&mapping, "No,Sku,金额(含税),金额(不含税)\nA,x,2,1\n".as_bytes());
    assert_eq!((twice.codes(), twice.said.len()), (vec!["column_twice"], 0));
    assert_eq!(twice.rejects[0].args["columns"], "C, D");
}

#[test]
fn a_file_that_is_not_what_the_mapping_describes_is_held() {
    for (csv, code) in [
        ("Nr,Article\nA,x\n", "header_not_found"),
        ("No,Article\nA,x\n", "header_not_found"),
        ("", "empty_file"),
        ("1,2\n3,4\n", "header_not_found"),
        ("No,Sku\n", "no_records"),
        ("No,Sku\n\"A,x\n", "unclosed_quote"),
        ("No,\"Sku\nA,x\n", "unclosed_quote"),
    ] {
        let outcome = simple(csv);
        assert_eq!(outcome.codes(), [code], "{csv}");
        assert!(outcome.said.is_empty());
    }
    let nearest = simple("report\nNo,Article\nA,x\n");
    assert_eq!(nearest.rejects[0].args["missing"], "Sku");
    assert_eq!(nearest.rejects[0].args["nearest_row"], "2");
    let mapping = mapping(&table_mapping("", r#"desk = ["Desk", "Till"]"#, r#"total = "Total""#, ""));
    let outcome = read(&mapping, b"No,Sku\nA,x\n");
    let missing: Vec<_> = outcome.rejects.iter().map(|r| (r.field.as_str(), r.args["columns"].as_str())).collect();
    assert_eq!(missing, [("desk", "Desk | Till"), ("items.total", "Total")]);
    assert_eq!(outcome.summary.held.expect("held").code, "column_not_found");
}

#[test]
fn sums_that_differ_hold_the_file_and_its_bad_cells_are_still_told() {
    let text = table_mapping(
        r#"until = "Total""#,
        "",
        r#"total = "Amount""#,
        "[expect]\namount = { sum = \"items.total\" }\norders = { count = \"orders\", footer = \"Qty\" }",
    );
    let mapping = mapping(&text);
    let good = read(&mapping, b"No,Sku,Qty,Amount\nA,x,1,10.00\nA,y,1,5\nB,x,1,\"1,000.50\"\nTotal,,2,\"1,015.50\"\n");
    assert_eq!((good.keys(), good.summary.held.is_none()), (vec!["A", "B"], true));
    let differs = read(&mapping, b"No,Sku,Qty,Amount\nA,x,1,10.00\nB,x,?,5\nTotal,,2,16.00\n");
    assert_eq!((differs.said.len(), differs.codes()), (0, vec!["expected_sum_differs", "not_a_number"]));
    let held = differs.summary.held.expect("held");
    assert_eq!((held.args["stated"].as_str(), held.args["counted"].as_str()), ("16", "15"));
    assert_eq!(differs.rejects[0].location.cell.as_deref(), Some("D4"));
    // A file cut off in the middle has no totals row.
    let cut = read(&mapping, b"No,Sku,Qty,Amount\nA,x,1,10.00\n");
    assert_eq!(cut.summary.held.expect("held").code, "expected_figure_missing");
    // A cell that is no number is a reject of its own; nothing can be compared then.
    let unreadable = read(&mapping, b"No,Sku,Qty,Amount\nA,x,1,ten\nB,x,1,5\nTotal,,2,15.00\n");
    assert_eq!((unreadable.keys(), unreadable.codes()), (vec!["B"], vec!["not_a_number"]));
}

#[test]
fn hidden_rows_are_read_and_counted_skipped_or_held() {
    let bytes = super::workbooks::bytes(&[&["No", "Sku"], &["A", "x"], &["~B", "x"]]);
    for (hidden, keys, held) in [("read", vec!["A", "B"], false), ("skip", vec!["A"], false), ("hold", vec![], true)] {
        let text = table_mapping(&format!("hidden = \"{hidden}\""), "", "", "").replace("\"csv\"", "\"xlsx\"");
        let outcome = read(&mapping(&text), &bytes);
        assert_eq!((outcome.keys(), outcome.summary.hidden), (keys, 1), "{hidden}");
        assert_eq!(outcome.summary.held.is_some(), held, "{hidden}");
    }
}

#[test]
fn sources_words_in_a_table() {
    let order = r#"
reference = { join = ["Store?", ["Slip", "Ticket"]], with = "-", optional = true }
payment_method = { from = "Pay", table = "payment-method-cn" }
payment_label = { from = "Pay", split = "/", take = "last" }
desk = { const = "T1" }
kind = { from = "Kind", default = "custom" }"#;
    let items = r#"
title = { from = "Size", split = "*", take = "rest", optional = true }
unit = { from = "Unit", table = "units-cn", otherwise = "pcs", optional = true }"#;
    let mapping = mapping(&table_mapping(
        r#"empty = ["-", "N/A"]"#,
        order,
        items,
        "[items.specification]\nwidth = { from = \"Size\", split = \"*\" }",
    ));
    let csv = "No,Sku,Store,Ticket,Pay,Size,Unit,Kind\nA,x,-,77,微信,60*120*5,n/a,\nB,y,S1,78,ＣＯＤ,,箱,strategic\nC,z,S1,,cheque,,,\n";
    let outcome = read(&mapping, csv.as_bytes());
    let (a, b) = (outcome.draft(0), outcome.draft(1));
    assert_eq!((a.header.reference.as_str(), b.header.reference.as_str()), ("77", "S1-78"));
    assert_eq!((a.header.payment.method, b.header.payment.method), (PaymentMethod::Prepaid, PaymentMethod::OnDelivery));
    assert_eq!((a.header.payment.label.as_str(), a.header.desk.as_str()), ("微信", "T1"));
    assert_eq!(
        (a.items[0].title.as_str(), a.items[0].unit.as_str(), b.items[0].unit.as_str()),
        ("120*5", "", "carton")
    );
    assert_eq!(a.items[0].specification[0].value, "60");
    assert_eq!(json!([a.header.kind, b.header.kind]), json!(["custom", "strategic"]));
    assert_eq!((outcome.codes(), outcome.rejects[0].was.as_str()), (vec!["not_in_table"], "cheque"));
}

#[test]
fn a_header_block_is_read_beside_below_and_inside_its_labels() {
    let text = r#"
name = "form"
version = 1
[read]
format = "csv"
header = ["Sku"]
group_by = "@file"
[block]
customer = ["Customer No.", "客户编号"]
po = { label = "PO", at = "below" }
note = "Note"
currency = "Currency"
[order]
external_id = { join = ["@customer", "@po"], with = "/" }
placed_at = "@received"
currency = { from = "@currency", optional = true }
[buyer]
note = { from = "@note", optional = true }
[items]
sku = "Sku"
quantity = "Qty"
"#;
    let mapping = mapping(text);
    let outcome = read(&mapping, "客户编号：,,C1,PO\nNote: ring,,,77\nCurrency,Note,,\nSku,Qty\nx,1\ny,2\n".as_bytes());
    let draft = outcome.only();
    assert_eq!(
        (outcome.said[0].external_id.as_str(), draft.items.len(), draft.header.currency),
        ("C1/77", 2, Currency::CNY)
    );
    assert_eq!(draft.header.buyer.as_ref().map(|b| b.note.as_str()), Some("ring"));
    assert_eq!(
        draft.header.placed_at.rfc3339(),
        "2026-03-20T10:00:00+08:00".replace("10:00:00+08:00", "02:00:00+00:00")
    );
    assert_eq!(outcome.said[0].lineage["external_id"], "C1 + D2");
    let missing = read(&mapping, "客户编号：,,C1\nSku,Qty\nx,1\n".as_bytes());
    assert_eq!(missing.codes(), ["missing_field"]);
    assert_eq!(missing.rejects[0].location.column.as_deref(), Some("PO"));
}

#[test]
fn the_order_states_its_currency_or_the_channel_does() {
    let with =
        mapping(&table_mapping("", r#"currency = { from = "Cur", optional = true }"#, r#"total = "Amount""#, ""));
    let csv = b"No,Sku,Cur,Amount\nA,x,JPY,1200\nB,x,EUR,12.00\nC,x,EUR,12.345\nD,x,,12\nE,x,XXX,1\nF,x,JPY,1.5\nG,x,EUR,\"$5\"\n";
    let outcome = read(&with, csv);
    let totals: Vec<_> =
        (0..3).map(|n| (outcome.draft(n).header.currency.to_string(), outcome.draft(n).items[0].total)).collect();
    assert_eq!(
        totals,
        [("JPY".to_owned(), Some(1200)), ("EUR".to_owned(), Some(1200)), ("CNY".to_owned(), Some(1200))]
    );
    assert_eq!(outcome.codes(), ["too_many_decimals", "bad_currency", "too_many_decimals", "currency_differs"]);
    let nowhere = read_with(&with, b"No,Sku,Cur,Amount\nD,x,,12\n", &ChannelDefaults { currency: None, ..china() });
    assert_eq!((nowhere.codes(), nowhere.rejects[0].field.as_str()), (vec!["missing_field"], "currency"));
}

#[test]
fn a_row_that_cannot_be_decoded_stops_the_order_it_stands_in() {
    let long = "z".repeat(200_000);
    let outcome = simple(&format!("No,Sku\nA,x\nA,{long}\nA,y\nB,x\n"));
    assert_eq!(outcome.keys(), ["B"]);
    assert_eq!(outcome.rejects.iter().map(|r| r.location.row).collect::<Vec<_>>(), [Some(3), Some(3)]);
    assert_eq!(outcome.rejects[1].code, "row_unreadable");
}

#[test]
fn reading_stops_when_nobody_wants_more() {
    let mapping = mapping(&table_mapping("", "", "", ""));
    let doc = model::port::inbound::Document {
        topic: "",
        name: "",
        media_type: "",
        headers: &[],
        bytes: b"No,Sku\nA,x\nB,x\nC,x\n",
        received_at: super::RECEIVED,
    };
    let mut seen = 0;
    mapping.read_document(&doc, &china(), &mut |_| {
        seen += 1;
        std::ops::ControlFlow::Break(())
    });
    assert_eq!(seen, 1);
}

#[test]
fn a_new_sku_is_nobodys_business_here() {
    let outcome = read(&shipped("pos-cn-csv"), "单号,数量,商品编码,交易时间\nB1,2,NEVER-SEEN,20260302\n".as_bytes());
    assert_eq!(outcome.only().items[0].sku, "NEVER-SEEN");
}

/// `docs/mappings.md` begins with a document and a mapping to copy; they do what it says.
#[test]
fn the_example_of_the_documentation_works() {
    let docs = std::fs::read_to_string(super::root().join("docs/mappings.md")).expect("the documentation");
    let block = |language: &str| {
        let (_, rest) = docs.split_once(&format!("```{language}\n")).expect("a block");
        rest.split_once("```").expect("its end").0
    };
    let outcome = read(&mapping(block("toml")), block("csv").as_bytes());
    assert_eq!((outcome.keys(), outcome.codes(), &outcome.summary.held), (vec!["R-1", "R-2"], vec![], &None));
    assert_eq!(outcome.draft(0).items[1].total, Some(3230));
}
