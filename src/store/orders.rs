//! Orders: identity, loading and saving, always many at once.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Lock, Role, Row},
    entity::{approvals, fulfilments, holds, order_keys, order_lines, orders},
    order_rows, rows,
};
use model::{codes::Channel, ids::OrderId, order::state::Slot, time::Instant};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Iterable, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Value, sea_query::Expr,
};
use std::collections::{HashMap, HashSet};

/// An order after a batch of decisions.
#[derive(Clone, Copy, Debug)]
pub struct SavedOrder<'a> {
    pub slot: &'a Slot,
    /// Number of the last event it had when it was loaded; 0: it is new.
    pub was_events: u32,
    /// Sameness of two orders; empty when it shall be the same as none.
    pub fingerprint: &'a str,
    /// Minor units of its currency.
    pub total: i64,
    /// Derived by the model's one function; for filters only. An awaited order is stored as `awaited` whatever this
    /// says.
    pub status: &'a str,
}

/// Finds or makes the identities of orders and locks them; gives, in the order asked, the order each key stands for.
/// A key not yet known stands for the id it came with; two keys may stand for one order.
///
/// # Errors
/// The database is gone, or a lock was not had in time.
pub async fn claim_keys(tx: &Tx, keys: &[(Channel, String, OrderId)]) -> Result<Vec<OrderId>, StoreError> {
    let mut wanted: Vec<order_keys::Model> = keys
        .iter()
        .map(|(channel, external_id, order)| order_keys::Model {
            channel: channel.as_str().to_owned(),
            external_id: external_id.clone(),
            order_id: order.uuid(),
        })
        .collect();
    // One order for everybody: two batches with the same keys wait for one another instead of deadlocking.
    wanted.sort_by(|a, b| (&a.channel, &a.external_id).cmp(&(&b.channel, &b.external_id)));
    wanted.dedup_by(|a, b| a.channel == b.channel && a.external_id == b.external_id);
    let lookup: Vec<Row> =
        wanted.iter().map(|k| vec![k.channel.as_str().into(), k.external_id.as_str().into()]).collect();
    let count = wanted.len() as u64;
    let all_new = bulk::insert::<order_keys::Entity>(tx, wanted, Conflict::Keep).await? == count;
    if all_new && keys.len() as u64 == count {
        return Ok(keys.iter().map(|(_, _, order)| *order).collect());
    }
    let columns = [order_keys::Column::Channel, order_keys::Column::ExternalId];
    let found = bulk::find::<order_keys::Entity>(tx, &columns, lookup, Lock::Rows).await?;
    let stands_for: HashMap<(&str, &str), OrderId> =
        found.iter().map(|k| ((k.channel.as_str(), k.external_id.as_str()), OrderId::from_uuid(k.order_id))).collect();
    let of = |channel: &Channel, id: &str| stands_for.get(&(channel.as_str(), id)).copied();
    keys.iter().map(|(channel, id, _)| of(channel, id).ok_or(StoreError::Conflict("order key"))).collect()
}

/// The order each key stands for; keys nobody has spoken of are absent.
///
/// # Errors
/// The database is gone.
pub async fn ids_of(
    conn: &impl ConnectionTrait,
    keys: &[(Channel, String)],
) -> Result<HashMap<(Channel, String), OrderId>, StoreError> {
    let lookup = keys.iter().map(|(channel, id)| vec![channel.as_str().into(), id.as_str().into()]).collect();
    let columns = [order_keys::Column::Channel, order_keys::Column::ExternalId];
    let found = bulk::find::<order_keys::Entity>(conn, &columns, lookup, Lock::No).await?;
    Ok(found.into_iter().map(|k| ((Channel::new(&k.channel), k.external_id), OrderId::from_uuid(k.order_id))).collect())
}

