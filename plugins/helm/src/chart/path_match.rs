//! Go's `filepath.Match`.

/// Whether a whole path matches a pattern of `*`, `?` and classes, none of which takes a `/`. `None` for a malformed pattern.
pub(crate) fn path_matches(pattern: &str, path: &str) -> Option<bool> {
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    check(&pattern)?;
    // Where the last `*` began, and how much it took: going back to it suffices, since an earlier one can take no more.
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if at < pattern.len() && pattern[at] == '*' {
            star = Some((at + 1, here));
            at += 1;
            continue;
        }
        let step = (here < path.len()).then(|| one(&pattern[at..], path[here])).flatten();
        match step {
            Some(length) => {
                at += length;
                here += 1;
            }
            None if at == pattern.len() && here == path.len() => return Some(true),
            None => match star {
                Some((behind, from)) if from < path.len() && path[from] != '/' => {
                    star = Some((behind, from + 1));
                    (at, here) = (behind, from + 1);
                }
                _ => return Some(false),
            },
        }
    }
}

/// How much of the pattern takes the character; `None` if it does not.
fn one(pattern: &[char], character: char) -> Option<usize> {
    match pattern {
        [] => None,
        ['?', ..] => (character != '/').then_some(1),
        ['\\', escaped, ..] => (*escaped == character).then_some(2),
        ['[', ..] => {
            let (takes, length) = class(pattern, character)?;
            takes.then_some(length)
        }
        [plain, ..] => (*plain == character).then_some(1),
    }
}

/// Whether a class takes the character, and how long it is.
fn class(pattern: &[char], character: char) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = pattern.get(at) == Some(&'^');
    at += usize::from(negated);
    let from = at;
    let mut takes = false;
    loop {
        if pattern.get(at) == Some(&']') && at > from {
            // A class takes a `/` only where it names it, and no negated one does.
            return Some((takes != negated, at + 1));
        }
        let low = escaped(pattern, &mut at)?;
        let mut high = low;
        if pattern.get(at) == Some(&'-') {
            at += 1;
            high = escaped(pattern, &mut at)?;
        }
        takes |= low <= character && character <= high;
    }
}

fn escaped(pattern: &[char], at: &mut usize) -> Option<char> {
    let first = *pattern.get(*at)?;
    if matches!(first, '-' | ']') {
        return None;
    }
    *at += 1;
    if first != '\\' {
        return Some(first);
    }
    let second = *pattern.get(*at)?;
    *at += 1;
    Some(second)
}

/// `None` for a pattern with a class or an escape that does not end.
fn check(mut pattern: &[char]) -> Option<()> {
    while let Some(first) = pattern.first() {
        let length = match first {
            '[' => class(pattern, '\0')?.1,
            '\\' if pattern.len() == 1 => return None,
            '\\' => 2,
            _ => 1,
        };
        pattern = &pattern[length..];
    }
    Some(())
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
            ("", "", Some(true)),
            ("*.bak", ".bak", Some(true)),
        ] {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
