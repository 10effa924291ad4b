//! Scalars as the API server reads them from JSON.

use oarlock_go::{encoding, time};
use serde_json::{Number, Value};

use crate::fault::{Expected, FaultKind, described};

/// A type of scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Boolean,
    Int32,
    Int64,
    /// An integer of any size.
    Integer,
    Number,
    String,
    /// Base64.
    Bytes,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    /// The same in a custom kind, which does not bound the integer.
    IntegerOrString,
}

/// The layout of `metav1.Time`.
const TIME: &str = "2006-01-02T15:04:05Z07:00";

/// The layout of `metav1.MicroTime`.
const MICRO_TIME: &str = "2006-01-02T15:04:05.000000Z07:00";

impl Scalar {
    /// What is wrong with a value that is not null.
    pub(crate) fn check(self, value: &Value) -> Option<FaultKind> {
        let wrong = |expected| Some(FaultKind::WrongType { expected, found: described(value) });
        let malformed = |is_read: bool, expected| (!is_read).then_some(FaultKind::Malformed(expected));
        match (self, value) {
            (Self::Boolean, Value::Bool(_))
            | (Self::Number, Value::Number(_))
            | (Self::String | Self::IntOrString | Self::IntegerOrString, Value::String(_)) => None,
            (Self::Int32 | Self::IntOrString, Value::Number(number)) => integer(number, 32),
            (Self::Int64, Value::Number(number)) => integer(number, 64),
            (Self::Integer, Value::Number(number)) => fraction(number, Expected::Integer),
            (Self::IntegerOrString, Value::Number(number)) => fraction(number, Expected::IntegerOrString),
            (Self::Bytes, Value::String(text)) => malformed(is_base64(text), "base64"),
            (Self::Time, Value::String(text)) => {
                malformed(time::parse(TIME, text).is_ok(), "a time as `2006-01-02T15:04:05Z`")
            }
            (Self::MicroTime, Value::String(text)) => malformed(
                time::parse(MICRO_TIME, text).is_ok(),
                "a time with microseconds, as `2006-01-02T15:04:05.000000Z`",
            ),
            (Self::Quantity, Value::String(text)) => {
                malformed(is_quantity(text), "a quantity, as `500m` or `1Gi`")
            }
            (Self::Quantity, Value::Number(number)) => {
                malformed(is_quantity(&number.to_string()), "a quantity, as `500m` or `1Gi`")
            }
            (Self::Boolean, _) => wrong(Expected::Boolean),
            (Self::Int32 | Self::Int64 | Self::Integer, _) => wrong(Expected::Integer),
            (Self::Number, _) => wrong(Expected::Number),
            (Self::String | Self::Bytes | Self::Time | Self::MicroTime, _) => wrong(Expected::String),
            (Self::Quantity, _) => wrong(Expected::Quantity),
            (Self::IntOrString | Self::IntegerOrString, _) => wrong(Expected::IntegerOrString),
        }
    }
}

/// What is wrong with a number if it has a fraction.
fn fraction(number: &Number, expected: Expected) -> Option<FaultKind> {
    let has_fraction = number.as_f64().is_some_and(|float| float.fract() != 0.0);
    has_fraction.then_some(FaultKind::WrongType { expected, found: "a number with a fraction" })
}

/// What is wrong with a number that must be an integer of so many bits. `1.0` and `1e3` are
/// integers: tools read YAML's numbers as floats, and send them without a fraction.
fn integer(number: &Number, bits: u32) -> Option<FaultKind> {
    #[expect(clippy::cast_precision_loss, reason = "a power of two is exact")]
    let limit = (1_u64 << (bits - 1)) as f64;
    let fits = match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => bits == 64 || i32::try_from(integer).is_ok(),
        (None, Some(float)) if float.fract() != 0.0 => return fraction(number, Expected::Integer),
        (None, Some(float)) => !number.is_u64() && (-limit..limit).contains(&float),
        (None, None) => false,
    };
    let expected = if bits == 32 { "an integer of 32 bits" } else { "an integer of 64 bits" };
    (!fits).then_some(FaultKind::Malformed(expected))
}

