//! Whatever happens, in whatever order: a few laws that hold after each step. The luck is a small generator of our own,
//! so that a sequence that fails fails again.

use super::*;
use crate::{stories::policies, world};
use model::{
    codes::{Sku, Warehouse},
    facts::Facts,
    ids::OrderId,
    order::{
        apply::apply,
        decide::{BY_MASTER_DATA, Identity, decide},
        effects::{Effect, MoveKind, StockMove},
        event::{Event, Happened},
        state::{Approval, Counters, Decision, Order, Slot},
    },
    rules::approval,
    said::{Content, PartyRef},
    time::HOUR,
};
use std::collections::{BTreeMap, BTreeSet};

const SEQUENCES: u64 = 400;
const STEPS: usize = 30;
const ORDERS: usize = 3;

const POLICY: &str = r#"
[authority]
order_desk = "0.00 CNY"
sales_manager = "100000.00 CNY"
finance = "unlimited"

[[approval]]
name = "large"
when = "order.total >= money('1500.00 CNY')"
steps = ["sales_manager", "finance"]
"#;

/// A linear congruential generator (Knuth's MMIX constants); its high bits are good enough.
struct Luck(u64);

impl Luck {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

struct One {
    identity: Identity,
    slot: Slot,
    happened: Vec<Happened>,
    /// What its channel said last.
    said: Option<Content<PartyRef>>,
}

struct Many {
    luck: Luck,
    facts: Facts,
    orders: Vec<One>,
}

impl Many {
    fn new(seed: u64) -> Self {
        let mut facts = world::facts(policies(POLICY));
        for ((_, warehouse), level) in &mut facts.stock {
            *level = world::stock(if warehouse.as_str() == "SH" { 6 } else { 14 });
        }
        let one = |no: usize| One {
            identity: Identity {
                id: OrderId::of("web", &no.to_string()),
                channel: "web".into(),
                external_id: no.to_string(),
            },
            slot: Slot::Empty,
            happened: vec![],
            said: None,
        };
        Self { luck: Luck(seed), facts, orders: (0..ORDERS).map(one).collect() }
    }

    fn item(&mut self) -> Item {
        let key = (1 + self.luck.below(4)).to_string();
        let (sku, price) = self.luck.one(&[("L1", "100"), ("L2", "200"), ("L3", "300"), ("L1", "90")]);
        let mut item = item(&key, sku, 1 + self.luck.below(8) as i64, price);
        item.ships = self.luck.below(12) != 0;
        item
    }

    fn content(&mut self) -> Content<PartyRef> {
        let mut items: BTreeMap<String, Item> = BTreeMap::new();
        for _ in 0..1 + self.luck.below(3) {
            let item = self.item();
            items.insert(item.key.clone(), item);
        }
        let mut content = content(items.into_values().collect());
        content.header.payment.state = self.luck.one(&[PaymentState::Paid, PaymentState::Paid, PaymentState::Pending]);
        content
    }

    fn amendment(&mut self) -> Amendment {
        let mut amendment = Amendment::default();
        if self.luck.below(4) == 0 {
            amendment.items.push(Item { key: format!("a{}", self.luck.below(3)), ..self.item() });
        } else {
            let line = 1 + self.luck.below(3) as u32;
            amendment.quantities.push((line, Quantity::whole(self.luck.below(10) as i64)));
        }
        amendment
    }

    fn person(&mut self) -> Actor {
        let user: &str = self.luck.one(&["li", "wang", "sun"]);
        person(user, self.luck.one(&["sales_manager", "finance", "order_desk"]))
    }

    /// What a channel says of order `at`.
    fn channel_command(&mut self, at: usize) -> Command {
        match self.luck.below(8) {
            0..=3 => {
                let content = self.content();
                let before = self.orders[at].said.replace(content.clone());
                match (self.orders[at].slot.order(), before) {
                    (Some(_), Some(before)) => Command::Restate { before: Box::new(before), content, document: None },
                    _ => Command::Place { content, document: None },
                }
            }
            4 => Command::ChannelPaid,
            5 => Command::ChannelRefund { id: String::new(), amount: 100 },
            6 if self.luck.below(3) == 0 => cancelled_by_channel(),
            6 => Command::NoteStale { version: Some(1), known: Some(2), document: None },
            _ if self.luck.below(3) == 0 => Command::ChannelDelete { document: None },
            _ => Command::ChannelPaid,
        }
    }

