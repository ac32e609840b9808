//! The change feed's items, as text: written once, from what the journal holds, and kept for a while. Pollers that keep up
//! read the newest ones from memory, so that many of them cost the database no more than one.

use crate::store::{
    Store, StoreError,
    journal::{self, Stored},
    order_places,
};
use model::{ids::OrderId, time::Instant};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Events of one page at most.
pub const PAGE_MAX: u64 = 5000;
/// Bytes of the items of one page, from which on no further event is added.
pub const PAGE_BYTES: usize = 4 << 20;
/// Bytes of the newest items kept in memory.
const TAIL_BYTES: usize = 8 << 20;

/// The feed of one database.
#[derive(Debug, Default)]
pub struct Feed {
    tail: Mutex<Tail>,
    /// Held by the one poller that reads what is new; the others find it in the tail.
    reading: tokio::sync::Mutex<()>,
}

/// One event as JSON text.
type Item = Arc<str>;

/// The newest items, without gaps.
#[derive(Debug, Default)]
struct Tail {
    /// Number of the event before the first one kept.
    before: i64,
    items: VecDeque<Item>,
    bytes: usize,
}

/// Consecutive events.
#[derive(Debug, Default)]
pub struct Page {
    items: Vec<Item>,
    bytes: usize,
}

impl Page {
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Number of its last event, when it begins after `after`.
    pub fn last(&self, after: i64) -> i64 {
        after + i64::try_from(self.items.len()).unwrap_or(0)
    }

    /// The answer's text; `next` needs no escaping.
    pub fn text(&self, next: &str) -> String {
        let mut text = String::with_capacity(self.bytes + self.items.len() + next.len() + 32);
        text.push_str(r#"{"items":["#);
        for (at, item) in self.items.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(item);
        }
        text.push_str(r#"],"next":""#);
        text.push_str(next);
        text.push_str("\"}");
        text
    }

    fn is_full(&self, limit: u64) -> bool {
        self.bytes >= PAGE_BYTES || self.items.len() as u64 >= limit
    }

    fn push(&mut self, item: Item) {
        self.bytes += item.len();
        self.items.push(item);
    }
}

impl Feed {
    /// The events after number `after`, at most `limit` (and [`PAGE_MAX`], and [`PAGE_BYTES`]). `cursor` writes an event's.
    ///
    /// # Errors
    /// A row makes no sense, or the database is gone.
    pub async fn page(
        &self,
        store: &Store,
        after: i64,
        limit: u64,
        cursor: impl Fn(i64) -> String,
    ) -> Result<Page, StoreError> {
        let limit = limit.min(PAGE_MAX);
        if let Some(page) = self.tail().page(after, limit) {
            return Ok(page);
        }
        if after < self.tail().before {
            // Of long ago: nobody else is likely to want the same.
            return read(store, after, limit, &cursor).await;
        }
        let _mine = self.reading.lock().await;
        if let Some(page) = self.tail().page(after, limit) {
            return Ok(page);
        }
        let page = read(store, after, limit, &cursor).await?;
        self.tail().extend(after, &page);
        Ok(page)
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tail {
    fn end(&self) -> i64 {
        self.before + i64::try_from(self.items.len()).unwrap_or(0)
    }

    /// What is kept after number `after`; `None` when that is nothing.
    fn page(&self, after: i64, limit: u64) -> Option<Page> {
        let from = usize::try_from(after - self.before).ok().filter(|from| *from < self.items.len())?;
        let mut page = Page::default();
        for item in self.items.range(from..) {
            if page.is_full(limit) {
                break;
            }
            page.push(Arc::clone(item));
        }
        Some(page)
    }

    /// Adds what follows `after`. What does not follow what is kept takes its place when it is newer.
    fn extend(&mut self, after: i64, page: &Page) {
        if after < self.end() || page.is_empty() {
            return;
        }
        if after > self.end() {
            *self = Self { before: after, ..Self::default() };
        }
        self.items.extend(page.items.iter().cloned());
        self.bytes += page.bytes;
        while self.bytes > TAIL_BYTES
            && let Some(oldest) = self.items.pop_front()
        {
            self.bytes -= oldest.len();
            self.before += 1;
        }
    }
}

async fn read(store: &Store, after: i64, limit: u64, cursor: &impl Fn(i64) -> String) -> Result<Page, StoreError> {
    let (mut page, mut last) = (Page::default(), after);
    while !page.is_full(limit) {
        let wanted = journal::PAGE_MAX.min(limit - page.items.len() as u64);
        let found = journal::stored_after(store.read(), last, wanted).await?;
        let orders: BTreeSet<OrderId> = found.iter().map(|stored| stored.order).collect();
        let numbers = order_places::numbers(store.read(), &orders).await?;
        for stored in &found {
            if page.is_full(limit) {
                break;
            }
            page.push(item(stored, &numbers, cursor(stored.seq))?.into());
            last = stored.seq;
        }
        if (found.len() as u64) < wanted {
            break;
        }
    }
    Ok(page)
}

#[derive(Serialize)]
struct Told<'a> {
    cursor: String,
    order: OrderId,
    number: Option<&'a String>,
    no: u32,
    event: &'a str,
    version: i32,
    at: String,
    actor: Option<Cow<'a, str>>,
    data: Data<'a>,
}

/// What happened, as it was stored; in quotes when a newer program stored what is no JSON.
#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Json(&'a RawValue),
    Text(&'a str),
}

/// Of an actor only the kind is told.
#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    name: Cow<'a, str>,
}

fn item(stored: &Stored, numbers: &HashMap<OrderId, String>, cursor: String) -> Result<String, StoreError> {
    Ok(serde_json::to_string(&Told {
        cursor,
        order: stored.order,
        number: numbers.get(&stored.order),
        no: stored.event_no,
        event: &stored.name,
        version: stored.version,
        at: Instant::rfc3339(stored.at),
        actor: serde_json::from_str::<Kind<'_>>(&stored.actor).ok().map(|kind| kind.name),
        data: serde_json::from_str(&stored.body).map_or(Data::Text(&stored.body), Data::Json),
    })?)
}

#[cfg(test)]
mod tests {
    use super::{Page, TAIL_BYTES, Tail};

