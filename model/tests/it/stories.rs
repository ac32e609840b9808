//! Hard stories of one order, told by commands and read from its state.

use crate::world::{self, NOW, content, facts, item};
use model::{
    facts::Facts,
    ids::OrderId,
    measure::Quantity,
    order::{
        apply::apply,
        command::{Amendment, Command},
        decide::{Identity, decide},
        deed::Done,
        effects::{Effect, MoveKind, StockMove},
        event::{Actor, Event, Parcel},
        refusal::Refusal,
        state::{Approval, Decision, FulfilmentState, Order, Slot},
        status::{Status, status},
    },
    port::inbound::TrackingStatus,
    rules::policy::Policies,
};
use std::sync::Arc;

/// One order being told about: its state, all that happened, and the facts it moves.
pub(crate) struct Story {
    pub(crate) facts: Facts,
    pub(crate) slot: Slot,
    pub(crate) happened: Vec<model::order::event::Happened>,
    pub(crate) effects: Vec<Effect>,
}

pub(crate) fn policies(text: &str) -> Arc<Policies> {
    Arc::new(Policies::read(&[("test.toml".to_owned(), text.to_owned())]).expect("the policies are right"))
}

/// Orders from 1,000 yuan on need a sales manager.
pub(crate) const APPROVAL: &str = r#"
[authority]
order_desk = "0.00 CNY"
sales_manager = "100000.00 CNY"
finance = "unlimited"

[[approval]]
name = "large"
when = "order.total >= money('1000.00 CNY')"
steps = ["sales_manager"]
"#;

pub(crate) fn identity() -> Identity {
    Identity { id: OrderId::of("web", "1001"), channel: "web".into(), external_id: "1001".into() }
}

pub(crate) fn channel() -> Actor {
    Actor::Channel { channel: "web".into() }
}

pub(crate) fn person(user: &str, role: &str) -> Actor {
    Actor::User { user: user.into(), role: role.into(), key: format!("key-{user}") }
}

impl Story {
    pub(crate) fn new(policy: &str) -> Self {
        Self { facts: facts(policies(policy)), slot: Slot::Empty, happened: vec![], effects: vec![] }
    }

    pub(crate) fn try_tell(&mut self, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        let Done { slot, happened, effects } = decide(&identity(), self.slot.clone(), command, actor, &self.facts)?;
        let moves: Vec<&StockMove> = effects.iter().filter_map(stock_move).collect();
        self.facts.absorb(moves);
        self.slot = slot;
        self.happened.extend(happened);
        self.effects.extend(effects);
        Ok(())
    }

    pub(crate) fn tell(&mut self, actor: &Actor, command: &Command) {
        self.try_tell(actor, command).unwrap_or_else(|refusal| panic!("{} refused: {refusal:?}", command.name()));
    }

    pub(crate) fn order(&self) -> &Order {
        self.slot.order().expect("the order is placed")
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.happened.iter().map(|h| h.event.name()).collect()
    }

    /// The same state must come from the journal alone.
    pub(crate) fn replays(&self) {
        let again = self.happened.iter().fold(Slot::Empty, |slot, h| {
            let text = serde_json::to_string(h).expect("an event is JSON");
            apply(identity().id, slot, &serde_json::from_str(&text).expect("an event reads back"))
        });
        assert_eq!(again, self.slot);
        let numbers: Vec<u32> = self.happened.iter().map(|h| h.no).collect();
        assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
    }
}

fn stock_move(effect: &Effect) -> Option<&StockMove> {
    match effect {
        Effect::Stock(m) => Some(m),
        Effect::Tell(_) | Effect::Work(_) => None,
    }
}

fn place(items: Vec<model::said::Item>) -> Command {
    Command::Place { content: content(items), document: None }
}

fn parcel(number: &str) -> Parcel {
    Parcel { carrier: "sf".into(), number: number.into() }
}

