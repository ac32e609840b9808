//! Tests of approval: who must sign, who may, and what a signature binds.

use crate::world::{NOW, date, facts, item, order, party_ref};
use model::{
    codes::Role,
    facts::Facts,
    ids::{FulfilmentId, OrderId},
    measure::Quantity,
    money::{Currency, Money, UnitPrice},
    order::{
        event::Actor,
        refusal::Refusal,
        state::{Approval, ApprovalStep, Fulfilment, FulfilmentState, Given, Order},
    },
    rules::{
        approval::{DUE_HOURS, RowOutcome, digest, may_sign, requirement},
        policy::Policies,
    },
    said::{Charge, ChargeKind, OrderKind, PaymentMethod, Specification},
    time::HOUR,
};
use std::sync::Arc;

const LADDER: &str = "
    [authority]
    engineer = 'unlimited'
    sales = ['50000.00 CNY', '6000.00 EUR']
    finance = '200000.00 CNY'
    boss = 'unlimited'
";

const ROWS: &str = "
    [[approval]]
    name = 'strategic'
    when = \"order.kind == 'strategic'\"
    steps = ['sales', 'boss']

    [[approval]]
    name = 'large'
    when = \"order.total > money('10000.00 CNY')\"
    due_hours = 8
    bands = [
      { up_to = '20000.00 CNY', steps = ['sales'] },
      { steps = ['sales', 'finance'] },
    ]

    [[approval]]
    name = 'made to measure'
    when = 'lines.exists(l, l.custom)'
    steps = ['engineer', 'sales']
    due_hours = 72
";

fn under(policies: &str) -> Facts {
    let files = [("approval.toml".to_owned(), policies.to_owned())];
    facts(Arc::new(Policies::read(&files).expect("policies")))
}

fn world() -> Facts {
    under(&format!("{LADDER}{ROWS}"))
}

/// An order that comes to `yuan`.
fn worth(yuan: i64) -> Order {
    order(vec![item("1", "L1", yuan, "1")])
}

fn roles(order: &Order, facts: &Facts) -> Vec<String> {
    requirement(order, facts).steps.iter().map(|step| format!("{}:{}", step.role, step.rule)).collect()
}

fn user(user: &str, role: &str) -> Actor {
    Actor::User { user: user.into(), role: role.into(), key: "k1".into() }
}

/// `order` with a round pending that asks for `roles`.
fn pending(mut order: Order, roles: &[&str]) -> Order {
    let step = |role: &&str| ApprovalStep { role: Role::new(role), rule: "r".into() };
    let steps = roles.iter().map(step).collect();
    order.approval = Approval::Pending { round: 1, digest: "d".into(), steps, given: vec![], due: NOW };
    order
}

fn signed(mut order: Order, signatures: &[(u32, &str)]) -> Order {
    if let Approval::Pending { given, .. } = &mut order.approval {
        let sign = |(step, by): &(u32, &str)| Given { step: *step, by: (*by).into(), role: "sales".into(), at: NOW };
        given.extend(signatures.iter().map(sign));
    }
    order
}

fn why(result: Result<u32, Refusal>) -> String {
    let refusal = result.expect_err("a refusal");
    let args: Vec<String> = refusal.args.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{} {}", refusal.code, args.join(" "))
}

#[test]
fn rows_that_hold_are_united_up_the_ladder() {
    let facts = world();
    assert_eq!(roles(&worth(9_999), &facts), [""; 0]);
    assert_eq!(roles(&worth(10_001), &facts), ["sales:large"]);
    assert_eq!(roles(&worth(20_000), &facts), ["sales:large"]);
    assert_eq!(roles(&worth(20_001), &facts), ["sales:large", "finance:large"]);
    let mut order = worth(20_001);
    order.header.kind = OrderKind::Strategic;
    assert_eq!(roles(&order, &facts), ["sales:strategic", "finance:large", "boss:strategic"]);
    order.lines[0].item.specification =
        vec![Specification { name: "length".into(), value: "1830".into(), unit: "mm".into() }];
    let all = ["engineer:made to measure", "sales:strategic", "finance:large", "boss:strategic"];
    assert_eq!(roles(&order, &facts), all);
}