/// Loads orders, locked in the order of their ids when asked. Ids without an order are absent (an empty slot).
///
/// # Errors
/// [`StoreError::Inconsistent`] when the rows of one do not agree with each other, or the database is gone.
pub async fn load(
    conn: &impl ConnectionTrait,
    ids: &[OrderId],
    lock: Lock,
) -> Result<HashMap<OrderId, Slot>, StoreError> {
    let unique: HashSet<OrderId> = ids.iter().copied().collect();
    let heads =
        bulk::find::<orders::Entity>(conn, &[orders::Column::Id], bulk::each(rows::uuids(unique)), lock).await?;
    let with_lines = heads.iter().filter(|head| head.line_count > 0).map(|head| head.id);
    let key = [order_lines::Column::OrderId];
    let mut lines: HashMap<uuid::Uuid, Vec<order_lines::Model>> = HashMap::with_capacity(heads.len());
    for row in bulk::find::<order_lines::Entity>(conn, &key, bulk::each(with_lines), Lock::No).await? {
        lines.entry(row.order_id).or_default().push(row);
    }
    heads
        .into_iter()
        .map(|head| {
            let lines = lines.remove(&head.id).unwrap_or_default();
            Ok((OrderId::from_uuid(head.id), order_rows::slot(head, lines)?))
        })
        .collect()
}

/// Orders as rows, ready to be saved.
#[derive(Debug, Default)]
pub struct Rows {
    new: Vec<orders::Model>,
    /// Each with the number of its last event before.
    changed: Vec<(u32, orders::Model)>,
    lines: Vec<order_lines::Model>,
    holds: Vec<holds::Model>,
    fulfilments: Vec<fulfilments::Model>,
    approvals: Vec<approvals::Model>,
}

/// The rows of orders, of their lines and of what lists are made from. Empty slots are skipped.
///
/// # Errors
/// One cannot be written as JSON.
pub fn rows(saved: &[SavedOrder<'_>], now: Instant) -> Result<Rows, StoreError> {
    let mut rows = Rows::default();
    for s in saved {
        if let Some(row) = order_rows::order_row(s, now)? {
            if s.was_events == 0 { rows.new.push(row) } else { rows.changed.push((s.was_events, row)) }
        }
        let Slot::Placed(order) = s.slot else { continue };
        for line in &order.lines {
            rows.lines.push(order_rows::line_row(order, line)?);
        }
        rows.holds.extend(order.holds.iter().map(|hold| order_rows::hold_row(order.id, hold)));
        rows.fulfilments.extend(order.fulfilments.iter().map(|f| order_rows::fulfilment_row(order.id, f, now)));
        rows.approvals.extend(order_rows::approval_rows(order, now));
    }
    Ok(rows)
}

/// Writes orders.
///
/// # Errors
/// [`StoreError::Conflict`] when one was changed since it was loaded; [`StoreError::is_unlawful`] when a line breaks
/// its law or somebody approves an order of their own; [`StoreError::is_duplicate`] when one person signs a round
/// twice.
pub async fn save(tx: &Tx, rows: Rows) -> Result<(), StoreError> {
    let changed = bulk::each(rows.changed.iter().map(|(_, row)| row.id));
    let count = rows.new.len() as u64;
    if bulk::insert::<orders::Entity>(tx, rows.new, Conflict::Keep).await? != count {
        return Err(StoreError::Conflict("order"));
    }
    update(tx, rows.changed).await?;
    bulk::insert::<order_lines::Entity>(tx, rows.lines, Conflict::Replace).await?;
    bulk::delete::<holds::Entity>(tx, &[holds::Column::OrderId], changed).await?;
    bulk::insert::<holds::Entity>(tx, rows.holds, Conflict::Replace).await?;
    bulk::insert::<fulfilments::Entity>(tx, rows.fulfilments, Conflict::Replace).await?;
    save_approvals(tx, rows.approvals).await
}

/// Every column is written anew but those that say which order it is and since when we have it.
async fn update(tx: &Tx, changed: Vec<(u32, orders::Model)>) -> Result<(), StoreError> {
    use orders::Column as C;
    let set: Vec<C> = C::iter().filter(|c| !matches!(c, C::Id | C::CreatedAt | C::PlacedAt)).collect();
    let mut columns = vec![(C::Id, Role::Key), (C::Events, Role::Key), (C::PlacedAt, Role::Set)];
    columns.extend(set.iter().map(|c| (*c, Role::Set)));
    let count = changed.len() as u64;
    let rows = changed.into_iter().map(|(was, row)| {
        let mut values: Row = vec![row.id.into(), rows::small(was).into(), row.placed_at.into()];
        let mut row = row.into_active_model();
        values.extend(set.iter().map(|c| row.take(*c).into_value().unwrap_or(Value::String(None))));
        values
    });
    let rows = rows.collect();
    if bulk::update::<orders::Entity>(tx, &columns, rows).await? == count {
        Ok(())
    } else {
        Err(StoreError::Conflict("order"))
    }
}

/// Signatures are only ever added; one already written is not written again, so that the database can refuse a second
/// signature of the same person in a round.
async fn save_approvals(tx: &Tx, mut rows: Vec<approvals::Model>) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let orders: HashSet<uuid::Uuid> = rows.iter().map(|row| row.order_id).collect();
    let known = [approvals::Column::OrderId];
    let known = bulk::find::<approvals::Entity>(tx, &known, bulk::each(orders), Lock::No).await?;
    let known: HashSet<(uuid::Uuid, i32, Option<i32>)> =
        known.into_iter().map(|row| (row.order_id, row.round, row.step)).collect();
    rows.retain(|row| !known.contains(&(row.order_id, row.round, row.step)));
    bulk::insert::<approvals::Entity>(tx, rows, Conflict::Refuse).await?;
    Ok(())
}

