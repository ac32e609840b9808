//! Puts values into a draft. Exhaustive over the canonical fields: a new field does not compile until it has its place.

use super::{
    convert::Value,
    fields::{ItemField, OrderField, Part, PartyField, Role, Target},
    spec::{Field, Group, GroupKind, Says, Spec},
};
use chrono::NaiveDate;
use model::{
    measure::Quantity,
    money::Currency,
    party::{Address, Party},
    said::{
        Charge, ChargeKind, Claimed, Content, Draft, Header, Item, OrderKind, Payment, PaymentMethod, PaymentState,
        Said, Specification, Statement,
    },
    time::{Instant, SourceTime},
};
use std::collections::BTreeMap;

impl Value<'_> {
    fn text(self) -> String {
        if let Value::Text(text) = self { text.into_owned() } else { String::new() }
    }
    fn minor(&self) -> Option<i64> {
        if let Value::Minor(minor) = self { Some(*minor) } else { None }
    }
    fn date(&self) -> Option<NaiveDate> {
        if let Value::Date(date) = self { Some(*date) } else { None }
    }
    fn flag(&self) -> bool {
        matches!(self, Value::Flag(true))
    }
}

/// An order being put together.
#[derive(Debug)]
pub(super) struct Assembly<'s> {
    spec: &'s Spec,
    external_id: String,
    version: Option<i64>,
    reason: String,
    counter_sale: bool,
    header: Header<Party>,
    parties: [Party; 3],
    groups: Vec<Filled>,
    /// Entries of repeating groups, with the group's number.
    entries: Vec<(usize, Filled)>,
}

/// The parts found of one charge, attribute or specification.
#[derive(Clone, PartialEq, Debug, Default)]
struct Filled {
    name: String,
    value: String,
    unit: String,
    amount: Option<i64>,
}

impl Filled {
    fn set(&mut self, part: Part, value: Value<'_>) {
        match part {
            Part::Name => self.name = value.text(),
            Part::Value => self.value = value.text(),
            Part::Unit => self.unit = value.text(),
            Part::Amount => self.amount = value.minor(),
        }
    }
}

impl<'s> Assembly<'s> {
    pub(super) fn new(spec: &'s Spec, currency: Currency) -> Self {
        Self {
            spec,
            external_id: String::new(),
            version: None,
            reason: String::new(),
            counter_sale: false,
            header: Header {
                number: String::new(),
                kind: OrderKind::default(),
                placed_at: SourceTime::utc(Instant(0)),
                currency,
                customer: Default::default(),
                buyer: None,
                ship_to: None,
                bill_to: None,
                reference: String::new(),
                charges: Vec::new(),
                claimed: Claimed::default(),
                taxes_included: false,
                payment: Payment::default(),
                wished: None,
                desk: String::new(),
                attributes: BTreeMap::new(),
            },
            parties: Default::default(),
            groups: if spec.groups.is_empty() { Vec::new() } else { vec![Filled::default(); spec.groups.len()] },
            entries: Vec::new(),
        }
    }

    pub(super) fn set(&mut self, field: &Field, value: Value<'_>) {
        match field.target {
            Target::Order(field) => self.set_order(field, value),
            Target::Party(role, field) => {
                let n = match role {
                    Role::Buyer => 0,
                    Role::ShipTo => 1,
                    Role::BillTo => 2,
                };
                set_party(&mut self.parties[n], field, value);
            }
            Target::Group(n, part) => {
                if let Some(filled) = self.groups.get_mut(n) {
                    filled.set(part, value);
                }
            }
            // A line's fields are never among the order's.
            Target::Item(_) => {}
        }
    }

