//! Lists: Go's slices, shared and never changed in place, but for their order.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use super::release::release;
use super::{ANY_LIST, INT_LIST, ListType, STRING_LIST, Str, Value};

/// A Go slice. Cloning shares it; its items are read as a Rust slice.
#[derive(Clone)]
pub struct List(Rc<Inner>);

struct Inner {
    of: &'static ListType,
    nil: bool,
    items: Vec<Value>,
    /// The items in their order, once somebody has sorted them.
    sorted: OnceCell<Vec<Value>>,
}

impl List {
    /// A `[]interface {}`.
    pub fn new(items: Vec<Value>) -> Self {
        Self::with_type(&ANY_LIST, items)
    }

    /// A slice of a type.
    pub fn with_type(of: &'static ListType, items: Vec<Value>) -> Self {
        Self(Rc::new(Inner { of, nil: false, items, sorted: OnceCell::new() }))
    }

    /// The nil slice of a type: empty, but `null` in JSON.
    pub fn nil(of: &'static ListType) -> Self {
        Self(Rc::new(Inner { of, nil: true, items: Vec::new(), sorted: OnceCell::new() }))
    }

    /// A `[]string`.
    pub fn of_strings<S: Into<Str>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::with_type(&STRING_LIST, items.into_iter().map(|item| Value::String(item.into())).collect())
    }

    /// A `[]int`.
    pub fn of_ints(items: impl IntoIterator<Item = i64>) -> Self {
        Self::with_type(&INT_LIST, items.into_iter().map(Value::int).collect())
    }

    /// Its type.
    pub fn list_type(&self) -> &'static ListType {
        self.0.of
    }

    /// Whether it is the nil slice.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        self.0.sorted.get().unwrap_or(&self.0.items)
    }

    /// Sorts a list of strings in place, as Go's `sort` does: everyone who holds it sees the new
    /// order.
    pub fn sort_strings(&self) {
        self.0.sorted.get_or_init(|| {
            let mut items = self.0.items.clone();
            items.sort_by(|one, two| one.as_str().cmp(&two.as_str()));
            items
        });
    }

    /// Whether both are one and the same list.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// The same number for the same list, for those who look out for what they have seen.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    pub(super) fn take_last(self, into: &mut Vec<Value>) {
        if let Some(mut inner) = Rc::into_inner(self.0) {
            into.append(&mut inner.items);
            into.extend(inner.sorted.take().into_iter().flatten());
        }
    }

    pub(super) fn is_last(&self) -> bool {
        Rc::strong_count(&self.0) == 1
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        release(std::mem::take(&mut self.items));
        release(self.sorted.take().unwrap_or_default());
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        self.items()
    }
}

impl<V: Into<Value>> FromIterator<V> for List {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        Self::new(items.into_iter().map(Into::into).collect())
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({} items)", self.0.of.name, self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_sees_the_new_order() {
        let list = List::of_strings(["b", "a"]);
        let other = list.clone();
        list.sort_strings();
        assert_eq!(other[0].as_str().map(ToString::to_string).as_deref(), Some("a"));
    }

    #[test]
    fn a_deep_nest_is_let_go_without_recursion() {
        let mut list = List::new(Vec::new());
        for _ in 0..200_000 {
            list = List::new(vec![Value::List(list)]);
        }
        drop(list);
    }
}
