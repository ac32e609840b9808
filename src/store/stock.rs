//! Stock: levels, the ledger that explains them, and what is reserved for whom.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Lock, Role, Row},
    entity::{fulfilments, reservations, stock, stock_ledger},
    rows::{self, Place},
    stock_rows::{self, Origin, Step},
};
use model::{
    codes::{Sku, Warehouse},
    facts::StockLevel,
    ids::{FulfilmentId, OrderId},
    measure::Quantity,
    order::effects::StockMove,
    time::Instant,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Rows of a list at most: a page, and one more that says whether there is a next one.
pub const PAGE_MAX: u64 = 501;

/// Reservations looked at when a count leaves too little; the rest is found by the next count.
const RESERVATIONS_MAX: u64 = 1000;

pub type StockKey = (Sku, Warehouse);
pub type Levels = BTreeMap<StockKey, StockLevel>;

/// A statement from outside of what is on hand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Count {
    pub sku: Sku,
    pub warehouse: Warehouse,
    pub on_hand: Quantity,
    /// `None` leaves it as it is.
    pub safety: Option<Quantity>,
}

/// A count that left less than is reserved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortfall {
    pub sku: Sku,
    pub warehouse: Warehouse,
    pub shortage: Quantity,
    /// Whose reservations it takes, the newest plan first and planned before released ones, until the shortage is
    /// covered.
    pub reserved: Vec<Reserved>,
}

/// A reservation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reserved {
    pub order: OrderId,
    pub fulfilment: FulfilmentId,
    pub line: u32,
    pub quantity: Quantity,
    /// The warehouse has been told: taking it back needs its word.
    pub released: bool,
}

/// A level as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    pub sku: Sku,
    pub warehouse: Warehouse,
    pub level: StockLevel,
    pub reorder_point: Quantity,
    pub reorder_quantity: Quantity,
    pub updated_at: Instant,
}

/// One change of a level and its cause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerEntry {
    pub at: Instant,
    /// `count`, `goods_in`, `reserve`, `unreserve`, `ship`.
    pub kind: String,
    pub on_hand: i64,
    pub reserved: i64,
    pub shortage: i64,
    pub order: Option<OrderId>,
    pub fulfilment: Option<FulfilmentId>,
    pub cause: String,
}

/// The levels of `skus` in every warehouse.
///
/// # Errors
/// The database is gone.
pub async fn load(conn: &impl ConnectionTrait, skus: &[Sku]) -> Result<Levels, StoreError> {
    let keys = bulk::each(skus.iter().collect::<BTreeSet<_>>().into_iter().map(Sku::as_str));
    Ok(stock_rows::levels(bulk::find::<stock::Entity>(conn, &[stock::Column::Sku], keys, Lock::No).await?))
}

/// Locks levels in the order of their keys and reads them. Keys without a row are absent.
///
/// # Errors
/// A lock was not had in time, or the database is gone.
pub async fn lock(tx: &Tx, keys: &BTreeSet<StockKey>) -> Result<Levels, StoreError> {
    let wanted = keys.iter().map(|(sku, warehouse)| vec![sku.as_str().into(), warehouse.as_str().into()]).collect();
    let columns = [stock::Column::Sku, stock::Column::Warehouse];
    Ok(stock_rows::levels(bulk::find::<stock::Entity>(tx, &columns, wanted, Lock::Rows).await?))
}

/// Writes movements: levels, ledger and reservations. `locked` is what [`lock`] gave for their keys in this
/// transaction; `fresh` orders were made in it, so that nothing is reserved for them yet.
///
/// # Errors
/// [`StoreError::is_unlawful`] when more would be reserved than is there; [`StoreError::Inconsistent`] when a
/// reservation or a level that is to be taken from is not there.
pub async fn apply_moves(
    tx: &Tx,
    locked: &Levels,
    moves: &[StockMove],
    fresh: &HashSet<OrderId>,
    now: Instant,
) -> Result<(), StoreError> {
    let mut levels: Levels = BTreeMap::new();
    let mut ledger = Vec::with_capacity(moves.len());
    for m in moves {
        let key = (m.sku.clone(), m.warehouse.clone());
        let known = levels.get(&key).or_else(|| locked.get(&key)).copied();
        let level = known.ok_or_else(|| Place::new("stock", "sku", &m.sku).inconsistent())?;
        let step = stock_rows::moved(level, m);
        ledger.push(stock_rows::ledger_row(&key, &step, stock_rows::kind_name(m.kind), Origin::Move(m), now));
        levels.insert(key, step.after);
    }
    write_levels(tx, &levels, now).await?;
    bulk::insert::<stock_ledger::Entity>(tx, ledger, Conflict::Refuse).await?;
    write_reservations(tx, moves, fresh).await
}

