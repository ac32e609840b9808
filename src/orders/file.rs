//! Files people away: the draft's parties become references, the parties themselves go to `parties`.

use hmac::{Hmac, KeyInit, Mac};
use model::{
    ids::PartyId,
    party::Party,
    said::{Content, Draft, PartyRef},
};
use sha2::Sha256;

/// The key under which party ids are derived, made once for each database. Without it an id tells nothing of the
/// person; the same person with the same address has the same id in every order.
#[derive(Clone)]
pub struct PartyKey(pub Vec<u8>);

impl std::fmt::Debug for PartyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartyKey([REDACTED])")
    }
}

/// Replaces the people of `draft` by references; `parties` receives who they are.
pub(super) fn settle(key: &PartyKey, draft: Draft, parties: &mut Vec<(PartyId, Party)>) -> Content<PartyRef> {
    draft.settle(|_, party| {
        let id = party_id(key, &party);
        parties.push((id, party));
        id
    })
}

/// The id of `party`.
pub fn party_id(key: &PartyKey, party: &Party) -> PartyId {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes a key of any length");
    // JSON of a struct with a fixed field order is canonical enough: same content, same bytes.
    mac.update(&serde_json::to_vec(party).expect("a party is JSON"));
    PartyId::derived(&[&mac.finalize().into_bytes()])
}
