//! Workbooks: what a cell becomes, and what is refused before a parser opens the file.

mod hostile;

use adapters::{
    decode::{self, SheetChoice, TableFormat, TableInfo, TableOptions},
    node::{DecodeFault, Row, Scalar},
};
use chrono::NaiveDate;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::{
    io::{Cursor, Write},
    ops::ControlFlow,
    path::Path,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

type Rows = Vec<Result<Row<'static>, DecodeFault>>;

fn read(bytes: &[u8], sheet: SheetChoice) -> (Rows, Result<TableInfo, DecodeFault>) {
    let mut rows = Vec::new();
    let options = TableOptions { format: TableFormat::Xlsx { sheet } };
    let info = decode::table(bytes, &options, &mut |row| {
        rows.push(row.map(|row| Row { cells: row.cells.iter().map(owned).collect(), ..row }));
        ControlFlow::Continue(())
    });
    (rows, info)
}

fn owned(cell: &Scalar<'_>) -> Scalar<'static> {
    match cell {
        Scalar::Null => Scalar::Null,
        Scalar::Text(text) => Scalar::Text(text.to_string().into()),
        Scalar::Number(text) => Scalar::Number(text.to_string().into()),
        Scalar::Float(number) => Scalar::Float(*number),
        Scalar::Bool(value) => Scalar::Bool(*value),
        Scalar::Date(date) => Scalar::Date(*date),
        Scalar::Error(text) => Scalar::Error(text.to_string().into()),
    }
}

fn good(bytes: &[u8]) -> Vec<Row<'static>> {
    let (rows, info) = read(bytes, SheetChoice::First);
    assert_eq!(info.expect("a readable workbook").rows as usize, rows.len());
    rows.into_iter().map(|row| row.expect("a good row")).collect()
}

fn refused(bytes: &[u8]) -> DecodeFault {
    let fault = read(bytes, SheetChoice::First).1.expect_err("a fatal fault");
    assert!(decode::CODES.contains(&fault.code) && fault.fatal, "{fault:?}");
    fault
}

fn text(text: &'static str) -> Scalar<'static> {
    Scalar::Text(text.into())
}

fn day(year: i32, month: u32, day: u32) -> chrono::NaiveDateTime {
    NaiveDate::from_ymd_opt(year, month, day).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a day")
}

/// A workbook as an independent writer makes it.
fn written(fill: impl FnOnce(&mut Workbook) -> Result<(), rust_xlsxwriter::XlsxError>) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book).expect("a filled workbook");
    book.save_to_buffer().expect("a workbook")
}

const CONTENT_TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
const PACKAGE: &str = r#"<Relationships><Relationship Id="rId1" Type="http://x/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const RELATIONS: &str = r#"<Relationships><Relationship Id="rId1" Type="http://x/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const WORKBOOK: &str =
    r#"<workbook xmlns:r="r"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const SHEET: &str = r#"<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>"#;

/// The parts given in place of, or beside, those of the smallest good package; stored, not packed.
fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    zipped(CompressionMethod::Stored, &complete(parts))
}

fn complete<'p>(parts: &[(&'p str, &'p [u8])]) -> Vec<(&'p str, &'p [u8])> {
    let smallest = [
        ("[Content_Types].xml", CONTENT_TYPES),
        ("_rels/.rels", PACKAGE),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/worksheets/sheet1.xml", SHEET),
    ];
    let untouched = smallest.iter().filter(|(name, _)| !parts.iter().any(|(other, _)| other == name));
    untouched.map(|(name, xml)| (*name, xml.as_bytes())).chain(parts.iter().copied()).collect()
}

fn zipped(method: CompressionMethod, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).expect("a part");
        archive.write_all(content).expect("its content");
    }
    archive.finish().expect("an archive").into_inner()
}

fn sheet(rows: &str) -> Vec<u8> {
    let xml = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    package(&[("xl/worksheets/sheet1.xml", xml.as_bytes())])
}

