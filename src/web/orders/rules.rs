//! What the rules said of an order as it stands: the price audit and the approval.

use super::{time, word};
use crate::words::Language;
use model::{
    money::{Currency, Money, UnitPrice},
    order::state::{Approval, ApprovalStep, Given},
    rules::pricing::{Difference, LineAudit, Note, PassedOver, PriceAudit},
};
use serde_json::{Value, json};

pub(super) fn audit(audit: &PriceAudit, currency: Currency, language: Language) -> Value {
    let money = |minor: i64| Money::new(minor, currency).decimal();
    json!({
        "goods": money(audit.goods),
        "goods_expected": money(audit.goods_expected),
        "freight": money(audit.freight),
        "freight_expected": money(audit.freight_expected),
        "freight_rule": audit.freight_rule,
        "tax": money(audit.tax),
        "tax_expected": money(audit.tax_expected),
        "discount": money(audit.discount),
        "other": money(audit.other),
        "total": money(audit.total),
        "total_claimed": audit.total_claimed.map(money),
        "margin_ppm": audit.margin_ppm,
        "policy": audit.policy,
        "lines": audit.lines.iter().map(|line| line_audit(line, currency, language)).collect::<Vec<_>>(),
        "differences": audit.differences.iter().map(|d| difference(d, currency, language)).collect::<Vec<_>>(),
        "notes": audit.notes,
    })
}

fn line_audit(line: &LineAudit, currency: Currency, language: Language) -> Value {
    let money = |minor: i64| Money::new(minor, currency).decimal();
    json!({
        "line": line.line,
        "charged": line.charged.decimal(),
        "expected": line.expected.map(UnitPrice::decimal),
        "row": line.row,
        "passed_over": line.passed_over.iter().map(|row| passed_over(row, language)).collect::<Vec<_>>(),
        "discount": money(line.discount),
        "difference": money(line.difference),
        "net": money(line.net),
        "accepted": line.accepted,
    })
}

/// A row of the price book that did not apply, and why.
pub(in crate::web) fn passed_over(row: &PassedOver, language: Language) -> Value {
    json!({
        "row": row.row,
        "unit_price": row.unit_price.decimal(),
        "unit": row.unit,
        "code": row.why,
        "title": word(language, &row.why),
    })
}

pub(in crate::web) fn difference(difference: &Difference, currency: Currency, language: Language) -> Value {
    json!({
        "code": difference.code,
        "title": word(language, &difference.code),
        "line": difference.line,
        "charged": Money::new(difference.charged, currency).decimal(),
        "expected": Money::new(difference.expected, currency).decimal(),
    })
}

/// A note in words.
pub(in crate::web) fn note(note: &Note, language: Language) -> Value {
    let words = language.say(&note.code, &note.args);
    json!({ "code": note.code, "title": words.title, "detail": words.detail, "args": note.args })
}

/// Where the approval stands: what must be signed, who signed, and whose turn it is.
pub(super) fn approval(approval: &Approval) -> Value {
    match approval {
        Approval::Unasked => json!({ "state": "unasked" }),
        Approval::NotNeeded { digest } => json!({ "state": "not_needed", "digest": digest }),
        Approval::Pending { round, digest, steps, given: signed, due } => {
            let is_open = |(no, _): &(u32, &ApprovalStep)| signed.iter().all(|g| g.step != *no);
            let next = (0_u32..).zip(steps).find(is_open);
            json!({
                "state": "pending",
                "round": round,
                "digest": digest,
                "due": time(*due),
                "steps": (0_u32..).zip(steps).map(|(no, step)| one_step(no, step, signed)).collect::<Vec<_>>(),
                "next": next.map(|(no, step)| json!({ "step": no + 1, "role": step.role, "rule": step.rule })),
            })
        }
        Approval::Approved { round, digest, given: signed } => {
            let given = signed.iter().map(given).collect::<Vec<_>>();
            json!({ "state": "approved", "round": round, "digest": digest, "given": given })
        }
        Approval::Declined { round, by, why } => {
            json!({ "state": "declined", "round": round, "by": by, "why": why })
        }
    }
}

fn one_step(no: u32, step: &ApprovalStep, signed: &[Given]) -> Value {
    let signature = signed.iter().find(|g| g.step == no).map(given);
    json!({ "step": no + 1, "role": step.role, "rule": step.rule, "given": signature })
}

fn given(given: &Given) -> Value {
    json!({ "step": given.step + 1, "by": given.by, "role": given.role, "at": time(given.at) })
}
