//! Converters, by tables: what is written, what it becomes.

use super::{china, mapping, read, read_with};
use adapters::mapping::{ChannelDefaults, Mapping};
use model::{money::Currency, said::Draft};
use serde_json::{Value, json};

/// A one-column document of one field, and a way to look at what it became.
struct Bench {
    mapping: Mapping,
    look: fn(&Draft) -> Value,
    zone: chrono_tz::Tz,
}

fn bench(field: &str, words: &str, look: fn(&Draft) -> Value) -> Bench {
    let (section, key) = field.split_once('.').expect("section.key");
    let head =
        |wanted: &str| if section == wanted { format!("{key} = {{ from = \"x\", {words} }}\n") } else { String::new() };
    let mut order = "external_id = \"id\"\n".to_owned();
    if field != "order.placed_at" {
        order.push_str("placed_at = { const = \"2026-01-01\" }\n");
    }
    let mut items = String::new();
    for (name, line) in
        [("items.sku", "sku = { const = \"s\" }\n"), ("items.quantity", "quantity = { const = \"1\" }\n")]
    {
        if field != name {
            items.push_str(line);
        }
    }
    let text = format!(
        "name = \"b\"\nversion = 1\n[read]\nformat = \"json\"\n[order]\n{order}{}\n[buyer]\n{}\n[ship_to]\n{}\n[items]\nat = \"l\"\n{items}{}",
        head("order"),
        head("buyer"),
        head("ship_to"),
        head("items").replace("\"x\"", "\"/x\""),
    );
    Bench { mapping: mapping(&text), look, zone: chrono_tz::Asia::Shanghai }
}

impl Bench {
    /// What text becomes: the value, or `!` and the code.
    fn of(&self, written: &Value) -> Value {
        let doc = json!({"id": "1", "l": [{}], "x": written}).to_string();
        let outcome = read_with(&self.mapping, doc.as_bytes(), &ChannelDefaults { zone: self.zone, ..china() });
        match outcome.rejects.first() {
            Some(reject) => json!(format!("!{}", reject.code)),
            None => (self.look)(outcome.draft(0)),
        }
    }

    fn check(&self, cases: &[(Value, Value)]) {
        for (written, expected) in cases {
            assert_eq!(self.of(written), *expected, "{written}");
        }
    }
}

#[test]
fn currencies() {
    let codes =
        ["AED", "AFN", "CHF", "EUR", "GBP", "ILS", "INR", "MVR", "MWK", "USD", "SOS", "SRD", "XOF", "ZMW", "ZWG"];
    let good = codes.map(|code| (json!(code), json!(code)));
    let bad = ["AAA", "EUX", "ZZZ", "EU", "EURO"].map(|code| (json!(code), json!("!bad_currency")));
    let bench = bench("order.currency", "as = \"currency\"", |draft| json!(draft.header.currency.to_string()));
    bench.check(&good);
    bench.check(&bad);
}

