//! One scalar of a document read as text, number, date or truth value. Refuses what a spreadsheet has damaged.

use super::{
    convert::{Fail, Setting, fail},
    date::{self, DateFault, DayOrder, Written},
    number::{self, Exact, Mark, NumberFault},
    text,
};
use crate::node::Scalar;
use chrono_tz::Tz;
use model::{measure::Quantity, said::args, time::SourceTime};
use std::borrow::Cow;

/// The text of a scalar as a person reads it, cleaned; empty when there is none.
pub(super) fn plain<'v>(scalar: &'v Scalar<'_>) -> Cow<'v, str> {
    match scalar {
        Scalar::Null => Cow::Borrowed(""),
        Scalar::Text(text) => match text::clean(text) {
            Cow::Borrowed(clean) => Cow::Borrowed(text::unwrapped(clean)),
            Cow::Owned(clean) => Cow::Owned(text::unwrapped(&clean).to_owned()),
        },
        Scalar::Number(number) => Cow::Borrowed(number),
        Scalar::Float(value) => {
            Cow::Owned(Exact::from_float(*value).map_or_else(|_| value.to_string(), Exact::decimal))
        }
        Scalar::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Scalar::Date(at) if at.time() == chrono::NaiveTime::MIN => Cow::Owned(at.date().to_string()),
        Scalar::Date(at) => Cow::Owned(at.to_string()),
        Scalar::Error(error) => Cow::Borrowed(error),
    }
}

/// A code or number kept as text. Refuses what a spreadsheet has damaged.
pub(super) fn id<'v>(scalar: &'v Scalar<'_>) -> Result<Cow<'v, str>, Fail> {
    match scalar {
        Scalar::Float(value) if value.abs() >= number::FLOAT_EXACT => Err(fail("digits_lost")),
        Scalar::Date(_) => Err(fail("date_instead_of_text")),
        Scalar::Number(number) if number.contains(['e', 'E']) => Err(fail("scientific_notation")),
        Scalar::Text(written) => {
            // Only a mark or a sign tells a damaged number from an article like `12E5`.
            let text = plain(scalar);
            if written.contains(['.', '+']) && number::looks_scientific(&text) {
                return Err(fail("scientific_notation"));
            }
            Ok(text)
        }
        Scalar::Null | Scalar::Number(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Error(_) => Ok(plain(scalar)),
    }
}

pub(super) fn exact(scalar: &Scalar<'_>, mark: Mark) -> Result<Exact, NumberFault> {
    match scalar {
        Scalar::Text(text) => Exact::parse(text, mark),
        Scalar::Number(number) => Exact::from_json(number),
        Scalar::Float(value) => Exact::from_float(*value),
        Scalar::Null | Scalar::Bool(_) | Scalar::Date(_) | Scalar::Error(_) => Err(NumberFault::NotANumber),
    }
}

pub(super) fn quantity(scalar: &Scalar<'_>, mark: Mark) -> Result<Quantity, Fail> {
    let number = exact(scalar, mark)?;
    let scaled =
        number.scaled(6).map_err(|fault| Fail { code: fault.code(), args: args([("max", "6".to_owned())]) })?;
    if number.sign.is_some() {
        return Err(fail("not_a_number"));
    }
    if scaled < 0 { Err(fail("negative_quantity")) } else { Ok(Quantity(scaled)) }
}

/// A price in minor units, e.g. fen, as a unit price of six decimals.
pub(super) fn minor_price(scalar: &Scalar<'_>, digits: u32) -> Result<i64, Fail> {
    Ok(exact(scalar, Mark::Point)?.scaled(6_u32.saturating_sub(digits))?)
}

/// `12.5%` and `12.5` are `12.5`; a percent cell of a workbook holds 0.125, which is what is read there.
pub(super) fn percent(scalar: &Scalar<'_>, mark: Mark) -> Result<String, Fail> {
    let text = plain(scalar);
    let bare = text.trim_end_matches(['%', '％', ' ']);
    Ok(exact(&Scalar::Text(Cow::Borrowed(bare)), mark)?.decimal())
}

pub(super) fn written(scalar: &Scalar<'_>, order: DayOrder, setting: &Setting<'_>) -> Result<Written, Fail> {
    let read = |text: &str| {
        date::parse(text, order).map_err(|fault| match fault {
            DateFault::NotADate => fail("not_a_date"),
            DateFault::Ambiguous(readings) => {
                let readings: Vec<String> = readings.iter().map(ToString::to_string).collect();
                Fail { code: "ambiguous_date", args: args([("readings", readings.join(", "))]) }
            }
        })
    };
    match scalar {
        Scalar::Date(at) => Ok(Written::from_local(*at)),
        // Eight digits are a date written as a number; serial numbers end at 2,958,465.
        Scalar::Float(value) if *value >= 1e7 => read(&plain(scalar)),
        Scalar::Float(value) => {
            date::from_serial(*value, setting.date1904).map(Written::from_local).ok_or_else(|| fail("not_a_date"))
        }
        Scalar::Text(text) => read(text),
        Scalar::Number(text) => read(text),
        Scalar::Null | Scalar::Bool(_) | Scalar::Error(_) => Err(fail("not_a_date")),
    }
}

pub(super) fn unix(scalar: &Scalar<'_>, per_second: i64, zone: Tz) -> Result<SourceTime, Fail> {
    let number = exact(scalar, Mark::Point)?.scaled(0)?;
    date::from_unix(number, per_second, zone).ok_or_else(|| fail("not_a_date"))
}

pub(super) fn flag(scalar: &Scalar<'_>) -> Option<bool> {
    if let Scalar::Bool(flag) = scalar {
        return Some(*flag);
    }
    match text::folded(&plain(scalar)).as_str() {
        "true" | "yes" | "y" | "1" | "是" | "有" | "对" | "√" | "✓" => Some(true),
        "false" | "no" | "n" | "0" | "否" | "无" | "不" | "×" => Some(false),
        _ => None,
    }
}
