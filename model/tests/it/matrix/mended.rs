//! What once went wrong: one story for each mistake that was found in the order core.

use super::*;
use crate::{
    stories::{APPROVAL, policies},
    world::NOW,
};
use model::{
    order::{
        decide::{BY_MASTER_DATA, may_be_taken_up},
        effects::{Effect, WorkKind},
        event::Event,
        state::{Approval, Decision},
        status::{Status, status},
    },
    said::{Payment, PaymentMethod},
    time::{DAY, HOUR, MINUTE},
};

/// A lamp, and a service that no warehouse ships.
fn with_service() -> Vec<Item> {
    vec![item("1", "L1", 2, "100"), Item { ships: false, ..item("2", "", 1, "30") }]
}

#[test]
fn a_service_done_is_no_parcel_sent() {
    let mut story = Story::new("[pricing]\nrequire_price = false\n").placed(with_service());
    if let Some(hold) = story.order().holds.first() {
        panic!("the service is held: {hold:?}");
    }
    assert_eq!(status(&story.slot), Some(Status::Released));
    assert!(!story.order().has_shipped());
    story.tell(&channel(), &cancelled_by_channel());
    assert_eq!(status(&story.slot), Some(Status::Cancelled));
    story.replays();
}

#[test]
fn an_amended_order_may_take_its_own_stock_again() {
    let mut story = Story::new("");
    story.only("L1", 10);
    let mut story = story.placed(vec![item("1", "L1", 8, "100")]);
    story.tell(&desk(), &quantity(1, 9));
    assert_eq!(story.line(1).counters.released, Quantity::whole(9));
    assert_eq!(story.line(1).counters.backordered, Quantity::ZERO);
}

#[test]
fn a_count_takes_only_what_it_must() {
    let mut story = Story::new("");
    story.only("L1", 10);
    let mut story = story.placed(vec![item("1", "L1", 8, "100")]);
    let lost = story.fulfilment().expect("a fulfilment").id;
    // Three were counted; eight are reserved.
    let level = story.facts.stock.get_mut(&("L1".into(), "SH".into())).expect("a level");
    (level.on_hand, level.shortage) = (Quantity::whole(3), Quantity::whole(5));
    story.tell(&Actor::System, &Command::LoseStock { fulfilments: vec![lost] });
    assert_eq!(story.line(1).counters.released, Quantity::whole(3));
    assert_eq!(story.line(1).counters.backordered, Quantity::whole(5));
}

#[test]
fn a_refused_wish_of_the_channel_lets_no_stage_be_skipped() {
    let mut story = Story::new("");
    story.only("L2", 0);
    let mut story = story.placed(vec![item("1", "L1", 2, "100"), item("2", "L2", 1, "200")]);
    story.ship_all();
    // An amendment brings an unknown article; then the channel cancels in vain.
    let more = Amendment { items: vec![item("3", "no such lamp", 1, "1")], ..Amendment::default() };
    story.tell(&desk(), &Command::Amend(more));
    assert!(story.order().hold("unknown_sku").is_some());
    story.tell(&channel(), &cancelled_by_channel());
    let resolve = Command::ResolveHold { code: "channel_change_refused".into(), how: "told the customer".into() };
    story.tell(&desk(), &resolve);
    assert!(story.order().hold("unknown_sku").is_some(), "the checks still stop it: {:?}", story.names());
    assert_eq!(status(&story.slot), Some(Status::OnHold));
    story.tell(&desk(), &quantity(3, 0));
    assert_eq!(status(&story.slot), Some(Status::PartlyShipped));
    story.replays();
}

