//! Looks at eight bytes of text at once, each in a lane of its own of a number. Nearly all of a
//! text are printable ASCII characters, which need no closer look.
//!
//! By hand because of WebAssembly, where plugins run: without vectors, `memchr` and the standard
//! library look at four bytes at once there, and compare byte by byte, by a call. Nor do they
//! search for what a text may not have.

use std::cmp::Ordering;

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

/// The high bit of each byte that is no printable ASCII character; of none if all bytes are ASCII
/// and printable.
const fn unprintable(word: u64) -> u64 {
    // No lane borrows from the next, as all have their high bit set.
    let printable = (word | HIGH).wrapping_sub(ONES * 0x20);
    let delete = (word & !HIGH) + ONES;
    (word | !printable | delete) & HIGH
}

/// Whether all of eight bytes are printable ASCII characters or line feeds.
pub const fn is_plain(word: u64) -> bool {
    let other = ((word ^ (ONES * 0x0A)) | HIGH).wrapping_sub(ONES);
    unprintable(word) & (other | word) == 0
}

/// How many printable ASCII characters a text starts with.
pub fn printable_run(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let whole = words.iter().take_while(|word| unprintable(u64::from_le_bytes(**word)) == 0).count() * 8;
    let rest = &bytes[whole..];
    whole + rest.iter().take_while(|byte| matches!(byte, 0x20..=0x7E)).count()
}

/// How many spaces a text starts with.
pub fn space_run(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let other = u64::from_le_bytes(*word) ^ (ONES * 0x20);
        if other != 0 {
            return index * 8 + lane(other);
        }
    }
    words.len() * 8 + rest.iter().take_while(|byte| **byte == b' ').count()
}

/// How many printable ASCII characters other than these two a text starts with.
#[inline]
pub fn printable_run_without(these: [u8; 2], bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let other = unprintable(word) | first(word, these[0]) | first(word, these[1]);
        if other != 0 {
            return index * 8 + lane(other);
        }
    }
    let is_within = |byte: &&u8| matches!(byte, 0x20..=0x7E) && !these.contains(byte);
    words.len() * 8 + rest.iter().take_while(is_within).count()
}

/// Where a byte stands first.
#[inline]
pub fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    find_any([byte], bytes)
}

/// Where one of some bytes stands first.
#[inline]
pub fn find_any<const N: usize>(these: [u8; N], bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = these.iter().fold(0, |found, byte| found | first(word, *byte));
        if found != 0 {
            return Some(index * 8 + lane(found));
        }
    }
    rest.iter().position(|byte| these.contains(byte)).map(|place| words.len() * 8 + place)
}

/// How two texts are ordered, as the standard library has it. Most differ in their first bytes.
#[inline]
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    match (a.first(), b.first()) {
        (Some(one), Some(other)) if one != other => one.cmp(other),
        _ => compare_words(a, b),
    }
}

fn compare_words(a: &[u8], b: &[u8]) -> Ordering {
    let ((words, _), (other_words, _)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (word, other) in words.iter().zip(other_words) {
        if word != other {
            return u64::from_be_bytes(*word).cmp(&u64::from_be_bytes(*other));
        }
    }
    let seen = words.len().min(other_words.len()) * 8;
    a[seen..].iter().cmp(&b[seen..])
}

/// Whether two texts are the same.
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && compare(a, b).is_eq()
}

/// The lane of the lowest bit that is set.
const fn lane(word: u64) -> usize {
    word.trailing_zeros() as usize / 8
}

/// The high bit of the first byte that is this one; what stands above that bit means nothing.
const fn first(word: u64, byte: u8) -> u64 {
    let other = word ^ (ONES * byte as u64);
    other.wrapping_sub(ONES) & !other & HIGH
}

/// Whether all of a text are printable ASCII characters and line feeds.
pub fn is_all_plain(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().all(|word| is_plain(u64::from_le_bytes(*word)))
        && rest.iter().all(|byte| matches!(byte, b'\n' | 0x20..=0x7E))
}

/// How many characters there are in a piece of UTF-8.
pub fn characters(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    // Bytes that go on with a character have their high bit set and the next one not.
    let more = |word: u64| (word & !(word << 1) & HIGH).count_ones() as usize;
    let within: usize = words.iter().map(|word| more(u64::from_le_bytes(*word))).sum();
    let rest_within = rest.iter().filter(|byte| **byte & 0xC0 == 0x80).count();
    bytes.len() - within - rest_within
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each byte in each lane, among others of each sort.
    fn words() -> impl Iterator<Item = [u8; 8]> {
        let others = [b'a', b':', b'#', b'}', b'\n', b' ', b'~', 0x00, 0x7F, 0x80, 0xC2, 0xFF];
        let lanes = (0..8).flat_map(|lane| (0..=0xFF).map(move |byte| (lane, byte)));
        lanes.flat_map(move |(lane, byte)| {
            others.map(|other| {
                let mut word = [other; 8];
                word[lane] = byte;
                word
            })
        })
    }

    #[test]
    fn lanes_do_not_disturb_one_another() {
        for word in words() {
            let number = u64::from_le_bytes(word);
            let printable = |byte: &u8| matches!(byte, 0x20..=0x7E);
            let plain = word.iter().all(|byte| printable(byte) || *byte == b'\n');
            assert_eq!(is_plain(number), plain, "{word:?}");
            assert_eq!(is_all_plain(&word), plain, "{word:?}");
            assert_eq!(is_all_plain(&[&word[..], &word[..7]].concat()), plain, "{word:?}");
            assert_eq!(unprintable(number) == 0, word.iter().all(printable), "{word:?}");
            let run = word.iter().take_while(|byte| printable(byte)).count();
            assert_eq!(printable_run(&word), run, "{word:?}");
            assert_eq!(printable_run(&[&word[..], b"abc\n"].concat()), if run == 8 { 11 } else { run });
            let run = word.iter().take_while(|byte| printable(byte) && !b":#".contains(byte)).count();
            let run_without = |bytes: &[u8]| printable_run_without([b':', b'#'], bytes);
            assert_eq!(run_without(&word), run, "{word:?}");
            assert_eq!(run_without(&[&word[..], &word[..5]].concat()), if run == 8 { 13 } else { run });
            let place = word.iter().position(|byte| b"}\"".contains(byte));
            assert_eq!(find_any([b'}', b'"'], &word), place, "{word:?}");
            let later = [&[b'a'; 8][..], &word[..], &word[..5]].concat();
            assert_eq!(find(b'}', &later), later.iter().position(|byte| *byte == b'}'), "{later:?}");
            let run = word.iter().take_while(|byte| **byte == b' ').count();
            assert_eq!(space_run(&word), run, "{word:?}");
            assert_eq!(space_run(&[&word[..], &word[..5]].concat()), if run == 8 { 13 } else { run });
            let characters_of = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
            assert_eq!(characters(&word), characters_of(&word), "{word:?}");
            assert_eq!(characters(&[&word[..], &word[..5]].concat()), {
                characters_of(&word) + characters_of(&word[..5])
            });
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn texts_are_ordered_as_by_the_standard_library(
            shared in prop::collection::vec(any::<u8>(), 0..20),
            a in prop::collection::vec(any::<u8>(), 0..20),
            b in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let [a, b] = [[shared.clone(), a].concat(), [shared, b].concat()];
            for (a, b) in [(&a, &b), (&b, &a), (&a, &a)] {
                prop_assert_eq!(compare(a, b), a.cmp(b));
                prop_assert_eq!(same(a, b), a == b);
            }
        }
    }
}
