//! The text of a jq expression → what it names.

use regex::Regex;
use serde_json::Value;

use super::expression::{Comparison, Condition, Expression};

/// How deep expressions may be nested.
const DEPTH: usize = 64;

/// How many steps an expression may have. They are evaluated by recursion.
const LENGTH: usize = 256;

/// A jq expression that is not of the part of the language that is understood here: paths, `..`,
/// `?`, `,`, `|` and `select` with comparisons, `and`, `or`, `not`, `startswith`, `endswith`,
/// `contains`, `test` and `has`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the jq expression `{expression}` is not supported at character {position}")]
pub struct UnsupportedExpression {
    /// The expression.
    pub expression: String,
    /// The character from which on it is not understood, from 1.
    pub position: usize,
}

/// Reads an expression that names places.
pub(super) fn parse(text: &str) -> Result<Expression, UnsupportedExpression> {
    let mut parser = Parser { text, at: 0, depth: 0, length: 0 };
    let parsed = parser.commas();
    parser.space();
    match parsed {
        Some(expression) if parser.at == text.len() => Ok(expression),
        _ => Err(UnsupportedExpression {
            expression: text.to_owned(),
            position: text[..parser.at].chars().count() + 1,
        }),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    length: usize,
}

impl Parser<'_> {
    /// `E | F`, where the left side of a pipe may have commas: the comma binds tighter.
    fn commas(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let mut left = self.comma_list()?;
        while self.take("|") {
            self.lengthen()?;
            left = Expression::Pipe(Box::new(left), Box::new(self.comma_list()?));
        }
        self.depth -= 1;
        Some(left)
    }

    fn comma_list(&mut self) -> Option<Expression> {
        let mut left = self.path()?;
        while self.take(",") {
            self.lengthen()?;
            left = Expression::Both(Box::new(left), Box::new(self.path()?));
        }
        Some(left)
    }

    /// A term and what follows it without a pipe.
    fn path(&mut self) -> Option<Expression> {
        let mut path = if self.take("..") {
            Expression::Everywhere
        } else if self.word("select") {
            self.take("(").then_some(())?;
            let condition = self.pipes()?;
            self.take(")").then_some(())?;
            Expression::Select(Box::new(condition))
        } else if self.take("(") {
            let inner = self.commas()?;
            self.take(")").then_some(())?;
            inner
        } else if self.take(".") {
            match self.name().or_else(|| self.string()) {
                Some(name) => Expression::Field(name),
                None => Expression::Identity,
            }
        } else {
            return None;
        };
        loop {
            self.lengthen()?;
            let next = if self.take("?") {
                path = Expression::Optional(Box::new(path));
                continue;
            } else if self.take("[") {
                self.brackets()?
            } else if self.follows('.') && !self.text[self.at..].starts_with("..") {
                self.at += 1;
                if self.take("[") {
                    self.brackets()?
                } else {
                    Expression::Field(self.name().or_else(|| self.string())?)
                }
            } else {
                return Some(path);
            };
            // `?` belongs to the last step alone, as in jq.
            let next = if self.take("?") { Expression::Optional(Box::new(next)) } else { next };
            path = Expression::Pipe(Box::new(path), Box::new(next));
        }
    }

    fn brackets(&mut self) -> Option<Expression> {
        let inner = if self.take("]") {
            return Some(Expression::Each);
        } else if let Some(name) = self.string() {
            Expression::Field(name)
        } else {
            Expression::Index(self.integer()?)
        };
        self.take("]").then_some(inner)
    }

    /// `C | D`, the outermost of a condition.
    fn pipes(&mut self) -> Option<Condition> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let mut left = self.or()?;
        while self.take("|") {
            self.lengthen()?;
            left = Condition::Pipe(Box::new(left), Box::new(self.or()?));
        }
        self.depth -= 1;
        Some(left)
    }

    fn or(&mut self) -> Option<Condition> {
        let mut left = self.and()?;
        while self.word("or") {
            self.lengthen()?;
            left = Condition::Or(Box::new(left), Box::new(self.and()?));
        }
        Some(left)
    }

    fn and(&mut self) -> Option<Condition> {
        let mut left = self.comparison()?;
        while self.word("and") {
            self.lengthen()?;
            left = Condition::And(Box::new(left), Box::new(self.comparison()?));
        }
        Some(left)
    }

    fn comparison(&mut self) -> Option<Condition> {
        let left = self.operand()?;
        let comparison = if self.take("==") {
            Comparison::Equal
        } else if self.take("!=") {
            Comparison::NotEqual
        } else {
            return Some(left);
        };
        Some(Condition::Compare(Box::new(left), comparison, Box::new(self.operand()?)))
    }

    fn operand(&mut self) -> Option<Condition> {
        for (word, make) in FUNCTIONS {
            if self.word(word) {
                self.take("(").then_some(())?;
                let argument = self.string()?;
                self.take(")").then_some(())?;
                return make(argument);
            }
        }
        for (word, value) in
            [("true", Value::from(true)), ("false", Value::from(false)), ("null", Value::Null)]
        {
            if self.word(word) {
                return Some(Condition::Literal(value));
            }
        }
        if self.word("not") {
            return Some(Condition::Not);
        }
        self.space();
        if self.follows('"') {
            return self.string().map(|text| Condition::Literal(Value::from(text)));
        }
        if self.take("(") {
            let inner = self.pipes()?;
            return self.take(")").then_some(inner);
        }
        if let Some(number) = self.integer() {
            return Some(Condition::Literal(Value::from(number)));
        }
        self.path().map(Condition::Path)
    }

    /// Counts a step; `None` if there are too many.
    fn lengthen(&mut self) -> Option<()> {
        self.length += 1;
        (self.length <= LENGTH).then_some(())
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn follows(&self, c: char) -> bool {
        self.text[self.at..].starts_with(c)
    }

    /// Takes a sign, with space before it.
    fn take(&mut self, sign: &str) -> bool {
        let before = self.at;
        self.space();
        let found = self.text[self.at..].starts_with(sign);
        self.at = if found { self.at + sign.len() } else { before };
        found
    }

    /// Takes a word, with space before it and no letter behind it.
    fn word(&mut self, word: &str) -> bool {
        let before = self.at;
        let rest = |parser: &Self| parser.text[parser.at..].chars().next();
        if self.take(word) && !rest(self).is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            return true;
        }
        self.at = before;
        false
    }

    /// Takes a name that directly follows a dot.
    fn name(&mut self) -> Option<String> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.at += end;
        Some(rest[..end].to_owned())
    }

    fn integer(&mut self) -> Option<i64> {
        self.space();
        let rest = &self.text[self.at..];
        let sign = usize::from(rest.starts_with('-'));
        let digits = rest[sign..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - sign);
        let number = rest[..sign + digits].parse().ok()?;
        self.at += sign + digits;
        Some(number)
    }

    /// Takes a text in double quotes, whose escapes are those of JSON. jq's `\(…)` is not among
    /// them.
    fn string(&mut self) -> Option<String> {
        self.space();
        let rest = &self.text[self.at..];
        let mut escaped = false;
        let inner = rest.strip_prefix('"')?;
        let end = inner.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        let text = serde_json::from_str(&rest[..end + 2]).ok()?;
        self.at += end + 2;
        Some(text)
    }
}

/// Makes a condition of a text.
type Function = fn(String) -> Option<Condition>;

/// The functions that take a text.
const FUNCTIONS: [(&str, Function); 5] = [
    ("startswith", |text| Some(Condition::StartsWith(text))),
    ("endswith", |text| Some(Condition::EndsWith(text))),
    ("contains", |text| Some(Condition::Contains(text))),
    ("test", |pattern| Regex::new(&pattern).ok().map(Condition::Test)),
    ("has", |name| Some(Condition::Has(name))),
];
