//! Numbers, truth values and times of TOML.

use oarlock_go::time;
use oarlock_go_template::{Value, fmt};
use oarlock_sprig::time_value;

use super::lex::{Cursor, Fault, shown};
use super::time::{LOCAL_DATE, LOCAL_DATETIME, LOCAL_TIME, in_zone_named};

/// Go's layouts of dates and times, and the zone of those that tell none.
const DATES: [(&str, Option<&str>); 7] = [
    ("2006-01-02T15:04:05.999999999Z07:00", None),
    ("2006-01-02T15:04:05.999999999", Some(LOCAL_DATETIME)),
    ("2006-01-02", Some(LOCAL_DATE)),
    ("15:04:05.999999999", Some(LOCAL_TIME)),
    ("2006-01-02T15:04Z07:00", None),
    ("2006-01-02T15:04", Some(LOCAL_DATETIME)),
    ("15:04", Some(LOCAL_TIME)),
];

/// How many of these TOML 1.0 has: those with seconds.
const DATES_1_0: usize = 4;

/// A number or a time, at its first digit.
pub(super) fn number_or_date(cursor: &mut Cursor<'_>) -> Result<Value, Fault> {
    let start = cursor.at;
    let first = cursor.next()?;
    let c = cursor.next()?;
    match c {
        Some('b') if first == Some('0') => {
            with_base(cursor, start, "a binary", |c| matches!(c, '0' | '1' | '_'))
        }
        Some('o') if first == Some('0') => {
            with_base(cursor, start, "an octal", |c| matches!(c, '0'..='7' | '_'))
        }
        Some('x') if first == Some('0') => {
            with_base(cursor, start, "a hexadecimal", |c| c.is_ascii_hexdigit() || c == '_')
        }
        c => {
            cursor.back(c);
            cursor.take_while(|c| c.is_ascii_digit())?;
            let c = cursor.peek()?;
            // No time starts with a single zero.
            let two_digits = cursor.at - start > 1 || first != Some('0');
            if matches!(c, Some('-' | ':')) && two_digits {
                date(cursor, start)
            } else {
                decimal(cursor, start)
            }
        }
    }
}

fn with_base(
    cursor: &mut Cursor<'_>,
    start: usize,
    what: &str,
    digit: fn(char) -> bool,
) -> Result<Value, Fault> {
    let c = cursor.peek()?;
    if !c.is_some_and(|c| digit(c) && c != '_') {
        let found = c.unwrap_or('\0');
        return Err(cursor.fault(format!("not {what} number: '{}{found}'", cursor.since(start))));
    }
    cursor.take_while(digit)?;
    integer(cursor, start)
}

/// A number behind its sign, which has been taken.
pub(super) fn signed(cursor: &mut Cursor<'_>) -> Result<Value, Fault> {
    let start = cursor.at - 1;
    let c = cursor.next()?;
    match c {
        Some('i' | 'n') => {
            let rest = if c == Some('i') { ['n', 'f'] } else { ['a', 'n'] };
            for wanted in rest {
                if !cursor.accept(wanted)? {
                    return Err(cursor.fault(format!("invalid float: '{}'", cursor.since(start))));
                }
            }
            return float(cursor, start);
        }
        Some('0') => {
            if let Some(base @ ('b' | 'o' | 'x')) = cursor.peek()? {
                let sign = cursor.since(start);
                return Err(cursor.fault(format!("cannot use sign with non-decimal numbers: '{sign}{base}'")));
            }
        }
        Some('.') => return Err(cursor.fault("floats must start with a digit, not '.'")),
        Some(c) if c.is_ascii_digit() => {}
        c => return Err(cursor.fault(format!("expected a digit but got {}", shown(c)))),
    }
    decimal(cursor, start)
}

