//! Gross margin of the goods.

use super::{
    judge::Judge,
    policy::PPM,
    sums::{Sums, fit},
    tax,
};
use crate::{facts::Facts, order::state::Order, rules::checks::unit_factor, said::args};

/// Parts per million of the goods' value without tax; a margin under the policy's is a difference.
pub(super) fn of(order: &Order, facts: &Facts, sums: &Sums, tax: &tax::Expected, judge: &mut Judge<'_>) -> Option<i64> {
    let (mut net, mut cost, mut goods) = (0_i128, 0_i128, false);
    for (line, sum) in order.active().zip(&sums.lines).filter(|(line, _)| !line.item.sku.is_empty()) {
        let known =
            line_cost(order, line, facts).map_err(|code| judge.note(code, args([("line", line.no.to_string())])));
        cost += i128::from(known.ok()?);
        net += sum.net();
        goods = true;
    }
    if order.header.taxes_included {
        net -= tax.goods.unwrap_or(sums.tax);
    }
    let gain = net - cost;
    let least = i128::from(judge.policy.min_margin_ppm);
    if goods && gain * PPM < least * net {
        // What the goods would have to bring for that margin; at 100 % or more no price would do.
        let needed = if least < PPM { cost * PPM / (PPM - least) } else { i128::MAX };
        judge.difference("below_cost", None, net, needed);
    }
    (net > 0).then(|| fit(gain * PPM / net))
}

/// What the line costs us, minor units; a code when that is not known.
fn line_cost(order: &Order, line: &crate::order::state::Line, facts: &Facts) -> Result<i64, &'static str> {
    let product = facts.products.get(&line.item.sku).ok_or("cost_unknown")?;
    let currency = product.cost_currency.filter(|_| product.unit_cost.0 != 0).ok_or("cost_unknown")?;
    if currency != order.currency() {
        return Err("cost_other_currency");
    }
    let base = unit_factor(product, &line.item.unit).and_then(|factor| factor.to_base(line.item.quantity));
    Ok(product.unit_cost.times(base.ok_or("cost_unknown")?, currency).minor)
}
