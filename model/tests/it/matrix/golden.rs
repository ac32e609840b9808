//! Stored events are a contract: a golden example of each, read back for ever.

use super::*;
use crate::stories::APPROVAL;
use model::{order::event::Event, time::DAY};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Every event has its number here; a new variant must be added, and its example with it.
fn number(event: &Event) -> usize {
    match event {
        Event::HeardEarly { .. } => 0,
        Event::Placed { .. } => 1,
        Event::Amended { .. } => 2,
        Event::Checked { .. } => 3,
        Event::PriceAudited { .. } => 4,
        Event::Prioritised { .. } => 5,
        Event::Allocated { .. } => 6,
        Event::Unallocated { .. } => 7,
        Event::ApprovalNotNeeded { .. } => 8,
        Event::ApprovalRequested { .. } => 9,
        Event::ApprovalConfirmed { .. } => 10,
        Event::ApprovalGiven { .. } => 11,
        Event::ApprovalDeclined { .. } => 12,
        Event::ApprovalVoided { .. } => 13,
        Event::CarrierChosen { .. } => 14,
        Event::Released { .. } => 15,
        Event::Held { .. } => 16,
        Event::HoldResolved { .. } => 17,
        Event::Cancelled { .. } => 18,
        Event::Shipped { .. } => 19,
        Event::Delivered { .. } => 20,
        Event::Tracked { .. } => 21,
        Event::PaymentChanged { .. } => 22,
        Event::Refunded { .. } => 23,
        Event::ChannelChangeRefused { .. } => 24,
        Event::Stale { .. } => 25,
        Event::Closed => 26,
        Event::Late { .. } => 27,
    }
}

const EVENTS: usize = 28;

fn folder() -> PathBuf {
    crate_folder().join("../fixtures/events")
}

/// One of each, from orders that lived.
fn lived() -> BTreeMap<&'static str, Event> {
    let mut early = Story::new("");
    early.tell(&channel(), &cancelled_by_channel());
    early.tell(&channel(), &place(two_lamps()));

    let mut approved = Story::new(APPROVAL).placed(vec![item("1", "L1", 20, "100")]);
    approved.tell(&manager(), &Command::Decline { why: "too cheap".into() });
    approved.tell(&desk(), &quantity(1, 21));
    approved.tell(&manager(), &approve());
    let mut ship_to = approved.order().header.ship_to.clone().expect("a ship-to");
    ship_to.id = model::ids::PartyId::derived(&[b"another door"]);
    approved.tell(&desk(), &Command::Amend(Amendment { ship_to: Some(ship_to), ..Amendment::default() }));
    approved.tell(&desk(), &quantity(1, 22));

    let mut sent = Story::new("");
    sent.tell(&channel(), &place_unpaid(two_lamps()));
    sent.tell(&channel(), &Command::ChannelPaid);
    sent.tell(&channel(), &Command::ChannelRefund { id: String::new(), amount: 500 });
    sent.tell(&channel(), &Command::NoteStale { version: Some(1), known: Some(2), document: None });
    sent.ship_all();
    sent.tell(&channel(), &cancelled_by_channel());
    let resolve = Command::ResolveHold { code: "channel_change_refused".into(), how: "told the customer".into() };
    sent.tell(&desk(), &resolve);
    let fulfilment = sent.fulfilment().expect("a fulfilment").id;
    let (status, at) = (TrackingStatus::InTransit, sent.facts.now);
    sent.tell(&Actor::System, &Command::Track { fulfilment, parcel: parcel("SF0"), status, at });
    sent.facts.now = sent.facts.now.plus(60 * DAY);
    sent.tell(&Actor::System, &Command::CheckLate);
    sent.deliver_all();

    let mut all = BTreeMap::new();
    for happened in [early, approved, sent].into_iter().flat_map(|story| story.happened) {
        all.entry(happened.event.name()).or_insert(happened.event);
    }
    all
}

/// Everything `then` says is said by `now` too: an example of an older program may know fewer fields.
fn says(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            then.iter().all(|(field, value)| now.get(field).is_some_and(|now| says(now, value)))
        }
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| says(now, then))
        }
        (now, then) => now == then,
    }
}

#[test]
fn every_stored_event_reads_back_as_it_was_written() {
    if bless() {
        for (name, event) in lived() {
            let path = folder().join(format!("{name}.v{}.json", event.version()));
            // What was stored once is never rewritten: a change of meaning is a new version.
            if !path.exists() {
                let golden = json!({ "name": name, "version": event.version(), "event": event });
                let text = serde_json::to_string_pretty(&golden).expect("JSON") + "\n";
                std::fs::write(&path, text).expect("is written");
            }
        }
    }
    let mut seen = [false; EVENTS];
    for entry in std::fs::read_dir(folder()).expect("the examples") {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("an example");
        let golden: Value = serde_json::from_str(&text).expect("JSON");
        let event: Event = serde_json::from_value(golden["event"].clone())
            .unwrap_or_else(|error| panic!("{} is not read any more: {error}", path.display()));
        assert_eq!(golden["name"], event.name(), "{}", path.display());
        let file = format!("{}.v{}.json", event.name(), golden["version"]);
        assert_eq!(path.file_name().expect("a name").to_string_lossy(), file);
        let again = serde_json::to_value(&event).expect("JSON");
        assert!(says(&again, &golden["event"]), "{}: {again:#} is not what was stored", path.display());
        let back: Event = serde_json::from_value(again).expect("reads back");
        assert_eq!(back, event);
        seen[number(&event)] = true;
    }
    let missing: Vec<usize> = (0..EVENTS).filter(|at| !seen[*at]).collect();
    assert_eq!(missing, Vec::<usize>::new(), "events without an example in fixtures/events, by number");
}

#[test]
fn the_comparison_can_fail() {
    assert!(says(&json!({ "a": 1, "b": [1] }), &json!({ "a": 1 })));
    assert!(!says(&json!({ "a": 1 }), &json!({ "a": 2 })));
    assert!(!says(&json!({ "a": [1, 2] }), &json!({ "a": [1] })));
    assert!(!says(&json!({}), &json!({ "a": null })));
}
