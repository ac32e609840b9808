//! The questions asked of what is left: what the ledger says was acknowledged against what the database and the partners
//! have.

use super::{
    ledger::{Hash, NO_ORDER},
    site::Site,
};
use anyhow::Result;
use sea_orm::EntityTrait as _;
use std::collections::{BTreeSet, HashMap};
use tributary::{
    store::{Store, entity},
    verify::verify,
};

/// Violations that are told.
const TOLD: usize = 5;

#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    /// Acknowledged and not there: documents, orders, and deliveries that are done of which the partner knows nothing.
    pub(crate) lost: u64,
    /// There more than once: documents, orders, effects at the partner.
    pub(crate) doubled: u64,
    /// Whatever else is not as it must be.
    pub(crate) wrong: Vec<String>,
}

/// Asks everything of a database at rest. `healed`: all was read, decided and told before, so that nothing may be missing.
pub(crate) async fn judge(site: &Site, healed: bool) -> Result<Verdict> {
    let acknowledged = site.ledger.read()?;
    let store = site.open().await?;
    let mut verdict = Verdict::default();
    documents(&store, &acknowledged, &mut verdict).await?;
    orders(&store, &acknowledged, healed, &mut verdict).await?;
    effects(&store, site, healed, &mut verdict).await?;
    let report = verify(&store).await?;
    let violations = report.violations.iter().take(TOLD).map(ToString::to_string);
    verdict.wrong.extend(violations);
    if report.untold > 0 || report.violations.len() > TOLD {
        let all = report.violations.len() as u64 + report.untold;
        verdict.wrong.push(format!("{all} violations in all"));
    }
    store.close().await?;
    Ok(verdict)
}

/// Documents that are there and were never acknowledged.
pub(crate) async fn untold(site: &Site) -> Result<usize> {
    let store = site.open().await?;
    let rows = stored(&store).await?;
    let acknowledged: BTreeSet<Hash> = site.ledger.read()?.into_iter().map(|(_, hash)| hash).collect();
    store.close().await?;
    Ok(rows.iter().filter(|row| acknowledged.iter().all(|hash| hash.as_slice() != row.sha256)).count())
}

/// Documents that are there; one that has not come in whole is not.
async fn stored(store: &Store) -> Result<Vec<entity::documents::Model>> {
    let rows = entity::documents::Entity::find().all(store.read()).await?;
    Ok(rows.into_iter().filter(|row| row.state != "receiving").collect())
}

/// Every acknowledged document is there with its hash, once. That its bytes have this hash is for `verify`.
async fn documents(store: &Store, acknowledged: &BTreeSet<(u64, Hash)>, verdict: &mut Verdict) -> Result<()> {
    let rows = stored(store).await?;
    let mut stored: HashMap<Vec<u8>, u64> = HashMap::new();
    for row in rows {
        *stored.entry(row.sha256).or_default() += 1;
    }
    verdict.lost += acknowledged.iter().filter(|(_, hash)| !stored.contains_key(hash.as_slice())).count() as u64;
    verdict.doubled += stored.values().map(|times| times - 1).sum::<u64>();
    Ok(())
}

async fn orders(
    store: &Store,
    acknowledged: &BTreeSet<(u64, Hash)>,
    healed: bool,
    verdict: &mut Verdict,
) -> Result<()> {
    let rows = entity::orders::Entity::find().all(store.read()).await?;
    let mut stored: HashMap<(String, String), u64> = HashMap::new();
    let undecided = rows.iter().filter(|row| !matches!(row.status.as_str(), "released" | "cancelled")).count();
    for row in rows {
        *stored.entry((row.channel, row.external_id)).or_default() += 1;
    }
    verdict.doubled += stored.values().map(|times| times - 1).sum::<u64>();
    if healed {
        let known: BTreeSet<&str> = stored.keys().map(|(_, id)| id.as_str()).collect();
        let told: BTreeSet<u64> = acknowledged.iter().map(|(order, _)| *order).filter(|n| *n != NO_ORDER).collect();
        verdict.lost += told.iter().filter(|order| !known.contains(order.to_string().as_str())).count() as u64;
        if undecided > 0 {
            verdict.wrong.push(format!("{undecided} orders are not decided"));
        }
    }
    Ok(())
}

/// Every delivery that is done had its effect at the partner, once, and nothing else had one.
async fn effects(store: &Store, site: &Site, healed: bool, verdict: &mut Verdict) -> Result<()> {
    let state = site.partners.state();
    let rows = entity::deliveries::Entity::find().all(store.read()).await?;
    let all: BTreeSet<String> = rows.iter().map(|row| row.id.to_string()).collect();
    let done = rows.iter().filter(|row| row.state == "done").map(|row| row.id.to_string());
    verdict.lost += done.filter(|id| !state.effects.contains_key(id)).count() as u64;
    verdict.doubled += state.effects.values().map(|times| u64::from(times - 1)).sum::<u64>();
    let strange = state.effects.keys().filter(|id| !all.contains(*id)).count();
    if strange > 0 {
        verdict.wrong.push(format!("{strange} effects of no delivery"));
    }
    if state.went_back > 0 {
        verdict.wrong.push(format!("{} older states were told after newer ones", state.went_back));
    }
    let undone = rows.iter().filter(|row| !matches!(row.state.as_str(), "done" | "superseded")).count();
    if healed && undone > 0 {
        verdict.wrong.push(format!("{undone} deliveries are not done"));
    }
    Ok(())
}
