//! Master data: tables in and out.

use super::desk::{Desk, fixture};
use actix_web::{http::Method, test::TestRequest};
use serde_json::{Value, json};
use tributary::master::Kind;

async fn csv(desk: &Desk, key: &str, kind: Kind, text: impl Into<Vec<u8>>) -> (u16, Value) {
    let path = format!("/v1/master/{}", kind.name());
    let ask = TestRequest::put().uri(&path).insert_header(("content-type", "text/csv; charset=utf-8"));
    desk.send(ask.set_payload(text.into()), key).await
}

fn places(report: &Value) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let faults = report["faults"].as_array().expect("faults");
    faults.iter().map(|f| (f["row"].as_u64().unwrap_or(0), text(&f["column"]), text(&f["code"]))).collect()
}

fn place(row: u64, column: &str, code: &str) -> (u64, String, String) {
    (row, column.to_owned(), code.to_owned())
}

#[actix_web::test]
async fn every_table_of_the_demo_is_read_without_fault() {
    let desk = Desk::empty().await;
    let key = desk.key("root", "admin").await;
    for kind in Kind::ALL {
        let (status, report) = csv(&desk, &key, kind, fixture(kind)).await;
        assert_eq!((status, &report["faults"]), (200, &json!([])), "{}", kind.name());
        assert_eq!(report["rows"], report["written"]);
    }
    for (kind, count) in [("products", 320), ("customers", 40), ("rate_cards", 1370)] {
        let (mut found, mut path) = (0, format!("/v1/master/{kind}?limit=100"));
        loop {
            let (_, page) = desk.get(&path, &key).await;
            found += page["items"].as_array().unwrap_or_else(|| panic!("{path}: {page}")).len();
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/v1/master/{kind}?limit=100&cursor={next}");
        }
        assert_eq!(found, count, "{kind}");
    }
}

#[actix_web::test]
async fn good_rows_are_written_and_bad_ones_named() {
    let desk = Desk::empty().await;
    let key = desk.key("root", "admin").await;
    let table = "品名,货号,单位,unit_cost,units,重量(克)\n灯一,L1,pcs,1.00,,10\n,L2,pcs,x,box=0/1,-5\n灯三,L 3,pcs,1.5,,\n灯四,L4,pcs,,box=12/1,1\n灯五,L5,pcs,,,1.5\n";
    let (status, report) = csv(&desk, &key, Kind::Products, table).await;
    assert_eq!((status, &report["rows"], &report["written"]), (200, &json!(5), &json!(1)), "{report}");
    let wanted = vec![
        place(2, "cost_currency", "missing_field"),
        place(3, "unit_cost", "not_a_number"),
        place(3, "name", "missing_field"),
        place(3, "units", "bad_units"),
        place(3, "weight_g", "out_of_range"),
        place(4, "cost_currency", "missing_field"),
        place(4, "sku", "bad_code"),
        place(6, "weight_g", "not_a_whole_number"),
    ];
    assert_eq!(places(&report), wanted, "{report:#}");
    let (status, product) = desk.get("/v1/master/products/L4", &key).await;
    assert_eq!((status, &product["units"]), (200, &json!("box=12/1")));
    assert_eq!(desk.get("/v1/master/products/L2", &key).await.0, 404, "nothing half a row");
}

#[actix_web::test]
async fn a_header_that_is_not_understood_stops_the_table() {
    let desk = Desk::empty().await;
    let key = desk.key("root", "admin").await;
    let (status, report) = csv(&desk, &key, Kind::Carriers, "code,colour,code\nsf,red,sf\n").await;
    assert_eq!(status, 422);
    let wanted = vec![
        place(1, "colour", "unknown_column"),
        place(1, "code", "column_twice"),
        place(1, "name", "column_not_found"),
    ];
    assert_eq!((places(&report), &report["written"]), (wanted, &json!(0)));
    for (table, code) in
        [("", "empty_file"), ("code,name\nsf\n", "row_too_short"), ("code,name\nsf,S,x\n", "row_too_long")]
    {
        let (status, report) = csv(&desk, &key, Kind::Carriers, table).await;
        assert_eq!((status, &report["faults"][0]["code"]), (422, &json!(code)), "{table:?}");
    }
    let (status, report) = csv(&desk, &key, Kind::Carriers, &b"code,name\nsf,\xff\n"[..]).await;
    assert_eq!((status, &report["faults"][0]["code"]), (422, &json!("bad_encoding")));
}