#[test]
fn over_a_roles_authority_the_next_one_up_signs_instead() {
    let facts = world();
    assert_eq!(roles(&worth(50_000), &facts), ["sales:large", "finance:large"]);
    // sales goes up to finance, which signs once
    assert_eq!(roles(&worth(50_001), &facts), ["finance:large"]);
    assert_eq!(roles(&worth(200_001), &facts), ["boss:large"]);
    let raised = requirement(&worth(200_001), &facts).reasons.raised;
    let raised: Vec<_> = raised.iter().map(|r| format!("{} {}>{}", r.rule, r.from, r.to)).collect();
    assert_eq!(raised, ["large sales>boss", "large finance>boss"]);
}

#[test]
fn another_currency_is_asked_of_those_who_may_sign_it() {
    let facts = world();
    let mut order = worth(10_000);
    order.header.currency = Currency::EUR;
    // Not comparable with 10000.00 CNY: the row holds, its last band asks, and only authority in EUR counts.
    let asked = requirement(&order, &facts);
    assert_eq!(asked.reasons.rows[1].unsure, "other_currency");
    assert_eq!(roles(&order, &facts), ["boss:large"]);
    let mut small = worth(6_000);
    small.header.currency = Currency::EUR;
    assert_eq!(roles(&small, &facts), ["sales:large", "boss:large"]);
}

#[test]
fn every_row_says_what_became_of_it() {
    let facts = world();
    let asked = requirement(&worth(10_001), &facts);
    let outcome = |rule: &str, held: bool, steps: &[&str]| RowOutcome {
        rule: rule.into(),
        held,
        steps: steps.iter().map(|role| Role::new(role)).collect(),
        unsure: String::new(),
    };
    let expected =
        [outcome("strategic", false, &[]), outcome("large", true, &["sales"]), outcome("made to measure", false, &[])];
    assert_eq!(asked.reasons.rows, expected);
    assert_eq!(asked.reasons.policy, facts.policies().hash);
    assert_eq!(asked.due_in, 8 * HOUR);
    assert_eq!(requirement(&worth(1), &facts).due_in, 0);
    let mut strategic = worth(1);
    strategic.header.kind = OrderKind::Strategic;
    assert_eq!(requirement(&strategic, &facts).due_in, DUE_HOURS * HOUR);
}

#[test]
fn the_next_step_is_signed_by_its_role_and_by_nobody_twice() {
    let facts = world();
    let order = pending(worth(100), &["sales", "finance"]);
    assert_eq!(may_sign(&order, &user("li", "sales"), &facts), Ok(0));
    assert_eq!(why(may_sign(&order, &user("wu", "finance"), &facts)), "wrong_role found=finance step=1 wanted=sales");
    let half = signed(order, &[(0, "li")]);
    assert_eq!(may_sign(&half, &user("wu", "finance"), &facts), Ok(1));
    assert_eq!(why(may_sign(&half, &user("li", "finance"), &facts)), "already_signed step=1 user=li");
    assert_eq!(why(may_sign(&half, &user("he", "sales"), &facts)), "wrong_role found=sales step=2 wanted=finance");
    let whole = signed(half, &[(1, "wu")]);
    assert_eq!(why(may_sign(&whole, &user("he", "sales"), &facts)), "approval_not_pending state=all_signed");
}

#[test]
fn admin_gives_no_right_to_approve() {
    let order = pending(worth(100), &["sales"]);
    assert_eq!(why(may_sign(&order, &user("root", "admin"), &world())), "wrong_role found=admin step=1 wanted=sales");
}