#[test]
fn one_order_with_a_line_shipped_one_backordered_one_cancelled() {
    let mut story = Story::new("");
    for w in ["SH", "GZ"] {
        story.facts.stock.insert(("L2".into(), w.into()), world::stock(0));
    }
    story.tell(
        &channel(),
        &place(vec![item("1", "L1", 2, "100"), item("2", "L2", 1, "200"), item("3", "L3", 1, "300")]),
    );
    let amendment = Amendment { quantities: vec![(3, Quantity::ZERO)], ..Amendment::default() };
    story.tell(&person("wang", "order_desk"), &Command::Amend(amendment));
    let released: Vec<_> =
        story.order().fulfilments.iter().filter(|f| f.state == FulfilmentState::Released).map(|f| f.id).collect();
    assert_eq!(released.len(), 1);
    story.tell(&Actor::System, &Command::Ship { fulfilment: released[0], parcel: parcel("SF1") });

    let counters: Vec<_> = story.order().lines.iter().map(|l| l.counters).collect();
    assert_eq!(counters[0].shipped, Quantity::whole(2));
    assert_eq!(counters[1].backordered, Quantity::whole(1));
    assert_eq!(counters[2].cancelled, Quantity::whole(1));
    assert!(counters.iter().all(model::order::state::Counters::lawful));
    assert_eq!(status(&story.slot), Some(Status::PartlyShipped));
    story.replays();

    // Stock comes: the backordered line is taken up, ships, arrives, and the order closes.
    story.facts.stock.insert(("L2".into(), "GZ".into()), world::stock(5));
    story.tell(&Actor::System, &Command::StockArrived);
    let second = story.order().fulfilments.iter().find(|f| f.state == FulfilmentState::Released).expect("released").id;
    for (fulfilment, number) in [(released[0], "SF1"), (second, "SF2")] {
        let (parcel, status) = (parcel(number), TrackingStatus::Delivered);
        story.tell(&Actor::System, &Command::Track { fulfilment, parcel, status, at: NOW });
    }
    assert_eq!(story.order().decision, Decision::Closed);
    assert_eq!(status(&story.slot), Some(Status::Delivered));
    story.replays();
}

#[test]
fn cancel_before_create_leaves_one_cancelled_order_and_no_reservation() {
    let mut story = Story::new("");
    story.tell(&channel(), &Command::ChannelCancel { reason: "customer".into(), document: None });
    assert_eq!(status(&story.slot), Some(Status::Awaited));
    story.tell(&channel(), &place(vec![item("1", "L1", 2, "100")]));
    assert_eq!(status(&story.slot), Some(Status::Cancelled));
    assert_eq!(story.names(), ["heard_early", "placed", "cancelled"]);
    assert!(story.effects.is_empty(), "nothing was reserved and nobody told: {:?}", story.effects);
    story.replays();
}

#[test]
fn an_amendment_after_approval_voids_the_approval() {
    let mut story = Story::new(APPROVAL);
    story.tell(&channel(), &place(vec![item("1", "L1", 20, "100")]));
    assert_eq!(status(&story.slot), Some(Status::AwaitingApproval));
    story.tell(&person("li", "sales_manager"), &Command::Approve { digest: String::new() });
    assert_eq!(status(&story.slot), Some(Status::Released));
    let amendment = Amendment { quantities: vec![(1, Quantity::whole(30))], ..Amendment::default() };
    story.tell(&person("wang", "order_desk"), &Command::Amend(amendment));
    assert_eq!(status(&story.slot), Some(Status::AwaitingApproval), "{:?}", story.names());
    assert!(matches!(story.order().approval, Approval::Pending { round: 2, .. }));
    assert!(story.happened.iter().any(|h| matches!(h.event, Event::ApprovalVoided { round: 1, .. })));
    story.replays();

    // A change that the digest does not bind leaves the approval standing.
    story.tell(&person("li", "sales_manager"), &Command::Approve { digest: String::new() });
    let mut elsewhere = story.order().header.ship_to.clone().expect("a ship-to");
    elsewhere.id = model::ids::PartyId::derived(&[b"another door in the same city"]);
    let amendment = Amendment { ship_to: Some(elsewhere), ..Amendment::default() };
    story.tell(&person("wang", "order_desk"), &Command::Amend(amendment));
    assert_eq!(status(&story.slot), Some(Status::Released), "{:?}", story.names());
    story.replays();
}

#[test]
fn the_creator_and_an_amender_cannot_approve() {
    let mut story = Story::new(APPROVAL);
    story.tell(&person("zhao", "sales_manager"), &place(vec![item("1", "L1", 20, "100")]));
    let approve = Command::Approve { digest: String::new() };
    let refused = story.try_tell(&person("zhao", "sales_manager"), &approve).expect_err("the creator");
    assert_eq!(refused.code, "own_order");
    let amendment = Amendment { quantities: vec![(1, Quantity::whole(21))], ..Amendment::default() };
    story.tell(&person("qian", "sales_manager"), &Command::Amend(amendment));
    assert_eq!(story.try_tell(&person("qian", "sales_manager"), &approve).expect_err("an amender").code, "own_order");
    assert_eq!(story.try_tell(&channel(), &approve).expect_err("no person").code, "not_a_person");
    story.tell(&person("li", "sales_manager"), &approve);
    assert_eq!(status(&story.slot), Some(Status::Released));
}

