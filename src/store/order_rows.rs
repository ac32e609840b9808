//! Orders and their rows: the head as JSON without the lines, one row a line, and the projections lists are made from.

use super::{
    StoreError,
    entity::{approvals, fulfilments, holds, order_lines, orders},
    orders::SavedOrder,
    rows::{self, Place},
};
use model::{
    codes::{Channel, Unit, User},
    ids::OrderId,
    measure::Quantity,
    order::{
        event::Actor,
        state::{Approval, Awaited, Counters, Decision, Fulfilment, Given, Hold, Line, Order, Slot},
    },
    rules::pricing::PriceAudit,
    said::{Header, Item, PartyRef},
    time::Instant,
};
use serde::{Deserialize, Serialize};

/// The status under which an order that is only spoken of is stored.
pub(super) const AWAITED: &str = "awaited";

/// An [`Order`] without its lines, as it is written. Reading it back gives an order whose `lines` are empty.
#[derive(Serialize)]
struct Head<'a> {
    id: OrderId,
    channel: &'a Channel,
    external_id: &'a str,
    creator: &'a Actor,
    header: &'a Header<PartyRef>,
    lines: [(); 0],
    decision: &'a Decision,
    holds: &'a [Hold],
    audit: &'a Option<PriceAudit>,
    priority: i32,
    approval: &'a Approval,
    rounds: u32,
    fulfilments: &'a [Fulfilment],
    accepted: &'a [String],
    amended_by: &'a [User],
    refunds: &'a [String],
    told: bool,
    events: u32,
}

impl<'a> Head<'a> {
    fn of(order: &'a Order) -> Self {
        // Taken apart without `..`: a new field of the order does not compile until it is stored.
        let Order {
            id,
            channel,
            external_id,
            creator,
            header,
            lines: _,
            decision,
            holds,
            audit,
            priority,
            approval,
            rounds,
            fulfilments,
            accepted,
            amended_by,
            refunds,
            told,
            events,
        } = order;
        Self {
            id: *id,
            channel,
            external_id,
            creator,
            header,
            lines: [],
            decision,
            holds,
            audit,
            priority: *priority,
            approval,
            rounds: *rounds,
            fulfilments,
            accepted,
            amended_by,
            refunds,
            told: *told,
            events: *events,
        }
    }
}

#[derive(Serialize)]
struct LineBody<'a> {
    item: &'a Item,
    base_unit: &'a Unit,
    removed: bool,
}

#[derive(Deserialize)]
struct OwnedLineBody {
    item: Item,
    base_unit: Unit,
    #[serde(default)]
    removed: bool,
}

/// The head's row; `None` for an empty slot, which has none.
pub(super) fn order_row(saved: &SavedOrder<'_>, now: Instant) -> Result<Option<orders::Model>, StoreError> {
    match saved.slot {
        Slot::Empty => Ok(None),
        Slot::Awaited(awaited) => awaited_row(awaited, now).map(Some),
        Slot::Placed(order) => placed_row(order, saved, now).map(Some),
    }
}

fn awaited_row(awaited: &Awaited, now: Instant) -> Result<orders::Model, StoreError> {
    Ok(orders::Model {
        id: awaited.id.uuid(),
        channel: awaited.channel.as_str().to_owned(),
        external_id: awaited.external_id.clone(),
        number: awaited.external_id.clone(),
        kind: "regular".to_owned(),
        status: AWAITED.to_owned(),
        customer: String::new(),
        currency: String::new(),
        total: 0,
        priority: 0,
        placed_at: now.0,
        buyer: None,
        ship_to: None,
        line_count: 0,
        fingerprint: String::new(),
        events: rows::small(awaited.events),
        body: rows::json(awaited)?,
        created_at: now.0,
        updated_at: now.0,
    })
}

fn placed_row(order: &Order, saved: &SavedOrder<'_>, now: Instant) -> Result<orders::Model, StoreError> {
    let header = &order.header;
    Ok(orders::Model {
        id: order.id.uuid(),
        channel: order.channel.as_str().to_owned(),
        external_id: order.external_id.clone(),
        number: header.number.clone(),
        kind: rows::name(&header.kind)?,
        status: saved.status.to_owned(),
        customer: header.customer.as_str().to_owned(),
        currency: header.currency.as_str().to_owned(),
        total: saved.total,
        priority: order.priority,
        placed_at: header.placed_at.at.0,
        buyer: header.buyer.as_ref().map(|party| party.id.uuid()),
        ship_to: header.ship_to.as_ref().map(|party| party.id.uuid()),
        line_count: rows::small(order.lines.len()),
        fingerprint: saved.fingerprint.to_owned(),
        events: rows::small(order.events),
        body: rows::json(&Head::of(order))?,
        created_at: now.0,
        updated_at: now.0,
    })
}