#[actix_web::test]
async fn json_says_the_same_and_what_is_read_can_be_sent_back() {
    let desk = Desk::open().await;
    let key = desk.key("root", "admin").await;
    let (_, product) = desk.get("/v1/master/products/LT-DL-0001", &key).await;
    let mut changed = product.clone();
    changed["weight_g"] = json!(95);
    let (status, report) = desk.json(Method::PUT, "/v1/master/products/LT-DL-0001", &key, changed.clone()).await;
    assert_eq!((status, &report["written"]), (200, &json!(1)), "{report}");
    assert_eq!(desk.get("/v1/master/products/LT-DL-0001", &key).await.1, changed);
    let (status, problem) = desk.json(Method::PUT, "/v1/master/products/OTHER", &key, product).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_value")), "the key is that of the path");
    let rows = json!([
        { "sku": "LT-DL-0001", "unit": "pcs", "currency": "CNY", "unit_price": 19.99, "min_quantity": "5" },
        { "sku": "GONE", "unit": "pcs", "currency": "CNY", "unit_price": "1" },
        { "sku": "LT-DL-0001", "unit": "pcs", "currency": "CNY", "unit_price": [1] },
        7,
    ]);
    let (status, report) = desk.json(Method::POST, "/v1/master/prices", &key, rows).await;
    assert_eq!((status, &report["written"]), (200, &json!(1)), "{report}");
    let wanted =
        vec![place(2, "sku", "unknown_product"), place(3, "unit_price", "not_text"), place(4, "", "not_an_object")];
    assert_eq!(places(&report), wanted);
}

#[actix_web::test]
async fn rights_differ_between_counting_and_pricing() {
    let desk = Desk::open().await;
    let (erp, clerk) = (desk.key("erp", "erp").await, desk.key("lin", "order_desk").await);
    let count = "sku,warehouse,on_hand\nLT-DL-0003,NL-RTM,500\n";
    assert_eq!(csv(&desk, &erp, Kind::Stock, count).await.0, 200);
    assert_eq!(csv(&desk, &clerk, Kind::Stock, count).await.0, 403);
    assert_eq!(csv(&desk, &erp, Kind::Carriers, "code,name\nx,X\n").await.0, 403);
    assert_eq!(csv(&desk, &erp, Kind::Stock, "sku,warehouse,on_hand\nNO,NL-RTM,1\n").await.0, 422);
}

#[actix_web::test]
async fn a_table_of_stock_may_say_when_to_buy() {
    let desk = Desk::open().await;
    let key = desk.key("erp", "erp").await;
    let points = async |sku: &str| {
        let (_, page) = desk.get(&format!("/v1/stock?sku={sku}&warehouse=NL-RTM"), &key).await;
        let level = page["items"][0].clone();
        (level["on_hand"].clone(), level["reorder_point"].clone(), level["reorder_quantity"].clone())
    };
    let table = "货号,仓库,库存,补货点,补货数量\nLT-DL-0003,NL-RTM,500,100,24.5\nLT-DL-0001,NL-RTM,7,9,\n";
    let (status, report) = csv(&desk, &key, Kind::Stock, table).await;
    assert_eq!((status, &report["written"]), (200, &json!(2)), "{report}");
    assert_eq!(points("LT-DL-0003").await, (json!("500"), json!("100"), json!("24.5")));
    assert_eq!(points("LT-DL-0001").await, (json!("7"), json!("9"), json!("0")));
    // A count alone leaves them, and how much is bought says nothing without when.
    let table = "sku,warehouse,on_hand,reorder_quantity\nLT-DL-0003,NL-RTM,480,\nLT-DL-0001,NL-RTM,8,10\n";
    let (_, report) = csv(&desk, &key, Kind::Stock, table).await;
    assert_eq!(places(&report), [place(3, "reorder_point", "missing_field")], "{report}");
    assert_eq!(points("LT-DL-0003").await, (json!("480"), json!("100"), json!("24.5")));
    assert_eq!(points("LT-DL-0001").await.0, json!("7"), "nothing half a row");
}

