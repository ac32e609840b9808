//! How much is taken at once.

use crate::clock::Stopwatch;
use std::{collections::BTreeMap, time::Duration};

/// Whoever brought something within this time still counts as one who brings.
const LATELY: Duration = Duration::from_secs(1);

/// All there is, as long as one brings; when several do, as much as takes a moment, so that nobody waits long behind what
/// others brought. How long things take is learned on the way.
#[derive(Debug)]
pub struct Pace<K> {
    least: usize,
    most: usize,
    moment: Duration,
    seen: BTreeMap<K, Stopwatch>,
    /// Nanoseconds one takes, its share of what a batch costs included; 0 = not known yet.
    each: u128,
}

impl<K: Ord + Clone> Pace<K> {
    /// Between `least` and `most` at once, and about as many as take `moment` when several bring.
    pub fn new(least: usize, most: usize, moment: Duration) -> Self {
        Self { least, most, moment, seen: BTreeMap::new(), each: 0 }
    }

    /// `key` brought something.
    pub fn saw(&mut self, key: &K) {
        match self.seen.get_mut(key) {
            Some(seen) => *seen = Stopwatch::start(),
            None => drop(self.seen.insert(key.clone(), Stopwatch::start())),
        }
    }

    /// `count` together took so long.
    pub fn took(&mut self, count: usize, time: Duration) {
        let each = time.as_nanos() / count.max(1) as u128;
        // Each new one counts for a quarter: one slow commit changes little.
        self.each = if self.each == 0 { each } else { (3 * self.each + each) / 4 };
    }

    /// How many to take now.
    pub fn at_once(&mut self) -> usize {
        self.seen.retain(|_, seen| seen.elapsed() < LATELY);
        if self.seen.len() < 2 || self.each == 0 {
            return self.most;
        }
        let fit = usize::try_from(self.moment.as_nanos() / self.each).unwrap_or(self.most);
        fit.clamp(self.least, self.most)
    }
}
