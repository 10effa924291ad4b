//! Go's `filepath.Match`, by which Argo CD reads excluded paths and those of the annotation.
//!
//! `*` is any text without `/`, `?` one character but `/`, `[a-z]` and `[^a-z]` one of a class, `\` takes the meaning off the next one.

/// A pattern that Go refuses; the repo-server fails on every repository then.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadPattern;

#[derive(Debug)]
enum Part {
    Char(char),
    Any,
    Star,
    Class { ranges: Vec<(char, char)>, negated: bool },
}

/// Whether the whole of a path matches.
///
/// # Errors
/// If the pattern is none, whether or not the match would have come to the fault.
pub(super) fn matches(pattern: &str, path: &str) -> Result<bool, BadPattern> {
    let parts = parse(pattern)?;
    let text: Vec<char> = path.chars().collect();
    // Where the last star began, and how much it takes: one way back is enough, since a later star can take what an earlier one gave up.
    let (mut at, mut here, mut back) = (0, 0, None);
    loop {
        let takes = |char: char| match parts.get(at) {
            Some(Part::Char(expected)) => *expected == char,
            Some(Part::Any) => char != '/',
            Some(Part::Class { ranges, negated }) => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&char)) != *negated
            }
            _ => false,
        };
        if matches!(parts.get(at), Some(Part::Star)) {
            back = Some((at, here));
            at += 1;
        } else if text.get(here).is_some_and(|char| takes(*char)) {
            at += 1;
            here += 1;
        } else if at == parts.len() && here == text.len() {
            return Ok(true);
        } else {
            match back {
                Some((star, from)) if text.get(from).is_some_and(|char| *char != '/') => {
                    back = Some((star, from + 1));
                    at = star + 1;
                    here = from + 1;
                }
                _ => return Ok(false),
            }
        }
    }
}

/// Whether a text has any of a pattern's signs in it.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

fn parse(pattern: &str) -> Result<Vec<Part>, BadPattern> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(char) = chars.next() {
        parts.push(match char {
            '*' => Part::Star,
            '?' => Part::Any,
            '\\' => Part::Char(chars.next().ok_or(BadPattern)?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let low = of_class(&mut chars)?;
                    let high = match chars.next_if_eq(&'-') {
                        Some(_) => of_class(&mut chars)?,
                        None => low,
                    };
                    ranges.push((low, high));
                }
                Part::Class { ranges, negated }
            }
            char => Part::Char(char),
        });
    }
    Ok(parts)
}

/// One character of a class.
fn of_class(chars: &mut impl Iterator<Item = char>) -> Result<char, BadPattern> {
    match chars.next() {
        Some('\\') => chars.next().ok_or(BadPattern),
        None | Some('-' | ']') => Err(BadPattern),
        Some(char) => Ok(char),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_go_does() {
        for (pattern, path, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("ab[^b-d]", "abc", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "ab", false),
            ("a?b", "a/b", false),
            ("a*b", "a/b", false),
            ("a[^a]b", "a☺b", true),
            ("[\\]a]", "]", true),
            ("[\\-x]", "-", true),
            ("*x", "xxx", true),
            ("**", "a/b", false),
            ("", "", true),
            (".git", ".git", true),
            (".git/", ".git", false),
        ] {
            assert_eq!(matches(pattern, path), Ok(expected), "{pattern} {path}");
        }
        for pattern in ["[]a]", "[-]", "[x-]", "[-x]", "a[", "[a", "\\", "[a-b-c]", "["] {
            assert_eq!(matches(pattern, "a"), Err(BadPattern), "{pattern}");
        }
    }
}
