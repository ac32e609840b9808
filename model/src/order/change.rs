//! What differs between two statements of the same order: the three-way diff that turns a restatement into an amendment.
//!
//! The channel said `before`, now it says `now`; meanwhile people may have changed `ours`. Only what the channel
//! changed is taken over, so that a restatement never undoes an amendment it does not speak of.

use crate::said::{Content, Header, Item, PartyRef};
use serde::{Deserialize, Serialize};

/// One difference, by canonical field. Values that could name a person are never written here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// E.g. `ship_to`, `items[2].quantity`, `payment`.
    pub field: String,
    pub before: String,
    pub after: String,
}

impl Change {
    fn new(field: impl Into<String>, before: impl ToString, after: impl ToString) -> Self {
        Self { field: field.into(), before: before.to_string(), after: after.to_string() }
    }

    /// A change of the payment alone starts no stage again.
    pub fn is_payment(&self) -> bool {
        self.field == "payment"
    }
}

/// Takes over into `ours` what the channel changed between `before` and `now`; says what that was.
pub fn take_over(
    ours: &Content<PartyRef>,
    before: &Content<PartyRef>,
    now: &Content<PartyRef>,
) -> (Content<PartyRef>, Vec<Change>) {
    let mut changes = Vec::new();
    let mut merged = ours.clone();
    header(&mut merged.header, &before.header, &now.header, &mut changes);
    items(&mut merged.items, &before.items, &now.items, &mut changes);
    (merged, changes)
}

/// The differences between what stands and what shall stand.
pub fn differences(ours: &Content<PartyRef>, wanted: &Content<PartyRef>) -> Vec<Change> {
    take_over(ours, ours, wanted).1
}

/// Takes one field over when the channel changed it and ours is not already so.
fn field<T: Clone + PartialEq>(
    name: &str,
    ours: &mut T,
    before: &T,
    now: &T,
    words: impl Fn(&T) -> String,
    changes: &mut Vec<Change>,
) {
    if before != now && ours != now {
        changes.push(Change::new(name, words(ours), words(now)));
        *ours = now.clone();
    }
}

/// A party is named by its id only.
fn party(party: &Option<PartyRef>) -> String {
    party.as_ref().map_or_else(String::new, |p| p.id.to_string())
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).map_or_else(|_| String::new(), |v| v.as_str().map_or(v.to_string(), str::to_owned))
}

fn header(o: &mut Header<PartyRef>, b: &Header<PartyRef>, n: &Header<PartyRef>, changes: &mut Vec<Change>) {
    field("buyer", &mut o.buyer, &b.buyer, &n.buyer, party, changes);
    field("ship_to", &mut o.ship_to, &b.ship_to, &n.ship_to, party, changes);
    field("bill_to", &mut o.bill_to, &b.bill_to, &n.bill_to, party, changes);
    field("number", &mut o.number, &b.number, &n.number, json, changes);
    field("kind", &mut o.kind, &b.kind, &n.kind, json, changes);
    field("currency", &mut o.currency, &b.currency, &n.currency, json, changes);
    field("customer", &mut o.customer, &b.customer, &n.customer, json, changes);
    field("reference", &mut o.reference, &b.reference, &n.reference, json, changes);
    field("charges", &mut o.charges, &b.charges, &n.charges, json, changes);
    field("claimed", &mut o.claimed, &b.claimed, &n.claimed, json, changes);
    field("taxes_included", &mut o.taxes_included, &b.taxes_included, &n.taxes_included, json, changes);
    field("payment", &mut o.payment, &b.payment, &n.payment, json, changes);
    field("wished", &mut o.wished, &b.wished, &n.wished, json, changes);
    field("attributes", &mut o.attributes, &b.attributes, &n.attributes, json, changes);
}

fn items(ours: &mut Vec<Item>, before: &[Item], now: &[Item], changes: &mut Vec<Change>) {
    let find = |items: &[Item], key: &str| items.iter().position(|i| i.key == key);
    for item in now {
        let was = find(before, &item.key).map(|i| &before[i]);
        match (was, find(ours, &item.key)) {
            (Some(was), Some(at)) => one_item(&mut ours[at], was, item, changes),
            // The channel still lists what a person took out: our amendment stands unless the channel changed the line.
            (Some(was), None) if was == item => {}
            (_, None) => {
                changes.push(Change::new(format!("items[{}]", item.key), "", item.quantity.decimal()));
                ours.push(item.clone());
            }
            (None, Some(at)) => {
                let was = ours[at].clone();
                one_item(&mut ours[at], &was, item, changes);
            }
        }
    }
    for gone in before.iter().filter(|i| find(now, &i.key).is_none()) {
        if let Some(at) = find(ours, &gone.key) {
            changes.push(Change::new(format!("items[{}]", gone.key), ours[at].quantity.decimal(), ""));
            ours.remove(at);
        }
    }
}

fn one_item(o: &mut Item, b: &Item, n: &Item, changes: &mut Vec<Change>) {
    let name = |field: &str| format!("items[{}].{field}", n.key);
    field(&name("sku"), &mut o.sku, &b.sku, &n.sku, json, changes);
    field(&name("quantity"), &mut o.quantity, &b.quantity, &n.quantity, |q| q.decimal(), changes);
    field(&name("unit"), &mut o.unit, &b.unit, &n.unit, json, changes);
    field(&name("unit_price"), &mut o.unit_price, &b.unit_price, &n.unit_price, json, changes);
    field(&name("discount"), &mut o.discount, &b.discount, &n.discount, json, changes);
    field(&name("tax"), &mut o.tax, &b.tax, &n.tax, json, changes);
    field(&name("total"), &mut o.total, &b.total, &n.total, json, changes);
    field(&name("specification"), &mut o.specification, &b.specification, &n.specification, json, changes);
    field(&name("ships"), &mut o.ships, &b.ships, &n.ships, json, changes);
    // A new title alone is no change of the order.
    o.title.clone_from(&n.title);
}
