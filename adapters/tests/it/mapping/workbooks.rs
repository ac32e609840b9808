//! The workbooks among the fixtures, described cell by cell and written by an independent writer.
//!
//! A cell is text, unless it begins with `n:` (a number), `d:` (a date cell), `e:` (a formula whose result is that error) or
//! `f:` (a formula, `=` its number). `~` at a row's front hides it.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Formula, Workbook};

type Sheet = &'static [&'static [&'static str]];

/// File below `fixtures/mappings/` and what is in it.
pub(super) const ALL: [(&str, Sheet); 8] = [
    ("phone-sales-xlsx/good.xlsx", PHONE_GOOD),
    ("phone-sales-xlsx/moved.xlsx", PHONE_MOVED),
    ("phone-sales-xlsx/bad.xlsx", PHONE_BAD),
    ("phone-sales-xlsx/held.xlsx", PHONE_HELD),
    ("phone-sales-xlsx/no-column.xlsx", PHONE_NO_COLUMN),
    ("customer-template-xlsx/good.xlsx", FORM_GOOD),
    ("customer-template-xlsx/english.xlsx", FORM_ENGLISH),
    ("customer-template-xlsx/bad.xlsx", FORM_BAD),
];

const PHONE_HEADER: &[&str] = &[
    "订单号*",
    "下单日期",
    "客户编号",
    "客户名称",
    "客户姓名",
    "联系电话",
    "收货地址",
    "商品编码（必填）",
    "商品名称",
    "规格",
    "数量",
    "单位",
    "单价(元)",
    "金额(元)",
    "运费",
    "付款方式",
    "要求送达日期",
    "业务员编号",
    "备注",
];

const PHONE_GOOD: Sheet = &[
    &["电话销售订单登记表"],
    &["制表：销售内勤", "", "", "月份：2026年3月"],
    &[],
    PHONE_HEADER,
    &[
        "DH20260302-001",
        "d:2026-03-02",
        "C10001",
        "广州明辉照明工程有限公司",
        "林小明",
        "13800000001",
        "广东省广州市天河区天河北路100号8楼",
        "LT-DL-0012",
        "LED筒灯 5W 6500K 黑色",
        "开孔75mm",
        "n:60",
        "个",
        "n:18.2",
        "n:1092",
        "n:35",
        "月结",
        "d:2026-03-09",
        "S07",
        "请电话预约后送货",
    ],
    &["", "", "", "", "", "", "", "LT-PN-0034", "LED平板灯 60W 3000K", "600x1200", "n:4", "只", "n:188.5", "n:754"],
    &["", "", "", "", "", "", "", "LT-DL-0020", "LED筒灯 9W 3000K 黑色", "开孔95mm", "n:2", "箱", "n:1344", "n:2688"],
    &[
        "DH20260302-002",
        "d:2026-03-02",
        "",
        "",
        "吴若兰",
        "010-62345678转801",
        "上海市浦东新区世纪大道900号",
        "LT-DL-0012",
        "LED筒灯 5W 6500K 黑色",
        "",
        "n:3",
        "个",
        "n:24",
        "f:=K8*M8=72",
        "n:12",
        "货到付款",
        "",
        "S03",
    ],
    &[
        "DH20260303-001",
        "d:2026-03-03 15:20:00",
        "",
        "",
        "阿依古丽",
        "+86 139 0000 0021",
        "新疆维吾尔自治区伊犁哈萨克自治州伊宁市解放西路5号",
        "LT-PN-0034",
        "LED平板灯 60W 3000K",
        "",
        "２",
        "盏",
        "￥210.00",
        "￥420.00",
        "",
        "微信",
        "2026年3月20日",
        "S03",
    ],
    &["合计", "", "", "", "", "", "", "", "", "", "n:71", "", "", "n:5026"],
    &["备注：以上价格含税，运费另计。"],
];

/// Columns in another order and under their other names, as CSV users' colleagues do.
const PHONE_MOVED: Sheet = &[
    &["货号", "订购数量", "单号", "成交价", "订单日期", "联系人", "手机", "送货地址", "结算方式"],
    &[
        "LT-NEW-9001",
        "5",
        "DH-9001",
        "12.5",
        "2026/3/5",
        "周大川",
        "13800000010",
        "四川省成都市高新区天府大道1268号",
        "预付款",
    ],
];

const PHONE_BAD: Sheet = &[
    PHONE_HEADER,
    &[
        "P-1",
        "1/2/26",
        "",
        "",
        "何锦",
        "13800000009",
        "四川省成都市武侯区人民南路四段11号",
        "LT-DL-0012",
        "",
        "",
        "n:2",
        "个",
        "n:24",
        "n:48",
    ],
    &[
        "P-2",
        "d:2026-03-02",
        "",
        "",
        "刘海波",
        "1.38E+10",
        "天津市滨海新区新港二号路56号",
        "LT-DL-0012",
        "",
        "",
        "两个",
        "个",
        "n:24",
        "n:48",
    ],
    &["", "", "", "", "", "", "", "LT-PN-0034", "", "", "n:1", "打", "abc", "e:#REF!"],
    &["", "", "", "", "", "", "", "LT-DL-0020", "", "", "n:1", "个", "n:1.1234567", "n:1"],
    &[
        "P-3",
        "d:2026-03-02",
        "",
        "",
        "冉红",
        "138000000",
        "重庆市渝中区中山三路131号",
        "",
        "",
        "",
        "n:-1",
        "个",
        "n:24",
        "n:24",
        "",
        "比特币",
    ],
    &[
        "P-4",
        "d:2026-03-02",
        "",
        "",
        "孙晓雨",
        "13800000007",
        "北京市海淀区中关村大街30号",
        "LT-DL-0012",
        "",
        "",
        "n:1",
        "个",
        "n:24",
        "n:24",
    ],
    &[
        "P-5",
        "d:2026-03-02",
        "",
        "",
        "陈思远",
        "13800000002",
        "广东省深圳市南山区科技南路18号",
        "LT-DL-0012",
        "",
        "",
        "n:1",
        "个",
        "n:24",
        "n:24",
    ],
    &["P-5", "d:2026-03-03", "", "", "", "", "", "LT-PN-0034", "", "", "n:1", "个", "n:24", "n:24"],
    &[
        "P-4",
        "d:2026-03-02",
        "",
        "",
        "孙晓雨",
        "13800000007",
        "北京市海淀区中关村大街30号",
        "LT-PN-0034",
        "",
        "",
        "n:1",
        "个",
        "n:24",
        "n:24",
    ],
    &[
        "n:6222021234567890000",
        "d:2026-03-02",
        "",
        "",
        "赵建国",
        "13800000006",
        "北京市朝阳区建国路88号",
        "LT-DL-0012",
        "",
        "",
        "n:1",
        "个",
        "n:24",
        "n:24",
    ],
    &[
        "~P-7",
        "d:2026-03-02",
        "",
        "",
        "王雅琴",
        "13800000004",
        "上海市静安区延平路68号",
        "LT-DL-0012",
        "",
        "",
        "n:1",
        "个",
        "n:24.000",
        "n:24",
    ],
];

const PHONE_HELD: Sheet = &[
    PHONE_HEADER,
    &[
        "H-1",
        "d:2026-03-02",
        "",
        "",
        "何锦",
        "13800000009",
        "四川省成都市武侯区人民南路四段11号",
        "LT-DL-0012",
        "",
        "",
        "n:2",
        "个",
        "n:24",
        "n:48",
    ],
    &[
        "H-2",
        "d:2026-03-02",
        "",
        "",
        "冉红",
        "13800000011",
        "重庆市渝中区中山三路131号",
        "LT-DL-0012",
        "",
        "",
        "n:1",
        "个",
        "n:24",
        "n:24",
    ],
    &["合计", "", "", "", "", "", "", "", "", "", "n:4", "", "", "n:96"],
];

const PHONE_NO_COLUMN: Sheet = &[
    &["订单号", "下单日期", "商品", "数量", "数量", "单价"],
    &["N-1", "d:2026-03-02", "LT-DL-0012", "n:2", "n:2", "n:24"],
];

const FORM_GOOD: Sheet = &[
    &["", "", "采 购 订 单"],
    &["客户编号：", "C10005", "", "", "采购单号：", "PO-2026-0317"],
    &["客户名称：", "上海云栖置业有限公司", "", "", "下单日期：", "d:2026-03-17"],
    &["收货人：", "沈立群", "", "", "联系电话：", "13800000005"],
    &["收货地址：", "上海市浦东新区世纪大道900号21楼", "", "", "要求交货日期：", "d:2026-03-31"],
    &["结算方式：月结60天", "", "", "", "币种：", "人民币"],
    &[],
    &["序号", "物料编码", "名称", "规格", "数量", "单位", "单价", "金额", "备注"],
    &["n:1", "LT-DL-0012", "LED筒灯 5W 6500K 黑色", "开孔75mm", "n:480", "个", "n:16.8", "n:8064", "分两批包装"],
    &["n:2", "LT-PN-0034", "LED平板灯 60W 3000K", "600x1200", "n:120", "只", "n:171.35", "n:20562"],
    &["n:3", "LT-DL-0020", "LED筒灯 9W 3000K 黑色", "开孔95mm", "n:10", "箱", "n:1152", "n:11520"],
    &["合计", "", "", "", "n:610", "", "", "n:40146"],
    &["备注：送货前一天请联系收货人。"],
];

const FORM_ENGLISH: Sheet = &[
    &["PURCHASE ORDER"],
    &["Customer No.", "C10020", "", "PO Number", "4500012345"],
    &["Customer Name", "Lichthuis Rotterdam B.V.", "", "Order Date", "d:2026-03-18"],
    &["Receiver", "Sanne de Vries", "", "Phone", "+31 10 123 4567"],
    &["Delivery Address", "Wilhelminakade 137, 3072 AP Rotterdam", "", "Currency", "EUR"],
    &["Country", "Netherlands"],
    &["No.", "Item No.", "Description", "Qty", "UOM", "Unit Price"],
    &["n:10", "LT-DL-0012", "LED downlight 5 W", "n:96", "pcs", "n:3.15"],
    &["n:20", "LT-PN-0034", "LED panel 60 W", "n:8", "pcs", "n:24.90"],
    &["Total", "", "", "n:104"],
];

const FORM_BAD: Sheet = &[
    &["客户编号：", "C10005", "", "采购单号："],
    &["收货人：", "沈立群", "", "要求交货日期：", "3月底"],
    &["序号", "物料编码", "名称", "数量", "单位", "单价"],
    &["n:1", "LT-DL-0012", "LED筒灯", "n:480", "个", "n:16.8"],
    &["n:2", "", "LED平板灯", "n:12", "个", "n:171.35"],
];

/// The bytes of one workbook, the same on every day.
pub(super) fn bytes(sheet: Sheet) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2026, 3, 1).expect("a date");
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let worksheet = workbook.add_worksheet().set_name("订单").expect("a name");
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for (row, cells) in sheet.iter().enumerate() {
        let row = u32::try_from(row).expect("few rows");
        for (column, cell) in cells.iter().enumerate() {
            let column = u16::try_from(column).expect("few columns");
            let (hidden, cell) = cell.strip_prefix('~').map_or((false, *cell), |cell| (true, cell));
            if hidden {
                worksheet.set_row_hidden(row).expect("a row");
            }
            match cell.split_once(':') {
                _ if cell.is_empty() => continue,
                Some(("n", number)) => worksheet.write_number(row, column, number.parse::<f64>().expect("a number")),
                Some(("d", at)) => {
                    let at = ExcelDateTime::parse_from_str(at).expect("a date");
                    worksheet.write_datetime_with_format(row, column, &at, &date)
                }
                Some(("e", error)) => worksheet.write_formula(row, column, Formula::new("=A1").set_result(error)),
                Some(("f", formula)) => {
                    let (formula, result) = formula.rsplit_once('=').expect("a result");
                    worksheet.write_formula(row, column, Formula::new(formula).set_result(result))
                }
                Some(_) | None => worksheet.write_string(row, column, cell),
            }
            .expect("a cell");
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}
