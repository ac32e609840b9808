//! Converters: from what stands in the document to a typed value, or a stable code that says why not.

use super::{
    address, contact,
    date::{DayOrder, Written},
    fields::{self, Kind},
    number::{self, Mark, NumberFault},
    scalar::{exact, flag, id, minor_price, percent, plain, quantity, unix, written},
    text,
};
use crate::node::Scalar;
use chrono::NaiveDate;
use chrono_tz::Tz;
use model::{
    measure::Quantity,
    money::{Currency, UnitPrice},
    party::Address,
    said::{Args, OrderKind, PaymentMethod, PaymentState, args},
    time::SourceTime,
};
use std::borrow::Cow;

/// A typed value; text is borrowed from the document until it is stored.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value<'v> {
    Text(Cow<'v, str>),
    Quantity(Quantity),
    Price(UnitPrice),
    Minor(i64),
    Date(NaiveDate),
    Time(SourceTime),
    Version(i64),
    Flag(bool),
    Currency(Currency),
    Phones(Vec<String>),
    Address(Box<Address>),
    OrderKind(OrderKind),
    Method(PaymentMethod),
    State(PaymentState),
}

impl Value<'_> {
    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Quantity(v) => Value::Quantity(v),
            Self::Price(v) => Value::Price(v),
            Self::Minor(v) => Value::Minor(v),
            Self::Date(v) => Value::Date(v),
            Self::Time(v) => Value::Time(v),
            Self::Version(v) => Value::Version(v),
            Self::Flag(v) => Value::Flag(v),
            Self::Currency(v) => Value::Currency(v),
            Self::Phones(v) => Value::Phones(v),
            Self::Address(v) => Value::Address(v),
            Self::OrderKind(v) => Value::OrderKind(v),
            Self::Method(v) => Value::Method(v),
            Self::State(v) => Value::State(v),
        }
    }
}

/// Why a value could not be read.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Fail {
    pub(super) code: &'static str,
    pub(super) args: Args,
}

impl From<NumberFault> for Fail {
    fn from(fault: NumberFault) -> Self {
        fail(fault.code())
    }
}

pub(super) fn fail(code: &'static str) -> Fail {
    Fail { code, args: Args::new() }
}

/// What converters may know beside the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    pub(super) currency: Currency,
    /// Decimals of the currency, looked up once.
    pub(super) digits: u32,
    pub(super) zone: Tz,
    pub(super) country: &'a str,
    /// Serial dates of the workbook count from 1904.
    pub(super) date1904: bool,
}

impl Setting<'_> {
    /// The same for an order in `currency`.
    pub(super) fn with(self, currency: Currency) -> Self {
        if currency == self.currency { self } else { Self { currency, digits: currency.digits(), ..self } }
    }
}

/// The converters, as `as` names them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Converter {
    Text,
    Id,
    /// An id of ours: full-width forms are the same code.
    Sku,
    Decimal,
    Percent,
    Quantity,
    Price,
    PriceMinor,
    Money,
    MoneyMinor,
    Date,
    Time,
    UnixSeconds,
    UnixMillis,
    Integer,
    Bool,
    Currency,
    Country,
    Phone,
    Email,
    CnAddress,
    /// One of our own words, e.g. a payment state; what a value table gives.
    Word,
}

pub(super) const CONVERTERS: [(&str, Converter); 22] = [
    ("text", Converter::Text),
    ("id", Converter::Id),
    ("sku", Converter::Sku),
    ("decimal", Converter::Decimal),
    ("percent", Converter::Percent),
    ("quantity", Converter::Quantity),
    ("price", Converter::Price),
    ("price_minor", Converter::PriceMinor),
    ("money", Converter::Money),
    ("money_minor", Converter::MoneyMinor),
    ("date", Converter::Date),
    ("time", Converter::Time),
    ("unix_s", Converter::UnixSeconds),
    ("unix_ms", Converter::UnixMillis),
    ("integer", Converter::Integer),
    ("bool", Converter::Bool),
    ("currency", Converter::Currency),
    ("country", Converter::Country),
    ("phone", Converter::Phone),
    ("email", Converter::Email),
    ("cn_address", Converter::CnAddress),
    ("word", Converter::Word),
];

