//! What is to be bought because stock is short: one proposal for each sku and warehouse as long as the shortage lasts.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Lock, Role},
    entity::{order_lines, replenishments, stock},
    rows::{self, Place},
    stock::StockKey,
    stock_rows,
};
use model::{
    codes::{Sku, Warehouse},
    facts::StockLevel,
    ids::ReplenishmentId,
    measure::Quantity,
    order::event::Actor,
    time::Instant,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows of a list at most: a page, and one more that says whether there is a next one.
pub const PAGE_MAX: u64 = 101;
/// Waiting lines of one sku that are summed up.
const LINES_MAX: u64 = 10_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for a person.
    Proposed,
    Approved,
    /// Stock came in and the shortage is over.
    Received,
    Dismissed,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Received => "received",
            Self::Dismissed => "dismissed",
        }
    }
}

/// What was seen when something was proposed; base units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reasons {
    pub on_hand: Quantity,
    pub reserved: Quantity,
    pub safety: Quantity,
    /// Approved for other warehouses and not yet there.
    pub incoming: Quantity,
    pub reorder_point: Quantity,
    /// What orders wait for, and how many orders.
    pub waiting: Quantity,
    pub waiting_orders: u32,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replenishment {
    pub id: ReplenishmentId,
    pub sku: Sku,
    pub warehouse: Warehouse,
    pub quantity: Quantity,
    pub reasons: Reasons,
    pub state: State,
    /// Who decided last.
    pub actor: Actor,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// A level with what it is measured by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Measured {
    pub level: StockLevel,
    /// Less than this is short; zero = never.
    pub reorder_point: Quantity,
    pub reorder_quantity: Quantity,
}

/// The levels of a sku by warehouse.
///
/// # Errors
/// The database is gone.
pub async fn measured(conn: &impl ConnectionTrait, sku: &str) -> Result<BTreeMap<Warehouse, Measured>, StoreError> {
    let rows = stock::Entity::find().filter(stock::Column::Sku.eq(sku)).all(conn).await?;
    let one = |row: stock::Model| {
        let level = stock_rows::level(&row);
        let (point, quantity) = (Quantity(row.reorder_point), Quantity(row.reorder_quantity));
        (row.warehouse.into(), Measured { level, reorder_point: point, reorder_quantity: quantity })
    };
    Ok(rows.into_iter().map(one).collect())
}

/// All reorder points there are.
///
/// # Errors
/// The database is gone.
pub async fn points(conn: &impl ConnectionTrait) -> Result<HashMap<StockKey, Quantity>, StoreError> {
    let rows: Vec<(String, String, i64)> = stock::Entity::find()
        .select_only()
        .columns([stock::Column::Sku, stock::Column::Warehouse, stock::Column::ReorderPoint])
        .filter(Expr::cust("reorder_point > 0"))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(sku, at, point)| ((sku.into(), at.into()), Quantity(point))).collect())
}

/// Sets reorder points of levels that are there.
///
/// # Errors
/// The database is gone.
pub async fn set_points(tx: &Tx, points: &[(StockKey, Quantity, Quantity)]) -> Result<(), StoreError> {
    use stock::Column as C;
    let columns =
        [(C::Sku, Role::Key), (C::Warehouse, Role::Key), (C::ReorderPoint, Role::Set), (C::ReorderQuantity, Role::Set)];
    let row = |((sku, at), point, quantity): &(StockKey, Quantity, Quantity)| {
        vec![sku.as_str().into(), at.as_str().into(), point.0.into(), quantity.0.into()]
    };
    bulk::update::<stock::Entity>(tx, &columns, points.iter().map(row).collect()).await?;
    Ok(())
}

/// How much of a sku orders wait for, and how many orders.
///
/// # Errors
/// The database is gone.
pub async fn waiting(conn: &impl ConnectionTrait, sku: &str) -> Result<(Quantity, u32), StoreError> {
    use order_lines::Column as C;
    let rows: Vec<(uuid::Uuid, i64)> = order_lines::Entity::find()
        .select_only()
        .columns([C::OrderId, C::Backordered])
        .filter(C::Sku.eq(sku))
        .filter(Expr::cust("backordered > 0"))
        .limit(LINES_MAX)
        .into_tuple()
        .all(conn)
        .await?;
    let orders: BTreeSet<_> = rows.iter().map(|(order, _)| *order).collect();
    let sum = rows.iter().fold(Quantity::ZERO, |sum, (_, one)| sum.plus(Quantity(*one)));
    Ok((sum, u32::try_from(orders.len()).unwrap_or(u32::MAX)))
}

/// Those that stand for a shortage of `sku`, locked.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn covering(tx: &Tx, sku: &str) -> Result<Vec<Replenishment>, StoreError> {
    let key = vec![vec![sku.into(), true.into()]];
    let columns = [replenishments::Column::Sku, replenishments::Column::Covers];
    let rows = bulk::find::<replenishments::Entity>(tx, &columns, key, Lock::Rows).await?;
    rows.into_iter().map(read).collect()
}

