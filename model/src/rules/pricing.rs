//! Price audit: what the order charges against what our price book says, line by line.

mod amended;
mod book;
mod freight;
mod judge;
mod margin;
mod policy;
mod promotions;
mod quote;
mod spread;
mod sums;
mod tax;

use crate::{
    codes::Unit,
    facts::Facts,
    money::{Money, UnitPrice},
    order::state::{Hold, Order, ReleaseRule, Stage},
    rules::checks,
    said::{Args, args},
};
use judge::Judge;
use serde::{Deserialize, Serialize};
use sums::Sums;

pub(crate) use amended::restate_tax;
pub use policy::{FreightRule, PricingPolicy, TaxPolicy, TaxRate, Tolerance};
pub use quote::{Quote, Unquotable, quote};
pub use spread::spread;
pub(crate) use sums::claims_that_differ;
pub use sums::order_total;

/// The code of the hold, which a person may accept.
pub const HOLD: &str = "price_difference";

/// What was charged, what was expected, and where the expectation comes from. Amounts that do not fit saturate.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PriceAudit {
    pub lines: Vec<LineAudit>,
    /// Minor units of the order's currency, before discounts.
    pub goods: i64,
    /// What the goods cost by the price book, less the promotions that were applied, to be compared with goods -
    /// discount; lines the book has no row for count as charged.
    pub goods_expected: i64,
    pub freight: i64,
    /// As charged when no rule applied.
    pub freight_expected: i64,
    /// The freight rule that applied; empty when none did.
    pub freight_rule: String,
    pub tax: i64,
    /// As charged when tax is not checked.
    pub tax_expected: i64,
    /// Discounts of the lines and of the order.
    pub discount: i64,
    /// Charges that are neither freight, tax nor discount.
    #[serde(default)]
    pub other: i64,
    /// What the order comes to by its own lines and charges:
    /// goods - discount + freight + other, + tax unless prices include it.
    pub total: i64,
    /// What the document claims it comes to.
    pub total_claimed: Option<i64>,
    /// Differences outside the tolerance, most serious first.
    pub differences: Vec<Difference>,
    /// What could not be judged, and why.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// Gross margin of the goods in parts per million of their value without tax; `None` when a cost is unknown or in
    /// another currency, or the value is not above zero. Lines without a sku are no goods.
    pub margin_ppm: Option<i64>,
    /// The policy set this was judged by.
    pub policy: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineAudit {
    pub line: u32,
    /// Per ordered unit; the book's price when the document leaves it to us.
    pub charged: UnitPrice,
    /// Per ordered unit. `None`: the price book has no row for it.
    pub expected: Option<UnitPrice>,
    /// The row that applied: `group/channel/from quantity`, of a contract `customer:group/channel/from quantity`;
    /// behind it `/first day..last day` of a row that has them.
    pub row: String,
    /// Rows that could have applied, or would have on another day or from another quantity, and why they did not; the
    /// first eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// Discount charged on the line and its share of the order's, minor units.
    pub discount: i64,
    /// (charged - expected) x quantity, after discount and what promotions grant, minor units; 0 when nothing is
    /// expected.
    pub difference: i64,
    /// Net value of the line as charged, minor units: after discount, tax as the order's prices have it.
    pub net: i64,
    /// Within the tolerance, or a person accepted the difference.
    pub accepted: bool,
}

/// A row of the price book that did not apply.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PassedOver {
    /// As [`LineAudit::row`].
    pub row: String,
    /// Per `unit`.
    pub unit_price: UnitPrice,
    pub unit: Unit,
    /// Stable code: by which rule another came first (`price_row_contract_first`, `price_row_group_first`,
    /// `price_row_channel_first`, `price_row_unit_first`, `price_row_quantity_first`, `price_row_latest_first`,
    /// `price_row_lowest_first`), or what kept it away (`price_row_not_yet_valid`, `price_row_expired`,
    /// `price_row_below_quantity`).
    pub why: String,
}

