//! Go's built-in functions: which there are and what they take. What they do is in
//! [`super::builtins`].

use super::builtins::{compare, escape, index};
use super::call::ANY;
use super::context::Context;
use super::frame::Evaluated;
use super::function::Function;
use crate::error::Error;
use crate::value::{Str, Type, Value};

/// What a name in a template calls.
#[derive(Clone, Copy, Debug)]
pub(super) enum Callee {
    Builtin(Builtin),
    Function(&'static Function),
}

/// Go's own functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    And,
    Call,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    UrlQuery,
}

/// What a built-in is called with.
pub(super) struct Arguments<'a> {
    pub(super) values: &'a [Evaluated],
    /// The text of the first argument.
    pub(super) callee: Option<&'a str>,
}

impl Builtin {
    /// All of them, by the names that templates call them.
    pub(super) const ALL: [(&'static str, Self); 19] = [
        ("and", Self::And),
        ("call", Self::Call),
        ("eq", Self::Eq),
        ("ge", Self::Ge),
        ("gt", Self::Gt),
        ("html", Self::Html),
        ("index", Self::Index),
        ("js", Self::Js),
        ("le", Self::Le),
        ("len", Self::Len),
        ("lt", Self::Lt),
        ("ne", Self::Ne),
        ("not", Self::Not),
        ("or", Self::Or),
        ("print", Self::Print),
        ("printf", Self::Printf),
        ("println", Self::Println),
        ("slice", Self::Slice),
        ("urlquery", Self::UrlQuery),
    ];

    /// How many parameters are fixed, and whether more may follow.
    pub(super) fn arity(self) -> (usize, bool) {
        match self {
            Self::Html | Self::Js | Self::UrlQuery | Self::Print | Self::Println => (0, true),
            Self::And | Self::Or | Self::Call | Self::Eq | Self::Index | Self::Slice | Self::Printf => {
                (1, true)
            }
            Self::Len | Self::Not => (1, false),
            Self::Ge | Self::Gt | Self::Le | Self::Lt | Self::Ne => (2, false),
        }
    }

    /// The type of a parameter; none for those that take Go's `reflect.Value`, anything, no value
    /// included.
    pub(super) fn parameter(self, index: usize) -> Option<Type> {
        match self {
            Self::Printf if index == 0 => Some(Type::String),
            Self::Html | Self::Js | Self::UrlQuery | Self::Print | Self::Println | Self::Printf => ANY,
            _ => None,
        }
    }

    pub(super) fn run(self, cx: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<Evaluated, Error> {
        let Arguments { values, callee } = *arguments;
        let (first, rest) = values.split_first().map_or((&Evaluated::NONE, values), |(a, b)| (a, b));
        let second = rest.first().unwrap_or(&Evaluated::NONE);
        let plain = || values.iter().map(|value| value.value.clone()).collect::<Vec<_>>();
        let value = match self {
            // These two are evaluated where their arguments are.
            Self::And | Self::Or => first.value.clone(),
            Self::Call => return Err(index::call(first, callee.unwrap_or_default())),
            Self::Eq => Value::Bool(compare::equal(first, rest)?),
            Self::Ne => Value::Bool(!compare::equal(first, rest)?),
            Self::Lt => Value::Bool(compare::less(first, second)?),
            Self::Le => Value::Bool(compare::less_or_equal(first, second)?),
            Self::Gt => Value::Bool(!compare::less_or_equal(first, second)?),
            Self::Ge => Value::Bool(!compare::less(first, second)?),
            Self::Html => escaped(cx, plain(), escape::html)?,
            Self::Js => escaped(cx, plain(), escape::js)?,
            Self::UrlQuery => escaped(cx, plain(), escape::url_query)?,
            Self::Index => return index::index(first, rest),
            Self::Slice => index::slice(first, rest)?,
            Self::Len => Value::int(index::length(first)?),
            Self::Not => Value::Bool(!first.value.is_true()),
            Self::Print => Value::String(cx.sprint(&plain())?),
            Self::Println => Value::String(cx.sprintln(&plain())?),
            Self::Printf => {
                let values = plain();
                let format = values.first().and_then(Value::as_str).cloned().unwrap_or_default();
                Value::String(cx.sprintf(format.as_bytes(), &values[1..])?)
            }
        };
        Ok(Evaluated::concrete(value))
    }
}

/// The text of the arguments, as `print` makes it, escaped. Values are not printed otherwise.
fn escaped<T: Into<Str>>(
    cx: &mut Context<'_>,
    mut values: Vec<Value>,
    escape: fn(&Str) -> T,
) -> Result<Value, Error> {
    for value in &mut values {
        if let Value::Nil = value {
            *value = Value::from("<no value>");
        }
    }
    let text = cx.sprint(&values)?;
    let escaped = escape(&text).into();
    cx.reserve(escaped.len().saturating_sub(text.len()))?;
    Ok(Value::string(escaped))
}
