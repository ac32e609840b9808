//! The price book: everybody's rows in one table, those of one customer's contract in another. Both have the same columns
//! but for the customer, so a program from before contracts still reads and writes its own.

use super::{
    date,
    read::{self, keys},
};
use crate::store::{
    StoreError, Tx,
    bulk::{self, Conflict, Lock},
    entity::{contract_prices, prices},
    rows::Place,
};
use model::{
    codes::{Customer, Sku},
    facts::Price,
    measure::Quantity,
    money::UnitPrice,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Writes rows of the price book over those with the same customer, sku, unit, currency, group, channel, quantity and
/// first day; the last one of a key counts.
///
/// # Errors
/// The database is gone.
pub async fn put_prices(tx: &Tx, prices: &[Price]) -> Result<(), StoreError> {
    let key = |p: &Price| {
        let codes = [p.customer.as_str(), p.sku.as_str(), p.unit.as_str(), p.group.as_str(), p.channel.as_str()];
        (codes.map(str::to_owned), p.currency, p.min_quantity, p.valid_from)
    };
    let latest: BTreeMap<_, &Price> = prices.iter().map(|p| (key(p), p)).collect();
    let (contracts, everybodys): (Vec<&Price>, Vec<&Price>) =
        latest.into_values().partition(|p| !p.customer.is_empty());
    bulk::insert::<prices::Entity>(tx, everybodys.into_iter().map(row).collect(), Conflict::Replace).await?;
    let contracts = contracts.into_iter().map(contract_row).collect();
    bulk::insert::<contract_prices::Entity>(tx, contracts, Conflict::Replace).await?;
    Ok(())
}

/// Every row of the price book for each sku, in the order of its key. Skus without a row are absent.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn prices(conn: &impl ConnectionTrait, skus: &[Sku]) -> Result<HashMap<Sku, Arc<Vec<Price>>>, StoreError> {
    let book = bulk::find::<prices::Entity>(conn, &[prices::Column::Sku], keys(skus), Lock::No).await?;
    let of_sku = &[contract_prices::Column::Sku];
    let contracts = bulk::find::<contract_prices::Entity>(conn, of_sku, keys(skus), Lock::No).await?;
    gathered(book, contracts)
}

/// The rows for each sku that are everybody's or one of these customers'.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn prices_for(
    conn: &impl ConnectionTrait,
    skus: &[Sku],
    customers: &[Customer],
) -> Result<HashMap<Sku, Arc<Vec<Price>>>, StoreError> {
    let book = bulk::find::<prices::Entity>(conn, &[prices::Column::Sku], keys(skus), Lock::No).await?;
    let mut contracts = vec![];
    if !customers.is_empty() {
        let of = contract_prices::Column::Customer.is_in(customers.iter().map(Customer::as_str));
        let query = contract_prices::Entity::find().filter(of);
        contracts = query.filter(contract_prices::Column::Sku.is_in(skus.iter().map(Sku::as_str))).all(conn).await?;
    }
    gathered(book, contracts)
}

fn gathered(
    book: Vec<prices::Model>,
    contracts: Vec<contract_prices::Model>,
) -> Result<HashMap<Sku, Arc<Vec<Price>>>, StoreError> {
    let everybodys = book.into_iter().map(|row| price(row, Customer::default()));
    let contracts = contracts.into_iter().map(of_contract);
    let mut rows = everybodys.chain(contracts).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by(|a, b| {
        let codes = |p: &Price| [p.customer.to_string(), p.unit.to_string(), p.currency.to_string()];
        let rest = |p: &Price| (p.group.clone(), p.channel.clone(), p.min_quantity, p.valid_from);
        codes(a).cmp(&codes(b)).then_with(|| rest(a).cmp(&rest(b)))
    });
    let mut found: HashMap<Sku, Vec<Price>> = HashMap::new();
    for price in rows {
        found.entry(price.sku.clone()).or_default().push(price);
    }
    Ok(found.into_iter().map(|(sku, prices)| (sku, Arc::new(prices))).collect())
}

fn row(p: &Price) -> prices::Model {
    prices::Model {
        sku: p.sku.as_str().to_owned(),
        unit: p.unit.as_str().to_owned(),
        currency: p.currency.as_str().to_owned(),
        customer_group: p.group.as_str().to_owned(),
        channel: p.channel.as_str().to_owned(),
        min_quantity: p.min_quantity.0,
        unit_price: p.unit_price.0,
        valid_from: date(p.valid_from),
        valid_to: date(p.valid_to),
    }
}

fn contract_row(p: &Price) -> contract_prices::Model {
    let prices::Model { sku, unit, currency, customer_group, channel, min_quantity, unit_price, valid_from, valid_to } =
        row(p);
    contract_prices::Model {
        customer: p.customer.as_str().to_owned(),
        sku,
        unit,
        currency,
        customer_group,
        channel,
        min_quantity,
        unit_price,
        valid_from,
        valid_to,
    }
}

fn of_contract(row: contract_prices::Model) -> Result<Price, StoreError> {
    let contract_prices::Model { customer, sku, unit, currency, customer_group, channel, .. } = row;
    let contract_prices::Model { min_quantity, unit_price, valid_from, valid_to, .. } = row;
    let row =
        prices::Model { sku, unit, currency, customer_group, channel, min_quantity, unit_price, valid_from, valid_to };
    price(row, customer.into())
}

fn price(row: prices::Model, customer: Customer) -> Result<Price, StoreError> {
    let place = |column| Place::new("prices", column, &row.sku);
    Ok(Price {
        currency: place("currency").currency(&row.currency)?,
        valid_from: read::date(&row.valid_from, place("valid_from"))?,
        valid_to: read::date(&row.valid_to, place("valid_to"))?,
        sku: Sku::new(&row.sku),
        unit: row.unit.into(),
        customer,
        group: row.customer_group.into(),
        channel: row.channel.into(),
        min_quantity: Quantity(row.min_quantity),
        unit_price: UnitPrice(row.unit_price),
    })
}
