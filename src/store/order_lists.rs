//! Lists of orders and holds, page by page.

use super::{
    StoreError,
    entity::{holds, order_lines, orders},
    order_rows::AWAITED,
    parties,
    rows::{self, Place},
};
use model::{
    codes::{Channel, Customer, Role},
    ids::OrderId,
    money::Money,
    order::status::Status,
    said::OrderKind,
    time::Instant,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, SimpleExpr},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// Rows of a list at most: a page, and one more that says whether there is a next one.
pub const PAGE_MAX: u64 = 201;

/// Which orders to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Any of these; empty: every order that was stated, so none that is only awaited.
    pub statuses: Vec<String>,
    pub channel: Option<Channel>,
    pub customer: Option<Customer>,
    /// Only these, awaited ones too; `None`: any.
    pub ids: Option<Vec<OrderId>>,
    /// Code of a hold it has.
    pub hold: Option<String>,
    /// Only those with a line that waits for stock, wherever the rest of them stands.
    pub waits_for_stock: bool,
    pub placed_from: Option<Instant>,
    /// Not included.
    pub placed_to: Option<Instant>,
    /// The order's number, the channel's id for it, or the phone, name or mail of its buyer or consignee; as a whole.
    pub text: String,
    /// Only what comes after this one of the page before.
    pub before: Option<(Instant, OrderId)>,
    /// At most [`PAGE_MAX`].
    pub limit: u64,
}

/// An order as a list shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct OrderSummary {
    pub id: OrderId,
    pub channel: Channel,
    pub external_id: String,
    pub number: String,
    pub kind: OrderKind,
    pub status: String,
    pub customer: Customer,
    /// `None` while it is only awaited.
    pub total: Option<Money>,
    pub priority: i32,
    pub placed_at: Instant,
    pub updated_at: Instant,
    pub events: u32,
}

/// A hold as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldOrder {
    pub order: OrderId,
    pub code: String,
    pub owner: Role,
    pub since: Instant,
    pub due: Option<Instant>,
}

#[derive(FromQueryResult)]
struct Row {
    id: uuid::Uuid,
    channel: String,
    external_id: String,
    number: String,
    kind: String,
    status: String,
    customer: String,
    currency: String,
    total: i64,
    priority: i32,
    placed_at: i64,
    updated_at: i64,
    events: i32,
}

/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn list(conn: &impl ConnectionTrait, filter: &OrderFilter) -> Result<Vec<OrderSummary>, StoreError> {
    let mut wanted = standing(filter).add(placed(filter));
    if !filter.text.trim().is_empty() {
        wanted = wanted.add(named(conn, filter.text.trim()).await?);
    }
    let mut rows = Vec::new();
    for status in one_by_one(filter) {
        rows.extend(page(conn, wanted.clone().add(status), filter.limit.min(PAGE_MAX)).await?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.placed_at, row.id)));
    rows.truncate(usize::try_from(filter.limit.min(PAGE_MAX)).unwrap_or(usize::MAX));
    rows.into_iter().map(summary).collect()
}

async fn page(conn: &impl ConnectionTrait, wanted: Condition, limit: u64) -> Result<Vec<Row>, StoreError> {
    use orders::Column as C;
    Ok(orders::Entity::find()
        .select_only()
        .columns([C::Id, C::Channel, C::ExternalId, C::Number, C::Kind, C::Status, C::Customer, C::Currency, C::Total])
        .columns([C::Priority, C::PlacedAt, C::UpdatedAt, C::Events])
        .filter(wanted)
        .order_by_desc(C::PlacedAt)
        .order_by_desc(C::Id)
        .limit(limit)
        .into_model::<Row>()
        .all(conn)
        .await?)
}

