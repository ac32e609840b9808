//! Fulfilments, their parcels, and all that carriers said of them.

use super::{time, word};
use crate::{
    store::{StoreError, shipments},
    words::Language,
};
use model::{
    order::state::{Fulfilment, Order, ParcelState},
    port::inbound::TrackingNode,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

/// Parcels of one order whose history is read; further ones show their newest state only.
const HISTORIES_MAX: usize = 50;

pub(super) async fn fulfilments(
    db: &impl ConnectionTrait,
    order: &Order,
    language: Language,
) -> Result<Vec<Value>, StoreError> {
    let mut shown = Vec::with_capacity(order.fulfilments.len());
    let mut histories = 0;
    let ids: Vec<_> = order.fulfilments.iter().map(|fulfilment| fulfilment.id).collect();
    let known = shipments::of_fulfilments(db, &ids).await?;
    for fulfilment in &order.fulfilments {
        let mut parcels = Vec::new();
        for state in fulfilment.state.parcels() {
            histories += 1;
            let nodes =
                if histories <= HISTORIES_MAX { shipments::nodes(db, &state.parcel).await? } else { Vec::new() };
            parcels.push(parcel(state, &nodes, language));
        }
        let left = fulfilment.state.parcels();
        let booked = known.iter().filter(|s| s.belongs_to.is_some_and(|(_, id)| id == fulfilment.id));
        let booked = booked.filter(|s| left.iter().all(|state| state.parcel != s.parcel));
        let booked = booked.map(|s| json!({ "carrier": s.parcel.carrier, "number": s.parcel.number })).collect();
        shown.push(one(fulfilment, parcels, booked, language));
    }
    Ok(shown)
}

fn one(fulfilment: &Fulfilment, parcels: Vec<Value>, booked: Vec<Value>, language: Language) -> Value {
    let state = fulfilment.state.name();
    let line = |l: &model::order::state::FulfilmentLine| json!({ "line": l.line, "quantity": l.quantity.decimal() });
    json!({
        "id": fulfilment.id,
        "state": state,
        "state_text": word(language, &format!("fulfilment_{state}")),
        "warehouse": fulfilment.warehouse,
        "carrier": fulfilment.carrier,
        "service": fulfilment.service,
        "freight": fulfilment.freight.decimal(),
        "freight_currency": fulfilment.freight.currency,
        "planned_at": time(fulfilment.planned_at),
        "promised": fulfilment.promised.map(|day| day.to_string()),
        "late": fulfilment.late,
        "lines": fulfilment.lines.iter().map(line).collect::<Vec<_>>(),
        "parcels": parcels,
        // Numbers a carrier gave that have not left yet.
        "booked": booked,
    })
}

fn parcel(state: &ParcelState, nodes: &[TrackingNode], language: Language) -> Value {
    json!({
        "carrier": state.parcel.carrier,
        "number": state.parcel.number,
        "status": state.status,
        "status_text": word(language, &format!("tracking_{}", state.status.name())),
        // Its carrier has not spoken yet.
        "at": (state.at != ParcelState::UNHEARD).then(|| time(state.at)),
        "history": nodes.iter().map(|node| one_node(node, language)).collect::<Vec<_>>(),
    })
}

fn one_node(node: &TrackingNode, language: Language) -> Value {
    json!({
        "at": time(node.at),
        "status": node.status,
        "status_text": word(language, &format!("tracking_{}", node.status.name())),
        "code": node.code,
        "text": node.text,
        "place": node.place,
    })
}
