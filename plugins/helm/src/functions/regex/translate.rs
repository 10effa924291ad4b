//! Go's syntax into that of the `regex` crate: both are RE2's children, and differ in what `\d` and `\b` mean, in what a class may hold,
//! and in what is refused. Refusals have Go's words.

use std::fmt::Write as _;

use super::class;

/// How deep groups may nest, and how often something may repeat.
const MAX_NESTING: usize = 250;
const MAX_REPEAT: u32 = 1000;

/// A pattern of Go's in the crate's syntax.
///
/// # Errors
/// What Go says after `error parsing regexp: `.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut translator = Translator { pattern, at: 0, out: String::with_capacity(pattern.len()), groups: 0 };
    let mut last = Last::Nothing;
    while let Some(c) = translator.peek() {
        last = translator.item(c, last)?;
    }
    if translator.groups > 0 {
        return Err(format!("missing closing ): `{pattern}`"));
    }
    Ok(translator.out)
}

/// What stands before a repetition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing that can be repeated.
    Nothing,
    Item,
    /// A repetition that starts here.
    Repetition(usize),
}

pub(super) struct Translator<'p> {
    pub(super) pattern: &'p str,
    pub(super) at: usize,
    pub(super) out: String,
    groups: usize,
}

impl<'p> Translator<'p> {
    pub(super) fn rest(&self) -> &'p str {
        &self.pattern[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, c: char) {
        self.at += c.len_utf8();
        self.out.push(c);
    }

    fn item(&mut self, c: char, last: Last) -> Result<Last, String> {
        match c {
            '(' => self.group(),
            ')' if self.groups == 0 => Err(format!("unexpected ): `{}`", self.pattern)),
            ')' => {
                self.groups -= 1;
                self.take(c);
                Ok(Last::Item)
            }
            '|' => {
                self.take(c);
                Ok(Last::Nothing)
            }
            '[' => class::class(self).map(|()| Last::Item),
            '*' | '+' | '?' => self.repetition(1, last),
            '{' => {
                let Some((length, min, max)) = repeat_count(self.rest()) else {
                    self.at += 1;
                    self.out.push_str("\\{");
                    return Ok(Last::Item);
                };
                let text = &self.rest()[..length];
                if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || max < min) {
                    return Err(format!("invalid repeat count: `{text}`"));
                }
                self.repetition(length, last)
            }
            '}' | ']' => {
                self.out.push('\\');
                self.take(c);
                Ok(Last::Item)
            }
            '\\' => self.escape().map(|()| Last::Item),
            '^' | '$' => {
                self.take(c);
                Ok(Last::Item)
            }
            c => {
                self.take(c);
                Ok(Last::Item)
            }
        }
    }

    /// `*`, `{2,3}` and such, with the `?` that may follow.
    fn repetition(&mut self, length: usize, last: Last) -> Result<Last, String> {
        let lazy = usize::from(self.rest()[length..].starts_with('?'));
        let text = &self.rest()[..length + lazy];
        match last {
            Last::Nothing => {
                return Err(format!("missing argument to repetition operator: `{}`", &text[..length]));
            }
            Last::Repetition(start) => {
                let both = &self.pattern[start..self.at + text.len()];
                return Err(format!("invalid nested repetition operator: `{both}`"));
            }
            Last::Item => {}
        }
        let start = self.at;
        self.out.push_str(text);
        self.at += text.len();
        Ok(Last::Repetition(start))
    }

    fn group(&mut self) -> Result<Last, String> {
        let rest = self.rest();
        let Some(inside) = rest.strip_prefix("(?") else {
            self.take('(');
            return self.open();
        };
        if inside.starts_with("P<")
            || (inside.starts_with('<') && !inside.starts_with("<=") && !inside.starts_with("<!"))
        {
            let start = if inside.starts_with('P') { 4 } else { 3 };
            let Some(end) = rest.find('>') else {
                return Err(format!("invalid named capture: `{rest}`"));
            };
            let name = &rest[start..end];
            let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(valid) {
                return Err(format!("invalid named capture: `{}`", &rest[..=end]));
            }
            self.out.push_str(&rest[..=end]);
            self.at += end + 1;
            return self.open();
        }
        let end = inside.find(|c| !matches!(c, 'i' | 'm' | 's' | 'U' | '-')).unwrap_or(inside.len());
        let flags = &inside[..end];
        let well_formed = !flags.ends_with('-') && flags.matches('-').count() < 2;
        match inside[end..].chars().next() {
            None => Err(format!("missing closing ): `{}`", self.pattern)),
            Some(close @ (':' | ')')) if well_formed && (close == ':' || !flags.is_empty()) => {
                let length = 2 + end + 1;
                self.out.push_str(&rest[..length]);
                self.at += length;
                if close == ':' { self.open() } else { Ok(Last::Nothing) }
            }
            Some(odd) => {
                let shown = &rest[..2 + end + odd.len_utf8()];
                Err(format!("invalid or unsupported Perl syntax: `{shown}`"))
            }
        }
    }

    fn open(&mut self) -> Result<Last, String> {
        self.groups += 1;
        if self.groups > MAX_NESTING {
            return Err(format!("expression nests too deeply: `{}`", self.pattern));
        }
        Ok(Last::Nothing)
    }

    fn escape(&mut self) -> Result<(), String> {
        let rest = self.rest();
        if let Some(quoted) = rest.strip_prefix("\\Q") {
            let end = quoted.find("\\E").unwrap_or(quoted.len());
            self.out.push_str("(?:");
            self.out.push_str(&regex::escape(&quoted[..end]));
            self.out.push(')');
            self.at += 2 + quoted.len().min(end + 2);
            return Ok(());
        }
        let Some(c) = rest.chars().nth(1) else {
            return Err("trailing backslash at end of expression: ``".to_owned());
        };
        let ascii = match c {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            's' => "[\\t\\n\\x0C\\r ]",
            'S' => "[^\\t\\n\\x0C\\r ]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            'b' => "(?-u:\\b)",
            'B' => "(?-u:\\B)",
            'A' => "\\A",
            'z' => "\\z",
            _ => return self.character_escape(),
        };
        self.out.push_str(ascii);
        self.at += 2;
        Ok(())
    }

    /// An escape that stands for one character or a Unicode class.
    pub(super) fn character_escape(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let Some(c) = rest.chars().nth(1) else {
            return Err("trailing backslash at end of expression: ``".to_owned());
        };
        let invalid = |length: usize| {
            let shown: String = rest.chars().take(length).collect();
            Err(format!("invalid escape sequence: `{shown}`"))
        };
        match c {
            'p' | 'P' => return self.unicode_class(),
            'a' | 'f' | 'n' | 'r' | 't' | 'v' => self.code(escape_code(c), 2),
            '0' => {
                let digits: String =
                    rest[2..].chars().take(2).take_while(|c| ('0'..='7').contains(c)).collect();
                self.code(u32::from_str_radix(&format!("0{digits}"), 8).unwrap_or(0), 2 + digits.len());
            }
            '1'..='7' => {
                let digits: String =
                    rest[1..].chars().take(3).take_while(|c| ('0'..='7').contains(c)).collect();
                if digits.len() < 2 {
                    return invalid(2);
                }
                self.code(u32::from_str_radix(&digits, 8).unwrap_or(0), 1 + digits.len());
            }
            'x' => {
                let (digits, length) = match rest[2..].strip_prefix('{') {
                    Some(inside) => match inside.find('}') {
                        Some(end) => (&inside[..end], end + 4),
                        None => return invalid(rest.chars().count()),
                    },
                    None => (rest.get(2..4).unwrap_or(""), 4),
                };
                match u32::from_str_radix(digits, 16) {
                    Ok(code) if char::from_u32(code).is_some() && !digits.starts_with('+') => {
                        self.code(code, length);
                    }
                    _ => return invalid(length.min(4)),
                }
            }
            c if c.is_ascii_punctuation() => {
                self.out.push('\\');
                self.out.push(c);
                self.at += 2;
            }
            _ => return invalid(2),
        }
        Ok(())
    }

    fn code(&mut self, code: u32, length: usize) {
        let _ = write!(self.out, "\\x{{{code:X}}}");
        self.at += length;
    }

    fn unicode_class(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let length = match rest[2..].chars().next() {
            Some('{') => rest.find('}').map(|end| end + 1),
            Some(c) => Some(2 + c.len_utf8()),
            None => None,
        };
        let Some(length) = length else {
            return Err(format!("invalid character class range: `{rest}`"));
        };
        let text = &rest[..length];
        if regex::Regex::new(text).is_err() {
            return Err(format!("invalid character class range: `{text}`"));
        }
        self.out.push_str(text);
        self.at += length;
        Ok(())
    }
}

