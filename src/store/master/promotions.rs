//! Promotions, written and read.

use super::{date, read};
use crate::store::{
    StoreError, Tx,
    bulk::{self, Conflict},
    entity::promotions,
    rows::Place,
};
use model::{
    codes::Code,
    facts::{Benefit, Promotion},
    measure::Quantity,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use std::collections::BTreeMap;

/// Writes promotions over those with the same code; the last one of a code counts.
///
/// # Errors
/// The database is gone.
pub async fn put_promotions(tx: &Tx, promotions: &[Promotion]) -> Result<(), StoreError> {
    let latest: BTreeMap<&str, &Promotion> = promotions.iter().map(|p| (p.code.as_str(), p)).collect();
    let rows = latest.into_values().map(row).collect();
    bulk::insert::<promotions::Entity>(tx, rows, Conflict::Replace).await?;
    Ok(())
}

fn row(p: &Promotion) -> promotions::Model {
    let (kind, value, buy, free) = match p.benefit {
        Benefit::Percent(ppm) => ("percent", ppm, 0, 0),
        Benefit::Amount(minor) => ("amount", minor, 0, 0),
        Benefit::BuyGet { buy, get } => ("buy_n_get_m", 0, buy, get),
    };
    promotions::Model {
        code: p.code.clone(),
        name: p.name.clone(),
        kind: kind.to_owned(),
        value,
        currency: p.currency.map_or(String::new(), |c| c.as_str().to_owned()),
        buy,
        free,
        skus: joined(&p.skus),
        category: p.category.clone(),
        channels: joined(&p.channels),
        customer_groups: joined(&p.groups),
        valid_from: date(p.valid_from),
        valid_to: date(p.valid_to),
        min_amount: p.min_amount,
        min_quantity: p.min_quantity.0,
        stackable: p.stackable,
        priority: p.priority,
    }
}

/// All promotions, in the order of their codes.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn promotions(conn: &impl ConnectionTrait) -> Result<Vec<Promotion>, StoreError> {
    let rows = promotions::Entity::find().order_by_asc(promotions::Column::Code).all(conn).await?;
    rows.into_iter().map(promotion).collect()
}

fn promotion(row: promotions::Model) -> Result<Promotion, StoreError> {
    let place = |column| Place::new("promotions", column, &row.code);
    let currency = match row.currency.as_str() {
        "" => None,
        code => Some(place("currency").currency(code)?),
    };
    let benefit = match row.kind.as_str() {
        "percent" => Benefit::Percent(row.value),
        "amount" => Benefit::Amount(row.value),
        "buy_n_get_m" => Benefit::BuyGet { buy: row.buy, get: row.free },
        _ => return Err(place("kind").inconsistent()),
    };
    Ok(Promotion {
        benefit,
        currency,
        skus: parts(&row.skus),
        channels: parts(&row.channels),
        groups: parts(&row.customer_groups),
        valid_from: read::date(&row.valid_from, place("valid_from"))?,
        valid_to: read::date(&row.valid_to, place("valid_to"))?,
        min_amount: row.min_amount,
        min_quantity: Quantity(row.min_quantity),
        stackable: row.stackable,
        priority: row.priority,
        code: row.code,
        name: row.name,
        category: row.category,
    })
}

fn joined<K>(codes: &[Code<K>]) -> String {
    codes.iter().map(Code::as_str).collect::<Vec<_>>().join(";")
}

fn parts<K>(text: &str) -> Vec<Code<K>> {
    text.split(';').filter(|part| !part.is_empty()).map(Code::new).collect()
}
