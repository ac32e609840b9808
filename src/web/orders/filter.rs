//! Which orders are asked for.

use super::super::{problem::Problem, reply::decode_cursor};
use crate::store::order_lists::OrderFilter;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use model::{codes::Channel, ids::OrderId, order::status::Status, time::Instant};
use schemars::JsonSchema;
use serde::Deserialize;

/// Characters of a search.
const TEXT_MAX: usize = 200;

/// The query of the list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Names, separated by commas.
    status: Option<String>,
    channel: Option<String>,
    /// The channel's own id; needs `channel`.
    external_id: Option<String>,
    customer: Option<String>,
    /// Code of a hold.
    hold: Option<String>,
    /// `stock`: those with a line that waits for stock, released ones too.
    waiting: Option<Waiting>,
    /// A time, or a day of the company's calendar.
    placed_from: Option<String>,
    /// A time (not included), or a day (included).
    placed_to: Option<String>,
    /// An order's number or a channel's id, or the phone, name or mail of its people, as a whole.
    #[schemars(length(max = 200))]
    q: Option<String>,
    cursor: Option<String>,
    #[schemars(range(min = 1, max = 100))]
    pub(super) limit: Option<u32>,
}

/// What a line of an order may wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Waiting {
    Stock,
}

impl Wanted {
    /// The store's filter, without its limit. `zone` says when a day begins and ends.
    ///
    /// # Errors
    /// `invalid_filter` with the parameter that makes no sense, `invalid_cursor`.
    pub(super) fn filter(&self, zone: &str) -> Result<OrderFilter, Problem> {
        let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
        let text = self.q.as_deref().unwrap_or_default();
        if text.chars().count() > TEXT_MAX {
            return Err(invalid("q"));
        }
        let cursor = |text: &String| decode_cursor::<(Instant, OrderId)>(text);
        Ok(OrderFilter {
            statuses: self.statuses()?,
            channel: self.channel.as_deref().map(Channel::new),
            customer: self.customer.as_deref().map(Into::into),
            hold: self.hold.clone(),
            waits_for_stock: self.waiting == Some(Waiting::Stock),
            placed_from: self.placed_from.as_deref().map(|t| instant(t, zone, Edge::Start)).transpose()?,
            placed_to: self.placed_to.as_deref().map(|t| instant(t, zone, Edge::End)).transpose()?,
            text: text.to_owned(),
            before: self.cursor.as_ref().map(cursor).transpose()?,
            ..OrderFilter::default()
        })
    }

    fn statuses(&self) -> Result<Vec<String>, Problem> {
        let names = self.status.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|n| !n.is_empty());
        names.map(|name| Status::named(name).map(|s| s.name().to_owned()).ok_or_else(|| invalid("status"))).collect()
    }

    /// The channel's own id, which needs the channel.
    ///
    /// # Errors
    /// `invalid_filter`: an id without a channel.
    pub(super) fn key(&self) -> Result<Option<(Channel, String)>, Problem> {
        match (&self.channel, &self.external_id) {
            (Some(channel), Some(id)) => Ok(Some((Channel::new(channel), id.clone()))),
            (None, Some(_)) => Err(invalid("external_id")),
            (_, None) => Ok(None),
        }
    }
}

fn invalid(field: &str) -> Problem {
    Problem::bad_request("invalid_filter").with("field", field).at(field)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    /// A day given as the end is meant to the end of the day.
    End,
}

/// An RFC 3339 time, or a day of the company's calendar.
fn instant(text: &str, zone: Tz, edge: Edge) -> Result<Instant, Problem> {
    let field = if edge == Edge::Start { "placed_from" } else { "placed_to" };
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Instant(at.timestamp_micros()));
    }
    let day: NaiveDate = text.parse().map_err(|_| invalid(field))?;
    let day = if edge == Edge::Start { Some(day) } else { day.checked_add_days(Days::new(1)) };
    let day = day.ok_or_else(|| invalid(field))?;
    // Where midnight does not exist (a clock put forward), UTC's is near enough for a filter.
    let begins = zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest().map(|at| at.timestamp_micros());
    Ok(Instant(begins.unwrap_or_else(|| day.and_time(NaiveTime::MIN).and_utc().timestamp_micros())))
}
