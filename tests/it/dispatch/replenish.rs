//! What is to be bought reaches the ERP as a requisition, under one number from proposal to approval.

use super::world::{ERP, World, on_each_database};
use model::{
    ids::{DeliveryId, OrderId, ReplenishmentId},
    measure::Quantity,
    message::MessageKind::{self, ReorderProposed, ReplenishmentApproved},
    order::event::Actor,
};
use tributary::{
    sandbox::Options,
    store::{
        Lane,
        deliveries::{self, NewDelivery},
        replenishments::{self, Reasons, Replenishment, State},
    },
};

async fn tell(world: &World, id: ReplenishmentId, kind: MessageKind) -> Vec<DeliveryId> {
    let now = world.core.clock.now();
    let new = NewDelivery {
        connector: ERP.into(),
        stream: id.uuid(),
        order: OrderId::from_uuid(id.uuid()),
        kind,
        body: "{}".into(),
        next_at: now,
    };
    let tx = world.core.store.begin(Lane::Work).await.expect("begins");
    let ids = deliveries::insert(&tx, &[new], &std::collections::HashSet::new(), now).await.expect("is queued");
    tx.commit().await.expect("commits");
    world.core.deliveries.notify_waiters();
    ids
}

fn proposal(world: &World) -> Replenishment {
    let now = world.core.clock.now();
    Replenishment {
        id: ReplenishmentId::derived(&[b"lamps"]),
        sku: "LT-DL-0003".into(),
        warehouse: "NL-RTM".into(),
        quantity: Quantity::whole(15),
        reasons: Reasons {
            on_hand: Quantity::ZERO,
            reserved: Quantity::ZERO,
            safety: Quantity::ZERO,
            incoming: Quantity::ZERO,
            reorder_point: Quantity::whole(10),
            waiting: Quantity::whole(5),
            waiting_orders: 2,
        },
        state: State::Proposed,
        actor: Actor::System,
        created_at: now,
        updated_at: now,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requisition_is_proposed_and_then_approved() {
    on_each_database(1, Options::default(), async |world| {
        world.start();
        let proposal = proposal(world);
        let tx = world.core.store.begin(Lane::Work).await.expect("begins");
        replenishments::propose(&tx, &proposal).await.expect("proposed");
        tx.commit().await.expect("commits");
        world.until_all_done(&tell(world, proposal.id, ReorderProposed).await).await;
        let key = proposal.id.to_string();
        let first = world.erp.state().requisitions[&key].clone();
        assert_eq!((first.status.as_str(), &first.body["quantity"]), ("proposed", &"15".into()));
        assert_eq!((&first.body["sku"], &first.body["waiting_orders"]), (&"LT-DL-0003".into(), &2.into()));

        let now = world.core.clock.now();
        let tx = world.core.store.begin(Lane::Work).await.expect("begins");
        replenishments::set(&tx, proposal.id, State::Approved, true, &Actor::System, now).await.expect("set");
        tx.commit().await.expect("commits");
        world.until_all_done(&tell(world, proposal.id, ReplenishmentApproved).await).await;
        let state = world.erp.state();
        let second = &state.requisitions[&key];
        assert_eq!((second.status.as_str(), &second.number, second.writes), ("approved", &first.number, 2));
        assert!(state.orders.is_empty() && state.effects.values().all(|n| *n == 1));
    })
    .await;
}