/// One thing that does not agree.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// Stable code: `price_below_book`, `price_above_book`, `no_price`, `freight_differs`, `tax_differs`,
    /// `totals_do_not_add_up`, `below_cost`.
    pub code: String,
    /// `None`: the order as a whole.
    pub line: Option<u32>,
    /// Minor units of the line or the order, as are all amounts here; of `below_cost` the goods without tax.
    pub charged: i64,
    pub expected: i64,
}

/// Why something was not judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// Stable code: `tolerance_other_currency`, `freight_rule_other_currency`, `no_freight_rule`, `tax_not_checked`,
    /// `tax_rate_unknown`, `tax_not_stated`, `cost_unknown`, `cost_other_currency`, and of each promotion that was considered
    /// `promotion_applied`, `promotion_not_charged` (of a quote `promotion_outdone`), `promotion_expired`, `promotion_not_yet_valid`,
    /// `promotion_other_channel`, `promotion_other_group`, `promotion_other_currency`, `promotion_below_minimum`.
    pub code: String,
    pub args: Args,
}

/// Compares every price, the freight and the tax with what we expect of them.
pub fn audit(order: &Order, facts: &Facts) -> PriceAudit {
    let mut quotes = book::quotes(order, facts);
    let sums = Sums::of(order, &book::charged(order, &quotes));
    let mut judge = Judge::new(order, facts);
    promotions::grant(order, facts, &sums, &mut quotes, &mut judge);
    let lines = judge.lines(&sums, &quotes, book::passed_over(order, facts));
    let goods_expected = judge.goods(&sums, &quotes);
    let (freight_expected, freight_rule) = freight::expected(order, facts, &sums, &mut judge);
    judge.freight(&sums, freight_expected);
    let tax = tax::expected(order, facts, &sums, freight_expected, &mut judge);
    judge.tax(&sums, tax.total);
    let margin_ppm = margin::of(order, facts, &sums, &tax, &mut judge);
    judge.claims(&sums);
    PriceAudit {
        lines,
        goods: sums::fit(sums.goods),
        goods_expected: sums::fit(goods_expected),
        freight: sums::fit(sums.freight),
        freight_expected: freight_expected.unwrap_or(sums::fit(sums.freight)),
        freight_rule,
        tax: sums::fit(sums.tax),
        tax_expected: sums::fit(tax.total.unwrap_or(sums.tax)),
        discount: sums::fit(sums.discount()),
        other: sums::fit(sums.other),
        total: sums::fit(sums.total()),
        total_claimed: order.header.claimed.total,
        differences: judge.differences(),
        notes: judge.notes,
        margin_ppm,
        policy: facts.policies().hash.clone(),
    }
}

/// The hold the differences ask for, unless a person accepted them. Sums that do not add up are the checks' hold, not
/// this one's.
pub fn hold(audit: &PriceAudit, order: &Order, facts: &Facts) -> Option<Hold> {
    let found = || audit.differences.iter().filter(|difference| difference.code != judge::TOTALS);
    if order.accepts(HOLD) || found().next().is_none() {
        return None;
    }
    let policy = &facts.policies().pricing;
    let amount = |minor| Money::new(minor, order.currency()).decimal();
    let charged = audit.goods.saturating_sub(audit.discount);
    let mut args = args([
        ("differences", checks::list(found().map(|difference| &difference.code))),
        ("charged", amount(charged)),
        ("expected", amount(audit.goods_expected)),
        ("currency", order.currency().to_string()),
    ]);
    let lines = checks::list(found().filter_map(|difference| difference.line));
    if !lines.is_empty() {
        args.insert("lines".to_owned(), lines);
    }
    let hold = Hold {
        code: HOLD.to_owned(),
        owner: policy.owner.clone(),
        blocks: Stage::Pricing,
        since: facts.now,
        due: checks::due_after(policy.due_hours, facts.now),
        args,
        release: ReleaseRule::Person,
    };
    Some(checks::as_before(order, hold))
}
