//! Regular expressions as Go reads them, which is how kustomize does.
//!
//! Both engines are children of RE2 and differ in little: Go knows `\Q…\E`, takes `\d`, `\w`, `\s` and `\b` for ASCII alone, and has no
//! sets within sets, so that `[`, `&&`, `--` and `~~` in a set stand for themselves.

use regex::Regex;

/// Reads an expression.
///
/// # Errors
/// If it is none.
pub(crate) fn compile(text: &str) -> Result<Regex, regex::Error> {
    Regex::new(&translate(text))
}

/// Go's spelling in Rust's.
fn translate(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    let mut set = Set::Outside;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        if letter == '\\' {
            rest = escape(after, set, &mut out);
            set = set.within();
            continue;
        }
        rest = after;
        if set == Set::Outside {
            out.push(letter);
            if letter == '[' {
                set = Set::Begun;
                if let Some(negated) = rest.strip_prefix('^') {
                    out.push('^');
                    rest = negated;
                }
            }
            continue;
        }
        match letter {
            // The first is no end.
            ']' if set == Set::Inside => {
                out.push(']');
                set = Set::Outside;
                continue;
            }
            '[' if rest.starts_with(':') && rest.contains(":]") => {
                let end = rest.find(":]").map_or(0, |at| at + 2);
                out.push('[');
                out.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            '[' | ']' | '&' | '~' => out.extend(['\\', letter]),
            '-' if rest.starts_with('-') => out.push_str("\\-"),
            _ => out.push(letter),
        }
        set = set.within();
    }
    out
}

/// Where in an expression a letter stands.
#[derive(Clone, Copy, PartialEq)]
enum Set {
    Outside,
    /// At the first place in `[…]`.
    Begun,
    Inside,
}

impl Set {
    /// After a letter.
    fn within(self) -> Self {
        if self == Self::Outside { Self::Outside } else { Self::Inside }
    }
}

/// Translates what follows a backslash, and returns what follows that.
fn escape<'a>(text: &'a str, set: Set, out: &mut String) -> &'a str {
    let Some(letter) = text.chars().next() else {
        out.push('\\');
        return text;
    };
    let rest = &text[letter.len_utf8()..];
    let outside = set == Set::Outside;
    match letter {
        'Q' if outside => {
            let (literal, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
            out.push_str(&regex::escape(literal));
            return rest;
        }
        'd' | 'w' | 's' => {
            let letters = match letter {
                'd' => "0-9",
                'w' => "0-9A-Za-z_",
                _ => "\\t\\n\\f\\r ",
            };
            if outside {
                out.extend(["[", letters, "]"]);
            } else {
                out.push_str(letters);
            }
        }
        'D' if outside => out.push_str("[^0-9]"),
        'W' if outside => out.push_str("[^0-9A-Za-z_]"),
        'S' if outside => out.push_str("[^\\t\\n\\f\\r ]"),
        'b' if outside => out.push_str("(?-u:\\b)"),
        _ => out.extend(['\\', letter]),
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_mean_what_they_mean_to_go() {
        for (expression, text, expected) in [
            (r"^\Qa.b\E+$", "a.bb", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"^\Qa+", "a+", true),
            (r"^\d$", "5", true),
            (r"^\d$", "٥", false),
            (r"^\w+$", "é", false),
            (r"^[\w-]+$", "a-b", true),
            (r"^[[a]$", "[", true),
            (r"^[]a]$", "]", true),
            (r"^[^]a]$", "b", true),
            (r"^[a&&b]+$", "a&b", true),
            (r"^[[:alpha:]]+$", "ab", true),
            (r"^\S+\s\D$", "ab x", true),
            (r"a\b", "a-", true),
            (r"^(?i)A$", "a", true),
        ] {
            assert_eq!(compile(expression).unwrap().is_match(text), expected, "{expression} {text}");
        }
        for expression in ["a(", "[a", "(?=a)", "a\\"] {
            assert!(compile(expression).is_err(), "{expression}");
        }
    }
}
