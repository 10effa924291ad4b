//! Constraints: `>=1.2 <2 || ~3.1`.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::Version;

/// What a version must fulfil: all of the conditions of one of the alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    alternatives: Vec<Alternative>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternative {
    conditions: Vec<Condition>,
    /// Whether one of the conditions names a pre-release: only then are pre-releases looked at.
    has_pre: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// In the order in which they are looked for: a longer one before its beginning.
const OPERATORS: [(&str, Operator); 11] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterEqual),
    ("=>", Operator::GreaterEqual),
    ("<=", Operator::LessEqual),
    ("=<", Operator::LessEqual),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    operator: Operator,
    version: Version,
    /// Something was left out or is an `x`.
    dirty: bool,
    minor_dirty: bool,
    patch_dirty: bool,
}

/// The parts of a version in a constraint, each of which may be `x`.
struct Pattern<'a> {
    numbers: [&'a str; 3],
    pre: &'a str,
    length: usize,
}

/// Why a text is no constraint, in the library's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// This alternative does not look like one.
    #[error("improper constraint: {0}")]
    Improper(String),
    /// One of its versions is none.
    #[error("constraint parser error")]
    Version,
}

impl Constraint {
    /// Reads a constraint.
    ///
    /// # Errors
    /// If the text is none: the library's message.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        let text = rewrite_ranges(text);
        let alternatives = text.split("||").map(alternative).collect::<Result<_, _>>()?;
        Ok(Self { alternatives })
    }

    /// Whether a version fulfils the constraint.
    pub fn check(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|alternative| {
            alternative.conditions.iter().all(|condition| condition.check(version, alternative.has_pre))
        })
    }
}

/// Conditions with white space or a comma between.
fn alternative(text: &str) -> Result<Alternative, ConstraintError> {
    let improper = || ConstraintError::Improper(text.to_owned());
    let mut parts = Vec::new();
    let mut rest = skip_space(text);
    loop {
        let (operator, behind) = OPERATORS
            .iter()
            .find_map(|(sign, operator)| rest.strip_prefix(sign).map(|behind| (*operator, behind)))
            .unwrap_or((Operator::Equal, rest));
        let behind = skip_space(behind);
        let pattern = pattern(behind).ok_or_else(improper)?;
        rest = &behind[pattern.length..];
        parts.push((operator, pattern));
        let gap = skip_space(rest);
        if gap.is_empty() {
            // Text that does not look like a constraint is reported first.
            let conditions = parts.iter().map(|(operator, pattern)| condition(*operator, pattern));
            let conditions: Vec<Condition> = conditions.collect::<Result<_, _>>()?;
            let has_pre = conditions.iter().any(|condition| !condition.version.pre.is_empty());
            return Ok(Alternative { conditions, has_pre });
        }
        match gap.strip_prefix(',') {
            Some(behind) => rest = skip_space(behind),
            None if gap.len() < rest.len() => rest = gap,
            None => return Err(improper()),
        }
    }
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(['\t', '\n', '\x0C', '\r', ' '])
}

fn condition(operator: Operator, pattern: &Pattern<'_>) -> Result<Condition, ConstraintError> {
    let is_open = |part: &str| matches!(part, "" | "x" | "X" | "*");
    let [major, minor, patch] = pattern.numbers;
    let pre = if pattern.pre.is_empty() { String::new() } else { format!("-{}", pattern.pre) };
    let (text, dirty, minor_dirty, patch_dirty) = if is_open(major) {
        (format!("0.0.0{pre}"), true, false, false)
    } else if is_open(minor) {
        (format!("{major}.0.0{pre}"), true, true, false)
    } else if is_open(patch) {
        (format!("{major}.{minor}.0{pre}"), true, false, true)
    } else {
        (format!("{major}.{minor}.{patch}{pre}"), false, false, false)
    };
    let version = Version::parse(&text).map_err(|_| ConstraintError::Version)?;
    Ok(Condition { operator, version, dirty, minor_dirty, patch_dirty })
}

/// A version at the start of a text.
fn pattern(text: &str) -> Option<Pattern<'_>> {
    let part = |from: usize| {
        let length = text[from..]
            .bytes()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'x' | b'X' | b'*' | b'|'))
            .count();
        &text[from..from + length]
    };
    let mut at = usize::from(text.starts_with('v'));
    let mut numbers = [part(at), "", ""];
    if numbers[0].is_empty() {
        return None;
    }
    at += numbers[0].len();
    for number in &mut numbers[1..] {
        if !text[at..].starts_with('.') || part(at + 1).is_empty() {
            break;
        }
        *number = part(at + 1);
        at += 1 + number.len();
    }
    let mut suffix = |sign: char| {
        let behind = text[at..].strip_prefix(sign).unwrap_or_default();
        let length = dotted_length(behind);
        at += if length == 0 { 0 } else { length + 1 };
        &behind[..length]
    };
    let pre = suffix('-');
    suffix('+');
    Some(Pattern { numbers, pre, length: at })
}

