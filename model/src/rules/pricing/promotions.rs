//! Promotions: which reductions an order may have, and which of them it has.
//!
//! An order that charges the book's prices or more asks for no promotion, and none is looked at. Otherwise each
//! promotion that speaks of its goods either applies or says why not. Lawful are: none, each applicable one alone, and
//! all stackable ones together. What each saves is worked out on the book's amounts, half-up by line, never more than
//! the line. The order is judged against the lawful choice whose goods come nearest to what it charges; of equally near
//! ones the one that saves more, then the higher priority, then the first code.
//!
//! A discount stated for the order as a whole is spread over its lines as [`super::spread`] does, and so is then what
//! the choice saves, so that both agree line by line.

use super::{
    book::{self, Quote},
    judge::Judge,
    policy::PPM,
    spread,
    sums::{LineSum, Sums, fit},
};
use crate::{
    codes::{Channel, Group},
    facts::{Benefit, Facts, Promotion},
    measure::Quantity,
    money::{Money, round_half_up},
    order::state::{Line, Order},
    said::{Args, args},
};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// What one promotion takes off each line, minor units.
struct Saving<'a> {
    promotions: Vec<&'a Promotion>,
    lines: Vec<i64>,
}

/// Who buys, when.
struct Buyer<'a> {
    channel: &'a Channel,
    group: Option<&'a Group>,
    on: NaiveDate,
}

/// Takes off `quotes` what the order's discounts are granted, and notes what was considered.
pub(super) fn grant(order: &Order, facts: &Facts, sums: &Sums, quotes: &mut [Option<Quote>], judge: &mut Judge<'_>) {
    let promotions = &facts.world.promotions;
    if promotions.is_empty() || sums.net() >= book_amount(sums, quotes) {
        return;
    }
    let placed = order.header.placed_at;
    let buyer = Buyer {
        channel: &order.channel,
        group: book::group_of(order, facts),
        on: placed.at.date(i32::from(placed.offset)),
    };
    let mut applicable = Vec::new();
    for promotion in promotions {
        let goods: Vec<bool> = order
            .active()
            .zip(&*quotes)
            .map(|(line, quote)| quote.is_some() && covers(promotion, line, facts))
            .collect();
        if !goods.contains(&true) {
            continue;
        }
        match refused(promotion, &buyer, order, quotes, &goods) {
            Some(code) => judge.note(code, named(promotion)),
            None => {
                applicable.push(Saving { lines: saving(promotion, order, quotes, &goods), promotions: vec![promotion] })
            }
        }
    }
    let chosen = choose(&applicable, sums, quotes);
    for saving in &applicable {
        let promotion = saving.promotions[0];
        let taken = chosen.as_ref().is_some_and(|chosen| chosen.promotions.contains(&promotion));
        let mut of = named(promotion);
        of.insert("saving".to_owned(), Money::new(total(&saving.lines), order.currency()).decimal());
        of.insert("currency".to_owned(), order.currency().to_string());
        judge.note(if taken { "promotion_applied" } else { "promotion_not_charged" }, of);
    }
    if let Some(chosen) = chosen {
        take_off(&chosen, sums, quotes);
    }
}

/// All goods by the book; lines without a row count as charged.
fn book_amount(sums: &Sums, quotes: &[Option<Quote>]) -> i128 {
    let amount = |(sum, quote): (&LineSum, &Option<Quote>)| quote.as_ref().map_or(sum.net(), |q| q.amount.into());
    sums.lines.iter().zip(quotes).map(amount).sum()
}

fn covers(promotion: &Promotion, line: &Line, facts: &Facts) -> bool {
    let category = || facts.products.get(&line.item.sku).map(|product| &product.category);
    (promotion.skus.is_empty() || promotion.skus.contains(&line.item.sku))
        && (promotion.category.is_empty() || category() == Some(&promotion.category))
}

/// Why it does not apply.
fn refused(
    promotion: &Promotion,
    buyer: &Buyer<'_>,
    order: &Order,
    quotes: &[Option<Quote>],
    goods: &[bool],
) -> Option<&'static str> {
    let lines = || order.active().zip(quotes).zip(goods).filter(|(_, covered)| **covered).map(|(both, _)| both);
    let amount = || lines().filter_map(|(_, quote)| quote.as_ref()).map(|quote| i128::from(quote.amount)).sum::<i128>();
    let quantity = || lines().fold(Quantity::ZERO, |sum, (line, _)| sum.plus(line.counters.ordered));
    if promotion.valid_to.is_some_and(|to| to < buyer.on) {
        Some("promotion_expired")
    } else if promotion.valid_from.is_some_and(|from| buyer.on < from) {
        Some("promotion_not_yet_valid")
    } else if !promotion.channels.is_empty() && !promotion.channels.contains(buyer.channel) {
        Some("promotion_other_channel")
    } else if !promotion.groups.is_empty() && !buyer.group.is_some_and(|group| promotion.groups.contains(group)) {
        Some("promotion_other_group")
    } else if promotion.currency.is_some_and(|currency| currency != order.currency()) {
        Some("promotion_other_currency")
    } else if amount() < i128::from(promotion.min_amount) || quantity() < promotion.min_quantity {
        Some("promotion_below_minimum")
    } else {
        None
    }
}

