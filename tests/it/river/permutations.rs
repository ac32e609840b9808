//! The documents of one order in every sequence: whatever arrives when, the same order stands at the end.

use super::world::{CHANNEL, River, on_each_database, order_json};
use model::{
    codes::Sku,
    measure::Quantity,
    order::state::{Decision, FulfilmentState, Order},
    said::{Content, PartyRef, PaymentState},
};
use tributary::store::{Lane, stock};

const SKU: &str = "LT-DL-0003";

/// Create, update, paid, cancelled, as the platform sends them: each restates the order as it was then.
fn documents(id: u64) -> [(&'static str, String); 4] {
    let at = |version: u32, quantity: u32, paid: bool, cancelled: bool| {
        let mut order: serde_json::Value =
            serde_json::from_str(&order_json(id, SKU, quantity, "5.95", version)).expect("JSON");
        order["financial_status"] = if paid { "paid" } else { "pending" }.into();
        if cancelled {
            order["cancelled_at"] = order["updated_at"].clone();
            order["cancel_reason"] = "customer".into();
        }
        order.to_string()
    };
    [
        ("orders/create", at(1, 4, false, false)),
        ("orders/updated", at(2, 6, false, false)),
        ("orders/paid", at(3, 6, true, false)),
        ("orders/cancelled", at(4, 6, true, true)),
    ]
}

/// Every order of `items`.
fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for (at, first) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(at);
        all.extend(permutations(&rest).into_iter().map(|tail| [vec![*first], tail].concat()));
    }
    all
}

/// What must not depend on the sequence: how far it had come before, and so its history, may.
fn end(order: &Order) -> (Content<PartyRef>, Decision, PaymentState) {
    (order.content(), order.decision.clone(), order.header.payment.state)
}

/// Plays `sequence` of the documents of order `id`.
async fn play(river: &River, id: u64, sequence: &[usize]) -> Order {
    let documents = documents(id);
    for at in sequence {
        let (topic, body) = &documents[*at];
        river.shopify(topic, body).await;
    }
    river.order(&id.to_string()).await
}

async fn reserved(river: &River) -> Quantity {
    let levels = stock::load(river.app.core.store.read(), &[Sku::new(SKU)]).await.expect("reads");
    levels.values().map(|level| level.reserved).sum()
}

/// Everything but the buyer's own id, which differs from order to order.
fn anonymous(mut content: Content<PartyRef>) -> Content<PartyRef> {
    let header = &mut content.header;
    for party in [&mut header.buyer, &mut header.ship_to, &mut header.bill_to].into_iter().flatten() {
        party.id = model::ids::PartyId::derived(&[b"anyone"]);
        party.likeness = uuid::Uuid::nil();
    }
    header.number.clear();
    content
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_arrives_when_the_same_order_stands_at_the_end() {
    on_each_database(async |river| {
        let sequences = permutations(&[0, 1, 2, 3]);
        assert_eq!(sequences.len(), 24);
        let mut first = None;
        for (id, sequence) in (100..).zip(&sequences) {
            let order = play(river, id, sequence).await;
            let (content, decision, payment) = end(&order);
            assert!(matches!(decision, Decision::Cancelled { .. }), "{sequence:?}: {decision:?}");
            assert!(order.fulfilments.iter().all(|f| f.state == FulfilmentState::Cancelled), "{sequence:?}");
            // Its cancellation heard first, it was never on its way.
            let never_begun = sequence.first() == Some(&3);
            assert!(!never_begun || (order.fulfilments.is_empty() && !order.told), "{sequence:?}: {order:?}");
            let end = (anonymous(content), decision, payment);
            assert_eq!(*first.get_or_insert_with(|| end.clone()), end, "{sequence:?}");
        }
        assert_eq!(reserved(river).await, Quantity::ZERO);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_cancellation_the_newest_statement_stands() {
    on_each_database(async |river| {
        let tx = river.app.core.store.begin(Lane::Work).await.expect("begins");
        let goods = [(SKU.into(), "RTM".into(), Quantity::whole(100))];
        stock::goods_in(&tx, &goods, "supplier", super::world::now()).await.expect("came in");
        tx.commit().await.expect("commits");
        for (id, sequence) in (200..).zip(permutations(&[0, 1, 2])) {
            let order = play(river, id, &sequence).await;
            assert_eq!(order.channel, CHANNEL);
            assert_eq!(order.decision, Decision::Released, "{sequence:?}");
            assert_eq!(order.lines[0].counters.released, Quantity::whole(6), "{sequence:?}");
            assert_eq!(order.header.payment.state, PaymentState::Paid, "{sequence:?}");
        }
        assert_eq!(reserved(river).await, Quantity::whole(36));
    })
    .await;
}
