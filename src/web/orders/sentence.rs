//! One sentence for each event. The words are in `locales/`; here is only what goes into them.

use super::word;
use crate::words::{Entry, Language};
use model::{
    money::{Currency, Money},
    order::{
        event::{Event, Parcel},
        state::Heard,
    },
    rules::{allocation::Allocation, carrier::CarrierChoice, pricing::PriceAudit},
    said::{Args, args},
};
use std::collections::BTreeSet;

/// Parts of a list that are named; of more, only the first.
const PARTS_MAX: usize = 8;

/// What is said of `event`; amounts are of the order's currency.
pub(super) fn sentence(event: &Event, currency: Option<Currency>, language: Language) -> Entry {
    let (code, args) = match event {
        Event::HeardEarly { what, .. } => heard(what, language),
        Event::Placed { channel, content, .. } => {
            let (number, lines) = (content.header.number.clone(), content.items.len().to_string());
            ("event_placed", args([("channel", channel.to_string()), ("number", number), ("lines", lines)]))
        }
        Event::Amended { changes, .. } => {
            ("event_amended", args([("fields", listed(changes.iter().map(|c| c.field.clone())))]))
        }
        Event::Checked { lines } => ("event_checked", args([("lines", lines.len().to_string())])),
        Event::PriceAudited { audit } => audited(audit, currency, language),
        Event::Prioritised { priority } => ("event_prioritised", args([("score", priority.score.to_string())])),
        Event::Allocated { allocation, .. } => allocated(allocation, language),
        Event::Unallocated { why, .. } => ("event_unallocated", args([("why", word(language, why))])),
        Event::ApprovalNotNeeded { reasons, .. } => {
            ("event_approval_not_needed", args([("rows", reasons.rows.len().to_string())]))
        }
        Event::ApprovalRequested { round, steps, .. } => {
            let wanted = listed(steps.iter().map(|step| format!("{} ({})", step.role, step.rule)));
            ("event_approval_requested", args([("round", round.to_string()), ("steps", wanted)]))
        }
        Event::ApprovalConfirmed { round, .. } => ("event_approval_confirmed", args([("round", round.to_string())])),
        Event::ApprovalGiven { by, role, .. } => {
            ("event_approval_given", args([("by", by.to_string()), ("role", role.to_string())]))
        }
        Event::ApprovalDeclined { by, role, why, .. } => {
            let who = [("by", by.to_string()), ("role", role.to_string()), ("why", why.clone())];
            ("event_approval_declined", args(who))
        }
        Event::ApprovalVoided { why, .. } => ("event_approval_voided", args([("why", word(language, why))])),
        // The stage has passed all the same: nothing planned waits for a carrier.
        Event::CarrierChosen { choices } if choices.is_empty() => ("event_carrier_not_needed", Args::new()),
        Event::CarrierChosen { choices } => ("event_carrier_chosen", args([("choices", chosen(choices))])),
        Event::Released { fulfilments, .. } if fulfilments.is_empty() => ("event_released_nothing", Args::new()),
        Event::Released { fulfilments, .. } => ("event_released", args([("count", fulfilments.len().to_string())])),
        Event::Held { hold } => {
            let title = language.say(&hold.code, &hold.args).title;
            ("event_held", args([("hold", title), ("owner", hold.owner.to_string())]))
        }
        Event::HoldResolved { code, how } => {
            ("event_hold_resolved", args([("hold", word(language, code)), ("how", word(language, how))]))
        }
        Event::Cancelled { reason } => ("event_cancelled", args([("reason", word(language, reason))])),
        Event::Shipped { parcel, .. } => ("event_shipped", of_parcel(parcel)),
        Event::Delivered { parcel, .. } => ("event_delivered", of_parcel(parcel)),
        Event::Tracked { parcel, status, .. } => {
            let mut said = of_parcel(parcel);
            said.insert("status".to_owned(), word(language, &format!("tracking_{}", status.name())));
            ("event_tracked", said)
        }
        Event::Late { promised, .. } => ("event_late", args([("promised", promised.to_string())])),
        Event::PaymentChanged { payment } => {
            let name = serde_json::to_value(payment.state).ok();
            let code = format!("payment_state_{}", name.as_ref().and_then(|n| n.as_str()).unwrap_or_default());
            ("event_payment_changed", args([("state", word(language, &code))]))
        }
        Event::Refunded { amount, .. } => ("event_refunded", args([("amount", money(*amount, currency))])),
        Event::ChannelChangeRefused { asked, refusal, .. } => {
            let said = [("asked", word(language, asked)), ("refusal", word(language, refusal))];
            ("event_channel_change_refused", args(said))
        }
        Event::Stale { .. } => ("event_stale", Args::new()),
        Event::Closed => ("event_closed", Args::new()),
    };
    language.say(code, &args)
}

