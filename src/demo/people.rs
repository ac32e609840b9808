//! The people of the demo company and the systems around it, each with a key of their own.

use crate::{
    app::Core,
    cli::http::Caller,
    keys,
    store::{Lane, keys as stored},
};
use anyhow::{Result, anyhow};
use std::collections::BTreeMap;

/// Who calls: user and role. Everybody is invented. Lin has two keys: one for the order desk and one to approve with.
const CAST: [(&str, &str); 10] = [
    ("erp", "erp"),
    ("guo", "general_manager"),
    ("han", "admin"),
    ("lin", "order_desk"),
    ("lin", "sales_director"),
    ("mei", "order_desk"),
    ("ning", "purchasing"),
    ("tan", "sales_director"),
    ("wang", "logistics"),
    ("zhou", "sales_manager"),
];

/// Everybody, ready to call.
#[derive(Debug)]
pub(super) struct People {
    callers: BTreeMap<(&'static str, &'static str), Caller>,
    /// An administrator.
    pub(super) han: Caller,
    /// The administrator's key, to be printed by `--stay`.
    pub(super) key: String,
}

impl People {
    /// Makes a key for each.
    pub(super) async fn hire(core: &Core, door: &Caller) -> Result<Self> {
        let mut callers = BTreeMap::new();
        let (mut han, mut text) = (door.clone(), String::new());
        let tx = core.store.begin(Lane::Work).await?;
        for (user, role) in CAST {
            let key = keys::make(&core.pepper);
            let row = stored::ApiKey {
                id: key.id.clone(),
                user: user.into(),
                role: role.into(),
                channel: None,
                secret_hash: key.hash.to_vec(),
                created_at: core.clock.now(),
                expires_at: None,
                revoked_at: None,
            };
            stored::create(&tx, &row).await?;
            let caller = door.with_key(&key.text);
            if role == "admin" {
                (han, text) = (caller.clone(), key.text);
            }
            callers.insert((user, role), caller);
        }
        tx.commit().await?;
        Ok(Self { callers, han, key: text })
    }

    /// One of them.
    ///
    /// # Errors
    /// Nobody of that name and role is in the cast.
    pub(super) fn one(&self, user: &'static str, role: &'static str) -> Result<&Caller> {
        self.callers.get(&(user, role)).ok_or_else(|| anyhow!("nobody is called {user}, {role}"))
    }
}