fn escape_code(c: char) -> u32 {
    match c {
        'a' => 7,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        _ => 11,
    }
}

/// `{2}`, `{2,}` or `{2,3}`: its length and the bounds. Anything else is a brace.
fn repeat_count(text: &str) -> Option<(usize, u32, Option<u32>)> {
    let end = text.find('}')?;
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().unwrap_or(u32::MAX))
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
    #[case(r"[\w.&&-]", r"[0-9A-Za-z_.\&\&\-]")]
    #[case(r"[[:alpha:]\]]", r"[[:alpha:]\]]")]
    #[case(r"\Qa.b\Ec", r"(?:a\.b)c")]
    #[case("a{,2}", r"a\{,2\}")]
    #[case("[]a]", r"[\]a]")]
    #[case("[^[a]", r"[^\[a]")]
    #[case(r"\x41\101\n", r"\x{41}\x{41}\x{A}")]
    fn translations(#[case] pattern: &str, #[case] expected: &str) {
        let translated = translate(pattern).unwrap();
        assert_eq!(translated, expected);
        assert!(regex::Regex::new(&translated).is_ok());
    }

    #[rstest]
    #[case("(", "missing closing ): `(`")]
    #[case("a)", "unexpected ): `a)`")]
    #[case("[a", "missing closing ]: `[a`")]
    #[case("*a", "missing argument to repetition operator: `*`")]
    #[case("a**", "invalid nested repetition operator: `**`")]
    #[case("a{2,1}", "invalid repeat count: `{2,1}`")]
    #[case("a{1001}", "invalid repeat count: `{1001}`")]
    #[case(r"\y", r"invalid escape sequence: `\y`")]
    #[case("a\\", "trailing backslash at end of expression: ``")]
    #[case("[z-a]", "invalid character class range: `z-a`")]
    #[case("(?=a)", "invalid or unsupported Perl syntax: `(?=`")]
    #[case("(?P<a", "invalid named capture: `(?P<a`")]
    fn refusals(#[case] pattern: &str, #[case] message: &str) {
        assert_eq!(translate(pattern).unwrap_err(), message);
    }
}
