//! Patterns over names and paths, in the dialect of Argo CD's `include` and `exclude`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("glob `{pattern}`: {reason}")]
pub struct GlobError {
    /// The text.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A pattern that a whole text must match.
///
/// The dialect is the one of Argo CD's directory sources (gobwas/glob without separators): `*` and
/// `**` are any text, **across `/` too**; `?` is one character; `[a-z]` and `[abc]` are one of
/// these, `[!abc]` one of the others; `{a,b*}` is one of several patterns; `\` takes the meaning
/// off the next character. A class is either one range or a list, so `-` stands for itself in
/// `[ab-]`. A text without any of these matches itself alone.
///
/// ```
/// use oarlock_model::Glob;
///
/// let glob: Glob = "{env-*/*.yaml,config.json}".parse().unwrap();
/// assert!(glob.matches("env-prod/deep/app.yaml"));
/// assert!(!glob.matches("other/config.json"));
/// assert!("{a,b".parse::<Glob>().is_err());
/// ```
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Glob {
    pattern: String,
    program: Vec<Step>,
}

/// One step of the pattern as a small automaton. It is run on all ways at once, so that no pattern
/// takes more than (its length × the text's length) steps.
#[derive(Clone, Debug)]
enum Step {
    /// Takes one character.
    Char(char),
    /// Takes any character.
    Any,
    /// Takes any character but `/`.
    Within,
    /// Takes one character of a class, or of all others.
    Class { chars: Class, negated: bool },
    /// Goes both ways, or only on where there is no other.
    Fork(Option<usize>),
    /// Goes elsewhere.
    Jump(usize),
}

#[derive(Clone, Debug)]
enum Class {
    Range(char, char),
    List(Vec<char>),
}

/// A `{` that is not closed yet.
struct Braces {
    /// The fork before the alternative that is being read.
    fork: usize,
    /// The jumps at the ends of the alternatives that were read.
    ends: Vec<usize>,
}

impl Glob {
    /// A pattern whose `*` and `?` stay within a directory; `**` is any text across them. So Helm's
    /// `.Files.Glob` matches, for which a `{` that is never closed ends with the pattern.
    ///
    /// ```
    /// use oarlock_model::Glob;
    ///
    /// let glob = Glob::within_directories("config/*.{yaml,json}").unwrap();
    /// assert!(glob.matches("config/app.yaml"));
    /// assert!(!glob.matches("config/deep/app.yaml"));
    /// assert!(Glob::within_directories("config/**").unwrap().matches("config/deep/app.yaml"));
    /// ```
    ///
    /// # Errors
    /// If the text is no pattern.
    pub fn within_directories(pattern: &str) -> Result<Self, GlobError> {
        Self::with(pattern, true)
    }

    fn with(pattern: &str, within: bool) -> Result<Self, GlobError> {
        match compile(pattern, within) {
            Ok(program) => Ok(Self { pattern: pattern.to_owned(), program }),
            Err(reason) => Err(GlobError { pattern: pattern.to_owned(), reason }),
        }
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let mut here = Ways::new(self.program.len());
        let mut next = Ways::new(self.program.len());
        here.enter(&self.program, 0);
        for char in text.chars() {
            next.clear();
            for &at in &here.steps {
                let takes = match self.program.get(at) {
                    Some(Step::Char(expected)) => *expected == char,
                    Some(Step::Any) => true,
                    Some(Step::Within) => char != '/',
                    Some(Step::Class { chars, negated }) => chars.contains(char) != *negated,
                    _ => false,
                };
                if takes {
                    // A star's step is followed by a jump back to its fork, so it needs no case of
                    // its own.
                    next.enter(&self.program, at + 1);
                }
            }
            std::mem::swap(&mut here, &mut next);
        }
        here.seen[self.program.len()]
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }
}

impl Class {
    fn contains(&self, char: char) -> bool {
        match self {
            Self::Range(low, high) => (*low..=*high).contains(&char),
            Self::List(chars) => chars.contains(&char),
        }
    }
}

/// Where in the program a run may be.
struct Ways {
    steps: Vec<usize>,
    seen: Vec<bool>,
}

impl Ways {
    fn new(length: usize) -> Self {
        Self { steps: Vec::new(), seen: vec![false; length + 1] }
    }

    fn clear(&mut self) {
        self.steps.clear();
        self.seen.fill(false);
    }

