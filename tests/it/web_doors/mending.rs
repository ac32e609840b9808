//! A rejected file comes back as a workbook of what waits; corrected and brought again, only that becomes orders.

use super::{
    house::{CONFIG, House},
    wire::Ask,
};
use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};
use std::io::Cursor;

const UPLOADS: &str = "/v1/channels/store-1/uploads";

/// Three receipts: one good, one with two bad cells, one good; then the totals, which agree.
const TILL: &str = "晨光店 3月2日,,,,,\n\
    小票号,交易时间,商品编码,数量,单价,备注\n\
    R-1,2026-03-02 10:12,LT-DL-0012,2,6.40,\n\
    R-2,2026-03-02 10:13,LT-DL-0012,1,6.40,=1+1\n\
    R-2,2026-03-02 10:13,6901234567890123456,不详,6.40,\n\
    R-3,后天,LT-DL-0012,1,6.40,\n\
    R-4,2026-03-02 10:15,LT-DL-0012,1,6.40,@mei\n\
    合计,,,4,,\n";

async fn bring(house: &House, key: &str, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
    bring_to(UPLOADS, house, key, name, bytes).await
}

async fn bring_to(path: &str, house: &House, key: &str, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
    let answer = house.ask(Ask::post(path, bytes).key(key).header("x-file-name", name)).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let document = answer.json()["documents"][0]["document"].as_str().expect("a document").to_owned();
    house.read_document(&document, key).await
}

fn cells(workbook: &[u8]) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook.to_vec())).expect("a workbook");
    let first = book.sheet_names()[0].clone();
    book.worksheet_range(&first).expect("a sheet").rows().map(<[Data]>::to_vec).collect()
}

/// The workbook as somebody saves it who typed these cells; the hidden sheet stays, as it does in Excel.
fn corrected(workbook: &[u8], typed: &[(usize, usize, &str)]) -> Vec<u8> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook.to_vec())).expect("a workbook");
    let mut out = rust_xlsxwriter::Workbook::new();
    for (n, name) in book.sheet_names().into_iter().enumerate() {
        let range = book.worksheet_range(&name).expect("a sheet");
        let sheet = out.add_worksheet();
        sheet.set_name(&name).expect("a name").set_hidden(n > 0);
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, cell) in range.used_cells() {
            let at = (row + top as usize, column + left as usize);
            let text = typed.iter().find(|(r, c, _)| n == 0 && (*r, *c) == at).map(|(_, _, text)| (*text).to_owned());
            let text = text.unwrap_or_else(|| cell.to_string());
            sheet.write_string(at.0 as u32, at.1 as u16, text).expect("a cell");
        }
    }
    out.save_to_buffer().expect("a workbook")
}

async fn orders(house: &House) -> Vec<(String, u64)> {
    let key = house.key("reader", None).await;
    let listed = house.ask(Ask::get("/v1/orders?channel=store-1").key(&key)).await.json();
    let of = |o: &Value| (o["external_id"].as_str().unwrap_or_default().to_owned(), o["events"].as_u64().unwrap_or(0));
    let mut found: Vec<_> = listed["items"].as_array().expect("orders").iter().map(of).collect();
    found.sort();
    found
}

