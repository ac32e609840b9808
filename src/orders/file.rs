//! Files people away: the draft's parties become references, the parties themselves go to `parties`.

use hmac::{Hmac, KeyInit, Mac};
use model::{
    ids::{OrderId, PartyId},
    party::Party,
    said::{Content, Draft, PartyRef},
};
use sha2::Sha256;
use uuid::Uuid;

/// The key under which people are told apart, made once for each database. Without it neither an id nor a likeness tells
/// anything of the person.
#[derive(Clone)]
pub struct PartyKey(pub Vec<u8>);

impl std::fmt::Debug for PartyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartyKey([REDACTED])")
    }
}

/// Replaces the people of `draft` by references; `parties` receives who they are.
pub(super) fn settle(
    key: &PartyKey,
    order: OrderId,
    draft: Draft,
    parties: &mut Vec<(PartyId, Party)>,
) -> Content<PartyRef> {
    draft.settle(|_, party| {
        let reference = refer(key, order, &party);
        parties.push((reference.id, party));
        reference
    })
}

/// How `order` knows `party`. The id is the order's own: whoever was erased and orders again is a new row, while the old
/// order said again names the erased one.
pub fn refer(key: &PartyKey, order: OrderId, party: &Party) -> PartyRef {
    let exact = likeness(key, party);
    let id = PartyId::derived_near(order.near(), &[b"order", order.uuid().as_bytes(), exact.as_bytes()]);
    PartyRef::of(id, likeness(key, &folded(party)), party)
}

/// The id of a customer's party in the master data.
pub fn customer_party(key: &PartyKey, party: &Party) -> PartyId {
    PartyId::from_uuid(likeness(key, party))
}

/// The person without what says nothing of who it is: a note, and how letters are written.
fn folded(party: &Party) -> Party {
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let digits = |phone: &String| phone.chars().filter(char::is_ascii_digit).collect();
    Party {
        name: fold(&party.name),
        company: fold(&party.company),
        emails: party.emails.iter().map(|email| fold(email)).collect(),
        phones: party.phones.iter().map(digits).collect(),
        note: String::new(),
        ..party.clone()
    }
}

/// Equal for equal people.
fn likeness(key: &PartyKey, party: &Party) -> Uuid {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes a key of any length");
    // JSON of a struct with a fixed field order is canonical enough: same content, same bytes.
    mac.update(&serde_json::to_vec(party).expect("a party is JSON"));
    PartyId::derived(&[&mac.finalize().into_bytes()]).uuid()
}
