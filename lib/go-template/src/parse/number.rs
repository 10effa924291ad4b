//! Number constants: every reading that Go's rules allow.

use super::node::Number;
use oarlock_go::strconv::{parse_float, parse_integer, quote, unquote_char};

impl Number {
    /// `97` for `'a'`.
    pub(super) fn from_char(text: &str) -> Result<Self, String> {
        let (code, rest) = unquote_char(&text[1..], '\'').ok_or("invalid syntax")?;
        if rest != "'" {
            return Err(format!("malformed character constant: {text}"));
        }
        let code = code.code();
        Ok(Self {
            text: text.into(),
            int: Some(code.into()),
            uint: Some(code.into()),
            float: Some(code.into()),
            complex: None,
        })
    }

    /// `1+2i`.
    pub(super) fn from_complex(text: &str) -> Result<Self, String> {
        let body = text.strip_suffix('i').ok_or("syntax error scanning complex number")?;
        let split = body.char_indices().skip(1).filter(|(_, c)| matches!(c, '+' | '-'));
        for (at, _) in split {
            if let (Some(real), Some(imaginary)) = (parse_float(&body[..at]), parse_float(&body[at..])) {
                return Ok(Self::simplified(text, real, imaginary));
            }
        }
        Err("syntax error scanning complex number".to_owned())
    }

    /// Anything else.
    pub(super) fn from_text(text: &str) -> Result<Self, String> {
        if let Some(imaginary) = text.strip_suffix('i').and_then(parse_float) {
            return Ok(Self::simplified(text, 0.0, imaginary));
        }
        let mut number = Self { text: text.into(), ..Self::default() };
        number.uint = parse_integer(text)
            .and_then(|(negative, value)| (!negative && !text.starts_with('+')).then_some(value));
        number.int = parse_integer(text).and_then(|(negative, value)| signed(negative, value));
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        #[expect(clippy::cast_precision_loss, reason = "Go promotes the constant likewise")]
        if let Some(value) = number.int.map(|int| int as f64).or(number.uint.map(|uint| uint as f64)) {
            number.float = Some(value);
        } else if let Some(value) = parse_float(text) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", quote(text.as_bytes())));
            }
            number.float = Some(value);
            number.int = exact_int(value);
            number.uint = exact_uint(value);
        } else {
            return Err(format!("illegal number syntax: {}", quote(text.as_bytes())));
        }
        Ok(number)
    }

    fn simplified(text: &str, real: f64, imaginary: f64) -> Self {
        let float = (imaginary == 0.0).then_some(real);
        Self {
            text: text.into(),
            int: float.and_then(exact_int),
            uint: float.and_then(exact_uint),
            float,
            complex: Some((real, imaginary)),
        }
    }
}

fn signed(negative: bool, value: u64) -> Option<i64> {
    if negative { 0i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "it is a test of exactness"
)]
fn exact_int(value: f64) -> Option<i64> {
    (value as i64 as f64 == value && value.abs() < 9.3e18).then_some(value as i64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "it is a test of exactness"
)]
fn exact_uint(value: f64) -> Option<u64> {
    (value as u64 as f64 == value && value < 1.9e19).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0", Some(0), Some(0), Some(0.0))]
    #[case("-0", Some(0), Some(0), Some(0.0))]
    #[case("073", Some(59), Some(59), Some(59.0))]
    #[case("0x1F", Some(31), Some(31), Some(31.0))]
    #[case("1_2", Some(12), Some(12), Some(12.0))]
    #[case("-12", Some(-12), None, Some(-12.0))]
    #[case("1e1", Some(10), Some(10), Some(10.0))]
    #[case("1.5", None, None, Some(1.5))]
    #[case("0x1p4", Some(16), Some(16), Some(16.0))]
    #[case("18446744073709551615", None, Some(u64::MAX), Some(18_446_744_073_709_551_615.0))]
    fn readings(
        #[case] text: &str,
        #[case] int: Option<i64>,
        #[case] uint: Option<u64>,
        #[case] float: Option<f64>,
    ) {
        let number = Number::from_text(text).expect(text);
        assert_eq!((number.int, number.uint, number.float), (int, uint, float));
    }

    #[rstest]
    #[case("184467440737095516160", "integer overflow: \"184467440737095516160\"")]
    #[case("0x", "illegal number syntax: \"0x\"")]
    #[case("1__2", "illegal number syntax: \"1__2\"")]
    #[case(".", "illegal number syntax: \".\"")]
    fn refusals(#[case] text: &str, #[case] message: &str) {
        assert_eq!(Number::from_text(text).unwrap_err(), message);
    }

    #[test]
    fn complex_ones() {
        assert_eq!(Number::from_complex("1+2i").unwrap().complex, Some((1.0, 2.0)));
        assert_eq!(Number::from_text("0i").unwrap().int, Some(0));
        assert_eq!(Number::from_char("'a'").unwrap().int, Some(97));
    }
}
