//! Label selectors, in Kubernetes' syntax: `app=web,tier in (front,back),!legacy`.

use std::fmt;

/// Requirements on labels, all of which must hold.
///
/// As for Kubernetes, `!=` and `notin` also hold where the label is missing.
///
/// ```
/// use oarlock_kubernetes::{LabelSelector, Operators};
///
/// let selector = LabelSelector::parse("app=web,tier!=cache", Operators::All).unwrap();
/// assert!(selector.matches(|key| (key == "app").then_some("web")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

/// Which operators a selector may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operators {
    /// All that Kubernetes' parser knows: also `key>1` and `key<1`.
    All,
    /// Those for which Kubernetes documents label selectors: no `>` and `<`.
    WithoutComparisons,
}

/// Why a text is no label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct SelectorError {
    /// The requirement that is wrong, as it is written; empty where one is missing.
    pub requirement: String,
    /// What is wrong with it.
    pub problem: SelectorProblem,
}

/// What is wrong with a label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorProblem {
    /// A NUL, which Kubernetes' parser takes for the end.
    #[error("it has a NUL character")]
    Nul,
    /// No key where a requirement starts.
    #[error("a key is missing before {before}")]
    NoKey {
        /// What is there instead.
        before: Found,
    },
    /// No requirement behind a comma.
    #[error("a key is missing after `,`, before {before}")]
    NoRequirement {
        /// What is there instead.
        before: Found,
    },
    /// Something behind a whole requirement.
    #[error("`,` is missing before {before}")]
    NoComma {
        /// What is there instead.
        before: Found,
    },
    /// Something else than an operator behind a key.
    #[error("`=`, `!=`, `in` or `notin` is missing before {before}")]
    NoOperator {
        /// What is there instead.
        before: Found,
    },
    /// An operator that takes one value without it.
    #[error("a value is missing before {before}")]
    NoValue {
        /// What is there instead.
        before: Found,
    },
    /// `in` or `notin` without a list.
    #[error("`(` is missing before {before}")]
    NoList {
        /// What is there instead.
        before: Found,
    },
    /// A list that does not go on or end where it must.
    #[error("`,` or `)` is missing before {before}")]
    NoListEnd {
        /// What is there instead.
        before: Found,
    },
    /// A comparison with something else than a whole number of 64 bits.
    #[error("`{0}` is no whole number")]
    NoNumber(String),
    /// A comparison where there must be [none](Operators::WithoutComparisons).
    #[error("`{0}` is not supported here")]
    Comparison(&'static str),
    /// Not the key of a label.
    #[error("`{0}` cannot be the key of a label")]
    WrongKey(String),
    /// Not the value of a label.
    #[error("`{value}` cannot be the value of the label `{key}`")]
    WrongValue {
        /// The label's key.
        key: String,
        /// The text that is no value.
        value: String,
    },
    /// No value to compare with.
    #[error("`values` of `{0}` must not be empty")]
    NoValues(String),
    /// Values where only the key counts.
    #[error("`values` of `{0}` must be empty")]
    UnusedValues(String),
}

/// An operator of `matchExpressions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The label has one of the values.
    In,
    /// The label has none of the values, or is missing.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is missing.
    DoesNotExist,
}

/// What the values of requirements may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Values of labels.
    OfLabels,
    /// Any text: Argo CD selects among parameters, too.
    Any,
}