    fn person_command(&mut self, at: usize) -> Command {
        let hold = self.orders[at].slot.order().and_then(|o| o.holds.first()).map(|h| h.code.clone());
        match self.luck.below(10) {
            0..=4 => approve(),
            5 => Command::Decline { why: "no".into() },
            6 => Command::ResolveHold { code: hold.unwrap_or_else(|| "none".into()), how: "agreed".into() },
            7 => Command::Amend(self.amendment()),
            8 if self.luck.below(4) == 0 => Command::Cancel { reason: "customer".into() },
            8 => Command::Redecide,
            _ => Command::TakeUp { holds: BY_MASTER_DATA.map(str::to_owned).to_vec() },
        }
    }

    fn world_command(&mut self, at: usize) -> Command {
        let fulfilments: Vec<_> =
            self.orders[at].slot.order().map_or_else(Vec::new, |o| o.fulfilments.iter().map(|f| f.id).collect());
        let Some(fulfilment) = (!fulfilments.is_empty()).then(|| self.luck.one(&fulfilments)) else {
            return Command::StockArrived;
        };
        let parcel = parcel(&self.luck.below(3).to_string());
        match self.luck.below(8) {
            0 | 1 => Command::Ship { fulfilment, parcel },
            2 | 3 => {
                let status = self.luck.one(&[
                    TrackingStatus::InTransit,
                    TrackingStatus::Delivered,
                    TrackingStatus::Exception,
                    TrackingStatus::InfoReceived,
                ]);
                Command::Track { fulfilment, parcel, status, at: self.facts.now }
            }
            4 => Command::ExpireReservation,
            5 => Command::CheckLate,
            6 => Command::LoseStock { fulfilments: vec![fulfilment] },
            _ => Command::StockArrived,
        }
    }

    fn step(&mut self) {
        self.facts.now = self.facts.now.plus(HOUR * (1 + self.luck.below(5) as i64));
        let at = self.luck.below(ORDERS as u64) as usize;
        match self.luck.below(9) {
            0..=2 => {
                let command = self.channel_command(at);
                self.tell(at, &channel(), &command);
            }
            3..=5 => {
                let (command, actor) = (self.person_command(at), self.person());
                self.tell(at, &actor, &command);
            }
            6 | 7 => {
                let command = self.world_command(at);
                self.tell(at, &Actor::System, &command);
            }
            _ => self.count(),
        }
    }

    /// Somebody counts a shelf, and what is no longer there is taken from whoever had it.
    fn count(&mut self) {
        let sku = Sku::new(self.luck.one(&["L1", "L2", "L3"]));
        let warehouse = Warehouse::new(self.luck.one(&["SH", "GZ"]));
        let on_hand = Quantity::whole(self.luck.below(20) as i64);
        let level = self.facts.stock.entry((sku.clone(), warehouse.clone())).or_default();
        (level.on_hand, level.shortage) = (on_hand, level.reserved.less(on_hand));
        if level.shortage.is_zero() {
            return;
        }
        for at in 0..ORDERS {
            let Some(order) = self.orders[at].slot.order() else { continue };
            let of = |f: &&Fulfilment| f.warehouse == warehouse && f.state.holds_stock();
            let fulfilments = order.fulfilments.iter().filter(of).map(|f| f.id).collect();
            self.tell(at, &Actor::System, &Command::LoseStock { fulfilments });
        }
    }

    fn tell(&mut self, at: usize, actor: &Actor, command: &Command) {
        let one = &self.orders[at];
        let before = one.slot.clone();
        let Ok(done) = decide(&one.identity, before.clone(), command, actor, &self.facts) else { return };
        assert!(!done.happened.is_empty(), "{} did nothing and was not refused", command.name());
        for moved in done.effects.iter().filter_map(Effect::stock) {
            self.take(moved);
        }
        self.lawful(&before, &done.slot, &done.happened);
        let one = &mut self.orders[at];
        one.slot = done.slot;
        one.happened.extend(done.happened);
        self.reserved_is_held();
    }

