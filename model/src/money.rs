//! Money: whole minor units of a currency. Unit prices carry six decimals of the major unit. Never a float.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An ISO 4217 alphabetic code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Currencies without minor units, and with three, by ISO 4217; all others have two.
const NO_DECIMALS: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"];
const THREE_DECIMALS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MoneyError {
    #[error("`{0}` is not a currency code of three letters")]
    Currency(String),
    #[error("`{0}` is not a decimal number")]
    Number(String),
    #[error("`{0}` has more decimals than {1} allows")]
    Decimals(String, Currency),
    #[error("the amount is too large")]
    TooLarge,
    #[error("{0} and {1} cannot be added")]
    Mixed(Currency, Currency),
}

impl Currency {
    pub const CNY: Self = Self(*b"CNY");
    pub const EUR: Self = Self(*b"EUR");
    pub const USD: Self = Self(*b"USD");

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the point, by ISO 4217.
    pub fn digits(self) -> u32 {
        match self.as_str() {
            code if NO_DECIMALS.contains(&code) => 0,
            code if THREE_DECIMALS.contains(&code) => 3,
            _ => 2,
        }
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(text.trim().as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_alphabetic) => Ok(Self(code.map(|b| b.to_ascii_uppercase()))),
            _ => Err(MoneyError::Currency(text.to_owned())),
        }
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount: whole minor units (fen, cents) of a currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads decimal text exactly: `"19.99"` in CNY is 1999 fen.
    ///
    /// # Errors
    /// Text that is no decimal number, or has more non-zero decimals than the currency.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let number = Decimal::from_str(text.trim()).map_err(|_| MoneyError::Number(text.to_owned()))?;
        let scaled =
            number.checked_mul(Decimal::from(10_i64.pow(currency.digits()))).ok_or(MoneyError::TooLarge)?.normalize();
        if scaled.scale() > 0 {
            return Err(MoneyError::Decimals(text.to_owned(), currency));
        }
        let minor = i64::try_from(scaled.mantissa()).map_err(|_| MoneyError::TooLarge)?;
        Ok(Self { minor, currency })
    }

    /// Adds; `None` when the currencies differ or the sum does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))
            .flatten()
            .map(|minor| Self { minor, ..self })
    }

    /// The amount as decimal text without the currency: `1999` fen is `19.99`.
    pub fn decimal(self) -> String {
        let digits = self.currency.digits();
        if digits == 0 {
            return self.minor.to_string();
        }
        let unit = 10_u64.pow(digits);
        let sign = if self.minor < 0 { "-" } else { "" };
        let value = self.minor.unsigned_abs();
        format!("{sign}{}.{:0width$}", value / unit, value % unit, width = digits as usize)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

/// One millionth, the scale of unit prices and quantities.
pub const MICRO: i64 = 1_000_000;

/// The price of one unit: the currency's major unit scaled by 10^6. The currency is the order's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct UnitPrice(pub i64);

impl UnitPrice {
    /// Reads decimal text exactly, at most six decimals.
    ///
    /// # Errors
    /// Text that is no decimal number, or has more than six non-zero decimals.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        scaled_by_micro(text).map(Self)
    }

    /// Price times quantity in minor units, rounded half-up (away from zero) once, at the end; saturates.
    pub fn times(self, quantity: crate::measure::Quantity, currency: Currency) -> Money {
        let product = i128::from(self.0) * i128::from(quantity.0);
        Money::new(round_half_up(product, 10_i128.pow(12 - currency.digits())), currency)
    }

    pub fn decimal(self) -> String {
        decimal_of_micro(self.0)
    }
}

/// `numerator / denominator` (> 0) rounded half away from zero; saturates at the ends of i64.
pub fn round_half_up(numerator: i128, denominator: i128) -> i64 {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let up = rest.abs() >= denominator - denominator / 2;
    let rounded = if up { whole + numerator.signum() } else { whole };
    i64::try_from(rounded).unwrap_or(if rounded > 0 { i64::MAX } else { i64::MIN })
}

/// Reads decimal text scaled by 10^6; used by unit prices and quantities.
pub(crate) fn scaled_by_micro(text: &str) -> Result<i64, MoneyError> {
    let number = Decimal::from_str(text.trim()).map_err(|_| MoneyError::Number(text.to_owned()))?;
    let scaled = number.checked_mul(Decimal::from(MICRO)).ok_or(MoneyError::TooLarge)?;
    let whole = scaled.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    if whole != scaled {
        return Err(MoneyError::Number(text.to_owned()));
    }
    i64::try_from(whole.normalize().mantissa()).map_err(|_| MoneyError::TooLarge)
}

/// Writes a value scaled by 10^6 without trailing zeros.
pub(crate) fn decimal_of_micro(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    let (whole, part) = (size / 1_000_000, size % 1_000_000);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let part = format!("{part:06}");
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}
