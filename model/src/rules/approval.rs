//! Approval: who must sign, in which order, and what exactly a signature binds.
//!
//! Policy rows ask for signatures by role; the ladder of authority says up to which amount a role may sign. All rows
//! that hold are united; signatures are given up the ladder, one per role. Where the order's total is over a role's
//! authority, the next role up the ladder that has enough signs *instead*: a signature that the ladder itself says is
//! worth nothing would only cost time.

mod authority;
mod digest;
mod read;

pub use authority::{Authority, Limit};
pub use digest::digest;

use crate::rules::pricing::order_total;
use crate::{
    codes::{Role, User},
    facts::Facts,
    money::Money,
    order::{
        event::Actor,
        refusal::Refusal,
        state::{Approval, ApprovalStep, Line, Order},
    },
    rules::condition::{Condition, View},
    time::HOUR,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows of one policy set.
pub const ROWS_MAX: usize = 500;
/// Amount bands of one row.
pub const BANDS_MAX: usize = 10;
/// Roles of the ladder, and steps of one band.
pub const ROLES_MAX: usize = 32;
/// Characters of a row's name.
pub const NAME_MAX: usize = 80;
/// Hours a round may stay open when no row that held says otherwise.
pub const DUE_HOURS: i64 = 48;
/// The longest a row may say: a year.
pub const DUE_HOURS_MAX: i64 = 24 * 366;

/// SHA-256 (hex) of what was approved: kind, customer, payment terms, lines (sku, quantity, unit price, discount,
/// specification), charges, total, destination city, policy version. Warehouse and carrier are not bound.
pub type Digest = String;

/// Which policy rows were looked at and which asked for a signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct ApprovalReasons {
    pub policy: String,
    /// Every row: its name, whether it held, and the steps it asked for.
    pub rows: Vec<RowOutcome>,
    /// Steps that went up the ladder because the total is over the authority of the role that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raised: Vec<Raised>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RowOutcome {
    pub rule: String,
    pub held: bool,
    /// As the row writes them; none when it did not hold.
    pub steps: Vec<Role>,
    /// Stable code why the condition could not be known and was taken to hold: `other_currency`, `margin_unknown`,
    /// `arithmetic`; empty when it was known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unsure: String,
}

/// `to` signs instead of `from`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Raised {
    pub rule: String,
    pub from: Role,
    pub to: Role,
}

/// The signatures an order needs, in order; none when `steps` is empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    pub steps: Vec<ApprovalStep>,
    pub reasons: ApprovalReasons,
    /// How long the round may stay open, microseconds; zero when nobody needs to sign.
    pub due_in: i64,
}

/// The rows of this rule, `[[approval]]` of the policy files, conditions compiled, and the ladder of `[authority]`.
#[derive(Debug, Default)]
pub struct ApprovalPolicy {
    rows: Vec<Row>,
    authority: Authority,
}

/// One `[[approval]]`.
#[derive(Debug)]
struct Row {
    name: String,
    when: Condition,
    /// Rising; the last has no upper end.
    bands: Vec<Band>,
    /// Microseconds.
    due_in: i64,
}

/// The steps up to an amount.
#[derive(Debug)]
struct Band {
    up_to: Option<Money>,
    /// Up the ladder.
    steps: Vec<Role>,
}

impl ApprovalPolicy {
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Names of the rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.name.as_str())
    }
}

impl Row {
    /// The steps at `total`. In a currency that the bands are not written in, the last band: the safe side.
    fn steps(&self, total: Money) -> &[Role] {
        let reaches = |band: &&Band| match band.up_to {
            Some(limit) => limit.currency == total.currency && total.minor <= limit.minor,
            None => true,
        };
        self.bands.iter().find(reaches).map_or(&[], |band| &band.steps)
    }
}