/// Orders placed since `since` with one of these fingerprints, oldest first.
///
/// # Errors
/// The database is gone.
pub async fn similar(
    conn: &impl ConnectionTrait,
    fingerprints: &[&str],
    since: Instant,
) -> Result<HashMap<String, Vec<OrderId>>, StoreError> {
    let mut found: HashMap<String, Vec<OrderId>> = HashMap::new();
    for some in fingerprints.chunks(bulk::IN_MAX) {
        let rows: Vec<(uuid::Uuid, String)> = orders::Entity::find()
            .select_only()
            .columns([orders::Column::Id, orders::Column::Fingerprint])
            .filter(orders::Column::Fingerprint.is_in(bulk::padded(some)))
            // As written in the partial index; a bound value would not match it.
            .filter(Expr::cust("fingerprint <> ''"))
            .filter(orders::Column::PlacedAt.gte(since.0))
            .order_by_asc(orders::Column::PlacedAt)
            .into_tuple()
            .all(conn)
            .await?;
        for (id, fingerprint) in rows {
            found.entry(fingerprint).or_default().push(OrderId::from_uuid(id));
        }
    }
    Ok(found)
}

/// The orders that wait for stock of one of these skus, the most urgent first.
///
/// # Errors
/// The database is gone.
pub async fn backordered(conn: &impl ConnectionTrait, skus: &[&str], limit: u64) -> Result<Vec<OrderId>, StoreError> {
    let mut found: Vec<(i32, i64, uuid::Uuid)> = Vec::new();
    for some in skus.chunks(bulk::IN_MAX) {
        let lines = order_lines::Entity::find()
            .select_only()
            .column(order_lines::Column::OrderId)
            .filter(order_lines::Column::Sku.is_in(bulk::padded(some)))
            .filter(Expr::cust("backordered > 0"))
            .into_query();
        let rows: Vec<(i32, i64, uuid::Uuid)> = orders::Entity::find()
            .select_only()
            .columns([orders::Column::Priority, orders::Column::PlacedAt, orders::Column::Id])
            .filter(orders::Column::Id.in_subquery(lines))
            .order_by_desc(orders::Column::Priority)
            .order_by_asc(orders::Column::PlacedAt)
            .limit(limit)
            .into_tuple()
            .all(conn)
            .await?;
        found.extend(rows);
    }
    found.sort_by_key(|(priority, at, id)| (std::cmp::Reverse(*priority), *at, *id));
    found.dedup();
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found.into_iter().map(|(_, _, id)| OrderId::from_uuid(id)).collect())
}
