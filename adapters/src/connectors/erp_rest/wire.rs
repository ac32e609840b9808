//! The ERP's JSON, both ways. A contract with partners: fields are added, never renamed (`docs/connectors.md`).

use model::{
    message::MessageKind,
    party::Party,
    port::outbound::{FulfilmentView, LineView, Message, OrderView, ReplenishmentView},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The body of the write; `None` when a message about a fulfilment comes without one.
pub(super) fn body(message: &Message) -> Option<Vec<u8>> {
    match message.kind {
        MessageKind::OrderReleased | MessageKind::OrderChanged => serde_json::to_vec(&sales_order(message)).ok(),
        MessageKind::OrderCancelled => serde_json::to_vec(&Cancel { at: message.at.rfc3339() }).ok(),
        MessageKind::FulfilmentReleased
        | MessageKind::FulfilmentStopped
        | MessageKind::FulfilmentShipped
        | MessageKind::FulfilmentDelivered => serde_json::to_vec(&shipment(message, message.fulfilment.as_ref()?)).ok(),
        MessageKind::ReorderProposed | MessageKind::ReplenishmentApproved => {
            let requisition = message.replenishment.as_ref()?;
            serde_json::to_vec(&Requisition { as_of: message.at.rfc3339(), requisition }).ok()
        }
    }
}

/// What is to be bought, as of now.
#[derive(Serialize)]
struct Requisition<'m> {
    as_of: String,
    #[serde(flatten)]
    requisition: &'m ReplenishmentView,
}

#[derive(Serialize)]
struct SalesOrder<'m> {
    id: &'m str,
    number: &'m str,
    channel: &'m str,
    external_id: &'m str,
    as_of: String,
    status: &'m str,
    kind: &'m str,
    placed_at: &'m str,
    currency: &'m str,
    customer: &'m str,
    reference: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer: Option<Partner<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ship_to: Option<Partner<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill_to: Option<Partner<'m>>,
    lines: Vec<Line<'m>>,
    charges: Vec<Charge<'m>>,
    /// Decimal text in `currency`.
    total: String,
    payment: Payment<'m>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wished: Option<&'m str>,
    shipments: Vec<Shipment<'m>>,
}

#[derive(Serialize)]
struct Partner<'m> {
    name: &'m str,
    company: &'m str,
    phones: &'m [String],
    emails: &'m [String],
    tax_number: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address<'m>>,
    note: &'m str,
}

#[derive(Serialize)]
struct Address<'m> {
    country: &'m str,
    region: &'m str,
    city: &'m str,
    district: &'m str,
    street: &'m str,
    postcode: &'m str,
}

#[derive(Serialize)]
struct Line<'m> {
    line: u32,
    sku: &'m str,
    title: &'m str,
    quantity: &'m str,
    cancelled: &'m str,
    unit: &'m str,
    unit_price: &'m str,
    discount: &'m str,
}

#[derive(Serialize)]
struct Charge<'m> {
    kind: &'m str,
    label: &'m str,
    amount: &'m str,
}

#[derive(Serialize)]
struct Payment<'m> {
    method: &'m str,
    state: &'m str,
}

#[derive(Serialize)]
struct Cancel {
    at: String,
}

#[derive(Serialize)]
struct Shipment<'m> {
    id: &'m str,
    order: &'m str,
    as_of: String,
    state: &'m str,
    warehouse: &'m str,
    carrier: &'m str,
    service: &'m str,
    lines: Vec<ShipmentLine<'m>>,
    parcels: &'m [String],
}

#[derive(Serialize)]
struct ShipmentLine<'m> {
    line: u32,
    quantity: &'m str,
}

fn sales_order(message: &Message) -> SalesOrder<'_> {
    let OrderView {
        id,
        number,
        channel,
        external_id,
        status,
        kind,
        placed_at,
        currency,
        customer,
        reference,
        buyer,
        ship_to,
        bill_to,
        lines,
        charges,
        total,
        payment_method,
        payment_state,
        wished,
        fulfilments,
    } = &message.order;
    SalesOrder {
        id,
        number,
        channel,
        external_id,
        as_of: message.at.rfc3339(),
        status,
        kind,
        placed_at,
        currency,
        customer,
        reference,
        buyer: buyer.as_ref().map(partner),
        ship_to: ship_to.as_ref().map(partner),
        bill_to: bill_to.as_ref().map(partner),
        lines: lines.iter().map(line).collect(),
        charges: charges.iter().map(|c| Charge { kind: &c.kind, label: &c.label, amount: &c.amount }).collect(),
        total: total.decimal(),
        payment: Payment { method: payment_method, state: payment_state },
        wished: wished.as_deref(),
        shipments: fulfilments.iter().map(|fulfilment| shipment(message, fulfilment)).collect(),
    }
}

fn partner(party: &Party) -> Partner<'_> {
    Partner {
        name: &party.name,
        company: &party.company,
        phones: &party.phones,
        emails: &party.emails,
        tax_number: &party.tax_number,
        address: party.address.as_ref().map(|a| Address {
            country: &a.country,
            region: &a.region,
            city: &a.city,
            district: &a.district,
            street: &a.street,
            postcode: &a.postcode,
        }),
        note: &party.note,
    }
}

fn line(line: &LineView) -> Line<'_> {
    Line {
        line: line.line,
        sku: &line.sku,
        title: &line.title,
        quantity: &line.quantity,
        cancelled: &line.cancelled,
        unit: &line.unit,
        unit_price: &line.unit_price,
        discount: &line.discount,
    }
}

fn shipment<'m>(message: &'m Message, fulfilment: &'m FulfilmentView) -> Shipment<'m> {
    Shipment {
        id: &fulfilment.id,
        order: &message.order.id,
        as_of: message.at.rfc3339(),
        state: &fulfilment.state,
        warehouse: &fulfilment.warehouse,
        carrier: &fulfilment.carrier,
        service: &fulfilment.service,
        lines: fulfilment.lines.iter().map(|(line, quantity)| ShipmentLine { line: *line, quantity }).collect(),
        parcels: &fulfilment.parcels,
    }
}

/// What the partner says of one of its records, whoever asked.
#[derive(Deserialize)]
pub(super) struct Record {
    /// Our id, echoed.
    #[serde(default)]
    pub(super) id: Option<String>,
    /// The partner's own number; text or a number.
    #[serde(default, rename = "number")]
    written: Value,
    /// Filled from `number`.
    #[serde(skip)]
    pub(super) number: String,
    /// The key of the last write that was done.
    #[serde(default)]
    pub(super) key: String,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) success: Option<bool>,
}

impl Record {
    /// `None` for anything but a JSON object of this shape.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let object: serde_json::Map<String, Value> = serde_json::from_slice(body).ok()?;
        let mut record = Self::deserialize(Value::Object(object)).ok()?;
        record.number = match &record.written {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
        };
        Some(record)
    }
}
