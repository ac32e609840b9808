//! The part of the facts that rarely changes, kept in memory: warehouses, carriers, rate cards, policies.

use crate::{
    app::Core,
    store::{StoreError, master, replenishments, transits},
};
use chrono::Offset as _;
use model::{
    facts::{ChannelFacts, Company, World},
    time::{Instant, SECOND},
};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Age at which what is kept is read again, for changes made by other nodes and for the turn of the day.
const FRESH: i64 = 5 * SECOND;

#[derive(Debug, Default)]
pub(crate) struct WorldCache {
    kept: Mutex<Option<(Instant, Arc<World>)>>,
}

impl WorldCache {
    pub(crate) async fn get(&self, core: &Core, now: Instant) -> Result<Arc<World>, StoreError> {
        let mut kept = self.kept.lock().await;
        if let Some((read_at, world)) = &*kept
            && now.since(*read_at) < FRESH
        {
            return Ok(Arc::clone(world));
        }
        let world = Arc::new(read(core, now).await?);
        *kept = Some((now, Arc::clone(&world)));
        Ok(world)
    }

    /// Reads anew next time: this node changed master data itself.
    pub(crate) async fn forget(&self) {
        *self.kept.lock().await = None;
    }
}

async fn read(core: &Core, now: Instant) -> Result<World, StoreError> {
    let db = core.store.read();
    let channels = core.channels.values().map(|c| {
        let facts = ChannelFacts { group: c.config.group.as_str().into(), country: c.config.country.clone() };
        (c.code.clone(), facts)
    });
    Ok(World {
        company: Company {
            base_currency: core.config.company.base_currency,
            offset_minutes: offset_minutes(&core.config.company.zone, now),
        },
        channels: channels.collect(),
        warehouses: master::warehouses(db, now).await?,
        carriers: master::carriers(db).await?,
        rate_cards: master::rate_cards(db).await?,
        promotions: master::promotions(db).await?,
        transits: transits::all(db).await?,
        reorder_points: replenishments::points(db).await?,
        policies: Arc::clone(&core.policies),
    })
}

/// Minutes east of UTC of an IANA zone at `now`; 0 for a name that is none (refused at start).
pub fn offset_minutes(zone: &str, now: Instant) -> i32 {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::UTC);
    let at = chrono::DateTime::from_timestamp_micros(now.0).unwrap_or_default();
    at.with_timezone(&zone).offset().fix().local_minus_utc() / 60
}
