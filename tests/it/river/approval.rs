//! Signatures on the real store: who may give them, what voids them, and what the database itself refuses.

use super::world::{CHANNEL, River, now, on_each_database, order_json};
use model::{
    ids::OrderId,
    measure::Quantity,
    order::{
        command::{Amendment, Command},
        event::Actor,
        state::{Approval, Order},
        status::{Status, status},
    },
};
use sea_orm::EntityTrait;
use tributary::{
    orders::Outcome,
    store::{
        Lane,
        bulk::{self, Conflict},
        entity::approvals,
        stock,
    },
};

const SKU: &str = "LT-TL-0001";
const PRICE: &str = "21.50";

fn person(user: &str, role: &str) -> Actor {
    Actor::User { user: user.into(), role: role.into(), key: format!("key-{user}") }
}

fn approve() -> Command {
    Command::Approve { digest: String::new() }
}

/// An order over 6,500 euros: by the built-in policies more than one person signs it.
async fn large(river: &River) -> OrderId {
    let core = &river.app.core;
    let tx = core.store.begin(Lane::Work).await.expect("begins");
    let goods = [(SKU.into(), "RTM".into(), Quantity::whole(1000))];
    stock::goods_in(&tx, &goods, "supplier", now()).await.expect("came in");
    tx.commit().await.expect("commits");
    river.shopify("orders/create", &order_json(1, SKU, 320, PRICE, 1)).await;
    assert_eq!(status(&river.slot("1").await), Some(Status::AwaitingApproval));
    OrderId::of(CHANNEL, "1")
}

/// The roles still to sign.
fn asked(order: &Order) -> Vec<String> {
    match &order.approval {
        Approval::Pending { steps, given, .. } => {
            steps.iter().skip(given.len()).map(|step| step.role.to_string()).collect()
        }
        other => panic!("nobody is asked: {other:?}"),
    }
}

fn refusal(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { refusal, .. } => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// Everyone asked signs, each with a name of their own.
async fn all_sign(river: &River, id: OrderId, round: &str) {
    for role in asked(&river.order("1").await) {
        let signer = person(&format!("{role}-{round}"), &role);
        assert!(matches!(river.command(id, approve(), signer).await, Outcome::Done { .. }), "{role}");
    }
}

async fn signatures(river: &River) -> Vec<approvals::Model> {
    let mut rows = approvals::Entity::find().all(river.app.core.store.read()).await.expect("reads");
    rows.sort_by_key(|row| (row.round, row.step));
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_after_approval_asks_everyone_again() {
    on_each_database(async |river| {
        let id = large(river).await;
        let roles = asked(&river.order("1").await);
        assert!(roles.len() >= 2, "{roles:?}");
        all_sign(river, id, "first").await;
        assert_eq!(status(&river.slot("1").await), Some(Status::Released));
        assert_eq!(signatures(river).await.len(), roles.len());

        let quantities = vec![(1, Quantity::whole(321))];
        let amend = Command::Amend(Amendment { quantities, ..Amendment::default() });
        river.command(id, amend, person("wang", "order_desk")).await;
        let order = river.order("1").await;
        assert!(matches!(order.approval, Approval::Pending { round: 2, ref given, .. } if given.is_empty()));
        assert!(order.fulfilments.iter().all(|f| f.state.name() != "released"), "the warehouse was stopped");
        all_sign(river, id, "second").await;
        assert_eq!(status(&river.slot("1").await), Some(Status::Released));
        let rounds: Vec<i32> = signatures(river).await.iter().map(|row| row.round).collect();
        assert_eq!(rounds.iter().filter(|round| **round == 2).count(), roles.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_sign_and_neither_made_the_order() {
    on_each_database(async |river| {
        let id = large(river).await;
        let roles = asked(&river.order("1").await);
        // Whoever amends it does not sign it.
        let quantities = vec![(1, Quantity::whole(330))];
        let amend = Command::Amend(Amendment { quantities, ..Amendment::default() });
        river.command(id, amend, person("amender", &roles[0])).await;
        assert_eq!(refusal(river.command(id, approve(), person("amender", &roles[0])).await), "own_order");
        assert_eq!(refusal(river.command(id, approve(), person("x", "reader")).await), "wrong_role");
        assert_eq!(refusal(river.command(id, approve(), Actor::System).await), "not_a_person");
        river.command(id, approve(), person("one", &roles[0])).await;
        // The same person in another role is the same person.
        assert_eq!(refusal(river.command(id, approve(), person("one", &roles[1])).await), "already_signed");
        river.command(id, approve(), person("two", &roles[1])).await;
        assert_eq!(status(&river.slot("1").await), Some(Status::Released));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_refuses_a_signature_of_the_creator() {
    on_each_database(async |river| {
        let row = |approver: &str, step: i32| approvals::Model {
            order_id: OrderId::of(CHANNEL, "9").uuid(),
            round: 1,
            step: Some(step),
            approver: approver.to_owned(),
            creator: "zhao".to_owned(),
            decision: "approved".to_owned(),
            digest: "d".to_owned(),
            at: now().0,
        };
        let sign = async |approver: &str, step: i32| {
            let tx = river.app.core.store.begin(Lane::Work).await.expect("begins");
            let signed = bulk::insert::<approvals::Entity>(&tx, vec![row(approver, step)], Conflict::Refuse).await;
            match signed {
                Ok(_) => tx.commit().await,
                Err(error) => {
                    tx.rollback().await.expect("rolls back");
                    Err(error)
                }
            }
        };
        assert!(sign("zhao", 0).await.expect_err("the creator").is_unlawful());
        sign("li", 0).await.expect("another person");
        assert!(sign("li", 1).await.expect_err("twice in a round").is_duplicate());
        assert!(sign("qian", 0).await.expect_err("a step signed already").is_duplicate());
    })
    .await;
}
