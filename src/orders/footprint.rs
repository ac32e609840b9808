//! What a batch that is being written will leave behind, so that the next one is decided on it meanwhile.

use super::batch::{Key, Written};
use model::{facts::Facts, ids::OrderId, order::effects::StockMove};
use std::collections::{HashMap, HashSet};
use tokio::sync::{Mutex, MutexGuard};

/// The traces of one batch in what the next one reads.
#[derive(Debug, Default)]
pub(super) struct Footprint {
    keys: HashSet<Key>,
    /// The orders it changes, each with its fingerprint; empty when it shall be the same as none.
    orders: HashMap<OrderId, String>,
    moves: Vec<StockMove>,
    is_unknown: bool,
    /// It is committed. Held while the next batch reads, so that all it reads is from before the commit, or from after.
    committed: Mutex<bool>,
}

impl Footprint {
    pub(super) fn new(
        keys: impl IntoIterator<Item = Key>,
        written: &Written,
        prints: impl Iterator<Item = (OrderId, String)>,
    ) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            orders: prints.collect(),
            moves: written.moves.clone(),
            ..Self::default()
        }
    }

    /// Of a batch whose decisions are not known: whoever comes next waits.
    pub(super) fn unknown() -> Self {
        Self { is_unknown: true, ..Self::default() }
    }

    /// Keeps the batch from being committed as long as the guard lives; the guard says whether it is already.
    pub(super) async fn hold(&self) -> MutexGuard<'_, bool> {
        self.committed.lock().await
    }

    /// It speaks of one of these orders: who comes next has to wait until it is written.
    pub(super) fn touches<'a>(
        &self,
        mut keys: impl Iterator<Item = &'a Key>,
        mut orders: impl Iterator<Item = &'a OrderId>,
    ) -> bool {
        self.is_unknown || keys.any(|key| self.keys.contains(key)) || orders.any(|id| self.orders.contains_key(id))
    }

    /// Facts read from before its commit become those after it.
    pub(super) fn press(&self, facts: &mut Facts) {
        let known = |m: &&StockMove| facts.stock.contains_key(&(m.sku.clone(), m.warehouse.clone()));
        let moves: Vec<&StockMove> = self.moves.iter().filter(known).collect();
        facts.absorb(moves);
        for alike in facts.similar.values_mut() {
            alike.retain(|id| !self.orders.contains_key(id));
        }
        for (id, print) in self.orders.iter().filter(|(_, print)| !print.is_empty()) {
            facts.similar.entry(print.clone()).or_default().push(*id);
        }
    }
}