async fn write_levels(tx: &Tx, levels: &Levels, now: Instant) -> Result<(), StoreError> {
    use stock::Column as C;
    let columns = [
        (C::Sku, Role::Key),
        (C::Warehouse, Role::Key),
        (C::OnHand, Role::Set),
        (C::Reserved, Role::Set),
        (C::Shortage, Role::Set),
        (C::Safety, Role::Set),
        (C::UpdatedAt, Role::Set),
    ];
    let row = |((sku, warehouse), level): (&StockKey, &StockLevel)| -> Row {
        let amounts = [level.on_hand, level.reserved, level.shortage, level.safety].map(|q| q.0.into());
        let mut row: Row = vec![sku.as_str().into(), warehouse.as_str().into()];
        row.extend(amounts);
        row.push(now.0.into());
        row
    };
    let found = bulk::update::<stock::Entity>(tx, &columns, levels.iter().map(row).collect()).await?;
    if found == levels.len() as u64 { Ok(()) } else { Err(StoreError::Conflict("stock")) }
}

async fn write_reservations(tx: &Tx, moves: &[StockMove], fresh: &HashSet<OrderId>) -> Result<(), StoreError> {
    use reservations::Column as C;
    let older = moves.iter().filter(|m| !fresh.contains(&m.order));
    let fulfilments: BTreeSet<FulfilmentId> = older.map(|m| m.fulfilment).collect();
    let keys = bulk::each(rows::uuids(fulfilments));
    let before = bulk::find::<reservations::Entity>(tx, &[C::FulfilmentId], keys, Lock::No).await?;
    let after = stock_rows::reserved_after(before, moves);
    let after = after.ok_or_else(|| Place::new("reservations", "quantity", &"").inconsistent())?;
    let (empty, kept): (Vec<_>, Vec<_>) = after.into_iter().partition(|row| row.quantity == 0);
    let gone = empty.iter().map(|row| vec![row.fulfilment_id.into(), row.line.into()]).collect();
    bulk::delete::<reservations::Entity>(tx, &[C::FulfilmentId, C::Line], gone).await?;
    bulk::insert::<reservations::Entity>(tx, kept, Conflict::Replace).await?;
    Ok(())
}

/// Takes counts of what is on hand, the last one for each key, making levels that are not there. What is reserved
/// stays reserved; where it is more than was counted, the difference is a shortage, and the answer says whose
/// reservations it takes. Orders are not touched here: the caller queues work for them.
///
/// # Errors
/// A negative count ([`StoreError::is_unlawful`]), or the database is gone.
pub async fn set_counts(tx: &Tx, counts: &[Count], cause: &str, now: Instant) -> Result<Vec<Shortfall>, StoreError> {
    let last: BTreeMap<StockKey, &Count> = counts.iter().map(|c| ((c.sku.clone(), c.warehouse.clone()), c)).collect();
    let locked = make_and_lock(tx, last.keys().cloned().collect(), now).await?;
    let step = |key: &StockKey, level: StockLevel| {
        last.get(key).map_or_else(
            || stock_rows::came_in(level, Quantity::ZERO),
            |count| stock_rows::counted(level, count.on_hand, count.safety),
        )
    };
    let after = write_statement(tx, &locked, "count", cause, now, step).await?;
    let mut short = Vec::new();
    for ((sku, warehouse), level) in after {
        if !level.shortage.is_zero() {
            let reserved = newest_reserved(tx, &sku, &warehouse, level.shortage).await?;
            short.push(Shortfall { sku, warehouse, shortage: level.shortage, reserved });
        }
    }
    Ok(short)
}

/// Adds goods that came in, making levels that are not there.
///
/// # Errors
/// The database is gone.
pub async fn goods_in(
    tx: &Tx,
    goods: &[(Sku, Warehouse, Quantity)],
    cause: &str,
    now: Instant,
) -> Result<(), StoreError> {
    let mut sums: HashMap<StockKey, Quantity> = HashMap::new();
    for (sku, warehouse, quantity) in goods {
        let sum = sums.entry((sku.clone(), warehouse.clone())).or_default();
        *sum = sum.plus(*quantity);
    }
    let locked = make_and_lock(tx, sums.keys().cloned().collect(), now).await?;
    let step = |key: &StockKey, level| stock_rows::came_in(level, sums.get(key).copied().unwrap_or_default());
    write_statement(tx, &locked, "goods_in", cause, now, step).await?;
    Ok(())
}

async fn make_and_lock(tx: &Tx, keys: BTreeSet<StockKey>, now: Instant) -> Result<Levels, StoreError> {
    let empty = |(sku, warehouse): &StockKey| stock::Model {
        sku: sku.as_str().to_owned(),
        warehouse: warehouse.as_str().to_owned(),
        on_hand: 0,
        reserved: 0,
        shortage: 0,
        safety: 0,
        mode: "ours".to_owned(),
        updated_at: now.0,
        reorder_point: 0,
        reorder_quantity: 0,
    };
    bulk::insert::<stock::Entity>(tx, keys.iter().map(empty).collect(), Conflict::Keep).await?;
    lock(tx, &keys).await
}