/// The page of each status is asked for on its own where an index gives it in its order: one of several statuses would sort
/// all of them, or look through all orders.
fn one_by_one(filter: &OrderFilter) -> Vec<SimpleExpr> {
    use orders::Column as C;
    let found_otherwise = filter.ids.is_some() || filter.customer.is_some() || !filter.text.trim().is_empty();
    let found_otherwise = found_otherwise || filter.hold.is_some() || filter.waits_for_stock;
    let each = |names: &mut dyn Iterator<Item = &str>| names.map(|name| C::Status.eq(name)).collect();
    match filter.statuses.as_slice() {
        [] if filter.ids.is_some() => vec![Expr::cust("1 = 1")],
        [] if filter.channel.is_some() && !found_otherwise => {
            each(&mut Status::ALL.iter().map(|status| status.name()).filter(|name| *name != AWAITED))
        }
        [] => vec![C::Status.ne(AWAITED)],
        some if found_otherwise => vec![C::Status.is_in(some.iter().map(String::as_str))],
        // Each of them once.
        some => each(&mut some.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter()),
    }
}

/// What it is, but for its status.
fn standing(filter: &OrderFilter) -> Condition {
    use orders::Column as C;
    let mut wanted = Condition::all();
    if let Some(ids) = &filter.ids {
        wanted = wanted.add(C::Id.is_in(rows::uuids(ids.iter().copied())));
    }
    if let Some(channel) = &filter.channel {
        wanted = wanted.add(C::Channel.eq(channel.as_str()));
    }
    if let Some(customer) = &filter.customer {
        // The literal half is that of the partial index.
        wanted = wanted.add(C::Customer.eq(customer.as_str())).add(Expr::cust("customer <> ''"));
    }
    if let Some(code) = &filter.hold {
        let held = holds::Entity::find()
            .select_only()
            .column(holds::Column::OrderId)
            .filter(holds::Column::Code.eq(code.as_str()));
        wanted = wanted.add(C::Id.in_subquery(sea_orm::QueryTrait::into_query(held)));
    }
    if filter.waits_for_stock {
        let lines = order_lines::Entity::find().select_only().column(order_lines::Column::OrderId);
        // As the partial index has it.
        let lines = lines.filter(Expr::cust("backordered > 0"));
        wanted = wanted.add(C::Id.in_subquery(sea_orm::QueryTrait::into_query(lines)));
    }
    wanted
}

/// When it was placed, and the place of the page.
fn placed(filter: &OrderFilter) -> Condition {
    use orders::Column as C;
    let mut wanted = Condition::all();
    if let Some(from) = filter.placed_from {
        wanted = wanted.add(C::PlacedAt.gte(from.0));
    }
    if let Some(to) = filter.placed_to {
        wanted = wanted.add(C::PlacedAt.lt(to.0));
    }
    if let Some((at, id)) = filter.before {
        let same = Condition::all().add(C::PlacedAt.eq(at.0)).add(C::Id.lt(id.uuid()));
        // The first half lets the index begin in the right place.
        wanted = wanted.add(C::PlacedAt.lte(at.0)).add(Condition::any().add(C::PlacedAt.lt(at.0)).add(same));
    }
    wanted
}

/// Orders with this number or id, or of people who are found by it.
async fn named(conn: &impl ConnectionTrait, text: &str) -> Result<Condition, StoreError> {
    use orders::Column as C;
    let by_id = Condition::all().add(C::ExternalId.eq(text)).add(Expr::cust("external_id <> number"));
    let mut wanted = Condition::any().add(C::Number.eq(text)).add(by_id);
    let people = rows::uuids(parties::search(conn, text).await?);
    if !people.is_empty() {
        wanted = wanted.add(C::Buyer.is_in(people.iter().copied())).add(C::ShipTo.is_in(people));
    }
    Ok(wanted)
}

