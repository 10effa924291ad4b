//! Go's syntax into that of the `regex` crate: both are RE2's children, and differ in what `\d` and
//! `\b` mean, in what a class may hold, and in what is refused. Refusals have Go's words.

use super::{class, escape};
use crate::release::Release;

/// How deep groups may nest.
const MAX_NESTING: usize = 250;
/// How often something may repeat, repetitions within repetitions multiplied.
const MAX_REPEAT: u32 = 1000;
/// Beyond this Go does not read the number.
const SILLY_REPEAT: u64 = 100_000_000;

/// A pattern in the crate's syntax.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translated {
    /// The pattern. Its groups have no names: Go's may be there twice, or start with a digit.
    pub(super) pattern: String,
    /// The names of the groups, from the first on; empty for those without.
    pub(super) names: Vec<String>,
}

/// A pattern of Go's in the crate's syntax.
///
/// # Errors
/// What Go says after `error parsing regexp: `.
pub(super) fn translate(pattern: &str, release: Release) -> Result<Translated, String> {
    let mut translator = Translator {
        pattern,
        release,
        at: 0,
        out: String::with_capacity(pattern.len()),
        names: Vec::new(),
        flags: String::new(),
        last: Last::Nothing,
        groups: vec![0],
    };
    while let Some(c) = translator.peek() {
        translator.item(c)?;
    }
    if translator.groups.len() > 1 {
        return Err(format!("missing closing ): `{pattern}`"));
    }
    Ok(Translated { pattern: translator.out, names: translator.names })
}

/// What stands before a repetition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing that can be repeated.
    Nothing,
    /// Something that repeats so often at most, itself not counted.
    Item(u32),
    /// A repetition that starts here, likewise.
    Repetition(usize, u32),
}

pub(super) struct Translator<'p> {
    pub(super) pattern: &'p str,
    release: Release,
    pub(super) at: usize,
    pub(super) out: String,
    names: Vec<String>,
    /// Flags such as `(?i)` that are not written yet: a repetition behind them is one of what
    /// stands before them.
    flags: String,
    last: Last,
    /// How often things in each open group repeat at most, the whole pattern being the first.
    groups: Vec<u32>,
}