#[test]
fn stock_lost_while_a_wish_is_open_is_planned_again_afterwards() {
    let mut story = Story::new("");
    story.only("L1", 2);
    let mut story = story.placed(vec![item("1", "L1", 4, "100")]);
    story.ship_all();
    story.only("L1", 2);
    story.tell(&Actor::System, &Command::StockArrived);
    story.tell(&channel(), &cancelled_by_channel());
    let lost = story.fulfilment().expect("the second").id;
    story.tell(&Actor::System, &Command::LoseStock { fulfilments: vec![lost] });
    story.only("L1", 2);
    let resolve = Command::ResolveHold { code: "channel_change_refused".into(), how: "told the customer".into() };
    story.tell(&desk(), &resolve);
    assert_eq!(story.line(1).counters.open, Quantity::ZERO);
    assert_eq!(story.line(1).counters.released, Quantity::whole(2), "{:?}", story.names());
    story.replays();
}

#[test]
fn an_order_delivered_while_held_closes_when_the_hold_goes() {
    let mut story = Story::new("").placed(two_lamps());
    story.ship_all();
    story.tell(&channel(), &cancelled_by_channel());
    story.deliver_all();
    let resolve = Command::ResolveHold { code: "channel_change_refused".into(), how: "told the customer".into() };
    story.tell(&desk(), &resolve);
    assert_eq!(story.order().decision, Decision::Closed);
    story.replays();
}

#[test]
fn new_terms_of_payment_void_the_approval() {
    let mut story = Story::new(APPROVAL).placed(vec![item("1", "L1", 20, "100")]);
    story.tell(&manager(), &approve());
    let before = story.order().content();
    let mut after = before.clone();
    after.header.payment = Payment { method: PaymentMethod::OnAccount, ..Payment::default() };
    let restate = Command::Restate { before: Box::new(before), content: after, document: None };
    story.tell(&channel(), &restate);
    assert!(matches!(story.order().approval, Approval::Pending { round: 2, .. }), "{:?}", story.names());
    story.replays();

    // Whoever sets them does not sign them.
    let payment = Payment { method: PaymentMethod::Prepaid, state: PaymentState::Paid, ..Payment::default() };
    story.tell(&manager(), &Command::SetPayment { payment });
    assert_eq!(story.try_tell(&manager(), &approve()).expect_err("own terms").code, "own_order");
}

#[test]
fn a_signature_for_older_policies_binds_nothing() {
    let mut story = Story::new(APPROVAL).placed(vec![item("1", "L1", 20, "100")]);
    let newer = APPROVAL.replace("1000.00", "900.00");
    let mut world = (*story.facts.world).clone();
    world.policies = policies(&newer);
    story.facts.world = std::sync::Arc::new(world);
    story.tell(&manager(), &approve());
    assert!(matches!(&story.order().approval, Approval::Pending { round: 2, given, .. } if given.is_empty()));
    story.tell(&manager(), &approve());
    assert_eq!(status(&story.slot), Some(Status::Released));
    story.replays();
}

#[test]
fn a_round_asked_anew_is_void_first() {
    let mut story = Story::new(APPROVAL).placed(vec![item("1", "L1", 20, "100")]);
    let mut ship_to = story.order().header.ship_to.clone().expect("a ship-to");
    ship_to.id = model::ids::PartyId::derived(&[b"another door"]);
    story.tell(&desk(), &Command::Amend(Amendment { ship_to: Some(ship_to), ..Amendment::default() }));
    assert!(story.happened.iter().any(|h| matches!(h.event, Event::ApprovalVoided { round: 1, .. })));
    assert!(matches!(story.order().approval, Approval::Pending { round: 2, .. }));
}

#[test]
fn declined_then_amended_it_is_asked_again() {
    let mut story = Story::new(APPROVAL).placed(vec![item("1", "L1", 20, "100")]);
    story.tell(&manager(), &Command::Decline { why: "too many".into() });
    assert_eq!(story.line(1).counters.reserved, Quantity::ZERO);
    assert_eq!(story.try_tell(&manager(), &approve()).expect_err("declined").code, "approval_not_pending");
    story.tell(&desk(), &quantity(1, 15));
    story.tell(&manager(), &approve());
    assert_eq!(status(&story.slot), Some(Status::Released));
    story.replays();
}

