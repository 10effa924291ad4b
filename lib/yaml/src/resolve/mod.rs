//! What type a plain scalar has.

mod base64;
mod number;
mod timestamp;

pub(crate) use self::base64::decode as decode_base64;
pub(crate) use self::number::{Number, short_float, shortest};
pub(crate) use self::timestamp::Timestamp;
use crate::kind::ScalarKind;

/// The type that go-yaml v3 gives to a scalar without quotes.
///
/// ```
/// use oarlock_yaml::{ScalarKind, resolve_plain};
///
/// assert_eq!(resolve_plain("0o17"), ScalarKind::Int);
/// assert_eq!(resolve_plain("yes"), ScalarKind::String);
/// ```
pub fn resolve_plain(text: &str) -> ScalarKind {
    // The first byte tells nearly all text from everything else.
    match text.as_bytes().first() {
        None => ScalarKind::Null,
        Some(b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') => word(text).unwrap_or(ScalarKind::String),
        Some(b'.') => point(text),
        Some(b'+' | b'-' | b'0'..=b'9') => {
            if Timestamp::parse(text).is_some() {
                ScalarKind::Timestamp
            } else {
                digits(text)
            }
        }
        Some(_) => ScalarKind::String,
    }
}

/// The type that go-yaml v2 gives to a scalar without quotes. It reads times as such, and hands
/// them on as text.
pub(crate) fn resolve_v2(text: &str) -> ScalarKind {
    match text.as_bytes().first() {
        Some(b'y' | b'Y' | b'o' | b'O' | b'n' | b'N') if is_old_bool(text) => ScalarKind::Bool,
        _ => match resolve_plain(text) {
            ScalarKind::Timestamp => ScalarKind::String,
            kind => kind,
        },
    }
}

/// Whether a scalar without quotes is text to every reader: neither a number, a date and a truth
/// value of YAML 1.2, nor one of YAML 1.1, such as `yes`.
pub fn is_plain_text(text: &str) -> bool {
    match text.as_bytes().first() {
        None => false,
        Some(b'y' | b'Y' | b'o' | b'O' | b'n' | b'N') if is_old_bool(text) => false,
        Some(_) => resolve_plain(text) == ScalarKind::String,
    }
}

/// YAML 1.1's truth values that YAML 1.2 dropped: `yes`, `no`, `on`, `off`, `y` and `n`.
pub(crate) fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn is_old_bool(text: &str) -> bool {
    old_bool(text).is_some()
}

/// The spelling of a float that is not finite.
pub(crate) fn not_finite(text: &str) -> &'static str {
    match text.trim_start_matches('+').to_ascii_lowercase().as_str() {
        "-.inf" => "-.inf",
        ".nan" => ".nan",
        _ => ".inf",
    }
}

fn word(text: &str) -> Option<ScalarKind> {
    match text {
        "~" | "null" | "Null" | "NULL" => Some(ScalarKind::Null),
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Some(ScalarKind::Bool),
        _ => None,
    }
}

fn point(text: &str) -> ScalarKind {
    if Number::special(text).is_some() || Number::point(text).is_some() {
        ScalarKind::Float
    } else {
        ScalarKind::String
    }
}

fn digits(text: &str) -> ScalarKind {
    match Number::parse(text) {
        Some(Number::Int(_) | Number::Uint(_)) => ScalarKind::Int,
        Some(Number::Float(_)) => ScalarKind::Float,
        None => ScalarKind::String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_as_go_yaml_v3() {
        use ScalarKind::{Bool, Float, Int, Null, String, Timestamp};
        for (kind, texts) in [
            (Null, &["", "~", "null", "Null", "NULL"][..]),
            (Bool, &["true", "True", "TRUE", "false", "False", "FALSE"]),
            (
                Int,
                &[
                    "0", "-0", "+1", "0777", "0x1F", "0X1f", "0o17", "-0o17", "0b101", "-0b11", "1_000",
                    "1__0_",
                ],
            ),
            (
                Int,
                &[
                    "9223372036854775808",
                    "18446744073709551615",
                    "-9223372036854775808",
                    "0b-1",
                    "0o-7",
                    "+0x1",
                ],
            ),
            (
                Float,
                &[
                    "1.",
                    "1.5",
                    "-1.5e3",
                    "1e3",
                    "1E+3",
                    ".5",
                    ".1_000",
                    "+.5",
                    "08",
                    "09.5",
                    "1_0.5",
                    "18446744073709551616",
                ],
            ),
            (Float, &[".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN", "1e-400", "-9223372036854775809"]),
            (
                Timestamp,
                &["2001-01-01", "2001-1-1", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10"],
            ),
            (
                Timestamp,
                &["2001-12-14T21:59:43Z", "2001-12-14T1:2:3Z", "0000-01-01", "2001-12-14T23:59:59,5Z"],
            ),
            (
                String,
                &[
                    "yes", "no", "on", "off", "y", "n", "nULL", "tRUE", "<<", "=", "-", "+", ".", "..",
                    "1:20", "0x", "._1", ".1__0",
                ],
            ),
            (
                String,
                &[
                    "1e", "1e999", "0xg", "0b2", "0o8", "_1", "1,000", "- 1", ".e3", "inf", "nan", "+inf",
                    "0x1p-2",
                ],
            ),
            (
                String,
                &["2001-13-01", "2001-02-30", "01-01-2001", "2001-12-14 21:59:43Z", "2001-12-14T24:00:00Z"],
            ),
        ] {
            for text in texts {
                assert_eq!(resolve_plain(text), kind, "{text:?}");
            }
        }
    }
}
