//! The head of an order and its people. Names are read now, from the one place that has them.

use super::time;
use crate::store::parties::Known;
use model::{
    ids::PartyId,
    money::Money,
    said::{Header, PartyRef},
};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Puts the head's fields into `shown`.
pub(super) fn into(shown: &mut Value, header: &Header<PartyRef>, known: &HashMap<PartyId, Known>) {
    let money = |minor: i64| Money::new(minor, header.currency).decimal();
    let charge = |c: &model::said::Charge| json!({ "kind": c.kind, "label": c.label, "amount": money(c.amount) });
    let fields = json!({
        "number": header.number,
        "kind": header.kind,
        "placed_at": header.placed_at.rfc3339(),
        "currency": header.currency,
        "customer": header.customer,
        "reference": header.reference,
        "charges": header.charges.iter().map(charge).collect::<Vec<_>>(),
        "claimed": {
            "subtotal": header.claimed.subtotal.map(money),
            "total": header.claimed.total.map(money),
        },
        "taxes_included": header.taxes_included,
        "payment": header.payment,
        "wished": header.wished,
        "desk": header.desk,
        "attributes": header.attributes,
        "buyer": party(header.buyer.as_ref(), known),
        "ship_to": party(header.ship_to.as_ref(), known),
        "bill_to": party(header.bill_to.as_ref(), known),
    });
    if let (Some(shown), Value::Object(fields)) = (shown.as_object_mut(), fields) {
        shown.extend(fields);
    }
}

/// Who it is; of an erased person the id and the coarse destination that decisions were made by.
fn party(party: Option<&PartyRef>, known: &HashMap<PartyId, Known>) -> Option<Value> {
    let party = party?;
    let mut shown = json!({ "id": party.id, "erased": false });
    match known.get(&party.id) {
        Some(Known::Here(who)) => {
            if let (Some(shown), Value::Object(who)) = (shown.as_object_mut(), json!(who)) {
                shown.extend(who);
            }
        }
        Some(Known::Erased { at }) => {
            shown["erased"] = json!(true);
            shown["erased_at"] = json!(time(*at));
        }
        None => shown["erased"] = json!(true),
    }
    shown["destination"] = json!(party.destination);
    Some(shown)
}
