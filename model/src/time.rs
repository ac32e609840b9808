//! Instants and spans. Instants are microseconds since 1970 in UTC; the model never asks what time it is.

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// Microseconds in a second, minute, hour, day.
pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// An instant: microseconds UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// Later by `micros` (earlier when negative); stops at the ends of time.
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to `self`.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// RFC 3339 in UTC, e.g. `2026-11-22T03:04:05.000006Z`; instants no calendar holds are written as their number.
    pub fn rfc3339(self) -> String {
        DateTime::<Utc>::from_timestamp_micros(self.0)
            .map_or_else(|| self.0.to_string(), |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    /// The calendar date of this instant, `offset_minutes` east of UTC.
    pub fn date(self, offset_minutes: i32) -> NaiveDate {
        DateTime::<Utc>::from_timestamp_micros(self.plus(i64::from(offset_minutes) * MINUTE).0)
            .unwrap_or_default()
            .date_naive()
    }
}

/// An instant as its source wrote it: the offset is kept, so that "2 a.m. in Berlin" stays that.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceTime {
    pub at: Instant,
    /// Minutes east of UTC.
    pub offset: i16,
}

impl SourceTime {
    pub const fn utc(at: Instant) -> Self {
        Self { at, offset: 0 }
    }

    /// RFC 3339 with the source's own offset.
    pub fn rfc3339(self) -> String {
        let zone = FixedOffset::east_opt(i32::from(self.offset) * 60);
        match (DateTime::<Utc>::from_timestamp_micros(self.at.0), zone) {
            (Some(at), Some(zone)) => at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, false),
            _ => self.at.rfc3339(),
        }
    }
}
