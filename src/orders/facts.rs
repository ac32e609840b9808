//! Reads the facts of a batch: one query per kind, whatever its size.

use crate::{
    app::Core,
    store::{self, StoreError},
};
use model::{
    codes::{Customer, Sku},
    facts::Facts,
    order::state::{Order, Slot},
    rules::checks::fingerprint,
    said::{Content, PartyRef},
};
use sea_orm::ConnectionTrait;
use std::collections::BTreeSet;

/// Everything decisions about `stated`, `slots` and the goods `skus` may look at.
pub(super) async fn load<'a>(
    core: &Core,
    db: &impl ConnectionTrait,
    stated: &[&Content<PartyRef>],
    mut skus: BTreeSet<Sku>,
    slots: impl Iterator<Item = &'a Slot>,
) -> Result<Facts, StoreError> {
    let orders: Vec<&Order> = slots.filter_map(Slot::order).collect();
    skus.extend(stated.iter().flat_map(|c| &c.items).map(|i| i.sku.clone()));
    skus.extend(orders.iter().flat_map(|o| &o.lines).map(|l| l.item.sku.clone()));
    skus.remove("");
    let skus: Vec<Sku> = skus.into_iter().collect();
    let mut customers: BTreeSet<Customer> = stated.iter().map(|c| c.header.customer.clone()).collect();
    customers.extend(orders.iter().map(|o| o.header.customer.clone()));
    customers.remove("");
    let customers: Vec<Customer> = customers.into_iter().collect();
    let now = core.clock.now();
    let world = core.world(now).await?;
    let since = now.plus(-world.policies.checks.duplicate_window_micros());
    let prints: BTreeSet<String> = stated.iter().map(|c| fingerprint(c)).filter(|p| !p.is_empty()).collect();
    let prints: Vec<&str> = prints.iter().map(String::as_str).collect();
    let products = store::master::products(db, &skus).await?;
    let unknown: Vec<&Sku> = skus.iter().filter(|sku| !products.contains_key(*sku)).collect();
    Ok(Facts {
        now,
        alike: store::master::alike(db, &unknown).await?,
        products,
        prices: store::master::prices_for(db, &skus, &customers).await?,
        customers: store::master::customers(db, &customers).await?,
        stock: store::stock::load(db, &skus).await?,
        similar: store::orders::similar(db, &prints, since).await?,
        world,
    })
}
