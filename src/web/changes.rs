//! The change feed: the journal from any point on, nothing skipped and nothing twice. A caller who keeps `next` and
//! comes back with it misses nothing, whatever happened to either side meanwhile.

use super::{
    api::{Api, Says, shapes},
    claim::Caller,
    problem::Problem,
    reply::{decode_cursor, encode_cursor},
    rooms::Class,
};
use crate::{
    app::{App, Core},
    auth::Permission,
    feed::{self, Page},
    store::journal,
};
use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// Events of one answer, unless the caller says, and at most.
const DEFAULT: u64 = 100;
const MAX: u64 = feed::PAGE_MAX;
/// Seconds an answer may wait for something to happen.
const WAIT_MAX: u64 = 30;
/// How often a waiting answer looks for what another node wrote; this node's own events ring at once.
const LOOK: Duration = Duration::from_secs(1);
/// The one part of the journal there is today; cursors carry it, so that there may be more.
const PART: i32 = 0;

pub(super) fn routes(api: &mut Api) {
    let says = Says::keyed("changes", "Every event of every order, in the order of the commits", Permission::ReadFeed);
    let says = says.class(Class::Feed).query::<Wanted>().gives(200, "Changes").fails(400, &["invalid_cursor"]);
    api.get("/v1/changes", changes, says);
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `next` of the answer before; empty or absent: the beginning of history.
    #[schemars(length(max = 1024), regex(pattern = shapes::CURSOR), extend("format" = "cursor"))]
    after: Option<String>,
    /// Events of one answer.
    #[schemars(range(min = 1, max = 5000))]
    limit: Option<u64>,
    /// Seconds to wait for something to happen.
    #[schemars(range(min = 0, max = 30))]
    wait: Option<u64>,
}

async fn changes(app: Data<App>, caller: Caller, wanted: Query<Wanted>) -> Result<HttpResponse, Problem> {
    caller.need(Permission::ReadFeed)?;
    let limit = bounded("limit", wanted.limit.unwrap_or(DEFAULT), 1, MAX)?;
    let wait = bounded("wait", wanted.wait.unwrap_or(0), 0, WAIT_MAX)?;
    let after = place(&app.core, wanted.after.as_deref()).await?;
    let found = wait_for(&app.core, after, limit, Duration::from_secs(wait)).await?;
    let text = found.text(&cursor(found.last(after)));
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}

fn bounded(name: &str, value: u64, min: u64, max: u64) -> Result<u64, Problem> {
    if (min..=max).contains(&value) {
        return Ok(value);
    }
    Err(Problem::bad_request("invalid_filter").with("field", name).with("min", min).with("max", max).at(name))
}

fn cursor(seq: i64) -> String {
    encode_cursor(&(PART, seq))
}

/// The number a cursor speaks of; without one, the beginning. One of the future was never ours: this is another database.
async fn place(core: &Core, text: Option<&str>) -> Result<i64, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(0) };
    let (part, seq): (i32, i64) = decode_cursor(text)?;
    let known = *core.journal.borrow();
    if part != PART || seq < 0 || (seq > known && seq > journal::last(core.store.read()).await?) {
        return Err(Problem::bad_request("invalid_cursor").at("after"));
    }
    Ok(seq)
}

/// What came after `after`; when that is nothing, what comes within `wait`.
async fn wait_for(core: &Core, after: i64, limit: u64, wait: Duration) -> Result<Page, Problem> {
    let read = || core.feed.page(&core.store, after, limit, cursor);
    // Subscribed before the first look, so that nothing falls between the two.
    let mut rings = core.journal.subscribe();
    let found = read().await?;
    if !found.is_empty() || wait.is_zero() {
        return Ok(found);
    }
    let until = async {
        loop {
            let _rang = tokio::time::timeout(LOOK, rings.wait_for(|last| *last > after)).await;
            let found = read().await?;
            if !found.is_empty() {
                return Ok::<_, Problem>(found);
            }
        }
    };
    tokio::time::timeout(wait, until).await.unwrap_or_else(|_| Ok(Page::default()))
}
