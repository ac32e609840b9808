//! The typed tree a condition becomes. What cannot be written here cannot be asked.

use crate::money::Money;

/// Something that is true, false, or not known.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Test {
    Constant(bool),
    Flag(Flag),
    Not(Box<Test>),
    And(Box<[Test; 2]>),
    Or(Box<[Test; 2]>),
    /// Both true or both false.
    Same(Box<[Test; 2]>),
    Numbers(Compare, Box<[Number; 2]>),
    NumberIn(Box<Number>, Vec<i64>),
    /// Equal or not equal only: texts have no order here.
    TextsEqual(Text, Text),
    TextIn(Text, Vec<String>),
    TextHas(Part, Text, Text),
    Amount(Compare, Amount, Money),
    Lines(Quantifier, Box<Test>),
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Number {
    Literal(i64),
    Of(Count),
    Negative(Box<Number>),
    Sum(Operation, Box<[Number; 2]>),
    Length(Text),
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Text {
    Literal(String),
    Of(Word),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    /// The same question with its sides exchanged.
    pub(super) fn flipped(self) -> Self {
        match self {
            Self::Equal => Self::Equal,
            Self::NotEqual => Self::NotEqual,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }

    pub(super) fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Start,
    End,
    Anywhere,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quantifier {
    Exists,
    All,
}

/// Yes-or-no variables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flag {
    HasMargin,
    PriceDifference,
    LineCustom,
}

/// Whole-number variables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Count {
    DiscountPpm,
    MarginPpm,
    Lines,
    LineQuantity,
    LineDiscountPpm,
}

/// Text variables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    Kind,
    Channel,
    Customer,
    Tier,
    Group,
    Currency,
    PaymentMethod,
    PaymentState,
    Country,
    Region,
    City,
    LineSku,
    LineCategory,
}

/// Money variables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Amount {
    Total,
    LineNet,
}
