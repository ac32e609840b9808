//! API keys: `trb_` + public id + `_` + secret + checksum. The secret is shown once and stored as a keyed hash only.

use crate::{
    app::Core,
    auth::Claim,
    entropy,
    store::{StoreError, keys as stored},
};
use hmac::{Hmac, KeyInit, Mac};
use model::time::{Instant, SECOND};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Mutex};
use subtle::ConstantTimeEq;

/// Keys kept in memory, and for how long: a revoked key dies on every node within this time.
const CACHE_MAX: usize = 10_000;
const FRESH: i64 = 3 * SECOND;

const PREFIX: &str = "trb_";
const ID_LENGTH: usize = 8;
const SECRET_LENGTH: usize = 30;
const CHECK_LENGTH: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A key as it is shown once to the one it is made for.
#[derive(Clone)]
pub struct NewKey {
    pub id: String,
    pub text: String,
    /// What the database keeps.
    pub hash: [u8; 32],
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewKey({})", self.id)
    }
}

/// Makes a key. `pepper` is the database's own secret.
pub fn make(pepper: &[u8]) -> NewKey {
    let id = letters(ID_LENGTH);
    let secret = letters(SECRET_LENGTH);
    let body = format!("{id}_{secret}");
    let text = format!("{PREFIX}{body}{}", check(&body));
    NewKey { hash: hash(pepper, &text), id, text }
}

/// Random letters and digits without bias.
fn letters(count: usize) -> String {
    let mut out = String::with_capacity(count);
    while out.len() < count {
        for byte in entropy::bytes::<64>() {
            // 248 = 4 x 62: the rest would make some letters likelier.
            if byte < 248 && out.len() < count {
                out.push(char::from(BASE62[usize::from(byte) % 62]));
            }
        }
    }
    out
}

/// A checksum, so that a mistyped key is refused without asking the database.
fn check(body: &str) -> String {
    let sum = Sha256::digest(body.as_bytes());
    sum.iter().take(CHECK_LENGTH).map(|b| char::from(BASE62[usize::from(*b) % 62])).collect()
}

fn hash(pepper: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(pepper).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The public id in a key's text, when the text can be a key at all.
pub fn id_of(text: &str) -> Option<&str> {
    let body = text.strip_prefix(PREFIX)?;
    if body.len() != ID_LENGTH + 1 + SECRET_LENGTH + CHECK_LENGTH || !body.is_ascii() {
        return None;
    }
    let (signed, sum) = body.split_at(body.len() - CHECK_LENGTH);
    let (id, secret) = signed.split_once('_')?;
    (check(signed) == sum && !secret.is_empty()).then_some(id)
}

/// Why a key does not open the door. All of them are told to the caller as 401; the code says which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denied {
    Unknown,
    Expired,
    Revoked,
}

impl Denied {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unauthorized",
            Self::Expired => "key_expired",
            Self::Revoked => "key_revoked",
        }
    }
}

/// Keys seen lately.
#[derive(Debug, Default)]
pub struct KeyCache {
    kept: Mutex<HashMap<String, (Instant, Option<stored::ApiKey>)>>,
}

impl KeyCache {
    fn get(&self, id: &str, now: Instant) -> Option<Option<stored::ApiKey>> {
        let kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.get(id).filter(|(at, _)| now.since(*at) < FRESH).map(|(_, key)| key.clone())
    }

    fn put(&self, id: &str, now: Instant, key: Option<stored::ApiKey>) {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if kept.len() >= CACHE_MAX {
            kept.clear();
        }
        kept.insert(id.to_owned(), (now, key));
    }
}

/// Who holds this key.
///
/// # Errors
/// The outer one: the database is away. The inner one: the key does not open the door.
pub async fn claim(core: &Core, text: &str) -> Result<Result<Claim, Denied>, StoreError> {
    let Some(id) = id_of(text) else { return Ok(Err(Denied::Unknown)) };
    let now = core.clock.now();
    let key = match core.keys.get(id, now) {
        Some(key) => key,
        None => {
            let key = stored::by_id(core.store.read(), id).await?;
            core.keys.put(id, now, key.clone());
            key
        }
    };
    let Some(key) = key else { return Ok(Err(Denied::Unknown)) };
    if !bool::from(hash(&core.pepper, text).ct_eq(&key.secret_hash)) {
        return Ok(Err(Denied::Unknown));
    }
    if key.revoked_at.is_some() {
        return Ok(Err(Denied::Revoked));
    }
    if key.expires_at.is_some_and(|at| at <= now) {
        return Ok(Err(Denied::Expired));
    }
    Ok(Ok(Claim { user: key.user, role: key.role, key: key.id, channel: key.channel }))
}
