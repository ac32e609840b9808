//! Deliveries that wait for a person.

use super::desk::{Desk, shop_order};
use model::{codes::Connector, ids::DeliveryId, message::MessageKind, time::MINUTE};
use serde_json::json;
use tributary::store::{
    Lane,
    deliveries::{self, DeliveryState, NewDelivery, Recorded},
};

/// Messages about `orders` that the ERP has left in doubt, or turned away as `error` says.
async fn stuck(desk: &Desk, orders: u64, error: &str) -> Vec<DeliveryId> {
    let core = &desk.app.core;
    let mut new = Vec::new();
    for no in 1..=orders {
        let order = desk.order("orders/create", &shop_order(no, 12, &format!("Anna {no}"))).await;
        let message = |kind| NewDelivery {
            connector: Connector::new("erp"),
            stream: order.uuid(),
            order,
            kind,
            body: "{}".to_owned(),
            next_at: core.clock.now(),
        };
        new.extend([MessageKind::OrderReleased, MessageKind::OrderCancelled].map(message));
    }
    let tx = core.store.begin(Lane::Work).await.expect("a transaction");
    let now = core.clock.now();
    let ids = deliveries::insert(&tx, &new, &std::collections::HashSet::new(), now).await.expect("queued");
    let claimed = deliveries::claim(&tx, "n", &"erp".into(), now, now.plus(MINUTE), 100).await.expect("claimed");
    let outcome = |c: deliveries::ClaimedDelivery| Recorded {
        id: c.id,
        epoch: c.epoch,
        state: DeliveryState::Quarantined,
        attempts: 3,
        kept: c.kept,
        error: error.to_owned(),
        next_at: now,
    };
    let outcomes: Vec<_> = claimed.into_iter().map(outcome).collect();
    deliveries::record(&tx, &outcomes, now).await.expect("recorded");
    tx.commit().await.expect("a commit");
    ids
}

#[actix_web::test]
async fn what_a_person_knows_to_be_done_is_done() {
    let desk = Desk::open().await;
    let (key, reader) = (desk.key("root", "admin").await, desk.key("mei", "reader").await);
    let ids = stuck(&desk, 1, "outcome_unknown").await;
    let path = format!("/v1/deliveries/{}", ids[0]);
    let done = format!("{path}/done");
    let reason = json!({ "reason": "SO-4711 is in the ERP" });
    assert_eq!(desk.post(&done, &reader, reason.clone()).await.0, 403);
    assert_eq!(desk.post(&done, &key, json!({ "reason": " " })).await.0, 400);
    let (_, claimed) = desk.get("/v1/deliveries?state=waiting", &key).await;
    assert_eq!(claimed["items"][0]["id"], json!(ids[1]), "the one behind waits");
    let (status, shown) = desk.post(&done, &key, reason.clone()).await;
    assert_eq!((status, &shown["state"], &shown["error"]), (200, &json!("done"), &json!("")), "{shown}");
    let (_, shown) = desk.get(&path, &key).await;
    let last = &shown["exchanges"][0];
    assert_eq!(last["request"], json!({ "by": "root", "reason": "SO-4711 is in the ERP" }), "{shown}");
    assert_eq!(last["outcome"], json!("marked_done"));
    let (status, problem) = desk.post(&done, &key, reason).await;
    assert_eq!((status, &problem["code"]), (409, &json!("not_quarantined")));
    let core = &desk.app.core;
    let now = core.clock.now();
    let tx = core.store.begin(Lane::Work).await.expect("a transaction");
    let next = deliveries::claim(&tx, "n", &"erp".into(), now, now.plus(MINUTE), 9).await.expect("claimed");
    assert_eq!(next.iter().map(|c| c.id).collect::<Vec<_>>(), [ids[1]], "the stream goes on");
}

#[actix_web::test]
async fn all_that_failed_alike_is_tried_again() {
    let desk = Desk::open().await;
    let key = desk.key("root", "admin").await;
    stuck(&desk, 3, "partner_broken").await;
    let redrive = async |body| desk.post("/v1/deliveries/redrive", &key, body).await;
    let (status, other) = redrive(json!({ "connector": "erp", "error": "partner_refused" })).await;
    assert_eq!((status, other), (200, json!({ "redriven": 0, "more": false })));
    let (_, none) = redrive(json!({ "connector": "crm" })).await;
    assert_eq!(none["redriven"], json!(0));
    let (_, all) = redrive(json!({ "connector": "erp", "error": "partner_broken" })).await;
    assert_eq!(all, json!({ "redriven": 3, "more": false }));
    let (_, left) = desk.get("/v1/deliveries?state=quarantined", &key).await;
    assert_eq!(left["items"], json!([]));
    let (status, problem) = redrive(json!({ "connector": "" })).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_value")));
}
