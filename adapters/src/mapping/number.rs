//! Numbers as people write them, read exactly: never through a float.

use super::text;
use model::money::Currency;

/// Digits before the point a number may have, and after it.
const WHOLE_DIGITS_MAX: u32 = 18;
const DECIMALS_MAX: u32 = 18;

/// Whole numbers from here on are not exact in a workbook: it keeps fifteen digits.
pub(super) const FLOAT_EXACT: f64 = 1e15;

/// The decimal mark of a column. The other mark groups thousands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Mark {
    #[default]
    Point,
    Comma,
}

/// An exact decimal: `mantissa / 10^scale`, with the currency sign that stood beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Exact {
    mantissa: i128,
    scale: u32,
    pub(super) sign: Option<char>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NumberFault {
    NotANumber,
    /// `1.38E+10`: a spreadsheet has thrown digits away.
    Scientific,
    TooLarge,
    TooManyDecimals,
}

impl NumberFault {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::NotANumber => "not_a_number",
            Self::Scientific => "scientific_notation",
            Self::TooLarge => "number_too_large",
            Self::TooManyDecimals => "too_many_decimals",
        }
    }
}

impl Exact {
    /// The value times `10^digits`, when it comes out whole.
    pub(super) fn scaled(self, digits: u32) -> Result<i64, NumberFault> {
        let whole = if self.scale <= digits {
            self.mantissa.checked_mul(10_i128.pow(digits - self.scale)).ok_or(NumberFault::TooLarge)?
        } else {
            let divisor = 10_i128.pow(self.scale - digits);
            if self.mantissa % divisor != 0 {
                return Err(NumberFault::TooManyDecimals);
            }
            self.mantissa / divisor
        };
        i64::try_from(whole).map_err(|_| NumberFault::TooLarge)
    }

    /// Plain decimal text without trailing zeros.
    pub(super) fn decimal(self) -> String {
        let unit = 10_u128.pow(self.scale);
        let (whole, part) = (self.mantissa.unsigned_abs() / unit, self.mantissa.unsigned_abs() % unit);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if part == 0 {
            return format!("{sign}{whole}");
        }
        let part = format!("{part:0width$}", width = self.scale as usize);
        format!("{sign}{whole}.{}", part.trim_end_matches('0'))
    }

    /// Reads a number a workbook stores as a float. Workbooks keep fifteen digits, so 59.970000000000006 is 59.97.
    pub(super) fn from_float(value: f64) -> Result<Self, NumberFault> {
        if !value.is_finite() || value.abs() >= FLOAT_EXACT {
            return Err(NumberFault::TooLarge);
        }
        if value.fract() == 0.0 {
            // Below 10^15, hence exact.
            return Ok(Self { mantissa: value as i128, scale: 0, sign: None });
        }
        let written = format!("{value:.14e}");
        let (digits, exponent) = written.split_once('e').ok_or(NumberFault::NotANumber)?;
        let exponent: i32 = exponent.parse().map_err(|_| NumberFault::NotANumber)?;
        let mut mantissa: i128 = digits.replace('.', "").parse().map_err(|_| NumberFault::NotANumber)?;
        let mut scale = 14 - exponent;
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        match u32::try_from(scale) {
            Ok(scale) if scale <= DECIMALS_MAX => Ok(Self { mantissa, scale, sign: None }),
            Ok(_) | Err(_) => Err(NumberFault::TooManyDecimals),
        }
    }

    /// Reads text: full-width digits, grouped thousands, currency signs, accounting brackets, a sign on either side.
    pub(super) fn parse(source: &str, mark: Mark) -> Result<Self, NumberFault> {
        let cleaned = text::clean(source);
        let narrow = text::narrow(text::unwrapped(&cleaned));
        let (mut rest, mut negative, mut sign) = (narrow.trim(), false, None);
        if let Some(inner) = rest.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
            (rest, negative) = (inner.trim(), true);
        }
        // A sign and a currency may stand on either side, each once, in any order: `-¥12`, `$-12`, `12元-`.
        let mut signed = negative;
        for _ in 0..2 {
            if !signed && let Some((bare, minus)) = strip_sign(rest) {
                (rest, negative, signed) = (bare.trim(), minus, true);
            }
            if sign.is_none()
                && let Some((bare, found)) = strip_currency(rest)
            {
                (rest, sign) = (bare.trim(), Some(found));
            }
        }
        let digits = digits(rest, mark)?;
        Ok(Self { mantissa: if negative { -digits.mantissa } else { digits.mantissa }, sign, ..digits })
    }

    /// Reads a number as JSON writes it; an exponent is exact there (`1e3`).
    pub(super) fn from_json(source: &str) -> Result<Self, NumberFault> {
        let Some((base, exponent)) = source.split_once(['e', 'E']) else { return Self::parse(source, Mark::Point) };
        let base = Self::parse(base, Mark::Point)?;
        let exponent: i32 = exponent.parse().map_err(|_| NumberFault::NotANumber)?;
        let scale = i64::from(base.scale) - i64::from(exponent);
        match (u32::try_from(scale), u32::try_from(-scale)) {
            (Ok(scale), _) if scale <= DECIMALS_MAX => Ok(Self { scale, ..base }),
            (_, Ok(zeros)) if zeros <= WHOLE_DIGITS_MAX => {
                let mantissa = base.mantissa.checked_mul(10_i128.pow(zeros)).ok_or(NumberFault::TooLarge)?;
                Ok(Self { mantissa, scale: 0, ..base })
            }
            (Ok(_), _) => Err(NumberFault::TooManyDecimals),
            (Err(_), _) => Err(NumberFault::TooLarge),
        }
    }
}