impl Converter {
    /// The converters a field of that kind may use; the first is the default.
    pub(super) const fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Text(_) => &[Self::Text, Self::Id, Self::Sku, Self::Decimal, Self::Percent, Self::Date],
            Kind::Id(_) => &[Self::Id, Self::Sku, Self::Text],
            Kind::Code(_) => &[Self::Sku, Self::Id, Self::Text],
            Kind::Quantity => &[Self::Quantity],
            Kind::Price => &[Self::Price, Self::PriceMinor],
            Kind::Money => &[Self::Money, Self::MoneyMinor],
            Kind::Date => &[Self::Date],
            Kind::Time => &[Self::Time, Self::UnixSeconds, Self::UnixMillis],
            Kind::Version => &[Self::Time, Self::UnixSeconds, Self::UnixMillis, Self::Integer],
            Kind::Flag => &[Self::Bool],
            Kind::Currency => &[Self::Currency],
            Kind::Country => &[Self::Country],
            Kind::Phones => &[Self::Phone],
            Kind::Email => &[Self::Email],
            Kind::Address => &[Self::CnAddress],
            Kind::OrderType | Kind::PaymentMethod | Kind::PaymentState => &[Self::Word],
        }
    }

    /// The options it takes.
    pub(super) const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Text | Self::Id | Self::Sku => &["max"],
            Self::Decimal | Self::Percent | Self::Quantity | Self::Price | Self::Money => &["decimal"],
            Self::Date => &["format"],
            Self::Time => &["format", "zone"],
            Self::Phone | Self::Email => &["lenient"],
            Self::PriceMinor
            | Self::MoneyMinor
            | Self::UnixSeconds
            | Self::UnixMillis
            | Self::Integer
            | Self::Bool
            | Self::Currency
            | Self::Country
            | Self::CnAddress
            | Self::Word => &[],
        }
    }
}

/// A converter with its options, for one field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convert {
    pub(super) kind: Kind,
    pub(super) converter: Converter,
    pub(super) mark: Mark,
    pub(super) order: DayOrder,
    pub(super) zone: Option<Tz>,
    /// Characters; 0 = the field's own limit.
    pub(super) max: usize,
    /// Keep a phone or mail address as written when it cannot be one.
    pub(super) lenient: bool,
}

impl Convert {
    pub(super) const fn new(kind: Kind, converter: Converter) -> Self {
        Self { kind, converter, mark: Mark::Point, order: DayOrder::Ymd, zone: None, max: 0, lenient: false }
    }