#[test]
fn amounts() {
    bench("items.total", "optional = true", |draft| json!(draft.items[0].total)).check(&[
        (json!("19.99"), json!(1999)),
        (json!("１，２３４．５０"), json!(123_450)),
        (json!(" ¥1,234.50\t"), json!(123_450)),
        (json!("￥-12.96"), json!(-1296)),
        (json!("-¥12.96"), json!(-1296)),
        (json!("(33.62)"), json!(-3362)),
        (json!("（100）"), json!(-10_000)),
        (json!("12.50元"), json!(1250)),
        (json!("12.50-"), json!(-1250)),
        (json!("CNY 5"), json!(500)),
        (json!("'0012.5"), json!(1250)),
        (json!("=\"88.00\""), json!(8800)),
        (json!("\u{200B}7\u{FEFF}"), json!(700)),
        (json!("1 234 567.8"), json!(123_456_780)),
        (json!("+3"), json!(300)),
        (json!(".5"), json!(50)),
        (json!("0.10000"), json!(10)),
        (json!(19.99), json!(1999)),
        (json!(0), json!(0)),
        (Value::Null, Value::Null),
        (json!(""), Value::Null),
        (json!("1.005"), json!("!too_many_decimals")),
        (json!("1.234,50"), json!("!not_a_number")),
        (json!("1,50"), json!("!not_a_number")),
        (json!("12,34,567"), json!("!not_a_number")),
        (json!("1234,567"), json!("!not_a_number")),
        (json!("1.2.3"), json!("!not_a_number")),
        (json!("--5"), json!("!not_a_number")),
        (json!("12 pcs"), json!("!not_a_number")),
        (json!("-"), json!("!not_a_number")),
        (json!("1.23457E+12"), json!("!scientific_notation")),
        (json!("99999999999999999999"), json!("!number_too_large")),
        (json!("€5"), json!("!currency_differs")),
        (json!(["5"]), json!("!not_a_value")),
    ]);
    bench("items.total", "decimal = \",\"", |draft| json!(draft.items[0].total)).check(&[
        (json!("1.234,50"), json!(123_450)),
        (json!("1 234,5"), json!(123_450)),
        (json!("12,5"), json!(1250)),
        (json!("1,234.50"), json!("!not_a_number")),
    ]);
    bench("items.total", "as = \"money_minor\"", |draft| json!(draft.items[0].total))
        .check(&[(json!(1999), json!(1999)), (json!("19.99"), json!("!too_many_decimals"))]);
    bench("items.unit_price", "as = \"price\"", |draft| json!(draft.items[0].unit_price))
        .check(&[(json!("0.000001"), json!(1)), (json!("0.0000001"), json!("!too_many_decimals"))]);
    bench("items.quantity", "as = \"quantity\"", |draft| json!(draft.items[0].quantity)).check(&[
        (json!("2.5"), json!(2_500_000)),
        (json!("1,200"), json!(1_200_000_000)),
        (json!(1e3), json!(1_000_000_000)),
        (json!("-1"), json!("!negative_quantity")),
        (json!("$2"), json!("!not_a_number")),
        (Value::Null, json!("!missing_field")),
    ]);
}