#[tokio::test]
async fn a_file_is_mended_and_only_the_mended_rows_count() {
    House::on_each_database(CONFIG, async |house| {
        let key = house.key("channel", Some("store-1")).await;
        let first = bring(house, &key, "3月2日.csv", TILL).await;
        assert_eq!((&first["state"], &first["orders"]), (&json!("done"), &json!({ "good": 2, "bad": 2 })), "{first}");
        let before = orders(house).await;
        assert_eq!(before.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["R-1", "R-4"]);

        let path = format!("/v1/documents/{}/mended", first["document"].as_str().expect("an id"));
        let answer = house.ask(Ask::get(&path).key(&key).header("accept-language", "zh")).await;
        assert_eq!(answer.status, 200, "{:?}", answer.says());
        let name = answer.header("content-disposition").unwrap_or_default();
        assert!(name.ends_with("mended.xlsx"), "{name}");
        let rows = cells(&answer.body);
        let text = |r: usize, c: usize| rows[r][c].to_string();
        assert_eq!(rows.len(), 5, "{rows:?}");
        assert_eq!(
            (text(0, 0).as_str(), text(1, 0).as_str(), text(1, 6).as_str()),
            ("晨光店 3月2日", "小票号", "#修正建议")
        );
        assert_eq!([text(2, 0), text(3, 0), text(4, 0)], ["R-2", "R-2", "R-3"]);
        assert_eq!(
            (&rows[2][5], &rows[3][2]),
            (&Data::String("=1+1".into()), &Data::String("6901234567890123456".into()))
        );
        assert!(rows[3][6].to_string().contains("数量"), "{:?}", rows[3][6]);
        assert!(rows[4][6].to_string().contains("交易时间"), "{:?}", rows[4][6]);
        assert!(notes(&answer.body).contains("不详"), "{}", notes(&answer.body));

        // Sent back as it is, its rows are rejected again and nothing else happens.
        let same = bring(house, &key, "again.xlsx", answer.body.clone()).await;
        assert_eq!((&same["state"], &same["orders"]), (&json!("done"), &json!({ "good": 0, "bad": 2 })), "{same}");
        assert_eq!(orders(house).await, before);

        let half = bring(house, &key, "half.xlsx", corrected(&answer.body, &[(3, 3, "2")])).await;
        assert_eq!((&half["state"], &half["orders"]), (&json!("done"), &json!({ "good": 1, "bad": 1 })), "{half}");

        // What still waits can be had once more, without the remedies of the first time.
        let path = format!("/v1/documents/{}/mended", half["document"].as_str().expect("an id"));
        let answer = house.ask(Ask::get(&path).key(&key)).await;
        let rows = cells(&answer.body);
        assert_eq!((rows.len(), rows[1][6].to_string().as_str()), (3, "#remedy"), "{rows:?}");
        // Whoever writes over a row what went through long before changes nothing, also two mendings later.
        for (name, taken) in [("over.xlsx", "R-1"), ("over2.xlsx", "R-2")] {
            let over = corrected(&answer.body, &[(2, 0, taken), (2, 1, "2026-03-02 10:14"), (2, 3, "40")]);
            let over = bring(house, &key, name, over).await;
            assert_eq!(over["orders"], json!({ "good": 0, "bad": 1 }), "{over}");
            assert_eq!(faults(house, &key, &over).await[0].1, "not_mended", "{over}");
        }
        let rest = bring(house, &key, "rest.xlsx", corrected(&answer.body, &[(2, 1, "2026-03-02 10:14")])).await;
        assert_eq!((&rest["state"], &rest["orders"]), (&json!("done"), &json!({ "good": 1, "bad": 0 })), "{rest}");

        let after = orders(house).await;
        assert_eq!(after.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["R-1", "R-2", "R-3", "R-4"]);
        assert_eq!((&after[0], &after[3]), (&before[0], &before[1]), "what went through is as it was");

        let path = format!("/v1/documents/{}/mended", rest["document"].as_str().expect("an id"));
        assert_eq!(house.ask(Ask::get(path).key(&key)).await.says(), (409, "nothing_to_mend".to_owned()));
    })
    .await;
}

/// The texts of all notes.
fn notes(workbook: &[u8]) -> String {
    let mut parts = zip::ZipArchive::new(Cursor::new(workbook)).expect("a zip");
    let mut text = String::new();
    let mut part = parts.by_name("xl/comments1.xml").expect("notes");
    std::io::Read::read_to_string(&mut part, &mut text).expect("text");
    text
}

#[tokio::test]
async fn a_file_held_as_a_whole_is_not_mended_by_its_rows() {
    let house = House::open().await;
    let key = house.key("channel", Some("store-1")).await;
    let held = bring(&house, &key, "held.csv", TILL.replace("合计,,,4,,", "合计,,,5,,").replace("不详", "1")).await;
    assert_eq!(held["state"], "held", "{held}");
    let path = format!("/v1/documents/{}/mended", held["document"].as_str().expect("an id"));
    assert_eq!(house.ask(Ask::get(&path).key(&key)).await.says(), (409, "nothing_to_mend".to_owned()));
    let other = house.key("channel", Some("store-2")).await;
    assert_eq!(house.ask(Ask::get(&path).key(&other)).await.says(), (404, "unknown_document".to_owned()));
}

/// Codes of a document's rejects with what was there.
async fn faults(house: &House, key: &str, document: &Value) -> Vec<(String, String, String)> {
    let path = format!("/v1/documents/{}/rejects?limit=100", document["document"].as_str().expect("an id"));
    let listed = house.ask(Ask::get(path).key(key)).await.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |r: &Value| (text(&r["order_key"]), text(&r["code"]), text(&r["was"]));
    let mut found: Vec<_> = listed["items"].as_array().expect("rejects").iter().map(one).collect();
    found.sort();
    found
}

#[tokio::test]
async fn workbooks_with_blocks_dates_and_merged_cells_say_the_same_again() {
    let house = House::open().await;
    for (channel, mapping) in [("desk", "phone-sales-xlsx"), ("forms", "customer-template-xlsx")] {
        let key = house.key("channel", Some(channel)).await;
        let uploads = format!("/v1/channels/{channel}/uploads");
        let file = format!("{}/fixtures/mappings/{mapping}/bad.xlsx", env!("CARGO_MANIFEST_DIR"));
        let first = bring_to(&uploads, &house, &key, "bad.xlsx", std::fs::read(file).expect("a fixture")).await;
        let path = format!("/v1/documents/{}/mended", first["document"].as_str().expect("an id"));
        let answer = house.ask(Ask::get(path).key(&key)).await;
        assert_eq!(answer.status, 200, "{mapping}: {:?}", answer.says());
        let again = bring_to(&uploads, &house, &key, "again.xlsx", answer.body.clone()).await;
        assert_eq!((&again["state"], &again["orders"]["good"]), (&json!("done"), &json!(0)), "{mapping}: {again}");
        assert_eq!(again["orders"]["bad"], first["orders"]["bad"], "{mapping}: {again}");
        assert_eq!(faults(&house, &key, &again).await, faults(&house, &key, &first).await, "{mapping}");
    }
}
