//! Lists of master data, page by page in the order of their keys.

use super::read;
use crate::store::{
    StoreError,
    entity::{contract_prices, customers, prices, products, rate_cards, warehouses},
};
use model::{
    codes::Sku,
    facts::{CustomerFacts, Product, RateCard, WarehouseFacts},
    ids::PartyId,
    time::Instant,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use std::collections::{BTreeSet, HashMap};

/// Rows of a page at most.
pub const PAGE_MAX: u64 = 501;

/// A warehouse with the name of its zone.
#[derive(Clone, Debug)]
pub struct ZonedWarehouse {
    pub facts: WarehouseFacts,
    /// IANA.
    pub zone: String,
}

/// Carrier, service, warehouse, country, region, city.
pub type RateCardKey = [String; 6];

/// Products whose sku comes after `after`.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn products(conn: &impl ConnectionTrait, after: &str, limit: u64) -> Result<Vec<Product>, StoreError> {
    let rows = products::Entity::find()
        .filter(products::Column::Sku.gt(after))
        .order_by_asc(products::Column::Sku)
        .limit(limit.min(PAGE_MAX))
        .all(conn)
        .await?;
    rows.into_iter().map(read::product).collect()
}

/// Customers whose code comes after `after`, and who they are.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn customers(
    conn: &impl ConnectionTrait,
    after: &str,
    limit: u64,
) -> Result<Vec<(CustomerFacts, PartyId)>, StoreError> {
    let rows = customers::Entity::find()
        .filter(customers::Column::Code.gt(after))
        .order_by_asc(customers::Column::Code)
        .limit(limit.min(PAGE_MAX))
        .all(conn)
        .await?;
    let one = |row: customers::Model| {
        let party = PartyId::from_uuid(row.party_id);
        read::customer(row).map(|facts| (facts, party))
    };
    rows.into_iter().map(one).collect()
}

/// Skus after `after` that the price book has rows for, everybody's or a contract's.
///
/// # Errors
/// The database is gone.
pub async fn priced_skus(conn: &impl ConnectionTrait, after: &str, limit: u64) -> Result<Vec<Sku>, StoreError> {
    let everybodys = skus_of::<prices::Entity>(conn, prices::Column::Sku, after, limit).await?;
    let contracts = skus_of::<contract_prices::Entity>(conn, contract_prices::Column::Sku, after, limit).await?;
    let both: BTreeSet<String> = everybodys.into_iter().chain(contracts).collect();
    let most = usize::try_from(limit.min(PAGE_MAX)).unwrap_or(usize::MAX);
    Ok(both.iter().take(most).map(|sku| Sku::new(sku)).collect())
}

async fn skus_of<E: EntityTrait>(
    conn: &impl ConnectionTrait,
    sku: E::Column,
    after: &str,
    limit: u64,
) -> Result<Vec<String>, StoreError> {
    let skus = E::find().select_only().column(sku).filter(sku.gt(after)).group_by(sku).order_by_asc(sku);
    Ok(skus.limit(limit.min(PAGE_MAX)).into_tuple().all(conn).await?)
}

/// All warehouses by code, as they are at `now`, with the names of their zones.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn warehouses(conn: &impl ConnectionTrait, now: Instant) -> Result<Vec<ZonedWarehouse>, StoreError> {
    let zones: Vec<(String, String)> = warehouses::Entity::find()
        .select_only()
        .columns([warehouses::Column::Code, warehouses::Column::Zone])
        .into_tuple()
        .all(conn)
        .await?;
    let zones: HashMap<String, String> = zones.into_iter().collect();
    let zoned = |facts: WarehouseFacts| {
        let zone = zones.get(facts.code.as_str()).cloned().unwrap_or_default();
        ZonedWarehouse { facts, zone }
    };
    Ok(read::warehouses(conn, now).await?.into_iter().map(zoned).collect())
}

/// Rows of rate cards whose key comes after `after`.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn rate_cards(
    conn: &impl ConnectionTrait,
    after: Option<&RateCardKey>,
    limit: u64,
) -> Result<Vec<RateCard>, StoreError> {
    use rate_cards::Column as C;
    const KEY: [C; 6] = [C::Carrier, C::Service, C::Warehouse, C::Country, C::Region, C::City];
    let mut query = rate_cards::Entity::find().limit(limit.min(PAGE_MAX));
    for column in KEY {
        query = query.order_by_asc(column);
    }
    if let Some(after) = after {
        let columns = Expr::tuple(KEY.map(Expr::col));
        let after = Expr::tuple(after.iter().map(|part| Expr::value(part.as_str())));
        // Called by its full name: the trait in scope would make `min` of numbers ambiguous.
        query = query.filter(sea_orm::sea_query::ExprTrait::gt(columns, after));
    }
    query.all(conn).await?.into_iter().map(read::rate_card).collect()
}