    fn set_order(&mut self, field: OrderField, value: Value<'_>) {
        let header = &mut self.header;
        match field {
            // Known before the first amount was read.
            OrderField::Currency => {}
            OrderField::ExternalId => self.external_id = value.text(),
            OrderField::Version => self.version = if let Value::Version(n) = value { Some(n) } else { None },
            OrderField::Number => header.number = value.text(),
            OrderField::Kind => header.kind = if let Value::OrderKind(kind) = value { kind } else { header.kind },
            OrderField::PlacedAt => {
                header.placed_at = if let Value::Time(time) = value { time } else { header.placed_at };
            }
            OrderField::Customer => header.customer = value.text().into(),
            OrderField::Reference => header.reference = value.text(),
            OrderField::Subtotal => header.claimed.subtotal = value.minor(),
            OrderField::Total => header.claimed.total = value.minor(),
            OrderField::TaxesIncluded => header.taxes_included = value.flag(),
            OrderField::PaymentMethod => {
                header.payment.method =
                    if let Value::Method(method) = value { method } else { PaymentMethod::default() };
            }
            OrderField::PaymentState => {
                header.payment.state = if let Value::State(state) = value { state } else { PaymentState::default() };
            }
            OrderField::PaymentLabel => header.payment.label = value.text(),
            OrderField::PaymentDue => header.payment.due = value.date(),
            OrderField::Wished => header.wished = value.date(),
            OrderField::Desk => header.desk = value.text(),
            OrderField::CounterSale => self.counter_sale = value.flag(),
            OrderField::Reason => self.reason = value.text(),
        }
    }

    /// Adds one entry of the n-th group, which repeats.
    pub(super) fn add_entry(&mut self, n: usize, values: Vec<(Part, Value<'_>)>) {
        let mut filled = Filled::default();
        for (part, value) in values {
            filled.set(part, value);
        }
        self.entries.push((n, filled));
    }

    fn add_group(&mut self, what: &GroupKind, filled: Filled) {
        match what {
            GroupKind::Charge(kind) => {
                if let Some(amount) = filled.amount {
                    // Documents write discounts with and without a minus; ours are positive.
                    let amount = if *kind == ChargeKind::Discount { amount.saturating_abs() } else { amount };
                    self.header.charges.push(Charge { kind: *kind, label: filled.name, amount });
                }
            }
            GroupKind::Attribute(name) => {
                let name = name.clone().unwrap_or(filled.name);
                if name.is_empty() || filled.value.is_empty() {
                    return;
                }
                let value = self.header.attributes.entry(name).or_default();
                if !value.is_empty() {
                    value.push_str("; ");
                }
                value.push_str(&filled.value);
            }
            GroupKind::Specification(_) => {}
        }
    }

    /// The finished statement. `country` is what an address without one is in.
    pub(super) fn said(mut self, items: Vec<Item>, country: &str, lineage: BTreeMap<String, String>) -> Said {
        let mut entries = std::mem::take(&mut self.entries);
        entries.extend(std::mem::take(&mut self.groups).into_iter().enumerate());
        // In the mapping's order; the sort keeps the document's within a group.
        entries.sort_by_key(|(n, _)| *n);
        for (n, filled) in entries {
            self.add_group(&self.spec.groups[n].what, filled);
        }
        let says = self.spec.says;
        let external_id = self.external_id;
        let what = match says {
            Says::Order => {
                let mut draft = draft(self.header, self.parties, &external_id, items, country);
                if self.counter_sale {
                    hand_over(&mut draft);
                }
                Statement::Order(Box::new(draft))
            }
            Says::Cancelled => Statement::Cancelled { reason: self.reason },
            Says::Deleted => Statement::Deleted,
            Says::Paid => Statement::Paid,
            Says::Fetch => Statement::Fetch,
        };
        Said { external_id, version: self.version, what, lineage }
    }
}

fn draft(mut header: Header<Party>, parties: [Party; 3], id: &str, items: Vec<Item>, country: &str) -> Draft {
    if header.number.is_empty() {
        id.clone_into(&mut header.number);
    }
    let [buyer, ship_to, bill_to] = parties.map(|party| finished(party, country));
    (header.buyer, header.ship_to, header.bill_to) = (buyer, ship_to, bill_to);
    Content { header, items }
}

/// Without an address the goods left over the counter; a phone beside them is a member's.
fn hand_over(draft: &mut Draft) {
    if draft.header.ship_to.as_ref().is_some_and(|to| to.address.is_some()) {
        return;
    }
    draft.header.ship_to = None;
    for item in &mut draft.items {
        item.ships = false;
    }
}

fn set_party(party: &mut Party, field: PartyField, value: Value<'_>) {
    if let (PartyField::Address, Value::Address(address)) = (field, &value) {
        party.address = Some((**address).clone());
        return;
    }
    match field {
        PartyField::Address => {}
        PartyField::Name => party.name = value.text(),
        PartyField::Company => party.company = value.text(),
        PartyField::Phone | PartyField::SecondPhone => {
            if let Value::Phones(phones) = value {
                for phone in phones {
                    if !party.phones.contains(&phone) {
                        party.phones.push(phone);
                    }
                }
            }
        }
        PartyField::Email => party.emails.push(value.text()),
        PartyField::TaxNumber => party.tax_number = value.text(),
        PartyField::Note => party.note = value.text(),
        PartyField::Country => address(party).country = value.text(),
        PartyField::Region => address(party).region = value.text(),
        PartyField::City => address(party).city = value.text(),
        PartyField::District => address(party).district = value.text(),
        PartyField::Street => address(party).street = value.text(),
        PartyField::Postcode => address(party).postcode = value.text(),
    }
}

fn address(party: &mut Party) -> &mut Address {
    party.address.get_or_insert_default()
}

/// `None` when the document says nothing of the party. A country alone is no address.
fn finished(mut party: Party, country: &str) -> Option<Party> {
    if let Some(address) = &mut party.address {
        let bare = Address { country: String::new(), ..address.clone() } == Address::default();
        if bare {
            party.address = None;
        } else if address.country.is_empty() {
            country.clone_into(&mut address.country);
        }
    }
    (!party.is_empty()).then_some(party)
}

/// A line being put together.
#[derive(Debug)]
pub(super) struct Line {
    item: Item,
    groups: Vec<(usize, Filled)>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self {
            item: Item {
                key: String::new(),
                sku: Default::default(),
                title: String::new(),
                quantity: Quantity::ZERO,
                unit: Default::default(),
                unit_price: None,
                discount: 0,
                tax: None,
                total: None,
                ships: true,
                specification: Vec::new(),
            },
            groups: Vec::new(),
        }
    }

