//! The price book: which row applies to a line.
//!
//! Candidates are the rows of the sku in the order's currency, for this customer or everybody, for the buyer's group or
//! every group, for the order's channel or every channel, valid on the date the order was placed (both ends included,
//! the date as the source's clock had it), from a quantity the line reaches, in a unit the product is measured in. The
//! first of these applies by:
//!
//! 1. a row of the customer's contract before everybody's,
//! 2. a row for the group before one for every group,
//! 3. a row for the channel before one for every channel,
//! 4. a row in the ordered unit before one that must be converted,
//! 5. the greatest quantity,
//! 6. the latest beginning,
//! 7. the lowest price.
//!
//! So a contract's or a group's own price stands even where everybody's tier price is lower.

use super::{PassedOver, sums};
use crate::{
    codes::{Channel, Customer, Group},
    facts::{Facts, Price, Product},
    measure::{Quantity, UnitFactor},
    money::{Currency, UnitPrice, round_half_up},
    order::state::Order,
    rules::checks::unit_factor,
    said::Item,
};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// What the book says about a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Quote {
    /// Per ordered unit.
    pub(super) unit_price: UnitPrice,
    /// For the ordered quantity, minor units, rounded once.
    pub(super) amount: i64,
    /// `group/channel/from quantity`, of a contract `customer:group/channel/from quantity`;
    /// behind it `/first day..last day` of a row that has them.
    pub(super) row: String,
}

/// So many rows are named for a line; a book may have any number.
const PASSED_OVER_MAX: usize = 8;

/// Who buys, when: what rows are chosen by.
struct Buyer<'a> {
    customer: &'a Customer,
    group: &'a Group,
    channel: &'a Channel,
    currency: Currency,
    on: NaiveDate,
}

/// The group of a known customer that has one, else the channel's; `None`: neither has one.
pub(super) fn group_of<'a>(order: &Order, facts: &'a Facts) -> Option<&'a Group> {
    let customer = facts.customers.get(&order.header.customer).map(|customer| &customer.group);
    let channel = facts.world.channels.get(&order.channel).map(|channel| &channel.group);
    customer.filter(|group| !group.is_empty()).or(channel).filter(|group| !group.is_empty())
}

/// What the book says about each line.
pub(super) fn quotes(order: &Order, facts: &Facts) -> Vec<Option<Quote>> {
    let every = Group::default();
    let buyer = Buyer::of(order, facts, &every);
    order.active().map(|line| quote(&line.item, &buyer, facts)).collect()
}

/// What each line charges for a unit: its own price, else the book's, else nothing.
pub(super) fn charged(order: &Order, quotes: &[Option<Quote>]) -> Vec<UnitPrice> {
    let price = |(line, quote): (&crate::order::state::Line, &Option<Quote>)| {
        line.item.unit_price.or(quote.as_ref().map(|quote| quote.unit_price)).unwrap_or_default()
    };
    order.active().zip(quotes).map(price).collect()
}

fn quote(item: &Item, buyer: &Buyer<'_>, facts: &Facts) -> Option<Quote> {
    let (product, ordered, base) = measured(item, facts)?;
    let rows =
        facts.prices.get(&item.sku)?.iter().filter(|row| buyer.may_have(row) && buyer.why_out_of_time(row).is_none());
    let (row, factor) = rows
        .filter_map(|row| reached(row, product, base).map(|factor| (row, factor)))
        .max_by_key(|(row, factor)| rank(row, factor, &ordered))?;
    let (unit_price, amount) = if factor.unit == ordered.unit {
        (row.unit_price, row.unit_price.times(item.quantity, buyer.currency).minor)
    } else {
        converted(row.unit_price, &factor, &ordered, base, buyer.currency)
    };
    // A line that leaves its price to us, or states the very price, is charged what its unit price comes to: both agree.
    let amount = if item.unit_price.is_none_or(|stated| stated == unit_price) {
        unit_price.times(item.quantity, buyer.currency).minor
    } else {
        amount
    };
    Some(Quote { unit_price, amount, row: label(row) })
}

/// The product, the ordered unit, and the quantity in the product's base unit.
fn measured<'f>(item: &Item, facts: &'f Facts) -> Option<(&'f Product, UnitFactor, Quantity)> {
    let product = facts.products.get(&item.sku)?;
    let ordered = unit_factor(product, &item.unit)?;
    let base = ordered.to_base(item.quantity)?;
    Some((product, ordered, base))
}

/// The rows passed over for each line, in the order they would have applied: those that lost to the row that applied,
/// then those of the buyer's that are out of time or ask for a greater quantity. Other customers' contracts are never named.
pub(super) fn passed_over(order: &Order, facts: &Facts) -> Vec<Vec<PassedOver>> {
    let every = Group::default();
    let buyer = Buyer::of(order, facts, &every);
    order.active().map(|line| passed_over_for(&line.item, &buyer, facts)).collect()
}

