//! Tax: what we expect by class and country of destination.

use super::{judge::Judge, policy::PPM, sums::Sums};
use crate::{
    codes::Sku, facts::Facts, money::round_half_up, order::state::Order, rules::checks::country_of, said::args,
};

/// Expected tax, minor units.
pub(super) struct Expected {
    /// Of the goods; `None` when a rate is unknown.
    pub(super) goods: Option<i128>,
    /// Of goods and freight, when it is to be checked.
    pub(super) total: Option<i128>,
}

pub(super) fn expected(
    order: &Order,
    facts: &Facts,
    sums: &Sums,
    freight: Option<i64>,
    judge: &mut Judge<'_>,
) -> Expected {
    let policy = &judge.policy.tax;
    let destination = order.header.ship_to.as_ref().or(order.header.buyer.as_ref());
    let country = country_of(destination, order, facts);
    let included = order.header.taxes_included;
    let rate = |class: &str| {
        let found = policy.rates.iter().find(|rate| rate.class == class && rate.country.eq_ignore_ascii_case(country));
        found.map(|rate| rate.ppm)
    };
    let goods_rate = |sku: &Sku| facts.products.get(sku).and_then(|product| rate(&product.tax_class));
    let of_line = |(line, sum): (&crate::order::state::Line, &super::sums::LineSum)| {
        goods_rate(&line.item.sku).map(|ppm| tax_of(sum.net(), ppm, included))
    };
    let goods: Option<i128> = order.active().zip(&sums.lines).map(of_line).sum();
    let freight = freight.map_or(sums.freight, i128::from);
    let on_freight = match policy.freight_class.as_str() {
        "" => Some(0),
        class => rate(class).map(|ppm| tax_of(freight, ppm, included)),
    };
    let checked = policy.channels.get(&order.channel).copied().unwrap_or(policy.checked);
    let total = goods.zip(on_freight).map(|(goods, freight)| goods + freight);
    if !checked {
        judge.note("tax_not_checked", args([("channel", order.channel.to_string())]));
    } else if total.is_none() {
        judge.note("tax_rate_unknown", args([("country", country.to_owned())]));
    } else if included && !sums.tax_stated {
        // It is in the prices, and nobody said how much: nothing to compare.
        judge.note("tax_not_stated", args([]));
    } else {
        return Expected { goods, total };
    }
    Expected { goods, total: None }
}

/// The tax in (`included`) or on `net`, rounded half-up.
fn tax_of(net: i128, ppm: u32, included: bool) -> i128 {
    let ppm = i128::from(ppm);
    round_half_up(net.saturating_mul(ppm), if included { PPM + ppm } else { PPM }).into()
}