#[test]
fn four_eyes_creator_and_amenders_do_not_sign() {
    let facts = world();
    let mut order = pending(worth(100), &["sales"]);
    order.creator = user("li", "desk");
    order.amended_by = vec!["wu".into()];
    assert_eq!(why(may_sign(&order, &user("li", "sales"), &facts)), "own_order user=li why=created");
    assert_eq!(why(may_sign(&order, &user("wu", "sales"), &facts)), "own_order user=wu why=amended");
    assert_eq!(may_sign(&order, &user("he", "sales"), &facts), Ok(0));
}

#[test]
fn only_a_person_signs_and_only_while_it_is_pending() {
    let facts = world();
    let order = pending(worth(100), &["sales"]);
    let channel = Actor::Channel { channel: "web".into() };
    assert_eq!(why(may_sign(&order, &channel, &facts)), "not_a_person actor=channel");
    assert_eq!(why(may_sign(&order, &Actor::System, &facts)), "not_a_person actor=system");
    let partner = Actor::Partner { name: "erp".into() };
    assert_eq!(why(may_sign(&order, &partner, &facts)), "not_a_person actor=partner");
    let states = [
        (Approval::Unasked, "unasked"),
        (Approval::NotNeeded { digest: "d".into() }, "not_needed"),
        (Approval::Approved { round: 1, digest: "d".into(), given: vec![] }, "approved"),
        (Approval::Declined { round: 1, by: "li".into(), why: "no".into() }, "declined"),
    ];
    for (approval, state) in states {
        let mut order = worth(100);
        order.approval = approval;
        let refusal = why(may_sign(&order, &user("li", "sales"), &facts));
        assert_eq!(refusal, format!("approval_not_pending state={state}"));
    }
}

#[test]
fn nobody_signs_over_the_own_authority() {
    let facts = world();
    let over = pending(worth(50_001), &["sales"]);
    assert_eq!(
        why(may_sign(&over, &user("li", "sales"), &facts)),
        "over_authority limit=50000.00 CNY, 6000.00 EUR role=sales total=50001.00 CNY"
    );
    let mut dollars = pending(worth(1), &["sales"]);
    dollars.header.currency = Currency::USD;
    assert!(why(may_sign(&dollars, &user("li", "sales"), &facts)).starts_with("over_authority"));
    let unknown = pending(worth(1), &["night_watch"]);
    assert_eq!(
        why(may_sign(&unknown, &user("li", "night_watch"), &facts)),
        "over_authority limit= role=night_watch total=1.00 CNY"
    );
}

fn planned() -> Fulfilment {
    Fulfilment {
        id: FulfilmentId::of(OrderId::of("web", "1001"), 1, 0),
        warehouse: "GZ".into(),
        carrier: "yto".into(),
        service: "standard".into(),
        freight: Money::new(800, Currency::CNY),
        lines: vec![],
        state: FulfilmentState::Planned,
        planned_at: NOW,
        promised: None,
        late: false,
    }
}

