//! Go's `fmt`: printing of values with `Sprint`, `Sprintln` and `Sprintf`, verbs and flags and all.

mod float;
mod format;
mod integer;
mod printer;
mod quote;
mod text;

use crate::error::{Error, ErrorKind, Limit};
pub use crate::parse::number::{parse_float, parse_integer};
use crate::value::{Str, Value};

pub use float::format_float;
pub(crate) use quote::quote_rune_unicode;
pub use quote::{quote, quote_rune, quote_to_ascii};

use printer::Printer;

/// What the result of one call may come to, in bytes: lists that hold one another many times print without end.
const MAX_BYTES: usize = 256 << 20;

/// `fmt.Sprint`: the values one after the other, with a space between two that are not strings.
///
/// # Errors
/// When a value holds itself, or its text does not end.
pub fn sprint(values: &[Value]) -> Result<Str, Error> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, MAX_BYTES);
    printer.print(values);
    let end = printer.finish();
    end.map(|()| out.into())
}

/// `fmt.Sprintln`: the values with spaces between them, and a line feed.
///
/// # Errors
/// As [`sprint`].
pub fn sprintln(values: &[Value]) -> Result<Str, Error> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, MAX_BYTES);
    printer.println(values);
    let end = printer.finish();
    end.map(|()| out.into())
}

/// `fmt.Sprintf`. Verbs that don't fit are told in the text, as Go does.
///
/// # Errors
/// As [`sprint`].
pub fn sprintf(format: &[u8], values: &[Value]) -> Result<Str, Error> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, MAX_BYTES);
    printer.printf(format, values);
    let end = printer.finish();
    end.map(|()| out.into())
}

/// Appends a value as `%v` prints it.
///
/// # Errors
/// As [`sprint`].
pub fn append(out: &mut Vec<u8>, value: &Value) -> Result<(), Error> {
    match value {
        Value::String(text) => out.extend_from_slice(text.as_bytes()),
        value => {
            let mut printer = Printer::new(out, MAX_BYTES);
            printer.print(std::slice::from_ref(value));
            return printer.finish();
        }
    }
    Ok(())
}

fn over(limit: Limit) -> Error {
    let what = match limit {
        Limit::Depth => "value nests too deep to be printed, or holds itself",
        _ => "text of a value exceeds the limit",
    };
    Error::with_kind(ErrorKind::Limit(limit), what)
}

#[cfg(test)]
mod tests;
