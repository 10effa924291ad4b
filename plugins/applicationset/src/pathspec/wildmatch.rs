//! git's `wildmatch`.

/// How wildcards match.
#[derive(Clone, Copy)]
pub(super) struct Wildmatch {
    /// `*` and `?` stop at `/`; `**/` stands for any directories.
    pub(super) within_directories: bool,
    /// ASCII letters match in either case.
    pub(super) ignores_case: bool,
}

/// Whether a whole text matches. Work is at most the product of both lengths: of several stars only
/// the last is ever tried again, and where `**` stands beside stars that stop at `/`, the last of
/// each.
pub(super) fn wildmatch(pattern: &[u8], text: &[u8], how: Wildmatch) -> bool {
    let Some(tokens) = tokens(pattern, how) else { return false };
    // Where each token may start, after what was read of the text.
    let mut here = vec![false; tokens.len() + 1];
    here[0] = true;
    skip_empty(&tokens, &mut here, true);
    for (at, byte) in text.iter().enumerate() {
        let mut next = vec![false; tokens.len() + 1];
        for (index, token) in tokens.iter().enumerate() {
            if !here[index] {
                continue;
            }
            match token {
                Token::Star { crosses } if *crosses || *byte != b'/' => next[index] = true,
                Token::Directories => next[index] = true,
                Token::Any if !(how.within_directories && *byte == b'/') => next[index + 1] = true,
                Token::Byte(wanted) if equal(*wanted, *byte, how) => next[index + 1] = true,
                Token::Class(class)
                    if class.contains(*byte, how) && !(how.within_directories && *byte == b'/') =>
                {
                    next[index + 1] = true;
                }
                _ => {}
            }
        }
        skip_empty(&tokens, &mut next, text[at] == b'/');
        here = next;
    }
    here[tokens.len()]
}

/// What matches nothing may be passed over: stars, and directories where one may start.
fn skip_empty(tokens: &[Token], here: &mut [bool], at_start_of_name: bool) {
    for (index, token) in tokens.iter().enumerate() {
        let may_be_empty = match token {
            Token::Star { .. } => true,
            Token::Directories => at_start_of_name,
            _ => false,
        };
        if here[index] && may_be_empty {
            here[index + 1] = true;
        }
    }
}

enum Token {
    Byte(u8),
    Any,
    /// Any text, across `/` or not.
    Star {
        crosses: bool,
    },
    /// `**/`: any directories, or none.
    Directories,
    Class(Class),
}

#[derive(Default)]
struct Class {
    is_negated: bool,
    ranges: Vec<(u8, u8)>,
    named: Vec<fn(&u8) -> bool>,
}

impl Class {
    fn contains(&self, byte: u8, how: Wildmatch) -> bool {
        let has = |byte: u8| {
            self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte))
                || self.named.iter().any(|is| is(&byte))
        };
        let found = has(byte)
            || (how.ignores_case && (has(byte.to_ascii_lowercase()) || has(byte.to_ascii_uppercase())));
        found != self.is_negated
    }
}

fn equal(one: u8, other: u8, how: Wildmatch) -> bool {
    one == other || (how.ignores_case && one.eq_ignore_ascii_case(&other))
}

/// The pattern's parts; none for one that matches nothing: a class that is never closed, a `\` at
/// the end.
fn tokens(pattern: &[u8], how: Wildmatch) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = pattern.get(at) {
        at += 1;
        tokens.push(match byte {
            b'?' => Token::Any,
            b'\\' => {
                at += 1;
                Token::Byte(*pattern.get(at - 1)?)
            }
            b'[' => {
                let (class, end) = class(pattern, at)?;
                at = end;
                Token::Class(class)
            }
            b'*' => {
                let start = at - 1;
                while pattern.get(at) == Some(&b'*') {
                    at += 1;
                }
                let is_double = at - start >= 2;
                let is_whole_name = (start == 0 || pattern[start - 1] == b'/')
                    && matches!(pattern.get(at), None | Some(b'/'));
                if how.within_directories && is_double && is_whole_name && pattern.get(at).is_some() {
                    at += 1;
                    Token::Directories
                } else {
                    Token::Star { crosses: !how.within_directories || (is_double && is_whole_name) }
                }
            }
            byte => Token::Byte(*byte),
        });
    }
    Some(tokens)
}

