//! Go's `path.Match`, which is `filepath.Match` where `/` separates the parts of a path.

/// Whether a whole path matches a pattern of `*`, `?` and classes, of which only the latter take a `/`. `None` for a malformed pattern, as
/// far as Go reads it: it stops at the first piece between two stars that the path does not have.
pub fn matches(pattern: &str, path: &str) -> Option<bool> {
    fits(pattern.as_bytes(), path).ok()
}

/// A pattern that is none.
struct Malformed;

fn fits(mut pattern: &[u8], mut path: &str) -> Result<bool, Malformed> {
    while !pattern.is_empty() {
        let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
        let (piece, rest) = split_piece(&pattern[stars..]);
        pattern = rest;
        if stars > 0 && piece.is_empty() {
            return Ok(!path.contains('/'));
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
            None => return Ok(false),
        }
    }
    Ok(path.is_empty())
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
) -> Result<Option<&'p str>, Malformed> {
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
fn take<'p>(mut piece: &[u8], path: &'p str) -> Result<Option<&'p str>, Malformed> {
    let mut left = Some(path);
    while let Some(first) = piece.first() {
        let next = left.and_then(|left| left.chars().next());
        let (takes, length) = match first {
            b'[' => class(piece, next.unwrap_or_default()).ok_or(Malformed)?,
            b'?' => (next != Some('/'), 1),
            _ => {
                let escape = usize::from(*first == b'\\');
                let (expected, length) = piece.get(escape..).and_then(character).ok_or(Malformed)?;
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
            ("abc", "abc", Some(true)),
            ("*", "abc", Some(true)),
            ("*c", "abc", Some(true)),
            ("a*", "ab/c", Some(false)),
            ("a*/b", "abc/b", Some(true)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Some(true)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Some(true)),
            ("a[a-c]d", "abd", Some(true)),
            ("a[^a-c]d", "abd", Some(false)),
            ("a\\*b", "a*b", Some(true)),
            ("a?b", "a/b", Some(false)),
            ("[", "a", None),
            ("[]a]", "]", None),
            ("[a-]", "a", None),
            ("a[", "a", None),
            ("templates/.?*", "templates/.x", Some(true)),
            ("templates/.?*", "templates/.", Some(false)),
            ("x[", "abc", None),
            ("*[", "a", None),
            ("x*[", "abc", Some(false)),
            ("[a-\\z]*", "z", Some(true)),
            ("é*", "éa", Some(true)),
            ("*é", "aé", Some(true)),
            ("[*]a", "*a", Some(true)),
            ("\\", "a", None),
            ("", "", Some(true)),
            ("*.bak", ".bak", Some(true)),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