fn saving(promotion: &Promotion, order: &Order, quotes: &[Option<Quote>], goods: &[bool]) -> Vec<i64> {
    let amounts: Vec<i64> = quotes
        .iter()
        .zip(goods)
        .map(|(quote, covered)| quote.as_ref().filter(|_| *covered).map_or(0, |quote| quote.amount.max(0)))
        .collect();
    let off = match promotion.benefit {
        Benefit::Percent(ppm) => {
            amounts.iter().map(|amount| round_half_up(i128::from(*amount) * i128::from(ppm), PPM)).collect()
        }
        Benefit::Amount(minor) => spread(minor.min(total(&amounts)), &amounts),
        Benefit::BuyGet { buy, get } => order
            .active()
            .zip(quotes)
            .zip(goods)
            .map(|((line, quote), covered)| {
                quote.as_ref().filter(|_| *covered).map_or(0, |quote| {
                    let set = Quantity::whole(buy.saturating_add(get)).0.max(1);
                    let free = Quantity::whole(get.saturating_mul(line.item.quantity.0 / set));
                    quote.unit_price.times(free, order.currency()).minor
                })
            })
            .collect(),
    };
    at_most(off, &amounts)
}

fn at_most(off: Vec<i64>, amounts: &[i64]) -> Vec<i64> {
    off.into_iter().zip(amounts).map(|(off, amount)| off.clamp(0, *amount)).collect()
}

fn total(lines: &[i64]) -> i64 {
    fit(lines.iter().map(|line| i128::from(*line)).sum())
}

/// The lawful choice nearest to what is charged; `None`: no promotion.
fn choose<'a>(applicable: &[Saving<'a>], sums: &Sums, quotes: &[Option<Quote>]) -> Option<Saving<'a>> {
    let asked = book_amount(sums, quotes) - sums.net();
    let alone = applicable.iter().map(|s| Saving { promotions: s.promotions.clone(), lines: s.lines.clone() });
    let together = together(applicable, quotes);
    let far = |saving: i64| (asked - i128::from(saving)).abs();
    alone.chain(together).filter(|choice| far(total(&choice.lines)) < asked).min_by_key(|choice| {
        let saves = total(&choice.lines);
        let priority = choice.promotions.iter().map(|p| p.priority).max();
        (far(saves), Reverse(saves), Reverse(priority))
    })
}

/// All stackable ones, when there are two or more.
fn together<'a>(applicable: &[Saving<'a>], quotes: &[Option<Quote>]) -> Option<Saving<'a>> {
    let stackable: Vec<&Saving<'a>> = applicable.iter().filter(|s| s.promotions[0].stackable).collect();
    (stackable.len() > 1).then(|| {
        let amounts: Vec<i64> = quotes.iter().map(|q| q.as_ref().map_or(0, |q| q.amount.max(0))).collect();
        let line = |at: usize| fit(stackable.iter().map(|s| i128::from(s.lines[at])).sum());
        Saving {
            promotions: stackable.iter().flat_map(|s| s.promotions.iter().copied()).collect(),
            lines: at_most((0..amounts.len()).map(line).collect(), &amounts),
        }
    })
}

/// Lowers what is expected of each line. When no line states a discount of its own, the order's was spread over all of
/// them, and so is this.
fn take_off(chosen: &Saving<'_>, sums: &Sums, quotes: &mut [Option<Quote>]) {
    let of_order = sums.lines.iter().all(|line| line.own == 0) && sums.discount() != 0;
    let lines = if of_order {
        let weights: Vec<i64> = sums.lines.iter().map(|line| line.gross).collect();
        spread(total(&chosen.lines), &weights)
    } else {
        chosen.lines.clone()
    };
    for (quote, off) in quotes.iter_mut().zip(lines) {
        if let Some(quote) = quote {
            quote.amount = quote.amount.saturating_sub(off);
        }
    }
}

fn named(promotion: &Promotion) -> Args {
    let valid_to = promotion.valid_to.map_or_else(String::new, |to| to.to_string());
    let valid_from = promotion.valid_from.map_or_else(String::new, |from| from.to_string());
    args([
        ("promotion", promotion.code.clone()),
        ("name", promotion.name.clone()),
        ("valid_from", valid_from),
        ("valid_to", valid_to),
    ])
}