/// What a selector has at some place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A word or a symbol.
    Text(String),
    /// The selector's end.
    End,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "`{text}`"),
            Self::End => f.write_str("the end"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    condition: Condition,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// Reads a selector; one without requirements matches everything.
    ///
    /// # Errors
    /// If the text is no selector.
    pub fn parse(text: &str, operators: Operators) -> Result<Self, SelectorError> {
        let error = |start: usize, problem| SelectorError {
            requirement: requirement_at(text, start).to_owned(),
            problem,
        };
        let mut parser =
            Parser { tokens: scan(text).map_err(|problem| error(0, problem))?, position: 0, operators };
        let mut requirements = Vec::new();
        // Where the requirement at hand starts.
        let mut start = 0;
        while parser.peek() != &Token::End {
            requirements.push(parser.requirement().map_err(|problem| error(start, problem))?);
            match parser.next() {
                Token::End => break,
                Token::Symbol(",") => {
                    start = parser.offset();
                    if !matches!(parser.peek(), Token::Word(_) | Token::Symbol("!")) {
                        let before = parser.peek().found();
                        return Err(error(start, SelectorProblem::NoRequirement { before }));
                    }
                }
                other => return Err(error(start, SelectorProblem::NoComma { before: other.found() })),
            }
        }
        Ok(Self { requirements })
    }

    /// Adds a requirement as `matchExpressions` of an object has it. An entry of `matchLabels` is
    /// one of [`Operator::In`] with one value.
    ///
    /// # Errors
    /// If the key or a value cannot be that of a label, or the values are not for the operator.
    pub fn require(
        &mut self,
        key: &str,
        operator: Operator,
        values: Vec<String>,
        allowed: Values,
    ) -> Result<(), SelectorProblem> {
        check_key(key)?;
        let lists = matches!(operator, Operator::In | Operator::NotIn);
        if lists && values.is_empty() {
            return Err(SelectorProblem::NoValues(key.to_owned()));
        }
        if !lists && !values.is_empty() {
            return Err(SelectorProblem::UnusedValues(key.to_owned()));
        }
        if allowed == Values::OfLabels {
            values.iter().try_for_each(|value| check_value(key, value))?;
        }
        let condition = match operator {
            Operator::In => Condition::In(values),
            Operator::NotIn => Condition::NotIn(values),
            Operator::Exists => Condition::Exists,
            Operator::DoesNotExist => Condition::Absent,
        };
        self.requirements.push(Requirement { key: key.to_owned(), condition });
        Ok(())
    }

    /// Whether there are no requirements, so that everything is selected.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether all requirements are met, by a look-up of values by key.
    pub fn matches<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = get(&requirement.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.condition {
                Condition::Exists => value.is_some(),
                Condition::Absent => value.is_none(),
                Condition::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
                Condition::NotIn(values) => value.is_none_or(|value| values.iter().all(|one| one != value)),
                Condition::Greater(bound) => number().is_some_and(|number| number > *bound),
                Condition::Less(bound) => number().is_some_and(|number| number < *bound),
            }
        })
    }
}

/// The requirement that starts at a place: what comes before the next comma outside of parentheses.
fn requirement_at(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let mut inside = false;
    let end = rest.find(|letter| {
        match letter {
            '(' => inside = true,
            ')' => inside = false,
            _ => {}
        }
        letter == ',' && !inside
    });
    rest[..end.unwrap_or(rest.len())].trim()
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    fn found(&self) -> Found {
        match self {
            Self::Word(word) => Found::Text(word.clone()),
            Self::Symbol(symbol) => Found::Text((*symbol).to_owned()),
            Self::End => Found::End,
        }
    }
}

/// Longer symbols first.
const SYMBOLS: [&str; 8] = ["==", "!=", "=", "!", "(", ")", ",", ">"];

/// The tokens, each with the place where it starts.
fn scan(text: &str) -> Result<Vec<(usize, Token)>, SelectorProblem> {
    let is_space = |letter: char| matches!(letter, ' ' | '\t' | '\r' | '\n');
    let is_symbol = |letter: char| matches!(letter, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while let Some(first) = rest.chars().next() {
        let start = text.len() - rest.len();
        if first == '\0' {
            return Err(SelectorProblem::Nul);
        }
        if is_symbol(first) {
            let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)).unwrap_or("<");
            tokens.push((start, Token::Symbol(symbol)));
            rest = &rest[symbol.len()..];
        } else {
            let end = rest.find(|letter| is_symbol(letter) || is_space(letter)).unwrap_or(rest.len());
            tokens.push((start, Token::Word(rest[..end].to_owned())));
            rest = &rest[end..];
        }
        rest = rest.trim_start_matches(is_space);
    }
    tokens.push((text.len(), Token::End));
    Ok(tokens)
}

struct Parser {
    /// The last one is the end.
    tokens: Vec<(usize, Token)>,
    position: usize,
    operators: Operators,
}

impl Parser {
    fn at(&self) -> &(usize, Token) {
        &self.tokens[self.position.min(self.tokens.len() - 1)]
    }

