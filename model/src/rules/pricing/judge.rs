//! Judging: which differences are outside the tolerance.

use super::{
    Difference, HOLD, LineAudit, Note, PassedOver, PricingPolicy, Tolerance,
    book::Quote,
    sums::{self, LineSum, Sums, fit},
};
use crate::{
    facts::Facts,
    money::Currency,
    order::state::{Line, Order},
    said::{Args, args},
};
use std::cmp::Reverse;

/// The code of sums that do not add up.
pub(super) const TOTALS: &str = "totals_do_not_add_up";

/// Codes of differences, most serious first.
const SERIOUS: [&str; 7] =
    ["below_cost", "no_price", "price_below_book", TOTALS, "tax_differs", "freight_differs", "price_above_book"];

/// Collects differences and notes on the way through an order.
pub(super) struct Judge<'a> {
    order: &'a Order,
    facts: &'a Facts,
    pub(super) policy: &'a PricingPolicy,
    found: Vec<Difference>,
    pub(super) notes: Vec<Note>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(order: &'a Order, facts: &'a Facts) -> Self {
        let policy = &facts.policies().pricing;
        let mut judge = Self { order, facts, policy, found: vec![], notes: vec![] };
        let named = [
            ("line", &policy.line_tolerance),
            ("order", &policy.order_tolerance),
            ("freight", &policy.freight_tolerance),
            ("tax", &policy.tax_tolerance),
        ];
        for (name, tolerance) in named {
            if !tolerance.absolute.is_empty() && tolerance.amount(judge.currency()).is_none() {
                judge.note("tolerance_other_currency", args([("tolerance", name.to_owned())]));
            }
        }
        judge
    }

    pub(super) fn note(&mut self, code: &str, args: Args) {
        self.notes.push(Note { code: code.to_owned(), args });
    }

    pub(super) fn difference(&mut self, code: &str, line: Option<u32>, charged: i128, expected: i128) {
        self.found.push(Difference { code: code.to_owned(), line, charged: fit(charged), expected: fit(expected) });
    }

    fn currency(&self) -> Currency {
        self.order.currency()
    }

    /// Each line against its quote.
    pub(super) fn lines(
        &mut self,
        sums: &Sums,
        quotes: &[Option<Quote>],
        passed_over: Vec<Vec<PassedOver>>,
    ) -> Vec<LineAudit> {
        let lines = sums.lines.iter().zip(quotes).zip(self.order.active()).zip(passed_over);
        let audit = |(((sum, quote), line), passed_over): (((&LineSum, &Option<Quote>), &Line), _)| LineAudit {
            passed_over,
            ..self.line(sum, quote.as_ref(), &line.item)
        };
        lines.map(audit).collect()
    }

    fn line(&mut self, sum: &LineSum, quote: Option<&Quote>, item: &crate::said::Item) -> LineAudit {
        let net = sum.net();
        let expected = quote.map_or(net, |quote| i128::from(quote.amount));
        let within = match quote {
            Some(_) => self.price(Some(sum.no), &self.policy.line_tolerance, net, expected),
            None => self.unlisted(sum, item),
        };
        LineAudit {
            line: sum.no,
            charged: sum.charged,
            expected: quote.map(|quote| quote.unit_price),
            row: quote.map_or_else(String::new, |quote| quote.row.clone()),
            passed_over: vec![],
            discount: fit(sum.discount()),
            difference: fit(net - expected),
            net: fit(net),
            accepted: within || self.order.accepts(HOLD),
        }
    }

    /// The book has no row. That is a difference when nobody names a price, or when the product is ours and the policy
    /// wants it listed; a line without a product of ours (a fee, a gift card) is charged as it says.
    fn unlisted(&mut self, sum: &LineSum, item: &crate::said::Item) -> bool {
        let listed = self.policy.require_price && self.facts.products.contains_key(&item.sku);
        let fine = item.unit_price.is_some() && !listed;
        if !fine {
            self.difference("no_price", Some(sum.no), sum.net(), 0);
        }
        fine
    }

    fn price(&mut self, line: Option<u32>, tolerance: &Tolerance, charged: i128, expected: i128) -> bool {
        let within = tolerance.allows(charged, expected, self.currency());
        if !within {
            let code = if charged < expected { "price_below_book" } else { "price_above_book" };
            self.difference(code, line, charged, expected);
        }
        within
    }

    /// All goods together against all quotes; gives what was expected.
    pub(super) fn goods(&mut self, sums: &Sums, quotes: &[Option<Quote>]) -> i128 {
        let of_line = |(sum, quote): (&LineSum, &Option<Quote>)| {
            quote.as_ref().map_or_else(|| sum.net(), |quote| i128::from(quote.amount))
        };
        let expected = sums.lines.iter().zip(quotes).map(of_line).sum();
        self.price(None, &self.policy.order_tolerance, sums.net(), expected);
        expected
    }

    pub(super) fn freight(&mut self, sums: &Sums, expected: Option<i64>) {
        let expected = expected.map_or(sums.freight, i128::from);
        if !self.policy.freight_tolerance.allows(sums.freight, expected, self.currency()) {
            self.difference("freight_differs", None, sums.freight, expected);
        }
    }

    pub(super) fn tax(&mut self, sums: &Sums, expected: Option<i128>) {
        let expected = expected.unwrap_or(sums.tax);
        let rounding = sums.lines.len() as i128;
        let near = (sums.tax - expected).abs() <= rounding;
        if !near && !self.policy.tax_tolerance.allows(sums.tax, expected, self.currency()) {
            self.difference("tax_differs", None, sums.tax, expected);
        }
    }

    /// What the document claims; by the tolerance of the checks, which hold the order for it.
    pub(super) fn claims(&mut self, sums: &Sums) {
        for claim in sums::claims(self.order, sums, self.facts.policies().checks.totals_tolerance) {
            self.difference(TOTALS, claim.of.line(), claim.claimed.into(), claim.comes_to.into());
        }
    }

    /// The differences, most serious first; of one kind the largest first, then by line.
    pub(super) fn differences(&mut self) -> Vec<Difference> {
        let mut found = std::mem::take(&mut self.found);
        let rank = |code: &str| SERIOUS.iter().position(|known| *known == code);
        let size = |d: &Difference| i128::from(d.charged).abs_diff(d.expected.into());
        found.sort_by_key(|d| (rank(&d.code), Reverse(size(d)), d.line));
        found
    }
}
