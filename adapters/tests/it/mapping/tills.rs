//! Exports of tills: rows that say what they are, zones by name, columns that come and go.

use super::{channel_of, mapping, read, read_with, root, shipped};
use adapters::mapping::{Mapping, Tables};

fn fixture(name: &str) -> String {
    std::fs::read_to_string(root().join("fixtures/mappings/pos-square-items").join(name)).expect("a fixture")
}

#[test]
fn a_refund_is_never_a_sale() {
    let outcome = read_with(
        &shipped("pos-square-items"),
        fixture("good-refunds.csv").as_bytes(),
        &channel_of("pos-square-items"),
    );
    assert_eq!(outcome.keys(), ["tNx0EXAMPLE1", "tNx0AFTER"], "the sale of the same number stands");
    assert_eq!(outcome.draft(0).items.len(), 1);
    assert_eq!(outcome.codes(), ["refund_row", "refund_row"]);
    // With the word unknown to the table the row would stop its order instead.
    let other = fixture("good-refunds.csv").replace("Refund", "Return");
    let outcome = read_with(&shipped("pos-square-items"), other.as_bytes(), &channel_of("pos-square-items"));
    assert_eq!((outcome.keys(), outcome.codes()), (vec!["tNx0AFTER"], vec!["not_in_table", "not_in_table"]));
}

#[test]
fn refunds_do_not_tear_the_orders_of_a_sorted_file_apart() {
    let text = r#"
name = "test"
version = 1
[read]
format = "csv"
header = ["No", "Sku"]
group_by = "No"
says = { from = ["Type", "Kind"], table = "square-event-type" }
[order]
external_id = "No"
placed_at = { const = "2026-01-01" }
[items]
sku = "Sku"
quantity = "Qty"
"#;
    let csv = "No,Sku,Qty,Kind\nA,x,1,payment\nB,x,-1,Refund\nA,y,1,\nC,x,1,Payment\nA,x,-1,refund\n";
    let outcome = read(&mapping(text), csv.as_bytes());
    assert_eq!((outcome.keys(), outcome.codes()), (vec!["A", "C"], vec!["refund_row", "refund_row"]));
    assert_eq!((outcome.draft(0).items.len(), outcome.summary.records), (2, 5));
}

#[test]
fn what_rows_may_say_is_a_closed_list() {
    let mut tables = Tables::default();
    tables.add("t.toml", "name = \"rows\"\n[values]\norder = \"sale\"\nexchange = \"swap\"\n").expect("a table");
    let text = r#"name = "m"
version = 1
[read]
format = "csv"
header = "No"
group_by = "No"
says = { from = "Type", table = "rows" }
[order]
external_id = "No"
placed_at = "@received"
[items]
sku = "Sku"
quantity = "Qty"
"#;
    let faults = |text: &str| -> Vec<(u32, &'static str)> {
        let faults = Mapping::read("m.toml", text, &tables).err().unwrap_or_default();
        faults.iter().map(|fault| (fault.line, fault.code)).collect()
    };
    assert_eq!(faults(text), [(7, "table_unfit")]);
    assert_eq!(faults(&text.replace("\"rows\"", "\"row\"")), [(7, "unknown_table")]);
    assert_eq!(faults(&text.replace("from = \"Type\", ", "")).first(), Some(&(7, "missing_key")));
    assert_eq!(
        faults(&text.replace("format = \"csv\"", "format = \"json\"")).iter().filter(|f| f.1 == "unknown_key").count(),
        3
    );
}

#[test]
fn zones_have_names() {
    let text = r#"
name = "test"
version = 1
[read]
format = "csv"
header = ["At", "No"]
group_by = "No"
[order]
external_id = "No"
placed_at = { from = "At", format = "mdy" }
[items]
sku = "No"
quantity = { const = "1" }
"#;
    let offset = |at: &str| {
        let outcome = read(&mapping(text), format!("At,No\n{at},A\n").as_bytes());
        outcome.said.first().map(|_| outcome.draft(0).header.placed_at.offset)
    };
    for (at, minutes) in [
        ("12/27/2018 10:12:41 Eastern Time (US & Canada)", -300),
        ("07/04/2026 10:12:41 Eastern Time (US & Canada)", -240),
        ("2026-01-31 10:12 eastern time (us & canada)", -300),
        ("2026-01-31 5:18 PM Adelaide", 630),
        ("2026-01-31 10:12 Zurich", 60),
        ("2026-01-31 10:12 Hawaii", -600),
        ("2026-01-31 10:12 Europe/Berlin", 60),
        ("2026-01-31 10:12 America/Indiana/Knox", -360),
        ("2026-01-31 10:12 AM Amsterdam", 60),
        ("2026-01-31 10:12 Amsterdam", 60),
        ("2026-01-31 10:12 UTC", 0),
        ("2026-01-31 10:12", 480),
        // The hour that comes twice is the first.
        ("11/01/2026 01:30 Pacific Time (US & Canada)", -420),
    ] {
        assert_eq!(offset(at), Some(minutes), "{at}");
    }
    for at in ["2026-01-31 10:12 EST", "2026-01-31 10:12 Moon/Crater", "2026-01-31 Zurich", "2026-01-31 10:12 Zurich x"]
    {
        assert_eq!(offset(at), None, "{at}");
    }
}

#[test]
fn columns_are_found_by_name_however_many_there_are() {
    let read = |text: &str| read_with(&shipped("pos-square-items"), text.as_bytes(), &channel_of("pos-square-items"));
    for (name, columns) in [("good-21-columns.csv", 21), ("good-33-columns.csv", 33), ("good-2026.csv", 35)] {
        let outcome = read(&fixture(name));
        assert_eq!((outcome.summary.columns.len(), outcome.codes()), (columns, vec![]), "{name}");
    }
    let product_mix = read(&fixture("bad-product-mix.csv"));
    assert_eq!((product_mix.keys(), product_mix.codes()), (vec![], vec!["header_not_found"]));
    assert!(product_mix.summary.held.is_some());
}
