//! Label selectors, in Kubernetes' syntax: `app=web,tier in (front,back),!legacy`. kustomize takes them for annotations too.

/// A selector, as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// Reads a selector; an empty one matches everything.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: scan(text)?, position: 0 };
        let mut requirements = Vec::new();
        while parser.peek() != &Token::End {
            requirements.push(parser.requirement()?);
            match parser.next() {
                Token::End => break,
                Token::Symbol(",") if matches!(parser.peek(), Token::Word(_) | Token::Symbol("!")) => {}
                Token::Symbol(",") => {
                    return Err(format!("a key is missing after `,`, before {}", parser.peek().describe()));
                }
                other => return Err(format!("`,` is missing before {}", other.describe())),
            }
        }
        Ok(Self { requirements })
    }

    /// Whether all requirements are met, by a look-up of values by key.
    pub(super) fn matches<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = get(&requirement.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.test {
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
                Test::NotIn(values) => value.is_none_or(|value| values.iter().all(|one| one != value)),
                Test::Greater(bound) => number().is_some_and(|number| number > *bound),
                Test::Less(bound) => number().is_some_and(|number| number < *bound),
            }
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    fn describe(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Longer symbols first.
const SYMBOLS: [&str; 8] = ["==", "!=", "=", "!", "(", ")", ",", ">"];

fn scan(text: &str) -> Result<Vec<Token>, String> {
    let is_space = |letter: char| matches!(letter, ' ' | '\t' | '\r' | '\n');
    let is_symbol = |letter: char| matches!(letter, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while let Some(first) = rest.chars().next() {
        if first == '\0' {
            return Err("it has a NUL character".to_owned());
        }
        if is_symbol(first) {
            let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)).unwrap_or("<");
            tokens.push(Token::Symbol(symbol));
            rest = &rest[symbol.len()..];
        } else {
            let end = rest.find(|letter| is_symbol(letter) || is_space(letter)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start_matches(is_space);
    }
    tokens.push(Token::End);
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.position).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.position += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = self.peek() == &Token::Symbol("!");
        if negated {
            self.position += 1;
        }
        let key = match self.next() {
            Token::Word(key) => key,
            other => return Err(format!("a key is missing before {}", other.describe())),
        };
        check_key(&key)?;
        let at_end = matches!(self.peek(), Token::End | Token::Symbol(","));
        let test = match (negated, at_end) {
            (true, _) => Test::Missing,
            (false, true) => Test::Exists,
            (false, false) => self.test()?,
        };
        if let Test::In(values) | Test::NotIn(values) = &test {
            values.iter().try_for_each(|value| check_value(&key, value))?;
        }
        Ok(Requirement { key, test })
    }

    fn test(&mut self) -> Result<Test, String> {
        match self.next() {
            Token::Symbol("=" | "==") => Ok(Test::In(vec![self.value()?])),
            Token::Symbol("!=") => Ok(Test::NotIn(vec![self.value()?])),
            Token::Symbol(">") => Ok(Test::Greater(self.number()?)),
            Token::Symbol("<") => Ok(Test::Less(self.number()?)),
            Token::Word(word) if word == "in" => Ok(Test::In(self.values()?)),
            Token::Word(word) if word == "notin" => Ok(Test::NotIn(self.values()?)),
            other => Err(format!("`=`, `!=`, `in` or `notin` is missing before {}", other.describe())),
        }
    }

    /// One value, which may be empty.
    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            Token::Word(value) => {
                let value = value.clone();
                self.position += 1;
                Ok(value)
            }
            other @ Token::Symbol(_) => Err(format!("a value is missing before {}", other.describe())),
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let value = self.value()?;
        value.parse().map_err(|_| format!("`{value}` is no whole number"))
    }

    /// `(a, b)`; values may be empty.
    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Token::Symbol("(") => {}
            other => return Err(format!("`(` is missing before {}", other.describe())),
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
                other => return Err(format!("`,` or `)` is missing before {}", other.describe())),
            }
        }
    }
}

/// A qualified name: an optional DNS subdomain and `/`, then a name of at most 63 letters.
fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_subdomain = |prefix: &str| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|label| {
                let inner =
                    |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
                label.bytes().all(inner)
                    && !label.is_empty()
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            })
    };
    if prefix.is_none_or(is_subdomain) && !name.is_empty() && is_name(name) {
        return Ok(());
    }
    Err(format!("`{key}` cannot be the key of a label"))
}

fn check_value(key: &str, value: &str) -> Result<(), String> {
    if value.is_empty() || is_name(value) {
        return Ok(());
    }
    Err(format!("`{value}` cannot be the value of the label `{key}`"))
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
            let selector =
                LabelSelector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"));
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
            assert!(LabelSelector::parse(selector).is_err(), "{selector}");
        }
    }
}
