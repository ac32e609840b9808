//! The table of variables: every name a condition may say, and its type.

use super::{
    tree::{Amount, Count, Flag, Word},
    view,
};

#[derive(Clone, Copy)]
pub(super) enum Variable {
    Flag(Flag),
    Count(Count),
    Word(Word),
    Amount(Amount),
}

/// Variables of the order.
pub(super) const ORDER: [(&str, Variable); 17] = [
    ("order.kind", Variable::Word(Word::Kind)),
    ("order.channel", Variable::Word(Word::Channel)),
    ("order.customer", Variable::Word(Word::Customer)),
    ("order.tier", Variable::Word(Word::Tier)),
    ("order.group", Variable::Word(Word::Group)),
    ("order.currency", Variable::Word(Word::Currency)),
    ("order.total", Variable::Amount(Amount::Total)),
    ("order.discount_ppm", Variable::Count(Count::DiscountPpm)),
    ("order.has_margin", Variable::Flag(Flag::HasMargin)),
    ("order.margin_ppm", Variable::Count(Count::MarginPpm)),
    ("order.payment_method", Variable::Word(Word::PaymentMethod)),
    ("order.payment_state", Variable::Word(Word::PaymentState)),
    ("order.destination.country", Variable::Word(Word::Country)),
    ("order.destination.region", Variable::Word(Word::Region)),
    ("order.destination.city", Variable::Word(Word::City)),
    ("order.lines_count", Variable::Count(Count::Lines)),
    ("order.price_difference", Variable::Flag(Flag::PriceDifference)),
];

/// Fields of one line, within `lines.exists(..)` and `lines.all(..)`.
pub(super) const LINE: [(&str, Variable); 6] = [
    ("sku", Variable::Word(Word::LineSku)),
    ("category", Variable::Word(Word::LineCategory)),
    ("quantity", Variable::Count(Count::LineQuantity)),
    ("net", Variable::Amount(Amount::LineNet)),
    ("discount_ppm", Variable::Count(Count::LineDiscountPpm)),
    ("custom", Variable::Flag(Flag::LineCustom)),
];

pub(super) fn find(table: &[(&str, Variable)], name: &str) -> Option<Variable> {
    table.iter().find(|(known, _)| *known == name).map(|(_, variable)| *variable)
}

/// The names of a table, for the remedy of a mistake.
pub(super) fn names(table: &[(&str, Variable)]) -> String {
    table.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl Word {
    /// All values it can have; `None` when it is free text.
    pub(super) fn values(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Kind => Some(&view::KINDS),
            Self::Tier => Some(&view::TIERS),
            Self::PaymentMethod => Some(&view::PAYMENT_METHODS),
            Self::PaymentState => Some(&view::PAYMENT_STATES),
            Self::Channel
            | Self::Customer
            | Self::Group
            | Self::Currency
            | Self::Country
            | Self::Region
            | Self::City
            | Self::LineSku
            | Self::LineCategory => None,
        }
    }
}