/// How long the dotted identifiers at the start of a text are.
fn dotted_length(text: &str) -> usize {
    let mut length = 0;
    loop {
        let from = if length == 0 { 0 } else { length + 1 };
        if length > 0 && !text[length..].starts_with('.') {
            return length;
        }
        let word =
            text[from..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
        if word == 0 {
            return length;
        }
        length = from + word;
    }
}

/// `1.2 - 3` is `>= 1.2, <= 3`.
fn rewrite_ranges(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    'search: while !rest.is_empty() {
        for (index, _) in rest.char_indices() {
            if let Some((low, high, length)) = range(&rest[index..]) {
                out.push_str(&rest[..index]);
                let _ = write!(out, ">= {low}, <= {high} ");
                rest = &rest[index + length..];
                continue 'search;
            }
        }
        break;
    }
    out + rest
}

fn range(text: &str) -> Option<(&str, &str, usize)> {
    let low = skip_space(text);
    let low_length = pattern(low)?.length;
    let dash = skip_space(&low[low_length..]);
    let high = dash.strip_prefix('-').filter(|_| dash.len() < low.len() - low_length)?;
    let spaced = skip_space(high);
    let high_length = pattern(spaced).filter(|_| spaced.len() < high.len())?.length;
    let rest = skip_space(&spaced[high_length..]);
    Some((&low[..low_length], &spaced[..high_length], text.len() - rest.len()))
}

impl Condition {
    fn check(&self, version: &Version, with_pre: bool) -> bool {
        if !version.pre.is_empty() && !with_pre {
            return false;
        }
        let order = version.compare(&self.version);
        match self.operator {
            Operator::Equal if self.dirty => self.tilde(version),
            Operator::Equal => order == Ordering::Equal,
            Operator::NotEqual => self.not_equal(version),
            Operator::Greater => self.greater(version),
            Operator::Less => order == Ordering::Less,
            Operator::GreaterEqual => order != Ordering::Less,
            Operator::LessEqual => self.less_equal(version),
            Operator::Tilde => self.tilde(version),
            Operator::Caret => self.caret(version),
        }
    }

    fn not_equal(&self, version: &Version) -> bool {
        let own = &self.version;
        if !self.dirty {
            return version.compare(own) != Ordering::Equal;
        }
        if own.major != version.major {
            return true;
        }
        if self.minor_dirty {
            return false;
        }
        if own.minor != version.minor {
            return true;
        }
        if self.patch_dirty {
            return (!version.pre.is_empty() || !own.pre.is_empty())
                && super::compare_pre(&version.pre, &own.pre) != Ordering::Equal;
        }
        own.patch != version.patch || version.compare(own) != Ordering::Equal
    }

    fn greater(&self, version: &Version) -> bool {
        let own = &self.version;
        if !self.dirty {
            return version.compare(own) == Ordering::Greater;
        }
        match version.major.cmp(&own.major) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal if self.minor_dirty => false,
            Ordering::Equal if self.patch_dirty => version.minor > own.minor,
            Ordering::Equal => version.compare(own) == Ordering::Greater,
        }
    }

    fn less_equal(&self, version: &Version) -> bool {
        let own = &self.version;
        if !self.dirty {
            return version.compare(own) != Ordering::Greater;
        }
        version.major < own.major
            || version.major == own.major && (version.minor <= own.minor || self.minor_dirty)
    }

    fn tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own) == Ordering::Less {
            return false;
        }
        // `~0.0.0` is everything.
        if (own.major, own.minor, own.patch) == (0, 0, 0) && !self.minor_dirty && !self.patch_dirty {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.minor_dirty)
    }

    fn caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own) == Ordering::Less {
            return false;
        }
        if own.major > 0 || self.minor_dirty {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.patch_dirty {
            return version.minor == own.minor;
        }
        version.minor == 0 && own.patch == version.patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_as_the_library() {
        for (constraint, version, expected) in [
            ("*", "1.2.3", true),
            ("*", "1.2.3-rc1", false),
            (">=1.20 <1.30", "1.27.3", true),
            (">=1.20, <1.30", "1.33.0", false),
            (">= 1.20 || 0.9", "0.9.7", true),
            ("1.33.x", "1.33.9", true),
            ("1.33.x", "1.27.3", false),
            ("1.2 - 1.4.5", "1.4.5", true),
            ("1.2 - 1.4.5", "1.4.6", false),
            ("^1.2", "1.9.0", true),
            ("^0.2.3", "0.3.0", false),
            ("^0.0.3", "0.0.3", true),
            ("^0", "0.9.0", true),
            ("~1.2.3", "1.2.9", true),
            ("~1.2.3", "1.3.0", false),
            ("~1", "1.9.0", true),
            ("~>2", "2.1.0", true),
            ("!=1.2.x", "1.2.3", false),
            ("!=1.2.x", "1.3.0", true),
            (">1.2", "1.2.9", false),
            (">1", "2.0.0", true),
            ("<=1.2", "1.2.9", true),
            (">=1.19.0-0", "1.33.1-gke.100", true),
            (">=1.19.0", "1.33.1-gke.100", false),
            ("=1.2.3", "1.2.3+b", true),
            ("v1.2.3", "1.2.3", true),
        ] {
            let parsed = Constraint::parse(constraint).unwrap();
            assert_eq!(parsed.check(&Version::parse(version).unwrap()), expected, "{constraint} {version}");
        }
    }

    #[test]
    fn refuses_what_is_no_constraint() {
        for text in ["", "nonsense", ">=1.0<2.0", "1.2.3.4", "> = 1", "1x", ">=1.0 ||"] {
            assert!(Constraint::parse(text).is_err(), "{text}");
        }
        assert_eq!(Constraint::parse("nonsense"), Err(ConstraintError::Improper("nonsense".to_owned())));
    }
}
