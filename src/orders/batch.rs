//! A batch in memory: what was loaded, what was decided, and all there is to write.

use super::{
    facts,
    footprint::Footprint,
    run::{CommandJob, Did, Outcome, StatementJob},
    statement::{Asked, Settled},
};
use crate::{
    app::Core,
    store::{StoreError, bulk::Lock, said::LastSaid},
};
use model::{
    codes::{Channel, Sku},
    facts::Facts,
    ids::{OrderId, PartyId},
    order::{
        command::Command,
        decide::{Identity, decide},
        deed::Done,
        effects::{Effect, StockMove, Tell, Work},
        event::{Actor, Event, Happened},
        refusal::Refusal,
        state::Slot,
        status::{Status, status},
    },
    party::Party,
    rules::checks::fingerprint,
    said::Item,
};
use std::collections::{BTreeMap, HashMap};

/// A job whose people are filed.
#[derive(Clone, Debug)]
pub(super) enum Prepared {
    Statements { job: StatementJob, settled: Vec<Settled>, parties: Vec<(PartyId, Party)> },
    Command(CommandJob),
}

/// A channel's own id of an order.
pub(super) type Key = (Channel, String);

#[derive(Debug)]
pub(super) struct Batch {
    pub(super) facts: Facts,
    /// The order each key stands for: usually the derived id, another when identities were found to be one.
    pub(super) keys: BTreeMap<Key, OrderId>,
    pub(super) slots: HashMap<OrderId, Slot>,
    pub(super) words: HashMap<Key, LastSaid>,
    pub(super) written: Written,
}

/// All there is to write.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Orders that changed, and the number of their last event before.
    pub(super) orders: BTreeMap<OrderId, u32>,
    pub(super) journal: Vec<(OrderId, Happened)>,
    pub(super) moves: Vec<StockMove>,
    pub(super) tells: Vec<Tell>,
    pub(super) works: Vec<Work>,
    pub(super) words: BTreeMap<Key, ()>,
}

impl Batch {
    /// Reads what the jobs need: orders, last words, and one query per kind of fact.
    pub(super) async fn load(core: &Core, jobs: &[Prepared]) -> Result<Self, StoreError> {
        Self::load_after(core, jobs, &Footprint::default()).await?.ok_or(StoreError::Conflict("batch"))
    }

    /// The same while the batch before is being written, as if that were done already; nothing when both speak of the
    /// same orders, so that this one has to wait.
    pub(super) async fn load_after(
        core: &Core,
        jobs: &[Prepared],
        before: &Footprint,
    ) -> Result<Option<Self>, StoreError> {
        let is_written = before.hold().await;
        let db = core.store.read();
        let wanted: Vec<Key> = jobs.iter().flat_map(keys).collect();
        let known = crate::store::orders::ids_of(db, &wanted).await?;
        let keys: BTreeMap<Key, OrderId> = jobs
            .iter()
            .flat_map(identities)
            .map(|identity| {
                let key = (identity.channel.clone(), identity.external_id.clone());
                let id = known.get(&key).copied().unwrap_or(identity.id);
                (key, id)
            })
            .collect();
        let mut ids: Vec<OrderId> = keys.values().copied().chain(jobs.iter().filter_map(commanded)).collect();
        ids.sort_unstable();
        ids.dedup();
        if !*is_written && before.touches(wanted.iter(), ids.iter()) {
            return Ok(None);
        }
        let slots = crate::store::orders::load(db, &ids, Lock::No).await?;
        let words = crate::store::said::get(db, &wanted).await?;
        let contents = jobs.iter().flat_map(stated).collect::<Vec<_>>();
        let added = jobs.iter().flat_map(added).cloned().collect();
        let mut facts = facts::load(core, db, &contents, added, slots.values()).await?;
        if !*is_written {
            before.press(&mut facts);
        }
        Ok(Some(Self { facts, keys, slots, words, written: Written::default() }))
    }

    /// Decides every job in turn; each sees what the ones before it took.
    pub(super) fn decide(&mut self, jobs: &[Prepared]) -> Vec<Vec<Outcome>> {
        jobs.iter()
            .map(|job| match job {
                Prepared::Statements { job, settled, .. } => self.statements(settled, &job.actor),
                Prepared::Command(job) => vec![self.command(job)],
            })
            .collect()
    }