/// Proposes; the caller has seen that no other stands for the shortage.
///
/// # Errors
/// The database is gone.
pub async fn propose(tx: &Tx, new: &Replenishment) -> Result<(), StoreError> {
    let row = replenishments::Model {
        id: new.id.uuid(),
        sku: new.sku.as_str().to_owned(),
        warehouse: new.warehouse.as_str().to_owned(),
        quantity: new.quantity.0,
        reasons: rows::json(&new.reasons)?,
        state: rows::name(&new.state)?,
        covers: true,
        actor: rows::json(&new.actor)?,
        created_at: new.created_at.0,
        updated_at: new.updated_at.0,
    };
    bulk::insert::<replenishments::Entity>(tx, vec![row], Conflict::Refuse).await?;
    Ok(())
}

/// Says anew what is wanted, as `new` has it; for one that nobody has decided.
///
/// # Errors
/// The database is gone.
pub async fn refresh(tx: &Tx, id: ReplenishmentId, new: &Replenishment) -> Result<(), StoreError> {
    use replenishments::Column as C;
    let columns = [(C::Id, Role::Key), (C::Quantity, Role::Set), (C::Reasons, Role::Set), (C::UpdatedAt, Role::Set)];
    let reasons = rows::json(&new.reasons)?;
    let row = vec![id.uuid().into(), new.quantity.0.into(), reasons.into(), new.updated_at.0.into()];
    bulk::update::<replenishments::Entity>(tx, &columns, vec![row]).await?;
    Ok(())
}

/// Says where one stands from now on; it stands for its shortage while `covers`.
///
/// # Errors
/// The database is gone.
pub async fn set(
    tx: &Tx,
    id: ReplenishmentId,
    state: State,
    covers: bool,
    actor: &Actor,
    now: Instant,
) -> Result<(), StoreError> {
    use replenishments::Column as C;
    let columns = [
        (C::Id, Role::Key),
        (C::State, Role::Set),
        (C::Covers, Role::Set),
        (C::Actor, Role::Set),
        (C::UpdatedAt, Role::Set),
    ];
    let row =
        vec![id.uuid().into(), rows::name(&state)?.into(), covers.into(), rows::json(actor)?.into(), now.0.into()];
    bulk::update::<replenishments::Entity>(tx, &columns, vec![row]).await?;
    Ok(())
}

/// One of them; locked when asked.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    id: ReplenishmentId,
    lock: Lock,
) -> Result<Option<Replenishment>, StoreError> {
    let key = vec![vec![id.uuid().into()]];
    let found = bulk::find::<replenishments::Entity>(conn, &[replenishments::Column::Id], key, lock).await?;
    found.into_iter().next().map(read).transpose()
}

/// Those of `ids` that there are.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn by_ids(
    conn: &impl ConnectionTrait,
    ids: &[ReplenishmentId],
) -> Result<HashMap<ReplenishmentId, Replenishment>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let keys = bulk::each(rows::uuids(ids.iter().copied()));
    let found = bulk::find::<replenishments::Entity>(conn, &[replenishments::Column::Id], keys, Lock::No).await?;
    found.into_iter().map(|row| read(row).map(|one| (one.id, one))).collect()
}

/// Which to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub sku: Option<Sku>,
    pub warehouse: Option<Warehouse>,
    /// Only those older than this one of the page before.
    pub before: Option<(Instant, ReplenishmentId)>,
    pub limit: u64,
}

/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn list(conn: &impl ConnectionTrait, filter: &Filter) -> Result<Vec<Replenishment>, StoreError> {
    use replenishments::Column as C;
    let limit = filter.limit.min(PAGE_MAX);
    let mut query = replenishments::Entity::find().order_by_desc(C::CreatedAt).order_by_desc(C::Id).limit(limit);
    if let Some(state) = filter.state {
        query = query.filter(C::State.eq(rows::name(&state)?));
    }
    if let Some(sku) = &filter.sku {
        query = query.filter(C::Sku.eq(sku.as_str()));
    }
    if let Some(warehouse) = &filter.warehouse {
        query = query.filter(C::Warehouse.eq(warehouse.as_str()));
    }
    if let Some((at, id)) = filter.before {
        let same = Condition::all().add(C::CreatedAt.eq(at.0)).add(C::Id.lt(id.uuid()));
        query = query.filter(Condition::any().add(C::CreatedAt.lt(at.0)).add(same));
    }
    query.all(conn).await?.into_iter().map(read).collect()
}

fn read(row: replenishments::Model) -> Result<Replenishment, StoreError> {
    let place = |column| Place::new("replenishments", column, &row.id);
    Ok(Replenishment {
        id: ReplenishmentId::from_uuid(row.id),
        quantity: Quantity(row.quantity),
        reasons: place("reasons").json(&row.reasons)?,
        state: place("state").named(&row.state)?,
        actor: place("actor").json(&row.actor)?,
        sku: row.sku.into(),
        warehouse: row.warehouse.into(),
        created_at: Instant(row.created_at),
        updated_at: Instant(row.updated_at),
    })
}
