//! What is promised for a day, and told of once when the day goes by.

use super::*;
use chrono::NaiveDate;
use model::{
    message::MessageKind,
    order::{effects::Effect, event::Event},
    time::DAY,
};

/// How often partners are told that something is late.
fn told(story: &Story) -> usize {
    let late = |effect: &&Effect| matches!(effect, Effect::Tell(tell) if tell.kind == MessageKind::FulfilmentLate);
    story.effects.iter().filter(late).count()
}

fn due(story: &Story) -> Vec<model::time::Instant> {
    let due = |effect: &Effect| match effect {
        Effect::Work(work) if work.kind == model::order::effects::WorkKind::CheckLate => Some(work.due),
        _ => None,
    };
    story.effects.iter().filter_map(due).collect()
}

fn wished(day: NaiveDate) -> Story {
    let mut content = content(vec![item("1", "L1", 2, "100")]);
    content.header.wished = Some(day);
    let mut story = Story::new("");
    story.tell(&channel(), &Command::Place { content, document: None });
    story
}

fn check(story: &mut Story) -> Result<(), String> {
    story.try_tell(&Actor::System, &Command::CheckLate).map(drop).map_err(|refusal| refusal.code.to_owned())
}

#[test]
fn what_is_released_is_promised_for_the_day_its_carrier_needs_at_most() {
    let story = Story::new("").placed(vec![item("1", "L1", 2, "100")]);
    let chosen = story.happened.iter().find_map(|h| match &h.event {
        Event::CarrierChosen { choices } => Some(choices[0].max_days),
        _ => None,
    });
    let fulfilment = story.fulfilment().expect("a fulfilment");
    let today = story.facts.now.date(8 * 60);
    let days = fulfilment.promised.expect("a day").signed_duration_since(today).num_days();
    assert_eq!(Some(days), chosen.map(i64::from));
    // It is looked at when that day ends in Shanghai.
    let end =
        fulfilment.promised.and_then(|day| day.succ_opt()).expect("a day").and_hms_opt(0, 0, 0).expect("midnight");
    assert_eq!(due(&story), [model::time::Instant((end.and_utc().timestamp() - 8 * 3600) * 1_000_000)]);
}

#[test]
fn a_day_that_goes_by_is_told_once() {
    let mut story = Story::new("");
    let day = story.facts.now.date(8 * 60).succ_opt().expect("a day");
    story = wished(day);
    assert_eq!(story.fulfilment().expect("a fulfilment").promised, Some(day));
    assert_eq!(check(&mut story), Err("nothing_to_do".to_owned()), "the day has not gone by");
    story.facts.now = due(&story)[0];
    check(&mut story).expect("it is late");
    assert_eq!(told(&story), 1);
    assert!(story.fulfilment().expect("a fulfilment").late);
    story.facts.now = story.facts.now.plus(9 * DAY);
    assert_eq!(check(&mut story), Err("nothing_to_do".to_owned()), "it is told once");
}

#[test]
fn a_parcel_is_late_only_when_its_carrier_has_spoken_of_it() {
    let mut story = Story::new("").placed(vec![item("1", "L1", 2, "100")]);
    story.ship_all();
    story.facts.now = due(&story)[0];
    assert_eq!(check(&mut story), Err("nothing_to_do".to_owned()), "it may have arrived unheard");
    let fulfilment = story.fulfilment().expect("a fulfilment").id;
    let (status, at) = (TrackingStatus::InTransit, story.facts.now);
    story.tell(&Actor::System, &Command::Track { fulfilment, parcel: parcel("SF0"), status, at });
    check(&mut story).expect("it is late");
    assert_eq!(told(&story), 1);
}

#[test]
fn what_arrived_is_not_late() {
    let mut story = Story::new("").placed(vec![item("1", "L1", 2, "100")]);
    story.ship_all();
    story.deliver_all();
    story.facts.now = story.facts.now.plus(60 * DAY);
    assert_eq!(check(&mut story), Err("nothing_to_do".to_owned()));
    assert_eq!(told(&story), 0);
}
