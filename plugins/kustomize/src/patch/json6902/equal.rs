//! When two values are equal to a `test`.

use oarlock_yaml::{Node, Scalar, ScalarKind, Value};

/// Whether a value is as expected. Of a mapping, what is found has to be expected, but not all that
/// is expected has to be found: so does the library that kustomize uses.
pub(super) fn is_equal(found: &Node, expected: &Node) -> bool {
    match (&found.value, &expected.value) {
        (Value::Mapping(found), Value::Mapping(expected)) => found.iter().all(|entry| {
            expected.get(&entry.key.text).is_some_and(|expected| is_equal(&entry.value, expected))
        }),
        (Value::Sequence(found), Value::Sequence(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| is_equal(found, expected))
        }
        (Value::Scalar(found), Value::Scalar(expected)) => is_scalar_equal(found, expected),
        _ => false,
    }
}

fn is_scalar_equal(found: &Scalar, expected: &Scalar) -> bool {
    match (class(found.kind), class(expected.kind)) {
        (Class::Null, Class::Null) => true,
        (Class::Bool, Class::Bool) => found.text.eq_ignore_ascii_case(&expected.text),
        (Class::Number, Class::Number) => {
            found.text == expected.text
                || number(&found.text)
                    .zip(number(&expected.text))
                    .is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
        }
        (Class::Text, Class::Text) => found.text == expected.text,
        _ => false,
    }
}

/// What a scalar is in JSON.
#[derive(Clone, Copy)]
enum Class {
    Null,
    Bool,
    Number,
    Text,
}

fn class(kind: ScalarKind) -> Class {
    match kind {
        ScalarKind::Null => Class::Null,
        ScalarKind::Bool => Class::Bool,
        ScalarKind::Int | ScalarKind::Float => Class::Number,
        ScalarKind::String | ScalarKind::Timestamp | ScalarKind::Binary => Class::Text,
    }
}

/// The value of a decimal, hexadecimal, octal or binary number.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    let based = [("0x", 16), ("0o", 8), ("0b", 2), ("0", 8)].into_iter().find_map(|(prefix, base)| {
        let digits = digits.strip_prefix(prefix).filter(|digits| !digits.is_empty())?;
        u64::from_str_radix(digits, base).ok()
    });
    #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles")]
    let value = based.map(|value| value as f64).or_else(|| digits.parse().ok())?;
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_by_value() {
        for (a, b, expected) in [
            ("16", "0x10", true),
            ("8", "010", true),
            ("1.50", "1.5", true),
            ("-0b11", "-3", true),
            ("1", "2", false),
        ] {
            let scalar = |text: &str| Node::scalar(ScalarKind::Float, text);
            assert_eq!(is_equal(&scalar(a), &scalar(b)), expected, "{a} {b}");
        }
        assert!(!is_equal(&Node::string("1"), &Node::int(1)));
    }
}
