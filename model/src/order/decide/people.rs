//! Commands of people: approve, decline, resolve a hold, amend, cancel.

use super::{alive, amended, may_change};
use crate::{
    order::{
        advance, change,
        command::Amendment,
        deed::Deed,
        event::{Actor, Event},
        refusal::Refusal,
        state::{Approval, Hold, ReleaseRule, Stage},
    },
    rules::{approval, pricing},
    said::{Claimed, args},
};

/// Fields that follow from the goods when a person changes these.
const FOLLOWS: [&str; 2] = ["charges", "claimed"];

pub(super) fn approve(deed: &mut Deed<'_>, seen: &str) -> Result<(), Refusal> {
    let order = alive(deed)?;
    let step = approval::may_sign(order, deed.actor(), deed.facts())?;
    let Approval::Pending { round, digest, .. } = &order.approval else {
        return Err(Refusal::new("approval_not_pending"));
    };
    if !seen.is_empty() && seen != digest {
        return Err(Refusal::new("digest_differs").with("digest", digest));
    }
    let Actor::User { user, role, .. } = deed.actor() else { return Err(Refusal::new("not_a_person")) };
    let (round, digest) = (*round, digest.clone());
    // The policies may be others than when the round began: a signature for the old ones binds nothing.
    let now = approval::digest(order, deed.facts());
    if now != digest {
        advance::void_if_changed(deed, &now);
        return Ok(());
    }
    deed.push(Event::ApprovalGiven { round, step, by: user.clone(), role: role.clone(), digest });
    Ok(())
}

pub(super) fn decline(deed: &mut Deed<'_>, why: &str) -> Result<(), Refusal> {
    let order = alive(deed)?;
    let step = approval::may_sign(order, deed.actor(), deed.facts())?;
    let Actor::User { user, role, .. } = deed.actor() else { return Err(Refusal::new("not_a_person")) };
    let round = order.rounds;
    deed.push(Event::ApprovalDeclined { round, step, by: user.clone(), role: role.clone(), why: why.to_owned() });
    let hold = Hold {
        code: "approval_declined".to_owned(),
        owner: "order_desk".into(),
        blocks: Stage::Approval,
        since: deed.facts().now,
        due: None,
        args: args([("by", user.to_string()), ("why", why.to_owned())]),
        release: ReleaseRule::Mended,
    };
    deed.push(Event::Held { hold });
    // Nobody knows whether it will ever go: the stock is others' until then.
    unallocate(deed, "approval_declined");
    Ok(())
}

pub(super) fn resolve_hold(deed: &mut Deed<'_>, code: &str, how: &str) -> Result<(), Refusal> {
    let order = alive(deed)?;
    let hold = order.hold(code).ok_or_else(|| Refusal::new("unknown_hold").with("hold", code))?;
    let Actor::User { role, .. } = deed.actor() else { return Err(Refusal::new("not_a_person")) };
    if *role != hold.owner && role.as_str() != "admin" {
        return Err(Refusal::new("hold_not_yours").with("hold", code).with("wanted", &hold.owner).with("found", role));
    }
    if hold.release != ReleaseRule::Person {
        return Err(Refusal::new("hold_needs_mending").with("hold", code));
    }
    deed.push(Event::HoldResolved { code: code.to_owned(), how: how.to_owned() });
    Ok(())
}

pub(super) fn amend(deed: &mut Deed<'_>, amendment: &Amendment) -> Result<(), Refusal> {
    let order = alive(deed)?;
    let mut content = order.content();
    if let Some(buyer) = &amendment.buyer {
        content.header.buyer = Some(buyer.clone());
    }
    if let Some(ship_to) = &amendment.ship_to {
        content.header.ship_to = Some(ship_to.clone());
    }
    for (no, quantity) in &amendment.quantities {
        let line = order.line(*no).ok_or_else(|| Refusal::new("unknown_line").with("line", no))?;
        if quantity.0 < 0 {
            return Err(Refusal::new("quantity_not_positive").with("line", no).with("lines", no));
        }
        match content.items.iter().position(|i| i.key == line.item.key) {
            Some(at) if quantity.is_zero() && line.counters.shipped.is_zero() => drop(content.items.remove(at)),
            Some(at) => {
                let item = &mut content.items[at];
                // What the document said the line comes to speaks of another quantity.
                (item.quantity, item.total, item.tax) = (*quantity, None, None);
            }
            None => return Err(Refusal::new("line_taken_out").with("line", no)),
        }
    }
    for item in &amendment.items {
        if content.items.iter().any(|i| i.key == item.key) {
            return Err(Refusal::new("line_exists").with("key", &item.key));
        }
        content.items.push(item.clone());
    }
    if !amendment.quantities.is_empty() || !amendment.items.is_empty() {
        content.header.claimed = Claimed::default();
        pricing::restate_tax(order, &mut content, deed.facts());
    }
    let changes = change::differences(&order.content(), &content);
    if changes.is_empty() {
        return Err(Refusal::new("nothing_to_do"));
    }
    if content.items.is_empty() && !order.has_shipped() {
        return Err(Refusal::new("no_lines_left"));
    }
    // What follows from the goods is not what was asked for.
    let asked: Vec<_> = changes.iter().filter(|c| !FOLLOWS.contains(&c.field.as_str())).cloned().collect();
    may_change(order, &asked, &content)?;
    amended(deed, content, changes, None, Some(amendment.clone()));
    Ok(())
}

/// Gives back everything not yet shipped; the stages plan it anew.
pub(super) fn unallocate(deed: &mut Deed<'_>, why: &str) {
    let Some(order) = deed.order() else { return };
    let held: Vec<_> = order.fulfilments.iter().filter(|f| f.state.holds_stock()).map(|f| f.id).collect();
    if !held.is_empty() {
        deed.push(Event::Unallocated { fulfilments: held, why: why.to_owned() });
    }
}

/// An approval of what is no longer so falls at once, not only when the stage comes round again.
pub(super) fn void_approval(deed: &mut Deed<'_>) {
    if let Some(order) = deed.order() {
        let digest = approval::digest(order, deed.facts());
        advance::void_if_changed(deed, &digest);
    }
}

pub(super) fn cancel(deed: &mut Deed<'_>, reason: &str) -> Result<(), Refusal> {
    let order = alive(deed)?;
    if order.has_shipped() {
        return Err(Refusal::new("already_shipped"));
    }
    deed.push(Event::Cancelled { reason: reason.to_owned() });
    Ok(())
}