#[test]
fn cells_keep_what_they_are() {
    let bytes = written(|book| {
        let sheet = book.add_worksheet();
        let date = Format::new().set_num_format("yyyy-mm-dd");
        let moment = Format::new().set_num_format("yyyy年m月d日 hh:mm:ss");
        let hours = Format::new().set_num_format("[h]:mm");
        sheet.write_string(1, 0, "00123")?.write_string(1, 1, " 张三\n")?;
        sheet.write_number(1, 2, 19.9)?.write_number(1, 3, 6222021234567890000_f64)?.write_number(1, 4, 3)?;
        sheet.write_boolean(1, 6, true)?;
        let at = ExcelDateTime::from_ymd(2026, 2, 28)?;
        sheet.write_datetime_with_format(3, 0, &at, &date)?;
        let at = ExcelDateTime::from_ymd(2026, 2, 28)?.and_hms(12, 59, 7)?;
        sheet.write_datetime_with_format(3, 1, &at, &moment)?;
        sheet.write_number_with_format(3, 2, 1.5, &hours)?;
        sheet.write_number_with_format(3, 3, 60, &date)?.write_number_with_format(3, 4, 59, &date)?;
        sheet.write_number_with_format(3, 5, -1, &date)?.write_number_with_format(3, 6, 2_958_466, &date)?;
        sheet.merge_range(5, 0, 6, 1, "merged", &Format::new())?;
        sheet.write_string(6, 2, "x")?.write_formula(6, 3, rust_xlsxwriter::Formula::new("=1+1").set_result("2"))?;
        sheet.set_row_hidden(6)?;
        Ok(())
    });
    let date = |value| Scalar::Date(value);
    let moment = NaiveDate::from_ymd_opt(2026, 2, 28).and_then(|day| day.and_hms_opt(12, 59, 7)).expect("a moment");
    let expected = vec![
        Row {
            number: 2,
            hidden: false,
            cells: vec![
                text("00123"),
                text(" 张三\n"),
                Scalar::Float(19.9),
                Scalar::Float(6_222_021_234_567_890_000.0),
                Scalar::Float(3.0),
                Scalar::Null,
                Scalar::Bool(true),
            ],
        },
        Row {
            number: 4,
            hidden: false,
            cells: vec![
                date(day(2026, 2, 28)),
                date(moment),
                Scalar::Float(1.5),
                Scalar::Float(60.0),
                date(day(1900, 2, 28)),
                Scalar::Float(-1.0),
                Scalar::Float(2_958_466.0),
            ],
        },
        Row { number: 6, hidden: false, cells: vec![text("merged")] },
        Row { number: 7, hidden: true, cells: vec![Scalar::Null, Scalar::Null, text("x"), Scalar::Float(2.0)] },
    ];
    assert_eq!(good(&bytes), expected);
}

#[test]
fn cells_as_other_writers_write_them() {
    let bytes = sheet(concat!(
        r#"<row><c t="inlineStr"><is><r><t>a</t></r><r><t>b_x000D_</t></r></is></c><c t="str"><f>X()</f><v>&lt;c</v></c></row>"#,
        r#"<row r="5" hidden="true"><c r="B5" t="e"><v>#REF!</v></c><c r="C5" t="e"><v>#SPILL!</v></c><c r="D5"/></row>"#,
        r#"<row><c t="d"><v>2026-02-28T01:02:03</v></c><c t="d"><v>2026-02-28</v></c><c t="b"><v>0</v></c></row>"#,
        r#"<row r="9"><c t="e"><v>#CALC!</v></c></row>"#,
    ));
    let rows = good(&bytes);
    assert_eq!(rows[0].cells, vec![text("ab\r"), text("<c")]);
    let errors = vec![Scalar::Null, Scalar::Error("#REF!".into()), Scalar::Error("#SPILL!".into())];
    assert_eq!(rows[1], Row { number: 5, hidden: true, cells: errors });
    let moment = NaiveDate::from_ymd_opt(2026, 2, 28).and_then(|day| day.and_hms_opt(1, 2, 3)).expect("a moment");
    let cells = vec![Scalar::Date(moment), Scalar::Date(day(2026, 2, 28)), Scalar::Bool(false)];
    assert_eq!(rows[2], Row { number: 6, hidden: false, cells });
    assert_eq!((rows[3].number, &rows[3].cells), (9, &vec![Scalar::Error("#CALC!".into())]));
}

