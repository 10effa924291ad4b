//! The order of keys: natural, as go-yaml's `keyList` has it.

use std::cmp::Ordering;

use crate::{Entry, Mapping};

/// Whose order it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// go-yaml v2's.
    V2,
    /// go-yaml v3's: behind a digit, a letter comes before anything else.
    V3,
}

/// The entries in the order in which they are written. Objects that were printed before are in
/// order already.
pub(super) fn sorted(mapping: &Mapping, order: Order) -> Vec<&Entry> {
    let compare = |a: &Entry, b: &Entry| compare(&a.key.text, &b.key.text, order);
    let mut entries: Vec<&Entry> = mapping.iter().collect();
    if !entries.is_sorted_by(|a, b| compare(a, b) != Ordering::Greater) {
        merge_sort(&mut entries, &|a, b| compare(a, b));
    }
    entries
}

/// A stable sort that takes any comparison: natural order is no total one for odd mixes of digits,
/// letters and signs, and the standard library's sorts may panic then.
fn merge_sort<T: Copy>(items: &mut [T], compare: &dyn Fn(T, T) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let middle = items.len() / 2;
    merge_sort(&mut items[..middle], compare);
    merge_sort(&mut items[middle..], compare);
    let (left, right) = (items[..middle].to_vec(), items[middle..].to_vec());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    for place in items {
        let from_right = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) => compare(*b, *a) == Ordering::Less,
            (left, _) => left.is_none(),
        };
        if let Some(item) = if from_right { right.next() } else { left.next() } {
            *place = item;
        }
    }
}

/// Letters by code point, runs of digits by value, letters behind everything else.
fn compare(a: &str, b: &str, order: Order) -> Ordering {
    let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    if common == a.len() || common == b.len() {
        return a.len().cmp(&b.len());
    }
    // Back to the start of the character that differs.
    let common = (0..=common).rev().find(|index| a.is_char_boundary(*index)).unwrap_or(0);
    let (Some(ac), Some(bc)) = (a[common..].chars().next(), b[common..].chars().next()) else {
        return a.len().cmp(&b.len());
    };
    let behind_digit = a[..common].ends_with(|before: char| before.is_ascii_digit());
    match (ac.is_alphabetic(), bc.is_alphabetic()) {
        (true, true) => return ac.cmp(&bc),
        (letter, other) if letter != other && behind_digit && order == Order::V3 => {
            return other.cmp(&letter);
        }
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero counts as a digit like others where a number has begun before it.
    let begun = (ac == '0' || bc == '0')
        && a[..common].bytes().rev().take_while(u8::is_ascii_digit).any(|digit| digit != b'0');
    let number = |text: &str| {
        let digits = text[common..].bytes().take_while(u8::is_ascii_digit);
        digits.fold((i64::from(begun), 0), |(number, count), digit| {
            (number.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')), count + 1)
        })
    };
    let ((an, ai), (bn, bi)) = (number(a), number(b));
    an.cmp(&bn).then(usize::cmp(&ai, &bi)).then(ac.cmp(&bc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_naturally() {
        for (less, more) in [
            ("a2", "a10"),
            ("a1", "a01"),
            ("b9", "b09"),
            ("1", "a"),
            ("_", "a"),
            ("A", "a"),
            ("z", "é"),
            ("a", "a1"),
            ("a-b", "ab"),
            ("a10b2", "a10b10"),
            ("a100", "a101"),
        ] {
            for order in [Order::V2, Order::V3] {
                assert_eq!(compare(less, more, order), Ordering::Less, "{less} {more}");
                assert_eq!(compare(more, less, order), Ordering::Greater, "{less} {more}");
            }
        }
        assert_eq!(compare("a", "a", Order::V2), Ordering::Equal);
    }

    #[test]
    fn behind_a_digit_versions_differ() {
        for (a, b) in [("0x", "0:"), ("1e", "10"), ("a1b", "a1-")] {
            assert_eq!(compare(a, b, Order::V2), Ordering::Greater, "{a} {b}");
            assert_eq!(compare(a, b, Order::V3), Ordering::Less, "{a} {b}");
        }
    }

    #[test]
    fn a_sort_is_stable_and_takes_any_comparison() {
        let mut items = [(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd'), (0, 'e')];
        merge_sort(&mut items, &|a, b| a.0.cmp(&b.0));
        assert_eq!(items, [(0, 'e'), (1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
        let mut items: Vec<u32> = (0..100).collect();
        merge_sort(&mut items, &|_, _| Ordering::Less);
        items.sort_unstable();
        assert!(items.into_iter().eq(0..100));
    }
}
