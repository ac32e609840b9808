//! What values in requests look like, for the description: the server checks the same by itself.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// A cursor: letters without meaning to anybody but us.
pub(in crate::web) const CURSOR: &str = "^[A-Za-z0-9_-]*$";
/// Something is said, and no NUL in it.
pub(in crate::web) const WORDS: &str = r"^[^\x00]*[^\s\x00][^\x00]*$";
/// Anything but NUL.
pub(in crate::web) const TEXT: &str = r"^[^\x00]*$";
/// At least two characters that can be seen, or blanks between them.
pub(in crate::web) const SEARCH: &str = r"\S[\s\S]*\S";
/// ISO 4217.
pub(in crate::web) const CURRENCY: &str = "^[A-Za-z]{3}$";
/// Visible ASCII.
pub(in crate::web) const VISIBLE: &str = "^[!-~]+$";
/// A line's number.
pub(in crate::web) const LINE: &str = "^[0-9]{1,9}$";

/// Decimal text of at most twelve digits and six decimals, or a whole number.
pub(in crate::web) struct Decimal;
/// A [`Decimal`] that is not negative.
pub(in crate::web) struct Amount;
/// A [`Decimal`] above zero.
pub(in crate::web) struct Positive;
/// An amount of money that is not negative, with no more decimals than its currency.
pub(in crate::web) struct Charge;
/// Base units of one count or lot.
pub(in crate::web) struct Stocked;

const WHOLE_MAX: i64 = 999_999_999_999;
const STOCKED_MAX: i64 = 1_000_000_000;

impl JsonSchema for Decimal {
    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        number(
            "Decimal text such as \"2.5\", or a whole number.",
            r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$",
            -WHOLE_MAX,
            WHOLE_MAX,
        )
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "DecimalNotNegative".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        number("Decimal text such as \"2.5\", or a whole number.", r"^[0-9]{1,12}(\.[0-9]{1,6})?$", 0, WHOLE_MAX)
    }
}

impl JsonSchema for Positive {
    fn schema_name() -> Cow<'static, str> {
        "DecimalAboveZero".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let about = "Decimal text such as \"2.5\", or a whole number, above zero.";
        number(about, r"^(?=.*[1-9])[0-9]{1,12}(\.[0-9]{1,6})?$", 1, WHOLE_MAX)
    }
}

impl JsonSchema for Charge {
    fn schema_name() -> Cow<'static, str> {
        "MoneyNotNegative".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let about = "Decimal text such as \"2.50\" with no more decimals than the currency has, or a whole number.";
        number(about, r"^[0-9]{1,12}(\.[0-9]{1,2})?$", 0, WHOLE_MAX)
    }
}

impl JsonSchema for Stocked {
    fn schema_name() -> Cow<'static, str> {
        "BaseUnits".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let about = "Base units: decimal text or a whole number, at most 1000000000.";
        number(about, r"^[0-9]{1,9}(\.[0-9]{1,6})?$", 0, STOCKED_MAX)
    }
}

fn number(about: &str, pattern: &str, min: i64, max: i64) -> Schema {
    json_schema!({
        "description": about,
        "anyOf": [
            { "type": "integer", "minimum": min, "maximum": max },
            { "type": "string", "pattern": pattern },
        ],
    })
}