    /// Where the next token starts.
    fn offset(&self) -> usize {
        self.at().0
    }

    fn peek(&self) -> &Token {
        &self.at().1
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.position += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorProblem> {
        let negated = self.peek() == &Token::Symbol("!");
        if negated {
            self.position += 1;
        }
        let key = match self.next() {
            Token::Word(key) => key,
            other => return Err(SelectorProblem::NoKey { before: other.found() }),
        };
        check_key(&key)?;
        let at_end = matches!(self.peek(), Token::End | Token::Symbol(","));
        let condition = match (negated, at_end) {
            (true, _) => Condition::Absent,
            (false, true) => Condition::Exists,
            (false, false) => self.condition()?,
        };
        if let Condition::In(values) | Condition::NotIn(values) = &condition {
            values.iter().try_for_each(|value| check_value(&key, value))?;
        }
        Ok(Requirement { key, condition })
    }

    fn condition(&mut self) -> Result<Condition, SelectorProblem> {
        match self.next() {
            Token::Symbol("=" | "==") => Ok(Condition::In(vec![self.value()?])),
            Token::Symbol("!=") => Ok(Condition::NotIn(vec![self.value()?])),
            Token::Symbol(symbol @ (">" | "<")) if self.operators == Operators::WithoutComparisons => {
                Err(SelectorProblem::Comparison(symbol))
            }
            Token::Symbol(">") => Ok(Condition::Greater(self.number()?)),
            Token::Symbol("<") => Ok(Condition::Less(self.number()?)),
            Token::Word(word) if word == "in" => Ok(Condition::In(self.values()?)),
            Token::Word(word) if word == "notin" => Ok(Condition::NotIn(self.values()?)),
            other => Err(SelectorProblem::NoOperator { before: other.found() }),
        }
    }

    /// One value, which may be empty.
    fn value(&mut self) -> Result<String, SelectorProblem> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            Token::Word(value) => {
                let value = value.clone();
                self.position += 1;
                Ok(value)
            }
            other @ Token::Symbol(_) => Err(SelectorProblem::NoValue { before: other.found() }),
        }
    }

    fn number(&mut self) -> Result<i64, SelectorProblem> {
        let value = self.value()?;
        value.parse().map_err(|_| SelectorProblem::NoNumber(value))
    }

    /// `(a, b)`; values may be empty.
    fn values(&mut self) -> Result<Vec<String>, SelectorProblem> {
        match self.next() {
            Token::Symbol("(") => {}
            other => return Err(SelectorProblem::NoList { before: other.found() }),
        }
        let mut values = Vec::new();
        loop {
            match self.peek() {
                Token::Word(_) => values.push(self.value()?),
                _ => values.push(String::new()),
            }
            match self.next() {
                Token::Symbol(",") => {}
                Token::Symbol(")") => return Ok(values),
                other => return Err(SelectorProblem::NoListEnd { before: other.found() }),
            }
        }
    }
}

/// A qualified name: an optional DNS subdomain and `/`, then a name of at most 63 letters.
fn check_key(key: &str) -> Result<(), SelectorProblem> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if prefix.is_none_or(is_subdomain) && !name.is_empty() && is_name(name) {
        return Ok(());
    }
    Err(SelectorProblem::WrongKey(key.to_owned()))
}

/// Whether a text is a DNS subdomain (RFC 1123) in lower case, as the names of most objects must
/// be.
pub fn is_subdomain(text: &str) -> bool {
    let inner = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    text.len() <= 253
        && text.split('.').all(|label| {
            label.bytes().all(inner) && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
        })
}

fn check_value(key: &str, value: &str) -> Result<(), SelectorProblem> {
    if value.is_empty() || is_name(value) {
        return Ok(());
    }
    Err(SelectorProblem::WrongValue { key: key.to_owned(), value: value.to_owned() })
}

