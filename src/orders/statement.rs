//! What a channel's statement asks of an order: newer than what we know, stale, or nothing new.

use crate::store::said::LastSaid;
use model::{
    ids::DocumentId,
    order::{command::Command, decide::Identity, state::Slot},
    said::{Content, PartyRef, Statement},
};
use std::cmp::Ordering;

/// A statement with its people filed: what a document said about one order.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub(super) identity: Identity,
    pub(super) version: Version,
    pub(super) document: DocumentId,
    pub(super) what: Asked,
}

/// [`Statement`] with parties replaced by references.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Order(Box<Content<PartyRef>>),
    Cancelled {
        reason: String,
    },
    Deleted,
    Refunded {
        id: String,
        amount: i64,
    },
    Paid,
    /// Nothing is asked of the order; `why` is a stable code.
    Nothing {
        why: String,
    },
}

/// Orders statements about the same order: by the source's own version where both have one, else by arrival; a
/// document read again counts by its mapping's version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Version {
    pub(super) source: Option<i64>,
    pub(super) arrival: i64,
    pub(super) mapping: i32,
}

impl Version {
    fn compare(self, known: Self) -> Ordering {
        let by_source = match (self.source, known.source) {
            (Some(now), Some(then)) => now.cmp(&then),
            _ => Ordering::Equal,
        };
        by_source.then(self.arrival.cmp(&known.arrival)).then(self.mapping.cmp(&known.mapping))
    }
}

impl Settled {
    /// Older than the channel's last word; an equal one is not, nor is the first statement of an order of which only
    /// its cancellation was heard.
    pub(super) fn is_stale(&self, known: Option<&LastSaid>) -> bool {
        // What must never be: the fault campaign shows with it that it would notice.
        if crate::crash::is_unsafe("apply_stale") {
            return false;
        }
        let first = |known: &LastSaid| known.content.is_none() && matches!(self.what, Asked::Order(_));
        known.is_some_and(|known| !first(known) && self.version.compare(version_of(known)) == Ordering::Less)
    }

    /// Cancels the order that `stated` states.
    pub(super) fn cancels(&self, stated: &Self) -> bool {
        let is_pair = matches!((&stated.what, &self.what), (Asked::Order(_), Asked::Cancelled { .. }));
        is_pair && stated.identity == self.identity
    }

    /// Nothing is asked of any order: no key is made for it.
    pub(super) const fn is_idle(&self) -> bool {
        matches!(self.what, Asked::Nothing { .. })
    }

    /// The command it asks for; `None` when it asks for nothing.
    pub(super) fn command(&self, slot: &Slot, known: Option<&LastSaid>) -> Option<Command> {
        let document = Some(self.document);
        if !self.is_idle() && self.is_stale(known) {
            let known = known.and_then(|k| k.version);
            return Some(Command::NoteStale { version: self.version.source, known, document });
        }
        match &self.what {
            Asked::Order(content) => Some(match slot.order() {
                None => Command::Place { content: (**content).clone(), document },
                Some(order) => Command::Restate {
                    before: Box::new(known.and_then(|k| k.content.clone()).unwrap_or_else(|| order.content())),
                    content: (**content).clone(),
                    document,
                },
            }),
            Asked::Cancelled { reason } => Some(Command::ChannelCancel { reason: reason.clone(), document }),
            Asked::Deleted => Some(Command::ChannelDelete { document }),
            Asked::Refunded { id, amount } => Some(Command::ChannelRefund { id: id.clone(), amount: *amount }),
            Asked::Paid => Some(Command::ChannelPaid),
            Asked::Nothing { .. } => None,
        }
    }

    /// What becomes the channel's last word once this was taken in.
    pub(super) fn last_word(&self, known: Option<&LastSaid>) -> Option<LastSaid> {
        if self.is_stale(known) {
            return None;
        }
        let content = match &self.what {
            Asked::Order(content) => Some((**content).clone()),
            Asked::Nothing { .. } => return None,
            Asked::Cancelled { .. } | Asked::Deleted | Asked::Refunded { .. } | Asked::Paid => {
                known.and_then(|k| k.content.clone())
            }
        };
        let Identity { id, channel, external_id } = self.identity.clone();
        Some(LastSaid {
            channel,
            external_id,
            order: id,
            // A word without a version, or with an older one, must not make the last statement look older.
            version: self.version.source.max(known.and_then(|k| k.version)),
            arrival: self.version.arrival,
            mapping_version: self.version.mapping,
            document: self.document,
            content,
        })
    }
}

const fn version_of(said: &LastSaid) -> Version {
    Version { source: said.version, arrival: said.arrival, mapping: said.mapping_version }
}

/// Splits a statement into what it asks and the draft whose people must be filed first.
pub(super) fn asked(statement: Statement, file: impl FnOnce(model::said::Draft) -> Content<PartyRef>) -> Asked {
    let nothing = |why: &str| Asked::Nothing { why: why.to_owned() };
    match statement {
        Statement::Order(draft) => Asked::Order(Box::new(file(*draft))),
        Statement::Cancelled { reason } => Asked::Cancelled { reason },
        Statement::Deleted => Asked::Deleted,
        Statement::Refunded { id, amount, .. } => Asked::Refunded { id, amount },
        Statement::Paid => Asked::Paid,
        Statement::Shipped { .. } => nothing("shipped_by_channel"),
        Statement::Fetch => nothing("notice_only"),
        Statement::Ignored { why } => Asked::Nothing { why },
    }
}
