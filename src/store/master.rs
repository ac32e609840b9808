//! Master data: what is sold, at what price, to whom, from where, and who carries it.

pub mod lists;
mod places;
mod prices;
mod promotions;
mod read;

pub use places::{put_carriers, put_rate_cards, put_warehouses};
pub use prices::{prices, prices_for, put_prices};
pub use promotions::{promotions, put_promotions};
pub use read::{alike, carriers, customer_parties, customers, products, rate_cards, warehouses};

use super::{
    StoreError, Tx,
    bulk::{self, Conflict},
    entity::{customers, products},
    rows,
};
use chrono::NaiveDate;
use model::{
    facts::{CustomerFacts, Product},
    ids::PartyId,
    time::Instant,
};
use std::collections::BTreeMap;

/// Writes products over those with the same sku; the last one of a sku counts.
///
/// # Errors
/// The database is gone.
pub async fn put_products(tx: &Tx, products: &[Product], now: Instant) -> Result<(), StoreError> {
    let latest: BTreeMap<&str, &Product> = products.iter().map(|p| (p.sku.as_str(), p)).collect();
    let row = |p: &Product| -> Result<products::Model, StoreError> {
        Ok(products::Model {
            sku: p.sku.as_str().to_owned(),
            name: p.name.clone(),
            name_en: p.name_en.clone(),
            category: p.category.clone(),
            active: p.active,
            base_unit: p.base_unit.as_str().to_owned(),
            units: rows::json(&p.units)?,
            weight_g: p.weight_g,
            length_mm: p.size.length_mm,
            width_mm: p.size.width_mm,
            height_mm: p.size.height_mm,
            unit_cost: p.unit_cost.0,
            cost_currency: p.cost_currency.map_or(String::new(), |c| c.as_str().to_owned()),
            tax_class: p.tax_class.clone(),
            updated_at: now.0,
        })
    };
    let rows = latest.into_values().map(row).collect::<Result<Vec<_>, _>>()?;
    bulk::insert::<products::Entity>(tx, rows, Conflict::Replace).await?;
    Ok(())
}

/// Writes customers over those with the same code, each with its party (stored by the caller); the last one of a code
/// counts.
///
/// # Errors
/// The database is gone.
pub async fn put_customers(tx: &Tx, customers: &[(CustomerFacts, PartyId)], now: Instant) -> Result<(), StoreError> {
    let latest: BTreeMap<&str, _> = customers.iter().map(|c| (c.0.code.as_str(), c)).collect();
    let row = |(c, party): &(CustomerFacts, PartyId)| -> Result<customers::Model, StoreError> {
        Ok(customers::Model {
            code: c.code.as_str().to_owned(),
            party_id: party.uuid(),
            customer_group: c.group.as_str().to_owned(),
            tier: rows::name(&c.tier)?,
            currency: c.currency.as_str().to_owned(),
            credit_limit: c.credit_limit,
            payment_days: c.payment_days,
            active: c.active,
            updated_at: now.0,
        })
    };
    let rows = latest.into_values().map(row).collect::<Result<Vec<_>, _>>()?;
    bulk::insert::<customers::Entity>(tx, rows, Conflict::Replace).await?;
    Ok(())
}

/// A date as it is stored: `2026-03-02`, empty when there is none.
fn date(date: Option<NaiveDate>) -> String {
    date.map_or(String::new(), |date| date.to_string())
}
