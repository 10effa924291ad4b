//! Which elements of two lists correspond, in time near linear whatever the lists are.
//!
//! Equal ends are cut off, elements that are unique on both sides are matched in the longest
//! common order, and what lies between them is treated the same way, to a fixed depth. The result
//! is always correct; it is the smallest for lists that people write.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// How often what lies between matches is searched again.
const DEPTH: usize = 8;

/// Pairs of positions of equal elements, rising on both sides.
pub(crate) fn align<T: Eq + Hash>(before: &[T], after: &[T]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    align_range(before, after, 0..before.len(), 0..after.len(), DEPTH, &mut pairs);
    pairs
}

fn align_range<T: Eq + Hash>(
    before: &[T],
    after: &[T],
    mut old: Range<usize>,
    mut new: Range<usize>,
    depth: usize,
    pairs: &mut Vec<(usize, usize)>,
) {
    while !old.is_empty() && !new.is_empty() && before[old.start] == after[new.start] {
        pairs.push((old.start, new.start));
        old.start += 1;
        new.start += 1;
    }
    let mut ends = 0;
    while !old.is_empty() && !new.is_empty() && before[old.end - 1] == after[new.end - 1] {
        ends += 1;
        old.end -= 1;
        new.end -= 1;
    }
    let (old_end, new_end) = (old.end, new.end);
    if depth > 0 && !old.is_empty() && !new.is_empty() {
        let anchors = longest_rising(&unique_pairs(before, after, old.clone(), new.clone()));
        if !anchors.is_empty() {
            for (old_anchor, new_anchor) in anchors {
                let gap = (old.start..old_anchor, new.start..new_anchor);
                align_range(before, after, gap.0, gap.1, depth - 1, pairs);
                pairs.push((old_anchor, new_anchor));
                old.start = old_anchor + 1;
                new.start = new_anchor + 1;
            }
            align_range(before, after, old, new, depth - 1, pairs);
        }
    }
    pairs.extend((0..ends).map(|offset| (old_end + offset, new_end + offset)));
}

/// Positions of elements that are unique on both sides, by the position before.
fn unique_pairs<T: Eq + Hash>(
    before: &[T],
    after: &[T],
    old: Range<usize>,
    new: Range<usize>,
) -> Vec<(usize, usize)> {
    let mut places: HashMap<&T, (usize, Option<usize>, usize)> = HashMap::new();
    for position in old.clone() {
        places.entry(&before[position]).or_default().0 += 1;
    }
    for position in new {
        if let Some(place) = places.get_mut(&after[position]) {
            place.1 = Some(position);
            place.2 += 1;
        }
    }
    old.filter_map(|position| match places.get(&before[position]) {
        Some(&(1, Some(other), 1)) => Some((position, other)),
        _ => None,
    })
    .collect()
}

/// The longest part of the pairs that rises on the second side, too.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // `tails[n]` is the pair that ends a rising part of n + 1 pairs at the lowest position.
    let mut tails: Vec<usize> = Vec::new();
    let mut previous = vec![None; pairs.len()];
    for (index, pair) in pairs.iter().enumerate() {
        let length = tails.partition_point(|&tail| pairs[tail].1 < pair.1);
        previous[index] = length.checked_sub(1).map(|before| tails[before]);
        if length == tails.len() {
            tails.push(index);
        } else {
            tails[length] = index;
        }
    }
    let mut rising = Vec::with_capacity(tails.len());
    let mut at = tails.last().copied();
    while let Some(index) = at {
        rising.push(pairs[index]);
        at = previous[index];
    }
    rising.reverse();
    rising
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_elements_are_matched() {
        for (before, after, expected) in [
            ("abc", "abc", vec![(0, 0), (1, 1), (2, 2)]),
            ("abc", "xbc", vec![(1, 1), (2, 2)]),
            ("abcd", "acd", vec![(0, 0), (2, 1), (3, 2)]),
            ("abc", "bca", vec![(1, 0), (2, 1)]),
            ("", "ab", vec![]),
            ("aab", "aaab", vec![(0, 0), (1, 1), (2, 3)]),
            ("xaay", "zaaw", vec![]),
        ] {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(align(&letters(before), &letters(after)), expected, "{before} {after}");
        }
    }

    proptest! {
        #[test]
        fn matches_rise_and_are_equal(before in "[a-f]{0,40}", after in "[a-f]{0,40}") {
            let (before, after) = (before.as_bytes(), after.as_bytes());
            let pairs = align(before, after);
            prop_assert!(pairs.iter().all(|&(old, new)| before[old] == after[new]));
            prop_assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
        }
    }
}