/// Writes a word from outside: one step a key, with its ledger row.
async fn write_statement(
    tx: &Tx,
    locked: &Levels,
    kind: &str,
    cause: &str,
    now: Instant,
    step: impl Fn(&StockKey, StockLevel) -> Step,
) -> Result<Levels, StoreError> {
    let steps: Vec<(&StockKey, Step)> = locked.iter().map(|(key, level)| (key, step(key, *level))).collect();
    let after: Levels = steps.iter().map(|(key, step)| ((*key).clone(), step.after)).collect();
    let ledger = steps.iter().map(|(key, step)| stock_rows::ledger_row(key, step, kind, Origin::Cause(cause), now));
    write_levels(tx, &after, now).await?;
    bulk::insert::<stock_ledger::Entity>(tx, ledger.collect(), Conflict::Refuse).await?;
    Ok(after)
}

async fn newest_reserved(
    tx: &Tx,
    sku: &Sku,
    warehouse: &Warehouse,
    shortage: Quantity,
) -> Result<Vec<Reserved>, StoreError> {
    let held: Vec<reservations::Model> = reservations::Entity::find()
        .filter(reservations::Column::Sku.eq(sku.as_str()))
        .filter(reservations::Column::Warehouse.eq(warehouse.as_str()))
        .limit(RESERVATIONS_MAX)
        .all(tx)
        .await?;
    let keys = bulk::each(held.iter().map(|row| row.fulfilment_id).collect::<BTreeSet<_>>());
    let plans = bulk::find::<fulfilments::Entity>(tx, &[fulfilments::Column::Id], keys, Lock::No).await?;
    let plans: HashMap<uuid::Uuid, (bool, i64)> =
        plans.into_iter().map(|f| (f.id, (f.state != "planned", f.planned_at))).collect();
    let mut held: Vec<(bool, i64, reservations::Model)> = held
        .into_iter()
        .map(|row| {
            let (released, at) = plans.get(&row.fulfilment_id).copied().unwrap_or((false, 0));
            (released, at, row)
        })
        .collect();
    held.sort_by_key(|(released, at, row)| (*released, std::cmp::Reverse(*at), row.fulfilment_id, row.line));
    let mut covered = Quantity::ZERO;
    let mut taken = Vec::new();
    for (released, _, row) in held {
        if covered >= shortage {
            break;
        }
        covered = covered.plus(Quantity(row.quantity));
        taken.push(Reserved {
            order: OrderId::from_uuid(row.order_id),
            fulfilment: FulfilmentId::from_uuid(row.fulfilment_id),
            line: Place::new("reservations", "line", &row.fulfilment_id).count(row.line)?,
            quantity: Quantity(row.quantity),
            released,
        });
    }
    Ok(taken)
}

/// Levels in the order of their keys, after the last one of the page before; of one sku or warehouse when asked.
///
/// # Errors
/// The database is gone.
pub async fn list(
    conn: &impl ConnectionTrait,
    sku: Option<&Sku>,
    warehouse: Option<&Warehouse>,
    after: Option<&StockKey>,
    limit: u64,
) -> Result<Vec<Listed>, StoreError> {
    use stock::Column as C;
    let mut query = stock::Entity::find().order_by_asc(C::Sku).order_by_asc(C::Warehouse).limit(limit.min(PAGE_MAX));
    if let Some(sku) = sku {
        query = query.filter(C::Sku.eq(sku.as_str()));
    }
    if let Some(warehouse) = warehouse {
        query = query.filter(C::Warehouse.eq(warehouse.as_str()));
    }
    if let Some((sku, warehouse)) = after {
        let same = Condition::all().add(C::Sku.eq(sku.as_str())).add(C::Warehouse.gt(warehouse.as_str()));
        let later = Condition::any().add(C::Sku.gt(sku.as_str())).add(same);
        query = query.filter(C::Sku.gte(sku.as_str())).filter(later);
    }
    let listed = |row: stock::Model| Listed {
        level: stock_rows::level(&row),
        reorder_point: Quantity(row.reorder_point),
        reorder_quantity: Quantity(row.reorder_quantity),
        sku: Sku::new(&row.sku),
        warehouse: Warehouse::new(&row.warehouse),
        updated_at: Instant(row.updated_at),
    };
    Ok(query.all(conn).await?.into_iter().map(listed).collect())
}

/// Why a level is what it is: its changes, the newest first.
///
/// # Errors
/// The database is gone.
pub async fn ledger(
    conn: &impl ConnectionTrait,
    sku: &Sku,
    warehouse: &Warehouse,
    limit: u64,
) -> Result<Vec<LedgerEntry>, StoreError> {
    use stock_ledger::Column as C;
    let rows = stock_ledger::Entity::find()
        .filter(C::Sku.eq(sku.as_str()))
        .filter(C::Warehouse.eq(warehouse.as_str()))
        .order_by_desc(C::Id)
        .limit(limit.min(PAGE_MAX))
        .all(conn)
        .await?;
    let entry = |row: stock_ledger::Model| LedgerEntry {
        at: Instant(row.at),
        kind: row.kind,
        on_hand: row.on_hand_change,
        reserved: row.reserved_change,
        shortage: row.shortage_change,
        order: row.order_id.map(OrderId::from_uuid),
        fulfilment: row.fulfilment_id.map(FulfilmentId::from_uuid),
        cause: row.cause,
    };
    Ok(rows.into_iter().map(entry).collect())
}