/// A change of an order, by name.
type Change = (&'static str, fn(&mut Order));

/// An order with everything in it that a signature binds.
fn full() -> Order {
    let mut order = order(vec![item("1", "L1", 2, "100"), item("2", "L2", 1, "200")]);
    order.header.charges = vec![Charge { kind: ChargeKind::Shipping, label: "freight".into(), amount: 1_000 }];
    order.lines[0].item.specification =
        vec![Specification { name: "length".into(), value: "1830".into(), unit: "mm".into() }];
    order
}

fn digest_after(change: fn(&mut Order), facts: &Facts) -> String {
    let mut order = full();
    change(&mut order);
    digest(&order, facts)
}

#[test]
fn the_digest_binds_what_was_approved() {
    let facts = world();
    let bound: &[Change] = &[
        ("kind", |o| o.header.kind = OrderKind::Strategic),
        ("customer", |o| o.header.customer = "K1".into()),
        ("payment method", |o| o.header.payment.method = PaymentMethod::OnAccount),
        ("payment due", |o| o.header.payment.due = Some(date(2026, 4, 1))),
        ("sku", |o| o.lines[0].item.sku = "L3".into()),
        ("quantity", |o| o.lines[0].item.quantity = Quantity::whole(3)),
        ("unit", |o| o.lines[0].item.unit = "box".into()),
        ("unit price", |o| o.lines[0].item.unit_price = Some(UnitPrice(99_000_000))),
        ("no unit price", |o| o.lines[0].item.unit_price = None),
        ("discount", |o| o.lines[1].item.discount = 1),
        ("specification value", |o| o.lines[0].item.specification[0].value = "1831".into()),
        ("specification unit", |o| o.lines[0].item.specification[0].unit = "cm".into()),
        ("no specification", |o| o.lines[0].item.specification.clear()),
        ("a line more", |o| o.lines.push(o.lines[0].clone())),
        ("a line cancelled", |o| o.lines[1].counters.cancelled = o.lines[1].counters.ordered),
        ("charge amount", |o| o.header.charges[0].amount = 1_100),
        ("charge kind", |o| o.header.charges[0].kind = ChargeKind::Other),
        ("no charge", |o| o.header.charges.clear()),
        ("currency", |o| o.header.currency = Currency::EUR),
        ("city", |o| o.header.ship_to = Some(party_ref("buyer", "上海市", "广州市"))),
        ("region", |o| o.header.ship_to = Some(party_ref("buyer", "广东省", "上海市"))),
        ("no destination", |o| o.header.ship_to = None),
    ];
    let mut seen = vec![digest(&full(), &facts)];
    for (what, change) in bound {
        let changed = digest_after(*change, &facts);
        assert!(!seen.contains(&changed), "{what} is not bound");
        seen.push(changed);
    }
    assert_ne!(digest(&full(), &under(LADDER)), seen[0], "the policy set is not bound");
}

#[test]
fn the_digest_leaves_the_rest_free() {
    let facts = world();
    let before = digest(&full(), &facts);
    let free: &[Change] = &[
        ("number", |o| o.header.number = "#2".into()),
        ("person at the same place", |o| o.header.ship_to = Some(party_ref("another", "上海市", "上海市"))),
        ("buyer", |o| o.header.buyer = None),
        ("attributes", |o| drop(o.header.attributes.insert("gift".into(), "yes".into()))),
        ("wished day", |o| o.header.wished = Some(date(2026, 5, 1))),
        ("reference", |o| o.header.reference = "PO 1".into()),
        ("title", |o| o.lines[0].item.title = "lamp".into()),
        ("priority", |o| o.priority = 7),
        ("approval", |o| o.approval = Approval::NotNeeded { digest: String::new() }),
        ("reserved", |o| o.lines[0].counters.reserved = Quantity::whole(2)),
        ("warehouse and carrier", |o| o.fulfilments.push(planned())),
        ("events", |o| o.events = 9),
    ];
    for (what, change) in free {
        assert_eq!(digest_after(*change, &facts), before, "{what} is bound");
    }
}

#[test]
fn neighbouring_texts_of_the_digest_do_not_run_together() {
    let facts = world();
    let with = |name: &str, value: &str| {
        let mut order = worth(1);
        order.lines[0].item.specification =
            vec![Specification { name: name.into(), value: value.into(), unit: String::new() }];
        digest(&order, &facts)
    };
    assert_ne!(with("ab", "c"), with("a", "bc"));
}

#[test]
fn the_policies_of_the_house_are_without_fault() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/policies");
    let read = |name: &str| (name.to_owned(), std::fs::read_to_string(folder.join(name)).expect("a policy file"));
    let files = [read("approval.toml"), read("authority.toml")];
    let policies = Policies::read(&files).expect("no mistakes");
    assert!(policies.approval.rows().count() >= 20);
    let facts = facts(Arc::new(policies));
    assert_eq!(roles(&worth(100), &facts), [""; 0], "an everyday order passes");
    let mut strategic = worth(120_000);
    strategic.header.kind = OrderKind::Strategic;
    assert!(roles(&strategic, &facts).len() >= 2, "a large strategic order needs two people");
}
