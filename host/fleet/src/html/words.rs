//! Two lines → what differs within them, marked.

use crate::change::align;
use crate::comment::escape::html as escape;

/// The lines as HTML, with `del` around what is gone and `ins` around what is new.
pub(super) fn mark(before: &str, after: &str) -> (String, String) {
    let (old, new) = (words(before), words(after));
    let pairs = align(&old, &new);
    let old_kept: Vec<usize> = pairs.iter().map(|pair| pair.0).collect();
    let new_kept: Vec<usize> = pairs.iter().map(|pair| pair.1).collect();
    (marked(&old, &old_kept, "del"), marked(&new, &new_kept, "ins"))
}

/// A line in words and what stands between them.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut previous: Option<bool> = None;
    for (place, character) in line.char_indices() {
        let is_word = character.is_alphanumeric();
        if place > start && !(is_word && previous == Some(true)) {
            words.push(&line[start..place]);
            start = place;
        }
        previous = Some(is_word);
    }
    if start < line.len() {
        words.push(&line[start..]);
    }
    words
}

fn marked(words: &[&str], kept: &[usize], element: &str) -> String {
    let mut html = String::new();
    let mut kept = kept.iter().copied().peekable();
    let mut open = false;
    for (index, word) in words.iter().enumerate() {
        let is_kept = kept.next_if_eq(&index).is_some();
        if open == is_kept {
            append!(html, "<{}{element}>", if is_kept { "/" } else { "" });
            open = !is_kept;
        }
        html += &escape(word);
    }
    if open {
        append!(html, "</{element}>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_marked() {
        for (before, after, expected) in [
            ("image: a:1.2", "image: a:1.3", ("image: a:1.<del>2</del>", "image: a:1.<ins>3</ins>")),
            ("a <b>", "a <c>", ("a &lt;<del>b</del>&gt;", "a &lt;<ins>c</ins>&gt;")),
            ("same", "same", ("same", "same")),
            ("", "new one", ("", "<ins>new one</ins>")),
        ] {
            let (old, new) = mark(before, after);
            assert_eq!((old.as_str(), new.as_str()), expected);
        }
    }
}
