//! Reading master data as the facts of decisions.

use crate::store::{
    StoreError,
    bulk::{self, Lock},
    entity::{carriers, customers, fulfilments, products, rate_cards, warehouses},
    rows::Place,
};
use chrono::{DateTime, NaiveDate, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use model::{
    codes::{Customer, Sku, Warehouse},
    facts::{CarrierFacts, CustomerFacts, Product, RateCard, RateCards, WarehouseFacts},
    ids::PartyId,
    measure::Size,
    money::UnitPrice,
    time::Instant,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait as _},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn products(conn: &impl ConnectionTrait, skus: &[Sku]) -> Result<HashMap<Sku, Arc<Product>>, StoreError> {
    let rows = bulk::find::<products::Entity>(conn, &[products::Column::Sku], keys(skus), Lock::No).await?;
    rows.into_iter().map(|row| product(row).map(|p| (p.sku.clone(), Arc::new(p)))).collect()
}

/// Unknown skus that are looked for in another letter case; more are only unknown.
const ALIKE_MAX: usize = 100;

/// Of `unknown` skus: the product that differs by the case of its ASCII letters alone, where there is exactly one.
///
/// # Errors
/// The database is gone.
pub async fn alike(conn: &impl ConnectionTrait, unknown: &[&Sku]) -> Result<HashMap<Sku, Sku>, StoreError> {
    let unknown = &unknown[..unknown.len().min(ALIKE_MAX)];
    if unknown.is_empty() {
        return Ok(HashMap::new());
    }
    let folded = unknown.iter().map(|sku| sku.as_str().to_ascii_lowercase());
    let found: Vec<String> = products::Entity::find()
        .select_only()
        .column(products::Column::Sku)
        // As the index has it.
        .filter(Expr::cust("lower(sku)").is_in(folded))
        .into_tuple()
        .all(conn)
        .await?;
    let only = |sku: &&Sku| {
        let mut same = found.iter().filter(|other| other.eq_ignore_ascii_case(sku.as_str()));
        match (same.next(), same.next()) {
            (Some(one), None) => Some(((*sku).clone(), Sku::new(one))),
            _ => None,
        }
    };
    Ok(unknown.iter().filter_map(only).collect())
}

/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn customers(
    conn: &impl ConnectionTrait,
    codes: &[Customer],
) -> Result<HashMap<Customer, Arc<CustomerFacts>>, StoreError> {
    let rows = customer_rows(conn, codes).await?;
    rows.into_iter().map(|row| customer(row).map(|c| (c.code.clone(), Arc::new(c)))).collect()
}

/// The parties customers are.
///
/// # Errors
/// The database is gone.
pub async fn customer_parties(
    conn: &impl ConnectionTrait,
    codes: &[Customer],
) -> Result<HashMap<Customer, PartyId>, StoreError> {
    let rows = customer_rows(conn, codes).await?;
    Ok(rows.into_iter().map(|row| (Customer::new(&row.code), PartyId::from_uuid(row.party_id))).collect())
}

async fn customer_rows(conn: &impl ConnectionTrait, codes: &[Customer]) -> Result<Vec<customers::Model>, StoreError> {
    let codes = codes.iter().filter(|code| !code.is_empty()).map(Customer::as_str).collect::<BTreeSet<_>>();
    bulk::find::<customers::Entity>(conn, &[customers::Column::Code], bulk::each(codes), Lock::No).await
}

/// All warehouses by code, as they are at `now`: their clocks, and what was planned in them since their midnight.
///
/// # Errors
/// A zone we do not know, or the database is gone.
pub async fn warehouses(conn: &impl ConnectionTrait, now: Instant) -> Result<Vec<WarehouseFacts>, StoreError> {
    let rows = warehouses::Entity::find().order_by_asc(warehouses::Column::Code).all(conn).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let zone: Tz = row.zone.parse().map_err(|_| Place::new("warehouses", "zone", &row.code).inconsistent())?;
        let (offset_minutes, midnight) = local_day(zone, now);
        let planned = fulfilments::Entity::find()
            .filter(fulfilments::Column::Warehouse.eq(row.code.as_str()))
            .filter(fulfilments::Column::PlannedAt.gte(midnight.0))
            .filter(fulfilments::Column::State.ne("cancelled"))
            .count(conn)
            .await?;
        found.push(WarehouseFacts {
            code: Warehouse::new(&row.code),
            name: row.name,
            country: row.country,
            region: row.region,
            city: row.city,
            postcode: row.postcode,
            latitude: row.latitude,
            longitude: row.longitude,
            offset_minutes,
            cutoff_minute: row.cutoff_minute,
            daily_capacity: row.daily_capacity,
            planned_today: crate::store::rows::small(planned),
            active: row.active,
        });
    }
    Ok(found)
}

