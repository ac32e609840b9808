//! What an order's events say it is, and what they caused.

use super::Report;
use crate::store::{
    StoreError,
    journal::{self, Readable},
};
use model::{
    ids::{FulfilmentId, OrderId},
    message::MessageKind,
    order::{
        apply::apply,
        effects::{self, Effect, MoveKind},
        event::Happened,
        state::Slot,
    },
};
use sea_orm::ConnectionTrait;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) struct History {
    pub(super) slot: Slot,
    /// Quantity still reserved, in units of its column, by fulfilment and line.
    pub(super) reserved: BTreeMap<(Uuid, u32), i64>,
    /// Messages by stream and kind.
    pub(super) tells: BTreeMap<(Uuid, &'static str), u64>,
}

/// Replays the order; `None` when not all of its events can be read here. Gaps are noted.
pub(super) async fn replay(
    db: &impl ConnectionTrait,
    id: OrderId,
    events: i32,
    report: &mut Report,
) -> Result<Option<History>, StoreError> {
    let entries = journal::of_order(db, id).await?;
    let truncated = entries.len() as u64 == journal::OF_ORDER_MAX;
    if !truncated {
        report.unequal("order_events_differ", &id, events, i32::try_from(entries.len()).unwrap_or(i32::MAX));
    }
    let mut history = History { slot: Slot::Empty, reserved: BTreeMap::new(), tells: BTreeMap::new() };
    let mut readable = !truncated;
    for (no, entry) in (1..).zip(entries) {
        if entry.event_no != no {
            report.broken("order_event_gap", format_args!("{id}: {} instead of {no}", entry.event_no));
            return Ok(None);
        }
        match entry.what {
            Readable::Event(event) => {
                history.happens(id, &Happened { no, at: entry.at, actor: entry.actor, event: *event });
            }
            Readable::Unknown(_) => readable = false,
        }
    }
    Ok(readable.then_some(history))
}

impl History {
    fn happens(&mut self, id: OrderId, happened: &Happened) {
        for effect in effects::of(id, &self.slot, &happened.event) {
            self.causes(id, &effect);
        }
        let before = std::mem::replace(&mut self.slot, Slot::Empty);
        self.slot = apply(id, before, happened);
    }

    fn causes(&mut self, id: OrderId, effect: &Effect) {
        match effect {
            Effect::Stock(m) => {
                let reserved = self.reserved.entry((m.fulfilment.uuid(), m.line)).or_default();
                *reserved += match m.kind {
                    MoveKind::Reserve => m.quantity.0,
                    MoveKind::Unreserve | MoveKind::Ship => -m.quantity.0,
                };
            }
            Effect::Tell(tell) => {
                let stream = tell.fulfilment.map_or_else(|| id.uuid(), FulfilmentId::uuid);
                *self.tells.entry((stream, MessageKind::name(tell.kind))).or_default() += 1;
            }
            Effect::Work(_) => {}
        }
    }
}
