//! Bounded queues in which those who bring work take turns, so that whoever floods waits behind itself and not before
//! others.
//!
//! What one may have waiting is no fixed share: as much as is still free for everybody else. Alone that is half of the
//! queue, two who flood have a third each, and whoever comes next always finds room.

mod pace;

pub use pace::Pace;

use model::time::Instant;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, futures::Notified};

/// What may wait in a queue.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    pub items: usize,
    pub bytes: usize,
}

/// Something that waits, how heavy it is, and since when it does.
#[derive(Debug)]
pub struct Item<T> {
    pub bytes: usize,
    pub since: Instant,
    pub what: T,
}

/// A queue whose keys take turns.
pub fn queue<K: Ord + Clone, T>(room: Room) -> (Sender<K, T>, Receiver<K, T>) {
    let shared = Arc::new(Shared {
        queue: Mutex::new(Queue {
            lines: BTreeMap::new(),
            order: VecDeque::new(),
            items: 0,
            bytes: 0,
            is_closed: false,
        }),
        room,
        added: Notify::new(),
        left: Notify::new(),
    });
    let open = Arc::new(Open(Arc::clone(&shared)));
    (Sender { shared: Arc::clone(&shared), _open: open }, Receiver { shared })
}

#[derive(Debug)]
struct Shared<K, T> {
    queue: Mutex<Queue<K, T>>,
    room: Room,
    /// Something came, or nobody will bring more.
    added: Notify,
    /// Something was taken out.
    left: Notify,
}

#[derive(Debug)]
struct Queue<K, T> {
    /// Those with something waiting, or who wait for room.
    lines: BTreeMap<K, Line<T>>,
    /// Whose turn comes when; everybody with something waiting once.
    order: VecDeque<K>,
    items: usize,
    bytes: usize,
    is_closed: bool,
}

#[derive(Debug)]
struct Line<T> {
    items: VecDeque<Item<T>>,
    bytes: usize,
    /// Those who wait for room in this line.
    claims: usize,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { items: VecDeque::new(), bytes: 0, claims: 0 }
    }
}

impl<K: Ord + Clone, T> Shared<K, T> {
    fn lock(&self) -> MutexGuard<'_, Queue<K, T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Clone, T> Queue<K, T> {
    fn has_room(&self, key: &K, bytes: usize, room: Room) -> bool {
        let (items, held) = self.lines.get(key).map_or((0, 0), |line| (line.items.len(), line.bytes));
        let fits = held + bytes <= room.bytes.saturating_sub(self.bytes);
        items < room.items.saturating_sub(self.items) && (fits || self.items == 0)
    }

    fn push(&mut self, key: K, item: Item<T>) {
        self.items += 1;
        self.bytes += item.bytes;
        let line = self.lines.entry(key.clone()).or_default();
        line.bytes += item.bytes;
        line.items.push_back(item);
        if line.items.len() == 1 {
            self.order.push_back(key);
        }
    }

    /// The next of the first in turn who is `ready`.
    fn pop(&mut self, ready: impl Fn(&K) -> bool) -> Option<(K, Item<T>)> {
        let at = self.order.iter().position(ready)?;
        let key = self.order.remove(at)?;
        let line = self.lines.get_mut(&key)?;
        let item = line.items.pop_front()?;
        line.bytes -= item.bytes;
        self.items -= 1;
        self.bytes -= item.bytes;
        if !line.items.is_empty() {
            self.order.push_back(key.clone());
        } else if line.claims == 0 {
            self.lines.remove(&key);
        }
        Some((key, item))
    }
}

/// Brings; the queue ends when the last one is gone.
#[derive(Debug)]
pub struct Sender<K: Ord + Clone, T> {
    shared: Arc<Shared<K, T>>,
    _open: Arc<Open<K, T>>,
}

impl<K: Ord + Clone, T> Clone for Sender<K, T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), _open: Arc::clone(&self._open) }
    }
}

#[derive(Debug)]
struct Open<K: Ord + Clone, T>(Arc<Shared<K, T>>);

impl<K: Ord + Clone, T> Drop for Open<K, T> {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.added.notify_one();
    }
}

