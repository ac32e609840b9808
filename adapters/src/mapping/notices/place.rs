//! The places a text may have.

use model::message::MessageKind;

/// Where a notice has a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Number,
    ExternalId,
    Reference,
    Placed,
    Total,
    Currency,
    Wished,
    Name,
    Lines,
    Carrier,
    Parcels,
    Promised,
}

/// Where the text of one line has a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OfLine {
    Sku,
    Title,
    Quantity,
    Unit,
}

pub(super) const PLACES: [(&str, Place); 12] = [
    ("carrier", Place::Carrier),
    ("currency", Place::Currency),
    ("external_id", Place::ExternalId),
    ("lines", Place::Lines),
    ("name", Place::Name),
    ("number", Place::Number),
    ("parcels", Place::Parcels),
    ("placed", Place::Placed),
    ("promised", Place::Promised),
    ("reference", Place::Reference),
    ("total", Place::Total),
    ("wished", Place::Wished),
];

pub(super) const OF_LINES: [(&str, OfLine); 4] =
    [("quantity", OfLine::Quantity), ("sku", OfLine::Sku), ("title", OfLine::Title), ("unit", OfLine::Unit)];

impl Place {
    /// Whether messages of that kind have it at all.
    pub(super) fn is_in(self, kind: MessageKind) -> bool {
        let of_shipment = matches!(self, Self::Carrier | Self::Parcels | Self::Promised);
        !of_shipment || !TOLD_OF_ORDERS.contains(&kind)
    }
}

/// What customers may be told of an order; all else is of a shipment.
const TOLD_OF_ORDERS: [MessageKind; 2] = [MessageKind::OrderReleased, MessageKind::OrderCancelled];