#[test]
fn dates_and_times() {
    bench("order.wished", "as = \"date\"", |draft| json!(draft.header.wished)).check(&[
        (json!("2026-01-31"), json!("2026-01-31")),
        (json!("2026/1/31"), json!("2026-01-31")),
        (json!("2026.1.31"), json!("2026-01-31")),
        (json!("2026年1月31日"), json!("2026-01-31")),
        (json!("２０２６年１月３１日"), json!("2026-01-31")),
        (json!("20260131"), json!("2026-01-31")),
        (json!(20_260_131), json!("2026-01-31")),
        (json!("2026-01-31 23:59"), json!("2026-01-31")),
        (json!("2024-02-29"), json!("2024-02-29")),
        (json!("2026-02-29"), json!("!not_a_date")),
        (json!("1/2/26"), json!("!ambiguous_date")),
        (json!("31/1/2026"), json!("!ambiguous_date")),
        (json!("45000"), json!("!not_a_date")),
        (json!("0026-01-01"), json!("!not_a_date")),
        (json!("2026-1-31x"), json!("!not_a_date")),
        (json!("3月底"), json!("!not_a_date")),
        (json!(true), json!("!not_a_date")),
    ]);
    bench("order.wished", "format = \"dmy\"", |draft| json!(draft.header.wished)).check(&[
        (json!("1/2/26"), json!("2026-02-01")),
        (json!("31.1.2026"), json!("2026-01-31")),
        (json!("1/31/2026"), json!("!not_a_date")),
        (json!("2026-01-31"), json!("2026-01-31")),
    ]);
    let mdy = bench("order.placed_at", "format = \"mdy\"", |draft| json!(draft.header.placed_at.rfc3339()));
    mdy.check(&[(json!("10/8/26 5:18 PM"), json!("2026-10-08T17:18:00+08:00"))]);
    bench("order.placed_at", "as = \"time\"", |draft| json!(draft.header.placed_at.rfc3339())).check(&[
        (json!("2026-03-02T09:15:30+01:00"), json!("2026-03-02T09:15:30+01:00")),
        (json!("2026-03-02T09:15:30.5Z"), json!("2026-03-02T09:15:30.500+00:00")),
        (json!("2025-12-06 10:37:33 -0500"), json!("2025-12-06T10:37:33-05:00")),
        (json!("2026-03-02 09:15:30"), json!("2026-03-02T09:15:30+08:00")),
        (json!("2026/3/2"), json!("2026-03-02T00:00:00+08:00")),
        (json!("2026年3月2日 下午2:05"), json!("2026-03-02T14:05:00+08:00")),
        (json!("2026年3月2日14时05分09秒"), json!("2026-03-02T14:05:09+08:00")),
        (json!("20260302140509"), json!("2026-03-02T14:05:09+08:00")),
        (json!("Tue, 20 Nov 2012 00:00:00 +0000"), json!("2012-11-20T00:00:00+00:00")),
        (json!("2026-03-02 24:00"), json!("!not_a_date")),
        (json!("2026-03-02 14"), json!("!not_a_date")),
        (json!("yesterday"), json!("!not_a_date")),
    ]);
    bench("order.placed_at", "zone = \"Europe/Berlin\"", |draft| json!(draft.header.placed_at.rfc3339())).check(&[
        (json!("2026-07-01 12:00"), json!("2026-07-01T12:00:00+02:00")),
        // Twice that night: the first. Never that night: read with the offset before.
        (json!("2026-10-25 02:30"), json!("2026-10-25T02:30:00+02:00")),
        (json!("2026-03-29 02:30"), json!("2026-03-29T02:30:00+01:00")),
    ]);
    bench("order.placed_at", "as = \"unix_s\"", |draft| json!(draft.header.placed_at.rfc3339())).check(&[
        (json!(1_772_438_400), json!("2026-03-02T16:00:00+08:00")),
        (json!("1772438400"), json!("2026-03-02T16:00:00+08:00")),
        (json!(1_772_438_400_000_i64), json!("!not_a_date")),
    ]);
}

#[test]
fn phones_and_mail() {
    bench("buyer.phone", "optional = true", |draft| json!(draft.header.buyer.as_ref().map(|b| b.phones.join("|"))))
        .check(&[
            (json!("138 0000 0001"), json!("13800000001")),
            (json!("138-0000-0001"), json!("13800000001")),
            (json!("＋８６ 138 0000 0001"), json!("+8613800000001")),
            (json!("\t13800000001"), json!("13800000001")),
            (json!("13800000001-1234"), json!("13800000001-1234")),
            (json!("(010) 6234-5678"), json!("01062345678")),
            (json!("010-62345678转801"), json!("01062345678-801")),
            (json!("400-800-1234"), json!("4008001234")),
            (json!("13800000001/13900000002"), json!("13800000001|13900000002")),
            (json!("+49 30 1234567"), json!("+49301234567")),
            (json!(13_800_000_001_i64), json!("13800000001")),
            (json!("1380000001"), json!("!bad_phone")),
            (json!("138****0001"), json!("!bad_phone")),
            (json!("none"), json!("!bad_phone")),
            (json!("1.38E+10"), json!("!scientific_notation")),
        ]);
    bench("buyer.phone", "lenient = true", |draft| json!(draft.header.buyer.as_ref().map(|b| b.phones.join("|"))))
        .check(&[(json!("555-555-BILL"), json!("555-555-BILL"))]);
    bench("buyer.email", "optional = true", |draft| json!(draft.header.buyer.as_ref().map(|b| b.emails.join("|"))))
        .check(&[
            (json!(" Ann@Example.COM "), json!("Ann@example.com")),
            (json!("ann＠example.com"), json!("ann@example.com")),
            (json!("ann@example"), json!("!bad_email")),
            (json!("ann b@example.com"), json!("!bad_email")),
            (json!("@example.com"), json!("!bad_email")),
        ]);
}