/// Minutes east of UTC at `now`, and the instant the day began there.
fn local_day(zone: Tz, now: Instant) -> (i32, Instant) {
    let utc = DateTime::<Utc>::from_timestamp_micros(now.0).unwrap_or_default();
    let local = utc.with_timezone(&zone);
    let offset = local.offset().fix().local_minus_utc() / 60;
    // Where midnight does not exist (a clock put forward), the day begins with its first instant; the present offset
    // is near enough for a capacity.
    let midnight = zone.from_local_datetime(&local.date_naive().and_time(NaiveTime::MIN)).earliest();
    let since = midnight.map_or(now.0 - model::time::DAY, |midnight| midnight.timestamp_micros());
    (offset, Instant(since))
}

/// All carriers by code.
///
/// # Errors
/// The database is gone.
pub async fn carriers(conn: &impl ConnectionTrait) -> Result<Vec<CarrierFacts>, StoreError> {
    let rows = carriers::Entity::find().order_by_asc(carriers::Column::Code).all(conn).await?;
    let carrier = |row: carriers::Model| CarrierFacts {
        code: row.code.into(),
        name: row.name,
        on_time_ppm: i64::from(row.on_time_ppm),
        active: row.active,
    };
    Ok(rows.into_iter().map(carrier).collect())
}

/// All rate cards.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn rate_cards(conn: &impl ConnectionTrait) -> Result<RateCards, StoreError> {
    use rate_cards::Column as C;
    let mut query = rate_cards::Entity::find();
    for column in [C::Carrier, C::Service, C::Warehouse, C::Country, C::Region, C::City] {
        query = query.order_by_asc(column);
    }
    let rows = query.all(conn).await?;
    Ok(RateCards::new(rows.into_iter().map(rate_card).collect::<Result<Vec<_>, _>>()?))
}

pub(super) fn keys(skus: &[Sku]) -> Vec<bulk::Row> {
    bulk::each(skus.iter().map(Sku::as_str).collect::<BTreeSet<_>>())
}

pub(super) fn product(row: products::Model) -> Result<Product, StoreError> {
    let place = |column| Place::new("products", column, &row.sku);
    let cost_currency = match row.cost_currency.as_str() {
        "" => None,
        code => Some(place("cost_currency").currency(code)?),
    };
    Ok(Product {
        units: place("units").json(&row.units)?,
        cost_currency,
        sku: Sku::new(&row.sku),
        name: row.name,
        name_en: row.name_en,
        category: row.category,
        active: row.active,
        base_unit: row.base_unit.into(),
        weight_g: row.weight_g,
        size: Size { length_mm: row.length_mm, width_mm: row.width_mm, height_mm: row.height_mm },
        unit_cost: UnitPrice(row.unit_cost),
        tax_class: row.tax_class,
    })
}

pub(super) fn customer(row: customers::Model) -> Result<CustomerFacts, StoreError> {
    let place = |column| Place::new("customers", column, &row.code);
    Ok(CustomerFacts {
        tier: place("tier").named(&row.tier)?,
        currency: place("currency").currency(&row.currency)?,
        code: Customer::new(&row.code),
        group: row.customer_group.into(),
        credit_limit: row.credit_limit,
        payment_days: row.payment_days,
        active: row.active,
    })
}

pub(super) fn rate_card(row: rate_cards::Model) -> Result<RateCard, StoreError> {
    Ok(RateCard {
        currency: Place::new("rate_cards", "currency", &row.carrier).currency(&row.currency)?,
        carrier: row.carrier.into(),
        service: row.service.into(),
        warehouse: row.warehouse.into(),
        country: row.country,
        region: row.region,
        city: row.city,
        zone: row.zone,
        first_g: row.first_g,
        first_price: row.first_price,
        step_g: row.step_g,
        step_price: row.step_price,
        volumetric_divisor: row.volumetric_divisor,
        max_weight_g: row.max_weight_g,
        min_days: row.min_days,
        max_days: row.max_days,
    })
}

pub(super) fn date(text: &str, place: Place<'_>) -> Result<Option<NaiveDate>, StoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| place.inconsistent())
}
