//! Go's `path.Match`.

use std::fmt;

/// A pattern that Go rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPattern;

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("syntax error in pattern")
    }
}

impl std::error::Error for BadPattern {}

/// Whether a whole path matches a pattern: `*` is any text without `/`, `?` one character but `/`,
/// `[a-z]` and `[^a-z]` one of a class, which may be `/`, and `\` takes the meaning off what
/// follows.
///
/// # Errors
/// If the pattern is malformed, wherever in it that is.
pub fn matches(pattern: &str, path: &str) -> Result<bool, BadPattern> {
    match compare(pattern, path)? {
        Comparison::Whole(matches) => Ok(matches),
        Comparison::Until(rest) => check(rest).map(|()| false),
    }
}

/// How far a pattern was read.
pub(crate) enum Comparison<'p> {
    /// To its end, and whether it matches.
    Whole(bool),
    /// To the piece that the path does not have, which this follows.
    Until(&'p [u8]),
}

/// Compares a path with a pattern, which is read no further than it matches.
pub(crate) fn compare<'p>(pattern: &'p str, path: &str) -> Result<Comparison<'p>, BadPattern> {
    let mut pattern = pattern.as_bytes();
    let mut path = path;
    while !pattern.is_empty() {
        let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
        let (piece, rest) = split_piece(&pattern[stars..]);
        pattern = rest;
        if stars > 0 && piece.is_empty() {
            return Ok(Comparison::Whole(!path.contains('/')));
        }
        if !piece.iter().any(|byte| b"[?\\".contains(byte)) {
            match literally(piece, path, stars > 0, rest.is_empty()) {
                Some(left) => path = left,
                None => return Ok(Comparison::Until(rest)),
            }
            continue;
        }
        // The last piece has to take all that is left.
        let is_enough = |left: &str| left.is_empty() || !rest.is_empty();
        let found = match take(piece, path)?.filter(|left| is_enough(left)) {
            Some(left) => Some(left),
            None if stars > 0 => skipping(piece, path, is_enough)?,
            None => None,
        };
        match found {
            Some(left) => path = left,
            None => return Ok(Comparison::Until(rest)),
        }
    }
    Ok(Comparison::Whole(path.is_empty()))
}

/// What a path has left behind a piece that stands for itself, perhaps with a star before it. The
/// last piece has to take all that is left.
fn literally<'p>(piece: &[u8], path: &'p str, star: bool, is_last: bool) -> Option<&'p str> {
    let bytes = path.as_bytes();
    let at = match (star, is_last) {
        (false, _) => bytes.starts_with(piece).then_some(0)?,
        (true, true) => bytes.ends_with(piece).then(|| bytes.len() - piece.len())?,
        (true, false) => bytes.windows(piece.len()).position(|window| window == piece)?,
    };
    let left = path.get(at + piece.len()..)?;
    (!bytes[..at].contains(&b'/') && (!is_last || left.is_empty())).then_some(left)
}

/// Reads a pattern to its end.
fn check(mut pattern: &[u8]) -> Result<(), BadPattern> {
    while !pattern.is_empty() {
        let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
        let (piece, rest) = split_piece(&pattern[stars..]);
        take(piece, "")?;
        pattern = rest;
    }
    Ok(())
}

/// Up to the next star that is in no class.
fn split_piece(pattern: &[u8]) -> (&[u8], &[u8]) {
    let (mut at, mut in_class) = (0, false);
    while let Some(byte) = pattern.get(at) {
        match byte {
            b'\\' if at + 1 < pattern.len() => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        at += 1;
    }
    pattern.split_at(at)
}

/// What a path has left once a star has taken as little as it needs to.
fn skipping<'p>(
    piece: &[u8],
    path: &'p str,
    is_enough: impl Fn(&str) -> bool,
) -> Result<Option<&'p str>, BadPattern> {
    for (at, skipped) in path.char_indices() {
        if skipped == '/' {
            break;
        }
        if let Some(left) = take(piece, &path[at + skipped.len_utf8()..])?.filter(|left| is_enough(left)) {
            return Ok(Some(left));
        }
    }
    Ok(None)
}

/// What is left of a path that starts with what a piece matches, if it does.
fn take<'p>(mut piece: &[u8], path: &'p str) -> Result<Option<&'p str>, BadPattern> {
    let mut left = Some(path);
    while let Some(first) = piece.first() {
        let next = left.and_then(|left| left.chars().next());
        let (takes, length) = match first {
            b'[' => class(piece, next.unwrap_or_default()).ok_or(BadPattern)?,
            b'?' => (next != Some('/'), 1),
            _ => {
                let escape = usize::from(*first == b'\\');
                let (expected, length) = piece.get(escape..).and_then(character).ok_or(BadPattern)?;
                (next == Some(expected), escape + length)
            }
        };
        piece = &piece[length..];
        left = next.filter(|_| takes).and_then(|next| left?.get(next.len_utf8()..));
    }
    Ok(left)
}

/// Whether a class takes a character, and how long it is.
fn class(piece: &[u8], next: char) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = piece.get(at) == Some(&b'^');
    at += usize::from(negated);
    let from = at;
    let mut takes = false;
    loop {
        if piece.get(at) == Some(&b']') && at > from {
            return Some((takes != negated, at + 1));
        }
        let low = escaped(piece, &mut at)?;
        let mut high = low;
        if piece.get(at) == Some(&b'-') {
            at += 1;
            high = escaped(piece, &mut at)?;
        }
        takes |= low <= next && next <= high;
    }
}

/// A character of a class, behind which something has to follow.
fn escaped(piece: &[u8], at: &mut usize) -> Option<char> {
    let escape = match piece.get(*at)? {
        b'-' | b']' => return None,
        byte => usize::from(*byte == b'\\'),
    };
    let (character, length) = character(piece.get(*at + escape..)?)?;
    *at += escape + length;
    (*at < piece.len()).then_some(character)
}

/// The first character and its length.
fn character(text: &[u8]) -> Option<(char, usize)> {
    if let [first @ 0..0x80, ..] = text {
        return Some((char::from(*first), 1));
    }
    // Pieces are cut at ASCII characters alone.
    let character = std::str::from_utf8(text).ok()?.chars().next()?;
    Some((character, character.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_go() {
        for (pattern, path, expected) in [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*", "ab/c", Ok(false)),
            ("a*/b", "abc/b", Ok(true)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Ok(true)),
            ("a[a-c]d", "abd", Ok(true)),
            ("a[^a-c]d", "abd", Ok(false)),
            ("a\\*b", "a*b", Ok(true)),
            ("a?b", "a/b", Ok(false)),
            ("[", "a", Err(BadPattern)),
            ("[]a]", "]", Err(BadPattern)),
            ("[a-]", "a", Err(BadPattern)),
            ("a[", "a", Err(BadPattern)),
            ("templates/.?*", "templates/.x", Ok(true)),
            ("templates/.?*", "templates/.", Ok(false)),
            ("x[", "abc", Err(BadPattern)),
            ("*[", "a", Err(BadPattern)),
            ("x*[", "abc", Err(BadPattern)),
            ("[a-\\z]*", "z", Ok(true)),
            ("é*", "éa", Ok(true)),
            ("*é", "aé", Ok(true)),
            ("[*]a", "*a", Ok(true)),
            ("\\", "a", Err(BadPattern)),
            ("", "", Ok(true)),
            ("*.bak", ".bak", Ok(true)),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
