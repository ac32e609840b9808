//! What an order comes to by its own lines and charges, and what its document claims it does.

use super::{book, spread};
use crate::{
    facts::Facts,
    money::{Money, UnitPrice},
    order::state::{Line, Order},
    said::ChargeKind,
};

/// One line, minor units, each rounded half-up once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LineSum {
    pub(super) no: u32,
    pub(super) charged: UnitPrice,
    pub(super) gross: i64,
    /// Its own discount.
    pub(super) own: i64,
    /// Its share of the order's discounts.
    share: i64,
}

impl LineSum {
    pub(super) fn discount(&self) -> i128 {
        i128::from(self.own) + i128::from(self.share)
    }

    /// After every discount.
    pub(super) fn net(&self) -> i128 {
        i128::from(self.gross) - self.discount()
    }

    /// Before its share of the order's discounts.
    fn own_net(&self) -> i128 {
        i128::from(self.gross) - i128::from(self.own)
    }
}

/// An order's sums. Wide, so that no sum of what one line can hold overflows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Sums {
    pub(super) lines: Vec<LineSum>,
    /// Before discounts.
    pub(super) goods: i128,
    line_discount: i128,
    order_discount: i128,
    pub(super) freight: i128,
    pub(super) other: i128,
    /// The tax charges of the order when it has any, else the tax its lines state: a document that states both states
    /// the same tax twice.
    pub(super) tax: i128,
    /// The document says something about tax.
    pub(super) tax_stated: bool,
    included: bool,
}

/// What an order comes to, discounts and charges included, tax as well, by its own lines. A line whose price is left to
/// us counts at the price the last audit found, before the first one at nothing. Saturates.
pub fn order_total(order: &Order) -> Money {
    let audited = |no| order.audit.as_ref()?.lines.iter().find(|line| line.line == no).map(|line| line.charged);
    let price = |line: &Line| line.item.unit_price.or_else(|| audited(line.no)).unwrap_or_default();
    let charged: Vec<UnitPrice> = order.active().map(price).collect();
    Money::new(fit(Sums::of(order, &charged).total()), order.currency())
}

/// The nearest amount an i64 holds.
pub(super) fn fit(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount > 0 { i64::MAX } else { i64::MIN })
}

impl Sums {
    /// `charged`: what each line charges for a unit.
    pub(super) fn of(order: &Order, charged: &[UnitPrice]) -> Self {
        let charges = |kind| {
            let amounts = order.header.charges.iter().filter(move |charge| charge.kind == kind);
            amounts.map(|charge| i128::from(charge.amount))
        };
        let line_taxes = || order.active().filter_map(|line| line.item.tax).map(i128::from);
        let charged_tax = charges(ChargeKind::Tax).next().is_some();
        let order_discount = charges(ChargeKind::Discount).sum();
        let lines = line_sums(order, charged, fit(order_discount));
        Self {
            goods: lines.iter().map(|line| i128::from(line.gross)).sum(),
            line_discount: lines.iter().map(|line| i128::from(line.own)).sum(),
            order_discount,
            freight: charges(ChargeKind::Shipping).sum(),
            other: charges(ChargeKind::Other).sum(),
            tax: if charged_tax { charges(ChargeKind::Tax).sum() } else { line_taxes().sum() },
            tax_stated: charged_tax || line_taxes().next().is_some(),
            included: order.header.taxes_included,
            lines,
        }
    }

    pub(super) fn discount(&self) -> i128 {
        self.line_discount + self.order_discount
    }

    /// The goods after every discount.
    pub(super) fn net(&self) -> i128 {
        self.goods - self.discount()
    }

    pub(super) fn total(&self) -> i128 {
        let tax = if self.included { 0 } else { self.tax };
        self.net() + self.freight + self.other + tax
    }
}

fn line_sums(order: &Order, charged: &[UnitPrice], discount: i64) -> Vec<LineSum> {
    let sum = |(line, charged): (&Line, &UnitPrice)| LineSum {
        no: line.no,
        charged: *charged,
        gross: charged.times(line.item.quantity, order.currency()).minor,
        own: line.item.discount,
        share: 0,
    };
    let mut lines: Vec<LineSum> = order.active().zip(charged).map(sum).collect();
    let weights: Vec<i64> = lines.iter().map(|line| fit(line.own_net())).collect();
    for (line, share) in lines.iter_mut().zip(spread(discount, &weights)) {
        line.share = share;
    }
    lines
}

/// A sum a document claims.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Claimed {
    Total,
    Subtotal,
    Line(u32),
}

impl Claimed {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Subtotal => "subtotal",
            Self::Line(_) => "lines",
        }
    }

    pub(crate) fn line(self) -> Option<u32> {
        match self {
            Self::Line(no) => Some(no),
            Self::Total | Self::Subtotal => None,
        }
    }
}

/// A claim that the order's own lines and charges do not bear out, minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Claim {
    pub(crate) of: Claimed,
    pub(crate) claimed: i64,
    pub(crate) comes_to: i64,
}

/// Every claimed sum that is further than `tolerance` minor units from ours, the total first. Nothing when a line has no
/// price and our book has none for it: then there is no sum to compare with.
pub(crate) fn claims_that_differ(order: &Order, facts: &Facts, tolerance: i64) -> Vec<Claim> {
    // Most documents name every price; the book is asked only when one does not.
    let unpriced = order.active().any(|line| line.item.unit_price.is_none());
    let quotes = if unpriced { book::quotes(order, facts) } else { vec![None; order.active().count()] };
    let nowhere = |(line, quote): (&Line, &Option<book::Quote>)| line.item.unit_price.is_none() && quote.is_none();
    if order.active().zip(&quotes).any(nowhere) {
        return vec![];
    }
    claims(order, &Sums::of(order, &book::charged(order, &quotes)), tolerance)
}

/// Documents mean different things by a subtotal and by the total of a line, so any reading that fits is believed:
/// a subtotal before discounts, after those of the lines, or after all (as Shopify's `subtotal_price`); a line before or
/// after its discount, with or without the tax it adds.
pub(super) fn claims(order: &Order, sums: &Sums, tolerance: i64) -> Vec<Claim> {
    let claimed = order.header.claimed;
    let goods = [sums.goods - sums.line_discount, sums.net(), sums.goods];
    let mut found = vec![
        claimed.total.and_then(|claim| differs(Claimed::Total, claim, &[sums.total()], tolerance)),
        claimed.subtotal.and_then(|claim| differs(Claimed::Subtotal, claim, &goods, tolerance)),
    ];
    found.extend(order.active().zip(&sums.lines).map(|(line, sum)| {
        let tax = if sums.included { 0 } else { i128::from(line.item.tax.unwrap_or(0)) };
        let gross = i128::from(sum.gross);
        let readings = [sum.own_net(), gross, sum.own_net() + tax, gross + tax, sum.net(), sum.net() + tax];
        differs(Claimed::Line(line.no), line.item.total?, &readings, tolerance)
    }));
    found.into_iter().flatten().collect()
}

fn differs(of: Claimed, claimed: i64, readings: &[i128], tolerance: i64) -> Option<Claim> {
    let far = |reading: &i128| (reading - i128::from(claimed)).abs();
    let nearest = readings.iter().min_by_key(|reading| far(reading))?;
    (far(nearest) > i128::from(tolerance)).then(|| Claim { of, claimed, comes_to: fit(*nearest) })
}