    fn take(&mut self, moved: &StockMove) {
        assert!(moved.quantity.0 > 0);
        let level = self.facts.stock.get(&(moved.sku.clone(), moved.warehouse.clone())).copied().unwrap_or_default();
        match moved.kind {
            MoveKind::Reserve => assert!(level.available() >= moved.quantity, "{moved:?} of {level:?}"),
            MoveKind::Unreserve | MoveKind::Ship => assert!(level.reserved >= moved.quantity, "{moved:?} of {level:?}"),
        }
        self.facts.absorb([moved]);
    }

    fn lawful(&self, before: &Slot, after: &Slot, happened: &[Happened]) {
        let Slot::Placed(order) = after else { return };
        for line in &order.lines {
            assert!(line.counters.lawful(), "{line:?}");
        }
        if matches!(order.decision, Decision::Cancelled { .. }) {
            assert!(order.fulfilments.iter().all(|f| !f.state.holds_stock()), "{order:?}");
        }
        if let Some(was) = before.order().filter(|o| ended(o)) {
            assert_eq!(counters(was), counters(order), "an order that has ended moved");
        }
        if happened.iter().any(|h| matches!(h.event, Event::Released { .. })) {
            let now = approval::digest(order, &self.facts);
            match &order.approval {
                Approval::NotNeeded { digest } | Approval::Approved { digest, .. } => assert_eq!(*digest, now),
                other => panic!("released with {other:?}"),
            }
            let signed = approval::requirement(order, &self.facts).steps;
            if let Approval::Approved { given, .. } = &order.approval {
                let signers: BTreeSet<_> = given.iter().map(|g| &g.by).collect();
                assert!(given.len() >= signed.len(), "{given:?} of {signed:?}");
                assert_eq!(signers.len(), given.len(), "everyone signs once");
                assert!(given.iter().all(|g| !order.amended_by.contains(&g.by)), "{given:?} {:?}", order.amended_by);
            } else {
                assert!(signed.is_empty(), "nobody signed and {signed:?} should have");
            }
        }
    }

    /// What is reserved is what the fulfilments hold, no more and no less.
    fn reserved_is_held(&self) {
        let mut held: BTreeMap<(Sku, Warehouse), Quantity> = BTreeMap::new();
        for order in self.orders.iter().filter_map(|one| one.slot.order()) {
            for f in order.fulfilments.iter().filter(|f| f.state.holds_stock()) {
                for l in &f.lines {
                    let sku = order.line(l.line).expect("a line").item.sku.clone();
                    let sum = held.entry((sku, f.warehouse.clone())).or_default();
                    *sum = sum.plus(l.quantity);
                }
            }
        }
        for (key, level) in &self.facts.stock {
            assert_eq!(level.reserved, held.get(key).copied().unwrap_or_default(), "{key:?}");
        }
    }

    fn replays(&self) {
        for one in &self.orders {
            let again = one.happened.iter().fold(Slot::Empty, |slot, h| apply(one.identity.id, slot, h));
            assert_eq!(again, one.slot);
        }
    }
}

fn ended(order: &Order) -> bool {
    matches!(order.decision, Decision::Cancelled { .. } | Decision::Closed)
}

fn counters(order: &Order) -> Vec<Counters> {
    order.lines.iter().map(|l| l.counters).collect()
}

#[test]
fn the_laws_hold_whatever_happens() {
    let mut kinds: BTreeMap<&'static str, u32> = BTreeMap::new();
    for seed in 0..SEQUENCES {
        let mut many = Many::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1));
        for _ in 0..STEPS {
            many.step();
        }
        many.replays();
        for happened in many.orders.iter().flat_map(|one| &one.happened) {
            *kinds.entry(happened.event.name()).or_default() += 1;
        }
    }
    // A walk that never gets anywhere proves nothing.
    for name in ["released", "approval_given", "approval_voided", "unallocated", "shipped", "closed", "cancelled"] {
        assert!(kinds.get(name).is_some_and(|count| *count > 20), "{name} is too rare: {kinds:?}");
    }
}