#[test]
fn money_counts_even_when_the_rest_of_a_restatement_is_refused() {
    let mut story = Story::new("").placed(two_lamps());
    story.ship_all();
    let before = story.order().content();
    let mut after = before.clone();
    after.items[0].quantity = Quantity::whole(1);
    after.header.payment.state = PaymentState::PartlyRefunded;
    let restate = Command::Restate { before: Box::new(before), content: after, document: None };
    story.tell(&channel(), &restate);
    assert_eq!(story.order().header.payment.state, PaymentState::PartlyRefunded);
    assert!(story.order().hold("channel_change_refused").is_some());
}

#[test]
fn a_restatement_that_says_it_is_paid_releases_what_waited_for_that() {
    let mut story = Story::new("");
    story.tell(&channel(), &place_unpaid(two_lamps()));
    assert!(story.order().hold("payment_pending").is_some());
    let before = story.order().content();
    let mut after = before.clone();
    after.header.payment.state = PaymentState::Paid;
    let restate = Command::Restate { before: Box::new(before), content: after, document: None };
    story.tell(&channel(), &restate);
    assert_eq!(status(&story.slot), Some(Status::Released));
    assert_eq!(story.try_tell(&channel(), &Command::ChannelPaid).expect_err("paid twice").code, "nothing_to_do");
}

#[test]
fn who_does_not_pay_keeps_no_goods_and_is_planned_anew_once_paid() {
    let mut story = Story::new("");
    story.tell(&channel(), &place_unpaid(two_lamps()));
    let early = story.try_tell(&Actor::System, &Command::ExpireReservation).expect_err("its time is not over");
    assert_eq!(early.code, "nothing_to_do");
    story.facts.now = story.facts.now.plus(30 * 24 * HOUR);
    story.tell(&Actor::System, &Command::ExpireReservation);
    let order = story.order();
    assert!(order.hold("payment_pending").is_some(), "it still waits");
    assert!(order.lines.iter().all(|line| line.counters.reserved.is_zero()), "{:?}", order.lines);
    story.tell(&channel(), &Command::ChannelPaid);
    assert_eq!(status(&story.slot), Some(Status::Released));
    assert!(story.order().lines.iter().all(|line| line.counters.open.is_zero()));
}

#[test]
fn everything_heard_early_counts_once_the_order_is_stated() {
    let mut story = Story::new("");
    story.tell(&channel(), &Command::ChannelPaid);
    assert_eq!(story.try_tell(&channel(), &Command::ChannelPaid).expect_err("heard").code, "nothing_to_do");
    story.tell(&channel(), &Command::ChannelRefund { id: String::new(), amount: 500 });
    story.tell(&channel(), &place_unpaid(two_lamps()));
    assert_eq!(status(&story.slot), Some(Status::Released), "paid before it was stated");
    assert!(story.names().contains(&"refunded"));

    let mut story = Story::new("");
    story.tell(&channel(), &cancelled_by_channel());
    story.tell(&channel(), &Command::ChannelRefund { id: String::new(), amount: 500 });
    story.tell(&channel(), &place(two_lamps()));
    assert_eq!(story.names(), ["heard_early", "heard_early", "placed", "refunded", "cancelled"]);
}

#[test]
fn stale_words_about_nothing_leave_no_trace() {
    let mut story = Story::new("");
    let stale = Command::NoteStale { version: Some(1), known: Some(2), document: None };
    assert_eq!(story.try_tell(&channel(), &stale).expect_err("no order").code, "unknown_order");
}

#[test]
fn a_carrier_may_speak_of_a_time_before_we_heard_that_it_shipped() {
    let mut story = Story::new("").placed(two_lamps());
    story.facts.now = NOW.plus(2 * HOUR);
    story.ship_all();
    let fulfilment = story.fulfilment().expect("shipped").id;
    let (status, at) = (TrackingStatus::Delivered, NOW.plus(HOUR));
    story.tell(&Actor::System, &Command::Track { fulfilment, parcel: parcel("SF0"), status, at });
    assert_eq!(story.order().decision, Decision::Closed);
}

