//! JSON, as Go's `encoding/json` reads and writes it.

mod write;

use oarlock_go_template::{Context, Error, ErrorKind, Function, Str, Value};

use oarlock_go::json::{Read, read};
use oarlock_go_template::arguments::{ANY, Outcome, TEXT, any, text};
pub use write::{Style, write};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("toJson", &[ANY], |cx, a| or_nothing(to_text(cx, any(a, 0), Style::Plain))),
    Function::new("mustToJson", &[ANY], |cx, a| Ok(to_text(cx, any(a, 0), Style::Plain)?.into())),
    Function::new("toPrettyJson", &[ANY], |cx, a| or_nothing(to_text(cx, any(a, 0), Style::Pretty))),
    Function::new("mustToPrettyJson", &[ANY], |cx, a| Ok(to_text(cx, any(a, 0), Style::Pretty)?.into())),
    Function::new("toRawJson", &[ANY], |cx, a| Ok(to_text(cx, any(a, 0), Style::Raw)?.into())),
    Function::new("mustToRawJson", &[ANY], |cx, a| Ok(to_text(cx, any(a, 0), Style::Raw)?.into())),
    Function::new("mustFromJson", &[TEXT], |_, a| match read(text(a, 0).as_bytes()) {
        Ok(Read { value, unfit: None }) => Ok(value),
        Ok(Read { unfit: Some(message), .. }) | Err(message) => Err(Error::new(message)),
    }),
    // What cannot be read is nothing.
    Function::new("fromJson", &[TEXT], |_, a| {
        Ok(read(text(a, 0).as_bytes()).map_or(Value::Nil, |Read { value, .. }| value))
    }),
];

fn to_text(cx: &mut Context<'_>, value: &Value, style: Style) -> Result<Str, Error> {
    let text = write(value, style, cx.room())?;
    cx.reserve(text.len())?;
    Ok(text.into())
}

/// The text, or none for one that cannot be made: functions without `must` in their names hide
/// their errors.
///
/// # Errors
/// For limits that are reached, which nothing hides.
pub fn or_nothing(text: Result<Str, Error>) -> Outcome {
    match text {
        Err(error) if matches!(error.kind(), ErrorKind::Limit(_)) => Err(error),
        text => Ok(text.unwrap_or_default().into()),
    }
}