#[test]
fn the_1904_system_is_allowed_for() {
    let styles = r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let book = WORKBOOK.replace("<sheets>", r#"<workbookPr date1904="1"/><sheets>"#);
    let xml =
        r#"<worksheet><sheetData><row><c s="1"><v>0</v></c><c s="1"><v>44619.5</v></c></row></sheetData></worksheet>"#;
    let bytes = package(&[
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/worksheets/sheet1.xml", xml.as_bytes()),
    ]);
    let noon = NaiveDate::from_ymd_opt(2026, 2, 28).and_then(|day| day.and_hms_opt(12, 0, 0)).expect("noon");
    assert_eq!(good(&bytes)[0].cells, vec![Scalar::Date(day(1904, 1, 1)), Scalar::Date(noon)]);
    assert!(read(&bytes, SheetChoice::First).1.is_ok_and(|info| info.date1904));
}

#[test]
fn the_sheet_is_chosen() {
    let bytes = written(|book| {
        book.add_worksheet().set_name("隐藏")?.set_hidden(true).write_string(0, 0, "hidden")?;
        book.add_worksheet().set_name("空")?;
        book.add_worksheet().set_name("A & B 订单")?.set_active(true).write_string(0, 0, "orders")?;
        book.add_worksheet().set_name("more")?.write_string(0, 0, "more")?;
        Ok(())
    });
    let cases = [
        (SheetChoice::First, Ok(("A & B 订单", Some("orders")))),
        (SheetChoice::Named("隐藏".into()), Ok(("隐藏", Some("hidden")))),
        (SheetChoice::Named(" MORE ".into()), Ok(("more", Some("more")))),
        (SheetChoice::Index(0), Ok(("隐藏", Some("hidden")))),
        (SheetChoice::Index(1), Ok(("空", None))),
        (SheetChoice::Index(4), Err("sheet_missing")),
        (SheetChoice::Named("none".into()), Err("sheet_missing")),
    ];
    for (choice, expected) in cases {
        let (rows, info) = read(&bytes, choice.clone());
        let first = rows.first().map(|row| row.as_ref().expect("a row").cells[0].clone());
        let seen = info.as_ref().map(|info| (info.sheet.as_str(), first)).map_err(|fault| fault.code);
        assert_eq!(seen, expected.map(|(name, cell)| (name, cell.map(text))), "{choice:?}");
    }
    let info = read(&bytes, SheetChoice::First).1.expect("a workbook");
    let visible: Vec<_> = info.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.visible)).collect();
    assert_eq!(visible, [("隐藏", false), ("空", true), ("A & B 订单", true), ("more", true)]);
    // By its first bytes alone.
    let auto = decode::table(bytes.as_slice(), &TableOptions::default(), &mut |_| ControlFlow::Continue(()));
    assert_eq!(auto.map(|info| info.sheet), Ok("A & B 订单".to_owned()));
}

#[test]
fn faults_that_cost_one_row() {
    let cases = [
        (r#"<c r="A1" t="inlineStr"><is><t>a_x0000_b</t></is></c>"#, "nul_character", "A1"),
        (r#"<c r="B1" t="inlineStr"><is><t>a_x0001_b</t></is></c>"#, "control_character", "B1"),
        (r#"<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>"#, "duplicate_cell", "A1"),
        (r#"<c r="A1"><v>1</v></c><c r="SS1"><v>2</v></c>"#, "too_many_columns", "SS1"),
        (r#"<c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c>"#, "too_many_columns", "XFD1"),
    ];
    for (cells, code, place) in cases {
        let bytes = sheet(&format!(r#"<row r="1">{cells}</row><row r="2"><c r="A2"><v>7</v></c></row>"#));
        let (rows, info) = read(&bytes, SheetChoice::First);
        assert_eq!(info.map(|info| info.rows), Ok(2), "{cells}");
        let fault = rows[0].as_ref().expect_err("a fault");
        assert_eq!((fault.code, fault.place.as_str(), fault.row, fault.fatal), (code, place, Some(1), false));
        assert!(decode::CODES.contains(&code) && rows[1].is_ok());
    }
    let long = "y".repeat(decode::MAX_FIELD + 1);
    let bytes = sheet(&format!(r#"<row><c t="inlineStr"><is><t>{long}</t></is></c></row>"#));
    assert_eq!(read(&bytes, SheetChoice::First).0[0].as_ref().map_err(|fault| fault.code), Err("field_too_long"));
}

#[test]
fn samples_are_read() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/xlsx");
    for file in std::fs::read_dir(samples).into_iter().flatten().flatten() {
        let bytes = std::fs::read(file.path()).expect("a sample");
        let (rows, info) = read(&bytes, SheetChoice::First);
        assert!(info.is_ok(), "{}: {info:?}", file.path().display());
        let info = info.expect("a workbook");
        assert!(rows.iter().all(Result::is_ok), "{}", file.path().display());
        for index in 0..info.sheets.len() {
            let (_, info) = read(&bytes, SheetChoice::Index(index));
            assert!(info.is_ok(), "{} sheet {index}: {info:?}", file.path().display());
        }
    }
}