/// A class behind its `[`, and where it ends.
fn class(pattern: &[u8], mut at: usize) -> Option<(Class, usize)> {
    let mut class = Class::default();
    if matches!(pattern.get(at)?, b'!' | b'^') {
        class.is_negated = true;
        at += 1;
    }
    let start = at;
    let mut last: Option<u8> = None;
    loop {
        let byte = *pattern.get(at)?;
        at += 1;
        match byte {
            b']' if at - 1 > start => return Some((class, at)),
            b'[' if pattern.get(at) == Some(&b':') => {
                let name_start = at + 1;
                let length = pattern.get(name_start..)?.iter().position(|byte| *byte == b']')?;
                let Some(name) = pattern[name_start..name_start + length].strip_suffix(b":") else {
                    // Not a name: the `[` stands for itself.
                    class.ranges.push((b'[', b'['));
                    last = Some(b'[');
                    continue;
                };
                class.named.push(named(name)?);
                at = name_start + length + 1;
                last = None;
            }
            b'-' if last.is_some() && pattern.get(at).is_some_and(|byte| *byte != b']') => {
                let mut high = *pattern.get(at)?;
                at += 1;
                if high == b'\\' {
                    high = *pattern.get(at)?;
                    at += 1;
                }
                class.ranges.push((last?, high));
                last = None;
            }
            b'\\' => {
                let byte = *pattern.get(at)?;
                at += 1;
                class.ranges.push((byte, byte));
                last = Some(byte);
            }
            byte => {
                class.ranges.push((byte, byte));
                last = Some(byte);
            }
        }
    }
}

fn named(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| byte.is_ascii_graphic() || *byte == b' ',
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |byte| byte.is_ascii_whitespace() || *byte == 0x0B,
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PLAIN: Wildmatch = Wildmatch { within_directories: false, ignores_case: false };
    const GLOB: Wildmatch = Wildmatch { within_directories: true, ignores_case: false };

    // From git's t3070-wildmatch.sh: what wildcards match without and with WM_PATHNAME.
    #[rstest]
    #[case("foo", "foo", true, true)]
    #[case("***", "foo", true, true)]
    #[case("f*", "foo", true, true)]
    #[case("*f", "foo", false, false)]
    #[case("*ob*a*r*", "foobar", true, true)]
    #[case("\\*", "*", true, true)]
    #[case("*[al]?", "ball", true, true)]
    #[case("[ten]", "ten", false, false)]
    #[case("**[!te]", "ten", true, true)]
    #[case("t[a-g]n", "ten", true, true)]
    #[case("t[!a-g]n", "ten", false, false)]
    #[case("t[^a-g]n", "ton", true, true)]
    #[case("a[]]b", "a]b", true, true)]
    #[case("a[]-]b", "a-b", true, true)]
    #[case("a[]a-]b", "aab", true, true)]
    #[case("foo*bar", "foo/baz/bar", true, false)]
    #[case("foo**bar", "foo/baz/bar", true, false)]
    #[case("foo/**/bar", "foo/baz/bar", true, true)]
    #[case("foo/**/**/bar", "foo/b/a/z/bar", true, true)]
    #[case("foo/**/bar", "foo/bar", false, true)]
    #[case("foo?bar", "foo/bar", true, false)]
    #[case("foo[/]bar", "foo/bar", true, false)]
    #[case("**/foo", "foo", false, true)]
    #[case("**/foo", "bar/baz/foo", true, true)]
    #[case("*/foo", "bar/baz/foo", true, false)]
    #[case("**/bar*", "foo/bar/baz", true, false)]
    #[case("**/bar/**", "deep/foo/bar/baz/x", true, true)]
    #[case("[[:alpha:]][[:digit:]][[:upper:]]", "a1B", true, true)]
    #[case("[[:digit:][:upper:][:spaci:]]", "1", false, false)]
    #[case("[a-c]b*", "abc", true, true)]
    #[case("[", "[", false, false)]
    #[case("a\\", "a", false, false)]
    #[case(
        "-*-*-*-*-*-*-12-*-*-*-m-*-*-*",
        "-adobe-courier-bold-o-normal--12-120-75-75-m-70-iso8859-1",
        true,
        true
    )]
    fn as_git_does(#[case] pattern: &str, #[case] text: &str, #[case] plain: bool, #[case] glob: bool) {
        let matches = |how| wildmatch(pattern.as_bytes(), text.as_bytes(), how);
        assert_eq!((matches(PLAIN), matches(GLOB)), (plain, glob));
    }

    #[test]
    fn many_stars_take_no_long_time() {
        assert!(!wildmatch(&b"*a".repeat(500), &b"a".repeat(400), PLAIN));
    }
}
