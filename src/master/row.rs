//! One row of a table, asked for typed values. Each value that is wrong is noted, and reading goes on, so that all faults
//! of a row come back at once.

use super::{Kind, RowFault, fault, table::Record};
use adapters::mapping::narrow_code;
use model::{
    codes::Code,
    measure::Quantity,
    money::{Currency, Money, MoneyError, UnitPrice},
};
use std::ops::RangeInclusive;

/// Characters of a code.
const CODE_MAX: usize = 64;
/// Units of a quantity, and major units of a price: far above what is sold, far below what would overflow.
const NUMBER_MAX: i64 = 1_000_000_000;

#[derive(Debug)]
pub(super) struct Row<'a> {
    kind: Kind,
    record: &'a Record,
    faults: Vec<RowFault>,
}

impl<'a> Row<'a> {
    pub(super) const fn new(kind: Kind, record: &'a Record) -> Self {
        Self { kind, record, faults: Vec::new() }
    }

    /// What was wrong; nothing when the row is good.
    pub(super) fn finish(self) -> Vec<RowFault> {
        self.faults
    }

    /// Notes that `column` is wrong.
    pub(super) fn wrong(&mut self, code: &str, column: &str) {
        let was = self.raw(column).unwrap_or_default();
        self.faults.push(fault(code, self.record.row, column, was));
    }

    fn wrong_with(&mut self, code: &str, column: &str, argument: &str, value: impl ToString) {
        self.wrong(code, column);
        if let Some(fault) = self.faults.last_mut() {
            fault.args.insert(argument.to_owned(), value.to_string());
        }
    }

