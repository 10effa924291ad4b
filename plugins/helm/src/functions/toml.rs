//! `toToml` and `fromToml`, as `BurntSushi/toml`, the library of Helm, reads and writes TOML.
//!
//! It is written here since the message for a malformed document is a value of `fromToml`, which
//! charts print and a conformance case compares: `toml_edit` has a text and a place for an error,
//! and no kind from which to word that message. Which documents are TOML depends on the version of
//! Helm, too, as 4.1 and later read version 1.1 and 3.19 reads 1.0, where an array may also take
//! the place of a table. What is written has the layout of that library, with tables indented by
//! their depth and simple keys before them, which would be laid out by hand in a document of
//! `toml_edit` as well.

mod lex;
mod read;
mod scalar;
mod tables;
mod text;
mod time;
mod write;

use oarlock_go_template::{Context, Error, ErrorKind, Function, Limit, Map, Value};

use self::write::WriteError;
use super::state;
use oarlock_go_template::arguments::{ANY, NO_TYPE, Outcome, TEXT, any, text};

pub(super) static FUNCTIONS: &[Function] = &[
    // Helm prints the error where the text would be.
    Function::new("toToml", &[ANY], |cx, a| to_toml(cx, a, Ok)),
    Function::new("mustToToml", &[ANY], |cx, a| to_toml(cx, a, |message| Err(Error::new(message)))),
    Function::new("fromToml", &[TEXT], from_toml),
];

fn to_toml(cx: &mut Context<'_>, a: &[Value], failed: fn(String) -> Result<String, Error>) -> Outcome {
    if let Value::Nil = any(a, 0) {
        return Err(Error::new(NO_TYPE));
    }
    let text = match write::write(any(a, 0), cx.room(), state::profile(cx)) {
        Ok(text) => text,
        Err(WriteError::TooLong) => {
            let message = "text of a value exceeds the limit";
            return Err(Error::with_kind(ErrorKind::Limit(Limit::Output), message));
        }
        Err(WriteError::Unsupported(message)) => failed(message)?,
    };
    cx.reserve(text.len())?;
    Ok(text.into())
}

fn from_toml(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    Ok(match read::read(text(a, 0).as_bytes(), state::profile(cx)) {
        Ok(map) => map,
        Err(message) => [("Error", message)].into_iter().collect::<Map>(),
    }
    .into())
}