#[test]
fn stock_lost_to_a_count_is_taken_from_elsewhere_or_backordered() {
    let mut story = Story::new("");
    story.facts.stock.insert(("L1".into(), "GZ".into()), world::stock(3));
    story.tell(&channel(), &place(vec![item("1", "L1", 8, "100")]));
    let lost: Vec<_> = story.order().fulfilments.iter().filter(|f| f.warehouse == "SH").map(|f| f.id).collect();
    assert_eq!(lost.len(), 1);
    story.facts.stock.insert(("L1".into(), "SH".into()), world::stock(0));
    story.tell(&Actor::System, &Command::LoseStock { fulfilments: lost });
    let line = story.order().lines[0].counters;
    assert_eq!(line.released, Quantity::whole(3), "what the other warehouse has");
    assert_eq!(line.backordered, Quantity::whole(5));
    story.replays();
}

#[test]
fn a_reservation_that_waits_too_long_is_given_back_and_made_anew_after_approval() {
    let mut story = Story::new(APPROVAL);
    story.tell(&channel(), &place(vec![item("1", "L1", 20, "100")]));
    story.facts.now = NOW.plus(30 * model::time::DAY);
    story.tell(&Actor::System, &Command::ExpireReservation);
    assert_eq!(status(&story.slot), Some(Status::AwaitingApproval));
    assert_eq!(story.order().lines[0].counters.open, Quantity::whole(20));
    let reserved: i64 = story
        .effects
        .iter()
        .filter_map(stock_move)
        .map(|m| match m.kind {
            MoveKind::Reserve => m.quantity.0,
            MoveKind::Unreserve | MoveKind::Ship => -m.quantity.0,
        })
        .sum();
    assert_eq!(reserved, 0);
    story.tell(&person("li", "sales_manager"), &Command::Approve { digest: String::new() });
    assert_eq!(status(&story.slot), Some(Status::Released));
    assert_eq!(story.order().lines[0].counters.released, Quantity::whole(20));
    story.replays();
}

#[test]
fn a_channel_that_cancels_what_has_shipped_is_recorded_and_a_person_is_asked() {
    let mut story = Story::new("");
    story.tell(&channel(), &place(vec![item("1", "L1", 1, "100")]));
    let fulfilment = story.order().fulfilments[0].id;
    story.tell(&Actor::System, &Command::Ship { fulfilment, parcel: parcel("SF9") });
    story.tell(&channel(), &Command::ChannelCancel { reason: "customer".into(), document: None });
    assert!(story.order().hold("channel_change_refused").is_some());
    assert_eq!(status(&story.slot), Some(Status::OnHold));
    let resolve = Command::ResolveHold { code: "channel_change_refused".into(), how: "told the customer".into() };
    story.tell(&person("wang", "order_desk"), &resolve);
    assert_eq!(status(&story.slot), Some(Status::Shipped));
    story.replays();
}

#[test]
fn a_restatement_takes_over_only_what_the_channel_changed() {
    let mut story = Story::new("");
    let first = content(vec![item("1", "L1", 2, "100"), item("2", "L2", 1, "200")]);
    story.tell(&channel(), &Command::Place { content: first.clone(), document: None });
    let amendment = Amendment { quantities: vec![(1, Quantity::whole(3))], ..Amendment::default() };
    story.tell(&person("wang", "order_desk"), &Command::Amend(amendment));
    let second = content(vec![item("1", "L1", 2, "100"), item("2", "L2", 5, "200")]);
    let restate = Command::Restate { before: Box::new(first), content: second, document: None };
    story.tell(&channel(), &restate);
    let quantities: Vec<_> = story.order().lines.iter().map(|l| l.item.quantity).collect();
    assert_eq!(quantities, [Quantity::whole(3), Quantity::whole(5)], "ours kept, theirs taken over");
    assert_eq!(status(&story.slot), Some(Status::Released));
    story.replays();
}