/// Letters and digits, inside also `-`, `_` and `.`; at most 63.
fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()].into_iter().flatten().all(u8::is_ascii_alphanumeric);
    let inner = |letter: &u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.');
    ends && bytes.len() <= 63 && bytes.iter().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_as_kubernetes_does() {
        let labels = [("app", "web"), ("tier", ""), ("example.com/size", "12")];
        let get = |key: &str| labels.iter().find(|label| label.0 == key).map(|label| label.1);
        for (selector, expected) in [
            ("", true),
            ("app", true),
            ("!app", false),
            ("!other", true),
            ("app=web", true),
            ("app==web", true),
            ("app = db", false),
            ("app!=db", true),
            ("other!=db", true),
            ("tier=", true),
            ("tier=,app", true),
            ("app in (db, web)", true),
            ("app in (db,,)", false),
            ("tier in ()", true),
            ("app notin (db)", true),
            ("other notin (db)", true),
            ("example.com/size>11", true),
            ("example.com/size < 12", false),
            ("app>1", false),
            ("app=web,tier,!x", true),
        ] {
            let selector = LabelSelector::parse(selector, Operators::All)
                .unwrap_or_else(|error| panic!("{selector}: {error}"));
            assert_eq!(selector.matches(get), expected, "{selector:?}");
        }
    }

    #[test]
    fn refuses_what_kubernetes_refuses() {
        for selector in [
            "=web",
            "app in",
            "app in (a",
            "app in a",
            "app=web,",
            ",app",
            "app web",
            "app=(",
            "-app",
            "a//b",
            "App.com/",
            "app=a b",
            "app=-x",
            "app>x",
            "UP.com/x",
            "!",
            "app=$x",
        ] {
            assert!(LabelSelector::parse(selector, Operators::All).is_err(), "{selector}");
        }
    }

    #[test]
    fn an_error_names_the_requirement_and_what_is_wrong_with_it() {
        for (selector, requirement, problem) in [
            ("app=web, app in web", "app in web", "`(` is missing before `web`"),
            ("app in (a,b", "app in (a,b", "`,` or `)` is missing before the end"),
            ("tier in (a,b) c, d", "tier in (a,b) c", "`,` is missing before `c`"),
            ("app=web,", "", "a key is missing after `,`, before the end"),
            ("a,,b", "", "a key is missing after `,`, before `,`"),
            ("a b", "a b", "`=`, `!=`, `in` or `notin` is missing before `b`"),
            ("x, -a=b", "-a=b", "`-a` cannot be the key of a label"),
            ("x=-a", "x=-a", "`-a` cannot be the value of the label `x`"),
            ("x>a", "x>a", "`a` is no whole number"),
            ("x=(", "x=(", "a value is missing before `(`"),
        ] {
            let error = LabelSelector::parse(selector, Operators::All).unwrap_err();
            let found = (error.requirement.as_str(), error.problem.to_string());
            assert_eq!(found, (requirement, problem.to_owned()), "{selector}");
        }
    }

    #[test]
    fn requirements_of_an_object() {
        let select = |key: &str, operator, values: &[&str], allowed| {
            let mut selector = LabelSelector::default();
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            selector.require(key, operator, values, allowed).map(|()| {
                (selector.matches(|key| (key == "env").then_some("dev")), selector.matches(|_| None))
            })
        };
        for (operator, values, expected) in [
            (Operator::In, &["dev", "prod"][..], (true, false)),
            (Operator::NotIn, &["prod"], (true, true)),
            (Operator::Exists, &[], (true, false)),
            (Operator::DoesNotExist, &[], (false, true)),
        ] {
            assert_eq!(select("env", operator, values, Values::OfLabels), Ok(expected), "{operator:?}");
        }
        assert!(select("env", Operator::In, &["https://x"], Values::Any).is_ok());
        for (key, operator, values) in [
            ("env", Operator::In, &["https://x"][..]),
            ("env", Operator::In, &[]),
            ("env", Operator::NotIn, &[]),
            ("env", Operator::Exists, &["dev"]),
            ("path[0]", Operator::Exists, &[]),
        ] {
            assert!(select(key, operator, values, Values::OfLabels).is_err(), "{key} {operator:?}");
        }
    }

    #[test]
    fn comparisons_can_be_left_out() {
        for selector in ["size>1", "size < 1"] {
            assert!(LabelSelector::parse(selector, Operators::All).is_ok(), "{selector}");
            let error = LabelSelector::parse(selector, Operators::WithoutComparisons).unwrap_err();
            assert!(matches!(error.problem, SelectorProblem::Comparison(_)), "{error}");
        }
    }
}
