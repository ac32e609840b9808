//! Writing warehouses, carriers and rate cards.

use crate::store::{
    StoreError, Tx,
    bulk::{self, Conflict},
    entity::{carriers, rate_cards, warehouses},
    rows,
};
use model::{
    facts::{CarrierFacts, RateCard, WarehouseFacts},
    time::Instant,
};
use std::collections::BTreeMap;

/// Writes warehouses over those with the same code, each with its IANA zone; what depends on the day (`offset_minutes`,
/// `planned_today`) is not stored. The last one of a code counts.
///
/// # Errors
/// The database is gone.
pub async fn put_warehouses(
    tx: &Tx,
    warehouses: &[(WarehouseFacts, chrono_tz::Tz)],
    now: Instant,
) -> Result<(), StoreError> {
    let row = |(w, zone): &(WarehouseFacts, chrono_tz::Tz)| warehouses::Model {
        code: w.code.as_str().to_owned(),
        name: w.name.clone(),
        country: w.country.clone(),
        region: w.region.clone(),
        city: w.city.clone(),
        postcode: w.postcode.clone(),
        latitude: w.latitude,
        longitude: w.longitude,
        zone: zone.name().to_owned(),
        cutoff_minute: w.cutoff_minute,
        daily_capacity: w.daily_capacity,
        active: w.active,
        updated_at: now.0,
    };
    let latest: BTreeMap<String, _> = warehouses.iter().map(row).map(|w| (w.code.clone(), w)).collect();
    bulk::insert::<warehouses::Entity>(tx, latest.into_values().collect(), Conflict::Replace).await?;
    Ok(())
}

/// Writes carriers over those with the same code; the last one of a code counts.
///
/// # Errors
/// The database is gone.
pub async fn put_carriers(tx: &Tx, carriers: &[CarrierFacts], now: Instant) -> Result<(), StoreError> {
    let row = |c: &CarrierFacts| carriers::Model {
        code: c.code.as_str().to_owned(),
        name: c.name.clone(),
        on_time_ppm: rows::small(c.on_time_ppm),
        active: c.active,
        updated_at: now.0,
    };
    let latest: BTreeMap<String, _> = carriers.iter().map(row).map(|c| (c.code.clone(), c)).collect();
    bulk::insert::<carriers::Entity>(tx, latest.into_values().collect(), Conflict::Replace).await?;
    Ok(())
}

/// Writes rows of rate cards over those with the same carrier, service, warehouse and destination; the last one of a
/// key counts.
///
/// # Errors
/// The database is gone.
pub async fn put_rate_cards(tx: &Tx, cards: &[RateCard]) -> Result<(), StoreError> {
    let row = |c: &RateCard| rate_cards::Model {
        carrier: c.carrier.as_str().to_owned(),
        service: c.service.as_str().to_owned(),
        warehouse: c.warehouse.as_str().to_owned(),
        country: c.country.clone(),
        region: c.region.clone(),
        city: c.city.clone(),
        zone: c.zone.clone(),
        currency: c.currency.as_str().to_owned(),
        first_g: c.first_g,
        first_price: c.first_price,
        step_g: c.step_g,
        step_price: c.step_price,
        volumetric_divisor: c.volumetric_divisor,
        max_weight_g: c.max_weight_g,
        min_days: c.min_days,
        max_days: c.max_days,
    };
    let key = |c: &rate_cards::Model| {
        [&c.carrier, &c.service, &c.warehouse, &c.country, &c.region, &c.city].map(String::clone)
    };
    let latest: BTreeMap<_, _> = cards.iter().map(row).map(|c| (key(&c), c)).collect();
    bulk::insert::<rate_cards::Entity>(tx, latest.into_values().collect(), Conflict::Replace).await?;
    Ok(())
}
