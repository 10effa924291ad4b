//! `toToml` and `fromToml`.

mod lex;
mod read;
mod scalar;
mod tables;
mod text;
mod time;
mod write;

use oarlock_go_template::{Context, Error, ErrorKind, Function, Limit, Map, Value};

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
        Err(message) if message == write::TOO_LONG => {
            return Err(Error::with_kind(ErrorKind::Limit(Limit::Output), message));
        }
        Err(message) => failed(message)?,
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
