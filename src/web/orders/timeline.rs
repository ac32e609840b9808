//! The history of an order: every event with its reasons, who caused it, and a sentence a person can read.

use super::{sentence::sentence, time};
use crate::{
    app::Core,
    store::{
        StoreError,
        journal::{self, Entered, Readable},
    },
    words::Language,
};
use model::{
    ids::OrderId,
    money::Currency,
    order::{event::Happened, state::Slot},
};
use serde_json::{Value, json};

pub(super) async fn of(core: &Core, id: OrderId, slot: &Slot, language: Language) -> Result<Value, StoreError> {
    let history = journal::of_order(core.store.read(), id).await?;
    let currency = slot.order().map(model::order::state::Order::currency);
    let one = |entered: &Entered| {
        let words = match &entered.what {
            Readable::Event(event) => sentence(event, currency, language),
            Readable::Unknown(_) => language.say("event_unknown", &model::said::args([("name", entered.name.clone())])),
        };
        json!({
            "no": entered.event_no,
            "seq": entered.seq,
            "event": entered.name,
            "version": entered.version,
            "at": time(entered.at),
            "actor": entered.actor,
            "title": words.title,
            "text": words.detail,
            "data": data(entered),
        })
    };
    Ok(json!({ "order": id, "items": history.iter().map(one).collect::<Vec<_>>() }))
}

/// An event that has no place in the journal yet.
pub(in crate::web) fn told(happened: &Happened, currency: Option<Currency>, language: Language) -> Value {
    let words = sentence(&happened.event, currency, language);
    json!({
        "no": happened.no,
        "event": happened.event.name(),
        "title": words.title,
        "text": words.detail,
        "data": happened.event,
    })
}

/// The event as it is stored: candidates, scores, policy rows, differences, and why each losing choice lost.
fn data(entered: &Entered) -> Value {
    match &entered.what {
        Readable::Event(event) => json!(event),
        Readable::Unknown(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}