fn strip_sign(text: &str) -> Option<(&str, bool)> {
    let both = |mark| text.strip_prefix(mark).or_else(|| text.strip_suffix(mark));
    both('-').map(|rest| (rest, true)).or_else(|| text.strip_prefix('+').map(|rest| (rest, false)))
}

/// Currency signs and codes that may stand beside a number, and the sign each is known by.
const CURRENCY_SIGNS: [(&str, char); 14] = [
    ("¥", '¥'),
    ("元", '¥'),
    ("圆", '¥'),
    ("RMB", '¥'),
    ("CNY", '¥'),
    ("JPY", '¥'),
    ("US$", '$'),
    ("HK$", '$'),
    ("$", '$'),
    ("USD", '$'),
    ("€", '€'),
    ("EUR", '€'),
    ("£", '£'),
    ("GBP", '£'),
];

fn strip_currency(text: &str) -> Option<(&str, char)> {
    if text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    CURRENCY_SIGNS.iter().find_map(|(sign, known)| {
        text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)).map(|rest| (rest, *known))
    })
}

/// A sign beside an amount can mean that currency.
pub(super) fn sign_fits(sign: Option<char>, currency: Currency) -> bool {
    match sign {
        Some('¥') => ["CNY", "JPY", "CNH", "TWD", "HKD"].contains(&currency.as_str()),
        Some('€') => currency == Currency::EUR,
        Some('£') => ["GBP", "GIP", "EGP", "FKP", "SHP", "SSP", "SYP", "LBP"].contains(&currency.as_str()),
        Some('$') => !["CNY", "EUR", "GBP", "JPY", "KRW"].contains(&currency.as_str()),
        Some(_) | None => true,
    }
}

fn digits(text: &str, mark: Mark) -> Result<Exact, NumberFault> {
    let (point, group) = match mark {
        Mark::Point => (b'.', b','),
        Mark::Comma => (b',', b'.'),
    };
    let (mut mantissa, mut whole, mut scale, mut in_decimals) = (0_i128, 0_u32, 0_u32, false);
    // Digits since the last group mark; `None` before the first mark.
    let mut since_group: Option<u32> = None;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                if whole >= WHOLE_DIGITS_MAX || scale >= DECIMALS_MAX {
                    return Err(if in_decimals { NumberFault::TooManyDecimals } else { NumberFault::TooLarge });
                }
                mantissa = mantissa * 10 + i128::from(byte - b'0');
                if in_decimals {
                    scale += 1;
                } else {
                    // Leading zeros are no digits that count.
                    whole += u32::from(mantissa != 0);
                    since_group = since_group.map(|n| n + 1);
                }
            }
            _ if byte == point && !in_decimals && since_group.is_none_or(|n| n == 3) => in_decimals = true,
            _ if (byte == group || byte == b' ' || byte == b'\'') && !in_decimals => {
                if since_group.map_or(whole == 0 && mantissa == 0 || whole > 3, |n| n != 3) {
                    return Err(NumberFault::NotANumber);
                }
                since_group = Some(0);
            }
            b'e' | b'E' if looks_scientific(text) => return Err(NumberFault::Scientific),
            _ => return Err(NumberFault::NotANumber),
        }
    }
    let has_digit = text.bytes().any(|b| b.is_ascii_digit());
    if !has_digit || (!in_decimals && since_group.is_some_and(|n| n != 3)) {
        return Err(NumberFault::NotANumber);
    }
    Ok(Exact { mantissa, scale, sign: None })
}

/// `1.38E+10`, `1E5`: digits, perhaps a mark and more digits, E, perhaps a sign, digits.
pub(super) fn looks_scientific(text: &str) -> bool {
    let Some((base, exponent)) = text.trim().split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let base = base.strip_prefix('-').unwrap_or(base);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = base.split_once('.').unwrap_or((base, "0"));
    digits(exponent) && digits(whole) && digits(part)
}
