//! Messages that fit on a screen: a template that includes itself says the same at every depth.

use std::collections::HashMap;

/// How long a message may be, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// How many items may be in a round: what is looked at again and again is no more than this.
const MAX_ROUND: usize = 64;

/// Leaves one round of each part that is repeated, and says behind it how often it was there, with
/// `end` behind that. Takes time in proportion to the items.
pub(super) fn once(items: &[String], end: &str) -> Vec<String> {
    let mut last_seen = HashMap::new();
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < items.len() {
        let round = last_seen.insert(items[at].as_str(), at).map_or(0, |before| at - before);
        let round = if round > MAX_ROUND { 0 } else { round };
        let repeated =
            (at..items.len()).take_while(|&here| round > 0 && items[here] == items[here - round]).count();
        // Two rounds are worth no words.
        if round > 0 && repeated >= 2 * round {
            let rounds = repeated / round;
            out.push(format!("… {rounds} times more{end}"));
            at += rounds * round;
            last_seen.clear();
        } else {
            out.push(items[at].clone());
            at += 1;
        }
    }
    out
}

/// Cuts the middle out of a message that is too long.
pub(super) fn bounded(message: String) -> String {
    if message.len() <= MAX_BYTES {
        return message;
    }
    // What surrounds the cut has to fit, too.
    let half = MAX_BYTES / 2 - 64;
    let (mut start, mut end) = (half, message.len() - half);
    while !message.is_char_boundary(start) {
        start -= 1;
    }
    while !message.is_char_boundary(end) {
        end += 1;
    }
    format!("{} … ({} bytes left out) … {}", &message[..start], end - start, &message[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(items: &str) -> String {
        let items: Vec<String> = items.split_whitespace().map(str::to_owned).collect();
        once(&items, "").join(" ")
    }

    #[test]
    fn a_cycle_is_told_once() {
        for (items, expected) in [
            ("a b c", "a b c"),
            ("a a", "a a"),
            ("a a a a end", "a … 3 times more end"),
            ("x a b a b a b a end", "x a b … 2 times more a end"),
            ("a b a c a d", "a b a c a d"),
            ("a a a b c b c b c", "a … 2 times more b c … 2 times more"),
            ("", ""),
        ] {
            assert_eq!(shown(items), expected, "{items}");
        }
    }

    #[test]
    fn many_items_take_time_in_proportion() {
        let many: Vec<String> = (0..200_000).map(|number| (number % 3).to_string()).collect();
        assert_eq!(once(&many, "").len(), 6);
        let none: Vec<String> = (0..200_000).map(|number| (number % 70_000).to_string()).collect();
        assert_eq!(once(&none, "").len(), 200_000);
    }

    #[test]
    fn long_messages_lose_their_middle() {
        let long = "é".repeat(1_000_000);
        let short = bounded(long);
        assert!(short.len() <= MAX_BYTES && short.contains("bytes left out"), "{}", short.len());
        assert_eq!(bounded("a".repeat(MAX_BYTES)).len(), MAX_BYTES);
    }
}