    fn page(items: &[&str]) -> Page {
        let mut page = Page::default();
        items.iter().for_each(|item| page.push((*item).into()));
        page
    }

    fn told(tail: &Tail, after: i64, limit: u64) -> Option<String> {
        tail.page(after, limit).map(|page| page.items.concat())
    }

    #[test]
    fn the_tail_has_no_gaps_and_forgets_the_oldest() {
        let mut tail = Tail::default();
        tail.extend(0, &page(&["a", "b"]));
        tail.extend(2, &page(&["c"]));
        assert_eq!((told(&tail, 0, 9).as_deref(), told(&tail, 1, 1).as_deref()), (Some("abc"), Some("b")));
        assert_eq!(told(&tail, 3, 9), None, "nothing is known of what comes next");
        tail.extend(1, &page(&["x"]));
        assert_eq!(told(&tail, 0, 9).as_deref(), Some("abc"), "read again by one who was late");
        tail.extend(10, &page(&["k"]));
        assert_eq!((told(&tail, 10, 9).as_deref(), told(&tail, 2, 9)), (Some("k"), None), "a gap begins anew");
        let large = "y".repeat(TAIL_BYTES - 1);
        tail.extend(11, &page(&[&large, "z"]));
        assert_eq!(tail.before, 11, "what is kept is bounded by its bytes");
        assert_eq!(told(&tail, 12, 9).as_deref(), Some("z"));
    }

    #[test]
    fn a_page_is_json_and_knows_its_end() {
        let page = page(&["{}", "[]"]);
        assert_eq!((page.text("n").as_str(), page.last(7)), (r#"{"items":[{},[]],"next":"n"}"#, 9));
        assert_eq!(Page::default().text("n"), r#"{"items":[],"next":"n"}"#);
    }
}