impl<'p> Translator<'p> {
    pub(super) fn rest(&self) -> &'p str {
        &self.pattern[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn item(&mut self, c: char) -> Result<(), String> {
        match c {
            '*' | '+' | '?' => return self.repetition(1, None),
            '{' if let Some((length, min, max)) = repeat_count(self.rest()) => {
                let most = max.unwrap_or(min);
                if min > MAX_REPEAT || most > MAX_REPEAT || most < min {
                    return Err(format!("invalid repeat count: `{}`", &self.rest()[..length]));
                }
                return self.repetition(length, Some(most));
            }
            _ => {}
        }
        if c == '(' {
            return self.group();
        }
        self.write_flags();
        match c {
            ')' => return self.close(),
            '|' => {
                self.out.push('|');
                self.at += 1;
                self.last = Last::Nothing;
                return Ok(());
            }
            '[' => class::class(self)?,
            '\\' if self.rest().starts_with("\\Q") => {
                self.quoted();
                return Ok(());
            }
            '\\' => self.escape()?,
            '^' | '$' | '.' => self.take(c),
            c => {
                self.literal(c);
                self.at += c.len_utf8();
            }
        }
        self.last = Last::Item(0);
        Ok(())
    }

    fn take(&mut self, c: char) {
        self.at += c.len_utf8();
        self.out.push(c);
    }

    /// A character that stands for itself.
    pub(super) fn literal(&mut self, c: char) {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    fn write_flags(&mut self) {
        self.out.push_str(&self.flags);
        self.flags.clear();
    }

    /// `*`, `{2,3}` and such, with the `?` that may follow.
    fn repetition(&mut self, length: usize, most: Option<u32>) -> Result<(), String> {
        let lazy = usize::from(self.rest()[length..].starts_with('?'));
        let text = &self.rest()[..length + lazy];
        let inner = match self.last {
            Last::Nothing => return Err(format!("missing argument to repetition operator: `{text}`")),
            Last::Repetition(start, _) => {
                let both = &self.pattern[start..self.at + text.len()];
                return Err(format!("invalid nested repetition operator: `{both}`"));
            }
            Last::Item(repeats) => repeats,
        };
        let repeats = match most {
            None => inner,
            Some(most) => most * inner.max(1),
        };
        if repeats > MAX_REPEAT && most.is_some_and(|most| most > 1) {
            return Err(format!("invalid repeat count: `{text}`"));
        }
        self.out.push_str(text);
        self.last = Last::Repetition(self.at, repeats);
        self.at += text.len();
        self.note(repeats);
        Ok(())
    }

    /// Keeps the most repetitions of the group.
    fn note(&mut self, repeats: u32) {
        if let Some(most) = self.groups.last_mut() {
            *most = repeats.max(*most);
        }
    }

    fn group(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let Some(inside) = rest.strip_prefix("(?") else {
            return self.open("(", 1, Some(""));
        };
        if let Some(start) = name_start(rest) {
            let Some(end) = rest.find('>') else {
                return Err(format!("invalid named capture: `{rest}`"));
            };
            let name = &rest[start..end];
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(format!("invalid named capture: `{}`", &rest[..=end]));
            }
            return self.open("(", end + 1, Some(name));
        }
        let mut minus = None;
        for (index, c) in inside.char_indices() {
            let length = 2 + index + c.len_utf8();
            let negates_nothing = minus == Some(index.wrapping_sub(1));
            match c {
                'i' | 'm' | 's' | 'U' => {}
                '-' if minus.is_none() => minus = Some(index),
                ':' if !negates_nothing => return self.open(&rest[..length], length, None),
                ')' if !negates_nothing => {
                    if index > 0 {
                        self.flags.push_str(&rest[..length]);
                    }
                    self.at += length;
                    if let Last::Repetition(_, repeats) = self.last {
                        self.last = Last::Item(repeats);
                    }
                    return Ok(());
                }
                _ => return Err(format!("invalid or unsupported Perl syntax: `{}`", &rest[..length])),
            }
        }
        Err(format!("invalid or unsupported Perl syntax: `{rest}`"))
    }

    /// Opens a group; one that captures has a name, perhaps an empty one.
    fn open(&mut self, text: &str, length: usize, name: Option<&str>) -> Result<(), String> {
        self.write_flags();
        self.out.push_str(text);
        self.at += length;
        self.names.extend(name.map(str::to_owned));
        self.groups.push(0);
        self.last = Last::Nothing;
        if self.groups.len() > MAX_NESTING {
            return Err(format!("expression nests too deeply: `{}`", self.pattern));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        if self.groups.len() < 2 {
            return Err(format!("unexpected ): `{}`", self.pattern));
        }
        let repeats = self.groups.pop().unwrap_or(0);
        self.note(repeats);
        self.take(')');
        self.last = Last::Item(repeats);
        Ok(())
    }

    /// `\Q…\E`: each character stands for itself.
    fn quoted(&mut self) {
        let quoted = &self.rest()[2..];
        let (text, length) = match quoted.find("\\E") {
            Some(end) => (&quoted[..end], end + 2),
            None => (quoted, quoted.len()),
        };
        for c in text.chars() {
            self.literal(c);
        }
        self.at += 2 + length;
        self.last = match self.last {
            _ if !text.is_empty() => Last::Item(0),
            Last::Repetition(_, repeats) => Last::Item(repeats),
            last => last,
        };
    }

    fn escape(&mut self) -> Result<(), String> {
        let class = match self.rest().as_bytes().get(1) {
            Some(b'd') => "[0-9]",
            Some(b'D') => "[^0-9]",
            Some(b's') => "[\\t\\n\\x0C\\r ]",
            Some(b'S') => "[^\\t\\n\\x0C\\r ]",
            Some(b'w') => "[0-9A-Za-z_]",
            Some(b'W') => "[^0-9A-Za-z_]",
            Some(b'b') => "(?-u:\\b)",
            Some(b'B') => "(?-u:\\B)",
            Some(b'A') => "\\A",
            Some(b'z') => "\\z",
            Some(b'p' | b'P') => return self.unicode_class(),
            _ => {
                let c = self.character_escape()?;
                self.literal(c);
                return Ok(());
            }
        };
        self.out.push_str(class);
        self.at += 2;
        Ok(())
    }

    /// Reads an escape that stands for one character.
    pub(super) fn character_escape(&mut self) -> Result<char, String> {
        let (c, length) = escape::character(self.rest())?;
        self.at += length;
        Ok(c)
    }

    pub(super) fn unicode_class(&mut self) -> Result<(), String> {
        let (class, length) = escape::unicode_class(self.rest(), self.release.takes_long_names_of_classes())?;
        self.out.push_str(&class);
        self.at += length;
        Ok(())
    }
}

/// Where the name begins in `(?P<name>` or `(?<name>`.
fn name_start(group: &str) -> Option<usize> {
    if group.starts_with("(?P<") && group.len() > 4 {
        Some(4)
    } else {
        (group.starts_with("(?<") && group.len() > 3).then_some(3)
    }
}

/// `{2}`, `{2,}` or `{2,3}`: its length and the bounds. Anything else is a brace.
fn repeat_count(text: &str) -> Option<(usize, u32, Option<u32>)> {
    let end = text.find('}')?;
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = text.len() > 1 && text.starts_with('0');
        (plain && !leading_zero).then(|| {
            let number = text.parse::<u64>().unwrap_or(SILLY_REPEAT).min(SILLY_REPEAT);
            u32::try_from(number).unwrap_or(u32::MAX)
        })
    };
    let inside = &text[1..end];
    let (min, max) = match inside.split_once(',') {
        None => (number(inside)?, number(inside)),
        Some((min, "")) => (number(min)?, None),
        Some((min, max)) => (number(min)?, Some(number(max)?)),
    };
    Some((end + 1, min, max))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r"\d+\b", r"[0-9]+(?-u:\b)")]
    #[case(r"[\w.&&-]", r"[0-9A-Za-z_\.\&\&\-]")]
    #[case(r"[a-z0-9-_.]", r"[a-z0-9\-_\.]")]
    #[case(r"[[:alpha:]\]]", r"[[:alpha:]\]]")]
    #[case(r"\Qa.b\Ec", r"a\.bc")]
    #[case(r"\Qab\E*", r"ab*")]
    #[case("a{,2}", r"a\{,2\}")]
    #[case("a{01}", r"a\{01\}")]
    #[case("[]a]", r"[\]a]")]
    #[case("[^[a]", r"[^\[a]")]
    #[case(r"\x41\101\n\<\ ", "AA\n< ")]
    #[case("a(?i)*b", "a*(?i)b")]
    #[case("(?)a", "a")]
    #[case(r"\p{^Greek}\PL", r"\P{Greek}\P{L}")]
    fn translations(#[case] pattern: &str, #[case] expected: &str) {
        let translated = translate(pattern, Release::V1_25).unwrap().pattern;
        assert_eq!(translated, expected);
        assert!(regex::Regex::new(&translated).is_ok());
    }

    #[test]
    fn names_are_kept_apart() {
        let translated = translate("(?P<a>x)(y)(?:z)(?<1>w)(?P<a>v)", Release::V1_25).unwrap();
        assert_eq!(translated.pattern, "(x)(y)(?:z)(w)(v)");
        assert_eq!(translated.names, ["a", "", "1", "a"]);
    }

    #[rstest]
    #[case("(", "missing closing ): `(`")]
    #[case("a)", "unexpected ): `a)`")]
    #[case("b[a", "missing closing ]: `[a`")]
    #[case("*a", "missing argument to repetition operator: `*`")]
    #[case("a|+?", "missing argument to repetition operator: `+?`")]
    #[case("a**", "invalid nested repetition operator: `**`")]
    #[case("a{2,1}", "invalid repeat count: `{2,1}`")]
    #[case("a{1001}", "invalid repeat count: `{1001}`")]
    #[case("(a{40}){40}", "invalid repeat count: `{40}`")]
    #[case("(a{999999999999}", "invalid repeat count: `{999999999999}`")]
    #[case(r"\y", r"invalid escape sequence: `\y`")]
    #[case(r"\x{zz}", r"invalid escape sequence: `\x{z`")]
    #[case(r"\8", r"invalid escape sequence: `\8`")]
    #[case("a\\", "trailing backslash at end of expression: ``")]
    #[case("[z-a]", "invalid character class range: `z-a`")]
    #[case(r"\p{Nope}", r"invalid character class range: `\p{Nope}`")]
    #[case("(?=a)", "invalid or unsupported Perl syntax: `(?=`")]
    #[case("(?i-)a", "invalid or unsupported Perl syntax: `(?i-)`")]
    #[case("(?i", "invalid or unsupported Perl syntax: `(?i`")]
    #[case("(?P<a", "invalid named capture: `(?P<a`")]
    #[case("(?<=a)", "invalid named capture: `(?<=a)`")]
    fn refusals(#[case] pattern: &str, #[case] message: &str) {
        assert_eq!(translate(pattern, Release::V1_25).unwrap_err(), message);
    }
}