    /// Adds a step and all that it leads to without taking a character.
    fn enter(&mut self, program: &[Step], start: usize) {
        let mut pending = vec![start];
        while let Some(at) = pending.pop() {
            if std::mem::replace(&mut self.seen[at], true) {
                continue;
            }
            match program.get(at) {
                Some(Step::Fork(other)) => pending.extend(other.iter().copied().chain([at + 1])),
                Some(Step::Jump(target)) => pending.push(*target),
                _ => self.steps.push(at),
            }
        }
    }
}

/// Reads a pattern into its program.
fn compile(pattern: &str, within: bool) -> Result<Vec<Step>, &'static str> {
    let mut program = Vec::new();
    let mut open: Vec<Braces> = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '*' => {
                let mut across = !within;
                while chars.next_if_eq(&'*').is_some() {
                    across = true;
                }
                let fork = program.len();
                let any = if across { Step::Any } else { Step::Within };
                program.extend([Step::Fork(Some(fork + 3)), any, Step::Jump(fork)]);
            }
            '?' => program.push(if within { Step::Within } else { Step::Any }),
            '[' => program.push(class(&mut chars)?),
            // A `\` at the very end stands for nothing, as upstream has it.
            '\\' => program.extend(chars.next().map(Step::Char)),
            '{' => {
                open.push(Braces { fork: program.len(), ends: Vec::new() });
                program.push(Step::Fork(None));
            }
            ',' if !open.is_empty() => {
                let end = program.len();
                program.extend([Step::Jump(end), Step::Fork(None)]);
                if let Some(braces) = open.last_mut() {
                    braces.ends.push(end);
                    program[braces.fork] = Step::Fork(Some(end + 1));
                    braces.fork = end + 1;
                }
            }
            '}' if !open.is_empty() => {
                let ends = open.pop().map(|braces| braces.ends).unwrap_or_default();
                let after = program.len();
                for end in ends {
                    program[end] = Step::Jump(after);
                }
            }
            char => program.push(Step::Char(char)),
        }
    }
    if !open.is_empty() && !within {
        // Upstream closes it silently; nobody means that.
        return Err("`{` is never closed");
    }
    let after = program.len();
    for end in open.into_iter().flat_map(|braces| braces.ends) {
        program[end] = Step::Jump(after);
    }
    Ok(program)
}

/// Reads a class behind its `[`.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Step, &'static str> {
    const OPEN: &str = "`[` is never closed";
    let negated = chars.next_if_eq(&'!').is_some();
    let mut first = chars.next().ok_or(OPEN)?;
    if chars.next_if_eq(&'-').is_some() {
        let last = chars.next().ok_or(OPEN)?;
        if chars.next() != Some(']') {
            return Err("a range must be the only thing between `[` and `]`");
        }
        if last < first {
            return Err("a range must go upwards");
        }
        return Ok(Step::Class { chars: Class::Range(first, last), negated });
    }
    let mut list = Vec::new();
    while first != ']' {
        list.push(if first == '\\' { chars.next().ok_or(OPEN)? } else { first });
        first = chars.next().ok_or(OPEN)?;
    }
    if list.is_empty() {
        return Err("nothing between `[` and `]`");
    }
    Ok(Step::Class { chars: Class::List(list), negated })
}

impl FromStr for Glob {
    type Err = GlobError;

    fn from_str(pattern: &str) -> Result<Self, GlobError> {
        Self::with(pattern, false)
    }
}

impl TryFrom<String> for Glob {
    type Error = GlobError;

    fn try_from(pattern: String) -> Result<Self, GlobError> {
        pattern.parse()
    }
}

impl From<Glob> for String {
    fn from(glob: Glob) -> Self {
        glob.pattern
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Glob {}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Glob({:?})", self.pattern)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_gobwas_does() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a.yaml", "a.yaml", true),
            ("a.yaml", "b/a.yaml", false),
            ("*.yaml", "deep/down/a.yaml", true),
            ("**/a", "b/a", true),
            ("**/a", "a", false),
            ("a/*", "a/b/c", true),
            ("a?c", "a/c", true),
            ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[!a-c]x", "dx", true),
            ("[ab-]", "-", true),
            ("[!ab]", "a", false),
            (r"[\]]", "]", true),
            ("[--a]", "]", true),
            ("[!-a]", "b", true),
            ("{a,b}c", "bc", true),
            ("{a,b}c", "c", false),
            ("{a,}c", "c", true),
            ("{config.json,env-use2/*}", "env-use2/x/y.yaml", true),
            ("{a,{b,c*}d}e", "cxxde", true),
            ("{a,{b,c*}d}e", "ae", true),
            ("{a,{b,c*}d}e", "cde!", false),
            ("{*.yml,*.yaml}", "a.yaml", true),
            ("a,b}", "a,b}", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
            (r"{a\,b}", "a,b", true),
            ("é?", "éü", true),
        ] {
            let glob: Glob = pattern.parse().unwrap();
            assert_eq!(glob.matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn refuses_what_cannot_be_meant() {
        for pattern in ["{a", "[", "[a", "[!", "[a-", "[b-a]", "[a-cx]", "[]", "[]a]", "{a,{b}"] {
            assert!(pattern.parse::<Glob>().is_err(), "{pattern}");
        }
    }

    #[test]
    fn helm_closes_what_is_open() {
        for (text, expected) in [("a", true), ("b/c", true), ("b/d", false), ("x", false)] {
            let glob = Glob::within_directories("{a,b/{c,e").unwrap();
            assert_eq!(glob.matches(text), expected, "{text}");
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        let glob: Glob = format!("{}x", "{*a,*,a*}".repeat(200)).parse().unwrap();
        assert!(!glob.matches(&"a".repeat(2_000)));
    }

    #[test]
    fn a_bad_pattern_in_a_configuration_is_refused_by_name() {
        let error = serde_json::from_str::<Glob>(r#""[a""#).unwrap_err();
        assert!(error.to_string().contains("glob `[a`: `[` is never closed"), "{error}");
    }
}
