//! What each state answers to each command, kept as a text that people can read.

use super::*;
use crate::stories::APPROVAL;
use model::{
    ids::FulfilmentId,
    order::{
        decide::{BY_MASTER_DATA, decide},
        state::{Slot, Stage},
        status::{Status, status},
    },
    said::{Payment, PaymentMethod},
    time::DAY,
};
use std::fmt::Write as _;

type Told = (&'static str, fn() -> Story);

const STATES: [Told; 15] = [
    ("empty", || Story::new("")),
    ("awaited", || told(Story::new(""), &channel(), &cancelled_by_channel())),
    ("held by the checks", || Story::new("").placed(vec![item("1", "no such lamp", 2, "100")])),
    ("held for its price", || Story::new("").placed(vec![item("1", "L1", 2, "50")])),
    ("awaiting approval", || Story::new(APPROVAL).placed(vec![item("1", "L1", 20, "100")])),
    ("declined", || {
        let asked = Story::new(APPROVAL).placed(vec![item("1", "L1", 20, "100")]);
        told(asked, &manager(), &Command::Decline { why: "too cheap".into() })
    }),
    ("awaiting stock", || {
        let mut story = Story::new("");
        story.only("L1", 0);
        story.placed(two_lamps())
    }),
    ("payment pending", || told(Story::new(""), &channel(), &place_unpaid(two_lamps()))),
    ("released", || Story::new("").placed(two_lamps())),
    ("approved and released", || {
        told(Story::new(APPROVAL).placed(vec![item("1", "L1", 20, "100")]), &manager(), &approve())
    }),
    ("partly shipped", || {
        let mut story = Story::new("");
        story.only("L2", 0);
        let mut story = story.placed(vec![item("1", "L1", 2, "100"), item("2", "L2", 1, "200")]);
        story.ship_all();
        story
    }),
    ("shipped", shipped),
    ("delivered", || {
        let mut story = shipped();
        story.deliver_all();
        story
    }),
    ("cancelled", || told(Story::new("").placed(two_lamps()), &desk(), &Command::Cancel { reason: "customer".into() })),
    ("cancelled in vain by its channel", || told(shipped(), &channel(), &cancelled_by_channel())),
];

fn told(mut story: Story, actor: &Actor, command: &Command) -> Story {
    story.tell(actor, command);
    story
}

fn shipped() -> Story {
    let mut story = Story::new("").placed(two_lamps());
    story.ship_all();
    story
}

/// Every command, as it would be told to the order of `story` by whoever may; a new command must be named here.
fn commands(story: &Story) -> Vec<(Actor, Command)> {
    let before = story.slot.order().map_or_else(|| content(two_lamps()), |order| order.content());
    let mut after = before.clone();
    after.items[0].quantity = after.items[0].quantity.plus(Quantity::whole(1));
    let more = after.items[0].quantity;
    let mut payment = before.header.payment.clone();
    payment.state = PaymentState::PartlyPaid;
    let hold = story.slot.order().and_then(|order| order.holds.first());
    let owner = hold.map_or_else(desk, |hold| person("sun", hold.owner.as_str()));
    let code = hold.map_or("price_difference", |hold| hold.code.as_str()).to_owned();
    let fulfilment = story.fulfilment().map_or(FulfilmentId::derived(&[b"none"]), |f| f.id);
    let known = story.fulfilment().and_then(|f| f.state.parcels().first()).map(|p| p.parcel.clone());
    let tracked = known.unwrap_or_else(|| parcel("SF0"));
    let on_account = Payment { method: PaymentMethod::OnAccount, ..payment.clone() };
    let amendment = Amendment { quantities: vec![(1, more)], ..Amendment::default() };
    vec![
        (channel(), place(two_lamps())),
        (channel(), Command::Restate { before: Box::new(before), content: after, document: None }),
        (channel(), Command::NoteStale { version: Some(1), known: Some(2), document: None }),
        (channel(), cancelled_by_channel()),
        (channel(), Command::ChannelDelete { document: None }),
        (channel(), Command::ChannelPaid),
        (channel(), Command::ChannelRefund { id: String::new(), amount: 100 }),
        (manager(), approve()),
        (manager(), Command::Decline { why: "too cheap".into() }),
        (owner, Command::ResolveHold { code, how: "agreed".into() }),
        (desk(), Command::Amend(amendment)),
        (desk(), Command::Cancel { reason: "customer".into() }),
        (desk(), Command::Redecide),
        (Actor::System, Command::TakeUp { holds: BY_MASTER_DATA.map(str::to_owned).to_vec() }),
        (Actor::System, Command::StockArrived),
        (Actor::System, Command::ExpireReservation),
        (Actor::System, Command::CheckLate),
        (Actor::System, Command::LoseStock { fulfilments: vec![fulfilment] }),
        (Actor::System, Command::Ship { fulfilment, parcel: parcel("SF7") }),
        (
            Actor::System,
            Command::Track { fulfilment, parcel: tracked, status: TrackingStatus::InTransit, at: story.facts.now },
        ),
        (person("zheng", "finance"), Command::SetPayment { payment }),
        (person("zheng", "finance"), Command::SetPayment { payment: on_account }),
    ]
}

/// What the command needs of the world to be worth asking.
fn world_for(command: &Command, story: &mut Story) {
    match command {
        Command::StockArrived => {
            for sku in ["L1", "L2"] {
                story.only(sku, 50);
            }
        }
        Command::ExpireReservation | Command::CheckLate => story.facts.now = story.facts.now.plus(30 * DAY),
        Command::Place { .. }
        | Command::Restate { .. }
        | Command::NoteStale { .. }
        | Command::ChannelCancel { .. }
        | Command::ChannelDelete { .. }
        | Command::ChannelPaid
        | Command::ChannelRefund { .. }
        | Command::Approve { .. }
        | Command::Decline { .. }
        | Command::ResolveHold { .. }
        | Command::Amend(_)
        | Command::Cancel { .. }
        | Command::Redecide
        | Command::TakeUp { .. }
        | Command::LoseStock { .. }
        | Command::Ship { .. }
        | Command::Track { .. }
        | Command::SetPayment { .. } => {}
    }
}

fn word(slot: &Slot) -> &'static str {
    status(slot).map_or("nothing", Status::name)
}

