//! Quotes: what an order would cost. The order is written out as its document would state it and reckoned by the audit
//! itself, so that what is quoted is what passes.

use super::{Note, PriceAudit, audit, book};
use crate::{
    codes::Channel,
    facts::Facts,
    ids::OrderId,
    order::{
        apply,
        state::{Line, Order},
    },
    rules::checks::{self, unit_factor},
    said::{Args, Charge, ChargeKind, Content, PartyRef, args},
};

/// What is quoted.
#[derive(Clone, PartialEq, Debug)]
pub struct Quote {
    /// What an order would state: prices, discounts of the lines, freight and tax, and what that comes to.
    pub content: Content<PartyRef>,
    /// What the audit says of such an order. A price below cost is the one difference it may have: then a person has to
    /// let the order go.
    pub audit: PriceAudit,
    /// The promotions that speak of its goods, taken or not and why, then what could not be worked out.
    pub notes: Vec<Note>,
}

/// Why there is no quote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unquotable {
    /// Stable code: `no_lines`, `unknown_channel`, `unknown_customer`, `unknown_sku`, `unknown_unit`,
    /// `quantity_not_positive`, `unit_not_exact`, `no_price`.
    pub code: &'static str,
    /// The place among the items, from 0.
    pub item: Option<usize>,
    pub args: Args,
}

/// Quotes `asked` on `channel`; prices, discounts, charges and claims in it do not count. Of the promotions it grants the
/// lawful choice that saves most.
///
/// # Errors
/// The first thing that is not known or has no price.
pub fn quote(channel: &Channel, mut asked: Content<PartyRef>, facts: &Facts) -> Result<Quote, Unquotable> {
    (asked.header.charges, asked.header.claimed) = (vec![], crate::said::Claimed::default());
    for item in &mut asked.items {
        (item.unit_price, item.discount, item.tax, item.total) = (None, 0, None, None);
    }
    let mut order = apply::placed(OrderId::of(channel.as_str(), ""), &asked);
    order.channel = channel.clone();
    known(&order, facts)?;
    let understood = checks::check(&order, facts).lines;
    apply::checked(&mut order, &understood);
    price(&mut order, facts)?;
    let mut notes = discount(&mut order, facts);
    charge(&mut order, facts);
    let mut seen = audit(&order, facts);
    order.header.claimed.total = Some(seen.total);
    seen.total_claimed = Some(seen.total);
    notes.extend(seen.notes.iter().filter(|note| !is_promotion(note)).cloned());
    Ok(Quote { content: order.content(), audit: seen, notes })
}

fn known(order: &Order, facts: &Facts) -> Result<(), Unquotable> {
    let header = &order.header;
    if !facts.world.channels.contains_key(&order.channel) {
        let args = args([("channel", order.channel.to_string())]);
        return Err(Unquotable { code: "unknown_channel", item: None, args });
    }
    if !header.customer.is_empty() && !facts.customers.contains_key(&header.customer) {
        let args = args([("customer", header.customer.to_string())]);
        return Err(Unquotable { code: "unknown_customer", item: None, args });
    }
    if order.lines.is_empty() {
        return Err(Unquotable { code: "no_lines", item: None, args: Args::new() });
    }
    let fault = |(at, line): (usize, &Line)| {
        let (code, name, was) = fault(line, facts)?;
        Some(Unquotable { code, item: Some(at), args: args([("lines", line.no.to_string()), (name, was)]) })
    };
    order.lines.iter().enumerate().find_map(fault).map_or(Ok(()), Err)
}

/// What is wrong with a line, and the value that shows it.
fn fault(line: &Line, facts: &Facts) -> Option<(&'static str, &'static str, String)> {
    let item = &line.item;
    let Some(product) = facts.products.get(&item.sku) else {
        return Some(("unknown_sku", "skus", item.sku.to_string()));
    };
    let Some(factor) = unit_factor(product, &item.unit) else {
        return Some(("unknown_unit", "units", item.unit.to_string()));
    };
    if item.quantity.0 <= 0 {
        return Some(("quantity_not_positive", "quantities", item.quantity.decimal()));
    }
    let base = factor.to_base(item.quantity).filter(|base| facts.policies().checks.can_be_had(product, *base));
    let uneven = base.is_none();
    uneven.then(|| ("unit_not_exact", "quantities", item.quantity.decimal()))
}

/// States the book's price of each line.
fn price(order: &mut Order, facts: &Facts) -> Result<(), Unquotable> {
    let quotes = book::quotes(order, facts);
    for (at, (line, quote)) in order.lines.iter_mut().zip(quotes).enumerate() {
        let Some(quote) = quote else {
            let args = args([("lines", line.no.to_string()), ("skus", line.item.sku.to_string())]);
            return Err(Unquotable { code: "no_price", item: Some(at), args });
        };
        line.item.unit_price = Some(quote.unit_price);
    }
    Ok(())
}

/// States the discounts that promotions grant, and gives what was considered. The audit judges an order against the
/// choice nearest to what it charges; to one that gives its goods away that is the choice which saves most.
fn discount(order: &mut Order, facts: &Facts) -> Vec<Note> {
    let at_full_price = audit(order, facts);
    for (line, sum) in order.lines.iter_mut().zip(&at_full_price.lines) {
        line.item.discount = sum.net;
    }
    let given_away = audit(order, facts);
    for (line, sum) in order.lines.iter_mut().zip(&given_away.lines) {
        line.item.discount = line.item.discount.saturating_add(sum.difference);
    }
    let outdone = |mut note: Note| {
        // Nobody charges anything yet: what was not taken would save less, and cannot be had as well.
        if note.code == "promotion_not_charged" {
            "promotion_outdone".clone_into(&mut note.code);
        }
        note
    };
    given_away.notes.into_iter().filter(is_promotion).map(outdone).collect()
}

/// States the freight and the tax that are due. Where no rule says how much, nothing is stated.
fn charge(order: &mut Order, facts: &Facts) {
    let of = |kind, amount| Charge { kind, label: String::new(), amount };
    // Tax that is in the prices is expected only of an order that states it.
    order.header.charges = vec![of(ChargeKind::Tax, 0)];
    let due = audit(order, facts);
    let untaxed = due.notes.iter().any(|note| matches!(note.code.as_str(), "tax_not_checked" | "tax_rate_unknown"));
    let freight = (!due.freight_rule.is_empty()).then(|| of(ChargeKind::Shipping, due.freight_expected));
    let tax = (!untaxed).then(|| of(ChargeKind::Tax, due.tax_expected));
    order.header.charges = freight.into_iter().chain(tax).collect();
}

fn is_promotion(note: &Note) -> bool {
    note.code.starts_with("promotion_")
}
