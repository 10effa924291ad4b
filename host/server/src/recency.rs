//! Which of many things was not used for longest.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// Keys, by when they were used last.
pub(super) struct Recency<K> {
    now: u64,
    used: HashMap<K, u64>,
    order: BTreeMap<u64, K>,
}

impl<K> Default for Recency<K> {
    fn default() -> Self {
        Self { now: 0, used: HashMap::new(), order: BTreeMap::new() }
    }
}

impl<K: Copy + Eq + Hash> Recency<K> {
    /// The key is used now.
    pub(super) fn touch(&mut self, key: K) {
        self.now += 1;
        if let Some(before) = self.used.insert(key, self.now) {
            self.order.remove(&before);
        }
        self.order.insert(self.now, key);
    }

    /// Takes out the key that was not used for longest.
    pub(super) fn pop_oldest(&mut self) -> Option<K> {
        let (_, key) = self.order.pop_first()?;
        self.used.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_comes_first() {
        let mut recency = Recency::default();
        for key in [1, 2, 3, 1, 2, 2] {
            recency.touch(key);
        }
        let order: Vec<i32> = std::iter::from_fn(|| recency.pop_oldest()).collect();
        assert_eq!(order, [3, 1, 2]);
    }
}
