//! The canonical fields: their names in mapping files, what each holds, and where it goes.

use model::said::{ChargeKind, OrderKind, PaymentMethod, PaymentState};

/// What a canonical field holds, which decides the converters it may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Free text of at most so many characters.
    Text(usize),
    /// A code or number of at most so many characters, kept as text.
    Id(usize),
    /// The same, one of ours: whoever types it in another width means the same.
    Code(usize),
    Quantity,
    Price,
    Money,
    Date,
    Time,
    Version,
    Flag,
    Currency,
    Country,
    Phones,
    Email,
    Address,
    OrderType,
    PaymentMethod,
    PaymentState,
}

/// Fields of the order as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OrderField {
    Currency,
    ExternalId,
    Version,
    Number,
    Kind,
    PlacedAt,
    Customer,
    Reference,
    Subtotal,
    Total,
    TaxesIncluded,
    PaymentMethod,
    PaymentState,
    PaymentLabel,
    PaymentDue,
    Wished,
    Desk,
    /// An order without an address was handed over where it was sold: nothing of it ships.
    CounterSale,
    /// Of a cancellation.
    Reason,
}

pub(super) const ORDER_FIELDS: [(&str, OrderField, Kind); 19] = [
    // First: amounts need it.
    ("currency", OrderField::Currency, Kind::Currency),
    ("external_id", OrderField::ExternalId, Kind::Id(128)),
    ("version", OrderField::Version, Kind::Version),
    ("number", OrderField::Number, Kind::Id(128)),
    ("kind", OrderField::Kind, Kind::OrderType),
    ("placed_at", OrderField::PlacedAt, Kind::Time),
    ("customer", OrderField::Customer, Kind::Code(64)),
    ("reference", OrderField::Reference, Kind::Id(128)),
    ("subtotal", OrderField::Subtotal, Kind::Money),
    ("total", OrderField::Total, Kind::Money),
    ("taxes_included", OrderField::TaxesIncluded, Kind::Flag),
    ("payment_method", OrderField::PaymentMethod, Kind::PaymentMethod),
    ("payment_state", OrderField::PaymentState, Kind::PaymentState),
    ("payment_label", OrderField::PaymentLabel, Kind::Text(200)),
    ("payment_due", OrderField::PaymentDue, Kind::Date),
    ("wished", OrderField::Wished, Kind::Date),
    ("desk", OrderField::Desk, Kind::Text(100)),
    ("counter_sale", OrderField::CounterSale, Kind::Flag),
    ("reason", OrderField::Reason, Kind::Text(500)),
];

/// Fields of `buyer`, `ship_to` and `bill_to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PartyField {
    /// A whole address in one text; the single parts below win over its parts.
    Address,
    Name,
    Company,
    Phone,
    SecondPhone,
    Email,
    TaxNumber,
    Note,
    Country,
    Region,
    City,
    District,
    Street,
    Postcode,
}

pub(super) const PARTY_FIELDS: [(&str, PartyField, Kind); 14] = [
    ("address", PartyField::Address, Kind::Address),
    ("name", PartyField::Name, Kind::Text(200)),
    ("company", PartyField::Company, Kind::Text(200)),
    ("phone", PartyField::Phone, Kind::Phones),
    ("second_phone", PartyField::SecondPhone, Kind::Phones),
    ("email", PartyField::Email, Kind::Email),
    ("tax_number", PartyField::TaxNumber, Kind::Id(64)),
    ("note", PartyField::Note, Kind::Text(4000)),
    ("country", PartyField::Country, Kind::Country),
    ("region", PartyField::Region, Kind::Text(100)),
    ("city", PartyField::City, Kind::Text(100)),
    ("district", PartyField::District, Kind::Text(100)),
    ("street", PartyField::Street, Kind::Text(500)),
    ("postcode", PartyField::Postcode, Kind::Id(20)),
];

/// Fields of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ItemField {
    Key,
    Sku,
    Title,
    Quantity,
    Unit,
    UnitPrice,
    Discount,
    Tax,
    Total,
    Ships,
}

pub(super) const ITEM_FIELDS: [(&str, ItemField, Kind); 10] = [
    ("key", ItemField::Key, Kind::Id(128)),
    ("sku", ItemField::Sku, Kind::Code(64)),
    ("title", ItemField::Title, Kind::Text(500)),
    ("quantity", ItemField::Quantity, Kind::Quantity),
    ("unit", ItemField::Unit, Kind::Code(32)),
    ("unit_price", ItemField::UnitPrice, Kind::Price),
    ("discount", ItemField::Discount, Kind::Money),
    ("tax", ItemField::Tax, Kind::Money),
    ("total", ItemField::Total, Kind::Money),
    ("ships", ItemField::Ships, Kind::Flag),
];

/// Names of attributes and specifications, and their values and labels.
pub(super) const NAME: Kind = Kind::Text(100);
pub(super) const VALUE: Kind = Kind::Text(1000);

/// The parts a party plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Buyer,
    ShipTo,
    BillTo,
}

pub(super) const ROLES: [(&str, Role); 3] =
    [("buyer", Role::Buyer), ("ship_to", Role::ShipTo), ("bill_to", Role::BillTo)];

/// Where a value goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    Order(OrderField),
    Party(Role, PartyField),
    Item(ItemField),
    /// Of the n-th group of the mapping: a charge, attribute or specification.
    Group(usize, Part),
}

/// A value's part in its group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Name,
    Value,
    Unit,
    Amount,
}

pub(super) const ORDER_KINDS: [(&str, OrderKind); 3] =
    [("regular", OrderKind::Regular), ("custom", OrderKind::Custom), ("strategic", OrderKind::Strategic)];

pub(super) const PAYMENT_METHODS: [(&str, PaymentMethod); 4] = [
    ("prepaid", PaymentMethod::Prepaid),
    ("on_delivery", PaymentMethod::OnDelivery),
    ("instalments", PaymentMethod::Instalments),
    ("on_account", PaymentMethod::OnAccount),
];

pub(super) const PAYMENT_STATES: [(&str, PaymentState); 8] = [
    ("unknown", PaymentState::Unknown),
    ("pending", PaymentState::Pending),
    ("authorized", PaymentState::Authorized),
    ("partly_paid", PaymentState::PartlyPaid),
    ("paid", PaymentState::Paid),
    ("partly_refunded", PaymentState::PartlyRefunded),
    ("refunded", PaymentState::Refunded),
    ("voided", PaymentState::Voided),
];

pub(super) const CHARGE_KINDS: [(&str, ChargeKind); 4] = [
    ("shipping", ChargeKind::Shipping),
    ("discount", ChargeKind::Discount),
    ("tax", ChargeKind::Tax),
    ("other", ChargeKind::Other),
];

/// The value of a word in one of the lists above.
pub(super) fn word<T: Copy>(list: &[(&str, T)], word: &str) -> Option<T> {
    list.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

pub(super) fn names<T>(list: &[(&'static str, T)]) -> Vec<&'static str> {
    list.iter().map(|(name, _)| *name).collect()
}