fn answer(story: &mut Story, actor: &Actor, command: &Command) -> String {
    world_for(command, story);
    let before = story.happened.len();
    match story.try_tell(actor, command) {
        Err(refusal) => format!("no: {}", refusal.code),
        Ok(()) => {
            story.replays();
            let names: Vec<_> = story.happened[before..].iter().map(|h| h.event.name()).collect();
            format!("{} => {}", names.join(" "), word(&story.slot))
        }
    }
}

fn table() -> String {
    let mut text = String::from(
        "# What an order in each state answers to each command: its events and the status after them, or the code of the\n\
         # refusal. Written by the test; `TRIBUTARY_BLESS=1 cargo test -p tributary-model matrix` writes it anew.\n",
    );
    for (name, make) in STATES {
        let story = make();
        writeln!(text, "\n{name} ({})", word(&story.slot)).expect("text");
        for (actor, command) in commands(&story) {
            let mut told = make();
            let label = match &command {
                Command::SetPayment { payment } if payment.method == PaymentMethod::OnAccount => "set_payment_terms",
                command => command.name(),
            };
            writeln!(text, "  {label:<18} {}", answer(&mut told, &actor, &command)).expect("text");
        }
    }
    text
}

#[test]
fn every_state_answers_every_command_as_the_table_says() {
    let path = crate_folder().join("tests/golden/matrix.txt");
    let now = table();
    if bless() {
        std::fs::write(&path, &now).expect("is written");
    }
    let kept = std::fs::read_to_string(&path).expect("the table is kept").replace("\r\n", "\n");
    for (line, (now, kept)) in now.lines().zip(kept.lines()).enumerate() {
        assert_eq!(now, kept, "line {} of {}", line + 1, path.display());
    }
    assert_eq!(now.lines().count(), kept.lines().count());
}

#[test]
fn whatever_a_state_answers_a_refusal_changes_nothing() {
    for (name, make) in STATES {
        for (actor, command) in commands(&make()) {
            let mut story = make();
            let before = story.slot.clone();
            let identity = crate::stories::identity();
            world_for(&command, &mut story);
            if let Ok(done) = decide(&identity, before.clone(), &command, &actor, &story.facts) {
                assert!(!done.happened.is_empty(), "{name}: {} is neither done nor refused", command.name());
                assert_eq!(done.slot.events(), before.events() + done.happened.len() as u32);
            }
        }
    }
}

#[test]
fn stages_follow_one_another() {
    let stages = [Stage::Checks, Stage::Pricing, Stage::Priority, Stage::Allocation, Stage::Approval, Stage::Carrier];
    assert!(stages.is_sorted() && Stage::Release > Stage::Carrier);
}