#[test]
fn a_parcel_reported_late_does_not_count_its_goods_twice() {
    let mut story = Story::new("").placed(vec![item("1", "L1", 105, "100")]);
    story.ship_all();
    assert_eq!(story.order().fulfilments.len(), 2, "one line from two warehouses");
    let first = story.order().fulfilments[0].clone();
    let deliver = |number: &str| Command::Track {
        fulfilment: first.id,
        parcel: parcel(number),
        status: TrackingStatus::Delivered,
        at: NOW,
    };
    story.tell(&Actor::System, &deliver("SF0"));
    story.tell(&Actor::System, &Command::Ship { fulfilment: first.id, parcel: parcel("LATE") });
    story.tell(&Actor::System, &deliver("LATE"));
    assert_eq!(story.line(1).counters.delivered, first.lines[0].quantity);
    assert_eq!(story.order().decision, Decision::Released, "the other half is on its way");
}

#[test]
fn a_price_mended_in_the_book_needs_no_acceptance() {
    let mut story = Story::new("").placed(vec![item("1", "L1", 2, "50")]);
    assert!(story.order().hold("price_difference").is_some());
    story.tell(&desk(), &Command::Redecide);
    assert!(story.order().hold("price_difference").is_some(), "the book still differs");
    let mended = vec![crate::world::price("L1", "", 0, "50")];
    story.facts.prices.insert("L1".into(), std::sync::Arc::new(mended));
    story.tell(&desk(), &Command::Redecide);
    assert!(story.order().holds.is_empty(), "{:?}", story.order().holds);
    assert!(story.order().accepted.is_empty());
}

#[test]
fn an_order_taken_up_in_vain_keeps_no_record_of_it() {
    let up = Command::TakeUp { holds: BY_MASTER_DATA.map(str::to_owned).to_vec() };
    let mut story = Story::new("").placed(vec![item("1", "L1", 2, "50"), item("2", "no such lamp", 1, "10")]);
    let events = story.happened.len();
    story.facts.now = story.facts.now.plus(MINUTE);
    assert_eq!(story.try_tell(&Actor::System, &up).expect_err("nothing was mended").code, "nothing_to_do");
    assert_eq!(story.happened.len(), events);
    // The article is known now; its price is another matter, and found at the same time.
    let lamp = story.facts.products["L1"].clone();
    story.facts.products.insert("no such lamp".into(), lamp);
    story.tell(&Actor::System, &up);
    let codes: Vec<&str> = story.order().holds.iter().map(|hold| hold.code.as_str()).collect();
    assert_eq!(codes, ["price_difference"]);
    assert_eq!(story.try_tell(&Actor::System, &up).expect_err("the book differs").code, "nothing_to_do");
}

#[test]
fn what_nobody_asked_for_is_not_taken_up() {
    let mut story = Story::new(APPROVAL).placed(vec![item("1", "L1", 20, "100")]);
    story.tell(&manager(), &Command::Decline { why: "too cheap".into() });
    let by_data = Command::TakeUp { holds: BY_MASTER_DATA.map(str::to_owned).to_vec() };
    assert_eq!(story.try_tell(&Actor::System, &by_data).expect_err("declined").code, "nothing_to_do");
    story.tell(&desk(), &Command::TakeUp { holds: vec!["approval_declined".into()] });
    assert_eq!(status(&story.slot), Some(Status::AwaitingApproval));
}

#[test]
fn every_hold_that_master_data_mends_is_one() {
    assert!(BY_MASTER_DATA.iter().all(|code| may_be_taken_up(code)));
    assert!(!may_be_taken_up("awaiting_stock"));
}