fn summary(row: Row) -> Result<OrderSummary, StoreError> {
    let place = |column| Place::new("orders", column, &row.id);
    let total = if row.currency.is_empty() {
        None
    } else {
        Some(Money::new(row.total, place("currency").currency(&row.currency)?))
    };
    Ok(OrderSummary {
        id: OrderId::from_uuid(row.id),
        kind: place("kind").named(&row.kind)?,
        events: place("events").count(row.events)?,
        total,
        channel: Channel::new(&row.channel),
        external_id: row.external_id,
        number: row.number,
        status: row.status,
        customer: Customer::new(&row.customer),
        priority: row.priority,
        placed_at: Instant(row.placed_at),
        updated_at: Instant(row.updated_at),
    })
}

/// What people call these orders: the number, else the channel's id for it. Orders that are not there are absent.
///
/// # Errors
/// The database is gone.
pub async fn numbers(conn: &impl ConnectionTrait, ids: &[OrderId]) -> Result<HashMap<OrderId, String>, StoreError> {
    use orders::Column as C;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(uuid::Uuid, String, String)> = orders::Entity::find()
        .select_only()
        .columns([C::Id, C::Number, C::ExternalId])
        .filter(C::Id.is_in(rows::uuids(ids.iter().copied())))
        .into_tuple()
        .all(conn)
        .await?;
    let named = |(id, number, external_id): (_, String, String)| {
        (OrderId::from_uuid(id), if number.is_empty() { external_id } else { number })
    };
    Ok(rows.into_iter().map(named).collect())
}

/// Holds, oldest first: those a role must act on, or all.
///
/// # Errors
/// The database is gone.
pub async fn holds(
    conn: &impl ConnectionTrait,
    owner: Option<&Role>,
    limit: u64,
) -> Result<Vec<HeldOrder>, StoreError> {
    let mut query = holds::Entity::find().order_by_asc(holds::Column::Since).limit(limit.min(PAGE_MAX));
    if let Some(owner) = owner {
        query = query.filter(holds::Column::Owner.eq(owner.as_str()));
    }
    let held = |row: holds::Model| HeldOrder {
        order: OrderId::from_uuid(row.order_id),
        code: row.code,
        owner: Role::new(&row.owner),
        since: Instant(row.since),
        due: rows::instant(row.due_at),
    };
    Ok(query.all(conn).await?.into_iter().map(held).collect())
}

/// A held order's place among those that are looked at again: the most important first, then the oldest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldPlace {
    pub priority: i32,
    pub placed_at: Instant,
    pub id: OrderId,
}

/// Orders that one of the holds `codes` stops, the most important first, from behind `after` on.
///
/// # Errors
/// The database is gone.
pub async fn held(
    conn: &impl ConnectionTrait,
    codes: &[String],
    after: Option<&HeldPlace>,
    limit: u64,
) -> Result<Vec<HeldPlace>, StoreError> {
    use orders::Column as C;
    let stopped = holds::Entity::find().select_only().column(holds::Column::OrderId);
    let stopped = stopped.filter(holds::Column::Code.is_in(codes.iter().map(String::as_str)));
    let mut wanted = Condition::all().add(C::Id.in_subquery(sea_orm::QueryTrait::into_query(stopped)));
    if let Some(HeldPlace { priority, placed_at, id }) = after {
        let later = Condition::any()
            .add(C::PlacedAt.gt(placed_at.0))
            .add(Condition::all().add(C::PlacedAt.eq(placed_at.0)).add(C::Id.gt(id.uuid())));
        let behind = Condition::all().add(C::Priority.eq(*priority)).add(later);
        wanted = wanted.add(Condition::any().add(C::Priority.lt(*priority)).add(behind));
    }
    let rows: Vec<(i32, i64, uuid::Uuid)> = orders::Entity::find()
        .select_only()
        .columns([C::Priority, C::PlacedAt, C::Id])
        .filter(wanted)
        .order_by_desc(C::Priority)
        .order_by_asc(C::PlacedAt)
        .order_by_asc(C::Id)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?;
    let place = |(priority, at, id)| HeldPlace { priority, placed_at: Instant(at), id: OrderId::from_uuid(id) };
    Ok(rows.into_iter().map(place).collect())
}
