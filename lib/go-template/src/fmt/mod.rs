//! Go's `fmt`: printing of values with `Sprint`, `Sprintln` and `Sprintf`, verbs and flags and all.

mod format;
mod integer;
mod printer;
mod text;

use crate::error::{Error, ErrorKind, Limit};
use crate::value::{Str, Value};
pub use oarlock_go::strconv::{format_float, parse_float, parse_integer, quote, quote_rune, quote_to_ascii};

pub(crate) use printer::Printer;

/// What the result of one call may come to, in bytes: lists that hold one another many times print
/// without end. Templates print by their [`Context`](crate::Context), which has a limit of its own.
const MAX_BYTES: usize = 64 << 20;

/// `fmt.Sprint`: the values one after the other, with a space between two that are not strings.
///
/// # Errors
/// When a value holds itself, or its text does not end.
pub fn sprint(values: &[Value]) -> Result<Str, Error> {
    within(MAX_BYTES, |printer| printer.print(values))
}

/// `fmt.Sprintln`: the values with spaces between them, and a line feed.
///
/// # Errors
/// As [`sprint`].
pub fn sprintln(values: &[Value]) -> Result<Str, Error> {
    within(MAX_BYTES, |printer| printer.println(values))
}

/// `fmt.Sprintf`. Verbs that don't fit are reported in the text, as Go does.
///
/// # Errors
/// As [`sprint`].
pub fn sprintf(format: &[u8], values: &[Value]) -> Result<Str, Error> {
    within(MAX_BYTES, |printer| printer.printf(format, values))
}

/// What is printed, if it is not much longer than a number of bytes.
pub(crate) fn within(bytes: usize, print: impl FnOnce(&mut Printer<'_>)) -> Result<Str, Error> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, bytes);
    print(&mut printer);
    let end = printer.finish();
    end.map(|()| out.into())
}

/// Appends a value as `%v` prints it, if that is not much longer than a number of bytes.
pub(crate) fn append(out: &mut Vec<u8>, value: &Value, bytes: usize) -> Result<(), Error> {
    if let Value::String(text) = value {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let mut printer = Printer::new(out, bytes);
    printer.print(std::slice::from_ref(value));
    printer.finish()
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
