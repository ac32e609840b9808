//! Sameness of two orders: the same buyer wants the same goods at the same place, in the same currency.

use crate::said::{Content, Header, Item, PartyRef};
use sha2::{Digest, Sha256};

/// Characters of a fingerprint: 128 bits in hexadecimal.
const LENGTH: usize = 32;

/// Equal for two orders that may be one entered twice: buyer, ship-to party, currency, and the (sku, quantity) of all
/// lines in any order. Prices, dates and references do not count. Empty when there is no buyer.
pub fn fingerprint(content: &Content<PartyRef>) -> String {
    of(&content.header, content.items.iter())
}

pub(super) fn of<'a>(header: &Header<PartyRef>, items: impl Iterator<Item = &'a Item>) -> String {
    let Some(buyer) = &header.buyer else { return String::new() };
    let mut goods: Vec<(&str, i64)> = items.map(|item| (item.sku.as_str(), item.quantity.0)).collect();
    goods.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(b"order fingerprint 2");
    hash.update(buyer.who().as_bytes());
    match &header.ship_to {
        Some(party) => hash.update(party.who().as_bytes()),
        None => hash.update([0; 16]),
    }
    hash.update(header.currency.as_str().as_bytes());
    for (sku, quantity) in goods {
        hash.update((sku.len() as u64).to_be_bytes());
        hash.update(sku.as_bytes());
        hash.update(quantity.to_be_bytes());
    }
    let mut text = hex::encode(hash.finalize());
    text.truncate(LENGTH);
    text
}