/// Who must sign `order`, and every row's part in it.
pub fn requirement(order: &Order, facts: &Facts) -> Requirement {
    let policies = facts.policies();
    let policy = &policies.approval;
    let view = View::of(order, facts);
    let mut reasons = ApprovalReasons { policy: policies.hash.clone(), ..ApprovalReasons::default() };
    let mut steps = BTreeMap::new();
    let mut due_in = None;
    for row in &policy.rows {
        let answer = row.when.ask(&view);
        let asked = if answer.held { row.steps(view.total) } else { &[] };
        for role in asked {
            let Some((rung, signer)) = policy.authority.signer(role, view.total) else { continue };
            if signer != role {
                reasons.raised.push(Raised { rule: row.name.clone(), from: role.clone(), to: signer.clone() });
            }
            steps.entry(rung).or_insert_with(|| ApprovalStep { role: signer.clone(), rule: row.name.clone() });
        }
        if answer.held {
            due_in = Some(due_in.map_or(row.due_in, |due: i64| due.min(row.due_in)));
        }
        reasons.rows.push(RowOutcome {
            rule: row.name.clone(),
            held: answer.held,
            steps: asked.to_vec(),
            unsure: answer.unsure.map_or("", |why| why.code()).to_owned(),
        });
    }
    Requirement { steps: steps.into_values().collect(), reasons, due_in: due_in.unwrap_or(0) }
}

/// May `actor` give the next signature of the pending round? The step is counted from zero.
///
/// Being `admin` gives no right by itself: the role of the credential must be the one the step asks for.
///
/// # Errors
/// `approval_not_pending` {state}, `not_a_person` {actor}, `own_order` {user, why: `created` or `amended`},
/// `already_signed` {user, step}, `wrong_role` {step, wanted, found}, `over_authority` {role, limit, total}.
pub fn may_sign(order: &Order, actor: &Actor, facts: &Facts) -> Result<u32, Refusal> {
    let not_pending = |state: &str| Err(Refusal::new("approval_not_pending").with("state", state));
    let (steps, given) = match &order.approval {
        Approval::Pending { steps, given, .. } => (steps, given),
        Approval::Unasked => return not_pending("unasked"),
        Approval::NotNeeded { .. } => return not_pending("not_needed"),
        Approval::Approved { .. } => return not_pending("approved"),
        Approval::Declined { .. } => return not_pending("declined"),
    };
    let (user, role) = match actor {
        Actor::User { user, role, .. } => (user, role),
        Actor::Channel { .. } => return Err(Refusal::new("not_a_person").with("actor", "channel")),
        Actor::Partner { .. } => return Err(Refusal::new("not_a_person").with("actor", "partner")),
        Actor::System => return Err(Refusal::new("not_a_person").with("actor", "system")),
    };
    not_own(order, user)?;
    if let Some(signature) = given.iter().find(|signature| signature.by == *user) {
        return Err(Refusal::new("already_signed").with("user", user).with("step", signature.step + 1));
    }
    let unsigned = |(no, _): &(u32, &ApprovalStep)| given.iter().all(|signature| signature.step != *no);
    let Some((no, step)) = (0_u32..).zip(steps).find(unsigned) else {
        return not_pending("all_signed");
    };
    if step.role != *role {
        let refusal = Refusal::new("wrong_role").with("step", no + 1);
        return Err(refusal.with("wanted", &step.role).with("found", role));
    }
    within_authority(order, role, facts).map(|()| no)
}

/// Four eyes: whoever made the order what it is does not sign it.
fn not_own(order: &Order, user: &User) -> Result<(), Refusal> {
    let own = |why: &str| Err(Refusal::new("own_order").with("user", user).with("why", why));
    if order.creator.user() == Some(user) {
        return own("created");
    }
    if order.amended_by.contains(user) {
        return own("amended");
    }
    Ok(())
}

/// Asked again at signing, because the ladder may be another than when the round began.
fn within_authority(order: &Order, role: &Role, facts: &Facts) -> Result<(), Refusal> {
    let authority = &facts.policies().approval.authority;
    let total = order_total(order);
    if authority.covers(role, total) {
        return Ok(());
    }
    let limit = authority.limit(role).map_or_else(String::new, ToString::to_string);
    Err(Refusal::new("over_authority").with("role", role).with("limit", limit).with("total", total))
}

/// A line of which nothing is left.
pub(super) fn is_cancelled(line: &Line) -> bool {
    !line.counters.ordered.is_zero() && line.counters.cancelled == line.counters.ordered
}

const _: () = assert!(DUE_HOURS_MAX < i64::MAX / HOUR);
