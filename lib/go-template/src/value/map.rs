//! Maps: shared and mutable, as Go's are. `set` on one is seen by everyone who holds it.

use std::cell::{Cell, Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::release::release;
use super::{ANY_MAP, MapType, STRING_MAP, Str, Value};

/// A Go map with string keys. Cloning shares it. Keys are kept sorted, since that is how templates,
/// printing and JSON see them.
#[derive(Clone)]
pub struct Map(Rc<Inner>);

struct Inner {
    of: &'static MapType,
    nil: bool,
    entries: RefCell<BTreeMap<Str, Value>>,
    looked: Option<Rc<Cell<bool>>>,
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::with_type(&ANY_MAP)
    }

    /// An empty map of a type.
    pub fn with_type(of: &'static MapType) -> Self {
        Self(Rc::new(Inner { of, nil: false, entries: RefCell::default(), looked: None }))
    }

    /// The nil map of a type: reads as empty, refuses to be written to.
    pub fn nil(of: &'static MapType) -> Self {
        Self(Rc::new(Inner { of, nil: true, entries: RefCell::default(), looked: None }))
    }

    /// A map of a type with these entries.
    pub fn from_entries(of: &'static MapType, entries: impl IntoIterator<Item = (Str, Value)>) -> Self {
        let entries = RefCell::new(entries.into_iter().collect());
        Self(Rc::new(Inner { of, nil: false, entries, looked: None }))
    }

    /// A map that tells whether anyone looked at its entries, or how many there are.
    pub fn watched(
        of: &'static MapType,
        entries: impl IntoIterator<Item = (Str, Value)>,
        looked: Rc<Cell<bool>>,
    ) -> Self {
        let entries = RefCell::new(entries.into_iter().collect());
        Self(Rc::new(Inner { of, nil: false, entries, looked: Some(looked) }))
    }

    fn read(&self) -> Ref<'_, BTreeMap<Str, Value>> {
        self.0.look();
        self.0.entries.borrow()
    }

    fn write(&self) -> RefMut<'_, BTreeMap<Str, Value>> {
        self.0.look();
        self.0.entries.borrow_mut()
    }

    /// A `map[string]string`.
    pub fn of_strings(entries: impl IntoIterator<Item = (Str, Str)>) -> Self {
        Self::from_entries(&STRING_MAP, entries.into_iter().map(|(key, value)| (key, Value::String(value))))
    }

    /// Its type.
    pub fn map_type(&self) -> &'static MapType {
        self.0.of
    }

    /// Whether it is the nil map.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    /// The value under a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.read().get(key.as_ref()).cloned()
    }

    /// Whether there is such a key.
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.read().contains_key(key.as_ref())
    }

    /// Sets a key and tells whether that was possible: a nil map takes none.
    pub fn insert(&self, key: impl Into<Str>, value: impl Into<Value>) -> bool {
        if !self.0.nil {
            // The old value goes when the map is no longer borrowed: it may hold this very map.
            let _old = self.write().insert(key.into(), value.into());
        }
        !self.0.nil
    }

    /// Takes a key out.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.write().remove(key.as_ref())
    }

    /// The entries, sorted by key. Don't hold on to this while anything may write to the map.
    pub fn entries(&self) -> Ref<'_, BTreeMap<Str, Value>> {
        self.read()
    }

    /// A copy of the entries, sorted by key, that later changes don't touch.
    pub fn snapshot(&self) -> Vec<(Str, Value)> {
        self.entries().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Whether both are one and the same map.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// The same number for the same map, for those who look out for cycles.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// The values, when nobody else holds the map.
    pub(super) fn take_last(self, into: &mut Vec<Value>) {
        if let Some(inner) = Rc::into_inner(self.0) {
            into.extend(inner.entries.take().into_values());
        }
    }

    pub(super) fn is_last(&self) -> bool {
        Rc::strong_count(&self.0) == 1
    }
}

impl Inner {
    fn look(&self) {
        if let Some(looked) = &self.looked {
            looked.set(true);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        release(self.entries.take().into_values());
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Into<Str>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self::from_entries(&ANY_MAP, entries.into_iter().map(|(key, value)| (key.into(), value.into())))
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the content, which may hold the map itself.
        write!(f, "{}({} entries)", self.0.of.name, self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_by_every_holder() {
        let map = Map::new();
        let other = map.clone();
        assert!(map.insert("a", 1));
        assert_eq!(other.len(), 1);
        assert!(other.remove("a").is_some());
        assert!(map.is_empty());
    }

    #[test]
    fn the_nil_map_takes_nothing() {
        let map = Map::nil(&ANY_MAP);
        assert!(!map.insert("a", 1));
        assert!(map.is_nil() && map.is_empty());
    }

    #[test]
    fn a_watched_map_tells_who_looks() {
        let looks: [fn(&Map); 6] = [
            |map| drop(map.get("a")),
            |map| drop(map.snapshot()),
            |map| assert!(map.insert("b", 1)),
            |map| drop(map.remove("a")),
            |map| assert!(map.contains("a")),
            |map| assert!(!map.is_empty()),
        ];
        for look in looks {
            let looked = Rc::new(Cell::new(false));
            let map = Map::watched(&ANY_MAP, [("a".into(), 1.into())], Rc::clone(&looked));
            let outer: Map = [("in", Value::Map(map.clone()))].into_iter().collect();
            assert!(outer.get("in").unwrap().as_map().unwrap().is_same(&map));
            assert!(!looked.get());
            look(&map);
            assert!(looked.get());
        }
    }

    #[test]
    fn a_deep_chain_is_let_go_without_recursion() {
        let mut map = Map::new();
        for _ in 0..200_000 {
            map = [("in", Value::Map(map))].into_iter().collect();
        }
        drop(map);
    }
}
