//! What a partner is told, made when it is told: the order as it is now, with its people.

use crate::store::{
    Store, StoreError,
    bulk::Lock,
    deliveries::ClaimedDelivery,
    orders,
    parties::{self, Known},
    replenishments::{self, Replenishment},
    rows,
};
use model::{
    ids::{FulfilmentId, OrderId, PartyId, ReplenishmentId},
    message::MessageKind,
    order::{
        state::{Fulfilment, Line, Order, Slot},
        status::{Status, status},
    },
    party::Party,
    port::outbound::{ChargeView, FulfilmentView, LineView, Message, OrderView, ReplenishmentView},
    rules::pricing::order_total,
    said::PartyRef,
    time::Instant,
};
use std::collections::HashMap;

/// A message, or the stable word why there is none.
pub(super) type Told = Result<Message, &'static str>;

/// The messages of these deliveries, in their order. A row that makes no sense costs only its own delivery.
pub(super) async fn messages(store: &Store, claimed: &[ClaimedDelivery], at: Instant) -> Result<Vec<Told>, StoreError> {
    match together(store, claimed, at).await {
        Err(StoreError::Inconsistent { .. }) => {}
        other => return other,
    }
    let mut all = Vec::with_capacity(claimed.len());
    for one in claimed {
        match together(store, std::slice::from_ref(one), at).await {
            Ok(told) => all.extend(told),
            Err(error @ StoreError::Inconsistent { .. }) => {
                tracing::error!(%error, delivery = %one.id, order = %one.order, "an order cannot be read");
                all.push(Err("order_unreadable"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// One query for the orders, one for the people.
async fn together(store: &Store, claimed: &[ClaimedDelivery], at: Instant) -> Result<Vec<Told>, StoreError> {
    let ids: Vec<OrderId> = claimed.iter().filter(|c| replenishment_of(c).is_none()).map(|c| c.order).collect();
    let slots = orders::load(store.read(), &ids, Lock::No).await?;
    let mut people: Vec<PartyId> = slots.values().filter_map(Slot::order).flat_map(people_of).map(|p| p.id).collect();
    people.sort_unstable();
    people.dedup();
    let people = parties::get(store.read(), &people).await?;
    let wanted: Vec<ReplenishmentId> = claimed.iter().filter_map(replenishment_of).collect();
    let bought = replenishments::by_ids(store.read(), &wanted).await?;
    let told = |c: &ClaimedDelivery| match replenishment_of(c) {
        Some(id) => Ok(bought.get(&id).map(|found| to_buy(c, found, at)).ok_or("replenishment_missing")),
        None => message(c, slots.get(&c.order), &people, at),
    };
    claimed.iter().map(told).collect()
}

/// What a message to buy is about.
fn replenishment_of(claimed: &ClaimedDelivery) -> Option<ReplenishmentId> {
    let buys = matches!(claimed.kind, MessageKind::ReorderProposed | MessageKind::ReplenishmentApproved);
    buys.then(|| ReplenishmentId::from_uuid(claimed.stream))
}

fn to_buy(claimed: &ClaimedDelivery, found: &Replenishment, at: Instant) -> Message {
    let why = &found.reasons;
    let view = ReplenishmentView {
        id: found.id.to_string(),
        sku: found.sku.to_string(),
        warehouse: found.warehouse.to_string(),
        quantity: found.quantity.decimal(),
        state: found.state.name().to_owned(),
        on_hand: why.on_hand.decimal(),
        reserved: why.reserved.decimal(),
        incoming: why.incoming.decimal(),
        reorder_point: why.reorder_point.decimal(),
        waiting: why.waiting.decimal(),
        waiting_orders: why.waiting_orders,
    };
    let (key, kind, order) = (claimed.id.to_string(), claimed.kind, OrderView::none());
    Message { key, kind, order, fulfilment: None, replenishment: Some(view), notice: None, at }
}

fn people_of(order: &Order) -> impl Iterator<Item = &PartyRef> {
    let header = &order.header;
    [&header.buyer, &header.ship_to, &header.bill_to].into_iter().flatten()
}

fn message(
    claimed: &ClaimedDelivery,
    slot: Option<&Slot>,
    people: &HashMap<PartyId, Known>,
    at: Instant,
) -> Result<Told, StoreError> {
    let Some((slot, order)) = slot.and_then(|slot| Some((slot, slot.order()?))) else {
        return Ok(Err("order_missing"));
    };
    let fulfilment = match claimed.kind {
        MessageKind::OrderReleased | MessageKind::OrderChanged | MessageKind::OrderCancelled => None,
        MessageKind::FulfilmentReleased
        | MessageKind::FulfilmentStopped
        | MessageKind::FulfilmentShipped
        | MessageKind::FulfilmentDelivered
        | MessageKind::FulfilmentLate => match order.fulfilment(FulfilmentId::from_uuid(claimed.stream)) {
            Some(fulfilment) => Some(fulfilment_view(fulfilment)),
            None => return Ok(Err("fulfilment_missing")),
        },
        MessageKind::ReorderProposed | MessageKind::ReplenishmentApproved => return Ok(Err("replenishment_missing")),
    };
    let standing = status(slot).map_or("", Status::name);
    let order = order_view(order, standing, people)?;
    Ok(Ok(Message {
        key: claimed.id.to_string(),
        kind: claimed.kind,
        order,
        fulfilment,
        replenishment: None,
        notice: None,
        at,
    }))
}

fn order_view(order: &Order, standing: &str, people: &HashMap<PartyId, Known>) -> Result<OrderView, StoreError> {
    let header = &order.header;
    let person = |who: &Option<PartyRef>| -> Option<Party> {
        match people.get(&who.as_ref()?.id)? {
            Known::Here(party) => Some((**party).clone()),
            // Forgotten means forgotten, at partners told from now on too.
            Known::Erased { .. } => None,
        }
    };
    let charge = |charge: &model::said::Charge| -> Result<ChargeView, StoreError> {
        let amount = model::money::Money::new(charge.amount, header.currency).decimal();
        Ok(ChargeView { kind: rows::name(&charge.kind)?, label: charge.label.clone(), amount })
    };
    // A line taken out is gone, unless some of it has left.
    let told = |line: &&Line| !line.removed || !line.counters.shipped.is_zero();
    Ok(OrderView {
        id: order.id.to_string(),
        number: header.number.clone(),
        channel: order.channel.to_string(),
        external_id: order.external_id.clone(),
        status: standing.to_owned(),
        kind: rows::name(&header.kind)?,
        placed_at: header.placed_at.rfc3339(),
        currency: header.currency.to_string(),
        customer: header.customer.to_string(),
        reference: header.reference.clone(),
        buyer_id: header.buyer.as_ref().map(|buyer| buyer.id.to_string()).unwrap_or_default(),
        buyer: person(&header.buyer),
        ship_to: person(&header.ship_to),
        bill_to: person(&header.bill_to),
        lines: order.lines.iter().filter(told).map(|line| line_view(order, line)).collect(),
        charges: header.charges.iter().map(charge).collect::<Result<_, _>>()?,
        total: order_total(order),
        payment_method: rows::name(&header.payment.method)?,
        payment_state: rows::name(&header.payment.state)?,
        wished: header.wished.map(|day| day.to_string()),
        fulfilments: order.fulfilments.iter().map(fulfilment_view).collect(),
    })
}

fn line_view(order: &Order, line: &Line) -> LineView {
    let item = &line.item;
    let audited = || order.audit.as_ref()?.lines.iter().find(|l| l.line == line.no).map(|l| l.charged);
    LineView {
        line: line.no,
        sku: item.sku.to_string(),
        title: item.title.clone(),
        quantity: line.counters.ordered.decimal(),
        cancelled: line.counters.cancelled.decimal(),
        unit: line.base_unit.to_string(),
        // A price left to us is the price the audit found.
        unit_price: item.unit_price.or_else(audited).unwrap_or_default().decimal(),
        discount: model::money::Money::new(item.discount, order.currency()).decimal(),
    }
}

fn fulfilment_view(fulfilment: &Fulfilment) -> FulfilmentView {
    FulfilmentView {
        id: fulfilment.id.to_string(),
        warehouse: fulfilment.warehouse.to_string(),
        carrier: fulfilment.carrier.to_string(),
        service: fulfilment.service.to_string(),
        state: fulfilment.state.name().to_owned(),
        lines: fulfilment.lines.iter().map(|l| (l.line, l.quantity.decimal())).collect(),
        parcels: fulfilment.state.parcels().iter().map(|p| p.parcel.number.clone()).collect(),
        promised: fulfilment.promised.map(|day| day.to_string()),
    }
}