    /// In the document's order, but for a cancellation that comes with the first statement of its order: it is heard
    /// before, so that the order is never released, and nobody told.
    fn statements(&mut self, settled: &[Settled], actor: &Actor) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(settled.len());
        let mut rest = settled;
        while let [first, after @ ..] = rest {
            rest = after;
            match after {
                [next, after @ ..] if next.cancels(first) && !self.is_placed(first) => {
                    let cancelled = self.statement(next, actor);
                    outcomes.extend([self.statement(first, actor), cancelled]);
                    rest = after;
                }
                _ => outcomes.push(self.statement(first, actor)),
            }
        }
        outcomes
    }

    /// The order a statement speaks of.
    fn order_of(&self, said: &Settled, key: &Key) -> OrderId {
        self.keys.get(key).copied().unwrap_or(said.identity.id)
    }

    fn is_placed(&self, said: &Settled) -> bool {
        let key = (said.identity.channel.clone(), said.identity.external_id.clone());
        self.slots.get(&self.order_of(said, &key)).is_some_and(|slot| slot.order().is_some())
    }

    fn statement(&mut self, said: &Settled, actor: &Actor) -> Outcome {
        let key = (said.identity.channel.clone(), said.identity.external_id.clone());
        let id = self.order_of(said, &key);
        let known = self.words.get(&key);
        let empty = Slot::Empty;
        let Some(command) = said.command(self.slots.get(&id).unwrap_or(&empty), known) else {
            let why = if let Asked::Nothing { why } = &said.what { why.clone() } else { String::new() };
            return Outcome::Unchanged { order: id, why };
        };
        let word = said.last_word(known).map(|w| LastSaid { order: id, ..w });
        let identity = Identity { id, ..said.identity.clone() };
        let outcome = match self.carry_out(&identity, &command, actor) {
            Ok(done) => done,
            // A channel that says what we know already; any other refusal of a channel is an event.
            Err(refusal) => Outcome::Unchanged { order: id, why: refusal.code },
        };
        if let Some(word) = word {
            self.words.insert(key.clone(), word);
            self.written.words.insert(key, ());
        }
        outcome
    }

    fn command(&mut self, job: &CommandJob) -> Outcome {
        let order = job.order;
        let identity = match self.slots.get(&order) {
            Some(Slot::Placed(o)) => {
                Identity { id: order, channel: o.channel.clone(), external_id: o.external_id.clone() }
            }
            Some(Slot::Awaited(a)) => {
                Identity { id: order, channel: a.channel.clone(), external_id: a.external_id.clone() }
            }
            Some(Slot::Empty) | None => return Outcome::Refused { order, refusal: Refusal::new("unknown_order") },
        };
        match self.carry_out(&identity, &job.command, &job.actor) {
            Ok(done) => done,
            Err(refusal) => Outcome::Refused { order, refusal },
        }
    }

    fn carry_out(&mut self, identity: &Identity, command: &Command, actor: &Actor) -> Result<Outcome, Refusal> {
        let before = self.slots.get(&identity.id).cloned().unwrap_or(Slot::Empty);
        let was = before.events();
        let Done { slot, happened, effects } = decide(identity, before, command, actor, &self.facts)?;
        if happened.is_empty() {
            return Err(Refusal::new("nothing_to_do"));
        }
        if let (0, Slot::Placed(order)) = (was, &slot) {
            let print = fingerprint(&order.content());
            self.facts.similar.entry(print).or_default().push(order.id);
        }
        self.take(effects);
        let did = match (was, command) {
            (0, _) => Did::Created,
            (_, Command::NoteStale { .. }) => Did::NotedStale,
            _ if happened.iter().any(|h| matches!(h.event, Event::ChannelChangeRefused { .. })) => Did::NotedRefused,
            _ => Did::Changed,
        };
        let held = matches!(status(&slot), Some(Status::OnHold | Status::AwaitingApproval));
        let done = Outcome::Done { order: identity.id, events: slot.events(), did, held };
        self.written.orders.entry(identity.id).or_insert(was);
        self.written.journal.extend(happened.into_iter().map(|h| (identity.id, h)));
        self.slots.insert(identity.id, slot);
        Ok(done)
    }

    /// Sorts effects by kind; the facts absorb the stock movements.
    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Stock(m) => {
                    self.facts.absorb([&m]);
                    self.written.moves.push(m);
                }
                Effect::Tell(tell) => self.written.tells.push(tell),
                Effect::Work(work) => self.written.works.push(work),
            }
        }
    }
}

/// The orders that are spoken of; a document may say things that concern none.
fn identities(job: &Prepared) -> impl Iterator<Item = &Identity> {
    let settled: &[Settled] = match job {
        Prepared::Statements { settled, .. } => settled,
        Prepared::Command(_) => &[],
    };
    settled.iter().filter(|s| !s.is_idle()).map(|s| &s.identity)
}

fn keys(job: &Prepared) -> impl Iterator<Item = Key> {
    identities(job).map(|i| (i.channel.clone(), i.external_id.clone()))
}

fn commanded(job: &Prepared) -> Option<OrderId> {
    match job {
        Prepared::Command(job) => Some(job.order),
        Prepared::Statements { .. } => None,
    }
}

/// Goods that an amendment adds to an order.
fn added(job: &Prepared) -> impl Iterator<Item = &Sku> {
    let items: &[Item] = match job {
        Prepared::Command(CommandJob { command: Command::Amend(amendment), .. }) => &amendment.items,
        Prepared::Command(_) | Prepared::Statements { .. } => &[],
    };
    items.iter().map(|item| &item.sku)
}

/// The contents that a job states: facts are read for them before anything is decided.
fn stated(job: &Prepared) -> impl Iterator<Item = &model::said::Content<model::said::PartyRef>> {
    let settled: &[Settled] = match job {
        Prepared::Statements { settled, .. } => settled,
        Prepared::Command(_) => &[],
    };
    settled.iter().filter_map(|s| match &s.what {
        Asked::Order(content) => Some(&**content),
        Asked::Cancelled { .. } | Asked::Deleted | Asked::Refunded { .. } | Asked::Paid | Asked::Nothing { .. } => None,
    })
}
