//! Names of places, as people write them: 江苏, 江苏省, Jiangsu and "Jiangsu Province" are one.

use std::borrow::Cow;

/// What kind of place a name names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    Region,
    City,
}

/// The name of a region or city, ready to be compared with many others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    level: Level,
    country: String,
    text: String,
}

/// What may end a Chinese name and says only what kind of place it is, longest first.
const ENDINGS: [&str; 8] = ["特别行政区", "自治州", "自治区", "自治县", "地区", "省", "市", "盟"];

/// Peoples whose names stand before 自治州 and 自治区.
const PEOPLES: [&str; 20] = [
    "柯尔克孜",
    "傈僳族",
    "哈尼族",
    "土家族",
    "哈萨克",
    "布依族",
    "景颇族",
    "朝鲜族",
    "维吾尔",
    "蒙古族",
    "蒙古",
    "侗族",
    "傣族",
    "回族",
    "壮族",
    "彝族",
    "白族",
    "羌族",
    "苗族",
    "藏族",
];

/// Words that end a name in Latin letters and say only what kind of place it is.
const WORDS: [&str; 14] = [
    "province",
    "city",
    "municipality",
    "prefecture",
    "autonomous",
    "region",
    "special",
    "administrative",
    "sheng",
    "shi",
    "zhuang",
    "hui",
    "uygur",
    "uyghur",
];

impl Name {
    pub fn new(level: Level, country: &str, written: &str) -> Self {
        let key = key(written);
        let text = super::canonical(level, country, &key).map_or(key, str::to_owned);
        Self { level, country: country.to_owned(), text }
    }

    /// The text it is matched by: the same however it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Is `written` this place? Chinese names are compared without the table (rate cards have many rows), so a card
    /// writes them in simplified characters, in full or short.
    pub fn is(&self, written: &str) -> bool {
        let written = written.trim();
        if is_chinese(&self.text) && is_chinese(written) {
            return self.text.chars().next() == written.chars().next() && short(written) == self.text;
        }
        let key = key(written);
        !key.is_empty() && super::canonical(self.level, &self.country, &key).unwrap_or(&key) == self.text
    }
}

/// What a name is found by: a Chinese name without its ending, any other in lower case without signs and spaces.
pub(super) fn key(written: &str) -> String {
    let written = written.trim();
    if is_chinese(written) {
        return short(written).to_owned();
    }
    let lower: Cow<'_, str> = if written.is_ascii() { written.into() } else { written.to_lowercase().into() };
    let mut words: Vec<&str> = lower.split_whitespace().collect();
    while words.len() > 1 && words.last().is_some_and(|last| WORDS.iter().any(|word| last.eq_ignore_ascii_case(word))) {
        words.pop();
    }
    words.iter().flat_map(|word| word.chars()).filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_chinese(text: &str) -> bool {
    text.chars().next().is_some_and(|c| ('\u{3400}'..='\u{9fff}').contains(&c))
}

/// A Chinese name without its ending; at least two characters stay.
fn short(name: &str) -> &str {
    let Some((ending, mut rest)) = ENDINGS.iter().find_map(|ending| cut(name, ending).map(|rest| (ending, rest)))
    else {
        return name;
    };
    if ending.starts_with("自治") {
        while let Some(shorter) = PEOPLES.iter().find_map(|people| cut(rest, people)) {
            rest = shorter;
        }
    }
    rest
}

fn cut<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    name.strip_suffix(ending).filter(|rest| rest.chars().nth(1).is_some())
}
