//! Numbers as Go reads and prints them.

use std::borrow::Cow;
use std::fmt::Write as _;

use smol_str::SmolStr as Text;

/// A number, in the Go type that go-yaml decodes it to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// `int`.
    Int(i64),
    /// `uint64`, for what is too large for the former.
    Uint(u64),
    /// `float64`.
    Float(f64),
}

impl Number {
    /// Reads a scalar that is known to be a number.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if let Some(special) = Self::special(text) {
            return Some(Self::Float(special));
        }
        if text.starts_with('.') { Self::point(text).map(Self::Float) } else { Self::parse(text) }
    }

    /// The infinities, and what is no number.
    pub(super) fn special(text: &str) -> Option<f64> {
        match text {
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
            ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
            _ => None,
        }
    }

    /// A number that starts with its point. Go takes underscores between its digits.
    pub(super) fn point(text: &str) -> Option<f64> {
        let digit = |place: Option<usize>| {
            place.and_then(|place| text.as_bytes().get(place)).is_some_and(u8::is_ascii_digit)
        };
        let between_digits = |place: usize| digit(place.checked_sub(1)) && digit(Some(place + 1));
        if !text.contains('_') {
            return is_float(text).then(|| finite(text)).flatten();
        }
        let plain = text.replace('_', "");
        let apart = text.match_indices('_').all(|(place, _)| between_digits(place));
        (apart && is_float(&plain)).then(|| finite(&plain)).flatten()
    }

    /// A number that starts with a digit or a sign. Underscores are skipped wherever they stand.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(special) = Self::special(text) {
            return Some(Self::Float(special));
        }
        let plain = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
        parse_go(&plain)
            .or_else(|| is_float(&plain).then(|| finite(&plain)).flatten().map(Self::Float))
            .or_else(|| parse_odd(&plain))
    }

    /// The number as Go's `encoding/json` prints it; `None` where JSON has none.
    pub(crate) fn to_json(self) -> Option<String> {
        match self {
            Self::Int(number) => Some(number.to_string()),
            Self::Uint(number) => Some(number.to_string()),
            Self::Float(number) if !number.is_finite() => None,
            Self::Float(number) => {
                let size = number.abs();
                if size != 0.0 && !(1e-6..1e21).contains(&size) {
                    return Some(exponential(number, 1));
                }
                Some(number.to_string())
            }
        }
    }

    /// The text that `sigs.k8s.io/yaml` makes of the number where Go wants text; floats lose digits
    /// there.
    pub(crate) fn to_text(self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Uint(number) => number.to_string(),
            Self::Float(number) => {
                // As Go's `strconv.FormatFloat(number, 'g', -1, 32)`.
                #[expect(clippy::cast_possible_truncation, reason = "upstream does it")]
                let text = format!("{:e}", number as f32);
                let shortened = text.parse().unwrap_or(number);
                shortest(shortened)
            }
        }
    }

    /// The number as `sigs.k8s.io/yaml` prints it: through JSON, where a float with a whole value
    /// becomes an integer.
    pub(crate) fn to_yaml(self) -> Option<String> {
        let json = self.to_json()?;
        if !matches!(self, Self::Float(_)) {
            return Some(json);
        }
        match Self::parse(&json)? {
            Self::Int(number) => Some(number.to_string()),
            Self::Uint(number) => Some(number.to_string()),
            Self::Float(number) => Some(shortest(number)),
        }
    }
}

/// Go's `strconv.FormatFloat(number, 'g', -1, 64)`.
pub(crate) fn shortest(number: f64) -> String {
    let text = format!("{number:e}");
    let exponent: i32 = text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    // For the shortest spelling Go decides as if six digits were asked for.
    if (-4..6).contains(&exponent) { number.to_string() } else { exponential(number, 2) }
}

/// Go's `strconv.FormatFloat(number, 'g', -1, 32)`: the digits that tell single-precision numbers
/// apart.
pub(crate) fn short_float(text: &str) -> Text {
    let Some(Number::Float(number)) = Number::read(text) else { return text.into() };
    #[expect(clippy::cast_possible_truncation, reason = "upstream rounds to single precision")]
    let digits = format!("{:e}", number as f32);
    digits.parse().map_or_else(|_| text.into(), |number| shortest(number).into())
}

/// Mantissa, `e`, sign, and an exponent of at least so many digits.
fn exponential(number: f64, digits: usize) -> String {
    let text = format!("{number:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    let mut out = mantissa.to_owned();
    let _ = write!(out, "e{sign}{exponent:0>digits$}");
    out
}

fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// go-yaml's pattern: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_float(text: &str) -> bool {
    fn digits(text: &[u8]) -> (usize, &[u8]) {
        let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count, &text[count..])
    }
    let text = text.as_bytes();
    let text = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let (whole, mut rest) = digits(text);
    if let Some(fraction) = rest.strip_prefix(b".") {
        let (count, after) = digits(fraction);
        if whole == 0 && count == 0 {
            return false;
        }
        rest = after;
    } else if whole == 0 {
        return false;
    }
    match rest {
        [] => true,
        [b'e' | b'E', exponent @ ..] => {
            let exponent =
                exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+")).unwrap_or(exponent);
            let (count, rest) = digits(exponent);
            count > 0 && rest.is_empty()
        }
        _ => false,
    }
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`.
fn parse_go(text: &str) -> Option<Number> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    if !digits.as_bytes().first()?.is_ascii_hexdigit() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Number::Int);
    }
    match i64::try_from(magnitude) {
        Ok(number) => Some(Number::Int(number)),
        // `ParseUint` takes no sign.
        Err(_) => unsigned.len().eq(&text.len()).then_some(Number::Uint(magnitude)),
    }
}

/// go-yaml's own reading of `0b` and `0o`, which lets a sign stand behind the prefix.
fn parse_odd(text: &str) -> Option<Number> {
    for (prefix, radix) in [("0b", 2), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).ok().map(Number::Int);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_floats_as_go() {
        for (number, json, yaml) in [
            (1.0, "1", "1"),
            (-0.0, "-0", "0"),
            (1.5, "1.5", "1.5"),
            (1e20, "100000000000000000000", "1e+20"),
            (1e21, "1e+21", "1e+21"),
            (1e-6, "0.000001", "1e-06"),
            (1e-7, "1e-7", "1e-07"),
            (0.0001, "0.0001", "0.0001"),
            (0.00001, "0.00001", "1e-05"),
            (1_234_567.5, "1234567.5", "1.2345675e+06"),
            (123_456.5, "123456.5", "123456.5"),
            (1e19, "10000000000000000000", "10000000000000000000"),
            (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"),
        ] {
            assert_eq!(Number::Float(number).to_json().unwrap(), json);
            assert_eq!(Number::Float(number).to_yaml().unwrap(), yaml);
        }
        assert_eq!(Number::Float(f64::NAN).to_json(), None);
    }
}
