//! Amounts as policies write them: `50000.00 CNY`.

use crate::money::Money;

/// `None`: not a decimal number, one space and an ISO 4217 code, with no more decimals than the currency has.
pub(crate) fn read(text: &str) -> Option<Money> {
    let (number, currency) = text.split_once(' ')?;
    Money::parse(number, currency.parse().ok()?).ok()
}