#[test]
fn goods_of_no_use_to_an_order_write_no_history() {
    let mut story = Story::new("");
    story.only("L1", 0);
    let mut story = story.placed(two_lamps());
    let events = story.happened.len();
    assert_eq!(story.try_tell(&Actor::System, &Command::StockArrived).expect_err("none").code, "nothing_to_do");
    assert_eq!(story.happened.len(), events);
}

#[test]
fn an_order_that_waits_for_capacity_is_tried_again_the_next_day() {
    let mut story = Story::new("");
    let mut world = (*story.facts.world).clone();
    for warehouse in &mut world.warehouses {
        (warehouse.daily_capacity, warehouse.planned_today) = (5, 5);
    }
    let full = std::sync::Arc::new(world.clone());
    story.facts.world = full;
    let mut story = story.placed(two_lamps());
    assert_eq!(status(&story.slot), Some(Status::Backordered));
    let due = story.effects.iter().find_map(|effect| match effect {
        Effect::Work(work) if work.kind == WorkKind::RetryAllocation => Some(work.due),
        Effect::Work(_) | Effect::Stock(_) | Effect::Tell(_) => None,
    });
    let due = due.expect("work for tomorrow");
    assert_eq!(due, NOW.plus(14 * HOUR), "midnight in Shanghai");
    assert!(due.since(NOW) <= DAY && due.0 % MINUTE == 0);
    for warehouse in &mut world.warehouses {
        warehouse.planned_today = 0;
    }
    story.facts.world = std::sync::Arc::new(world);
    story.facts.now = due;
    story.tell(&Actor::System, &Command::StockArrived);
    assert_eq!(status(&story.slot), Some(Status::Released));
}

#[test]
fn a_wish_that_waits_for_an_answer_outlives_an_amendment_and_is_not_asked_twice() {
    let mut story = Story::new("").placed(two_lamps());
    story.ship_all();
    story.tell(&channel(), &cancelled_by_channel());
    let again = story.try_tell(&channel(), &cancelled_by_channel());
    assert_eq!(again.expect_err("asked already").code, "nothing_to_do");
    let before = story.order().content();
    let mut after = before.clone();
    after.items[0].quantity = Quantity::whole(3);
    let restate = Command::Restate { before: Box::new(before), content: after, document: None };
    story.tell(&channel(), &restate);
    assert!(story.order().hold("channel_change_refused").is_some(), "{:?}", story.names());
    let resolve = Command::ResolveHold { code: "channel_change_refused".into(), how: "told the customer".into() };
    story.tell(&desk(), &resolve);
    assert_eq!(story.line(1).counters.released, Quantity::whole(1));
    assert_eq!(status(&story.slot), Some(Status::PartlyShipped));
    story.replays();
}

#[test]
fn what_is_under_way_is_not_held_for_the_rest() {
    let mut story = Story::new("");
    story.only("L1", 2);
    let mut story = story.placed(vec![item("1", "L1", 4, "100")]);
    story.ship_all();
    story.tell(&desk(), &quantity(1, 5));
    assert_eq!(status(&story.slot), Some(Status::PartlyShipped), "{:?}", story.names());
    assert!(story.order().holds.is_empty());
}

#[test]
fn a_refund_with_an_id_counts_once_whenever_it_is_heard() {
    let refund = |id: &str| Command::ChannelRefund { id: id.to_owned(), amount: 500 };
    let counted = |story: &Story| story.happened.iter().filter(|h| h.event.name() == "refunded").count();
    let mut early = Story::new("");
    for id in ["r1", "r1", "r2"] {
        let _known = early.try_tell(&channel(), &refund(id));
    }
    early.tell(&channel(), &place(two_lamps()));
    assert_eq!(counted(&early), 2);
    let again = early.try_tell(&channel(), &refund("r2"));
    assert_eq!(again.map_err(|refusal| refusal.code), Err("nothing_to_do".to_owned()));
    early.tell(&channel(), &refund("r3"));
    // Without an id nothing tells them apart.
    early.tell(&channel(), &refund(""));
    early.tell(&channel(), &refund(""));
    assert_eq!(counted(&early), 5);
}
