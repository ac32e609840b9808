//! The ledger explains every unit, and what is reserved is reserved for somebody.

use super::{PAGE, Report};
use crate::store::{
    StoreError,
    bulk::{self},
    entity::{reservations, stock, stock_ledger},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

type Key = (String, String);

/// What the ledger and the reservations say a level is.
#[derive(Clone, Copy, Default)]
struct Explained {
    on_hand: i64,
    reserved: i64,
    shortage: i64,
    promised: i64,
}

pub(super) async fn check(db: &impl ConnectionTrait, report: &mut Report) -> Result<(), StoreError> {
    use stock::Column as C;
    let (mut entries, mut promises) = (0_i64, 0_i64);
    let mut after = String::new();
    loop {
        // Whole skus at a time: a page is made of all levels of the next ones.
        let skus: Vec<String> = stock::Entity::find()
            .select_only()
            .column(C::Sku)
            .distinct()
            .filter(C::Sku.gt(after.as_str()))
            .order_by_asc(C::Sku)
            .limit(PAGE)
            .into_tuple()
            .all(db)
            .await?;
        let Some(last) = skus.last() else { break };
        after.clone_from(last);
        let wanted = bulk::padded(&skus.iter().map(String::as_str).collect::<Vec<_>>());
        let mut explained = HashMap::new();
        entries += add_ledger(db, &wanted, &mut explained).await?;
        promises += add_reservations(db, &wanted, &mut explained).await?;
        let levels = stock::Entity::find().filter(C::Sku.is_in(wanted)).all(db).await?;
        report.stock_levels += levels.len() as u64;
        for level in levels {
            let found = explained.remove(&(level.sku.clone(), level.warehouse.clone())).unwrap_or_default();
            check_level(&level, found, report);
        }
        for (sku, warehouse) in explained.into_keys() {
            report.broken("stock_level_missing", format_args!("{sku} in {warehouse}"));
        }
    }
    let all = count(stock_ledger::Entity::find().count(db).await?);
    report.unequal("ledger_without_level", &"rows of the ledger", all, entries);
    let all = count(reservations::Entity::find().count(db).await?);
    report.unequal("reservations_without_level", &"reservations", all, promises);
    report.unequal("reservations_without_order", &"reservations", all, count(report.reservations));
    Ok(())
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Adds the sums of the ledger; gives how many rows were summed.
async fn add_ledger(
    db: &impl ConnectionTrait,
    skus: &[&str],
    explained: &mut HashMap<Key, Explained>,
) -> Result<i64, StoreError> {
    use stock_ledger::Column as C;
    let sum = |column: C| Expr::col(column).sum().cast_as("BIGINT");
    let rows: Vec<(String, String, i64, i64, i64, i64)> = stock_ledger::Entity::find()
        .select_only()
        .columns([C::Sku, C::Warehouse])
        .column_as(sum(C::OnHandChange), "on_hand")
        .column_as(sum(C::ReservedChange), "reserved")
        .column_as(sum(C::ShortageChange), "shortage")
        .column_as(C::Id.count(), "entries")
        .filter(C::Sku.is_in(skus.iter().copied()))
        .group_by(C::Sku)
        .group_by(C::Warehouse)
        .into_tuple()
        .all(db)
        .await?;
    let mut entries = 0;
    for (sku, warehouse, on_hand, reserved, shortage, rows) in rows {
        let known = explained.entry((sku, warehouse)).or_default();
        *known = Explained { on_hand, reserved, shortage, ..*known };
        entries += rows;
    }
    Ok(entries)
}

/// Adds the sums of the open reservations; gives how many rows were summed.
async fn add_reservations(
    db: &impl ConnectionTrait,
    skus: &[&str],
    explained: &mut HashMap<Key, Explained>,
) -> Result<i64, StoreError> {
    use reservations::Column as C;
    let rows: Vec<(String, String, i64, i64)> = reservations::Entity::find()
        .select_only()
        .columns([C::Sku, C::Warehouse])
        .column_as(Expr::col(C::Quantity).sum().cast_as("BIGINT"), "quantity")
        .column_as(C::Line.count(), "entries")
        .filter(C::Sku.is_in(skus.iter().copied()))
        .group_by(C::Sku)
        .group_by(C::Warehouse)
        .into_tuple()
        .all(db)
        .await?;
    let mut entries = 0;
    for (sku, warehouse, promised, rows) in rows {
        explained.entry((sku, warehouse)).or_default().promised = promised;
        entries += rows;
    }
    Ok(entries)
}

fn check_level(level: &stock::Model, found: Explained, report: &mut Report) {
    let of = format!("{} in {}", level.sku, level.warehouse);
    report.unequal("stock_on_hand_unexplained", &of, level.on_hand, found.on_hand);
    report.unequal("stock_reserved_unexplained", &of, level.reserved, found.reserved);
    report.unequal("stock_shortage_unexplained", &of, level.shortage, found.shortage);
    report.unequal("stock_reserved_for_nobody", &of, level.reserved, found.promised);
    if [level.on_hand, level.reserved, level.shortage, level.safety].into_iter().any(i64::is_negative) {
        report.broken("stock_negative", &of);
    }
    if level.reserved > level.on_hand + level.shortage {
        report.broken("stock_oversold", &of);
    }
}
