//! `reflect.DeepEqual`: the same type and the same content, through and through.

use std::collections::HashSet;

use super::Value;

/// How deep two values are compared. Beyond it they count as unequal.
const DEPTH: usize = 512;

/// Pairs of lists and of maps, by their addresses, that are compared or being compared. Met again
/// they count as equal, as with Go: so that lists which hold one another many times, and maps that
/// hold themselves, are compared to an end.
type Seen = HashSet<(usize, usize)>;

impl Value {
    /// Whether two values are deeply equal: of one type, and with equal content. A nil list differs
    /// from an empty one.
    pub fn deep_equals(&self, other: &Self) -> bool {
        deep(self, other, DEPTH, &mut Seen::new())
    }
}

#[expect(clippy::float_cmp, reason = "Go compares them so")]
fn deep(one: &Value, two: &Value, depth: usize, seen: &mut Seen) -> bool {
    if depth == 0 {
        return false;
    }
    match (one, two) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(one), Value::Bool(two)) => one == two,
        (Value::Int(a, one), Value::Int(b, two)) => a == b && one == two,
        (Value::Uint(a, one), Value::Uint(b, two)) => a == b && one == two,
        (Value::Float(one), Value::Float(two)) => one == two,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::String(one), Value::String(two)) => one == two,
        (Value::Bytes(one), Value::Bytes(two)) => one == two,
        (Value::List(one), Value::List(two)) => {
            one.is_same(two)
                || (one.list_type().name == two.list_type().name
                    && one.is_nil() == two.is_nil()
                    && one.len() == two.len()
                    && (!seen.insert((one.address(), two.address()))
                        || one.iter().zip(two.iter()).all(|(one, two)| deep(one, two, depth - 1, seen))))
        }
        (Value::Map(one), Value::Map(two)) => {
            one.is_same(two)
                || (one.map_type().name == two.map_type().name
                    && one.is_nil() == two.is_nil()
                    && one.len() == two.len()
                    && (!seen.insert((one.address(), two.address()))
                        || one
                            .entries()
                            .iter()
                            .zip(two.entries().iter())
                            .all(|(one, two)| one.0 == two.0 && deep(one.1, two.1, depth - 1, seen))))
        }
        (Value::Object(one), Value::Object(two)) => one.equals(two.as_ref()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ANY_LIST, List, Map};
    use super::*;

    #[test]
    fn types_count() {
        assert!(!Value::int(1).deep_equals(&Value::int64(1)));
        assert!(!Value::int(1).deep_equals(&Value::Float(1.0)));
        assert!(!Value::List(List::nil(&ANY_LIST)).deep_equals(&Value::List(List::new(Vec::new()))));
    }

    #[test]
    fn a_map_that_holds_itself_is_compared_to_an_end() {
        let (one, two) = (Map::new(), Map::new());
        one.insert("self", one.clone());
        two.insert("self", two.clone());
        assert!(Value::Map(one.clone()).deep_equals(&Value::Map(two.clone())));
        assert!(Value::Map(one.clone()).deep_equals(&Value::Map(one.clone())));
        one.remove("self");
        two.remove("self");
    }

    #[test]
    fn lists_that_hold_one_another_many_times_are_compared_once() {
        let (mut one, mut two) = (Value::int(1), Value::int(1));
        for _ in 0..100 {
            one = List::new(vec![one.clone(), one]).into();
            two = List::new(vec![two.clone(), two]).into();
        }
        assert!(one.deep_equals(&two));
        assert!(!one.deep_equals(&List::new(vec![two.clone(), 1.into()]).into()));
    }
}