#[test]
fn codes_and_words() {
    bench("items.sku", "as = \"sku\"", |draft| json!(draft.items[0].sku)).check(&[
        (json!("LT-DL-0012"), json!("LT-DL-0012")),
        (json!("=\"00123\""), json!("00123")),
        (json!("'00123"), json!("00123")),
        (json!("\t6900000000017"), json!("6900000000017")),
        (json!(9_007_199_254_740_993_i64), json!("9007199254740993")),
        (json!("12E5"), json!("12E5")),
        (json!("ＬＴ－１００１"), json!("LT-1001")),
        (json!("ｌt－灯（大）"), json!("lt-灯(大)")),
        (json!("=1+1"), json!("=1+1")),
        (json!("1.23E+12"), json!("!scientific_notation")),
        (json!("x".repeat(65)), json!("!too_long")),
    ]);
    bench("items.unit", "optional = true", |draft| json!(draft.items[0].unit))
        .check(&[(json!("ｐｃｓ"), json!("pcs"))]);
    // What the channel calls its order is the channel's own.
    bench("order.number", "optional = true", |draft| json!(draft.header.number))
        .check(&[(json!("ＤＨ－１"), json!("ＤＨ－１"))]);
    bench("order.currency", "optional = true", |draft| json!(draft.header.currency)).check(&[
        (json!("eur"), json!("EUR")),
        (json!("人民币"), json!("CNY")),
        (json!("RMB"), json!("CNY")),
        (json!("EURO"), json!("!bad_currency")),
        (json!("ABC"), json!("!bad_currency")),
    ]);
    bench("items.ships", "as = \"bool\"", |draft| json!(draft.items[0].ships)).check(&[
        (json!(true), json!(true)),
        (json!("否"), json!(false)),
        (json!("Yes"), json!(true)),
        (json!("0"), json!(false)),
        (json!("maybe"), json!("!not_yes_or_no")),
    ]);
    bench("ship_to.country", "optional = true", |draft| {
        json!(draft.header.ship_to.as_ref().and_then(|p| p.address.as_ref()).map(|a| a.country.clone()))
    })
    .check(&[(json!("de"), Value::Null), (json!("Germany"), json!("!bad_country"))]);
    bench("buyer.note", "max = 3", |draft| json!(draft.header.buyer.as_ref().map(|b| b.note.clone())))
        .check(&[(json!("请电话"), json!("请电话")), (json!("请打电话"), json!("!too_long"))]);
    bench("items.title", "as = \"percent\"", |draft| json!(draft.items[0].title))
        .check(&[(json!("12.50 %"), json!("12.5")), (json!("x%"), json!("!not_a_number"))]);
    bench("items.title", "as = \"decimal\"", |draft| json!(draft.items[0].title))
        .check(&[(json!("1,200.50"), json!("1200.5"))]);
    bench("order.payment_state", "optional = true", |draft| json!(draft.header.payment.state))
        .check(&[(json!("paid"), json!("paid")), (json!("Paid!"), json!("!not_a_known_word"))]);
}