    fn raw(&self, column: &str) -> Option<&'a str> {
        let no = self.kind.columns().iter().position(|c| c.name == column)?;
        self.record.cells.get(no)?.as_deref().filter(|text| !text.is_empty())
    }

    /// The cell's text; `None` when it is empty, which is a fault where it must not be.
    fn cell(&mut self, column: &str) -> Option<&'a str> {
        let text = self.raw(column);
        if text.is_none() && self.kind.columns().iter().any(|c| c.name == column && c.must) {
            self.wrong(MISSING, column);
        }
        text
    }

    /// Text of at most `max` characters, empty when there is none.
    pub(super) fn text(&mut self, column: &str, max: usize) -> String {
        let Some(text) = self.cell(column) else { return String::new() };
        if text.contains('\0') {
            self.wrong("nul_character", column);
        } else if text.chars().any(char::is_control) {
            self.wrong("control_character", column);
        } else if text.chars().count() > max {
            self.wrong_with("too_long", column, "max", max);
        }
        text.to_owned()
    }

    /// A code, empty when there is none.
    pub(super) fn code<K>(&mut self, column: &str) -> Code<K> {
        let text = &*narrow_code(self.cell(column).unwrap_or_default());
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
        if text.chars().count() > CODE_MAX {
            self.wrong_with("too_long", column, "max", CODE_MAX);
        } else if !text.chars().all(plain) {
            self.wrong("bad_code", column);
        }
        Code::new(text)
    }

    /// A code, or `*` for any.
    pub(super) fn code_or_any<K>(&mut self, column: &str) -> Code<K> {
        if self.raw(column) == Some("*") { Code::new("*") } else { self.code(column) }
    }

    /// Yes or no; yes when the cell is empty.
    pub(super) fn yes(&mut self, column: &str) -> bool {
        let text = self.cell(column).unwrap_or("true").to_lowercase();
        match text.as_str() {
            "true" | "yes" | "1" | "是" | "启用" => true,
            "false" | "no" | "0" | "否" | "停用" => false,
            _ => {
                self.wrong("not_yes_or_no", column);
                true
            }
        }
    }

    /// A whole number within `range`; `default` when the cell is empty.
    pub(super) fn whole(&mut self, column: &str, range: RangeInclusive<i64>, default: i64) -> i64 {
        let Some(text) = self.cell(column) else { return default };
        match text.parse::<i64>() {
            Ok(number) if range.contains(&number) => number,
            Ok(_) => {
                self.wrong("out_of_range", column);
                default
            }
            Err(_) => {
                let is_number = Quantity::parse(text).is_ok();
                self.wrong(if is_number { "not_a_whole_number" } else { "not_a_number" }, column);
                default
            }
        }
    }

    /// [`Self::whole`] for numbers kept in 32 bits.
    pub(super) fn small(&mut self, column: &str, range: RangeInclusive<i32>, default: i32) -> i32 {
        let wide = i64::from(*range.start())..=i64::from(*range.end());
        i32::try_from(self.whole(column, wide, i64::from(default))).unwrap_or(default)
    }

    /// A quantity, not negative; `None` when the cell is empty.
    pub(super) fn quantity(&mut self, column: &str) -> Option<Quantity> {
        let text = self.cell(column)?;
        let read = Quantity::parse(text);
        let micro = self.checked(column, read.map(|q| q.0), Quantity::whole(NUMBER_MAX).0)?;
        Some(Quantity(micro))
    }

    /// A price of one unit, not negative; zero when the cell is empty.
    pub(super) fn unit_price(&mut self, column: &str) -> UnitPrice {
        let Some(text) = self.cell(column) else { return UnitPrice::default() };
        let read = UnitPrice::parse(text);
        UnitPrice(self.checked(column, read.map(|p| p.0), Quantity::whole(NUMBER_MAX).0).unwrap_or_default())
    }

    /// Minor units of an amount, not negative; zero when the cell is empty.
    pub(super) fn money(&mut self, column: &str, currency: Currency) -> i64 {
        let Some(text) = self.cell(column) else { return 0 };
        let read = Money::parse(text, currency);
        self.checked(column, read.map(|m| m.minor), Quantity::whole(NUMBER_MAX).0).unwrap_or_default()
    }

    fn checked(&mut self, column: &str, read: Result<i64, MoneyError>, max: i64) -> Option<i64> {
        let code = match read {
            Ok(number) if number < 0 => "negative_amount",
            Ok(number) if number > max => OUT_OF_RANGE,
            Ok(number) => return Some(number),
            Err(MoneyError::Decimals(..)) => "too_many_decimals",
            Err(MoneyError::TooLarge) => OUT_OF_RANGE,
            Err(MoneyError::Number(_) | MoneyError::Currency(_) | MoneyError::Mixed(..)) => "not_a_number",
        };
        self.wrong(code, column);
        None
    }

    pub(super) fn currency(&mut self, column: &str) -> Option<Currency> {
        let read = self.cell(column)?.parse().ok();
        if read.is_none() {
            self.wrong("bad_currency", column);
        }
        read
    }

    pub(super) fn date(&mut self, column: &str) -> Option<chrono::NaiveDate> {
        let read = self.cell(column)?.parse().ok();
        if read.is_none() {
            self.wrong("not_a_date", column);
        }
        read
    }

    /// A country's two letters, upper case; empty when there are none.
    pub(super) fn country(&mut self, column: &str) -> String {
        let Some(text) = self.cell(column) else { return String::new() };
        if text.len() != 2 || !text.bytes().all(|b| b.is_ascii_alphabetic()) {
            self.wrong("bad_country", column);
        }
        text.to_ascii_uppercase()
    }

    /// A phone number as written; none or one.
    pub(super) fn phone(&mut self, column: &str) -> Vec<String> {
        let Some(text) = self.cell(column) else { return Vec::new() };
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '/');
        if !(5..=20).contains(&digits) || !text.chars().all(plain) {
            self.wrong("bad_phone", column);
        }
        vec![text.to_owned()]
    }

    /// A mail address as written; none or one.
    pub(super) fn email(&mut self, column: &str) -> Vec<String> {
        let Some(text) = self.cell(column) else { return Vec::new() };
        let whole = text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty()
                && !host.contains('@')
                && host.split('.').count() > 1
                && !host.split('.').any(str::is_empty)
        });
        if !whole || text.len() > 254 || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.wrong("bad_email", column);
        }
        vec![text.to_owned()]
    }

    /// Must be filled because something else in the row asks for it.
    pub(super) fn needs(&mut self, column: &str) {
        if self.raw(column).is_none() {
            self.wrong(MISSING, column);
        }
    }
}

const MISSING: &str = "missing_field";
const OUT_OF_RANGE: &str = "out_of_range";