/// The rest of a decimal number.
fn decimal(cursor: &mut Cursor<'_>, start: usize) -> Result<Value, Fault> {
    cursor.take_while(|c| c.is_ascii_digit() || c == '_')?;
    if matches!(cursor.peek()?, Some('.' | 'e' | 'E')) {
        cursor.take_while(|c| c.is_ascii_digit() || matches!(c, '_' | '.' | '-' | '+' | 'e' | 'E'))?;
        float(cursor, start)
    } else {
        integer(cursor, start)
    }
}

fn integer(cursor: &Cursor<'_>, start: usize) -> Result<Value, Fault> {
    let text = cursor.since(start);
    let shown = || fmt::quote(text.as_bytes());
    if !underscores_are_between_digits(text) {
        let message = format!("Invalid integer {}: underscores must be surrounded by digits", shown());
        return Err(cursor.fault(message));
    }
    if has_leading_zero(text) {
        return Err(cursor.fault(format!("Invalid integer {}: cannot have leading zeroes", shown())));
    }
    let number = fmt::parse_integer(text).and_then(|(negative, magnitude)| {
        if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
    });
    number.map(Value::int64).ok_or_else(|| cursor.fault(format!("{text} is out of range for int64")))
}

pub(super) fn float(cursor: &Cursor<'_>, start: usize) -> Result<Value, Fault> {
    let text = cursor.since(start);
    let invalid =
        |what: &str| Err(cursor.fault(format!("Invalid float {}: {what}", fmt::quote(text.as_bytes()))));
    let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
    if !parts.clone().all(underscores_are_between_digits) {
        return invalid("underscores must be surrounded by digits");
    }
    if parts.next().is_some_and(has_leading_zero) {
        return invalid("cannot have leading zeroes");
    }
    if text.split('.').skip(1).any(|part| !part.starts_with(|c: char| c.is_ascii_digit())) {
        return invalid("'.' must be followed by one or more digits");
    }
    match text.trim_start_matches(['+', '-']) {
        "nan" => return Ok(f64::NAN.into()),
        "inf" => return Ok(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }.into()),
        _ => {}
    }
    match text.replace('_', "").parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number.into()),
        Ok(_) => Err(cursor.fault(format!("{text} is out of range for float64"))),
        Err(_) => Err(cursor.fault(format!("Invalid float value: {}", fmt::quote(text.as_bytes())))),
    }
}

fn has_leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', b'b' | b'o' | b'x', ..] | [b'0'] => false,
        [b'0', ..] => true,
        [b'-' | b'+', b'0', ..] => text.len() > 2,
        _ => false,
    }
}

fn underscores_are_between_digits(text: &str) -> bool {
    if matches!(text.trim_start_matches(['+', '-']), "nan" | "inf") {
        return true;
    }
    let mut after_digit = false;
    for c in text.chars() {
        if c == '_' && !after_digit {
            return false;
        }
        after_digit = c.is_ascii_hexdigit();
    }
    after_digit
}

fn date(cursor: &mut Cursor<'_>, start: usize) -> Result<Value, Fault> {
    cursor.take_while(|c| {
        c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+')
    })?;
    let text = cursor.since(start).trim();
    let text: String = text.chars().map(|c| if matches!(c, 't' | ' ') { 'T' } else { c }).collect();
    let text = text.replace('z', "Z");
    let known = if cursor.is_1_1 { &DATES[..] } else { &DATES[..DATES_1_0] };
    for (layout, zone) in known.iter().copied() {
        if let Ok(time) = time::parse(layout, &text) {
            if is_missing_a_zero(&text, layout) {
                break;
            }
            return Ok(time_value(in_zone_named(time, zone)));
        }
    }
    Err(cursor.fault(format!("invalid datetime: {}", fmt::quote(text.as_bytes()))))
}

/// Go accepts numbers of one digit: then the separators are in other places than in the layout.
fn is_missing_a_zero(text: &str, layout: &str) -> bool {
    let fixed = layout.bytes().zip(text.bytes()).take_while(|(wanted, _)| !matches!(wanted, b'.' | b'Z'));
    fixed.into_iter().any(|(wanted, found)| !wanted.is_ascii_digit() && wanted != found)
}
