//! Whoever receives our webhooks: keeps them as they came, and does each id once.

use super::{RECEIVED_MAX, Reply, World};
use serde::Serialize;
use serde_json::json;

/// A webhook as it came in, for whoever checks its signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Hook {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: String,
}

impl World {
    pub(in crate::sandbox) fn hook(&self, hook: Hook) -> Reply {
        if hook.id.is_empty() {
            return Reply::refused(400, "id_missing");
        }
        let state = &mut self.lock().state;
        state.effects.entry(hook.id.clone()).or_insert(1);
        if state.hooks.len() == RECEIVED_MAX {
            state.hooks.pop_front();
        }
        state.hooks.push_back(hook);
        Reply { status: 200, body: json!({}) }
    }
}
