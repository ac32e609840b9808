//! What an outgoing mapping may name: our message as `docs/connectors.md` shows it, with what each value is and whether it
//! is there in every message. A test compares it with a message as it is written.

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    /// A whole number.
    Count,
    /// Decimal text in the order's currency.
    Amount,
    /// Decimal text: a quantity, or a price of one unit.
    Decimal,
    /// RFC 3339.
    Time,
    /// A date without a time.
    Date,
    Texts,
    Object(&'static [Entry]),
    List(&'static [Entry]),
}

/// One name below another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Not in every message.
    pub(super) absent: bool,
}

const fn always(name: &'static str, kind: Kind) -> Entry {
    Entry { name, kind, absent: false }
}

const fn at_times(name: &'static str, kind: Kind) -> Entry {
    Entry { name, kind, absent: true }
}

pub(super) const MESSAGE: [Entry; 6] = [
    always("key", Kind::Text),
    always("kind", Kind::Text),
    always("at", Kind::Time),
    always("order", Kind::Object(&ORDER)),
    at_times("shipment", Kind::Object(&SHIPMENT)),
    at_times("notice", Kind::Object(&NOTICE)),
];

/// Of connectors that tell customers.
const NOTICE: [Entry; 6] = [
    always("language", Kind::Text),
    at_times("email", Kind::Text),
    at_times("phone", Kind::Text),
    always("subject", Kind::Text),
    always("mail", Kind::Text),
    always("sms", Kind::Text),
];

const ORDER: [Entry; 21] = [
    always("id", Kind::Text),
    always("number", Kind::Text),
    always("channel", Kind::Text),
    always("external_id", Kind::Text),
    always("as_of", Kind::Time),
    always("status", Kind::Text),
    always("kind", Kind::Text),
    always("placed_at", Kind::Time),
    always("currency", Kind::Text),
    always("customer", Kind::Text),
    always("reference", Kind::Text),
    always("buyer_id", Kind::Text),
    at_times("buyer", Kind::Object(&PARTY)),
    at_times("ship_to", Kind::Object(&PARTY)),
    at_times("bill_to", Kind::Object(&PARTY)),
    always("lines", Kind::List(&LINE)),
    always("charges", Kind::List(&CHARGE)),
    always("total", Kind::Amount),
    always("payment", Kind::Object(&PAYMENT)),
    at_times("wished", Kind::Date),
    always("shipments", Kind::List(&SHIPMENT)),
];

const PARTY: [Entry; 7] = [
    always("name", Kind::Text),
    always("company", Kind::Text),
    always("phones", Kind::Texts),
    always("emails", Kind::Texts),
    always("tax_number", Kind::Text),
    at_times("address", Kind::Object(&ADDRESS)),
    always("note", Kind::Text),
];

const ADDRESS: [Entry; 6] = [
    always("country", Kind::Text),
    always("region", Kind::Text),
    always("city", Kind::Text),
    always("district", Kind::Text),
    always("street", Kind::Text),
    always("postcode", Kind::Text),
];

const LINE: [Entry; 8] = [
    always("line", Kind::Count),
    always("sku", Kind::Text),
    always("title", Kind::Text),
    always("quantity", Kind::Decimal),
    always("cancelled", Kind::Decimal),
    always("unit", Kind::Text),
    always("unit_price", Kind::Decimal),
    always("discount", Kind::Amount),
];

const CHARGE: [Entry; 3] = [always("kind", Kind::Text), always("label", Kind::Text), always("amount", Kind::Amount)];

const PAYMENT: [Entry; 2] = [always("method", Kind::Text), always("state", Kind::Text)];

const SHIPMENT: [Entry; 10] = [
    always("id", Kind::Text),
    always("order", Kind::Text),
    always("as_of", Kind::Time),
    always("state", Kind::Text),
    always("warehouse", Kind::Text),
    always("carrier", Kind::Text),
    always("service", Kind::Text),
    always("lines", Kind::List(&SHIPMENT_LINE)),
    always("parcels", Kind::Texts),
    at_times("promised", Kind::Date),
];

const SHIPMENT_LINE: [Entry; 2] = [always("line", Kind::Count), always("quantity", Kind::Decimal)];
