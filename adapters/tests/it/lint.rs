//! The lint: every mistake of a mapping, each at its line and column.

use adapters::mapping::{Fault, LINT_CODES, Mapping, Tables};

fn tables() -> Tables {
    let mut tables = Tables::default();
    let text = "name = \"states\"\n[values]\npaid = [\"ok\", \"done\"]\n";
    tables.add("states.toml", text).expect("a good table");
    tables
}

fn faults(text: &str) -> Vec<Fault> {
    Mapping::read("m.toml", text, &tables()).err().unwrap_or_default()
}

fn seen(text: &str) -> Vec<(u32, u32, &'static str)> {
    faults(text).iter().map(|fault| (fault.line, fault.column, fault.code)).collect()
}

const GOOD: &str = r#"name = "m"
version = 1
[read]
format = "csv"
header = "No"
group_by = "No"
[block]
po = "PO"
[order]
external_id = "No"
placed_at = "@received"
reference = "@po"
[items]
sku = "Sku"
quantity = "Qty"
total = "Amount"
[expect]
amount = { sum = "items.total" }
"#;

#[test]
fn a_good_mapping_has_no_faults() {
    assert_eq!(faults(GOOD), []);
}

#[test]
fn all_mistakes_come_at_once_in_the_order_of_the_file() {
    let text = r#"name = "m"
version = 0
colour = "red"
[read]
format = "csv"
header = "No"
groupby = "No"
hidden = "maybe"
[order]
external_id = { from = "No", as = "identity" }
placed_at = { from = "Date", as = "money" }
payment_state = { from = "State", table = "state" }
kind = { const = "normal" }
desk = { from = "Desk", join = ["a", "b"] }
wished = { from = "W", zone = "Asia/Shanghai" }
[items]
sku = {}
total = { from = "Amount", default = "free", optional = true }
discount = { from = "D", default = "free" }
"#;
    let expected = [
        (2, 11, "wrong_type"),
        (3, 1, "unknown_key"),
        (4, 1, "missing_key"),
        (7, 1, "unknown_key"),
        (8, 10, "unknown_word"),
        (10, 35, "unknown_word"),
        (11, 35, "converter_unfit"),
        (12, 43, "unknown_table"),
        (13, 18, "default_unfit"),
        (14, 17, "two_sources"),
        (15, 31, "option_unfit"),
        (16, 1, "missing_key"),
        (17, 7, "no_source"),
        (18, 9, "only_one_of"),
        (19, 36, "default_unfit"),
    ];
    let found = seen(text);
    for one in expected {
        assert!(found.contains(&one), "{one:?} is not in {found:#?}");
    }
    assert_eq!(found.len(), expected.len() + 1, "one missing key more, of two: {found:#?}");
    assert!(found.is_sorted_by_key(|(line, column, _)| (*line, *column)));
}

#[test]
fn slips_of_the_pen_are_recognised() {
    let all = faults(&GOOD.replace("group_by", "groupby").replace("[items]", "[itmes]"));
    let meant: Vec<_> = all.iter().filter_map(|fault| fault.args.get("did_you_mean").map(String::as_str)).collect();
    assert_eq!(meant, ["group_by", "items"]);
}