fn money(minor: i64, currency: Option<Currency>) -> String {
    currency.map_or_else(|| minor.to_string(), |currency| Money::new(minor, currency).to_string())
}

fn listed(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    let mut text = parts[..parts.len().min(PARTS_MAX)].join(", ");
    if parts.len() > PARTS_MAX {
        text.push_str(", ...");
    }
    text
}

fn of_parcel(parcel: &Parcel) -> Args {
    args([("carrier", parcel.carrier.to_string()), ("number", parcel.number.clone())])
}

fn heard(what: &Heard, language: Language) -> (&'static str, Args) {
    let code = match what {
        Heard::Cancelled { .. } => "heard_cancelled",
        Heard::Deleted => "heard_deleted",
        Heard::Paid => "heard_paid",
        Heard::Refunded { .. } => "heard_refunded",
    };
    ("event_heard_early", args([("what", word(language, code))]))
}

fn audited(audit: &PriceAudit, currency: Option<Currency>, language: Language) -> (&'static str, Args) {
    let total = ("total", money(audit.total, currency));
    if audit.differences.is_empty() {
        return ("event_price_audited", args([total]));
    }
    let one = |d: &model::rules::pricing::Difference| {
        let place = d.line.map_or_else(String::new, |line| format!("#{line} "));
        let (charged, expected) = (money(d.charged, currency), money(d.expected, currency));
        format!("{place}{}: {charged} / {expected}", word(language, &d.code))
    };
    let differences = listed(audit.differences.iter().map(one));
    ("event_price_audited_differs", args([total, ("differences", differences)]))
}

fn allocated(allocation: &Allocation, language: Language) -> (&'static str, Args) {
    let plan = |p: &model::rules::allocation::Plan| {
        if p.carrier.is_empty() {
            p.warehouse.to_string()
        } else {
            format!("{} / {} {}", p.warehouse, p.carrier, p.service)
        }
    };
    let plans = ("plans", listed(allocation.plans.iter().map(plan)));
    let looked_at = ("candidates", allocation.reasons.candidates.len().to_string());
    let short =
        ("lines", listed(allocation.backorders.iter().map(|l| format!("#{} x {}", l.line, l.quantity.decimal()))));
    match (allocation.plans.is_empty(), allocation.backorders.is_empty()) {
        (_, true) => ("event_allocated", args([plans, looked_at])),
        (false, false) => ("event_allocated_partly", args([plans, short, looked_at])),
        (true, false) => {
            let all = allocation.reasons.candidates.iter().map(|candidate| candidate.why_not.as_str());
            // Each once: ten warehouses without stock are one reason.
            let reasons: BTreeSet<&str> = all.filter(|why| !why.is_empty()).collect();
            if reasons.is_empty() {
                return ("event_allocated_nowhere", args([short]));
            }
            let reasons = listed(reasons.into_iter().map(|why| word(language, why)));
            ("event_allocated_nothing", args([short, ("reasons", reasons), looked_at]))
        }
    }
}

fn chosen(choices: &[CarrierChoice]) -> String {
    listed(
        choices.iter().map(|c| format!("{} {} ({}, {}-{} d)", c.carrier, c.service, c.freight, c.min_days, c.max_days)),
    )
}