    pub(super) fn read<'v>(&self, scalar: &'v Scalar<'_>, setting: &Setting<'_>) -> Result<Value<'v>, Fail> {
        if let Scalar::Error(_) = scalar {
            return Err(fail("error_cell"));
        }
        Ok(match self.converter {
            Converter::Text => Value::Text(self.limited(plain(scalar))?),
            Converter::Id => Value::Text(self.limited(id(scalar)?)?),
            Converter::Sku => Value::Text(self.limited(match id(scalar)? {
                Cow::Borrowed(text) => text::narrow_code(text),
                Cow::Owned(text) => Cow::Owned(text::narrow_code(&text).into_owned()),
            })?),
            Converter::Decimal => Value::Text(Cow::Owned(exact(scalar, self.mark)?.decimal())),
            Converter::Percent => Value::Text(Cow::Owned(percent(scalar, self.mark)?)),
            Converter::Quantity => Value::Quantity(quantity(scalar, self.mark)?),
            Converter::Price => Value::Price(UnitPrice(self.amount(scalar, 6, setting)?)),
            Converter::PriceMinor => Value::Price(UnitPrice(minor_price(scalar, setting.digits)?)),
            Converter::Money => Value::Minor(self.amount(scalar, setting.digits, setting)?),
            Converter::MoneyMinor => Value::Minor(exact(scalar, self.mark)?.scaled(0)?),
            Converter::Date => self.date(written(scalar, self.order, setting)?),
            Converter::Time => {
                self.moment(written(scalar, self.order, setting)?.instant(self.zone.unwrap_or(setting.zone)))
            }
            Converter::UnixSeconds => self.moment(unix(scalar, 1, setting.zone)?),
            Converter::UnixMillis => self.moment(unix(scalar, 1000, setting.zone)?),
            Converter::Integer => Value::Version(exact(scalar, self.mark)?.scaled(0)?),
            Converter::Bool => Value::Flag(flag(scalar).ok_or_else(|| fail("not_yes_or_no"))?),
            Converter::Currency => {
                Value::Currency(contact::currency(&plain(scalar)).ok_or_else(|| fail("bad_currency"))?)
            }
            Converter::Country => {
                Value::Text(Cow::Owned(contact::country(&plain(scalar)).ok_or_else(|| fail("bad_country"))?))
            }
            Converter::Phone => Value::Phones(self.phones(scalar, setting)?),
            Converter::Email => Value::Text(self.email(scalar)?),
            Converter::CnAddress => Value::Address(Box::new(address::split(&self.limited(plain(scalar))?))),
            Converter::Word => self.word(&plain(scalar)).ok_or_else(|| fail("not_a_known_word"))?,
        })
    }

    /// Characters the field may have.
    fn limit(&self) -> usize {
        let own = match self.kind {
            Kind::Text(max) | Kind::Id(max) | Kind::Code(max) => max,
            Kind::Address => 600,
            Kind::Quantity
            | Kind::Price
            | Kind::Money
            | Kind::Date
            | Kind::Time
            | Kind::Version
            | Kind::Flag
            | Kind::Currency
            | Kind::Country
            | Kind::Phones
            | Kind::Email
            | Kind::OrderType
            | Kind::PaymentMethod
            | Kind::PaymentState => 200,
        };
        if self.max == 0 { own } else { self.max.min(own) }
    }

    fn limited<'v>(&self, text: Cow<'v, str>) -> Result<Cow<'v, str>, Fail> {
        let max = self.limit();
        // A text of so many bytes has no more characters.
        if text.len() > max && text.chars().nth(max).is_some() {
            return Err(Fail { code: "too_long", args: args([("max", max.to_string())]) });
        }
        Ok(text)
    }

    fn amount(&self, scalar: &Scalar<'_>, digits: u32, setting: &Setting<'_>) -> Result<i64, Fail> {
        let number = exact(scalar, self.mark)?;
        if !number::sign_fits(number.sign, setting.currency) {
            return Err(Fail { code: "currency_differs", args: args([("currency", setting.currency.to_string())]) });
        }
        number.scaled(digits).map_err(|fault| Fail {
            code: fault.code(),
            args: if fault == NumberFault::TooManyDecimals { args([("max", digits.to_string())]) } else { Args::new() },
        })
    }

    /// A date field holds it as a date, a text field as ISO text.
    fn date(&self, written: Written) -> Value<'static> {
        if self.kind == Kind::Date {
            Value::Date(written.date)
        } else {
            Value::Text(Cow::Owned(written.date.to_string()))
        }
    }

    fn moment(&self, time: SourceTime) -> Value<'static> {
        if self.kind == Kind::Version { Value::Version(time.at.0) } else { Value::Time(time) }
    }

    fn phones(&self, scalar: &Scalar<'_>, setting: &Setting<'_>) -> Result<Vec<String>, Fail> {
        let written = id(scalar)?;
        match contact::phones(&written, setting.country) {
            Ok(phones) => Ok(phones),
            Err(_) if self.lenient => Ok(vec![self.limited(written)?.into_owned()]),
            Err(contact::PhoneFault::Scientific) => Err(fail("scientific_notation")),
            Err(contact::PhoneFault::Bad) => Err(fail("bad_phone")),
        }
    }

    fn email<'v>(&self, scalar: &'v Scalar<'_>) -> Result<Cow<'v, str>, Fail> {
        let written = plain(scalar);
        match contact::email(&written) {
            Some(mail) => Ok(Cow::Owned(mail)),
            None if self.lenient => self.limited(written),
            None => Err(fail("bad_email")),
        }
    }

    fn word(&self, word: &str) -> Option<Value<'static>> {
        if self.kind == Kind::OrderType {
            fields::word(&fields::ORDER_KINDS, word).map(Value::OrderKind)
        } else if self.kind == Kind::PaymentMethod {
            fields::word(&fields::PAYMENT_METHODS, word).map(Value::Method)
        } else {
            fields::word(&fields::PAYMENT_STATES, word).map(Value::State)
        }
    }
}