#[test]
fn each_mistake_has_its_code() {
    for (from, to, code) in [
        ("version = 1\n", "", "missing_key"),
        ("name = \"m\"", "name = 3", "wrong_type"),
        ("format = \"csv\"", "format = \"yaml\"", "unknown_word"),
        ("format = \"csv\"\n", "", "missing_key"),
        ("header = \"No\"\n", "", "missing_key"),
        ("header = \"No\"", "header = []", "no_source"),
        ("header = \"No\"", "header = \"No\"\nsheet = \"x\"", "option_unfit"),
        ("header = \"No\"", "header = \"No\"\ndelimiter = \"ab\"", "not_one_character"),
        ("header = \"No\"", "header = \"No\"\nheader_within = 100000", "wrong_type"),
        ("group_by = \"No\"\n", "", "missing_key"),
        ("\"@po\"", "\"@pp\"", "unknown_word"),
        ("reference = \"@po\"\n", "", "label_not_used"),
        ("external_id = \"No\"\n", "", "missing_key"),
        ("sku = \"Sku\"", "sku = { from = \"Sku\", otherwise = \"x\" }", "needs"),
        ("sku = \"Sku\"", "sku = { from = \"Sku\", take = 2 }", "needs"),
        ("sku = \"Sku\"", "sku = { from = \"Sku\", split = \"-\", take = \"middle\" }", "unknown_word"),
        ("sku = \"Sku\"", "sku = { sum = \"Sku\" }", "only_in_trees"),
        ("sku = \"Sku\"", "sku = { from = \"Sku\", const = \"x\" }", "two_sources"),
        ("sku = \"Sku\"", "sku = { from = \"Sku\", optional = \"yes\" }", "wrong_type"),
        ("sku = \"Sku\"", "sku = [\"\"]", "no_source"),
        ("total = \"Amount\"", "ships = { from = \"S\", table = \"states\" }\ntotal = \"Amount\"", "table_unfit"),
        ("sum = \"items.total\"", "sum = \"items.tax\"", "unknown_word"),
        ("sum = \"items.total\"", "count = \"orders\"", "expectation_unclear"),
        ("[expect]", "[[charges]]\nkind = \"tip\"\namount = \"T\"\n[expect]", "unknown_word"),
        ("[expect]", "[[charges]]\nkind = \"tax\"\n[expect]", "missing_key"),
        ("[expect]", "[[charges]]\nkind = \"tax\"\neach = \"t\"\namount = \"T\"\n[expect]", "only_in_trees"),
        ("[items]", "[items", "toml"),
        ("[block]", "sheets = 3\n[block]", "unknown_key"),
        ("[block]", "says = \"gone\"\n[block]", "wrong_type"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = seen(&GOOD.replace(from, to));
        assert!(found.iter().any(|(_, _, found)| *found == code), "{to}: {code} is not in {found:?}");
        assert!(LINT_CODES.contains(&code), "{code} has no words");
    }
    let tree = "name = \"m\"\nversion = 1\n[read]\nformat = \"json\"\n[order]\nexternal_id = \"a[*].b\"\nplaced_at = \"a..b\"\n[items]\nat = \"l\"\nsku = \"s\"\nquantity = \"q[x]\"\n";
    assert_eq!(seen(tree), [(6, 15, "bad_path"), (7, 13, "bad_path"), (11, 12, "bad_path")]);
}

#[test]
fn columns_are_counted_in_characters() {
    assert_eq!(
        seen(&GOOD.replace("desk", "").replace("sku = \"Sku\"", "sku = { from = \"商品编码\", ass = \"sku\" }")),
        [(14, 24, "unknown_key")]
    );
}

#[test]
fn value_tables_are_linted_too() {
    for (text, expected) in [
        ("[values]\na = \"x\"\n", (1, 1, "missing_key")),
        ("name = \"t\"\n", (1, 1, "missing_key")),
        ("name = \"t\"\n[values]\na = \"x\"\nb = [\"Ｘ \"]\n", (4, 5, "word_twice")),
        ("name = \"t\"\n[values]\na = 1\n", (3, 5, "wrong_type")),
        ("name = \"states\"\n[values]\n", (1, 1, "table_twice")),
        ("name = \"t\"\nvalue = 1\n[values]\n", (2, 1, "unknown_key")),
    ] {
        let found: Vec<_> =
            tables().add("t.toml", text).expect_err(text).iter().map(|f| (f.line, f.column, f.code)).collect();
        assert_eq!(found, [expected], "{text}");
    }
}

#[test]
fn what_stands_beside_an_amount_stands_beside_amounts_only() {
    let text = GOOD.replace("quantity = \"Qty\"", "quantity = { from = \"Qty\", per = \"Pack\", currency = \"Cur\" }");
    assert_eq!(seen(&text), [(15, 34, "option_unfit"), (15, 53, "option_unfit")]);
    let text = GOOD.replace("total = \"Amount\"", "total = { from = \"Amount\", per = \"Pack\", currency = \"Cur\" }");
    assert_eq!(seen(&text), [(16, 34, "option_unfit")], "an amount is never divided");
}