fn passed_over_for(item: &Item, buyer: &Buyer<'_>, facts: &Facts) -> Vec<PassedOver> {
    let (Some((product, ordered, base)), Some(rows)) = (measured(item, facts), facts.prices.get(&item.sku)) else {
        return vec![];
    };
    let (mut lost, mut unfit) = (Vec::new(), Vec::new());
    for row in rows.iter().filter(|row| buyer.may_have(row)) {
        match (buyer.why_out_of_time(row), reached(row, product, base)) {
            (None, Some(factor)) => lost.push((rank(row, &factor, &ordered), row)),
            (None, None) => unfit.push((row, "price_row_below_quantity")),
            (Some(why), _) => unfit.push((row, why)),
        }
    }
    lost.sort_by(|(one, _), (other, _)| other.cmp(one));
    let mut lost = lost.into_iter();
    let Some((best, _)) = lost.next() else { return named(unfit) };
    named(lost.map(|(rank, row)| (row, why_lost(&best, &rank))).chain(unfit))
}

fn named<'p>(rows: impl IntoIterator<Item = (&'p Price, &'static str)>) -> Vec<PassedOver> {
    let one = |(row, why): (&Price, &str)| PassedOver {
        row: label(row),
        unit_price: row.unit_price,
        unit: row.unit.clone(),
        why: why.to_owned(),
    };
    rows.into_iter().take(PASSED_OVER_MAX).map(one).collect()
}

/// The first rule by which one row comes before the other.
fn why_lost(best: &Rank, rank: &Rank) -> &'static str {
    match () {
        () if best.0 != rank.0 => "price_row_contract_first",
        () if best.1 != rank.1 => "price_row_group_first",
        () if best.2 != rank.2 => "price_row_channel_first",
        () if best.3 != rank.3 => "price_row_unit_first",
        () if best.4 != rank.4 => "price_row_quantity_first",
        () if best.5 != rank.5 => "price_row_latest_first",
        () => "price_row_lowest_first",
    }
}

impl<'a> Buyer<'a> {
    /// `every` is what stands for having no group.
    fn of(order: &'a Order, facts: &'a Facts, every: &'a Group) -> Self {
        let placed = order.header.placed_at;
        Self {
            customer: &order.header.customer,
            group: group_of(order, facts).unwrap_or(every),
            channel: &order.channel,
            currency: order.currency(),
            on: placed.at.date(i32::from(placed.offset)),
        }
    }

    fn why_out_of_time(&self, row: &Price) -> Option<&'static str> {
        let early = row.valid_from.is_some_and(|from| self.on < from);
        let late = row.valid_to.is_some_and(|to| to < self.on);
        early.then_some("price_row_not_yet_valid").or(late.then_some("price_row_expired"))
    }

    fn may_have(&self, row: &Price) -> bool {
        row.currency == self.currency
            && (row.customer.is_empty() || row.customer == *self.customer)
            && (row.group.is_empty() || row.group == *self.group)
            && (row.channel.is_empty() || row.channel == *self.channel)
    }
}

/// The unit of `row`, when `base` reaches its quantity.
fn reached(row: &Price, product: &Product, base: Quantity) -> Option<UnitFactor> {
    let factor = unit_factor(product, &row.unit)?;
    let least = i128::from(row.min_quantity.0) * i128::from(factor.num);
    (i128::from(base.0) * i128::from(factor.den) >= least).then_some(factor)
}

type Rank = (bool, bool, bool, bool, i128, Option<NaiveDate>, Reverse<UnitPrice>, crate::codes::Unit);

fn rank(row: &Price, factor: &UnitFactor, ordered: &UnitFactor) -> Rank {
    let from = i128::from(row.min_quantity.0) * i128::from(factor.num) / i128::from(factor.den);
    (
        !row.customer.is_empty(),
        !row.group.is_empty(),
        !row.channel.is_empty(),
        factor.unit == ordered.unit,
        from,
        row.valid_from,
        Reverse(row.unit_price),
        factor.unit.clone(),
    )
}

/// Price per ordered unit and amount for `base`, of a price for another unit.
fn converted(
    price: UnitPrice,
    factor: &UnitFactor,
    ordered: &UnitFactor,
    base: Quantity,
    currency: Currency,
) -> (UnitPrice, i64) {
    let per_unit = i128::from(price.0) * i128::from(ordered.num);
    let unit_price = scaled(per_unit, factor.den, i128::from(ordered.den) * i128::from(factor.num));
    let product = i128::from(price.0) * i128::from(base.0);
    let minor = 10_i128.pow(12 - currency.digits());
    (UnitPrice(unit_price), scaled(product, factor.den, minor.saturating_mul(factor.num.into())))
}

/// `value x by / over`, rounded half-up once; saturates.
fn scaled(value: i128, by: i64, over: i128) -> i64 {
    let product = value.checked_mul(by.into());
    product.map_or_else(|| sums::fit(value.signum() * i128::MAX), |product| round_half_up(product, over))
}

fn label(row: &Price) -> String {
    let contract = if row.customer.is_empty() { String::new() } else { format!("{}:", row.customer) };
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let dates = match (row.valid_from, row.valid_to) {
        (None, None) => String::new(),
        (from, to) => format!("/{}..{}", day(from), day(to)),
    };
    format!("{contract}{}/{}/{}{dates}", row.group, row.channel, row.min_quantity.decimal())
}