    pub(super) fn set(&mut self, field: &Field, value: Value<'_>) {
        match field.target {
            Target::Item(field) => self.set_item(field, value),
            Target::Group(n, part) => {
                let at = self.groups.iter().position(|(group, _)| *group == n).unwrap_or_else(|| {
                    self.groups.push((n, Filled::default()));
                    self.groups.len() - 1
                });
                self.groups[at].1.set(part, value);
            }
            Target::Order(_) | Target::Party(..) => {}
        }
    }

    fn set_item(&mut self, field: ItemField, value: Value<'_>) {
        let item = &mut self.item;
        match field {
            ItemField::Key => item.key = value.text(),
            ItemField::Sku => item.sku = code(value),
            ItemField::Title => item.title = value.text(),
            ItemField::Quantity => {
                item.quantity = if let Value::Quantity(quantity) = value { quantity } else { Quantity::ZERO };
            }
            ItemField::Unit => item.unit = code(value),
            ItemField::UnitPrice => item.unit_price = if let Value::Price(price) = value { Some(price) } else { None },
            ItemField::Discount => item.discount = value.minor().unwrap_or(0).saturating_abs(),
            ItemField::Tax => item.tax = value.minor(),
            ItemField::Total => item.total = value.minor(),
            ItemField::Ships => item.ships = value.flag(),
        }
    }

    /// Adds one entry of a repeating specification.
    pub(super) fn add_entry(&mut self, values: Vec<(Part, Value<'_>)>) {
        let mut filled = Filled::default();
        for (part, value) in values {
            filled.set(part, value);
        }
        self.specify(None, filled);
    }

    fn specify(&mut self, name: Option<&str>, filled: Filled) {
        let name = name.map_or(filled.name, str::to_owned);
        if !name.is_empty() && !filled.value.is_empty() {
            self.item.specification.push(Specification { name, value: filled.value, unit: filled.unit });
        }
    }

    /// The finished line; `ordinal` (from 1) is its key when it has none.
    pub(super) fn item(mut self, spec: &Spec, ordinal: usize) -> Item {
        for (n, filled) in std::mem::take(&mut self.groups) {
            if let Some(Group { what: GroupKind::Specification(name), .. }) = spec.groups.get(n) {
                self.specify(name.as_deref(), filled);
            }
        }
        if self.item.key.is_empty() {
            self.item.key = ordinal.to_string();
        }
        self.item
    }
}

fn code<K>(value: Value<'_>) -> model::codes::Code<K> {
    if let Value::Text(text) = value { model::codes::Code::new(&text) } else { model::codes::Code::default() }
}