impl<K: Ord + Clone, T> Sender<K, T> {
    /// Puts something into the line of `key`.
    ///
    /// # Errors
    /// No room for more of this key, or nobody takes any more: it is given back.
    pub fn offer(&self, key: K, item: Item<T>) -> Result<(), Item<T>> {
        let mut queue = self.shared.lock();
        let is_claimed = queue.lines.get(&key).is_some_and(|line| line.claims > 0);
        if queue.is_closed || is_claimed || !queue.has_room(&key, item.bytes, self.shared.room) {
            return Err(item);
        }
        queue.push(key, item);
        drop(queue);
        self.shared.added.notify_one();
        Ok(())
    }

    /// Waits for room; those who wait have theirs before newcomers of the same key. `false` when nobody takes any more.
    pub async fn bring(&self, key: K, item: Item<T>) -> bool {
        self.shared.lock().lines.entry(key.clone()).or_default().claims += 1;
        let _claim = Claim { shared: &self.shared, key: key.clone() };
        loop {
            // Made before we look, so that what leaves while we look wakes us.
            let left = self.shared.left.notified();
            {
                let mut queue = self.shared.lock();
                if queue.is_closed {
                    return false;
                }
                if queue.has_room(&key, item.bytes, self.shared.room) {
                    queue.push(key, item);
                    break;
                }
            }
            left.await;
        }
        self.shared.added.notify_one();
        true
    }

    pub fn has_room(&self, key: &K) -> bool {
        self.shared.lock().has_room(key, 0, self.shared.room)
    }

    /// Ends when something is taken out after this call.
    pub fn left(&self) -> Notified<'_> {
        self.shared.left.notified()
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.shared.lock().items
    }

    /// Thousandths of the room that are taken.
    pub fn permille(&self) -> usize {
        let queue = self.shared.lock();
        let of = |taken: usize, room: usize| taken.saturating_mul(1000) / room.max(1);
        of(queue.items, self.shared.room.items).max(of(queue.bytes, self.shared.room.bytes))
    }

    /// Since when the oldest waits.
    pub fn oldest(&self) -> Option<Instant> {
        let queue = self.shared.lock();
        queue.lines.values().filter_map(|line| line.items.front()).map(|item| item.since).min()
    }
}

/// A place in a line that somebody waits for.
struct Claim<'a, K: Ord + Clone, T> {
    shared: &'a Shared<K, T>,
    key: K,
}

impl<K: Ord + Clone, T> Drop for Claim<'_, K, T> {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        if let Some(line) = queue.lines.get_mut(&self.key) {
            line.claims -= 1;
            if line.claims == 0 && line.items.is_empty() {
                queue.lines.remove(&self.key);
            }
        }
    }
}

/// Takes out; there is one. What waits when it goes is dropped.
#[derive(Debug)]
pub struct Receiver<K: Ord + Clone, T> {
    shared: Arc<Shared<K, T>>,
}

impl<K: Ord + Clone, T> Drop for Receiver<K, T> {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.is_closed = true;
        queue.order.clear();
        for line in queue.lines.values_mut() {
            line.items.clear();
        }
        drop(queue);
        self.shared.left.notify_waiters();
    }
}

impl<K: Ord + Clone, T> Receiver<K, T> {
    /// The next in turn; `None` when nothing waits and nobody brings more.
    pub async fn recv(&mut self) -> Option<(K, Item<T>)> {
        loop {
            if let Some(found) = self.try_recv(|_| true) {
                return Some(found);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next in turn of those who are `ready`, when there is one.
    pub fn try_recv(&mut self, ready: impl Fn(&K) -> bool) -> Option<(K, Item<T>)> {
        let found = self.shared.lock().pop(ready)?;
        self.shared.left.notify_waiters();
        Some(found)
    }

    /// Waits for something to come; `false` when nothing waits and nobody brings more.
    pub async fn more(&mut self) -> bool {
        {
            let queue = self.shared.lock();
            if queue.is_closed && queue.items == 0 {
                return false;
            }
        }
        self.shared.added.notified().await;
        true
    }
}
