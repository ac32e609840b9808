//! What the doors know: how much may come in at once (requests a second of a channel, bytes of uploads on their way), and the
//! secrets of those who call back.

use super::{body::Limits, problem::Problem};
use crate::app::Core;
use actix_web::http::StatusCode;
use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};
use std::{collections::BTreeMap, num::NonZeroU32, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of uploads on their way together, in memory and in their spools, at least; more when one upload alone may be larger.
const UPLOADS_HELD: usize = 256 * 1024 * 1024;
/// Bytes that one permit of the uploads' budget stands for.
const PERMIT: usize = 64 * 1024;

/// The state of the doors, one for all workers of a server.
pub struct Doors {
    rates: BTreeMap<String, DefaultDirectRateLimiter>,
    uploads: Arc<Semaphore>,
    callers: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doors").field("rates", &self.rates).field("uploads", &self.uploads).finish_non_exhaustive()
    }
}

impl Doors {
    pub fn new(core: &Core) -> Self {
        let rates = core.config.channels.iter().filter_map(|(code, channel)| {
            let rate = NonZeroU32::new(channel.rate)?;
            Some((code.clone(), DefaultDirectRateLimiter::direct(Quota::per_second(rate))))
        });
        let held = UPLOADS_HELD.max(core.config.server.upload_max).div_ceil(PERMIT);
        let callers = core.config.carriers.iter().filter_map(|(code, carrier)| {
            // Checked at start; what cannot be read now lets nobody in.
            Some((code.clone(), core.config.secret(&carrier.secret).ok()?))
        });
        Self {
            rates: rates.collect(),
            uploads: Arc::new(Semaphore::new(held.min(Semaphore::MAX_PERMITS))),
            callers: callers.collect(),
        }
    }

    /// The secret of a caller-back, by its code in the configuration; none when it could not be read.
    pub fn secret_of(&self, carrier: &str) -> &[Vec<u8>] {
        self.callers.get(carrier).map_or(&[], std::slice::from_ref)
    }

    /// Passes as long as a channel keeps to its rate; one without a rate always passes.
    ///
    /// # Errors
    /// 429 `rate_limited`, with the seconds to wait.
    pub fn admit(&self, channel: &str) -> Result<(), Problem> {
        let Some(rate) = self.rates.get(channel) else { return Ok(()) };
        rate.check().map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            Problem { retry_after: Some(seconds), ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited") }
        })
    }

    /// Room for an upload of `announced` bytes, or of any size allowed when it does not say; free again when
    /// the permit is dropped.
    ///
    /// # Errors
    /// 503 `overloaded`: other uploads fill it.
    pub fn room(&self, announced: Option<u64>, limits: Limits) -> Result<OwnedSemaphorePermit, Problem> {
        let bytes = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(limits.max).min(limits.max);
        let permits = u32::try_from(bytes.div_ceil(PERMIT)).unwrap_or(u32::MAX);
        Arc::clone(&self.uploads).try_acquire_many_owned(permits).map_err(|_| Problem::overloaded())
    }
}