/// Whether Go's `base64.StdEncoding` reads a text, as it does for a field of bytes.
fn is_base64(text: &str) -> bool {
    encoding::decode_base64(text.as_bytes()).is_ok()
}

/// Whether `resource.ParseQuantity` of apimachinery reads a text.
fn is_quantity(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return false;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut rest = &unsigned[digits(unsigned)..];
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = &fraction[digits(fraction)..];
    }
    match rest {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi"
        | "Ei" => true,
        _ => rest.strip_prefix(['e', 'E']).is_some_and(|exponent| {
            let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            digits.bytes().all(|byte| byte.is_ascii_digit()) && exponent.parse::<i64>().is_ok()
        }),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(Scalar::Boolean, json!(true), true)]
    #[case(Scalar::Boolean, json!("true"), false)]
    #[case(Scalar::Int32, json!(2_147_483_647), true)]
    #[case(Scalar::Int32, json!(2_147_483_648_i64), false)]
    #[case(Scalar::Int32, json!(1.0), true)]
    #[case(Scalar::Int32, json!(1.5), false)]
    #[case(Scalar::Int32, json!("1"), false)]
    #[case(Scalar::Int64, json!(i64::MIN), true)]
    #[case(Scalar::Int64, json!(u64::MAX), false)]
    #[case(Scalar::Int64, json!(9_223_372_036_854_775_808_u64), false)]
    #[case(Scalar::Int64, json!(1e300), false)]
    #[case(Scalar::Integer, json!(1e300), true)]
    #[case(Scalar::Integer, json!(0.5), false)]
    #[case(Scalar::Number, json!(0.5), true)]
    #[case(Scalar::String, json!(1), false)]
    #[case(Scalar::Bytes, json!("YQ=="), true)]
    #[case(Scalar::Bytes, json!("YQ=\n="), true)]
    #[case(Scalar::Bytes, json!(""), true)]
    #[case(Scalar::Bytes, json!("YQ"), false)]
    #[case(Scalar::Bytes, json!("a-_b"), false)]
    #[case(Scalar::Time, json!("2026-11-30T01:02:03Z"), true)]
    #[case(Scalar::Time, json!("2026-11-30T01:02:03.5+01:00"), true)]
    #[case(Scalar::Time, json!("2026-11-30"), false)]
    #[case(Scalar::Time, json!("2026-02-30T01:02:03Z"), false)]
    #[case(Scalar::MicroTime, json!("2026-11-30T01:02:03.000001Z"), true)]
    #[case(Scalar::MicroTime, json!("2026-11-30T01:02:03Z"), false)]
    #[case(Scalar::IntOrString, json!("http"), true)]
    #[case(Scalar::IntOrString, json!(8080), true)]
    #[case(Scalar::IntOrString, json!(4_294_967_296_i64), false)]
    #[case(Scalar::IntOrString, json!(true), false)]
    #[case(Scalar::Quantity, json!(0.5), true)]
    #[case(Scalar::Quantity, json!(1e21), true)]
    #[case(Scalar::Quantity, json!(true), false)]
    fn scalars(#[case] scalar: Scalar, #[case] value: Value, #[case] is_valid: bool) {
        assert_eq!(scalar.check(&value).is_none(), is_valid, "{scalar:?} {value}");
    }

    #[rstest]
    #[case("1", true)]
    #[case("-1.5Gi", true)]
    #[case("+.5", true)]
    #[case("1.", true)]
    #[case(" 100m ", true)]
    #[case("1e3", true)]
    #[case("1E-3", true)]
    #[case("1E", true)]
    #[case("1Ei", true)]
    #[case("", false)]
    #[case("1 Gi", false)]
    #[case("1gb", false)]
    #[case("1GB", false)]
    #[case("1e", false)]
    #[case("1e+", false)]
    #[case("1e99999999999999999999", false)]
    #[case("1.2.3", false)]
    #[case("1ki", false)]
    #[case("0x1", false)]
    #[case("ä", false)]
    fn quantities(#[case] text: &str, #[case] is_valid: bool) {
        assert_eq!(is_quantity(text), is_valid, "{text}");
    }
}
