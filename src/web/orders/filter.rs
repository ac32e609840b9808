//! Which orders are asked for.

use super::super::{api::shapes, problem::Problem, reply::place_of};
use crate::store::order_lists::OrderFilter;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use model::{codes::Channel, order::status::Status, time::Instant};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use std::borrow::Cow;

/// Characters of a search.
const TEXT_MAX: usize = 200;

/// The query of the list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Any of these, separated by commas; without it all orders that were stated.
    #[schemars(with = "Option<Vec<StatusName>>")]
    status: Option<String>,
    channel: Option<String>,
    /// The channel's own id; without `channel` that of any channel.
    external_id: Option<String>,
    customer: Option<String>,
    /// Code of a hold.
    hold: Option<String>,
    /// `stock`: those with a line that waits for stock, released ones too.
    waiting: Option<Waiting>,
    /// A time, or a day of the company's calendar.
    #[schemars(with = "Option<Moment>")]
    placed_from: Option<String>,
    /// A time (not included), or a day (included).
    #[schemars(with = "Option<Moment>")]
    placed_to: Option<String>,
    /// An order's number or a channel's id, or the phone, name or mail of its people, as a whole.
    #[schemars(length(max = 200))]
    q: Option<String>,
    /// `next` of the page before; empty or absent: the first page.
    #[schemars(length(max = 1024), regex(pattern = shapes::CURSOR), extend("format" = "cursor"))]
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

/// The name of a status.
struct StatusName;

impl JsonSchema for StatusName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "StatusName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Status::ALL.map(Status::name) })
    }
}

/// A time, or a day.
struct Moment;

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "format": "date-time" }, { "type": "string", "format": "date" }] })
    }
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
        Ok(OrderFilter {
            statuses: self.statuses()?,
            channel: self.channel.as_deref().map(Channel::new),
            customer: self.customer.as_deref().map(Into::into),
            hold: self.hold.clone(),
            waits_for_stock: self.waiting == Some(Waiting::Stock),
            placed_from: self.placed_from.as_deref().map(|t| instant(t, zone, Edge::Start)).transpose()?,
            placed_to: self.placed_to.as_deref().map(|t| instant(t, zone, Edge::End)).transpose()?,
            text: text.to_owned(),
            before: place_of(self.cursor.as_deref())?,
            ..OrderFilter::default()
        })
    }

    fn statuses(&self) -> Result<Vec<String>, Problem> {
        let names = self.status.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|n| !n.is_empty());
        names.map(|name| Status::named(name).map(|s| s.name().to_owned()).ok_or_else(|| invalid("status"))).collect()
    }

    /// The channel's own id, and whose; without a channel it may be that of any of `known`.
    pub(super) fn keys<'c>(&self, known: impl Iterator<Item = &'c Channel>) -> Option<Vec<(Channel, String)>> {
        let id = self.external_id.as_ref()?;
        let channels: Vec<Channel> = match &self.channel {
            Some(channel) => vec![Channel::new(channel)],
            None => known.cloned().collect(),
        };
        Some(channels.into_iter().map(|channel| (channel, id.clone())).collect())
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
