//! The digest of what a signature binds.
//!
//! SHA-256 over a byte string that has one reading only: every text is preceded by its length (four bytes, big end
//! first), every number is eight bytes (two's complement, big end first), every list is preceded by its count, and
//! what may be absent by one byte, 0 or 1. Lines that were wholly cancelled are not in it.

use super::{Digest, is_cancelled};
use crate::rules::pricing::order_total;
use crate::{
    facts::Facts,
    order::state::{Line, Order},
    rules::condition::{kind, payment_method},
    said::ChargeKind,
};
use sha2::{Digest as _, Sha256};

/// Begins the byte string; changes when its layout does.
const LAYOUT: &str = "tributary approval 1";

/// The digest of `order` as it stands, under the policies of `facts`.
pub fn digest(order: &Order, facts: &Facts) -> Digest {
    let header = &order.header;
    let mut bytes = Bytes::default();
    bytes.text(LAYOUT);
    bytes.text(kind(header.kind));
    bytes.text(header.customer.as_str());
    bytes.text(payment_method(header.payment.method));
    bytes.text(&header.payment.due.map(|day| day.to_string()).unwrap_or_default());
    let lines: Vec<&Line> = order.active().filter(|line| !is_cancelled(line)).collect();
    bytes.count(lines.len());
    for line in lines {
        bytes.line(line);
    }
    bytes.count(header.charges.len());
    for charge in &header.charges {
        bytes.text(charge_kind(charge.kind));
        bytes.text(&charge.label);
        bytes.number(charge.amount);
    }
    let total = order_total(order);
    bytes.text(total.currency.as_str());
    bytes.number(total.minor);
    let destination = header.ship_to.as_ref().and_then(|party| party.destination.as_ref());
    for part in [destination.map(|d| &d.country), destination.map(|d| &d.region), destination.map(|d| &d.city)] {
        bytes.text(part.map_or("", String::as_str));
    }
    bytes.text(&facts.policies().hash);
    hex::encode(Sha256::digest(&bytes.0))
}

fn charge_kind(kind: ChargeKind) -> &'static str {
    match kind {
        ChargeKind::Shipping => "shipping",
        ChargeKind::Discount => "discount",
        ChargeKind::Tax => "tax",
        ChargeKind::Other => "other",
    }
}

#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn line(&mut self, line: &Line) {
        let item = &line.item;
        self.text(item.sku.as_str());
        self.number(item.quantity.0);
        self.text(item.unit.as_str());
        self.0.push(u8::from(item.unit_price.is_some()));
        self.number(item.unit_price.unwrap_or_default().0);
        self.number(item.discount);
        self.count(item.specification.len());
        for part in &item.specification {
            self.text(&part.name);
            self.text(&part.value);
            self.text(&part.unit);
        }
    }
}