pub(super) fn line_row(order: &Order, line: &Line) -> Result<order_lines::Model, StoreError> {
    let c = &line.counters;
    Ok(order_lines::Model {
        order_id: order.id.uuid(),
        line: rows::small(line.no),
        sku: line.item.sku.as_str().to_owned(),
        ordered: c.ordered.0,
        open: c.open.0,
        cancelled: c.cancelled.0,
        backordered: c.backordered.0,
        reserved: c.reserved.0,
        released: c.released.0,
        shipped: c.shipped.0,
        delivered: c.delivered.0,
        returned: c.returned.0,
        body: rows::json(&LineBody { item: &line.item, base_unit: &line.base_unit, removed: line.removed })?,
    })
}

pub(super) fn hold_row(order: OrderId, hold: &Hold) -> holds::Model {
    holds::Model {
        order_id: order.uuid(),
        code: hold.code.clone(),
        owner: hold.owner.as_str().to_owned(),
        since: hold.since.0,
        due_at: hold.due.map(|at| at.0),
    }
}

pub(super) fn fulfilment_row(order: OrderId, f: &Fulfilment, now: Instant) -> fulfilments::Model {
    fulfilments::Model {
        id: f.id.uuid(),
        order_id: order.uuid(),
        warehouse: f.warehouse.as_str().to_owned(),
        carrier: f.carrier.as_str().to_owned(),
        service: f.service.as_str().to_owned(),
        state: f.state.name().to_owned(),
        planned_at: f.planned_at.0,
        updated_at: now.0,
    }
}

/// The signatures an order's approval speaks of, given or refused.
pub(super) fn approval_rows(order: &Order, now: Instant) -> Vec<approvals::Model> {
    let creator = order.creator.user().map_or("", |user| user.as_str());
    let row = |round: u32, step, approver: &str, decision: &str, digest: &str, at: Instant| approvals::Model {
        order_id: order.id.uuid(),
        round: rows::small(round),
        step,
        approver: approver.to_owned(),
        creator: creator.to_owned(),
        decision: decision.to_owned(),
        digest: digest.to_owned(),
        at: at.0,
    };
    let given_rows = |round: u32, digest: &str, given: &[Given]| -> Vec<approvals::Model> {
        let given = given.iter();
        given.map(|g| row(round, Some(rows::small(g.step)), g.by.as_str(), "approved", digest, g.at)).collect()
    };
    match &order.approval {
        Approval::Unasked | Approval::NotNeeded { .. } => vec![],
        Approval::Pending { round, digest, given, .. } | Approval::Approved { round, digest, given } => {
            given_rows(*round, digest, given)
        }
        Approval::Declined { round, by, .. } => vec![row(*round, None, by.as_str(), "declined", "", now)],
    }
}

/// What the rows of one order say it is.
pub(super) fn slot(row: orders::Model, lines: Vec<order_lines::Model>) -> Result<Slot, StoreError> {
    let place = |column| Place::new("orders", column, &row.id);
    if row.status == AWAITED {
        let awaited: Awaited = place("body").json(&row.body)?;
        let agrees = awaited.id.uuid() == row.id && rows::small(awaited.events) == row.events;
        return if agrees { Ok(Slot::Awaited(awaited)) } else { Err(place("events").inconsistent()) };
    }
    let mut order: Order = place("body").json(&row.body)?;
    if order.id.uuid() != row.id || rows::small(order.events) != row.events {
        return Err(place("events").inconsistent());
    }
    if rows::small(lines.len()) != row.line_count {
        return Err(place("line_count").inconsistent());
    }
    order.lines = lines.into_iter().map(line).collect::<Result<_, _>>()?;
    order.lines.sort_by_key(|line| line.no);
    Ok(Slot::Placed(Box::new(order)))
}

fn line(row: order_lines::Model) -> Result<Line, StoreError> {
    let place = |column| Place::new("order_lines", column, &row.order_id);
    let body: OwnedLineBody = place("body").json(&row.body)?;
    let counters = Counters {
        ordered: Quantity(row.ordered),
        open: Quantity(row.open),
        cancelled: Quantity(row.cancelled),
        backordered: Quantity(row.backordered),
        reserved: Quantity(row.reserved),
        released: Quantity(row.released),
        shipped: Quantity(row.shipped),
        delivered: Quantity(row.delivered),
        returned: Quantity(row.returned),
    };
    if !counters.lawful() {
        return Err(place("ordered").inconsistent());
    }
    if body.item.sku != row.sku.as_str() {
        return Err(place("sku").inconsistent());
    }
    let OwnedLineBody { item, base_unit, removed } = body;
    Ok(Line { no: place("line").count(row.line)?, item, base_unit, counters, removed })
}
