//! Words from outside about stock: counts and goods that came in. They touch no order; what they mean for orders is left
//! as follow-up work, written in the same transaction.

use crate::{
    app::Core,
    replenish,
    store::{
        Lane, StoreError, Tx, replenishments,
        stock::{self, Count, Levels, StockKey},
        work::{self, Job},
    },
    work::{LOSE_STOCK, RETRY_BACKORDERS, lose_stock_key},
};
use model::{
    codes::{Sku, Warehouse},
    measure::Quantity,
    order::event::Actor,
    time::Instant,
};
use std::collections::BTreeSet;

/// One lot of goods that came in: what, where, how many base units.
pub type GoodsIn = (Sku, Warehouse, Quantity);

/// What the ledger says a change came from.
pub fn cause(actor: &Actor) -> String {
    match actor {
        Actor::User { user, .. } => user.to_string(),
        Actor::Channel { channel } => channel.to_string(),
        Actor::Partner { name } => name.clone(),
        Actor::System => String::new(),
    }
}

/// Takes counts of what is on hand. Where less is there than was reserved, the newest reservations will give way; where
/// there is more to promise, orders that wait are taken up again.
///
/// # Errors
/// The database is away.
pub async fn count(core: &Core, counts: &[Count], cause: &str) -> Result<(), StoreError> {
    let now = core.clock.now();
    let skus: BTreeSet<Sku> = counts.iter().map(|c| c.sku.clone()).collect();
    let skus: Vec<Sku> = skus.into_iter().collect();
    let tx = core.store.begin(Lane::Work).await?;
    let before = stock::load(&tx, &skus).await?;
    let short = stock::set_counts(&tx, counts, cause, now).await?;
    let after = stock::load(&tx, &skus).await?;
    let lost = short.iter().flat_map(|s| &s.reserved).map(|r| lose_stock_key(r.order, r.fulfilment));
    let jobs = jobs(LOSE_STOCK, lost, now);
    work::schedule(&tx, &jobs).await?;
    retry(&tx, risen(&before, &after), now).await?;
    let checks: Vec<Job> = skus.iter().map(|sku| replenish::job(sku.as_str(), now)).collect();
    work::schedule(&tx, &checks).await?;
    tx.commit().await?;
    core.work.notify_waiters();
    Ok(())
}

/// Adds goods that came in.
///
/// # Errors
/// The database is away.
pub async fn goods_in(core: &Core, goods: &[GoodsIn], cause: &str) -> Result<(), StoreError> {
    let now = core.clock.now();
    let tx = core.store.begin(Lane::Work).await?;
    stock::goods_in(&tx, goods, cause, now).await?;
    retry(&tx, goods.iter().map(|(sku, ..)| sku.clone()).collect(), now).await?;
    tx.commit().await?;
    core.work.notify_waiters();
    Ok(())
}

/// Says when levels are short and how much is bought at a time; whether one is short now is asked at once.
///
/// # Errors
/// The database is away.
pub async fn reorder(core: &Core, points: &[(StockKey, Quantity, Quantity)]) -> Result<(), StoreError> {
    let now = core.clock.now();
    let tx = core.store.begin(Lane::Work).await?;
    replenishments::set_points(&tx, points).await?;
    let skus: BTreeSet<&Sku> = points.iter().map(|((sku, _), ..)| sku).collect();
    let checks: Vec<Job> = skus.iter().map(|sku| replenish::job(sku.as_str(), now)).collect();
    work::schedule(&tx, &checks).await?;
    tx.commit().await?;
    core.worlds.forget().await;
    core.work.notify_waiters();
    Ok(())
}

/// Skus of which some warehouse has more to promise than before.
fn risen(before: &Levels, after: &Levels) -> BTreeSet<Sku> {
    let more = after.iter().filter(|(key, level)| {
        level.available() > before.get(*key).map_or(Quantity::ZERO, model::facts::StockLevel::available)
    });
    more.map(|((sku, _), _)| sku.clone()).collect()
}

/// Orders that wait for one of these are taken up again.
async fn retry(tx: &Tx, skus: BTreeSet<Sku>, now: Instant) -> Result<(), StoreError> {
    work::schedule(tx, &jobs(RETRY_BACKORDERS, skus.iter().map(Sku::to_string), now)).await
}

fn jobs(kind: &str, keys: impl Iterator<Item = String>, due: Instant) -> Vec<Job> {
    keys.map(|key| Job { kind: kind.to_owned(), key, due }).collect()
}