#[test]
fn chinese_addresses() {
    let split = bench("ship_to.address", "as = \"cn_address\"", |draft| {
        let party = draft.header.ship_to.clone().unwrap_or_default();
        let a = party.address.unwrap_or_default();
        json!([a.region, a.city, a.district, a.street])
    });
    let cases = [
        ("广东省深圳市南山区科技南路18号A座", ["广东省", "深圳市", "南山区", "科技南路18号A座"]),
        ("广东 深圳市 南山区 科技南路18号", ["广东省", "深圳市", "南山区", "科技南路18号"]),
        ("中国浙江省杭州市西湖区文三路398号", ["浙江省", "杭州市", "西湖区", "文三路398号"]),
        ("北京市朝阳区建国路88号", ["北京市", "北京市", "朝阳区", "建国路88号"]),
        ("北京北京市市辖区海淀区中关村大街30号", ["北京市", "北京市", "海淀区", "中关村大街30号"]),
        ("上海市浦东新区世纪大道900号", ["上海市", "上海市", "浦东新区", "世纪大道900号"]),
        ("重庆市渝中区中山三路131号", ["重庆市", "重庆市", "渝中区", "中山三路131号"]),
        ("江苏省苏州市昆山市花桥镇绿地大道1号", ["江苏省", "苏州市", "昆山市", "花桥镇绿地大道1号"]),
        ("广东省东莞市长安镇振安路2号", ["广东省", "东莞市", "", "长安镇振安路2号"]),
        ("吉林省吉林市船营区解放大路1号", ["吉林省", "吉林市", "船营区", "解放大路1号"]),
        (
            "内蒙古自治区锡林郭勒盟锡林浩特市那达慕大街1号",
            ["内蒙古自治区", "锡林郭勒盟", "锡林浩特市", "那达慕大街1号"],
        ),
        (
            "新疆维吾尔自治区伊犁哈萨克自治州伊宁市解放西路5号",
            ["新疆维吾尔自治区", "伊犁哈萨克自治州", "伊宁市", "解放西路5号"],
        ),
        ("广西南宁市青秀区民族大道1号", ["广西壮族自治区", "南宁市", "青秀区", "民族大道1号"]),
        ("湖北省恩施土家族苗族自治州来凤县翔凤镇1号", ["湖北省", "恩施土家族苗族自治州", "来凤县", "翔凤镇1号"]),
        ("深圳市福田区华强北路1号", ["", "深圳市", "福田区", "华强北路1号"]),
        ("广东省广州市阳光小区3栋", ["广东省", "广州市", "", "阳光小区3栋"]),
        ("人民路12号", ["", "", "", "人民路12号"]),
        ("Wilhelminakade 137, Rotterdam", ["", "", "", "Wilhelminakade 137, Rotterdam"]),
    ];
    for (written, expected) in cases {
        assert_eq!(split.of(&json!(written)), json!(expected), "{written}");
    }
}

/// What only workbooks have: floats, date cells, error cells, serial numbers.
#[test]
fn workbook_cells() {
    let text = r#"
name = "cells"
version = 1
[read]
format = "xlsx"
header = ["No"]
group_by = "No"
[order]
external_id = "No"
placed_at = "Date"
[items]
sku = "Sku"
quantity = "Qty"
total = "Amount"
title = "Title"
"#;
    let bytes = super::workbooks::bytes(&[
        &["No", "Date", "Sku", "Qty", "Amount", "Title"],
        &["n:1001", "d:2026-03-02 15:20:00", "n:42", "n:2.5", "n:59.970000000000006", "d:2026-03-02"],
        &["A2", "n:46083", "x", "n:1", "n:19.99", "n:12.5"],
        &["A3", "n:20260302", "x", "n:1", "n:0.1", "f:=1+1=2"],
        &["A4", "n:60", "d:2026-03-12", "n:1", "n:1e15", "e:#N/A"],
        &["n:6222021234567890000", "n:1.5", "x", "n:1", "n:1", "x"],
    ]);
    let outcome = read(&mapping(text), &bytes);
    assert_eq!(outcome.keys(), ["1001", "A2", "A3"]);
    let seen: Vec<Value> = (0..3)
        .map(|n| {
            let draft = outcome.draft(n);
            let item = &draft.items[0];
            json!([draft.header.placed_at.rfc3339(), item.sku, item.quantity, item.total, item.title])
        })
        .collect();
    assert_eq!(
        seen,
        [
            json!(["2026-03-02T15:20:00+08:00", "42", 2_500_000, 5997, "2026-03-02"]),
            json!(["2026-03-02T00:00:00+08:00", "x", 1_000_000, 1999, "12.5"]),
            json!(["2026-03-02T00:00:00+08:00", "x", 1_000_000, 10, "2"]),
        ]
    );
    let codes = outcome.codes();
    for code in ["not_a_date", "date_instead_of_text", "number_too_large", "error_cell", "digits_lost"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    assert_eq!(outcome.rejects[0].location.sheet.as_deref(), Some("订单"));
    assert_eq!(Currency::CNY, outcome.draft(0).header.currency);
}
