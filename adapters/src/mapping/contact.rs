//! Phones, mail addresses, countries and currencies.

use super::{number::looks_scientific, text};
use std::cmp::Ordering;

/// Digits of a phone number, by ITU E.164, and the fewest a service number has.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;
/// Phone numbers one cell may hold.
pub(super) const PHONES_MAX: usize = 5;
/// Characters of a mail address, by RFC 5321.
const EMAIL_MAX: usize = 254;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PhoneFault {
    Bad,
    Scientific,
}

/// Reads the phone numbers of one text; several are separated by `/`, `;`, `,`, `、` or a line break.
///
/// Digits are kept with a leading `+`, and an extension after `-` (`13800138000-1234`).
pub(super) fn phones(source: &str, country: &str) -> Result<Vec<String>, PhoneFault> {
    let cleaned = text::clean(source);
    let narrow = text::narrow(text::unwrapped(&cleaned));
    if narrow.bytes().all(|b| b.is_ascii_digit()) {
        return phone_of(&narrow, country).map(|phone| vec![phone]).ok_or(PhoneFault::Bad);
    }
    if looks_scientific(&narrow) {
        return Err(PhoneFault::Scientific);
    }
    let mut found = Vec::with_capacity(1);
    for part in narrow.split(['/', ';', ',', '、', '|', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        if found.len() == PHONES_MAX {
            return Err(PhoneFault::Bad);
        }
        found.push(phone(part, country).ok_or(PhoneFault::Bad)?);
    }
    if found.is_empty() { Err(PhoneFault::Bad) } else { Ok(found) }
}

/// Words before an extension.
const EXTENSIONS: [&str; 4] = ["转", "ext.", "ext", "x"];

fn phone(source: &str, country: &str) -> Option<String> {
    let (main, extension) = split_extension(source);
    let mut number = String::with_capacity(16);
    for (at, c) in main.char_indices() {
        match c {
            '0'..='9' => number.push(c),
            '+' if at == 0 => number.push(c),
            ' ' | '-' | '(' | ')' | '.' | '\t' => {}
            _ => return None,
        }
    }
    let mut number = phone_of(&number, country)?;
    if let Some(extension) = extension {
        number.push('-');
        number.push_str(extension);
    }
    Some(number)
}

/// Digits, perhaps behind `+`, when they can be a phone number.
fn phone_of(number: &str, country: &str) -> Option<String> {
    let digits = number.trim_start_matches('+').len();
    let plausible = PHONE_DIGITS.contains(&digits) && (country != "CN" || chinese(number));
    plausible.then(|| number.to_owned())
}

/// A number that begins like a Chinese mobile has eleven digits.
fn chinese(number: &str) -> bool {
    let mut letters = number.chars();
    let mobile = letters.next() == Some('1') && letters.next().is_some_and(|c| ('3'..='9').contains(&c));
    !mobile || number.len() == 11
}

/// The extension, when a word announces one or 1-6 digits follow a whole Chinese mobile or land line and a dash.
fn split_extension(source: &str) -> (&str, Option<&str>) {
    let digits = |text: &str| (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    // Most numbers have no letters.
    if source.bytes().any(|b| b.is_ascii_alphabetic() || !b.is_ascii()) {
        let lower = source.to_ascii_lowercase();
        for word in EXTENSIONS {
            if let Some(at) = lower.find(word) {
                let tail = source[at + word.len()..].trim();
                return if digits(tail) { (source[..at].trim_end(), Some(tail)) } else { (source, None) };
            }
        }
    }
    match source.rsplit_once('-') {
        Some((main, tail))
            if digits(tail) && main.bytes().filter(u8::is_ascii_digit).count() >= 10 && {
                let plain = main.replace([' ', '-'], "");
                plain.len() >= 10 && (plain.starts_with('0') || (plain.starts_with('1') && plain.len() == 11))
            } =>
        {
            (main, Some(tail))
        }
        Some(_) | None => (source, None),
    }
}

/// A mail address, its domain in lower case; `None` when it cannot be one.
pub(super) fn email(source: &str) -> Option<String> {
    let cleaned = text::clean(source);
    let narrow = text::narrow(&cleaned);
    let (local, domain) = narrow.rsplit_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || ",;<>()\"@".contains(c));
    let labels = domain.split('.').count() >= 2 && domain.split('.').all(|label| !label.is_empty());
    (plain(local) && plain(domain) && labels && narrow.len() <= EMAIL_MAX)
        .then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// Active ISO 4217 codes.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS \
INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR \
MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS \
SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";

/// A currency by its ISO 4217 code, or by what Chinese sheets write for the yuan.
pub(super) fn currency(source: &str) -> Option<model::money::Currency> {
    let word = text::folded(source).to_ascii_uppercase();
    match word.as_str() {
        "RMB" | "人民币" | "人民币元" | "元" => Some(model::money::Currency::CNY),
        code if is_currency(code.as_bytes()) => code.parse().ok(),
        _ => None,
    }
}

/// One of [`CURRENCIES`], which stand in order, four bytes apart.
fn is_currency(code: &[u8]) -> bool {
    let (mut from, mut to) = (0, CURRENCIES.len().div_ceil(4));
    while from < to {
        let middle = usize::midpoint(from, to);
        match CURRENCIES.as_bytes().get(4 * middle..4 * middle + 3).map(|known| known.cmp(code)) {
            Some(Ordering::Equal) => return true,
            Some(Ordering::Less) => from = middle + 1,
            Some(Ordering::Greater) | None => to = middle,
        }
    }
    false
}

/// A country by its ISO 3166-1 alpha-2 code.
pub(super) fn country(source: &str) -> Option<String> {
    let word = text::folded(source).to_ascii_uppercase();
    (word.len() == 2 && word.bytes().all(|b| b.is_ascii_uppercase())).then_some(word)
}
