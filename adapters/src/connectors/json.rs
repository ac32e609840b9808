//! Orders, shipments and people in our own JSON, as every JSON partner is told of them. A contract with partners: fields
//! are added, never renamed (`docs/connectors.md`).

use model::{
    party::Party,
    port::outbound::{FulfilmentView, LineView, Message, Notice, OrderView, ReplenishmentView},
};
use serde::Serialize;

/// The whole of a message.
#[derive(Serialize)]
struct Whole<'m> {
    key: &'m str,
    kind: &'static str,
    at: String,
    order: SalesOrder<'m>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipment: Option<Shipment<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<&'m Notice>,
}

pub(super) fn view(message: &Message) -> serde_json::Result<serde_json::Value> {
    let shipment = message.fulfilment.as_ref().map(|fulfilment| shipment(message, fulfilment));
    let (key, kind, at) = (message.key.as_str(), message.kind.name(), message.at.rfc3339());
    let mut whole = serde_json::to_value(Whole {
        key,
        kind,
        at,
        order: sales_order(message),
        shipment,
        notice: message.notice.as_ref(),
    })?;
    whole["order"]["buyer_id"] = message.order.buyer_id.as_str().into();
    Ok(whole)
}

/// What is to be bought, as of now.
#[derive(Serialize)]
pub(super) struct Requisition<'m> {
    as_of: String,
    #[serde(flatten)]
    requisition: &'m ReplenishmentView,
}

pub(super) fn requisition<'m>(message: &Message, requisition: &'m ReplenishmentView) -> Requisition<'m> {
    Requisition { as_of: message.at.rfc3339(), requisition }
}

/// An order as of now.
#[derive(Serialize)]
pub(super) struct SalesOrder<'m> {
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

/// A person or a firm.
#[derive(Serialize)]
pub(super) struct Partner<'m> {
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

/// A fulfilment as of now.
#[derive(Serialize)]
pub(super) struct Shipment<'m> {
    id: &'m str,
    order: &'m str,
    as_of: String,
    state: &'m str,
    warehouse: &'m str,
    carrier: &'m str,
    service: &'m str,
    lines: Vec<ShipmentLine<'m>>,
    parcels: &'m [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    promised: Option<&'m str>,
}

#[derive(Serialize)]
struct ShipmentLine<'m> {
    line: u32,
    quantity: &'m str,
}

pub(super) fn sales_order(message: &Message) -> SalesOrder<'_> {
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
        buyer_id: _,
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

pub(super) fn partner(party: &Party) -> Partner<'_> {
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

pub(super) fn shipment<'m>(message: &'m Message, fulfilment: &'m FulfilmentView) -> Shipment<'m> {
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
        promised: fulfilment.promised.as_deref(),
    }
}
