//! Evaluates a checked condition. Total: every question has an answer, and "not known" is one of them.

use super::{
    tree::{Amount, Count, Flag, Number, Operation, Part, Quantifier, Test, Text, Word},
    view::{LineView, View},
};
use crate::money::Money;

/// Whether a condition holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// True also when it cannot be known: to ask a person too often is the safe side.
    pub held: bool,
    /// Why it could not be known.
    pub unsure: Option<Unsure>,
}

/// Why a condition could not be decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsure {
    /// An amount of one currency was compared with an amount of another; there are no rates here.
    OtherCurrency,
    /// The margin of the order is not known, because the cost of some line is not.
    MarginUnknown,
    /// Division by zero, or a number too large.
    Arithmetic,
}

impl Unsure {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherCurrency => "other_currency",
            Self::MarginUnknown => "margin_unknown",
            Self::Arithmetic => "arithmetic",
        }
    }
}

/// Three-valued logic (Kleene): `no && unknown` is no, `yes || unknown` is yes, all else with unknown is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Truth {
    No,
    Yes,
    Unknown(Unsure),
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Unknown(why) => Self::Unknown(why),
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unknown(why), _) | (_, Self::Unknown(why)) => Self::Unknown(why),
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

pub(super) fn ask(test: &Test, order: &View<'_>) -> Answer {
    match truth(test, &Scope { order, line: None }) {
        Truth::No => Answer { held: false, unsure: None },
        Truth::Yes => Answer { held: true, unsure: None },
        Truth::Unknown(why) => Answer { held: true, unsure: Some(why) },
    }
}

/// What the names mean here; `line` inside a loop over the lines.
#[derive(Clone, Copy)]
struct Scope<'s> {
    order: &'s View<'s>,
    line: Option<&'s LineView<'s>>,
}

fn truth(test: &Test, scope: &Scope<'_>) -> Truth {
    match test {
        Test::Constant(yes) => (*yes).into(),
        Test::Flag(flag) => scope.flag(*flag).into(),
        Test::Not(inner) => truth(inner, scope).not(),
        Test::And(sides) => match truth(&sides[0], scope) {
            Truth::No => Truth::No,
            left => left.and(truth(&sides[1], scope)),
        },
        Test::Or(sides) => match truth(&sides[0], scope) {
            Truth::Yes => Truth::Yes,
            left => left.or(truth(&sides[1], scope)),
        },
        Test::Same(sides) => match (truth(&sides[0], scope), truth(&sides[1], scope)) {
            (Truth::Unknown(why), _) | (_, Truth::Unknown(why)) => Truth::Unknown(why),
            (left, right) => (left == right).into(),
        },
        Test::Numbers(compare, sides) => match (number(&sides[0], scope), number(&sides[1], scope)) {
            (Ok(left), Ok(right)) => compare.holds(left, right).into(),
            (Err(why), _) | (_, Err(why)) => Truth::Unknown(why),
        },
        Test::NumberIn(value, list) => {
            number(value, scope).map_or_else(Truth::Unknown, |value| list.contains(&value).into())
        }
        Test::TextsEqual(left, right) => (scope.text(left) == scope.text(right)).into(),
        Test::TextIn(value, list) => list.iter().any(|known| known == scope.text(value)).into(),
        Test::TextHas(part, text, pattern) => has(*part, scope.text(text), scope.text(pattern)).into(),
        Test::Amount(compare, amount, limit) => {
            let amount = scope.amount(*amount);
            if amount.currency == limit.currency {
                compare.holds(amount.minor, limit.minor).into()
            } else {
                Truth::Unknown(Unsure::OtherCurrency)
            }
        }
        Test::Lines(quantifier, inner) => over_lines(*quantifier, inner, scope),
    }
}

fn over_lines(quantifier: Quantifier, inner: &Test, scope: &Scope<'_>) -> Truth {
    let each = scope.order.lines.iter().map(|line| truth(inner, &Scope { order: scope.order, line: Some(line) }));
    match quantifier {
        Quantifier::Exists => each.fold(Truth::No, Truth::or),
        Quantifier::All => each.fold(Truth::Yes, Truth::and),
    }
}

fn has(part: Part, text: &str, pattern: &str) -> bool {
    match part {
        Part::Start => text.starts_with(pattern),
        Part::End => text.ends_with(pattern),
        Part::Anywhere => text.contains(pattern),
    }
}

fn number(number_: &Number, scope: &Scope<'_>) -> Result<i64, Unsure> {
    match number_ {
        Number::Literal(value) => Ok(*value),
        Number::Of(count) => scope.count(*count),
        Number::Negative(inner) => number(inner, scope)?.checked_neg().ok_or(Unsure::Arithmetic),
        Number::Sum(operation, sides) => {
            let (left, right) = (number(&sides[0], scope)?, number(&sides[1], scope)?);
            let result = match operation {
                Operation::Add => left.checked_add(right),
                Operation::Subtract => left.checked_sub(right),
                Operation::Multiply => left.checked_mul(right),
                Operation::Divide => left.checked_div(right),
                Operation::Remainder => left.checked_rem(right),
            };
            result.ok_or(Unsure::Arithmetic)
        }
        Number::Length(text) => Ok(i64::try_from(scope.text(text).chars().count()).unwrap_or(i64::MAX)),
    }
}

/// A line's field outside a loop cannot be written (see [`super::check`]); it would read as empty.
impl Scope<'_> {
    fn flag(&self, flag: Flag) -> bool {
        match flag {
            Flag::HasMargin => self.order.margin_ppm.is_some(),
            Flag::PriceDifference => self.order.price_difference,
            Flag::LineCustom => self.line.is_some_and(|line| line.custom),
        }
    }

    fn count(&self, count: Count) -> Result<i64, Unsure> {
        match count {
            Count::DiscountPpm => Ok(self.order.discount_ppm),
            Count::MarginPpm => self.order.margin_ppm.ok_or(Unsure::MarginUnknown),
            Count::Lines => Ok(i64::try_from(self.order.lines.len()).unwrap_or(i64::MAX)),
            Count::LineQuantity => Ok(self.line.map_or(0, |line| line.quantity)),
            Count::LineDiscountPpm => Ok(self.line.map_or(0, |line| line.discount_ppm)),
        }
    }

    fn amount(&self, amount: Amount) -> Money {
        match amount {
            Amount::Total => self.order.total,
            Amount::LineNet => self.line.map_or(Money::zero(self.order.currency), |line| line.net),
        }
    }

    fn text<'t>(&'t self, text: &'t Text) -> &'t str {
        match text {
            Text::Literal(text) => text,
            Text::Of(word) => self.word(*word),
        }
    }

    fn word(&self, word: Word) -> &str {
        match word {
            Word::Kind => self.order.kind,
            Word::Channel => self.order.channel,
            Word::Customer => self.order.customer,
            Word::Tier => self.order.tier,
            Word::Group => self.order.group,
            Word::Currency => self.order.currency.as_str(),
            Word::PaymentMethod => self.order.payment_method,
            Word::PaymentState => self.order.payment_state,
            Word::Country => self.order.country,
            Word::Region => self.order.region,
            Word::City => self.order.city,
            Word::LineSku => self.line.map_or("", |line| line.sku),
            Word::LineCategory => self.line.map_or("", |line| line.category),
        }
    }
}