#[actix_web::test]
async fn promotions_come_back_as_they_were_sent() {
    let desk = Desk::empty().await;
    let key = desk.key("root", "admin").await;
    let header = "促销编码,促销名称,类型,优惠值,币种,购买数量,赠送数量,货号,渠道,失效日期,最低金额,可叠加\n";
    let bad = [
        "P1,一,percent,101,,,,,,,,否",
        "P2,二,amount,5.00,,,,,,,,否",
        "P3,三,buy_n_get_m,,,3,,,,,,否",
        "P4,四,gift,,,,,,,,,否",
        "P5,五,percent,5,,,,NONE,,,,否",
    ];
    let good = ["P6,六,percent,12.5,CNY,,,,web;pos,2026-12-31,99.50,是", "P7,七,买赠,,,3,1,,,,,否"];
    let table = format!("{header}{}\n{}\n", bad.join("\n"), good.join("\n"));
    let (status, report) = csv(&desk, &key, Kind::Promotions, table).await;
    assert_eq!((status, &report["written"]), (200, &json!(2)), "{report:#}");
    let wanted = vec![
        place(2, "value", "out_of_range"),
        place(3, "currency", "missing_field"),
        place(4, "get", "missing_field"),
        place(5, "kind", "not_in_table"),
        place(6, "skus", "unknown_product"),
    ];
    assert_eq!(places(&report), wanted, "{report:#}");
    let (_, sent) = desk.get("/v1/master/promotions/P6", &key).await;
    let told = (&sent["value"], &sent["min_amount"], &sent["channels"], &sent["stackable"]);
    assert_eq!(told, (&json!("12.5"), &json!("99.50"), &json!("web;pos"), &json!(true)), "{sent}");
    let (_, page) = desk.get("/v1/master/promotions", &key).await;
    let again = TestRequest::put().uri("/v1/master/promotions").set_json(&page["items"]);
    let (status, report) = desk.send(again, &key).await;
    assert_eq!((status, &report["written"], &report["faults"]), (200, &json!(2), &json!([])), "{report:#}");
    assert_eq!(desk.get("/v1/master/promotions", &key).await.1, page, "nothing lost on the way");
}

/// A workbook of one sheet.
fn workbook(rows: &[&[&str]], numbers: &[(u32, u16, f64)]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in (0_u32..).zip(rows) {
        for (c, cell) in (0_u16..).zip(*row).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(r, c, *cell).expect("a cell");
        }
    }
    for (r, c, number) in numbers {
        sheet.write_number(*r, *c, *number).expect("a cell");
    }
    sheet.write_formula(4, 0, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!")).expect("a cell");
    book.save_to_buffer().expect("a workbook")
}

#[actix_web::test]
async fn a_workbook_is_a_table_too() {
    let desk = Desk::empty().await;
    let key = desk.key("root", "admin").await;
    let rows: [&[&str]; 6] = [
        &["商品编码", "商品名称", "base_unit", "重量(克)", "单位成本", "成本币种"],
        &["L1", "灯一", "pcs", "", "", "CNY"],
        &["", "灯二", "pcs", "", "", ""],
        &["", "灯三", "pcs"],
        &["", "灯四", "pcs"],
        &["0042", "灯五", "pcs", "", "", "", "", "beyond"],
    ];
    // A code typed as a number, and one too long for a spreadsheet.
    let numbers = [(1, 3, 250.0), (1, 4, 19.9), (2, 0, 88_001.0), (3, 0, 6_901_234_567_890_123.0)];
    let ask = TestRequest::put()
        .uri("/v1/master/products")
        .insert_header(("content-type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
    let (status, report) = desk.send(ask.set_payload(workbook(&rows, &numbers)), &key).await;
    assert_eq!((status, &report["rows"], &report["written"]), (200, &json!(5), &json!(2)), "{report}");
    let wanted =
        vec![place(4, "商品编码", "digits_lost"), place(5, "商品编码", "error_cell"), place(6, "", "row_too_long")];
    assert_eq!(places(&report), wanted, "{report}");
    let (_, product) = desk.get("/v1/master/products/L1", &key).await;
    assert_eq!((&product["weight_g"], &product["unit_cost"]), (&json!(250), &json!("19.9")), "{product}");
    assert_eq!(desk.get("/v1/master/products/88001", &key).await.0, 200);

    let bomb = b"PK\x03\x04 this is no workbook".to_vec();
    let ask = TestRequest::put()
        .uri("/v1/master/products")
        .insert_header(("content-type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
    let (status, report) = desk.send(ask.set_payload(bomb), &key).await;
    assert_eq!((status, &report["written"], &report["faults"][0]["row"]), (422, &json!(0), &json!(0)), "{report}");
}
