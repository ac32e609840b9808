//! A command being carried out: events are made one after another, each applied at once so that the next sees it.

use super::{
    apply::apply,
    effects::{self, Effect, Work},
    event::{Actor, Event, Happened},
    state::{Order, Slot},
};
use crate::{facts::Facts, ids::OrderId, rules::carrier::CarrierChoice};
use std::borrow::Cow;

/// What a command came to: the state after it, what happened, and what that causes outside the order.
#[derive(Clone, PartialEq, Debug)]
pub struct Done {
    pub slot: Slot,
    pub happened: Vec<Happened>,
    pub effects: Vec<Effect>,
}

#[derive(Debug)]
pub(super) struct Deed<'a> {
    id: OrderId,
    slot: Slot,
    actor: &'a Actor,
    facts: &'a Facts,
    happened: Vec<Happened>,
    effects: Vec<Effect>,
}

impl<'a> Deed<'a> {
    pub(super) fn new(id: OrderId, slot: Slot, actor: &'a Actor, facts: &'a Facts) -> Self {
        Self { id, slot, actor, facts, happened: Vec::new(), effects: Vec::new() }
    }

    pub(super) const fn id(&self) -> OrderId {
        self.id
    }

    pub(super) const fn facts(&self) -> &'a Facts {
        self.facts
    }

    /// The facts with the stock this command has moved already: what it gave back may be taken again.
    pub(super) fn facts_now(&self) -> Cow<'a, Facts> {
        let mut moves = self.effects.iter().filter_map(Effect::stock).peekable();
        if moves.peek().is_none() {
            return Cow::Borrowed(self.facts);
        }
        let mut facts = self.facts.clone();
        facts.absorb(moves);
        Cow::Owned(facts)
    }

    /// Leaves work for later.
    pub(super) fn later(&mut self, work: Work) {
        self.effects.push(Effect::Work(work));
    }

    /// The carriers that were chosen in this command.
    pub(super) fn choices(&self) -> impl Iterator<Item = &CarrierChoice> {
        let all = self.happened.iter().map(|happened| match &happened.event {
            Event::CarrierChosen { choices } => choices.as_slice(),
            _ => &[],
        });
        all.flatten()
    }

    pub(super) const fn actor(&self) -> &'a Actor {
        self.actor
    }

    pub(super) const fn slot(&self) -> &Slot {
        &self.slot
    }

    pub(super) fn order(&self) -> Option<&Order> {
        self.slot.order()
    }

    /// The number the next event will have.
    pub(super) fn next_no(&self) -> u32 {
        self.slot.events() + 1
    }

    pub(super) fn push(&mut self, event: Event) {
        let happened = Happened { no: self.next_no(), at: self.facts.now, actor: self.actor.clone(), event };
        self.effects.extend(effects::of(self.id, &self.slot, &happened.event));
        let slot = std::mem::replace(&mut self.slot, Slot::Empty);
        self.slot = apply(self.id, slot, &happened);
        self.happened.push(happened);
    }

    pub(super) fn done(self) -> Done {
        Done { slot: self.slot, happened: self.happened, effects: self.effects }
    }
}
