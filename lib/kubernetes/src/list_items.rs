//! Items of two lists that mean the same, by their merge keys.

use std::collections::{BTreeMap, VecDeque};

/// An item of one list and the item of another that means the same; one of them may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a, T> {
    /// The item of the first list.
    pub old: Option<&'a T>,
    /// The item of the second list.
    pub new: Option<&'a T>,
}

/// Pairs the items of two lists that have the same values under all merge keys, wherever they
/// stand. For a [set of scalars](crate::MergeKeys::keys), which has no keys, give one key and a
/// `value` that is the scalar.
///
/// Items of `old` come first, in their order, then those that only `new` has, in theirs. Where
/// several items of a list have the same values, the first meets the first. `value` gives the value
/// of a key; a key that an item lacks is a value of its own unless `value` gives the default, such
/// as `TCP` for `protocol`. Time is linear in the items but for a logarithm.
///
/// ```
/// use oarlock_kubernetes::{Pair, pair_items};
///
/// let old = ["web=1", "log=1"];
/// let new = ["log=2", "web=1", "dns=1"];
/// let pairs = pair_items(&old, &new, &["name"], |item, _| item.split('=').next());
/// assert_eq!(
///     pairs,
///     [
///         Pair { old: Some(&"web=1"), new: Some(&"web=1") },
///         Pair { old: Some(&"log=1"), new: Some(&"log=2") },
///         Pair { old: None, new: Some(&"dns=1") },
///     ]
/// );
/// ```
pub fn pair_items<'a, T, V: Ord>(
    old: &'a [T],
    new: &'a [T],
    keys: &[&str],
    value: impl Fn(&'a T, &str) -> Option<V>,
) -> Vec<Pair<'a, T>> {
    let values = |item: &'a T| keys.iter().map(|key| value(item, key)).collect::<Vec<_>>();
    let mut positions: BTreeMap<Vec<Option<V>>, VecDeque<usize>> = BTreeMap::new();
    for (position, item) in new.iter().enumerate() {
        positions.entry(values(item)).or_default().push_back(position);
    }
    let mut taken = vec![false; new.len()];
    let mut pairs = Vec::with_capacity(old.len().max(new.len()));
    for item in old {
        let position = positions.get_mut(&values(item)).and_then(VecDeque::pop_front);
        if let Some(position) = position {
            taken[position] = true;
        }
        pairs.push(Pair { old: Some(item), new: position.map(|position| &new[position]) });
    }
    let rest = new.iter().zip(taken).filter(|(_, taken)| !taken);
    pairs.extend(rest.map(|(item, _)| Pair { old: None, new: Some(item) }));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    type Port = (&'static str, Option<&'static str>);

    fn pairs(old: &[Port], new: &[Port], default: Option<&'static str>) -> Vec<(Option<Port>, Option<Port>)> {
        let value = |port: &Port, key: &str| match key {
            "containerPort" => Some(port.0),
            _ => port.1.or(default),
        };
        let pairs = pair_items(old, new, &["containerPort", "protocol"], value);
        pairs.into_iter().map(|pair| (pair.old.copied(), pair.new.copied())).collect()
    }

    #[test]
    fn all_keys_count() {
        let (tcp, udp) = (("53", Some("TCP")), ("53", Some("UDP")));
        assert_eq!(pairs(&[tcp, udp], &[udp], None), [(Some(tcp), None), (Some(udp), Some(udp))]);
    }

    #[test]
    fn a_missing_key_is_a_value_of_its_own_unless_it_has_a_default() {
        let (bare, tcp) = (("80", None), ("80", Some("TCP")));
        assert_eq!(pairs(&[bare], &[tcp], None), [(Some(bare), None), (None, Some(tcp))]);
        assert_eq!(pairs(&[bare], &[tcp], Some("TCP")), [(Some(bare), Some(tcp))]);
    }

    #[test]
    fn the_first_of_several_meets_the_first() {
        let (a, b) = (("1", None), ("1", None));
        assert_eq!(pairs(&[a], &[b, b], None), [(Some(a), Some(b)), (None, Some(b))]);
        assert_eq!(pairs(&[a, a, a], &[b], None), [(Some(a), Some(b)), (Some(a), None), (Some(a), None)]);
    }
}
