//! Orders whose hold may have lost its cause are looked at again, many at a time: what is found as it was is left alone.

use super::{alive, outside::REDECIDED};
use crate::{
    order::{
        advance::{self, advance},
        deed::{Deed, Done},
        event::Event,
        refusal::Refusal,
        state::{Decision, Hold, Order, ReleaseRule, Stage},
    },
    rules::{checks, pricing},
};

/// Holds whose cause master data can take away: products and their units, customers, prices, carriers and their rates.
pub const BY_MASTER_DATA: [&str; 10] = [
    "inactive_customer",
    "inactive_sku",
    advance::NO_CARRIER,
    pricing::HOLD,
    "quantity_over_limit",
    advance::TOO_HEAVY,
    "unit_not_exact",
    "unknown_customer",
    "unknown_sku",
    "unknown_unit",
];

/// A declined approval waits for an amendment, not for better data: it is looked at again only when it is asked for.
const DECLINED: &str = "approval_declined";

/// Whether there is such a hold, and the stages can find out whether its cause is gone.
pub fn may_be_taken_up(code: &str) -> bool {
    taken_up().any(|known| known == code)
}

/// Every code of which [`may_be_taken_up`] is true.
pub fn taken_up() -> impl Iterator<Item = &'static str> {
    [advance::NO_CARRIER, advance::TOO_HEAVY, pricing::HOLD, DECLINED].into_iter().chain(checks::codes())
}

/// Runs the stages again for an order that carries one of `holds`. Where they find it as it was, nothing has happened:
/// asking a thousand orders in vain leaves no trace in any of them.
pub(super) fn take_up(mut deed: Deed<'_>, holds: &[String]) -> Result<Done, Refusal> {
    let nothing = || Refusal::new("nothing_to_do");
    let before = alive(&deed)?.clone();
    let asked = |hold: &Hold| holds.contains(&hold.code);
    if !before.holds.iter().any(asked) {
        return Err(nothing());
    }
    // What the early stages raised goes together, for they raise it again together.
    let looks = |hold: &&Hold| match hold.release {
        ReleaseRule::Person => hold.blocks <= Stage::Pricing,
        ReleaseRule::Mended => hold.blocks <= Stage::Pricing || asked(hold),
        ReleaseRule::Stock | ReleaseRule::Payment => false,
    };
    for hold in before.holds.iter().filter(looks) {
        deed.push(Event::HoldResolved { code: hold.code.clone(), how: REDECIDED.to_owned() });
    }
    // Something else stops it still; when that is gone, the stages run by themselves.
    let runs = deed.order().is_some_and(|order| matches!(order.decision, Decision::Open { .. }));
    advance(&mut deed);
    match deed.order() {
        Some(now) if runs && !alike(&before, now) => Ok(deed.done()),
        Some(_) | None => Err(nothing()),
    }
}

/// Stopped at the same place by the same holds, whenever they were found.
fn alike(before: &Order, now: &Order) -> bool {
    let same = |hold: &Hold| now.hold(&hold.code).is_some_and(|found| found.args == hold.args);
    before.decision == now.decision && before.holds.len() == now.holds.len() && before.holds.iter().all(same)
}
