//! The whole of one order as JSON: amounts and quantities as decimal text, times as RFC 3339, words in the caller's language.

use super::{header, holds::holds, parcels, rules, time, word};
use crate::{
    app::Core,
    store::{
        StoreError, deliveries,
        deliveries::DeliverySummary,
        documents::{self, Document},
        journal::{self, Entered, Readable},
        parties, said,
    },
    words::Language,
};
use model::{
    ids::{DocumentId, OrderId},
    order::{
        event::Event,
        state::{Awaited, Decision, Line, Order, Slot},
        status::{Status, status},
    },
    rules::pricing::order_total,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What stands under `id`.
pub(super) async fn slot(core: &Core, id: OrderId, slot: &Slot, language: Language) -> Result<Value, StoreError> {
    let name = status(slot).map_or("", Status::name);
    let mut shown = match slot {
        Slot::Placed(order) => placed(core, order, language).await?,
        Slot::Awaited(awaited) => early(awaited),
        Slot::Empty => json!({}),
    };
    shown["id"] = json!(id);
    shown["status"] = json!(name);
    shown["status_text"] = json!(word(language, &format!("status_{name}")));
    shown["events"] = json!(slot.events());
    Ok(shown)
}

/// An order its channel has mentioned and not stated yet.
fn early(awaited: &Awaited) -> Value {
    json!({ "channel": awaited.channel, "external_id": awaited.external_id, "heard": awaited.heard })
}

async fn placed(core: &Core, order: &Order, language: Language) -> Result<Value, StoreError> {
    let db = core.store.read();
    let total = order_total(order);
    let history = journal::of_order(db, order.id).await?;
    let ids: Vec<DocumentId> = spoken_in(core, order, &history).await?.into_iter().collect();
    let documents = documents::by_ids(db, &ids).await?;
    let told = deliveries::of_order(db, order.id).await?;
    let mut shown = json!({
        "channel": order.channel,
        "external_id": order.external_id,
        "creator": order.creator,
        "priority": order.priority,
        "total": total.decimal(),
        "decision": decision(&order.decision, language),
        "lines": order.lines.iter().map(|line| one_line(line, order)).collect::<Vec<_>>(),
        "holds": holds(db, order, language).await?,
        "audit": order.audit.as_ref().map(|audit| rules::audit(audit, order.currency(), language)),
        "approval": rules::approval(&order.approval),
        "fulfilments": parcels::fulfilments(db, order, language).await?,
        "deliveries": told.iter().map(|delivery| one_delivery(delivery, language)).collect::<Vec<_>>(),
        "documents": documents.iter().map(one_document).collect::<Vec<_>>(),
    });
    let people = [&order.header.buyer, &order.header.ship_to, &order.header.bill_to];
    let ids: Vec<_> = people.into_iter().flatten().map(|party| party.id).collect();
    let known = parties::get(db, &ids).await?;
    header::into(&mut shown, &order.header, &known);
    Ok(shown)
}

/// Documents that said something of the order: those its events name, and the one the channel spoke last in.
pub(in crate::web) async fn spoken_in(
    core: &Core,
    order: &Order,
    history: &[Entered],
) -> Result<BTreeSet<DocumentId>, StoreError> {
    let key = (order.channel.clone(), order.external_id.clone());
    let last = said::get(core.store.read(), &[key]).await?;
    let last = last.into_values().map(|word| word.document);
    Ok(history.iter().filter_map(document_of).chain(last).collect())
}

fn document_of(entered: &Entered) -> Option<DocumentId> {
    let Readable::Event(event) = &entered.what else { return None };
    match &**event {
        Event::Placed { document, .. }
        | Event::Amended { document, .. }
        | Event::ChannelChangeRefused { document, .. }
        | Event::Stale { document, .. } => *document,
        Event::HeardEarly { .. }
        | Event::Checked { .. }
        | Event::PriceAudited { .. }
        | Event::Prioritised { .. }
        | Event::Allocated { .. }
        | Event::Unallocated { .. }
        | Event::ApprovalNotNeeded { .. }
        | Event::ApprovalRequested { .. }
        | Event::ApprovalConfirmed { .. }
        | Event::ApprovalGiven { .. }
        | Event::ApprovalDeclined { .. }
        | Event::ApprovalVoided { .. }
        | Event::CarrierChosen { .. }
        | Event::Released { .. }
        | Event::Held { .. }
        | Event::HoldResolved { .. }
        | Event::Cancelled { .. }
        | Event::Shipped { .. }
        | Event::Delivered { .. }
        | Event::Tracked { .. }
        | Event::Late { .. }
        | Event::PaymentChanged { .. }
        | Event::Refunded { .. }
        | Event::Closed => None,
    }
}

fn decision(decision: &Decision, language: Language) -> Value {
    let mut shown = json!(decision);
    if let Decision::Open { stage } | Decision::Blocked { stage } = decision
        && let Some(name) = json!(stage).as_str()
    {
        shown["stage_text"] = json!(word(language, &format!("stage_{name}")));
    }
    shown
}

fn one_line(line: &Line, order: &Order) -> Value {
    let (item, counters, currency) = (&line.item, &line.counters, order.currency());
    let money = |minor: i64| model::money::Money::new(minor, currency).decimal();
    json!({
        "line": line.no,
        "key": item.key,
        "sku": item.sku,
        "title": item.title,
        "quantity": item.quantity.decimal(),
        "unit": item.unit,
        "unit_price": item.unit_price.map(model::money::UnitPrice::decimal),
        "discount": money(item.discount),
        "tax": item.tax.map(money),
        "total": item.total.map(money),
        "ships": item.ships,
        "specification": item.specification,
        "removed": line.removed,
        "base_unit": line.base_unit,
        "counters": {
            "ordered": counters.ordered.decimal(),
            "open": counters.open.decimal(),
            "cancelled": counters.cancelled.decimal(),
            "backordered": counters.backordered.decimal(),
            "reserved": counters.reserved.decimal(),
            "released": counters.released.decimal(),
            "shipped": counters.shipped.decimal(),
            "delivered": counters.delivered.decimal(),
            "returned": counters.returned.decimal(),
        },
    })
}

fn one_delivery(delivery: &DeliverySummary, language: Language) -> Value {
    json!({
        "id": delivery.id,
        "connector": delivery.connector,
        "message": delivery.kind,
        "message_text": word(language, &format!("message_{}", delivery.kind.name())),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "error": delivery.error,
        "updated_at": time(delivery.updated_at),
    })
}

fn one_document(document: &Document) -> Value {
    json!({
        "id": document.id,
        "channel": document.channel,
        "topic": document.topic,
        "name": document.name,
        "received_at": time(document.received_at),
        "state": document.state,
    })
}
