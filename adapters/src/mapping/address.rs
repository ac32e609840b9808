//! Splits a Chinese address written as one text into province, city, district and street, by its suffixes and without data
//! beyond the list of provinces. What it cannot tell stays in the street: nothing is lost, nothing is guessed.

use super::text;
use model::party::Address;

/// Provinces by the short name people write, and their full name.
const PROVINCES: [(&str, &str); 34] = [
    ("北京", "北京市"),
    ("天津", "天津市"),
    ("上海", "上海市"),
    ("重庆", "重庆市"),
    ("河北", "河北省"),
    ("山西", "山西省"),
    ("辽宁", "辽宁省"),
    ("吉林", "吉林省"),
    ("黑龙江", "黑龙江省"),
    ("江苏", "江苏省"),
    ("浙江", "浙江省"),
    ("安徽", "安徽省"),
    ("福建", "福建省"),
    ("江西", "江西省"),
    ("山东", "山东省"),
    ("河南", "河南省"),
    ("湖北", "湖北省"),
    ("湖南", "湖南省"),
    ("广东", "广东省"),
    ("海南", "海南省"),
    ("四川", "四川省"),
    ("贵州", "贵州省"),
    ("云南", "云南省"),
    ("陕西", "陕西省"),
    ("甘肃", "甘肃省"),
    ("青海", "青海省"),
    ("台湾", "台湾省"),
    ("内蒙古", "内蒙古自治区"),
    ("广西", "广西壮族自治区"),
    ("西藏", "西藏自治区"),
    ("宁夏", "宁夏回族自治区"),
    ("新疆", "新疆维吾尔自治区"),
    ("香港", "香港特别行政区"),
    ("澳门", "澳门特别行政区"),
];

/// Cities that are their own province.
const DIRECT: [&str; 4] = ["北京市", "天津市", "上海市", "重庆市"];

/// Characters a city's or district's name may have, suffix included (`黔西南布依族苗族自治州` has eleven).
const NAME_MAX: usize = 15;

/// Words that end in 区 and name no district.
const NO_DISTRICT: [&str; 10] = ["小区", "社区", "校区", "厂区", "景区", "库区", "街区", "园区", "工业区", "住宅区"];

/// Marks of a place below a district; a district's name holds none of them.
const BELOW: [char; 9] = ['镇', '乡', '路', '道', '街', '号', '村', '弄', '巷'];

/// Splits `source`. Country is `CN` when a province was found, else empty.
pub(super) fn split(source: &str) -> Address {
    let cleaned = text::clean(source);
    let mut rest = skip(cleaned.as_ref());
    rest = skip(rest.strip_prefix("中国").unwrap_or(rest));
    let mut address = Address::default();
    if let Some((full, after)) = province(rest) {
        address.country = "CN".to_owned();
        address.region = full.to_owned();
        rest = skip(after);
        if DIRECT.contains(&full) {
            address.city = full.to_owned();
            rest = direct_city(rest, full);
        }
    }
    if address.city.is_empty()
        && let Some(end) = unit_end(rest, &["自治州", "地区", "市", "盟"], &['区', '县', '旗'])
    {
        address.city = rest[..end].to_owned();
        rest = skip(&rest[end..]);
    }
    if (!address.city.is_empty() || !address.region.is_empty())
        && let Some(end) = unit_end(rest, &["自治县", "自治旗", "新区", "区", "县", "旗", "市"], &[])
    {
        address.district = rest[..end].to_owned();
        rest = skip(&rest[end..]);
    }
    address.street = rest.to_owned();
    address
}

/// Drops blanks and separators in front.
fn skip(text: &str) -> &str {
    text.trim_start_matches(|c: char| text::is_void(c) || matches!(c, ',' | '，' | '-' | '/' | '、' | '·'))
}

/// The province a text begins with, in full, and what follows.
fn province(text: &str) -> Option<(&'static str, &str)> {
    PROVINCES.iter().find_map(|(short, full)| {
        let after = text.strip_prefix(short)?;
        if let Some(after) = text.strip_prefix(full) {
            return Some((*full, after));
        }
        // `吉林市` is a city of 吉林省; `海南藏族自治州` lies in 青海.
        let another = after.starts_with('市') || after.starts_with("藏族") || after.starts_with("蒙古族");
        (!another).then(|| (*full, after.strip_prefix("自治区").unwrap_or(after)))
    })
}

/// After a direct-controlled city: its name once more, or the formal `市辖区`.
fn direct_city<'t>(text: &'t str, full: &str) -> &'t str {
    let short = full.trim_end_matches('市');
    let rest = text.strip_prefix(full).or_else(|| text.strip_prefix(short)).unwrap_or(text);
    let rest = skip(rest);
    skip(rest.strip_prefix("市辖区").unwrap_or(rest))
}

/// Where the first unit with one of `suffixes` ends, when it is near and none of `stops` comes before.
fn unit_end(text: &str, suffixes: &[&str], stops: &[char]) -> Option<usize> {
    for (count, (at, c)) in text.char_indices().enumerate() {
        if count >= NAME_MAX || BELOW.contains(&c) || c.is_ascii_digit() || text::is_void(c) {
            return None;
        }
        let suffix = suffixes.iter().find(|suffix| count >= 1 && text[at..].starts_with(**suffix));
        if let Some(suffix) = suffix {
            let end = at + suffix.len();
            // `批发市场` is a market.
            let market = *suffix == "市" && text[end..].starts_with('场');
            let below = market || NO_DISTRICT.iter().any(|word| text[..end].ends_with(word));
            return (!below).then_some(end);
        }
        if stops.contains(&c) {
            return None;
        }
    }
    None
}
