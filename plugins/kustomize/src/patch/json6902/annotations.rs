//! Annotations after a JSON patch: kustomize reads the object back from JSON and writes its
//! annotations anew, all of them as texts.

use oarlock_yaml::{Node, Scalar, ScalarKind, Text, to_json};

use super::equal::number;

/// Makes the annotations a map of texts, or nothing.
pub(super) fn write_as_texts(object: &mut Node) {
    let Some(metadata) = object.get_mut("metadata").and_then(Node::as_mapping_mut) else {
        return;
    };
    let annotations =
        metadata.get_mut("annotations").and_then(Node::as_mapping_mut).filter(|map| !map.is_empty());
    let Some(annotations) = annotations else {
        metadata.remove("annotations");
        return;
    };
    for entry in annotations.iter_mut() {
        entry.key.unquote();
        let text = entry.value.as_scalar().map(text).unwrap_or_default();
        entry.value = Node::string(text).with_span(entry.value.span);
    }
}

/// The text that go-yaml writes for a value that came through JSON, where all numbers are doubles.
fn text(scalar: &Scalar) -> Text {
    match scalar.kind {
        ScalarKind::Bool => scalar.text.to_lowercase().into(),
        ScalarKind::Int | ScalarKind::Float => {
            number(&scalar.text).map_or_else(|| scalar.text.clone(), |number| shortest(number).into())
        }
        _ => scalar.text.clone(),
    }
}

/// Go's `strconv.FormatFloat(number, 'g', -1, 64)`: an exponent from a million on, and below a
/// ten-thousandth.
fn shortest(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => number.to_string(),
    }
}

/// A date or time as JSON has it.
pub(super) fn time_text(scalar: &Scalar) -> Text {
    let json = to_json(&Node::scalar(scalar.kind, scalar.text.clone())).ok();
    json.and_then(|json| serde_json::from_str::<String>(&json).ok())
        .map_or_else(|| scalar.text.clone(), Text::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_writes_doubles() {
        for (number, expected) in [
            (1_000_000.0, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (123_456.0, "123456"),
            (1e21, "1e+21"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (12_345_678_901_234_568.0, "1.2345678901234568e+16"),
            (-1.5, "-1.5"),
        ] {
            assert_eq!(shortest(number), expected);
        }
    }

    #[test]
    fn all_values_become_texts() {
        let text = "{metadata: {annotations: {a: 0x10, b: True, c: null, d: 1.50, e: x, f: [y]}}}";
        let mut node = oarlock_yaml::parse_one(
            text.as_bytes(),
            oarlock_yaml::Reader::KustomizeResource,
            oarlock_yaml::Limits::default(),
        )
        .unwrap()
        .unwrap();
        write_as_texts(&mut node);
        let expected =
            r#"{"metadata":{"annotations":{"a":"16","b":"true","c":"null","d":"1.5","e":"x","f":""}}}"#;
        assert_eq!(to_json(&node).unwrap(), expected);
    }
}
